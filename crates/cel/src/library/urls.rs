//! URLs: `url('https://example.com/a?b=c')`.
//!
//! They are parsed like Go's `url.ParseRequestURI`: with a scheme, or as an absolute path.

use std::collections::BTreeMap;

use cel::common::types::{CelBool, CelList, CelString};
use cel::common::value::{CowVal, Val};
use cel::{DeclarationError, Env, ExecutionError, add_member_overload, add_overload};

use super::opaque::opaque;
use super::{failure, text};
use crate::datum;

/// The parts of a URL.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Parts {
    scheme: String,
    host: String,
    path: String,
    query: String,
}

opaque!(
    /// A URL.
    Address(Parts),
    "kubernetes.URL"
);

pub(super) fn extension(env: &mut Env) -> Result<(), DeclarationError> {
    add_overload!(env, fn url: (CelString) -> Result<Address>)?;
    add_overload!(env, fn is_url: (CelString) -> CelBool, name = "isURL")?;
    add_member_overload!(env, fn get_scheme: (Address) -> CelString)?;
    add_member_overload!(env, fn get_host: (Address) -> CelString)?;
    add_member_overload!(env, fn get_hostname: (Address) -> CelString)?;
    add_member_overload!(env, fn get_port: (Address) -> CelString)?;
    add_member_overload!(env, fn get_escaped_path: (Address) -> CelString)?;
    let of = <Address as Val>::cel_type().to_owned();
    env.add_member_overload("getQuery", "url_get_query", of, Vec::new(), get_query)
}

/// Parses a URL.
pub(super) fn parse(whole: &str) -> Option<Parts> {
    if whole.is_empty() || whole.bytes().any(|byte| byte < b' ' || byte == 0x7f) {
        return None;
    }
    let mut parts = Parts::default();
    let mut rest = whole;
    let letters = whole.find(|letter: char| !letter.is_ascii_alphanumeric() && !"+-.".contains(letter));
    if let Some(end) = letters.filter(|end| *end > 0 && whole[*end..].starts_with(':')) {
        if !whole.starts_with(|letter: char| letter.is_ascii_alphabetic()) {
            return None;
        }
        parts.scheme = whole[..end].to_ascii_lowercase();
        rest = &whole[end + 1..];
    }
    if let Some((before, query)) = rest.split_once('?') {
        (rest, parts.query) = (before, query.to_owned());
    }
    if !rest.starts_with('/') {
        // A URL with a scheme may continue without a slash, such as `mailto:a@b`.
        return (!parts.scheme.is_empty()).then_some(parts);
    }
    if let Some(after) = rest.strip_prefix("//").filter(|_| !parts.scheme.is_empty()) {
        let (authority, path) = after.split_at(after.find('/').unwrap_or(after.len()));
        let host = authority.rsplit_once('@').map_or(authority, |(_, host)| host);
        parts.host = check_host(host)?;
        rest = path;
    }
    parts.path = escaped(rest)?;
    Some(parts)
}

/// Returns the host, if it is valid.
fn check_host(host: &str) -> Option<String> {
    let (name, port) = if let Some(rest) = host.strip_prefix('[') {
        let (inside, port) = rest.split_once(']')?;
        (inside, port)
    } else {
        let (name, port) = host.split_at(host.find(':').unwrap_or(host.len()));
        (name, port)
    };
    let is_port = port.is_empty()
        || port.strip_prefix(':').is_some_and(|digits| digits.bytes().all(|byte| byte.is_ascii_digit()));
    let is_good = |letter: char| !letter.is_whitespace() && !"\"<>^`{}|\\[]".contains(letter);
    (is_port && name.chars().all(is_good) && has_good_escapes(name)).then(|| host.to_owned())
}

fn has_good_escapes(text: &str) -> bool {
    let digits = |part: &str| part.len() >= 2 && part.bytes().take(2).all(|byte| byte.is_ascii_hexdigit());
    text.split('%').skip(1).all(digits)
}

/// Returns a path with escapes where they are needed.
fn escaped(path: &str) -> Option<String> {
    if !has_good_escapes(path) {
        return None;
    }
    let mut result = String::new();
    for byte in path.bytes() {
        if byte.is_ascii_alphanumeric() || b"-_.~!$&'()*+,/:;=@%[]".contains(&byte) {
            result.push(char::from(byte));
        } else {
            result.push_str(&format!("%{byte:02X}"));
        }
    }
    Some(result)
}

fn url(text: &CelString<'_>) -> Result<Address, ExecutionError> {
    let text = text.inner();
    let read = parse(text).map(Address);
    read.ok_or_else(|| failure("url", format!("URL parse error during conversion from string: {text:?}")))
}

fn is_url(text: &CelString<'_>) -> CelBool {
    parse(text.inner()).is_some().into()
}

fn get_scheme(url: &Address) -> CelString<'static> {
    text(url.0.scheme.as_str())
}

fn get_host(url: &Address) -> CelString<'static> {
    text(url.0.host.as_str())
}

/// Splits a host before the colon of its port.
fn host_and_port(url: &Address) -> (&str, &str) {
    let host = url.0.host.as_str();
    match host.rsplit_once(':') {
        Some((name, port)) if !port.contains(']') => (name, port),
        _ => (host, ""),
    }
}

fn get_hostname(url: &Address) -> CelString<'static> {
    text(host_and_port(url).0.trim_start_matches('[').trim_end_matches(']'))
}

fn get_port(url: &Address) -> CelString<'static> {
    text(host_and_port(url).1)
}

fn get_escaped_path(url: &Address) -> CelString<'static> {
    text(url.0.path.as_str())
}

fn get_query<'b, 'v>(arguments: Vec<CowVal<'b, 'v>>) -> Result<CowVal<'b, 'v>, ExecutionError> {
    let url = arguments.first().and_then(|url| url.downcast_ref::<Address>());
    let url = url.ok_or_else(ExecutionError::missing_argument_or_target)?;
    let mut query: BTreeMap<String, Vec<Box<dyn Val + 'v>>> = BTreeMap::new();
    for pair in url.0.query.split('&').filter(|pair| !pair.is_empty() && !pair.contains(';')) {
        let (key, value) = pair.split_once('=').unwrap_or((pair, ""));
        let (Some(key), Some(value)) = (unescaped(key), unescaped(value)) else { continue };
        query.entry(key).or_default().push(Box::new(text(value)));
    }
    let entries =
        query.into_iter().map(|(key, values)| (key, Box::new(CelList::from(values)) as Box<dyn Val + 'v>));
    Ok(CowVal::Owned(datum::map(entries)))
}

fn unescaped(part: &str) -> Option<String> {
    let mut bytes = Vec::new();
    let mut rest = part.as_bytes();
    while let Some((first, tail)) = rest.split_first() {
        rest = tail;
        match first {
            b'+' => bytes.push(b' '),
            b'%' => {
                let digits = std::str::from_utf8(tail.get(..2)?).ok()?;
                bytes.push(u8::from_str_radix(digits, 16).ok()?);
                rest = &tail[2..];
            }
            other => bytes.push(*other),
        }
    }
    Some(String::from_utf8_lossy(&bytes).into_owned())
}
