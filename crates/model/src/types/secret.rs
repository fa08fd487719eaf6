//! Keys of ConfigMaps and Secrets.

use std::fmt;
use std::str::FromStr;

use aqueduct_manifest::SmolStr;

use crate::types::name::check_length;
use crate::types::parsed::{Parsed, checked_text, parsed};
use crate::types::{Invalid, Subdomain};

/// A key of a ConfigMap or a Secret: at most 253 letters, digits, `-`, `_` and `.`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ConfigKey(SmolStr);

impl ConfigKey {
    fn check(text: &str) -> Result<(), Invalid> {
        check_length("key", text, 253)?;
        let inner = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.');
        if text.bytes().all(inner) && text != "." && !text.starts_with("..") {
            Ok(())
        } else {
            Err(Invalid::new(format!(
                "`{text}` is not a valid key: it may only contain letters, digits, `-`, `_` and `.`, and must not start with `..`"
            )))
        }
    }
}

checked_text!(ConfigKey, "a key", {
    "type": "string",
    "description": "A key of a ConfigMap or a Secret: letters, digits, `-`, `_` and `.`.",
    "pattern": "^[-._a-zA-Z0-9]+$",
    "maxLength": 253
});

/// A key of a Secret in the component's namespace: `secret/key`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SecretKeyReference {
    /// The name of the Secret.
    pub secret: Subdomain,
    /// The key in it.
    pub key: ConfigKey,
}

impl FromStr for SecretKeyReference {
    type Err = Invalid;

    fn from_str(text: &str) -> Result<Self, Invalid> {
        let (secret, key) = text.split_once('/').ok_or_else(|| {
            Invalid::new(format!("`{text}` is not a key of a Secret: expected `secret/key`"))
        })?;
        Ok(Self { secret: secret.parse()?, key: key.parse()? })
    }
}

impl fmt::Display for SecretKeyReference {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{}/{}", self.secret, self.key)
    }
}

impl Parsed for SecretKeyReference {
    const EXPECTED: &'static str = "a key of a Secret such as `\"database/password\"`";

    fn from_text(text: &str) -> Option<Result<Self, Invalid>> {
        Some(text.parse())
    }
}

parsed!(SecretKeyReference, {
    "type": "string",
    "description": "A key of a Secret: `secret/key`.",
    "examples": ["a/b"],
    "pattern": "^[a-z0-9][-a-z0-9.]*/[-._a-zA-Z0-9]+$"
});

#[cfg(test)]
mod tests {
    use super::*;
    use crate::types::parsed::tests::table;

    #[test]
    fn keys() {
        insta::assert_snapshot!(table::<ConfigKey>(&["app.toml", "A_b", "a/b", "", ".", "..a", "a b"]), @r"
        app.toml: ok
        A_b: ok
        a/b: ERROR `a/b` is not a valid key: it may only contain letters, digits, `-`, `_` and `.`, and must not start with `..`
        : ERROR the key must not be empty
        .: ERROR `.` is not a valid key: it may only contain letters, digits, `-`, `_` and `.`, and must not start with `..`
        ..a: ERROR `..a` is not a valid key: it may only contain letters, digits, `-`, `_` and `.`, and must not start with `..`
        a b: ERROR `a b` is not a valid key: it may only contain letters, digits, `-`, `_` and `.`, and must not start with `..`
        ");
        insta::assert_snapshot!(table::<SecretKeyReference>(&["db/password", "db.x/a_B", "db", "/a", "db/", "Db/a", "a/b/c"]), @r"
        db/password: ok
        db.x/a_B: ok
        db: ERROR `db` is not a key of a Secret: expected `secret/key`
        /a: ERROR the name must not be empty
        db/: ERROR the key must not be empty
        Db/a: ERROR `Db` is not a valid name: it may only contain lower-case letters, digits, `-` and `.`, and every part between dots must start and end with a letter or a digit
        a/b/c: ERROR `b/c` is not a valid key: it may only contain letters, digits, `-`, `_` and `.`, and must not start with `..`
        ");
    }
}
