//! Which lists merge, and by which keys: the schema that a merge follows along with the values.

use crate::patch::types::{Shape, Type};
use crate::{Map, Value};

/// The type information for a strategic merge.
///
/// For an unknown kind, maps are merged and lists are replaced.
#[derive(Clone, Copy, Debug, Default)]
pub struct MergeContext<'a> {
    custom: Option<Definitions<'a>>,
}

/// The definitions of an OpenAPI document, and whether the types of Kubernetes are known too.
#[derive(Clone, Copy, Debug)]
pub(super) struct Definitions<'a> {
    document: &'a Value,
    builtin: Builtin,
}

/// The precedence of Kubernetes' types over those in an OpenAPI document.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Builtin {
    /// They are not used.
    Absent,
    /// They are used for types that the document does not contain.
    Last,
    /// They take precedence over the document.
    First,
}

impl<'a> MergeContext<'a> {
    /// Knows the types of Kubernetes in the version that Kustomize includes.
    pub fn kubernetes() -> Self {
        Self { custom: None }
    }

    /// Knows the types in an OpenAPI document, such as from `openapi.path` of a kustomization.
    ///
    /// Reads `definitions`, `$ref`, `properties`, `additionalProperties`, `items`, `x-kubernetes-group-version-kind`,
    /// `x-kubernetes-patch-strategy`, `x-kubernetes-patch-merge-key` and `x-kubernetes-list-map-keys`.
    pub fn openapi(document: &'a Value, builtin: Builtin) -> Self {
        let document = document.get("definitions").unwrap_or(&Value::Null);
        Self { custom: Some(Definitions { document, builtin }) }
    }

    /// Returns the schema of an object with an `apiVersion` and `kind`.
    pub(super) fn schema_of(&self, object: &Map) -> Option<Schema<'a>> {
        let api_version = object.get("apiVersion")?.as_str()?;
        let kind = object.get("kind")?.as_str()?;
        let builtin = || Type::of(api_version, kind).map(Schema::Builtin);
        let Some(definitions) = self.custom else { return builtin() };
        definitions.find(builtin, |document| {
            let mut schemas = document.as_map()?.iter().map(|(_, schema)| schema);
            schemas.rfind(|schema| names(schema, api_version, kind))
        })
    }
}

impl<'a> Definitions<'a> {
    /// Looks up a type in Kubernetes' types and the document, in order of precedence.
    fn find(
        self,
        builtin: impl Fn() -> Option<Schema<'a>>,
        custom: impl FnOnce(&'a Value) -> Option<&'a Value>,
    ) -> Option<Schema<'a>> {
        let custom = || custom(self.document).map(|schema| Schema::Custom { definitions: self, schema });
        match self.builtin {
            Builtin::Absent => custom(),
            Builtin::Last => custom().or_else(builtin),
            Builtin::First => builtin().or_else(custom),
        }
    }

    /// Follows the references at the top of a schema.
    fn resolve(self, schema: &'a Value) -> Option<Schema<'a>> {
        let mut found = Schema::Custom { definitions: self, schema };
        // References can form a cycle; no legitimate chain is longer than this.
        for _ in 0..32 {
            let Schema::Custom { schema, .. } = found else { return Some(found) };
            let Some(reference) = schema.get("$ref").and_then(Value::as_str) else { return Some(found) };
            let name = reference.strip_prefix("#/definitions/")?;
            found = self.find(|| Type::named(name).map(Schema::Builtin), |document| document.get(name))?;
        }
        None
    }
}

/// Tells whether a definition belongs to the kind, possibly among several kinds.
fn names(schema: &Value, api_version: &str, kind: &str) -> bool {
    let named = schema.get("x-kubernetes-group-version-kind").and_then(Value::as_list);
    let (group, version) = api_version.rsplit_once('/').unwrap_or(("", api_version));
    named.into_iter().flatten().any(|named| {
        let text = |key| named.get(key).and_then(Value::as_str).unwrap_or("");
        text("kind") == kind && text("group") == group && text("version") == version
    })
}

/// The type of one value.
#[derive(Clone, Copy, Debug)]
pub(super) enum Schema<'a> {
    /// A type of Kubernetes.
    Builtin(Type),
    /// A list of Kubernetes.
    BuiltinList(&'static Shape),
    /// A schema of an OpenAPI document.
    Custom {
        /// All definitions, for references.
        definitions: Definitions<'a>,
        /// The schema itself, with the reference at its top resolved.
        schema: &'a Value,
    },
}

/// How a list merges.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum ListRule {
    /// The patch's list replaces the target's.
    Replace,
    /// Scalars merge as a set.
    Set,
    /// Elements with the same values under these keys merge.
    Keyed(Vec<String>),
}

impl<'a> Schema<'a> {
    /// Returns the schema of a field of a map.
    pub(super) fn field(&self, name: &str) -> Option<Self> {
        match self {
            Self::Builtin(of) => of.field(name).map(|shape| match shape {
                Shape::Map(of) => Self::Builtin(*of),
                _ => Self::BuiltinList(shape),
            }),
            Self::BuiltinList(_) => None,
            Self::Custom { definitions, schema } => {
                let field = match schema.at(&["properties", name]) {
                    Some(field) => field,
                    None => schema.get("additionalProperties").filter(|schema| schema.as_map().is_some())?,
                };
                definitions.resolve(field)
            }
        }
    }

    /// Returns the schema of the elements of a list.
    pub(super) fn elements(&self) -> Option<Self> {
        match self {
            Self::BuiltinList(Shape::Keyed(_, Some(of))) => Some(Self::Builtin(*of)),
            Self::Builtin(_) | Self::BuiltinList(_) => None,
            Self::Custom { definitions, schema } => {
                if schema.get("type").and_then(Value::as_str) != Some("array") {
                    return None;
                }
                definitions.resolve(schema.get("items")?)
            }
        }
    }

    /// Returns how a list of this schema merges.
    pub(super) fn list_rule(&self) -> ListRule {
        match self {
            Self::Builtin(_) => ListRule::Replace,
            Self::BuiltinList(Shape::Keyed(keys, _)) => {
                ListRule::Keyed(keys.iter().map(|key| (*key).to_owned()).collect())
            }
            Self::BuiltinList(_) => ListRule::Set,
            Self::Custom { schema, .. } => {
                let strategy =
                    schema.get("x-kubernetes-patch-strategy").and_then(Value::as_str).unwrap_or("");
                if !strategy.split(',').any(|strategy| strategy == "merge") {
                    return ListRule::Replace;
                }
                let keys = match schema.get("x-kubernetes-list-map-keys").and_then(Value::as_list) {
                    Some(keys) => keys.iter().filter_map(Value::as_str).map(str::to_owned).collect(),
                    None => {
                        let key = schema.get("x-kubernetes-patch-merge-key").and_then(Value::as_str);
                        key.map(str::to_owned).into_iter().collect::<Vec<_>>()
                    }
                };
                if keys.is_empty() { ListRule::Set } else { ListRule::Keyed(keys) }
            }
        }
    }
}
