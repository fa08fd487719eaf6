//! Prints nodes like Go's `%#v` prints yaml.v2's values, as in messages about keys.

use std::fmt::Write as _;

use super::Dialect;
use super::compose::{Node, Shape};
use super::decode::end_of;
use super::error::{Error, Result};
use super::resolve::{Resolved, resolve_node};
use crate::float::shortest;

/// The maximum depth of a printed value.
const MAX_DEPTH: usize = 64;

/// The maximum number of printed nodes, counting those of aliases each time.
const MAX_NODES: usize = 1_000_000;

/// Returns a node in Go's syntax.
///
/// # Errors
/// Returns an error for a node that contains itself, and for excessive aliases.
pub(super) fn spell(nodes: &[Node<'_>], number: usize, dialect: Dialect) -> Result<String> {
    let mut out = String::new();
    Speller { nodes, dialect, left: MAX_NODES, aliases: Vec::new() }.spell(number, MAX_DEPTH, &mut out)?;
    Ok(out)
}

/// Quotes a text like Go's `strconv.Quote`.
pub(super) fn quote(text: &str) -> String {
    let mut out = "\"".to_owned();
    for character in text.chars() {
        let short = match character {
            '\u{07}' => 'a',
            '\u{08}' => 'b',
            '\u{0C}' => 'f',
            '\n' => 'n',
            '\r' => 'r',
            '\t' => 't',
            '\u{0B}' => 'v',
            '"' | '\\' => character,
            '\0'..' ' | '\u{7F}' => {
                write!(out, "\\x{:02x}", u32::from(character)).expect("writing to a string cannot fail");
                continue;
            }
            // Rust escapes about the same characters that are unprintable in Go.
            _ if character.is_ascii() || character.escape_debug().len() == 1 => {
                out.push(character);
                continue;
            }
            _ => {
                let value = u32::from(character);
                let written = if value > 0xFFFF {
                    write!(out, "\\U{value:08x}")
                } else {
                    write!(out, "\\u{value:04x}")
                };
                written.expect("writing to a string cannot fail");
                continue;
            }
        };
        out.push('\\');
        out.push(short);
    }
    out.push('"');
    out
}

struct Speller<'n, 'a> {
    nodes: &'n [Node<'a>],
    dialect: Dialect,
    /// How many more nodes may be printed.
    left: usize,
    /// The aliases that led here.
    aliases: Vec<usize>,
}

impl Speller<'_, '_> {
    fn spell(&mut self, number: usize, depth: usize, out: &mut String) -> Result<()> {
        let Some(node) = self.nodes.get(number) else { return Ok(()) };
        if depth == 0 {
            out.push('…');
            return Ok(());
        }
        let Some(left) = self.left.checked_sub(1) else {
            return Err(Error::new("yaml: document contains excessive aliasing"));
        };
        self.left = left;
        match &node.shape {
            Shape::Alias { target, name } => {
                if self.aliases.contains(&number) {
                    return Err(Error::new(format!("yaml: anchor '{name}' value contains itself")));
                }
                self.aliases.push(number);
                self.spell(*target, depth - 1, out)?;
                self.aliases.pop();
            }
            Shape::Sequence => {
                out.push_str("[]interface {}{");
                let mut child = number + 1;
                while child < node.end {
                    if child > number + 1 {
                        out.push_str(", ");
                    }
                    self.spell(child, depth - 1, out)?;
                    child = end_of(self.nodes, child);
                }
                out.push('}');
            }
            Shape::Mapping => {
                let mut entries = Vec::new();
                let mut child = number + 1;
                while child < node.end {
                    let value = end_of(self.nodes, child);
                    let mut entry = String::new();
                    self.spell(child, depth - 1, &mut entry)?;
                    entry.push(':');
                    self.spell(value, depth - 1, &mut entry)?;
                    entries.push(entry);
                    child = end_of(self.nodes, value);
                }
                entries.sort();
                let key = if self.dialect == Dialect::Sigs { "interface {}" } else { "string" };
                out.push_str(&format!("map[{key}]interface {{}}{{{}}}", entries.join(", ")));
            }
            Shape::Scalar { value, style } => {
                let resolved = resolve_node(node, value, *style, self.dialect).unwrap_or(Resolved::String);
                match resolved {
                    Resolved::Null => out.push_str("interface {}(nil)"),
                    Resolved::Bool(value) => out.push_str(&value.to_string()),
                    Resolved::Int(value) => out.push_str(&value.to_string()),
                    Resolved::Uint(value) => out.push_str(&format!("{value:#x}")),
                    Resolved::Float(value) => out.push_str(&shortest(value)),
                    Resolved::Timestamp(_) | Resolved::String => out.push_str(&quote(value)),
                }
            }
        }
        Ok(())
    }
}
