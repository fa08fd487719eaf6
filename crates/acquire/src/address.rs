//! Web addresses: the server of an address, and how an address is shown.

use std::fmt;

use ureq::http::Uri;

/// An address that may be fetched: `http` or `https`, without a login.
#[derive(Clone, Debug)]
pub(crate) struct Address {
    uri: Uri,
}

/// The server of an address: scheme, host and port. A login is valid for one server only.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct WebOrigin {
    pub(crate) is_encrypted: bool,
    /// The host in lower case; an IPv6 address in brackets.
    pub(crate) host: String,
    port: u16,
}

impl Address {
    /// Parses an address.
    ///
    /// # Errors
    /// The reason why it is not fetched, without the login that it may contain.
    pub(crate) fn parse(text: &str) -> Result<Self, String> {
        let shown = Shown(text);
        let is_web = |uri: &Uri| {
            matches!(uri.scheme_str(), Some("http" | "https"))
                && uri.host().is_some_and(|host| !host.is_empty())
        };
        let uri: Uri =
            text.parse().ok().filter(is_web).ok_or_else(|| format!("not a web address: `{shown}`"))?;
        if uri.authority().is_some_and(|authority| authority.as_str().contains('@')) {
            return Err(format!("the address contains a login: `{shown}`"));
        }
        Ok(Self { uri })
    }

    /// Returns the server of the address.
    pub(crate) fn origin(&self) -> WebOrigin {
        let is_encrypted = self.uri.scheme_str() == Some("https");
        let host = self.uri.host().unwrap_or_default().to_ascii_lowercase();
        let port = self.uri.port_u16().unwrap_or(if is_encrypted { 443 } else { 80 });
        WebOrigin { is_encrypted, host, port }
    }

    /// Returns host and port as written in the address.
    pub(crate) fn host(&self) -> &str {
        self.uri.authority().map_or("", |authority| authority.as_str())
    }

    /// Returns the address of a reference in a document at this address. It may have another scheme.
    pub(crate) fn join(&self, reference: &str) -> String {
        let reference = reference.split('#').next().unwrap_or_default();
        let scheme = self.uri.scheme_str().unwrap_or_default();
        if has_scheme(reference) {
            return reference.to_owned();
        }
        if let Some(rest) = reference.strip_prefix("//") {
            return format!("{scheme}://{rest}");
        }
        let start = format!("{scheme}://{}", self.host());
        if reference.starts_with('/') {
            return start + reference;
        }
        let path = self.uri.path();
        if reference.is_empty() || reference.starts_with('?') {
            return start + path + reference;
        }
        let folder = path.rsplit_once('/').map_or("", |(folder, _)| folder);
        let (relative, query) = reference.split_at(reference.find('?').unwrap_or(reference.len()));
        let mut parts: Vec<&str> = folder.split('/').skip(1).collect();
        for part in relative.split('/') {
            match part {
                "." => {}
                ".." => {
                    parts.pop();
                }
                part => parts.push(part),
            }
        }
        format!("{start}/{}{query}", parts.join("/"))
    }
}

impl WebOrigin {
    /// Tells whether this is the local machine, where servers work without encryption.
    pub(crate) fn is_loopback(&self) -> bool {
        let address = |host: &str| host.parse().is_ok_and(|address: std::net::IpAddr| address.is_loopback());
        self.host == "localhost" || address(self.host.trim_start_matches('[').trim_end_matches(']'))
    }
}

impl fmt::Display for Address {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.uri.fmt(out)
    }
}

/// An address in a form that may be shown: without a login and without the part after `?`, which often is one
/// too.
pub(crate) struct Shown<'a>(pub(crate) &'a str);

impl fmt::Display for Shown<'_> {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = self.0.split(['?', '#']).next().unwrap_or_default();
        let (scheme, rest) = text.split_once("://").map_or(("", text), |(scheme, rest)| (scheme, rest));
        let separator = if scheme.is_empty() { "" } else { "://" };
        let (authority, path) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
        let host = authority.rsplit_once('@').map_or(authority, |(_, host)| host);
        write!(out, "{scheme}{separator}{}{}", host.escape_debug(), path.escape_debug())
    }
}

/// Tells whether a reference starts with a scheme.
fn has_scheme(reference: &str) -> bool {
    let start = reference.split(['/', '?']).next().unwrap_or_default();
    start.split_once(':').is_some_and(|(scheme, _)| {
        scheme.starts_with(|letter: char| letter.is_ascii_alphabetic())
            && scheme.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"+-.".contains(&byte))
    })
}

#[cfg(test)]
mod tests {
    use super::{Address, Shown};

    #[test]
    fn references() {
        let base =
            Address::parse("https://a.example.com:8443/charts/index.yaml?x=1").expect("it is an address");
        for (reference, expected) in [
            ("web-1.0.0.tgz", "https://a.example.com:8443/charts/web-1.0.0.tgz"),
            ("../files/./web.tgz?a=/b", "https://a.example.com:8443/files/web.tgz?a=/b"),
            ("../../../web.tgz", "https://a.example.com:8443/web.tgz"),
            ("/files/web.tgz#x", "https://a.example.com:8443/files/web.tgz"),
            ("?page=2", "https://a.example.com:8443/charts/index.yaml?page=2"),
            ("//b.example.com/web.tgz", "https://b.example.com/web.tgz"),
            ("http://b.example.com/web.tgz?x=1", "http://b.example.com/web.tgz?x=1"),
            ("file:///etc/passwd", "file:///etc/passwd"),
            ("a/b:c", "https://a.example.com:8443/charts/a/b:c"),
        ] {
            assert_eq!(base.join(reference), expected, "{reference}");
        }
    }

    #[test]
    fn servers() {
        let origin = |text: &str| Address::parse(text).expect(text).origin();
        assert_eq!(origin("https://A.example.com/x"), origin("https://a.example.com:443/y"));
        for other in ["http://a.example.com", "https://a.example.com:444", "https://b.example.com"] {
            assert_ne!(origin("https://a.example.com"), origin(other), "{other}");
        }
        for (text, expected) in [
            ("http://localhost:5000", true),
            ("http://127.0.0.1:80", true),
            ("http://[::1]:5000/x", true),
            ("http://localhost.example.com", false),
            ("http://127.0.0.1.example.com", false),
            ("http://10.0.0.1", false),
        ] {
            assert_eq!(origin(text).is_loopback(), expected, "{text}");
        }
    }

    #[test]
    fn what_is_not_fetched() {
        for (text, expected) in [
            (
                "http://127.0.0.1:80@b.example.com/t?x=secret",
                "the address contains a login: `http://b.example.com/t`",
            ),
            ("https://ann:s3cret@a.example.com", "the address contains a login: `https://a.example.com`"),
            ("file:///etc/passwd", "not a web address: `file:///etc/passwd`"),
            ("ftp://a.example.com/x", "not a web address: `ftp://a.example.com/x`"),
            ("/x", "not a web address: `/x`"),
        ] {
            assert_eq!(Address::parse(text).map(|address| address.to_string()), Err(expected.to_owned()));
        }
        assert!(Address::parse("http://a b/").is_err());
        assert!(Address::parse("http://a\\@b/").is_err());
        assert_eq!(Shown("git@example.com:a").to_string(), "example.com:a");
    }
}
