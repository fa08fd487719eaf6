//! Slash-separated paths; the functions whose names start with `os` do the same, as Helm itself does on Linux.

use super::arguments::{Answer, Arguments};
use crate::template::Call;
use crate::value::{Text, Value};

fn text(bytes: &[u8]) -> Answer {
    Ok(Value::String(Text::from_bytes(bytes)))
}

pub(super) fn base(_: &mut Call<'_>, arguments: &[Value]) -> Answer {
    let mut path = Arguments(arguments).bytes(0)?;
    if path.is_empty() {
        return Ok(".".into());
    }
    while let [rest @ .., b'/'] = path {
        path = rest;
    }
    let name = path.rsplit(|byte| *byte == b'/').next().unwrap_or_default();
    text(if name.is_empty() { b"/" } else { name })
}

pub(super) fn dir(_: &mut Call<'_>, arguments: &[Value]) -> Answer {
    let path = Arguments(arguments).bytes(0)?;
    let end = path.iter().rposition(|byte| *byte == b'/').map_or(0, |slash| slash + 1);
    text(&cleaned(path.get(..end).unwrap_or_default()))
}

pub(super) fn clean(_: &mut Call<'_>, arguments: &[Value]) -> Answer {
    text(&cleaned(Arguments(arguments).bytes(0)?))
}

fn cleaned(path: &[u8]) -> Vec<u8> {
    let rooted = path.first() == Some(&b'/');
    let mut parts: Vec<&[u8]> = Vec::new();
    for part in path.split(|byte| *byte == b'/') {
        match part {
            b"" | b"." => {}
            b".." if parts.last().is_some_and(|last| *last != b"..") => {
                parts.pop();
            }
            b".." if rooted => {}
            _ => parts.push(part),
        }
    }
    let joined = parts.join(b"/".as_slice());
    match (rooted, joined.is_empty()) {
        (true, _) => [b"/".as_slice(), &joined].concat(),
        (false, true) => b".".to_vec(),
        (false, false) => joined,
    }
}

pub(super) fn ext(_: &mut Call<'_>, arguments: &[Value]) -> Answer {
    let name = Arguments(arguments).bytes(0)?.rsplit(|byte| *byte == b'/').next().unwrap_or_default();
    let dot = name.iter().rposition(|byte| *byte == b'.').unwrap_or(name.len());
    text(name.get(dot..).unwrap_or_default())
}

pub(super) fn is_abs(_: &mut Call<'_>, arguments: &[Value]) -> Answer {
    Ok(Arguments(arguments).bytes(0)?.starts_with(b"/").into())
}
