//! `aqueduct schema`: prints or writes the JSON Schemas of the TOML files, for editors.

use std::path::{Path, PathBuf};

use aqueduct_model::schema;
use aqueduct_render::Registry;
use clap::Args;
use schemars::Schema;
use serde_json::{Map, Value, json};

use super::{Failure, Outcome, print, write_file};
use crate::terminal::Terminal;

#[derive(Debug, Args)]
pub(crate) struct Arguments {
    /// Print only this schema: `platform`, `tenant`, `component` or `blueprint`.
    #[arg(conflicts_with = "output")]
    name: Option<String>,
    /// Write all schemas to this folder, relative to the platform's folder.
    #[arg(long, value_name = "DIRECTORY")]
    output: Option<PathBuf>,
}

/// Returns all schemas by the name of the file that they describe.
pub(crate) fn schemas(registry: &Registry) -> Vec<(&'static str, Schema)> {
    let kinds: Vec<(&str, Schema)> =
        registry.kinds().iter().map(|kind| (kind.name, (kind.schema)())).collect();
    vec![
        ("blueprint", schema::blueprint(&kinds)),
        ("component", schema::component(&kinds)),
        ("platform", schema::platform(&kinds)),
        ("tenant", schema::tenant(&kinds)),
    ]
}

/// Writes all schemas to a folder.
pub(crate) fn write(registry: &Registry, folder: &Path) -> Result<(), Failure> {
    for (name, schema) in schemas(registry) {
        write_file(&folder.join(format!("{name}.schema.json")), &text(&schema))?;
    }
    Ok(())
}

/// Returns a schema as text. It is compact, since every platform keeps a copy, and has one line per definition for
/// readable git diffs.
fn text(schema: &Schema) -> String {
    let lines = |object: &Map<String, Value>, line: &dyn Fn(&str, &Value) -> String| {
        let lines: Vec<String> =
            object.iter().map(|(key, value)| format!("{}:{}", json!(key), line(key, value))).collect();
        format!("{{\n{}\n}}", lines.join(",\n"))
    };
    let whole = |_: &str, value: &Value| value.to_string();
    let of_root = |key: &str, value: &Value| match value {
        Value::Object(definitions) if key == "$defs" => lines(definitions, &whole),
        value => value.to_string(),
    };
    lines(schema.as_object().unwrap_or(&Map::new()), &of_root) + "\n"
}

pub(crate) fn run(
    arguments: &Arguments,
    directory: &Path,
    registry: &Registry,
    terminal: &Terminal,
) -> Result<Outcome, Failure> {
    if let Some(folder) = &arguments.output {
        write(registry, &directory.join(folder))?;
        return Ok(Outcome::Done);
    }
    let mut schemas = schemas(registry);
    if let Some(name) = &arguments.name {
        schemas.retain(|(known, _)| known == name);
        if schemas.is_empty() {
            return Err(Failure::new(format!("there is no such schema: `{name}`"))
                .hint("use `blueprint`, `component`, `platform` or `tenant`"));
        }
    }
    for (_, schema) in schemas {
        print(terminal, &text(&schema))?;
    }
    Ok(Outcome::Done)
}
