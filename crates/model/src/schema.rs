//! JSON Schemas of the TOML files, for editors.
//!
//! The schemas are generated from the types that read the files. Any layer can set a field of a component, so no
//! field is required here. Any string may contain `${…}`, so patterns allow for it.

use std::borrow::Cow;

use schemars::transform::transform_subschemas;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema, schema_for};
use serde_json::{Map, Value, json};

use crate::blueprint::BlueprintFile;
use crate::component::CommonFields;
use crate::definitions::share;
use crate::platform::PlatformFile;
use crate::tenant::TenantFile;

/// `[defaults.<kind>]`; the content depends on the kinds.
pub(crate) struct Defaults;

/// `[components.<name>]` of a blueprint; the content depends on the kinds.
pub(crate) struct Components;

/// The value of a parameter.
pub(crate) struct ParameterValue;

macro_rules! named_schema {
    ($type:ident, $schema:tt) => {
        impl JsonSchema for $type {
            fn schema_name() -> Cow<'static, str> {
                stringify!($type).into()
            }

            fn json_schema(_generator: &mut SchemaGenerator) -> Schema {
                json_schema!($schema)
            }
        }
    };
}

named_schema!(Defaults, { "type": "object" });
named_schema!(Components, { "type": "object" });
named_schema!(ParameterValue, {
    "description": "The value of a parameter.",
    "type": ["string", "integer", "boolean", "array"]
});

/// Returns the schema of a type for editors.
pub fn of<T: JsonSchema>() -> Schema {
    // Examples are placeholders for missing values, not something to suggest to users.
    fn without_examples(schema: &mut Schema) {
        schema.as_object_mut().map(|object| object.shift_remove("examples"));
        let mut below: fn(&mut Schema) = without_examples;
        transform_subschemas(&mut below, schema);
    }

    let mut schema = schema_for!(T);
    without_examples(&mut schema);
    schema
}

/// Returns the schema of `platform.toml`, for the given kinds and the schemas of their fields.
pub fn platform(kinds: &[(&str, Schema)]) -> Schema {
    let mut schema = of::<PlatformFile>();
    // An environment that extends another one may omit required keys.
    let environment = schema.pointer_mut("/$defs/EnvironmentFile").and_then(Value::as_object_mut);
    if let Some(environment) = environment
        && let Some(required) = environment.remove("required")
    {
        environment.insert("anyOf".into(), json!([{ "required": required }, { "required": ["extends"] }]));
    }
    Composer::of(kinds).file(schema, "Platform")
}

/// Returns the schema of `tenants/<tenant>/tenant.toml`.
pub fn tenant(kinds: &[(&str, Schema)]) -> Schema {
    Composer::of(kinds).file(of::<TenantFile>(), "Tenant")
}

/// Returns the schema of `blueprints/<name>.toml`.
pub fn blueprint(kinds: &[(&str, Schema)]) -> Schema {
    Composer::of(kinds).file(of::<BlueprintFile>(), "Blueprint")
}

/// Returns the schema of `tenants/<tenant>/<component>.toml`.
pub fn component(kinds: &[(&str, Schema)]) -> Schema {
    let mut composer = Composer::of(kinds);
    let mut schema = composer.component();
    schema.insert("$schema".into(), json!("https://json-schema.org/draft/2020-12/schema"));
    schema.insert("title".into(), json!("Component"));
    let definitions = share(&mut schema, std::mem::take(&mut composer.definitions));
    schema.insert("$defs".into(), Value::Object(definitions));
    schema.into()
}

/// The definitions that all schemas share, and the kinds.
struct Composer {
    kinds: Vec<String>,
    definitions: Map<String, Value>,
}

impl Composer {
    fn of(kinds: &[(&str, Schema)]) -> Self {
        let mut composer = Self { kinds: Vec::new(), definitions: Map::new() };
        let common = composer.adopt("component", &of::<CommonFields>());
        for (kind, schema) in kinds {
            let fields = composer.adopt(kind, schema);
            composer.add_kind(kind, &common, fields);
        }
        composer
    }

