//! Names of Kubernetes objects: the DNS-1123 label and the DNS-1123 subdomain.

use aqueduct_manifest::{SmolStr, is_dns_label, is_dns_subdomain};

use crate::types::Invalid;
use crate::types::parsed::checked_text;

/// A DNS-1123 label: at most 63 lower-case letters, digits and `-`, with a letter or a digit at both ends.
///
/// See <https://kubernetes.io/docs/concepts/overview/working-with-objects/names/#dns-label-names>.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Name(SmolStr);

impl Name {
    fn check(text: &str) -> Result<(), Invalid> {
        check_length("name", text, 63)?;
        if is_dns_label(text) {
            Ok(())
        } else {
            Err(Invalid::new(format!(
                "`{text}` is not a valid name: it may only contain lower-case letters, digits and `-`, and must start and end with a letter or a digit"
            )))
        }
    }
}

checked_text!(Name, "a name", {
    "type": "string",
    "description": "A name: at most 63 lower-case letters, digits and `-`, with a letter or a digit at both ends.",
    "pattern": "^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$"
});

/// A DNS-1123 subdomain: at most 253 lower-case letters, digits, `-` and `.`, each part between dots with
/// a letter or a digit at both ends.
///
/// See <https://kubernetes.io/docs/concepts/overview/working-with-objects/names/#dns-subdomain-names>.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Subdomain(SmolStr);

impl Subdomain {
    fn check(text: &str) -> Result<(), Invalid> {
        check_length("name", text, 253)?;
        if is_dns_subdomain(text) {
            Ok(())
        } else {
            Err(Invalid::new(format!(
                "`{text}` is not a valid name: it may only contain lower-case letters, digits, `-` and `.`, and every part between dots must start and end with a letter or a digit"
            )))
        }
    }
}

checked_text!(Subdomain, "a name", {
    "type": "string",
    "description": "A name: at most 253 lower-case letters, digits, `-` and `.`, each part between dots with a letter or a digit at both ends.",
    "pattern": "^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$",
    "maxLength": 253
});

/// A suffix of names: at most 30 lower-case letters, digits and `-`, ending with a letter or a digit.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct NameSuffix(SmolStr);

impl NameSuffix {
    fn check(text: &str) -> Result<(), Invalid> {
        check_length("suffix", text, 30)?;
        if is_dns_label(&format!("a{text}")) {
            Ok(())
        } else {
            Err(Invalid::new(format!(
                "`{text}` is not a valid name suffix: it may only contain lower-case letters, digits and `-`, and must end with a letter or a digit"
            )))
        }
    }
}

checked_text!(NameSuffix, "a suffix such as `\"-dev\"`", {
    "type": "string",
    "description": "A suffix of names: at most 30 lower-case letters, digits and `-`, ending with a letter or a digit.",
    "pattern": "^[-a-z0-9]{0,29}[a-z0-9]$"
});

impl From<Name> for Subdomain {
    fn from(name: Name) -> Self {
        Self(name.0)
    }
}

/// Rejects an empty text, and one that is longer than a limit in bytes.
pub(crate) fn check_length(what: &str, text: &str, limit: usize) -> Result<(), Invalid> {
    if text.is_empty() {
        Err(Invalid::new(format!("the {what} must not be empty")))
    } else if text.len() > limit {
        Err(Invalid::new(format!(
            "the {what} `{text}` is too long: {} bytes, the limit is {limit}",
            text.len()
        )))
    } else {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::types::parsed::tests::table;

    #[test]
    fn names() {
        let limit = "a".repeat(63);
        let beyond = "a".repeat(64);
        insta::assert_snapshot!(table::<Name>(&["web", "0", "a-b", "", "-a", "a-", "Web", "a_b", "a.b", "ä", &limit, &beyond]), @r"
        web: ok
        0: ok
        a-b: ok
        : ERROR the name must not be empty
        -a: ERROR `-a` is not a valid name: it may only contain lower-case letters, digits and `-`, and must start and end with a letter or a digit
        a-: ERROR `a-` is not a valid name: it may only contain lower-case letters, digits and `-`, and must start and end with a letter or a digit
        Web: ERROR `Web` is not a valid name: it may only contain lower-case letters, digits and `-`, and must start and end with a letter or a digit
        a_b: ERROR `a_b` is not a valid name: it may only contain lower-case letters, digits and `-`, and must start and end with a letter or a digit
        a.b: ERROR `a.b` is not a valid name: it may only contain lower-case letters, digits and `-`, and must start and end with a letter or a digit
        ä: ERROR `ä` is not a valid name: it may only contain lower-case letters, digits and `-`, and must start and end with a letter or a digit
        aaaaaaaaaaaaaaaaaaaa… (63 bytes): ok
        aaaaaaaaaaaaaaaaaaaa… (64 bytes): ERROR the name `aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa` is too long: 64 bytes, the limit is 63
        ");
    }

    #[test]
    fn suffixes() {
        insta::assert_snapshot!(table::<NameSuffix>(&["-dev", "2", "", "-", "_a", "-Dev"]), @r"
        -dev: ok
        2: ok
        : ERROR the suffix must not be empty
        -: ERROR `-` is not a valid name suffix: it may only contain lower-case letters, digits and `-`, and must end with a letter or a digit
        _a: ERROR `_a` is not a valid name suffix: it may only contain lower-case letters, digits and `-`, and must end with a letter or a digit
        -Dev: ERROR `-Dev` is not a valid name suffix: it may only contain lower-case letters, digits and `-`, and must end with a letter or a digit
        ");
    }

    #[test]
    fn subdomains() {
        let limit = vec!["a"; 127].join(".");
        let beyond = format!("{limit}.b");
        insta::assert_snapshot!(table::<Subdomain>(&["web", "a.b-c.d", "a..b", ".a", "a.", "a.-b", "A.b", &limit, &beyond]), @r"
        web: ok
        a.b-c.d: ok
        a..b: ERROR `a..b` is not a valid name: it may only contain lower-case letters, digits, `-` and `.`, and every part between dots must start and end with a letter or a digit
        .a: ERROR `.a` is not a valid name: it may only contain lower-case letters, digits, `-` and `.`, and every part between dots must start and end with a letter or a digit
        a.: ERROR `a.` is not a valid name: it may only contain lower-case letters, digits, `-` and `.`, and every part between dots must start and end with a letter or a digit
        a.-b: ERROR `a.-b` is not a valid name: it may only contain lower-case letters, digits, `-` and `.`, and every part between dots must start and end with a letter or a digit
        A.b: ERROR `A.b` is not a valid name: it may only contain lower-case letters, digits, `-` and `.`, and every part between dots must start and end with a letter or a digit
        a.a.a.a.a.a.a.a.a.a.… (253 bytes): ok
        a.a.a.a.a.a.a.a.a.a.… (255 bytes): ERROR the name `a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.b` is too long: 255 bytes, the limit is 253
        ");
    }
}
