//! Container image references.

use std::fmt;
use std::str::FromStr;

use aqueduct_manifest::SmolStr;

use crate::types::Invalid;
use crate::types::name::check_length;
use crate::types::parsed::{Parsed, parsed};

/// A container image reference: `[registry/]repository[:tag][@digest]`.
///
/// The rules are those of <https://github.com/distribution/reference>.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Image {
    /// The registry's host and port; `None` if the reference has none.
    pub registry: Option<SmolStr>,
    /// The path in the registry.
    pub repository: SmolStr,
    /// The tag.
    pub tag: Option<SmolStr>,
    /// The digest, such as `sha256:…`.
    pub digest: Option<SmolStr>,
}

impl Image {
    /// Returns the image with a different tag and without a digest.
    ///
    /// # Errors
    /// Returns an error if the tag is invalid.
    pub fn with_tag(&self, tag: &str) -> Result<Self, Invalid> {
        check_tag(tag)?;
        Ok(Self { tag: Some(tag.into()), digest: None, ..self.clone() })
    }

    /// Returns the image with a different digest.
    ///
    /// # Errors
    /// Returns an error if the digest is invalid.
    pub fn with_digest(&self, digest: &str) -> Result<Self, Invalid> {
        check_digest(digest)?;
        Ok(Self { digest: Some(digest.into()), ..self.clone() })
    }
}

impl FromStr for Image {
    type Err = Invalid;

    fn from_str(text: &str) -> Result<Self, Invalid> {
        check_length("image", text, 1024)?;
        if text.contains(char::is_whitespace) {
            return Err(Invalid::new(format!("`{text}` is not a valid image: it must not contain spaces")));
        }
        if text.contains("://") {
            return Err(Invalid::new(format!(
                "`{text}` is not a valid image: it must not start with a scheme"
            )));
        }
        let (rest, digest) = match text.split_once('@') {
            Some((rest, digest)) => {
                check_digest(digest)?;
                (rest, Some(digest))
            }
            None => (text, None),
        };
        let last_slash = rest.rfind('/').map_or(0, |at| at + 1);
        let last_part = rest.get(last_slash..).unwrap_or_default();
        let (name, tag) = match last_part.find(':') {
            Some(at) => {
                let (name, tag) = rest.split_at(last_slash + at);
                let tag = tag.strip_prefix(':').unwrap_or(tag);
                check_tag(tag)?;
                (name, Some(tag))
            }
            None => (rest, None),
        };
        let (registry, repository) = match name.split_once('/') {
            Some((first, path)) if first.contains(['.', ':']) || first == "localhost" => {
                check_registry(first)?;
                (Some(first), path)
            }
            _ => (None, name),
        };
        check_repository(repository)?;
        Ok(Self {
            registry: registry.map(Into::into),
            repository: repository.into(),
            tag: tag.map(Into::into),
            digest: digest.map(Into::into),
        })
    }
}

impl fmt::Display for Image {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(registry) = &self.registry {
            write!(out, "{registry}/")?;
        }
        out.write_str(&self.repository)?;
        if let Some(tag) = &self.tag {
            write!(out, ":{tag}")?;
        }
        if let Some(digest) = &self.digest {
            write!(out, "@{digest}")?;
        }
        Ok(())
    }
}

impl Parsed for Image {
    const EXPECTED: &'static str = "an image such as `\"ghcr.io/shop/web:1.4.2\"`";

    fn from_text(text: &str) -> Option<Result<Self, Invalid>> {
        Some(text.parse())
    }
}

parsed!(Image, {
    "type": "string",
    "description": "A container image: `[registry/]repository[:tag][@digest]`.",
    "pattern": "^[^\\s@]+(@[A-Za-z][A-Za-z0-9+._-]*:[0-9a-fA-F]{32,})?$"
});

fn check_registry(registry: &str) -> Result<(), Invalid> {
    let invalid = || {
        Invalid::new(format!(
            "`{registry}` is not a valid registry: expected a host name, with or without a port"
        ))
    };
    let (host, port) = match registry.rsplit_once(':') {
        Some((host, port)) if !port.ends_with(']') => (host, Some(port)),
        _ => (registry, None),
    };
    if port.is_some_and(|port| port.parse::<std::num::NonZeroU16>().is_err()) {
        return Err(invalid());
    }
    if let Some(address) = host.strip_prefix('[').and_then(|host| host.strip_suffix(']')) {
        return address.parse::<std::net::Ipv6Addr>().map(|_| ()).map_err(|_| invalid());
    }
    let is_label = |label: &str| {
        !label.is_empty()
            && !label.starts_with('-')
            && !label.ends_with('-')
            && label.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
    };
    if host.split('.').all(is_label) { Ok(()) } else { Err(invalid()) }
}

fn check_repository(repository: &str) -> Result<(), Invalid> {
    if repository.is_empty() {
        return Err(Invalid::new("an image must have a repository"));
    }
    if repository.contains(|letter: char| letter.is_ascii_uppercase()) {
        return Err(Invalid::new(format!(
            "`{repository}` is not a valid image repository: it must be lower-case"
        )));
    }
    if repository.len() > 255 {
        return Err(Invalid::new(format!(
            "`{repository}` is too long for an image repository: {} bytes, the limit is 255",
            repository.len()
        )));
    }
    if repository.split('/').all(is_path_component) {
        Ok(())
    } else {
        Err(Invalid::new(format!(
            "`{repository}` is not a valid image repository: every part between `/` may only contain lower-case letters and digits, with `.`, `_`, `__` or `-` between them"
        )))
    }
}

