//! URLs, and addresses of git repositories.

use aqueduct_manifest::SmolStr;

use crate::types::Invalid;
use crate::types::name::check_length;
use crate::types::parsed::checked_text;

/// An absolute URL with a host.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Url(SmolStr);

impl Url {
    fn check(text: &str) -> Result<(), Invalid> {
        check_length("URL", text, 2048)?;
        if has_scheme_and_host(text) {
            Ok(())
        } else {
            Err(Invalid::new(format!(
                "`{text}` is not a valid URL: expected a scheme and a host, such as `https://example.org`"
            )))
        }
    }

    /// Returns the scheme, such as `https`.
    pub fn scheme(&self) -> &str {
        self.0.split_once("://").map_or("", |(scheme, _)| scheme)
    }

    /// Returns the host, without user and port.
    pub fn host(&self) -> &str {
        host_of(self.0.split_once("://").map_or("", |(_, rest)| rest))
    }
}

checked_text!(Url, "a URL such as `\"https://example.org\"`", {
    "type": "string",
    "description": "An absolute URL, such as `https://example.org/path`.",
    "examples": ["https://a"],
    "pattern": "^[A-Za-z][A-Za-z0-9+.-]*://[^\\s/]+\\S*$"
});

/// The address of a git repository: a URL, or `user@host:path` in ssh's notation.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Repository(SmolStr);

impl Repository {
    fn check(text: &str) -> Result<(), Invalid> {
        check_length("repository", text, 2048)?;
        let is_file = text.strip_prefix("file://").is_some_and(|path| path.starts_with('/'));
        let is_ssh = text.split_once(':').is_some_and(|(login, path)| {
            login.split_once('@').is_some_and(|(user, host)| !user.is_empty() && is_host(host))
                && !path.is_empty()
        });
        if !text.contains(char::is_whitespace) && (has_scheme_and_host(text) || is_file || is_ssh) {
            Ok(())
        } else {
            Err(Invalid::new(format!(
                "`{text}` is not a repository: expected a URL such as `https://github.com/example/platform` or `git@github.com:example/platform.git`"
            )))
        }
    }
}

impl Repository {
    /// Tells whether git accesses it over SSH.
    pub fn is_ssh(&self) -> bool {
        self.scheme() == "ssh"
    }

    /// Returns the scheme, such as `https`.
    pub fn scheme(&self) -> &str {
        self.0.split_once("://").map_or("ssh", |(scheme, _)| scheme)
    }

    /// Returns the port (default: the scheme's).
    pub fn port(&self) -> u16 {
        let authority = self.0.split_once("://").map_or("", |(_, rest)| authority_of(rest));
        let after = authority.rsplit_once(']').map_or(authority, |(_, after)| after);
        let written = after.split_once(':').and_then(|(_, port)| port.parse().ok());
        written.unwrap_or(match self.scheme() {
            "ssh" => 22,
            "git" => 9418,
            "http" => 80,
            _ => 443,
        })
    }
}

checked_text!(Repository, "a repository such as `\"https://github.com/example/platform\"`", {
    "type": "string",
    "description": "A git repository: a URL, or `git@host:path`.",
    "examples": ["https://a/b"],
    "pattern": "^([A-Za-z][A-Za-z0-9+.-]*://\\S+|[^\\s@:/]+@[^\\s:/]+:\\S+)$"
});

fn has_scheme_and_host(text: &str) -> bool {
    text.split_once("://").is_some_and(|(scheme, rest)| {
        scheme.starts_with(|letter: char| letter.is_ascii_alphabetic())
            && scheme.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'.' | b'-'))
            && !rest.contains(|letter: char| letter.is_whitespace() || letter.is_control())
            && is_host(host_of(rest))
            && is_port_or_nothing(rest)
    })
}

/// Returns the host from the part after `://`.
fn host_of(rest: &str) -> &str {
    let host = authority_of(rest);
    match host.strip_prefix('[').and_then(|host| host.split_once(']')) {
        Some((address, _)) => address,
        None => host.split_once(':').map_or(host, |(host, _)| host),
    }
}

/// Returns the host and port from the part after `://`.
fn authority_of(rest: &str) -> &str {
    let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
    authority.rsplit_once('@').map_or(authority, |(_, host)| host)
}

fn is_port_or_nothing(rest: &str) -> bool {
    let authority = authority_of(rest);
    let after = authority.rsplit_once(']').map_or(authority, |(_, after)| after);
    after.split_once(':').is_none_or(|(_, port)| port.parse::<std::num::NonZeroU16>().is_ok())
}

fn is_host(host: &str) -> bool {
    let label = |label: &str| {
        !label.is_empty()
            && label.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'))
    };
    host.parse::<std::net::Ipv6Addr>().is_ok() || host.strip_suffix('.').unwrap_or(host).split('.').all(label)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::types::parsed::tests::table;

    #[test]
    fn urls() {
        insta::assert_snapshot!(table::<Url>(&[
            "https://example.org", "https://kubernetes.default.svc", "https://u:p@a.b:8443/x?y#z", "http://[::1]:80/", "oci://ghcr.io/charts",
            "example.org", "https://", "https:///x", "https://a b", "https://a:port", "://a", "",
        ]), @r"
        https://example.org: ok
        https://kubernetes.default.svc: ok
        https://u:p@a.b:8443/x?y#z: ok
        http://[::1]:80/: ok
        oci://ghcr.io/charts: ok
        example.org: ERROR `example.org` is not a valid URL: expected a scheme and a host, such as `https://example.org`
        https://: ERROR `https://` is not a valid URL: expected a scheme and a host, such as `https://example.org`
        https:///x: ERROR `https:///x` is not a valid URL: expected a scheme and a host, such as `https://example.org`
        https://a b: ERROR `https://a b` is not a valid URL: expected a scheme and a host, such as `https://example.org`
        https://a:port: ERROR `https://a:port` is not a valid URL: expected a scheme and a host, such as `https://example.org`
        ://a: ERROR `://a` is not a valid URL: expected a scheme and a host, such as `https://example.org`
        : ERROR the URL must not be empty
        ");
        let url: Url = "https://u:p@a.b:8443/x@y".parse().expect("a valid URL");
        assert_eq!((url.scheme(), url.host()), ("https", "a.b"));
    }

    #[test]
    fn repositories() {
        insta::assert_snapshot!(table::<Repository>(&[
            "https://github.com/a/b", "ssh://git@host:22/a.git", "git@github.com:a/b.git", "file:///srv/git/a", "github.com/a/b", "git@github.com", "a b", "",
        ]), @r"
        https://github.com/a/b: ok
        ssh://git@host:22/a.git: ok
        git@github.com:a/b.git: ok
        file:///srv/git/a: ok
        github.com/a/b: ERROR `github.com/a/b` is not a repository: expected a URL such as `https://github.com/example/platform` or `git@github.com:example/platform.git`
        git@github.com: ERROR `git@github.com` is not a repository: expected a URL such as `https://github.com/example/platform` or `git@github.com:example/platform.git`
        a b: ERROR `a b` is not a repository: expected a URL such as `https://github.com/example/platform` or `git@github.com:example/platform.git`
        : ERROR the repository must not be empty
        ");
    }
}
