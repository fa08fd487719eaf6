//! Finds secrets in the source: the TOML files and the tree are both in git.

use aqueduct_manifest::{Diagnostic, secret};

use crate::node::{Content, Node};

/// Tables that assign entries of a secret store to variables: they contain names, never values.
const NAMES: &[&str] = &["database", "keys", "remotes", "secrets"];

/// Returns a finding for each value whose name looks like a secret's, as [`aqueduct_manifest::secret`] detects them.
/// No finding repeats the value.
pub fn plaintext(name: &str, node: &Node) -> Vec<Diagnostic> {
    let mut found = Vec::new();
    let mut open: Vec<(&str, &Node)> = vec![(name, node)];
    while let Some((name, node)) = open.pop() {
        match &node.content {
            Content::String(text) => {
                found.extend(secret::value(name, text).map(|what| finding(node, &what)));
            }
            Content::List(list) => {
                let texts = list.iter().filter_map(|item| match &item.content {
                    Content::String(text) => Some(text.as_str()),
                    _ => None,
                });
                found.extend(secret::arguments(texts).map(|what| finding(node, &what)));
                open.extend(list.iter().map(|node| (name, node)));
            }
            Content::Table(table) => {
                let fields = table.iter().map(|(name, node)| (name.as_str(), node));
                open.extend(fields.filter(|(field, _)| !NAMES.contains(field)));
            }
            _ => {}
        }
    }
    found
}

fn finding(node: &Node, what: &str) -> Diagnostic {
    node.diagnostic("plaintext-secret", format!("this looks like {what} in plain text"))
        .hint("refer to an entry of the secret store instead: `[secrets.<name>]` with `remote` and `keys`")
}