/// Runs of letters and digits, separated by one `.`, one or two `_`, or any number of `-`.
fn is_path_component(part: &str) -> bool {
    let alphanumeric = |letter: char| letter.is_ascii_lowercase() || letter.is_ascii_digit();
    part.starts_with(alphanumeric)
        && part.ends_with(alphanumeric)
        && part.split(alphanumeric).all(|separator| {
            matches!(separator, "" | "." | "_" | "__") || separator.bytes().all(|byte| byte == b'-')
        })
}

fn check_tag(tag: &str) -> Result<(), Invalid> {
    check_length("image tag", tag, 128)?;
    let inner = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'.' | b'-');
    if tag.bytes().all(inner) && !tag.starts_with(['.', '-']) {
        Ok(())
    } else {
        Err(Invalid::new(format!(
            "`{tag}` is not a valid image tag: it may only contain letters, digits, `_`, `.` and `-`, and must not start with `.` or `-`"
        )))
    }
}

fn check_digest(digest: &str) -> Result<(), Invalid> {
    let valid = digest.split_once(':').is_some_and(|(algorithm, hex)| {
        let length = match algorithm {
            "sha256" => 64..=64,
            "sha384" => 96..=96,
            "sha512" => 128..=128,
            _ => 32..=512,
        };
        algorithm.starts_with(|letter: char| letter.is_ascii_alphabetic())
            && algorithm
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'.' | b'_' | b'-'))
            && length.contains(&hex.len())
            && hex.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
    });
    if valid {
        Ok(())
    } else {
        Err(Invalid::new(format!(
            "`{digest}` is not a valid image digest: expected `sha256:` with 64 hexadecimal digits"
        )))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::types::parsed::tests::table;

    #[test]
    fn images() {
        let digest = format!("ghcr.io/shop/web@sha256:{}", "0a".repeat(32));
        let both = format!("web:1@sha256:{}", "0a".repeat(32));
        let valid = [
            "nginx",
            "nginx:1.27",
            "ghcr.io/shop/web:v1.4.2",
            "localhost/web",
            "localhost:5000/web:1",
            "registry:5000/a/b",
            "[::1]:5000/a:1",
            "a__b/c.d-e",
            "a--b",
            &digest,
            &both,
        ];
        insta::assert_snapshot!(table::<Image>(&valid), @r"
        nginx: ok
        nginx:1.27: ok
        ghcr.io/shop/web:v1.4.2: ok
        localhost/web: ok
        localhost:5000/web:1: ok
        registry:5000/a/b: ok
        [::1]:5000/a:1: ok
        a__b/c.d-e: ok
        a--b: ok
        ghcr.io/shop/web@sha… (88 bytes): ok
        web:1@sha256:0a0a0a0… (77 bytes): ok
        ");
        let invalid = [
            "",
            "Nginx",
            "ghcr.io/Shop/web",
            "nginx: 1",
            "nginx:",
            "nginx:-1",
            "a//b",
            "a..b",
            "a___b",
            "/web",
            "docker://web",
            "web@sha256:12",
            "web@x",
            "reg:port/a",
            "nginx:latest:1",
        ];
        insta::assert_snapshot!(table::<Image>(&invalid), @r"
        : ERROR the image must not be empty
        Nginx: ERROR `Nginx` is not a valid image repository: it must be lower-case
        ghcr.io/Shop/web: ERROR `Shop/web` is not a valid image repository: it must be lower-case
        nginx: 1: ERROR `nginx: 1` is not a valid image: it must not contain spaces
        nginx:: ERROR the image tag must not be empty
        nginx:-1: ERROR `-1` is not a valid image tag: it may only contain letters, digits, `_`, `.` and `-`, and must not start with `.` or `-`
        a//b: ERROR `a//b` is not a valid image repository: every part between `/` may only contain lower-case letters and digits, with `.`, `_`, `__` or `-` between them
        a..b: ERROR `a..b` is not a valid image repository: every part between `/` may only contain lower-case letters and digits, with `.`, `_`, `__` or `-` between them
        a___b: ERROR `a___b` is not a valid image repository: every part between `/` may only contain lower-case letters and digits, with `.`, `_`, `__` or `-` between them
        /web: ERROR `/web` is not a valid image repository: every part between `/` may only contain lower-case letters and digits, with `.`, `_`, `__` or `-` between them
        docker://web: ERROR `docker://web` is not a valid image: it must not start with a scheme
        web@sha256:12: ERROR `sha256:12` is not a valid image digest: expected `sha256:` with 64 hexadecimal digits
        web@x: ERROR `x` is not a valid image digest: expected `sha256:` with 64 hexadecimal digits
        reg:port/a: ERROR `reg:port` is not a valid registry: expected a host name, with or without a port
        nginx:latest:1: ERROR `latest:1` is not a valid image tag: it may only contain letters, digits, `_`, `.` and `-`, and must not start with `.` or `-`
        ");
    }

    #[test]
    fn another_tag_drops_the_digest() {
        let image: Image =
            format!("ghcr.io/shop/web:1@sha256:{}", "0a".repeat(32)).parse().expect("a valid image");
        assert_eq!(image.with_tag("2").expect("a valid tag").to_string(), "ghcr.io/shop/web:2");
        assert!(image.with_tag("a b").is_err());
    }
}
