//! The path to a value in an object.

use std::fmt;

use aqueduct_manifest::{SmolStr, Value, json};

/// One step into a value.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum PathStep {
    /// A field, or an entry of a map.
    Field(SmolStr),
    /// The entry of a list that has these keys: `name=web`.
    Entry(SmolStr),
    /// The entry of a list at a position, starting at 0.
    Index(usize),
}

/// The steps from the top of an object to a field.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Path(pub Vec<PathStep>);

impl Path {
    /// Returns the path extended by a step.
    #[must_use]
    pub fn join(&self, step: PathStep) -> Self {
        let mut steps = self.0.clone();
        steps.push(step);
        Self(steps)
    }

    /// Returns the name of the last field in the path.
    pub fn last_field(&self) -> &str {
        let field = self.0.iter().rev().find_map(|step| match step {
            PathStep::Field(name) => Some(name.as_str()),
            _ => None,
        });
        field.unwrap_or_default()
    }

    /// Returns the names of the fields in the path, up to the first list.
    pub(crate) fn names(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map_while(|step| match step {
            PathStep::Field(name) => Some(name.as_str()),
            _ => None,
        })
    }

    /// Returns the path without its first steps.
    pub(crate) fn below(&self, steps: usize) -> Self {
        Self(self.0.get(steps..).unwrap_or_default().to_vec())
    }

    /// Tells whether it leads to a list entry that is its own key.
    pub(crate) fn is_entry(&self, value: &Value) -> bool {
        matches!(self.0.last(), Some(PathStep::Entry(key)) if *key == json::write_raw(value))
    }

    /// Returns the position of the step to a schema in a CustomResourceDefinition.
    pub(crate) fn schema(&self) -> Option<usize> {
        self.0.iter().position(|step| matches!(step, PathStep::Field(name) if name == "openAPIV3Schema"))
    }
}

impl fmt::Display for Path {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (place, step) in self.0.iter().enumerate() {
            match step {
                PathStep::Field(name) if name.contains(['.', '/', '[']) => write!(out, "[{name}]")?,
                PathStep::Field(name) if place == 0 => write!(out, "{name}")?,
                PathStep::Field(name) => write!(out, ".{name}")?,
                PathStep::Entry(key) => write!(out, "[{key}]")?,
                PathStep::Index(index) => write!(out, "[{index}]")?,
            }
        }
        Ok(())
    }
}
