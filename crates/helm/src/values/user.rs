//! Values as a user assembles them: from files and single settings in Helm's notation.

use aqueduct_manifest as manifest;

use super::read::read_values;
use super::set::{MAXIMUM_ELEMENTS, Notation, from_json, set};
use crate::Error;
use crate::value::{Map, Value};

/// The user's values so far; each step overrides the previous ones.
///
/// ```
/// use aqueduct_helm::{Notation, UserValues};
///
/// let mut values = UserValues::new();
/// values.add_file(b"image: {tag: '1.2'}\nreplicas: 1\n")?;
/// values.set("replicas=3,image.pull=true", &Notation::Typed)?;
/// values.set("image.tag=1.3", &Notation::Text)?;
/// let image = values.into_map().get("image").and_then(|image| image.as_map().cloned()).unwrap_or_default();
/// assert_eq!(image.get("tag").and_then(|tag| tag.as_text().cloned()), Some("1.3".into()));
/// # Ok::<(), aqueduct_helm::Error>(())
/// ```
#[derive(Debug)]
pub struct UserValues {
    values: Map,
    /// How many elements the indices of settings may still create.
    room: usize,
}

impl Default for UserValues {
    fn default() -> Self {
        Self::new()
    }
}

impl UserValues {
    /// Returns no values.
    pub fn new() -> Self {
        Self { values: Map::new(), room: MAXIMUM_ELEMENTS }
    }

    /// Merges the documents of a values file over the current values.
    ///
    /// # Errors
    /// Fails with Helm's message if a document is not valid YAML or not a map.
    pub fn add_file(&mut self, bytes: &[u8]) -> Result<(), Error> {
        self.add(&read_values(bytes)?);
        Ok(())
    }

    /// Merges values over the current ones, like those of a file.
    pub fn add(&mut self, values: &manifest::Map) {
        merge(&self.values, &Map::from(values));
    }

    /// Merges a JSON object over the current values.
    ///
    /// # Errors
    /// Fails if the text is not valid JSON.
    pub fn add_json(&mut self, text: &str) -> Result<(), Error> {
        let object = serde_json::from_str(text).map_err(|error| Error::new(error.to_string()))?;
        if let Value::Map(object) = from_json(&object) {
            merge(&self.values, &object);
        }
        Ok(())
    }

    /// Applies a setting such as `a.b[0].c=value,d={x,y}`.
    ///
    /// # Errors
    /// Fails with Helm's message if the setting cannot be parsed.
    pub fn set(&mut self, text: &str, notation: &Notation<'_>) -> Result<(), Error> {
        set(text, &self.values, notation, &mut self.room).map_err(Error::new)
    }

    /// Returns the values.
    pub fn into_map(self) -> Map {
        self.values
    }
}

/// Merges values over others: maps are merged, anything else is replaced.
fn merge(values: &Map, over: &Map) {
    for (key, value) in over.entries() {
        match (values.get(&key), value) {
            (Some(Value::Map(inner)), Value::Map(over)) => merge(&inner, &over),
            (_, value) => {
                values.insert(key, value);
            }
        }
    }
}
