//! Connections as text: a list, a table for people, and JSON.

use std::fmt::Write as _;

use aqueduct_manifest::{Value, json};

use crate::network::Connection;

/// Returns one connection a line: `source => destination : ports`.
pub fn list<'a>(connections: impl IntoIterator<Item = Connection<'a>>) -> String {
    let mut text = String::new();
    for connection in connections {
        let _ = writeln!(text, "{connection}");
    }
    text
}

/// Returns a JSON list of `{"src", "dst", "conn"}`, with the texts of the list.
pub fn json<'a>(connections: impl IntoIterator<Item = Connection<'a>>) -> String {
    let quoted = |text: String| json::write(&Value::from(text));
    let mut text = String::from("[");
    for (number, Connection { from, to, ports }) in connections.into_iter().enumerate() {
        let comma = if number == 0 { "" } else { "," };
        let (from, to, ports) = (quoted(from.to_string()), quoted(to.to_string()), quoted(ports.to_string()));
        let _ = write!(
            text,
            "{comma}\n  {{\n    \"src\": {from},\n    \"dst\": {to},\n    \"conn\": {ports}\n  }}"
        );
    }
    text.push_str(if text.len() == 1 { "]\n" } else { "\n]\n" });
    text
}
