//! The YAML of `toYamlPretty`: go-yaml v3's form, whose lists are indented and whose lines are not folded.
//!
//! It writes Go values as they are, not their JSON: whole floats keep their exponent.

use aqueduct_manifest::yaml;
use aqueduct_manifest::{SmolStr, Value as Plain};

use crate::template::{FunctionError, deepen, format_float};
use crate::value::{Text, Value};

/// How deep a value may nest.
const DEPTH_LIMIT: usize = 1000;

/// Writes a value with a line feed at the end.
///
/// # Errors
/// The value holds itself, or something that has no YAML.
pub(super) fn write(value: &Value) -> Result<String, FunctionError> {
    value.check_size()?;
    let mut out = String::new();
    node(&mut out, value, 0, Place::Document, DEPTH_LIMIT)?;
    if !out.ends_with('\n') {
        out.push('\n');
    }
    Ok(out)
}

/// What a value stands behind.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Place {
    Document,
    /// `key:`.
    Key,
    /// `- `.
    Item,
}

fn node(
    out: &mut String,
    value: &Value,
    indent: usize,
    place: Place,
    depth: usize,
) -> Result<(), FunctionError> {
    let depth = depth.checked_sub(1).ok_or_else(|| FunctionError::new("the value nests too deeply"))?;
    match value {
        Value::Map(map) if !map.is_empty() => {
            for (index, (key, value)) in sorted(map.entries()).into_iter().enumerate() {
                if index > 0 || place == Place::Key {
                    out.push('\n');
                    pad(out, indent);
                }
                out.push_str(&scalar(&Value::String(key), indent)?);
                out.push(':');
                deepen(|| node(out, &value, indent + 2, Place::Key, depth))?;
            }
        }
        Value::List(list) if !list.is_empty() => {
            for (index, value) in list.items().iter().enumerate() {
                if index > 0 || place == Place::Key {
                    out.push('\n');
                    pad(out, indent);
                }
                out.push_str("- ");
                deepen(|| node(out, value, indent + 2, Place::Item, depth))?;
            }
        }
        _ => {
            if place == Place::Key {
                out.push(' ');
            }
            let indent = if place == Place::Document { 2 } else { indent };
            out.push_str(&scalar(value, indent)?);
        }
    }
    Ok(())
}

fn pad(out: &mut String, indent: usize) {
    out.extend(std::iter::repeat_n(' ', indent));
}

/// Brings keys into go-yaml's order, which the manifest writer knows.
fn sorted(entries: Vec<(Text, Value)>) -> Vec<(Text, Value)> {
    let mut entries = entries;
    entries.sort_by(|(left, _), (right, _)| yaml::compare_keys(&left.to_str(), &right.to_str()));
    entries
}

fn scalar(value: &Value, indent: usize) -> Result<String, FunctionError> {
    Ok(match value {
        Value::Nil | Value::NilInterface => "null".to_owned(),
        Value::Bool(value) => value.to_string(),
        Value::Int(_, value) => value.to_string(),
        Value::Uint(_, value) => value.to_string(),
        Value::Float(value) if value.is_nan() => ".nan".to_owned(),
        Value::Float(value) if value.is_infinite() => if *value > 0.0 { ".inf" } else { "-.inf" }.to_owned(),
        Value::Float(value) => format_float(*value, 'g', None),
        Value::String(text) => string(&text.to_smol(), indent),
        Value::Map(_) => "{}".to_owned(),
        Value::List(_) => "[]".to_owned(),
        Value::Bytes(bytes) => {
            let items: Vec<String> = bytes.iter().map(|byte| format!("- {byte}")).collect();
            items.join(&format!("\n{}", " ".repeat(indent)))
        }
        Value::Native(native) => match (native.underlying(), native.to_json()) {
            (_, Value::String(text)) if native.type_name() == "time.Time" => text.to_str().into_owned(),
            _ if native.type_name() == "time.Duration" => {
                string(&native.text().unwrap_or_default().into(), indent)
            }
            (Some(value), _) => scalar(&value, indent)?,
            (None, Value::String(text)) => string(&text.to_smol(), indent),
            _ => "{}".to_owned(),
        },
        Value::Complex(..) => return Err(FunctionError::new("cannot marshal type: complex128")),
    })
}

fn string(text: &SmolStr, indent: usize) -> String {
    if text.contains('\n') {
        return block(text, indent);
    }
    // The writers differ in this form only where lines are folded, so words are joined for it.
    const JOINED: char = '\u{e000}';
    let folds = text.len() > 78 && text.contains(' ');
    let written = if folds {
        yaml::write(&Plain::from(text.replace(' ', "\u{e000}"))).replace(JOINED, " ")
    } else {
        yaml::write(&Plain::String(text.clone()))
    };
    written.trim_end_matches('\n').to_owned()
}

/// Writes a text of several lines as a literal block, where YAML allows it.
fn block(text: &str, indent: usize) -> String {
    // Unlike the manifest writer, go-yaml v3 lets tabs stand in a block.
    const TAB: &str = "\u{e001}";
    let written = yaml::write(&Plain::from(text.replace('\t', TAB)));
    let Some((header, body)) = written.split_once('\n').filter(|(header, _)| header.starts_with('|')) else {
        return yaml::write(&Plain::from(text)).trim_end_matches('\n').to_owned();
    };
    let body = body.replace(TAB, "\t");
    let body = body.as_str();
    let mut out = header.to_owned();
    for line in body.strip_suffix('\n').unwrap_or(body).split('\n') {
        out.push('\n');
        if let Some(content) = line.strip_prefix("  ") {
            pad(&mut out, indent);
            out.push_str(content);
        } else {
            out.push_str(line);
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::value::{ANY_MAP, Map};

    #[test]
    fn nested() {
        let inner = Value::list(vec![
            Value::Map(Map::with_entries(
                &ANY_MAP,
                [("c", Value::Float(1.0)), ("d", Value::list(vec![1.5.into()]))],
            )),
            "x\ny".into(),
            Value::list(vec!["a: b".into(), "yes".into()]),
        ]);
        let value = Value::Map(Map::with_entries(&ANY_MAP, [("a", inner), ("b", Value::Map(Map::new()))]));
        let expected =
            "a:\n  - c: 1\n    d:\n      - 1.5\n  - |-\n    x\n    y\n  - - 'a: b'\n    - \"yes\"\nb: {}\n";
        assert_eq!(write(&value).expect("the value has YAML"), expected);
    }

    #[test]
    fn tabs_stand_in_blocks() {
        let text = write(&Value::from("a\tb\nc")).expect("the value has YAML");
        assert_eq!(text, "|-\n  a\tb\n  c\n");
    }

    #[test]
    fn lines_are_not_folded() {
        let long = "word ".repeat(40);
        let text = write(&Value::from(long.trim())).expect("the value has YAML");
        assert_eq!(text, format!("{}\n", long.trim()));
    }
}
