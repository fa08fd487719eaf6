//! URLs taken apart and reassembled like Go's `net/url`.

use super::arguments::{Answer, Arguments, nil_dereference};
use crate::template::{Call, Charset, FunctionError, quote};
use crate::value::{ANY_MAP, Kind, Map, Text, Value};

/// The parts of a URL; the path, fragment and user are decoded.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Url {
    scheme: Vec<u8>,
    opaque: Vec<u8>,
    user: Option<User>,
    host: Vec<u8>,
    path: Vec<u8>,
    query: Vec<u8>,
    fragment: Vec<u8>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct User {
    name: Vec<u8>,
    password: Option<Vec<u8>>,
}

/// The part of a URL that is escaped or unescaped.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Part {
    Path,
    Host,
    User,
    Fragment,
}

fn quoted(text: &[u8]) -> String {
    quote(text, Charset::Unicode)
}

fn parse(text: &[u8]) -> Result<Url, String> {
    let (body, fragment) = cut(text, b'#');
    let failure = |url: &[u8], message: String| format!("parse {}: {message}", quoted(url));
    let mut url = parse_body(body).map_err(|message| failure(body, message))?;
    url.fragment =
        unescape(fragment.unwrap_or_default(), Part::Fragment).map_err(|message| failure(text, message))?;
    Ok(url)
}

/// Returns whether a URL has a scheme.
///
/// # Errors
/// Fails, in Go's wording, if the text is not a URL.
pub(crate) fn is_absolute(text: &str) -> Result<bool, String> {
    parse(text.as_bytes()).map(|url| !url.scheme.is_empty())
}

fn cut(text: &[u8], mark: u8) -> (&[u8], Option<&[u8]>) {
    match text.iter().position(|byte| *byte == mark) {
        Some(at) => (text.get(..at).unwrap_or_default(), text.get(at + 1..)),
        None => (text, None),
    }
}

fn parse_body(text: &[u8]) -> Result<Url, String> {
    if text.iter().any(|byte| *byte < b' ' || *byte == 0x7f) {
        return Err("net/url: invalid control character in URL".to_owned());
    }
    let mut url = Url::default();
    if text == b"*" {
        url.path = text.to_vec();
        return Ok(url);
    }
    let (scheme, rest) = scheme(text)?;
    url.scheme = scheme.to_ascii_lowercase();
    let (mut rest, query) = cut(rest, b'?');
    url.query = query.unwrap_or_default().to_vec();
    if !rest.starts_with(b"/") {
        if !url.scheme.is_empty() {
            url.opaque = rest.to_vec();
            return Ok(url);
        }
        if cut(rest, b'/').0.contains(&b':') {
            return Err("first path segment in URL cannot contain colon".to_owned());
        }
    }
    let has_authority = !url.scheme.is_empty() || !rest.starts_with(b"///");
    if let Some(after) = rest.strip_prefix(b"//").filter(|_| has_authority) {
        let end = after.iter().position(|byte| *byte == b'/').unwrap_or(after.len());
        let (authority, path) = after.split_at(end);
        rest = path;
        (url.user, url.host) = parse_authority(authority)?;
    }
    url.path = unescape(rest, Part::Path)?;
    Ok(url)
}

fn scheme(text: &[u8]) -> Result<(&[u8], &[u8]), String> {
    for (index, byte) in text.iter().enumerate() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' => {}
            b'0'..=b'9' | b'+' | b'-' | b'.' if index > 0 => {}
            b':' if index == 0 => return Err("missing protocol scheme".to_owned()),
            b':' => {
                return Ok((
                    text.get(..index).unwrap_or_default(),
                    text.get(index + 1..).unwrap_or_default(),
                ));
            }
            _ => break,
        }
    }
    Ok((b"", text))
}

fn parse_authority(authority: &[u8]) -> Result<(Option<User>, Vec<u8>), String> {
    let Some(at) = authority.iter().rposition(|byte| *byte == b'@') else {
        return Ok((None, parse_host(authority)?));
    };
    let host = parse_host(authority.get(at + 1..).unwrap_or_default())?;
    let user = authority.get(..at).unwrap_or_default();
    let is_valid = |byte: &u8| byte.is_ascii_alphanumeric() || b"-._:~!$&'()*+,;=%@".contains(byte);
    if !user.iter().all(is_valid) {
        return Err("net/url: invalid userinfo".to_owned());
    }
    let (name, password) = cut(user, b':');
    let password = password.map(|password| unescape(password, Part::User)).transpose()?;
    Ok((Some(User { name: unescape(name, Part::User)?, password }), host))
}

