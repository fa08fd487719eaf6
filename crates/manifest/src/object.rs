//! Kubernetes resources: a map with the resource, and where it came from.

use std::fmt;

use serde::Serialize;
use smol_str::SmolStr;

use crate::serialize::SerializeError;
use crate::{Map, Place, Value, to_value};

/// One Kubernetes resource.
#[derive(Clone, Debug, PartialEq)]
pub struct Object {
    /// The whole resource.
    pub map: Map,
    /// The place that it was created from.
    pub origin: Option<Place>,
}

/// The identity of an object in a cluster: group, kind, namespace and name.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ObjectKey {
    /// The API group; empty for the core group.
    pub group: SmolStr,
    /// The kind.
    pub kind: SmolStr,
    /// The namespace; empty for cluster-scoped objects.
    pub namespace: SmolStr,
    /// The name.
    pub name: SmolStr,
}

impl fmt::Display for ObjectKey {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.kind)?;
        if !self.group.is_empty() {
            write!(out, ".{}", self.group)?;
        }
        if self.namespace.is_empty() {
            write!(out, " {}", self.name)
        } else {
            write!(out, " {}/{}", self.namespace, self.name)
        }
    }
}

/// The pods that an object describes.
#[derive(Clone, Copy, Debug)]
pub struct PodTemplate<'a> {
    /// The path of the template; empty for a Pod.
    pub path: &'static [&'static str],
    /// The metadata of the pods.
    pub metadata: Option<&'a Value>,
    /// The specification of the pods.
    pub spec: &'a Value,
}

impl Object {
    /// Wraps a map as an object without an origin.
    pub fn new(map: Map) -> Self {
        Self { map, origin: None }
    }

    /// Converts a struct (one of k8s-openapi's, or ours) into an object.
    ///
    /// # Errors
    /// Returns an error if the struct does not serialize into a map.
    pub fn from_typed<T: Serialize + ?Sized>(typed: &T) -> Result<Self, SerializeError> {
        match to_value(typed)? {
            Value::Map(map) => Ok(Self::new(map)),
            other => {
                Err(serde::ser::Error::custom(format!("an object must be a map, not a {}", other.kind())))
            }
        }
    }

    /// Returns the items of a list like `kubectl`, such as of a `List` or `PodList`; an item without a kind gets it
    /// from the list. Any other object is returned as it is.
    pub fn into_items(self) -> Vec<Self> {
        let items = match (self.kind().strip_suffix("List"), self.map.get("items").and_then(Value::as_list)) {
            (Some(kind), Some(items)) => items.iter().filter_map(|item| {
                let mut map = item.as_map()?.clone();
                let said = [("apiVersion", self.api_version()), ("kind", kind)];
                for (key, value) in said.into_iter().filter(|_| !kind.is_empty()) {
                    if map.get(key).is_none_or(Value::is_null) {
                        map.insert(key, value);
                    }
                }
                Some(Self { map, origin: self.origin.clone() })
            }),
            _ => return vec![self],
        };
        items.collect()
    }

    /// Returns `apiVersion`; empty if it is missing.
    pub fn api_version(&self) -> &str {
        self.text("apiVersion")
    }

    /// Returns the API group; empty for the core group.
    pub fn group(&self) -> &str {
        self.api_version().rsplit_once('/').map_or("", |(group, _)| group)
    }

    /// Returns the version without the group.
    pub fn version(&self) -> &str {
        self.api_version().rsplit_once('/').map_or(self.api_version(), |(_, version)| version)
    }

    /// Returns `kind`; empty if it is missing.
    pub fn kind(&self) -> &str {
        self.text("kind")
    }

    /// Returns `metadata.name`; empty if it is missing.
    pub fn name(&self) -> &str {
        self.metadata_text("name")
    }

    /// Returns `metadata.namespace`; empty if it is missing.
    pub fn namespace(&self) -> &str {
        self.metadata_text("namespace")
    }

    /// Returns the identity of this object in a cluster.
    pub fn key(&self) -> ObjectKey {
        ObjectKey {
            group: self.group().into(),
            kind: self.kind().into(),
            namespace: self.namespace().into(),
            name: self.name().into(),
        }
    }

    /// Returns the value at a path of keys.
    pub fn at(&self, path: &[&str]) -> Option<&Value> {
        let (first, rest) = path.split_first()?;
        self.map.get(first)?.at(rest)
    }

    /// Returns the pods that an object describes: a Pod itself, or the template of an object that creates pods. This
    /// includes custom kinds with a template at `spec.template` (Argo Rollouts, OpenKruise and the like).
    pub fn pod_template(&self) -> Option<PodTemplate<'_>> {
        let path: &'static [&'static str] = match (self.group(), self.kind()) {
            ("", "Pod") => &[],
            ("", "PodTemplate") => &["template"],
            (_, "CronJob") => &["spec", "jobTemplate", "spec", "template"],
            _ => &["spec", "template"],
        };
        let part = |name| match path {
            [] => self.map.get(name),
            path => self.at(path)?.get(name),
        };
        Some(PodTemplate { path, metadata: part("metadata"), spec: part("spec")? })
    }

    /// Returns the labels.
    pub fn labels(&self) -> Option<&Map> {
        self.at(&["metadata", "labels"])?.as_map()
    }

    /// Returns the annotations.
    pub fn annotations(&self) -> Option<&Map> {
        self.at(&["metadata", "annotations"])?.as_map()
    }

    /// Returns one annotation.
    pub fn annotation(&self, key: &str) -> Option<&str> {
        self.annotations()?.get(key)?.as_str()
    }

    /// Returns a mutable reference to `metadata`, which is created if missing.
    pub fn metadata_mut(&mut self) -> &mut Map {
        self.map.map_entry("metadata")
    }

    fn text(&self, key: &str) -> &str {
        self.map.get(key).and_then(Value::as_str).unwrap_or("")
    }

    fn metadata_text(&self, key: &str) -> &str {
        self.at(&["metadata", key]).and_then(Value::as_str).unwrap_or("")
    }
}
