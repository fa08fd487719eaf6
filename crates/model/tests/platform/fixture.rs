//! A platform as one text: `== path` starts a file.

use aqueduct_manifest::{Diagnostic, Files};
use aqueduct_model::{Content, Instance, Node};

/// A platform with two environments, for tests about something else.
pub(crate) const PLATFORM: &str = "== platform.toml
name = \"acme\"
repository = \"https://github.com/acme/platform\"
[environments.dev]
domain = \"dev.acme.org\"
[environments.prod]
domain = \"acme.org\"
";

/// Splits a text into files.
pub(crate) fn files(text: &str) -> Files {
    text.split("== ")
        .skip(1)
        .map(|part| {
            let (path, content) = part.split_once('\n').expect("a file has a name in its first line");
            (path, content.as_bytes().to_vec())
        })
        .collect()
}

/// Prints diagnostics, one paragraph each, with the text at each place.
pub(crate) fn show_diagnostics(files: &Files, diagnostics: &[Diagnostic]) -> String {
    let mut out = String::new();
    for diagnostic in diagnostics {
        out += &format!("{} [{}]\n", diagnostic, diagnostic.code);
        for label in &diagnostic.labels {
            let place = match (label.place.span, files.text(&label.place.file)) {
                (Some(span), Some(text)) => {
                    let position = span.position(text);
                    let written = text.get(span.start as usize..span.end as usize).unwrap_or("?");
                    format!(":{}:{} `{}`", position.line, position.column, written.replace('\n', "\\n"))
                }
                _ => String::new(),
            };
            out += format!("  at {}{place} {}", label.place.file, label.text).trim_end();
            out.push('\n');
        }
        for hint in &diagnostic.hints {
            out += &format!("  hint: {hint}\n");
        }
    }
    out
}

/// Prints an instance: its identity, and its fields with the layer of each.
pub(crate) fn show_instance(instance: &Instance) -> String {
    let mut out = format!(
        "{} {} in {}/{}, file {}\n",
        instance.environment.name,
        instance.describe(),
        instance.environment.name,
        instance.namespace,
        instance.file
    );
    for (key, value) in &instance.labels {
        out += &format!("  label {key}={value}\n");
    }
    for reference in &instance.depends_on {
        out += &format!("  after {reference}\n");
    }
    show_node(&mut out, "", &instance.spec);
    out
}

fn show_node(out: &mut String, path: &str, node: &Node) {
    match &node.content {
        Content::Table(table) => {
            for (key, node) in table {
                let path = if path.is_empty() { key.to_string() } else { format!("{path}.{key}") };
                show_node(out, &path, node);
            }
        }
        _ => {
            let value = aqueduct_manifest::to_value(&node.to_value()).expect("a value is a value");
            *out += &format!("  {path} = {value:?} ({})\n", node.origin.layer);
        }
    }
}
