//! The YAML of `toYamlPretty`: go-yaml v3's format, which indents lists and does not fold lines.
//!
//! It writes Go values directly, not their JSON: whole floats keep their exponent.

use aqueduct_manifest::{float, yaml};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use crate::stack::deepen;
use crate::template::FunctionError;
use crate::value::{Text, Value};

/// How many characters of base64 fit on a line.
const BASE64_LINE: usize = 70;

/// How deep a value may nest.
const DEPTH_LIMIT: usize = 1000;

/// Writes a value with a newline at the end.
///
/// # Errors
/// Fails if the value contains itself or something that YAML cannot represent.
pub(super) fn write(value: &Value) -> Result<String, FunctionError> {
    value.check_size()?;
    let mut out = String::new();
    node(&mut out, value, 0, Behind::Document, DEPTH_LIMIT)?;
    end_line(&mut out);
    Ok(out)
}

/// What precedes a value.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Behind {
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
    place: Behind,
    depth: usize,
) -> Result<(), FunctionError> {
    let depth = depth.checked_sub(1).ok_or_else(|| FunctionError::new("the value nests too deeply"))?;
    let entries = match value {
        Value::Map(map) => sorted(map.entries()),
        // Fields keep their order and get lower-case names.
        Value::Native(native) if matches!(native.to_json(), Value::Map(_)) => native
            .fields()
            .into_iter()
            .map(|(name, value)| (name.to_lowercase().as_str().into(), value))
            .collect(),
        _ => Vec::new(),
    };
    match value {
        Value::Map(_) | Value::Native(_) if !entries.is_empty() => {
            for (index, (key, value)) in entries.into_iter().enumerate() {
                if index > 0 || place == Behind::Key {
                    end_line(out);
                    pad(out, indent);
                }
                let written = string(&key, indent + 2);
                if yaml::is_simple_key(&key.to_str()) {
                    out.push_str(&written);
                    out.push(':');
                    deepen(|| node(out, &value, indent + 2, Behind::Key, depth))?;
                } else {
                    out.push_str("? ");
                    out.push_str(&written);
                    end_line(out);
                    pad(out, indent);
                    out.push_str(": ");
                    deepen(|| node(out, &value, indent + 2, Behind::Item, depth))?;
                }
            }
        }
        Value::List(list) if !list.is_empty() => {
            for (index, value) in list.items().iter().enumerate() {
                if index > 0 || place == Behind::Key {
                    end_line(out);
                    pad(out, indent);
                }
                out.push_str("- ");
                deepen(|| node(out, value, indent + 2, Behind::Item, depth))?;
            }
        }
        _ => {
            if place == Behind::Key {
                out.push(' ');
            }
            let indent = if place == Behind::Document { 2 } else { indent };
            out.push_str(&scalar(value, indent)?);
        }
    }
    Ok(())
}

/// Ends the line, unless a block has already done so.
fn end_line(out: &mut String) {
    if !out.ends_with('\n') {
        out.push('\n');
    }
}

fn pad(out: &mut String, indent: usize) {
    out.extend(std::iter::repeat_n(' ', indent));
}

/// Sorts entries into go-yaml's key order, which the manifest writer implements.
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
        Value::Float(value) => float::shortest(*value),
        Value::String(text) => string(text, indent),
        Value::Map(_) => "{}".to_owned(),
        Value::List(_) => "[]".to_owned(),
        Value::Bytes(bytes) => {
            let items: Vec<String> = bytes.iter().map(|byte| format!("- {byte}")).collect();
            items.join(&format!("\n{}", " ".repeat(indent)))
        }
        Value::Native(native) => match (native.underlying(), native.to_json()) {
            (_, Value::String(text)) if native.type_name() == "time.Time" => text.to_str().into_owned(),
            _ if native.type_name() == "time.Duration" => {
                string(&native.text().unwrap_or_default().as_str().into(), indent)
            }
            (Some(value), _) => scalar(&value, indent)?,
            (None, Value::String(text)) => string(&text, indent),
            _ => "{}".to_owned(),
        },
        Value::Complex(..) => return Err(FunctionError::new("cannot marshal type: complex128")),
    })
}

/// Writes a string; invalid UTF-8 becomes base64.
fn string(text: &Text, indent: usize) -> String {
    if let Some(text) = text.as_str() {
        return yaml::write_unfolded(text, indent);
    }
    let mut encoded = STANDARD.encode(text.as_bytes());
    if encoded.len() >= BASE64_LINE {
        let mut lines = String::with_capacity(encoded.len() + encoded.len() / BASE64_LINE + 1);
        for (index, character) in encoded.chars().enumerate() {
            if index > 0 && index % BASE64_LINE == 0 {
                lines.push('\n');
            }
            lines.push(character);
        }
        lines.push('\n');
        encoded = lines;
    }
    format!("!!binary {}", yaml::write_unfolded(&encoded, indent))
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
        assert_eq!(write(&value).expect("the value can be written as YAML"), expected);
    }

    #[test]
    fn tabs_stand_in_blocks() {
        let text = write(&Value::from("a\tb\nc")).expect("the value can be written as YAML");
        assert_eq!(text, "|-\n  a\tb\n  c\n");
    }

    #[test]
    fn blank_lines_at_an_end_stay() {
        let value =
            Value::Map(Map::with_entries(&ANY_MAP, [("a", Value::from("x\n\n")), ("b", "y\n\n".into())]));
        let text = write(&value).expect("the value can be written as YAML");
        assert_eq!(text, "a: |+\n  x\n\nb: |+\n  y\n\n");
    }

    #[test]
    fn blanks_at_an_end_are_quoted() {
        let long = "word ".repeat(20);
        assert_eq!(
            write(&Value::from(long.as_str())).expect("the value can be written as YAML"),
            format!("'{long}'\n")
        );
    }

    #[test]
    fn lines_are_not_folded() {
        let long = "word ".repeat(40);
        let text = write(&Value::from(long.trim())).expect("the value can be written as YAML");
        assert_eq!(text, format!("{}\n", long.trim()));
    }
}
