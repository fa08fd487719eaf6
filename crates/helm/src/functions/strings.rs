//! Strings: trim, cut, join, indent, quote.
//!
//! Go strings are bytes: `trunc` and `substr` may cut a character in two, and the remaining bytes are passed on.

use super::arguments::{Answer, Arguments, runtime_error};
use super::print::{text_of, texts_of};
use crate::template::{Call, FunctionError};
use crate::template::{Charset, quote as quoted};
use crate::template::{Runes, decode, decode_last};
use crate::value::{List, Map, STRING_MAP, Text, Value};

/// The longest string that a function produces, in bytes; Go would continue until memory runs out.
const LENGTH_LIMIT: usize = 32 << 20;

/// Refuses a string that is or would become too long.
pub(super) fn check_length(length: usize) -> Result<(), FunctionError> {
    if length > LENGTH_LIMIT {
        return Err(FunctionError::new("strings: Repeat output length overflow"));
    }
    Ok(())
}

pub(super) fn hello(_: &mut Call<'_>, _: &[Value]) -> Answer {
    Ok("Hello!".into())
}

/// Returns the text without leading and trailing whitespace.
pub(super) fn trim_space(mut bytes: &[u8]) -> &[u8] {
    while let Some((_, width)) = decode(bytes).filter(|(rune, _)| is_space(*rune)) {
        bytes = bytes.get(width..).unwrap_or_default();
    }
    while let Some((_, width)) = decode_last(bytes).filter(|(rune, _)| is_space(*rune)) {
        bytes = bytes.get(..bytes.len().saturating_sub(width)).unwrap_or_default();
    }
    bytes
}

/// Returns whether a rune is whitespace by Go's `unicode.IsSpace`.
pub(super) fn is_space(rune: char) -> bool {
    rune.is_whitespace()
}

fn text(bytes: &[u8]) -> Answer {
    Ok(Value::String(Text::from_bytes(bytes)))
}

pub(super) fn trim(_: &mut Call<'_>, arguments: &[Value]) -> Answer {
    text(trim_space(Arguments(arguments).bytes(0)?))
}

pub(super) fn trim_all(_: &mut Call<'_>, arguments: &[Value]) -> Answer {
    let cutset: Vec<char> = Runes(Arguments(arguments).bytes(0)?).map(|(rune, _)| rune).collect();
    let mut bytes = Arguments(arguments).bytes(1)?;
    while let Some((_, width)) = decode(bytes).filter(|(rune, _)| cutset.contains(rune)) {
        bytes = bytes.get(width..).unwrap_or_default();
    }
    while let Some((_, width)) = decode_last(bytes).filter(|(rune, _)| cutset.contains(rune)) {
        bytes = bytes.get(..bytes.len().saturating_sub(width)).unwrap_or_default();
    }
    text(bytes)
}

pub(super) fn trim_suffix(_: &mut Call<'_>, arguments: &[Value]) -> Answer {
    let bytes = Arguments(arguments).bytes(1)?;
    text(bytes.strip_suffix(Arguments(arguments).bytes(0)?).unwrap_or(bytes))
}

pub(super) fn trim_prefix(_: &mut Call<'_>, arguments: &[Value]) -> Answer {
    let bytes = Arguments(arguments).bytes(1)?;
    text(bytes.strip_prefix(Arguments(arguments).bytes(0)?).unwrap_or(bytes))
}

pub(super) fn trunc(_: &mut Call<'_>, arguments: &[Value]) -> Answer {
    let (length, bytes) = (Arguments(arguments).int(0)?, Arguments(arguments).bytes(1)?);
    let count = usize::try_from(length.unsigned_abs()).unwrap_or(usize::MAX);
    if bytes.len() <= count {
        return Ok(Arguments(arguments).value(1)?.clone());
    }
    let kept = if length < 0 { bytes.get(bytes.len() - count..) } else { bytes.get(..count) };
    text(kept.unwrap_or_default())
}

pub(super) fn substr(_: &mut Call<'_>, arguments: &[Value]) -> Answer {
    let arguments = Arguments(arguments);
    let (start, end, bytes) = (arguments.int(0)?, arguments.int(1)?, arguments.bytes(2)?);
    let length = i64::try_from(bytes.len()).unwrap_or(i64::MAX);
    let refusal = |range: String| Err(runtime_error(&format!("slice bounds out of range [{range}")));
    let (from, to) = if start < 0 {
        if end < 0 {
            return refusal(format!(":{end}]"));
        }
        if end > length {
            return refusal(format!(":{end}] with length {length}"));
        }
        (0, end)
    } else if end < 0 || end > length {
        (start, length)
    } else {
        (start, end)
    };
    if from > to {
        return refusal(format!("{from}:{to}]"));
    }
    let range = usize::try_from(from).unwrap_or_default()..usize::try_from(to).unwrap_or_default();
    text(bytes.get(range).unwrap_or_default())
}