fn is_optional_port(port: &[u8]) -> bool {
    port.split_first().is_none_or(|(first, digits)| *first == b':' && digits.iter().all(u8::is_ascii_digit))
}

fn parse_host(host: &[u8]) -> Result<Vec<u8>, String> {
    let bad_port = |port: &[u8]| Err(format!("invalid port {} after host", quoted(port)));
    if host.starts_with(b"[") {
        let Some(end) = host.iter().rposition(|byte| *byte == b']') else {
            return Err("missing ']' in host".to_owned());
        };
        let port = host.get(end + 1..).unwrap_or_default();
        if !is_optional_port(port) {
            return bad_port(port);
        }
    } else if let Some(colon) = host.iter().rposition(|byte| *byte == b':') {
        let port = host.get(colon..).unwrap_or_default();
        if !is_optional_port(port) {
            return bad_port(port);
        }
    }
    unescape(host, Part::Host)
}

fn hexadecimal(byte: Option<&u8>) -> Option<u8> {
    let digit = char::from(*byte?).to_digit(16)?;
    u8::try_from(digit).ok()
}

fn unescape(text: &[u8], part: Part) -> Result<Vec<u8>, String> {
    let mut out = Vec::with_capacity(text.len());
    let mut rest = text;
    while let Some((byte, after)) = rest.split_first() {
        if *byte == b'%' {
            let bad = || format!("invalid URL escape {}", quoted(rest.get(..3).unwrap_or(rest)));
            let high = hexadecimal(after.first()).ok_or_else(bad)?;
            let low = hexadecimal(after.get(1)).ok_or_else(bad)?;
            // In a host, only non-ASCII characters and the `%` of an address zone may be escaped.
            if part == Part::Host && high < 8 && !rest.starts_with(b"%25") {
                return Err(bad());
            }
            out.push(high << 4 | low);
            rest = after.get(2..).unwrap_or_default();
            continue;
        }
        if part == Part::Host && byte.is_ascii() && must_escape(*byte, part) {
            return Err(format!("invalid character {} in host name", quoted(&[*byte])));
        }
        out.push(*byte);
        rest = after;
    }
    Ok(out)
}

fn must_escape(byte: u8, part: Part) -> bool {
    if byte.is_ascii_alphanumeric() || b"-_.~".contains(&byte) {
        return false;
    }
    if part == Part::Host && b"!$&'()*+,;=:[]<>\"".contains(&byte) {
        return false;
    }
    if b"$&+,/:;=?@".contains(&byte) {
        return match part {
            Part::Path => byte == b'?',
            Part::User => b"@/?:".contains(&byte),
            Part::Fragment => false,
            Part::Host => true,
        };
    }
    !(part == Part::Fragment && b"!()*".contains(&byte))
}

fn escape(text: &[u8], part: Part, out: &mut Vec<u8>) {
    for byte in text {
        if must_escape(*byte, part) {
            out.extend_from_slice(format!("%{byte:02X}").as_bytes());
        } else {
            out.push(*byte);
        }
    }
}

impl User {
    fn write(&self, out: &mut Vec<u8>) {
        escape(&self.name, Part::User, out);
        if let Some(password) = &self.password {
            out.push(b':');
            escape(password, Part::User, out);
        }
    }
}

impl Url {
    fn hostname(&self) -> &[u8] {
        let mut host = self.host.as_slice();
        if let Some(colon) = host.iter().rposition(|byte| *byte == b':')
            && is_optional_port(host.get(colon..).unwrap_or_default())
        {
            host = host.get(..colon).unwrap_or_default();
        }
        match host {
            [b'[', inside @ .., b']'] => inside,
            _ => host,
        }
    }

