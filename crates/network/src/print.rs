//! Connections as text: a list, a table for people, and JSON.

use std::fmt::Write as _;

use aqueduct_manifest::{Value, json};

use crate::crowd::{Arrow, Ends, short};
use crate::network::{Connection, Network};

/// Returns one connection per line: `source => destination : ports`.
pub fn list<'a>(connections: impl IntoIterator<Item = Connection<'a>>) -> String {
    let mut text = String::new();
    for connection in connections {
        let _ = writeln!(text, "{connection}");
    }
    text
}

/// Returns a JSON list of `{"src", "dst", "conn"}`, with the strings of the list.
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

/// Returns a table by source. Workloads of a namespace that no policy distinguishes share a line.
pub fn table(network: &Network, from: &Ends, to: &Ends) -> String {
    let crowds = network.crowds(from, to);
    let mut rows = vec![["FROM".to_owned(), "TO".to_owned(), "PORTS".to_owned()]];
    let mut last = String::new();
    for Arrow { from, to, ports } in network.arrows(&crowds, from, to) {
        let from = from.title(&crowds);
        let shown = if from == last { String::new() } else { from.clone() };
        rows.push([shown, to.title(&crowds), short(&ports)]);
        last = from;
    }
    let widths = [0, 1].map(|column| rows.iter().map(|row| row[column].chars().count()).max().unwrap_or(0));
    let mut text = String::new();
    for [from, to, ports] in rows {
        let _ = writeln!(text, "{from:0$}  {to:1$}  {ports}", widths[0], widths[1]);
    }
    text
}
