//! Adds one value to many fields, some of which contain file paths.

use aqueduct_manifest::{Map, SmolStr, Value};

use super::Transform;
use super::namespace::{NamespaceTransformer, Subjects};
use super::replacement_path::{Create, bracketed, resolved};
use crate::decode::{Decode, Fields, Reading};
use crate::error::{Error, Result};
use crate::field_spec;
use crate::loader::Loader;
use crate::resources::Resources;
use crate::selector::Selector;
use crate::step::Step;
use crate::{path, read, text};

/// Adds the value.
#[derive(Default)]
pub(crate) struct ValueAddTransformer {
    value: SmolStr,
    targets: Vec<Target>,
    target_file: SmolStr,
}

#[derive(Default)]
struct Target {
    selector: Option<Selector>,
    field_path: SmolStr,
    file_path_position: i64,
}

impl Decode for ValueAddTransformer {
    const NAME: &'static str = "ValueAddTransformer";

    fn decode(fields: &Fields<'_>) -> Result<Self> {
        Ok(Self {
            value: fields.text("value")?,
            targets: fields.structs("targets")?,
            target_file: fields.text("targetFilePath")?,
        })
    }
}

impl Decode for Target {
    const NAME: &'static str = "Target";

    fn decode(fields: &Fields<'_>) -> Result<Self> {
        Ok(Self {
            selector: fields.optional("selector")?,
            field_path: fields.text("fieldPath")?,
            file_path_position: fields.integer("filePathPosition")?,
        })
    }
}

impl ValueAddTransformer {
    /// Completes the targets from another file, and defaults the value to the folder's name.
    pub(crate) fn complete(mut self, loader: &Loader<'_>) -> Result<Self> {
        self.value = self.value.trim().into();
        if self.value.is_empty() {
            self.value = path::base(loader.root()).into();
        }
        if !self.target_file.is_empty() {
            let text = loader.load_text(&self.target_file)?;
            let file = Self::from_value(&read::value(&text)?, Reading::Yaml)?;
            self.targets.extend(file.targets);
        }
        if self.targets.is_empty() {
            return Err(Error::new("must specify at least one target"));
        }
        if self.targets.iter().any(|target| target.field_path.is_empty()) {
            return Err(Error::new("must specify fieldPath of every target"));
        }
        Ok(self)
    }
}

impl ValueAddTransformer {
    /// Returns a transformer that sets the value as namespace: on namespaced resources and on the subjects of
    /// bindings.
    fn namespace(&self) -> NamespaceTransformer {
        NamespaceTransformer {
            namespace: self.value.clone(),
            fields: Vec::new(),
            unset_only: false,
            subjects: Subjects::Default,
        }
    }
}

impl Transform for ValueAddTransformer {
    fn transform(&self, resources: &mut Resources) -> Result<()> {
        for target in &self.targets {
            let places = match &target.selector {
                Some(selector) => resources.select(selector)?,
                None => (0..resources.list().len()).collect(),
            };
            let parts = field_spec::split(&target.field_path);
            field_spec::check_length(parts.len())?;
            for place in places {
                if let Some(resource) = resources.list_mut().get_mut(place) {
                    if target.field_path == "metadata/namespace" {
                        self.namespace().change(resource)?;
                        continue;
                    }
                    let mut object = Value::Map(std::mem::take(resource.map_mut()));
                    let mut steps = Vec::new();
                    let found = find(&mut object, &parts, &mut steps);
                    if let Value::Map(map) = object {
                        *resource.map_mut() = map;
                    }
                    let position = usize::try_from(target.file_path_position).unwrap_or_default();
                    match found? {
                        End::Field => resource.change_place(&steps, &mut |field| {
                            let new = match position.checked_sub(1) {
                                Some(position) if field.value.is_null() => {
                                    insert_path_part("", position, &self.value)
                                }
                                Some(position) => insert_path_part(&field.text(), position, &self.value),
                                None => self.value.to_string(),
                            };
                            field.set_untyped(&new)
                        })?,
                        // Kustomize skips a missing element, and fails if a path in it should be changed.
                        End::Missing if position > 0 => {
                            return Err(Error::new(format!(
                                "nothing at `{}` to add a part of a path to",
                                target.field_path
                            )));
                        }
                        End::Missing | End::Null => {}
                    }
                }
            }
        }
        Ok(())
    }
}

/// What is at the end of a path.
#[derive(Clone, Copy, PartialEq, Eq)]
enum End {
    Field,
    /// A value along the path is `null`, so there is nothing to do.
    Null,
    /// An element of a list is missing.
    Missing,
}

/// Records the steps to a field, creating what is missing.
fn find(object: &mut Value, parts: &[String], steps: &mut Vec<Step>) -> Result<End> {
    let Some((part, rest)) = parts.split_first() else { return Ok(End::Field) };
    let part = part.trim();
    if part.is_empty() {
        return find(object, rest, steps);
    }
    if part == "*" {
        return Err(Error::new("wildcard is not supported in PathGetter"));
    }
    let is_element = part.starts_with('[') && part.ends_with(']');
    if !is_element && part != "-" && part.parse::<usize>().is_err() {
        return match object {
            Value::Null => Ok(End::Null),
            Value::Map(map) => {
                if !map.contains_key(part) {
                    map.insert(part, Create::Scalar.value_before(rest.first()));
                }
                steps.push(Step::Key(part.into()));
                find(map.entry(part), rest, steps)
            }
            other => Err(Error::wrong_kind("MappingNode", other)),
        };
    }
    let Value::List(list) = object else {
        return if object.is_null() { Ok(End::Null) } else { Err(Error::wrong_kind("SequenceNode", object)) };
    };
    let elements = list.make_mut();
    let at = if is_element {
        let (key, wanted) = bracketed(part)?;
        let is_wanted = |element: &Value| match key {
            "" => text::of(element) == wanted,
            key => element.get(key).is_some_and(|value| text::of(value) == wanted),
        };
        Some(elements.iter().position(is_wanted).unwrap_or_else(|| {
            elements.push(match key {
                "" => resolved(wanted),
                key => Value::Map(Map::from_iter([(key, resolved(wanted))])),
            });
            elements.len() - 1
        }))
    } else if part == "-" {
        elements.len().checked_sub(1)
    } else {
        part.parse().ok()
    };
    match at.and_then(|at| Some((at, elements.get_mut(at)?))) {
        Some((at, element)) => {
            steps.push(Step::Index(at));
            find(element, rest, steps)
        }
        None => Ok(End::Missing),
    }
}

/// Inserts a part into a file path; a leading slash stays in front.
fn insert_path_part(file: &str, position: usize, part: &str) -> String {
    if file.is_empty() {
        return part.to_owned();
    }
    let (lead, rest) = match file.strip_prefix('/') {
        Some(rest) => ("/", rest),
        None => ("", file),
    };
    let mut parts: Vec<&str> = rest.split('/').filter(|part| !part.is_empty()).collect();
    parts.insert(position.min(parts.len()), part);
    format!("{lead}{}", parts.join("/"))
}

#[cfg(test)]
mod tests {
    use super::insert_path_part;

    #[test]
    fn inserts_parts() {
        for (file, position, expected) in [
            ("", 0, "X"),
            ("/", 0, "/X"),
            ("pie", 0, "X/pie"),
            ("/pie", 0, "/X/pie"),
            ("raw", 1, "raw/X"),
            ("/a/nice/warm/pie", 3, "/a/nice/warm/X/pie"),
            ("a", 99, "a/X"),
        ] {
            assert_eq!(insert_path_part(file, position, "X"), expected, "{file}");
        }
    }
}
