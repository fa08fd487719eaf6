//! `html`, `js` and `urlquery`.

use super::format::{sprint, write_value};
use super::rune::{Runes, is_print};
use super::{Call, FunctionError};
use crate::value::{Kind, Value};

/// Prints each argument as an action would, joined as `print` joins them.
fn printed(arguments: &[Value]) -> Result<Vec<u8>, FunctionError> {
    let mut values = Vec::with_capacity(arguments.len());
    for argument in arguments {
        values.push(match argument {
            Value::Nil | Value::NilInterface => "<no value>".into(),
            Value::Native(native) if native.kind() == Kind::Pointer => {
                let mut out = Vec::new();
                write_value(&mut out, argument)?;
                Value::string(out)
            }
            other => other.clone(),
        });
    }
    Ok(sprint(&values)?.as_bytes().to_vec())
}

pub(super) fn html(_: &mut Call<'_>, arguments: &[Value]) -> Result<Value, FunctionError> {
    let mut out = Vec::new();
    for byte in printed(arguments)? {
        match byte {
            0 => out.extend_from_slice("\u{fffd}".as_bytes()),
            b'"' => out.extend_from_slice(b"&#34;"),
            b'\'' => out.extend_from_slice(b"&#39;"),
            b'&' => out.extend_from_slice(b"&amp;"),
            b'<' => out.extend_from_slice(b"&lt;"),
            b'>' => out.extend_from_slice(b"&gt;"),
            other => out.push(other),
        }
    }
    Ok(Value::string(out))
}

pub(super) fn js(_: &mut Call<'_>, arguments: &[Value]) -> Result<Value, FunctionError> {
    let mut out = Vec::new();
    for (rune, raw) in Runes(&printed(arguments)?) {
        match rune {
            '\\' => out.extend_from_slice(b"\\\\"),
            '\'' => out.extend_from_slice(b"\\'"),
            '"' => out.extend_from_slice(b"\\\""),
            '<' => out.extend_from_slice(b"\\u003C"),
            '>' => out.extend_from_slice(b"\\u003E"),
            '&' => out.extend_from_slice(b"\\u0026"),
            '=' => out.extend_from_slice(b"\\u003D"),
            _ if rune < ' ' || (!rune.is_ascii() && !is_print(rune)) => {
                out.extend_from_slice(format!("\\u{:04X}", u32::from(rune)).as_bytes());
            }
            _ => out.extend_from_slice(raw),
        }
    }
    Ok(Value::string(out))
}

pub(super) fn urlquery(_: &mut Call<'_>, arguments: &[Value]) -> Result<Value, FunctionError> {
    let mut out = Vec::new();
    for byte in printed(arguments)? {
        match byte {
            b' ' => out.push(b'+'),
            b'-' | b'_' | b'.' | b'~' => out.push(byte),
            _ if byte.is_ascii_alphanumeric() => out.push(byte),
            _ => out.extend_from_slice(format!("%{byte:02X}").as_bytes()),
        }
    }
    Ok(Value::string(out))
}
