//! Custom resources, judged by the definition of their kind.
//!
//! A [`CustomDefinition`] is read from a CustomResourceDefinition. It fills in defaults, finds unknown fields, and checks an
//! object against the `schema` and its `rules`. If there is an old object, unchanged values stay valid, as in a server.

mod fill;
mod formats;
mod metadata;
mod rules;
mod schema;
mod validate;

use std::collections::BTreeMap;

use aqueduct_cel::ExpressionType;
use aqueduct_manifest::{Object, SmolStr, Value};

use crate::Cause;
use schema::Schema;

/// Returns the type that a schema describes, as expressions see it.
pub(crate) fn expression_type(schema: &Value, is_resource: bool) -> ExpressionType {
    Schema::read(schema, 0).expression_type(is_resource)
}

/// Returns why a rule for a value of a type does not compile, and why its message does not.
pub(crate) fn rule_problems(rule: &Value, of: &ExpressionType) -> [Option<String>; 2] {
    rules::Rule::read(rule).problems(of)
}

/// A kind that a CustomResourceDefinition defines.
#[derive(Debug)]
pub struct CustomDefinition {
    kind: String,
    versions: BTreeMap<SmolStr, Schema>,
    /// The path of each version's schema in the definition.
    paths: BTreeMap<SmolStr, String>,
}

impl CustomDefinition {
    /// Reads a CustomResourceDefinition. Versions that are not served or have no schema are left out.
    pub fn new(definition: &Object) -> Self {
        let spec = definition.map.get("spec").cloned().unwrap_or_default();
        let all = spec.get("versions").and_then(Value::as_list).cloned().unwrap_or_default();
        let (mut versions, mut paths) = (BTreeMap::new(), BTreeMap::new());
        for (place, version) in all.iter().enumerate() {
            let is_served = version.get("served").and_then(Value::as_bool) == Some(true);
            let name = version.get("name").and_then(Value::as_str);
            let (Some(name), Some(schema), true) =
                (name, version.at(&["schema", "openAPIV3Schema"]), is_served)
            else {
                continue;
            };
            versions.insert(SmolStr::from(name), Schema::read(schema, 0));
            // With one version, the server reports the path that older definitions used.
            let path = match all.len() {
                1 => "spec.validation.openAPIV3Schema".to_owned(),
                _ => format!("spec.versions[{place}].schema.openAPIV3Schema"),
            };
            paths.insert(SmolStr::from(name), path);
        }
        let kind = spec.at(&["names", "kind"]).and_then(Value::as_str).unwrap_or("").to_owned();
        Self { kind, versions, paths }
    }

    /// Returns what is wrong with the rules in the definition itself.
    pub fn check_rules(&self) -> Vec<Cause> {
        let both = self.versions.iter().zip(self.paths.values());
        both.flat_map(|((_, schema), path)| rules::check(schema, path)).collect()
    }

    /// Returns an object with its defaults, and without the nulls that a server drops.
    pub fn filled(&self, object: &Object) -> Object {
        let mut filled = object.clone();
        if let Some(schema) = self.versions.get(object.version()) {
            fill::root(&mut filled.map, schema);
        }
        filled
    }

    /// Judges an object to be created, or to replace an old one.
    ///
    /// Unknown fields hide all other faults, because they are found when the object is decoded.
    pub fn check(&self, object: &Object, old: Option<&Object>) -> Vec<Cause> {
        let Some(schema) = self.versions.get(object.version()) else { return Vec::new() };
        if object.kind() != self.kind {
            let message = format!("Invalid value: \"{}\": must be {}", object.kind(), self.kind);
            return vec![Cause { field: "kind".to_owned(), reason: "FieldValueInvalid", message }];
        }
        let unknown = fill::unknown_fields(&object.map, schema);
        if !unknown.is_empty() {
            return unknown;
        }
        let new = Value::Map(self.filled(object).map);
        let old = old.map(|old| Value::Map(self.filled(old).map));
        let mut causes = metadata::check(object);
        let found = validate::check(schema, &new, old.as_ref());
        let is_blocked = found.iter().any(validate::is_blocking);
        causes.extend(found);
        if !is_blocked {
            causes.extend(rules::evaluate(schema, &new, old.as_ref()));
        }
        causes
    }
}
