//! The forms of names that `k8s.io/apimachinery/pkg/util/validation` allows.
//!
//! Each function returns what is wrong with a text.

use aqueduct_manifest::{is_dns_label, is_dns_subdomain, is_label_key, is_label_name};

/// A DNS label: up to 63 lower-case letters, digits and dashes.
pub(crate) fn label(text: &str) -> Option<String> {
    longer(text, 63).or_else(|| {
        (!is_dns_label(text)).then(|| {
            "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with an alphanumeric character".to_owned()
        })
    })
}

/// DNS labels separated by dots, at most 253 characters in all.
pub(crate) fn subdomain(text: &str) -> Option<String> {
    longer(text, 253).or_else(|| {
        (!is_dns_subdomain(text)).then(|| {
            "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character".to_owned()
        })
    })
}

/// A subdomain that may also contain underscores in place of dashes, and at either end.
pub(crate) fn subdomain_with_underscores(text: &str) -> Option<String> {
    let part = |part: &str| {
        let edge = |byte: Option<&u8>| byte.is_some_and(|byte| is_small(*byte) || *byte == b'_');
        let bytes = part.as_bytes();
        edge(bytes.first())
            && edge(bytes.last())
            && bytes.iter().all(|byte| is_small(*byte) || matches!(byte, b'-' | b'_'))
    };
    longer(text, 253).or_else(|| {
        (!text.split('.').all(part)).then(|| {
            "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '_', '-' or '.', and must start and end with an alphanumeric character or an underscore".to_owned()
        })
    })
}

/// A DNS label that starts with a letter.
pub(crate) fn label_1035(text: &str) -> Option<String> {
    longer(text, 63).or_else(|| {
        (!is_dns_label(text) || !text.starts_with(|letter: char| letter.is_ascii_lowercase())).then(|| {
            "a DNS-1035 label must consist of lower case alphanumeric characters or '-', start with an alphabetic character, and end with an alphanumeric character".to_owned()
        })
    })
}

/// A subdomain, optionally after `*.`.
pub(crate) fn wildcard_subdomain(text: &str) -> Option<String> {
    longer(text, 253).or_else(|| {
        (!text.strip_prefix("*.").is_some_and(is_dns_subdomain)).then(|| {
            "a wildcard DNS-1123 subdomain must start with '*.', followed by a valid DNS subdomain, which must consist of lower case alphanumeric characters, '-' or '.' and end with an alphanumeric character".to_owned()
        })
    })
}

/// A label key: a name, optionally with a subdomain and a slash before it.
pub(crate) fn qualified_name(text: &str) -> Option<String> {
    if is_label_key(text) {
        return None;
    }
    let name = match text.split_once('/') {
        Some((_, name)) if name.contains('/') => {
            return Some("a valid label key must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character with an optional DNS subdomain prefix and '/'".to_owned());
        }
        Some(("", _)) => return Some("prefix part must be non-empty".to_owned()),
        Some((prefix, name)) => match subdomain(prefix) {
            Some(problem) => return Some(format!("prefix part {problem}")),
            None => name,
        },
        None => text,
    };
    Some(if name.is_empty() {
        "name part must be non-empty".to_owned()
    } else if name.len() > 63 {
        "name part must be no more than 63 bytes".to_owned()
    } else {
        "name part must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character".to_owned()
    })
}

/// An annotation key, which may have capital letters in its prefix.
pub(crate) fn annotation_key(text: &str) -> Option<String> {
    qualified_name(&text.to_lowercase())
}

/// A label value.
pub(crate) fn label_value(text: &str) -> Option<String> {
    if text.len() > 63 {
        Some("must be no more than 63 bytes".to_owned())
    } else if !text.is_empty() && !is_label_name(text) {
        Some("a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character".to_owned())
    } else {
        None
    }
}

