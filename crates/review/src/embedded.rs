//! Documents inside strings, such as the files in a ConfigMap: their differences, by structure or by line.

use aqueduct_manifest::{List, Map, Sign, Value, json, line_diff, yaml};

use crate::diff::{Edit, FieldChange, differences};

/// The difference between two multi-line strings.
#[derive(Clone, Debug, PartialEq)]
pub enum Inside {
    /// Both are YAML, JSON, TOML or INI, and differ in these fields.
    Fields(Vec<FieldChange>),
    /// Removed lines start with `-`, added ones with `+`.
    Lines(Vec<String>),
}

/// The size limit for strings that are compared inside.
const LARGEST: usize = 1 << 20;

/// Returns the difference inside a string; `None` if the field is not such a string.
pub fn inside(change: &FieldChange) -> Option<Inside> {
    let Edit::Set { old: Some(Value::String(old)), new: Some(Value::String(new)) } = &change.edit else {
        return None;
    };
    if !old.contains('\n') && !new.contains('\n') || old.len().max(new.len()) > LARGEST {
        return None;
    }
    if let (Some(old), Some(new)) = (document(old), document(new)) {
        let fields = differences(None, &old, &new);
        // If their meaning does not differ, their lines do.
        if !fields.is_empty() {
            return Some(Inside::Fields(fields));
        }
    }
    let hunks = line_diff(old, new, 0);
    let lines = hunks.iter().flat_map(|hunk| &hunk.lines).filter(|(sign, _)| *sign != Sign::Same);
    let lines = lines.map(|(sign, line)| format!("{}{}", sign.as_char(), line.trim_end_matches('\n')));
    Some(Inside::Lines(lines.collect()))
}

/// Parses a structured string.
fn document(text: &str) -> Option<Value> {
    let value = if text.trim_start().starts_with(['{', '[']) { json::read(text).ok() } else { None };
    let value = value.or_else(|| yaml::read(text).ok()).filter(is_document);
    value
        .or_else(|| toml::from_str(text).ok().map(|table| Value::Map(from_toml(table))))
        .or_else(|| ini(text))
}

/// Almost any text is YAML, but rarely YAML with several fields by chance.
fn is_document(value: &Value) -> bool {
    match value {
        Value::Map(map) => !map.is_empty(),
        Value::List(list) => list.iter().any(|item| item.as_map().is_some()),
        _ => false,
    }
}

fn from_toml(table: toml::Table) -> Map {
    fn read(value: toml::Value) -> Value {
        match value {
            toml::Value::String(text) => Value::from(text),
            toml::Value::Integer(number) => Value::from(number),
            toml::Value::Float(number) => Value::from(number),
            toml::Value::Boolean(is_so) => Value::Bool(is_so),
            toml::Value::Datetime(time) => Value::from(time.to_string()),
            toml::Value::Array(items) => Value::List(items.into_iter().map(read).collect::<List>()),
            toml::Value::Table(table) => Value::Map(from_toml(table)),
        }
    }
    table.into_iter().map(|(name, one)| (name, read(one))).collect()
}

/// Parses `key = value` lines below `[section]` lines, with comments after `;` or `#`. If a key is repeated or a line is
/// something else, only lines can be compared.
fn ini(text: &str) -> Option<Value> {
    let mut root = Map::new();
    let mut section: Option<&str> = None;
    for line in text.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with([';', '#'])) {
        if let Some(name) = line.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
            if root.get(name).is_some_and(|value| value.as_map().is_none()) {
                return None;
            }
            section = Some(name);
            root.map_entry(name);
            continue;
        }
        let (key, value) = line.split_once('=')?;
        let key = key.trim_end();
        let is_key = !key.is_empty() && !key.contains(char::is_whitespace);
        let holder = match section {
            Some(name) => root.map_entry(name),
            None => &mut root,
        };
        if !is_key || holder.insert(key, value.trim_start()).is_some() {
            return None;
        }
    }
    (!root.is_empty()).then_some(Value::Map(root))
}

#[cfg(test)]
mod tests {
    use aqueduct_manifest::Value;

    use super::{Inside, inside};
    use crate::diff::{Edit, FieldChange};
    use crate::path::Path;

    #[test]
    fn documents_are_compared_by_their_structure() {
        let pairs = [
            ("YAML", "a: 1\nb: [x]\n", "b: [x]\na: 2\n"),
            ("JSON", "{\"a\": 1,\n\"b\": 2}", "{\"b\": 2,\n\"a\": 3}"),
            (
                "TOML",
                "port = 1\n[log]\nlevel = 'info'\nat = 2026-01-01\n",
                "[log]\nat = 2026-01-02\nlevel = \"info\"\n",
            ),
            (
                "INI",
                "; web\nroot = /srv/a b\n[log]\nlevel=info\n",
                "root=/srv/b\n\n[log]\n# less\nlevel = warn\n[new]\n",
            ),
            ("a key that comes twice", "[a]\nx = /1\nx = /2\n", "[a]\nx = /1\nx = /3\n"),
            ("a section with the name of a key", "a = /1\n[a]\nb = /2\n", "a = /1\n[a]\nb = /3\n"),
            ("a script", "export A=1\necho $A\n", "export A=2\necho $A\n"),
            ("a comment", "# one\na: 1\n", "# two\na: 1\n"),
        ];
        let told = pairs.map(|(what, old, new)| {
            let text = |text: &str| Some(Value::from(text));
            let edit = Edit::Set { old: text(old), new: text(new) };
            let lines = match inside(&FieldChange { path: Path::default(), edit }) {
                Some(Inside::Fields(fields)) => {
                    fields.iter().map(|one| format!("{}: {:?}", one.path, one.edit)).collect()
                }
                Some(Inside::Lines(lines)) => lines,
                None => Vec::new(),
            };
            format!("{what}\n  {}", lines.join("\n  "))
        });
        insta::assert_snapshot!(told.join("\n"));
    }
}
