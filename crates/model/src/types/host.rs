//! Host names, as in an Ingress or a certificate.

use aqueduct_manifest::{SmolStr, is_dns_label};

use crate::types::Invalid;
use crate::types::name::check_length;
use crate::types::parsed::checked_text;

/// A host name: DNS labels of at most 63 bytes, separated by dots, at most 253 bytes in total; not an IP address.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Hostname(SmolStr);

impl Hostname {
    fn check(text: &str) -> Result<(), Invalid> {
        check_host(text, text)
    }
}

checked_text!(Hostname, "a host name", {
    "type": "string",
    "description": "A host name such as `shop.example.org`.",
    "pattern": "^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?)*$",
    "maxLength": 253
});

/// A host name, or a wildcard for one label: `*.example.org`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct HostPattern(SmolStr);

impl HostPattern {
    fn check(text: &str) -> Result<(), Invalid> {
        check_host(text, text.strip_prefix("*.").unwrap_or(text))
    }
}

checked_text!(HostPattern, "a host name", {
    "type": "string",
    "description": "A host name such as `shop.example.org`, or a wildcard for one label such as `*.example.org`.",
    "pattern": "^(\\*\\.)?[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?)*$",
    "maxLength": 253
});

impl From<Hostname> for HostPattern {
    fn from(host: Hostname) -> Self {
        Self(host.0)
    }
}

fn check_host(text: &str, labels: &str) -> Result<(), Invalid> {
    check_length("host name", text, 253)?;
    if text.parse::<std::net::IpAddr>().is_ok() {
        return Err(Invalid::new(format!("`{text}` is an address: expected a host name")));
    }
    if text.contains("://") {
        return Err(Invalid::new(format!("`{text}` is a URL: expected only its host name")));
    }
    for label in labels.split('.') {
        if label.len() > 63 {
            return Err(Invalid::new(format!(
                "`{label}` is too long for a part of a host name: {} bytes, the limit is 63",
                label.len()
            )));
        }
        if !is_dns_label(label) {
            return Err(Invalid::new(format!(
                "`{text}` is not a valid host name: every part between dots may only contain lower-case letters, digits and `-`, and must start and end with a letter or a digit"
            )));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::types::parsed::tests::table;

    #[test]
    fn hosts() {
        let long_label = format!("{}.org", "a".repeat(64));
        insta::assert_snapshot!(table::<Hostname>(&["example.org", "localhost", "*.example.org", "10.0.0.1", "::1", "https://a.b", "a..b", "Shop.org", "a.b.", "", &long_label]), @r"
        example.org: ok
        localhost: ok
        *.example.org: ERROR `*.example.org` is not a valid host name: every part between dots may only contain lower-case letters, digits and `-`, and must start and end with a letter or a digit
        10.0.0.1: ERROR `10.0.0.1` is an address: expected a host name
        ::1: ERROR `::1` is an address: expected a host name
        https://a.b: ERROR `https://a.b` is a URL: expected only its host name
        a..b: ERROR `a..b` is not a valid host name: every part between dots may only contain lower-case letters, digits and `-`, and must start and end with a letter or a digit
        Shop.org: ERROR `Shop.org` is not a valid host name: every part between dots may only contain lower-case letters, digits and `-`, and must start and end with a letter or a digit
        a.b.: ERROR `a.b.` is not a valid host name: every part between dots may only contain lower-case letters, digits and `-`, and must start and end with a letter or a digit
        : ERROR the host name must not be empty
        aaaaaaaaaaaaaaaaaaaa… (68 bytes): ERROR `aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa` is too long for a part of a host name: 64 bytes, the limit is 63
        ");
        insta::assert_snapshot!(table::<HostPattern>(&["example.org", "*.example.org", "*", "a.*.org", "**.org"]), @r"
        example.org: ok
        *.example.org: ok
        *: ERROR `*` is not a valid host name: every part between dots may only contain lower-case letters, digits and `-`, and must start and end with a letter or a digit
        a.*.org: ERROR `a.*.org` is not a valid host name: every part between dots may only contain lower-case letters, digits and `-`, and must start and end with a letter or a digit
        **.org: ERROR `**.org` is not a valid host name: every part between dots may only contain lower-case letters, digits and `-`, and must start and end with a letter or a digit
        ");
    }
}