/// A container port name: up to 15 lower-case letters, digits and single dashes, with at least one letter.
pub(crate) fn port_name(text: &str) -> Option<String> {
    let problem = if text.len() > 15 {
        return longer(text, 15);
    } else if !text.bytes().all(|byte| is_small(byte) || byte == b'-') {
        "must contain only alpha-numeric characters (a-z, 0-9), and hyphens (-)"
    } else if !text.bytes().any(|byte| byte.is_ascii_lowercase()) {
        "must contain at least one letter (a-z)"
    } else if text.contains("--") {
        "must not contain consecutive hyphens"
    } else if text.starts_with('-') || text.ends_with('-') {
        "must not begin or end with a hyphen"
    } else {
        return None;
    };
    Some(problem.to_owned())
}

/// The name of an environment variable: any printable ASCII except `=`.
pub(crate) fn variable_name(text: &str) -> Option<String> {
    (!text.bytes().all(|byte| matches!(byte, b' '..=b'~') && byte != b'=')).then(|| {
        "a valid environment variable name must consist only of printable ASCII characters other than '='"
            .to_owned()
    })
}

/// The key of a ConfigMap or Secret.
pub(crate) fn config_key(text: &str) -> Option<String> {
    longer(text, 253).or_else(|| {
        let is_key = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.');
        let problem = if text.is_empty() || !text.bytes().all(is_key) {
            "a valid config key must consist of alphanumeric characters, '-', '_' or '.'"
        } else if text == "." {
            "must not be '.'"
        } else if text == ".." {
            "must not be '..'"
        } else if text.starts_with("..") {
            "must not start with '..'"
        } else {
            return None;
        };
        Some(problem.to_owned())
    })
}

/// The name of an HTTP header.
pub(crate) fn header_name(text: &str) -> Option<String> {
    (text.is_empty() || !text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')).then(|| {
        "a valid HTTP header must consist of alphanumeric characters or '-' (e.g. 'X-Header-Name')".to_owned()
    })
}

/// A C identifier.
pub(crate) fn c_identifier(text: &str) -> Option<String> {
    let is_one = text.starts_with(|letter: char| letter.is_ascii_alphabetic() || letter == '_')
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
    (!is_one).then(|| {
        "a valid C identifier must start with alphabetic character or '_', followed by a string of alphanumeric characters or '_'".to_owned()
    })
}

/// A name that becomes part of the path of its resource, such as a role's.
pub(crate) fn path_segment(text: &str) -> Option<String> {
    match text {
        "." => Some("may not be '.'".to_owned()),
        ".." => Some("may not be '..'".to_owned()),
        _ => path_segment_prefix(text),
    }
}

/// The prefix of a name that becomes part of a path.
pub(crate) fn path_segment_prefix(text: &str) -> Option<String> {
    ['/', '%'].iter().find(|bad| text.contains(**bad)).map(|bad| format!("may not contain '{bad}'"))
}

/// A domain, a slash and a path, such as `example.com/name`.
pub(crate) fn domain_prefixed_path(text: &str) -> Option<String> {
    let is_segment = |byte: u8| byte.is_ascii_alphanumeric() || b"/-._~%!$&'()*+,;=:".contains(&byte);
    match text.split_once('/') {
        Some((domain, path)) if !domain.is_empty() && !path.is_empty() => subdomain(domain).or_else(|| {
            (!path.bytes().all(is_segment))
                .then(|| "Invalid path (only printable characters of URLs)".to_owned())
        }),
        _ => Some("must be a domain-prefixed path (such as \"acme.io/foo\")".to_owned()),
    }
}

/// A domain with at least two labels.
pub(crate) fn fully_qualified_name(text: &str) -> Option<String> {
    subdomain(text).or_else(|| {
        (text.split('.').count() < 3)
            .then(|| "should be a domain with at least three segments separated by dots".to_owned())
    })
}

fn longer(text: &str, most: usize) -> Option<String> {
    (text.len() > most).then(|| format!("must be no more than {most} characters"))
}

fn is_small(byte: u8) -> bool {
    byte.is_ascii_lowercase() || byte.is_ascii_digit()
}