    /// Adds the definitions of a schema under unique names, and returns the schema without the keys that only a whole
    /// component requires.
    fn adopt(&mut self, owner: &str, schema: &Schema) -> Map<String, Value> {
        let mut root = schema.clone();
        if let Some(Value::Object(definitions)) = root.remove("$defs") {
            for (name, definition) in definitions {
                let Ok(mut definition) = Schema::try_from(definition) else { continue };
                allow_variables(&mut definition);
                let mut definition = definition.to_value();
                rename_references(&mut definition, owner);
                self.definitions.insert(format!("{owner}.{name}"), definition);
            }
        }
        allow_variables(&mut root);
        let mut root = root.to_value();
        rename_references(&mut root, owner);
        self.relax(&mut root);
        match root {
            Value::Object(root) => root,
            _ => Map::new(),
        }
    }

    /// Makes the keys of a table and its nested tables optional. Lists are not merged, so their content stays the
    /// same.
    fn relax(&mut self, schema: &mut Value) {
        let Value::Object(object) = schema else { return };
        if let Some(Value::String(reference)) = object.get_mut("$ref") {
            let name = reference.trim_start_matches("#/$defs/").to_owned();
            let partial = format!("{name}.partial");
            if !name.ends_with(".partial") {
                *reference = format!("#/$defs/{partial}");
                if !self.definitions.contains_key(&partial) {
                    let mut definition = self.definitions.get(&name).cloned().unwrap_or_else(|| json!({}));
                    // The name is reserved first, for recursive definitions.
                    self.definitions.insert(partial.clone(), json!({}));
                    self.relax(&mut definition);
                    self.definitions.insert(partial, definition);
                }
            }
        }
        object.remove("required");
        for key in ["properties", "patternProperties"] {
            if let Some(Value::Object(properties)) = object.get_mut(key) {
                properties.values_mut().for_each(|property| self.relax(property));
            }
        }
        if let Some(additional) = object.get_mut("additionalProperties") {
            self.relax(additional);
        }
        for key in ["anyOf", "oneOf", "allOf"] {
            if let Some(Value::Array(branches)) = object.get_mut(key) {
                for branch in branches {
                    // The key of a variant distinguishes it from the others.
                    let required = branch.get("required").cloned();
                    self.relax(branch);
                    if let (Value::Object(branch), Some(required)) = (branch, required) {
                        branch.insert("required".into(), required);
                    }
                }
            }
        }
    }

    fn add_kind(&mut self, kind: &str, common: &Map<String, Value>, mut fields: Map<String, Value>) {
        let mut properties = match common.get("properties") {
            Some(Value::Object(properties)) => properties.clone(),
            _ => Map::new(),
        };
        if let Some(Value::Object(own)) = fields.remove("properties") {
            properties.extend(own);
        }
        for key in ["$schema", "title"] {
            fields.remove(key);
        }
        fields.insert("type".into(), json!("object"));
        let mut whole = fields.clone();
        fields.insert("properties".into(), Value::Object(properties.clone()));
        properties.insert("kind".into(), json!({ "const": kind, "description": "What the component is." }));
        properties.insert(
            "environments".into(),
            json!({
                "description": "Overrides for environments.",
                "type": "object",
                "additionalProperties": { "$ref": format!("#/$defs/{kind}.fields") }
            }),
        );
        whole.insert("properties".into(), Value::Object(properties));
        self.definitions.insert(format!("{kind}.fields"), Value::Object(fields));
        self.definitions.insert(kind.to_owned(), Value::Object(whole));
        self.kinds.push(kind.to_owned());
    }

    /// Returns the schema of a component, which depends on its kind. Without one, it overrides the blueprint's
    /// component, whose kind is not known here.
    fn component(&self) -> Map<String, Value> {
        let of_kind = |kind: &String| json!({ "$ref": format!("#/$defs/{kind}") });
        let mut rules: Vec<Value> = self
            .kinds
            .iter()
            .map(|kind| {
                json!({
                    "if": { "properties": { "kind": { "const": kind } }, "required": ["kind"] },
                    "then": of_kind(kind)
                })
            })
            .collect();
        if !self.kinds.is_empty() {
            rules.push(json!({
                "if": { "not": { "required": ["kind"] } },
                "then": { "anyOf": self.kinds.iter().map(of_kind).collect::<Vec<_>>() }
            }));
        }
        let schema = json!({
            "description": "A component of a tenant.",
            "type": "object",
            "properties": { "kind": { "enum": self.kinds, "description": "What the component is." } },
            "allOf": rules
        });
        match schema {
            Value::Object(schema) => schema,
            _ => Map::new(),
        }
    }

