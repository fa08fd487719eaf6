//! The reference: every file, kind and type, from the JSON Schemas of the types themselves.
//!
//! The texts are the doc comments of the Rust types, so that code, editors and the reference agree.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use aqueduct::Registry;
use serde_json::{Map, Value, json};

/// Types by their names in the reference.
type Types = BTreeMap<String, Value>;

/// Returns the reference.
///
/// `files` are the schemas of `platform.toml`, `tenant.toml` and blueprints. `component` is the schema of a component
/// file, which describes the fields of all kinds.
pub(crate) fn reference(registry: &Registry, files: [&Value; 3], component: &Value) -> String {
    let mut types = Types::new();

    // The kinds come first: if a file has a different type of the same name, the file's type gets the longer name.
    let mut kinds = String::from("\n## Kinds\n\n");
    for kind in registry.kinds() {
        let about = first_sentence(&describe((kind.schema)().as_value()));
        let _ = writeln!(kinds, "- [`{0}`](#{0}): {about}", kind.name);
    }
    for kind in registry.kinds() {
        let schema = adopt((kind.schema)().to_value(), &format!("`{}`", kind.name), &mut types);
        let _ = writeln!(kinds, "\n### `{}`\n\n{}\n", kind.name, describe(&schema));
        fields(&mut kinds, &schema);
    }

    let mut text = String::from(INTRODUCTION);
    for (schema, (title, note)) in files.into_iter().zip(FILES) {
        let schema = adopt(reached_by(schema), "the platform", &mut types);
        let _ = writeln!(text, "\n### {title}\n\n{note}\n");
        fields(&mut text, &schema);
    }
    text.push_str(COMPONENTS);
    fields(&mut text, &adopt(common_fields(registry, component), "all kinds", &mut types));

    text.push_str(&kinds);
    text.push_str(TYPES);
    for (name, schema) in &types {
        let _ = writeln!(text, "\n### {name}\n\n{}", describe(schema));
        shape(&mut text, schema);
    }
    text
}

const INTRODUCTION: &str = "# Reference

All files, kinds of components and types, generated from the compiler's own types: `AQUEDUCT_UPDATE=1 cargo test --test fresh`
writes this page. Editors show the same texts through the JSON Schemas in `docs/schemas` and the `#:schema` line at the top of a
file.

## Files

Layers are merged: tables are combined, everything else is replaced. The layers of a component, lowest first, are the kind's own
defaults, `[defaults.<kind>]` of the platform, those of the environment, the blueprint, the tenant, the component's file, and its
table `[environments.<name>]`. In any string, `${environment.<field>}`, `${tenant.<field>}`, `${parameter.<name>}` and
`${link.<name>.<property>}` are replaced by their values.

A source path, such as `path`, `source`, `rules` or `value-files`, is relative to the tenant's folder, or with a leading `/`, to
the platform's. It can refer to any file or folder in the platform's folder. These files are read, along with those that a
kustomization refers to, but nothing else in the repository. A path is rejected if it refers to the platform's folder as a whole,
anything outside it (by path or by link), `.git`, the output folder, a cycle of links, a name with control characters, or anything
that is not a regular file.
";

const FILES: [(&str, &str); 3] = [
    ("`platform.toml`", "The platform and its environments."),
    ("`tenants/<tenant>/tenant.toml`", "A tenant. Its name is the folder name."),
    ("`blueprints/<name>.toml`", "Components with parameters, shared by several tenants."),
];

const COMPONENTS: &str = "
### `tenants/<tenant>/<component>.toml`