pub(super) fn repeat(_: &mut Call<'_>, arguments: &[Value]) -> Answer {
    let repeated = repeat_bytes(Arguments(arguments).bytes(1)?, Arguments(arguments).int(0)?)?;
    Ok(Value::String(repeated.into()))
}

fn repeat_bytes(bytes: &[u8], count: i64) -> Result<Vec<u8>, FunctionError> {
    let count = usize::try_from(count).map_err(|_| FunctionError::new("strings: negative Repeat count"))?;
    if bytes.len().checked_mul(count).is_none_or(|length| length > LENGTH_LIMIT) {
        return Err(FunctionError::new("strings: Repeat output length overflow"));
    }
    Ok(bytes.repeat(count))
}

pub(super) fn contains(_: &mut Call<'_>, arguments: &[Value]) -> Answer {
    let (needle, bytes) = (Arguments(arguments).bytes(0)?, Arguments(arguments).bytes(1)?);
    Ok(find(bytes, needle).is_some().into())
}

pub(super) fn has_prefix(_: &mut Call<'_>, arguments: &[Value]) -> Answer {
    Ok(Arguments(arguments).bytes(1)?.starts_with(Arguments(arguments).bytes(0)?).into())
}

pub(super) fn has_suffix(_: &mut Call<'_>, arguments: &[Value]) -> Answer {
    Ok(Arguments(arguments).bytes(1)?.ends_with(Arguments(arguments).bytes(0)?).into())
}

pub(super) fn quote(_: &mut Call<'_>, arguments: &[Value]) -> Answer {
    let mut out = String::new();
    for value in arguments.iter().filter(|value| !value.is_nil()) {
        if !out.is_empty() {
            out.push(' ');
        }
        out.push_str(&quoted(text_of(value)?.as_bytes(), Charset::Unicode));
        check_length(out.len())?;
    }
    Ok(out.into())
}

pub(super) fn squote(_: &mut Call<'_>, arguments: &[Value]) -> Answer {
    let mut out = Vec::new();
    for value in arguments.iter().filter(|value| !value.is_nil()) {
        if !out.is_empty() {
            out.push(b' ');
        }
        out.push(b'\'');
        out.extend_from_slice(value.to_text()?.as_bytes());
        check_length(out.len())?;
        out.push(b'\'');
    }
    Ok(Value::String(out.into()))
}

pub(super) fn cat(_: &mut Call<'_>, arguments: &[Value]) -> Answer {
    let mut out = Vec::new();
    for (index, value) in arguments.iter().filter(|value| !value.is_nil()).enumerate() {
        if index > 0 {
            out.push(b' ');
        }
        out.extend_from_slice(value.to_text()?.as_bytes());
        check_length(out.len())?;
    }
    Ok(Value::String(out.into()))
}

pub(super) fn indent(_: &mut Call<'_>, arguments: &[Value]) -> Answer {
    Ok(Value::String(indented(arguments, b"")?.into()))
}

pub(super) fn nindent(_: &mut Call<'_>, arguments: &[Value]) -> Answer {
    Ok(Value::String(indented(arguments, b"\n")?.into()))
}

fn indented(arguments: &[Value], start: &[u8]) -> Result<Vec<u8>, FunctionError> {
    let pad = repeat_bytes(b" ", Arguments(arguments).int(0)?)?;
    let bytes = Arguments(arguments).bytes(1)?;
    let lines = bytes.iter().filter(|byte| **byte == b'\n').count() + 1;
    let length = pad.len().checked_mul(lines).and_then(|pads| pads.checked_add(bytes.len() + start.len()));
    let Some(length) = length.filter(|length| *length <= LENGTH_LIMIT) else {
        return Err(FunctionError::new("strings: Repeat output length overflow"));
    };
    let mut out = Vec::with_capacity(length);
    out.extend_from_slice(start);
    for (index, line) in bytes.split(|byte| *byte == b'\n').enumerate() {
        if index > 0 {
            out.push(b'\n');
        }
        out.extend_from_slice(&pad);
        out.extend_from_slice(line);
    }
    Ok(out)
}

pub(super) fn replace(_: &mut Call<'_>, arguments: &[Value]) -> Answer {
    let arguments = Arguments(arguments);
    let (old, new, bytes) = (arguments.bytes(0)?, arguments.bytes(1)?, arguments.bytes(2)?);
    let mut out = Vec::with_capacity(bytes.len());
    if old.is_empty() {
        for (_, rune) in Runes(bytes) {
            out.extend_from_slice(new);
            out.extend_from_slice(rune);
            check_length(out.len())?;
        }
        out.extend_from_slice(new);
        return Ok(Value::String(out.into()));
    }
    let mut rest = bytes;
    while let Some(at) = find(rest, old) {
        out.extend_from_slice(rest.get(..at).unwrap_or_default());
        out.extend_from_slice(new);
        rest = rest.get(at + old.len()..).unwrap_or_default();
        check_length(out.len())?;
    }
    if rest.len() == bytes.len() {
        return Ok(arguments.value(2)?.clone());
    }
    out.extend_from_slice(rest);
    Ok(Value::String(out.into()))
}