    /// Completes the schema of a file with the parts that depend on the kinds.
    fn file(mut self, schema: Schema, title: &str) -> Schema {
        let mut root = schema.as_object().cloned().unwrap_or_default();
        let defaults: Map<String, Value> = self
            .kinds
            .iter()
            .map(|kind| (kind.clone(), json!({ "$ref": format!("#/$defs/{kind}.fields") })))
            .collect();
        let component = self.component();
        let definitions = match root.remove("$defs") {
            Some(Value::Object(definitions)) => definitions,
            _ => Map::new(),
        };
        self.definitions.extend(definitions);
        self.replace("Defaults", || {
            json!({
                "description": "Defaults of component fields by kind.",
                "type": "object",
                "properties": defaults,
                "additionalProperties": false
            })
        });
        self.replace("Components", || {
            json!({
                "description": "The components by name.",
                "type": "object",
                "additionalProperties": component
            })
        });
        root.insert("title".into(), json!(title));
        let definitions = share(&mut root, self.definitions);
        root.insert("$defs".into(), Value::Object(definitions));
        root.into()
    }

    /// Replaces a definition, if the file has it.
    fn replace(&mut self, name: &str, content: impl FnOnce() -> Value) {
        if let Some(definition) = self.definitions.get_mut(name) {
            *definition = content();
        }
    }
}

/// Prefixes the names of all definitions that a schema refers to with an owner.
fn rename_references(schema: &mut Value, owner: &str) {
    match schema {
        Value::Object(object) => {
            for (key, value) in object {
                match value {
                    Value::String(reference) if key == "$ref" => {
                        if let Some(name) = reference.strip_prefix("#/$defs/") {
                            *reference = format!("#/$defs/{owner}.{name}");
                        }
                    }
                    other => rename_references(other, owner),
                }
            }
        }
        Value::Array(list) => list.iter_mut().for_each(|value| rename_references(value, owner)),
        _ => {}
    }
}

/// Allows `${…}` in every string, and a parameter instead of any other scalar or list.
fn allow_variables(schema: &mut Schema) {
    let mut below: fn(&mut Schema) = allow_variables;
    transform_subschemas(&mut below, schema);
    let Some(object) = schema.as_object_mut() else { return };
    // A variable matches several branches.
    if let Some(branches) = object.remove("oneOf") {
        object.insert("anyOf".into(), branches);
    }
    if let Some(variable) = variable_for(object) {
        let mut outer = Map::new();
        for key in ["description", "default", "title"] {
            if let Some(value) = object.remove(key) {
                outer.insert(key.into(), value);
            }
        }
        outer.insert("anyOf".into(), json!([std::mem::take(object), variable]));
        *object = outer;
    }
}

/// Returns the schema of the strings that are allowed instead of a value; `None` if its schema already allows them.
fn variable_for(schema: &Map<String, Value>) -> Option<Value> {
    let types: Vec<&str> = match schema.get("type") {
        Some(Value::String(single)) => vec![single],
        Some(Value::Array(several)) => several.iter().filter_map(Value::as_str).collect(),
        _ => return schema.contains_key("enum").then(|| json!({ "type": "string", "pattern": "\\$\\{" })),
    };
    let limited = ["pattern", "enum", "const", "maxLength", "minLength", "format"]
        .iter()
        .any(|key| schema.contains_key(*key));
    if types.contains(&"string") {
        limited.then(|| json!({ "type": "string", "pattern": "\\$\\{" }))
    } else if types.iter().any(|name| matches!(*name, "integer" | "number" | "boolean" | "array")) {
        Some(json!({ "type": "string", "pattern": "^\\$\\{parameter\\.[-a-z0-9]+\\}$" }))
    } else {
        None
    }
}
