//! `aqueduct impact`: shows what one line of a source file affects in the output.

use std::fmt::Write as _;
use std::path::Path;

use aqueduct_manifest::{Files, Pointer};
use aqueduct_model::Selection;
use aqueduct_render::Registry;
use clap::Args;
use serde::Serialize;

use super::{Failure, Outcome, print, read, tell};
use crate::impact::{Impact, impact};
use crate::terminal::Terminal;

#[derive(Debug, Args)]
pub(crate) struct Arguments {
    /// The line, as `tenants/shop/web.toml:12`.
    line: String,
    /// Limit to this environment; can be repeated.
    #[arg(short, long = "environment", value_name = "NAME")]
    environments: Vec<aqueduct_model::types::Name>,
    /// Print JSON.
    #[arg(long)]
    json: bool,
}

pub(crate) fn run(
    arguments: &Arguments,
    directory: &Path,
    registry: &Registry,
    terminal: &Terminal,
) -> Result<Outcome, Failure> {
    let files = read(directory, registry)?;
    let (file, line) = super::file_and_line(&arguments.line).ok_or_else(|| {
        Failure::new(format!("not a line of a file: `{}`", arguments.line)).hint("write it as `FILE:LINE`")
    })?;
    let selection = Selection { environments: arguments.environments.clone(), tenants: Vec::new() };
    let progress = terminal.progress();
    progress.set_message("rendering with another value");
    let measured = impact(&files, registry, &selection, file, line);
    progress.finish_and_clear();
    let measured = match measured {
        Ok(measured) => measured,
        Err(diagnostics) => {
            tell(&diagnostics, &files, terminal);
            return Ok(Outcome::Failed);
        }
    };
    let output = output(&files);
    let text = if arguments.json { json(&measured, &output)? } else { text(&measured, &output) };
    print(terminal, &text)?;
    Ok(Outcome::Done)
}

/// Returns the folder of the output.
fn output(files: &Files) -> String {
    aqueduct_model::load(files).platform.output.to_string()
}

fn text(measured: &[Impact], output: &str) -> String {
    let mut text = String::new();
    for one in measured {
        let what = if one.is_key { "the key " } else { "" };
        let what =
            if one.keys.is_empty() { String::new() } else { format!("{what}{}: ", one.keys.join(".")) };
        let _ = match &one.tried {
            Some(tried) if tried.is_empty() => writeln!(text, "{what}`{}`, measured without it", one.written),
            Some(tried) => writeln!(text, "{what}`{}`, measured with `{tried}`", one.written),
            None => writeln!(text, "{what}`{}`: unknown, since no other value is valid", one.written),
        };
        for (path, fields) in &one.fields {
            let _ = writeln!(text, "  {output}/{path}");
            for field in fields {
                let field = if field.is_empty() { "the whole object".to_owned() } else { field.field() };
                let _ = writeln!(text, "    {field}");
            }
        }
        if one.tried.is_some() {
            let plural =
                |count: usize, word: &str| format!("{count} {word}{}", if count == 1 { "" } else { "s" });
            let fields = one.fields.values().map(Vec::len).sum();
            let (fields, objects) = (plural(fields, "field"), plural(one.fields.len(), "object"));
            let _ = writeln!(text, "  {fields} of {objects}");
        }
    }
    text
}

/// One value on the line, as JSON.
#[derive(Serialize)]
#[serde(rename_all = "kebab-case")]
struct Record<'a> {
    #[serde(skip_serializing_if = "str::is_empty")]
    key: &'a str,
    written: &'a str,
    tried: Option<&'a str>,
    changes: Vec<Change>,
}

#[derive(Serialize)]
struct Change {
    file: String,
    fields: Vec<String>,
}

fn json(measured: &[Impact], output: &str) -> Result<String, Failure> {
    let keys: Vec<String> = measured.iter().map(|one| one.keys.join(".")).collect();
    let records = measured.iter().zip(&keys).map(|(one, key)| Record {
        key,
        written: &one.written,
        tried: one.tried.as_deref(),
        changes: one
            .fields
            .iter()
            .map(|(path, fields)| Change {
                file: format!("{output}/{path}"),
                fields: fields.iter().map(Pointer::field).collect(),
            })
            .collect(),
    });
    super::json(&records.collect::<Vec<_>>())
}