A component. Its name is the file name. In addition to `kind` and the fields of its [kind](#kinds), it has the following fields,
and `[environments.<name>]` to override any field in an environment.

";

const TYPES: &str = "
## Types

The types of the fields above. Required fields of a table must be set once all layers are merged.
";

/// Inlines the parts that a schema, to stay small, defines once and refers to.
pub(crate) fn written_out(mut schema: Value) -> Value {
    fn fill_in(schema: &mut Value, parts: &Map<String, Value>) {
        while let Some(part) = target(&schema["$ref"]).and_then(|name| parts.get(name)) {
            *schema = part.clone();
        }
        match schema {
            Value::Object(object) => object.values_mut().for_each(|value| fill_in(value, parts)),
            Value::Array(list) => list.iter_mut().for_each(|value| fill_in(value, parts)),
            _ => {}
        }
    }
    let definitions = schema["$defs"].as_object_mut().expect("a schema has definitions");
    let (parts, types) = std::mem::take(definitions).into_iter().partition(|(name, _)| name.starts_with('.'));
    *definitions = types;
    fill_in(&mut schema, &parts);
    schema
}

/// Returns the fields that every component has: those that the file accepts and no kind declares.
fn common_fields(registry: &Registry, component: &Value) -> Value {
    let kind = registry.kinds().first().expect("there are stock kinds");
    let own = (kind.schema)().to_value();
    let mut common = component["$defs"][kind.name].clone();
    common["$defs"] = component["$defs"].clone();
    let properties = common["properties"].as_object_mut().expect("a component has fields");
    properties.retain(|name, _| {
        own["properties"].get(name).is_none() && !["kind", "environments"].contains(&name.as_str())
    });
    reached_by(&common)
}

/// Returns a schema with only those definitions that its fields lead to, without the kinds.
fn reached_by(schema: &Value) -> Value {
    let mut schema = schema.clone();
    for name in ["Defaults", "Components"] {
        if let Some(definition) = schema["$defs"].get_mut(name) {
            *definition = json!({ "description": definition["description"], "type": "object" });
        }
    }
    let mut reached = Map::new();
    reach(&schema["properties"], &schema["$defs"], &mut reached);
    schema["$defs"] = Value::Object(reached);
    schema
}

/// Collects the definitions that a schema refers to.
fn reach(schema: &Value, definitions: &Value, reached: &mut Map<String, Value>) {
    match schema {
        Value::Object(object) => {
            if let Some(name) = object.get("$ref").and_then(target)
                && !reached.contains_key(name)
            {
                let definition = definitions[name].clone();
                reached.insert(name.to_owned(), definition.clone());
                reach(&definition, definitions, reached);
            }
            object.values().for_each(|value| reach(value, definitions, reached));
        }
        Value::Array(list) => list.iter().for_each(|value| reach(value, definitions, reached)),
        _ => {}
    }
}

fn target(reference: &Value) -> Option<&str> {
    reference.as_str()?.strip_prefix("#/$defs/")
}

/// Moves the definitions of a schema into the types and returns the schema with its references renamed. If a
/// different type already has a name, the owner's type gets a longer one.
fn adopt(mut schema: Value, owner: &str, types: &mut Types) -> Value {
    let Some(Value::Object(definitions)) = schema.as_object_mut().and_then(|object| object.remove("$defs"))
    else {
        return schema;
    };
    let plain = |name: &str| name.rsplit('.').find(|part| *part != "partial").unwrap_or(name).to_owned();
    // The contents of a definition decide whether it is already known, wherever its references lead.
    let bare = |value: &Value| {
        let mut value = without_parameters(value.clone());
        if let Some(object) = value.as_object_mut() {
            object.remove("required");
        }
        rename(&mut value, &|name| plain(name).split(" of ").next().unwrap_or_default().to_owned());
        value
    };
    let mut names = BTreeMap::new();
    for (name, definition) in &definitions {
        let short = plain(name);
        let candidates = types.iter().filter(|(known, _)| known.split(" of ").next() == Some(short.as_str()));
        let same = candidates.clone().find(|(_, known)| bare(known) == bare(definition));
        let chosen = match same {
            Some((known, _)) => known.clone(),
            None if candidates.count() > 0 => format!("{short} of {owner}"),
            None => short,
        };
        names.insert(name.clone(), chosen);
    }
    let rename_all =
        |value: &mut Value| rename(value, &|name| names.get(name).cloned().unwrap_or_else(|| plain(name)));
    for (name, definition) in definitions {
        let mut definition = without_parameters(definition);
        rename_all(&mut definition);
        types.entry(names[&name].clone()).or_insert(definition);
    }
    schema = without_parameters(schema);
    rename_all(&mut schema);
    schema
}

fn rename(schema: &mut Value, to: &dyn Fn(&str) -> String) {
    match schema {
        Value::Object(object) => {
            if let Some(reference) = object.get_mut("$ref")
                && let Some(name) = target(reference).map(to)
            {
                *reference = Value::String(format!("#/$defs/{name}"));
            }
            object.values_mut().for_each(|value| rename(value, to));
        }
        Value::Array(list) => list.iter_mut().for_each(|value| rename(value, to)),
        _ => {}
    }
}

/// Removes the branches that let a variable replace any value: the page mentions that once.
fn without_parameters(schema: Value) -> Value {
    match schema {
        Value::Object(object) => {
            let mut object: Map<String, Value> =
                object.into_iter().map(|(key, value)| (key, without_parameters(value))).collect();
            if let Some(Value::Array(branches)) = object.get_mut("anyOf") {
                branches.retain(|branch| {
                    branch["pattern"].as_str().is_none_or(|pattern| !pattern.contains(r"\$\{"))
                });
                if branches.len() == 1
                    && let Some(Value::Object(only)) = branches.pop()
                {
                    object.remove("anyOf");
                    for (key, value) in only {
                        object.entry(key).or_insert(value);
                    }
                }
            }
            Value::Object(object)
        }
        Value::Array(list) => Value::Array(list.into_iter().map(without_parameters).collect()),
        other => other,
    }
}

/// Adds a table of the fields of an object.
fn fields(text: &mut String, schema: &Value) {
    let Some(properties) = schema["properties"].as_object().filter(|properties| !properties.is_empty())
    else {
        return;
    };
    let required: Vec<&str> =
        schema["required"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
    text.push_str("| field | type | default | what it says |\n|---|---|---|---|\n");
    for (name, field) in properties {
        let default = match field.get("default") {
            _ if required.contains(&name.as_str()) => "required".to_owned(),
            Some(Value::Null) | None => String::new(),
            Some(Value::Array(list)) if list.is_empty() => String::new(),
            Some(Value::Object(table)) if table.values().all(Value::is_null) => String::new(),
            Some(Value::Object(_)) => "see its type".to_owned(),
            Some(value) => format!("`{value}`"),
        };
        let _ = writeln!(text, "| `{name}` | {} | {default} | {} |", label(field), cell(&describe(field)));
    }
}

/// Adds the structure of a type.
fn shape(text: &mut String, schema: &Value) {
    if schema["properties"].is_object() {
        text.push('\n');
        fields(text, schema);
    } else if let Some(branches) = branches(schema) {
        text.push('\n');
        for branch in branches {
            // An enum variant with fields is a table with one key.
            let says = cell(&describe(branch));
            let separator = if says.is_empty() { "" } else { ": " };
            match branch["properties"].as_object().filter(|properties| properties.len() == 1) {
                Some(properties) => {
                    for (name, field) in properties {
                        let _ = writeln!(text, "- `{{ {name} = … }}`, {}{separator}{says}", label(field));
                    }
                }
                None => {
                    let _ = writeln!(text, "- {}{separator}{says}", label(branch));
                }
            }
        }
    } else {
        let _ = writeln!(text, "\nWritten as {}.", label(schema));
    }
}

fn branches(schema: &Value) -> Option<impl Iterator<Item = &Value>> {
    let list = schema["anyOf"].as_array().or_else(|| schema["oneOf"].as_array())?;
    Some(list.iter().filter(|branch| branch["type"] != "null"))
}

/// Returns the type of a field in words, with links to types.
fn label(schema: &Value) -> String {
    if let Some(name) = target(&schema["$ref"]) {
        return format!("[{name}](#{})", anchor(name));
    }
    if let Some(value) = schema.get("const") {
        return format!("`{value}`");
    }
    if let Some(values) = schema["enum"].as_array() {
        let values: Vec<String> =
            values.iter().filter(|value| !value.is_null()).map(|value| format!("`{value}`")).collect();
        return values.join(", ");
    }
    if let Some(branches) = branches(schema) {
        return branches.map(label).collect::<Vec<_>>().join(" or ");
    }
    let kinds: Vec<&str> = match &schema["type"] {
        Value::String(kind) => vec![kind],
        Value::Array(kinds) => {
            kinds.iter().filter_map(Value::as_str).filter(|kind| *kind != "null").collect()
        }
        _ => return "any value".to_owned(),
    };
    let words: Vec<String> = kinds.into_iter().map(|kind| word(kind, schema)).collect();
    words.join(" or ")
}

fn word(kind: &str, schema: &Value) -> String {
    match kind {
        "string" => "text".to_owned(),
        "integer" => "integer".to_owned(),
        "boolean" => "true or false".to_owned(),
        "array" => format!("list of {}", label(&schema["items"])),
        "object" => {
            let named = schema["patternProperties"].as_object().and_then(|patterns| patterns.values().next());
            match named.or_else(|| schema.get("additionalProperties").filter(|value| value.is_object())) {
                Some(value) => format!("table of {}", label(value)),
                None => "table".to_owned(),
            }
        }
        other => other.to_owned(),
    }
}

/// Returns the anchor of a heading.
fn anchor(name: &str) -> String {
    name.to_lowercase().replace('`', "").replace(' ', "-")
}

fn describe(schema: &Value) -> String {
    schema["description"].as_str().unwrap_or_default().to_owned()
}

/// Returns a text as a table cell.
fn cell(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ").replace('|', "\\|")
}

fn first_sentence(text: &str) -> String {
    let paragraph = text.split("\n\n").next().unwrap_or_default();
    paragraph.split_whitespace().collect::<Vec<_>>().join(" ")
}
