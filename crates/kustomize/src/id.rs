//! What identifies a resource: group, version, kind, name and namespace, with Kustomize's notion of equality.

use std::fmt;

use aqueduct_manifest::SmolStr;

use crate::decode::Fields;
use crate::error::Result;
use crate::rank::default_rank;

/// The namespace that represents cluster scope.
pub(crate) const CLUSTER: &str = "_non_namespaceable_";

/// The kind of a resource with its API group and version. In a selector, empty fields match anything.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Gvk {
    pub(crate) group: SmolStr,
    pub(crate) version: SmolStr,
    pub(crate) kind: SmolStr,
}

impl Gvk {
    pub(crate) fn new(api_version: &str, kind: &str) -> Self {
        let (group, version) = split_api_version(api_version);
        Self { group: group.into(), version: version.into(), kind: kind.into() }
    }

    /// Reads the fields of a struct that specify a kind.
    pub(crate) fn decode(fields: &Fields<'_>) -> Result<Self> {
        Ok(Self {
            group: fields.embedded_text("group")?,
            version: fields.embedded_text("version")?,
            kind: fields.embedded_text("kind")?,
        })
    }

    pub(crate) fn api_version(&self) -> String {
        if self.group.is_empty() {
            self.version.to_string()
        } else {
            format!("{}/{}", self.group, self.version)
        }
    }

    /// Returns whether a selector matches this kind.
    pub(crate) fn is_selected(&self, selector: &Self) -> bool {
        (selector.group.is_empty() || selector.group == self.group)
            && (selector.version.is_empty() || selector.version == self.version)
            && (selector.kind.is_empty() || selector.kind == self.kind)
    }

    /// Returns the sort key for transformer configurations.
    pub(crate) fn sort_key(&self) -> (i32, String) {
        let or =
            |text: &SmolStr, other: &str| if text.is_empty() { other.to_owned() } else { text.to_string() };
        let text = format!("{}_{}_{}", or(&self.group, "~G"), or(&self.version, "~V"), or(&self.kind, "~K"));
        (default_rank(&self.kind), text)
    }
}

/// Splits `apiVersion` into group and version.
pub(crate) fn split_api_version(api_version: &str) -> (&str, &str) {
    match api_version.split_once('/') {
        Some(parts) => parts,
        None if api_version == "builtin" => ("builtin", ""),
        None => ("", api_version),
    }
}

impl fmt::Display for Gvk {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            out,
            "{}.{}.{}",
            or(&self.kind, "[noKind]"),
            or(&self.version, "[noVer]"),
            or(&self.group, "[noGrp]")
        )
    }
}

fn or<'a>(text: &'a str, other: &'a str) -> &'a str {
    if text.is_empty() { other } else { text }
}

/// What identifies a resource.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Id {
    pub(crate) gvk: Gvk,
    pub(crate) name: SmolStr,
    /// As written; empty if there is none.
    pub(crate) namespace: SmolStr,
    /// Whether the kind is known to be cluster-scoped.
    pub(crate) cluster_scoped: bool,
}

impl Id {
    /// Returns the effective namespace: `default` if none is written.
    pub(crate) fn effective_namespace(&self) -> SmolStr {
        if self.cluster_scoped {
            SmolStr::new_static(CLUSTER)
        } else if self.namespace.is_empty() {
            SmolStr::new_static("default")
        } else {
            self.namespace.clone()
        }
    }

    /// Returns the key, which is the same for equal ids.
    pub(crate) fn key(&self) -> Key {
        Key { gvk: self.gvk.clone(), name: self.name.clone(), namespace: self.effective_namespace() }
    }

    /// Returns whether a selector without patterns matches this; its empty fields match anything.
    pub(crate) fn is_selected_by(&self, selector: &Self) -> bool {
        (selector.name.is_empty() || selector.name == self.name)
            && (selector.namespace.is_empty() || selector.effective_namespace() == self.effective_namespace())
            && self.gvk.is_selected(&selector.gvk)
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.gvk == Gvk::default() && self.name.is_empty() && self.namespace.is_empty()
    }
}

impl fmt::Display for Id {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{}/{}.{}", self.gvk, or(&self.name, "[noName]"), or(&self.namespace, "[noNs]"))
    }
}

/// An id with its effective namespace: equal for ids that Kustomize considers the same.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Key {
    pub(crate) gvk: Gvk,
    pub(crate) name: SmolStr,
    pub(crate) namespace: SmolStr,
}

impl Key {
    /// Returns whether this is cluster-scoped.
    pub(crate) fn is_cluster_scoped(&self) -> bool {
        self.namespace == CLUSTER
    }
}
