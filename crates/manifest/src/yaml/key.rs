//! Keys of mappings: how sigs.k8s.io/yaml makes text of them, and which it refuses.

use std::fmt::Write as _;

use smol_str::{SmolStr, format_smolstr};

use super::Dialect;
use super::compose::{Node, Shape};
use super::cursor::Mark;
use super::decode::{end_of, text};
use super::error::{Error, Result};
use super::resolve::{Resolved, resolve_node};
use crate::json::number::{shortest, shortest_single};

/// How deep a refused key is spelled out.
const MAX_SPELLED_DEPTH: usize = 64;

/// Returns a scalar as the text that a JSON key is.
pub(super) fn key_text(node: &Node<'_>, value: &str, resolved: Resolved, mark: Mark) -> Result<SmolStr> {
    Ok(match resolved {
        Resolved::String | Resolved::Timestamp(_) => text(node, value)?,
        Resolved::Bool(true) => SmolStr::new_static("true"),
        Resolved::Bool(false) => SmolStr::new_static("false"),
        Resolved::Int(value) => format_smolstr!("{value}"),
        Resolved::Float(value) => match shortest_single(value).as_str() {
            "+Inf" => SmolStr::new_static(".inf"),
            "-Inf" => SmolStr::new_static("-.inf"),
            "NaN" => SmolStr::new_static(".nan"),
            text => text.into(),
        },
        Resolved::Null => {
            let message = "unsupported map key of type: %!s(<nil>), key: <nil>";
            return Err(Error::at(message, mark));
        }
        Resolved::Uint(value) => {
            return Err(Error::at(format!("unsupported map key of type: uint64, key: {value:#x}"), mark));
        }
    })
}

/// Returns the error about a key that is a list or a map, which it spells as Go's `%#v` does.
pub(super) fn invalid_key(nodes: &[Node<'_>], number: usize, dialect: Dialect, mark: Mark) -> Error {
    let mut message = "yaml: invalid map key: ".to_owned();
    spell(nodes, number, dialect, MAX_SPELLED_DEPTH, &mut message);
    Error::at(message, mark)
}

fn spell(nodes: &[Node<'_>], number: usize, dialect: Dialect, depth: usize, out: &mut String) {
    let Some(node) = nodes.get(number) else { return };
    if depth == 0 {
        out.push('…');
        return;
    }
    match &node.shape {
        Shape::Alias { target, .. } => spell(nodes, *target, dialect, depth - 1, out),
        Shape::Sequence => {
            out.push_str("[]interface {}{");
            let mut child = number + 1;
            while child < node.end {
                if child > number + 1 {
                    out.push_str(", ");
                }
                spell(nodes, child, dialect, depth - 1, out);
                child = end_of(nodes, child);
            }
            out.push('}');
        }
        Shape::Mapping => {
            let mut entries = Vec::new();
            let mut child = number + 1;
            while child < node.end {
                let value = end_of(nodes, child);
                let mut entry = String::new();
                spell(nodes, child, dialect, depth - 1, &mut entry);
                entry.push(':');
                spell(nodes, value, dialect, depth - 1, &mut entry);
                entries.push(entry);
                child = end_of(nodes, value);
            }
            entries.sort();
            let kind = if dialect == Dialect::Sigs { "interface {}" } else { "string" };
            let _ = write!(out, "map[{kind}]interface {{}}{{{}}}", entries.join(", "));
        }
        Shape::Scalar { value, style } => {
            let resolved = resolve_node(node, value, *style, dialect).unwrap_or(Resolved::String);
            let _ = match resolved {
                Resolved::Null => write!(out, "interface {{}}(nil)"),
                Resolved::Bool(value) => write!(out, "{value}"),
                Resolved::Int(value) => write!(out, "{value}"),
                Resolved::Uint(value) => write!(out, "{value:#x}"),
                Resolved::Float(value) => write!(out, "{}", shortest(value)),
                _ => write!(out, "{value:?}"),
            };
        }
    }
}