    fn write(&self) -> Vec<u8> {
        let mut out = Vec::new();
        if !self.scheme.is_empty() {
            out.extend_from_slice(&self.scheme);
            out.push(b':');
        }
        if self.opaque.is_empty() {
            let has_authority = !self.host.is_empty() || self.user.is_some();
            if has_authority || !self.scheme.is_empty() && !self.path.is_empty() {
                out.extend_from_slice(b"//");
                if let Some(user) = &self.user {
                    user.write(&mut out);
                    out.push(b'@');
                }
                escape(&self.host, Part::Host, &mut out);
            }
            let mut path = Vec::new();
            if self.path == b"*" {
                path.push(b'*');
            } else {
                escape(&self.path, Part::Path, &mut path);
            }
            if !path.is_empty() && !path.starts_with(b"/") && !self.host.is_empty() {
                out.push(b'/');
            }
            if out.is_empty() && cut(&path, b'/').0.contains(&b':') {
                out.extend_from_slice(b"./");
            }
            out.extend_from_slice(&path);
        } else {
            out.extend_from_slice(&self.opaque);
        }
        if !self.query.is_empty() {
            out.push(b'?');
            out.extend_from_slice(&self.query);
        }
        if !self.fragment.is_empty() {
            out.push(b'#');
            escape(&self.fragment, Part::Fragment, &mut out);
        }
        out
    }
}

pub(super) fn url_parse(_: &mut Call<'_>, arguments: &[Value]) -> Answer {
    let url = parse(Arguments(arguments).bytes(0)?)
        .map_err(|message| FunctionError::new(format!("unable to parse url: {message}")))?;
    let mut user = Vec::new();
    if let Some(own) = &url.user {
        own.write(&mut user);
    }
    let parts: [(&str, &[u8]); 8] = [
        ("scheme", &url.scheme),
        ("host", &url.host),
        ("hostname", url.hostname()),
        ("path", &url.path),
        ("query", &url.query),
        ("opaque", &url.opaque),
        ("fragment", &url.fragment),
        ("userinfo", &user),
    ];
    let entries = parts.into_iter().map(|(name, part)| (name, Value::String(Text::from_bytes(part))));
    Ok(Value::Map(Map::with_entries(&ANY_MAP, entries)))
}

pub(super) fn url_join(_: &mut Call<'_>, arguments: &[Value]) -> Answer {
    let map = Arguments(arguments).map(0)?;
    let part = |key: &str| match map.get(key) {
        None => Ok(Vec::new()),
        Some(Value::String(text)) => Ok(text.as_bytes().to_vec()),
        Some(value) if value.is_nil() => Err(nil_dereference()),
        Some(value) => {
            let kind: Kind = value.kind();
            Err(FunctionError::new(format!(
                "unable to parse {key} key, must be of type string, but {} found",
                kind.name()
            )))
        }
    };
    let mut url = Url {
        scheme: part("scheme")?,
        host: part("host")?,
        path: part("path")?,
        query: part("query")?,
        opaque: part("opaque")?,
        fragment: part("fragment")?,
        user: None,
    };
    let user = part("userinfo")?;
    if !user.is_empty() {
        let carrier = [b"proto://".as_slice(), &user, b"@host"].concat();
        let parsed = parse(&carrier)
            .map_err(|message| FunctionError::new(format!("unable to parse userinfo in dict: {message}")))?;
        url.user = parsed.user;
    }
    Ok(Value::String(url.write().into()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn read_and_written_again() {
        for text in [
            "https://u:p@host:8080/path?q=1#frag",
            "mailto:a@b.c",
            "//host/p",
            "/a%20b",
            "host/path",
            "http://[::1]:80/x",
            "file:///etc/hosts",
        ] {
            let url = parse(text.as_bytes()).expect("the URL is valid");
            assert_eq!(String::from_utf8_lossy(&url.write()), text);
        }
    }

    #[test]
    fn refused() {
        for (text, message) in [
            ("%zz", r#"parse "%zz": invalid URL escape "%zz""#),
            ("http://a b/", r#"parse "http://a b/": invalid character " " in host name"#),
            ("http://host:bad/", r#"parse "http://host:bad/": invalid port ":bad" after host"#),
            (":x", r#"parse ":x": missing protocol scheme"#),
            ("1:2", r#"parse "1:2": first path segment in URL cannot contain colon"#),
            ("http://[::1", r#"parse "http://[::1": missing ']' in host"#),
        ] {
            assert_eq!(parse(text.as_bytes()), Err(message.to_owned()));
        }
    }
}