/// Returns where a needle starts.
pub(super) fn find(bytes: &[u8], needle: &[u8]) -> Option<usize> {
    memchr::memmem::find(bytes, needle)
}

pub(super) fn plural(_: &mut Call<'_>, arguments: &[Value]) -> Answer {
    let chosen = if Arguments(arguments).int(2)? == 1 { 0 } else { 1 };
    Ok(Arguments(arguments).value(chosen)?.clone())
}

pub(super) fn to_string(_: &mut Call<'_>, arguments: &[Value]) -> Answer {
    Ok(Value::String(text_of(Arguments(arguments).value(0)?)?))
}

pub(super) fn to_strings(_: &mut Call<'_>, arguments: &[Value]) -> Answer {
    Ok(Value::List(List::strings(texts_of(Arguments(arguments).value(0)?)?)))
}

pub(super) fn join(_: &mut Call<'_>, arguments: &[Value]) -> Answer {
    let separator = Arguments(arguments).bytes(0)?;
    let texts = texts_of(Arguments(arguments).value(1)?)?;
    let length = texts.iter().map(|text| text.len() + separator.len()).sum();
    check_length(length)?;
    let mut out = Vec::with_capacity(length);
    for (index, text) in texts.iter().enumerate() {
        if index > 0 {
            out.extend_from_slice(separator);
        }
        out.extend_from_slice(text.as_bytes());
    }
    Ok(Value::String(out.into()))
}

pub(super) fn sort_alpha(_: &mut Call<'_>, arguments: &[Value]) -> Answer {
    let value = Arguments(arguments).value(0)?;
    if !matches!(value, Value::List(_) | Value::Bytes(_)) {
        return Ok(Value::strings([text_of(value)?]));
    }
    let mut texts = texts_of(value)?;
    texts.sort_unstable();
    // Go sorts a `[]string` in place.
    if let Value::List(list) = value
        && list.list_type().name == "[]string"
    {
        list.replace(texts.into_iter().map(Value::String).collect());
        return Ok(value.clone());
    }
    Ok(Value::List(List::strings(texts)))
}

/// Splits like Go's `strings.SplitN`: an empty separator splits between runes, a limit of 0 returns nothing, and a
/// negative limit means no limit.
pub(super) fn split_texts(bytes: &[u8], separator: &[u8], limit: i64) -> Vec<Text> {
    let limit = usize::try_from(limit).unwrap_or(usize::MAX);
    let mut parts = Vec::new();
    let mut rest = bytes;
    if limit == 0 {
        return parts;
    }
    if separator.is_empty() {
        while parts.len() + 1 < limit
            && let Some((_, width)) = decode(rest)
        {
            let (rune, after) = rest.split_at(width.min(rest.len()));
            parts.push(Text::from_bytes(rune));
            rest = after;
        }
        if !rest.is_empty() {
            parts.push(Text::from_bytes(rest));
        }
        return parts;
    }
    while parts.len() + 1 < limit
        && let Some(at) = find(rest, separator)
    {
        parts.push(Text::from_bytes(rest.get(..at).unwrap_or_default()));
        rest = rest.get(at + separator.len()..).unwrap_or_default();
    }
    parts.push(Text::from_bytes(rest));
    parts
}

fn numbered(parts: Vec<Text>) -> Value {
    let entries = parts.into_iter().enumerate();
    let entries = entries.map(|(index, text)| (format!("_{index}"), Value::String(text)));
    Value::Map(Map::with_entries(&STRING_MAP, entries))
}

pub(super) fn split(_: &mut Call<'_>, arguments: &[Value]) -> Answer {
    Ok(numbered(split_texts(Arguments(arguments).bytes(1)?, Arguments(arguments).bytes(0)?, -1)))
}

pub(super) fn splitn(_: &mut Call<'_>, arguments: &[Value]) -> Answer {
    let arguments = Arguments(arguments);
    Ok(numbered(split_texts(arguments.bytes(2)?, arguments.bytes(0)?, arguments.int(1)?)))
}

pub(super) fn split_list(_: &mut Call<'_>, arguments: &[Value]) -> Answer {
    let parts = split_texts(Arguments(arguments).bytes(1)?, Arguments(arguments).bytes(0)?, -1);
    Ok(Value::List(List::strings(parts)))
}
