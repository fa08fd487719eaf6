//! Label keys and values; annotations have the same keys.

use aqueduct_manifest::{SmolStr, is_dns_subdomain, is_label_name};

use crate::types::Invalid;
use crate::types::name::check_length;
use crate::types::parsed::checked_text;

/// The key of a label or annotation: `name` or `prefix/name`.
///
/// See <https://kubernetes.io/docs/concepts/overview/working-with-objects/labels/#syntax-and-character-set>.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct LabelKey(SmolStr);

impl LabelKey {
    fn check(text: &str) -> Result<(), Invalid> {
        let name = match text.split_once('/') {
            Some((prefix, name)) => {
                check_length("label prefix", prefix, 253)?;
                if !is_dns_subdomain(prefix) {
                    return Err(Invalid::new(format!(
                        "`{prefix}` is not a valid label prefix: expected a lower-case DNS name"
                    )));
                }
                name
            }
            None => text,
        };
        check_length("label name", name, 63)?;
        check_letters("label name", name)
    }
}

checked_text!(LabelKey, "a label key", {
    "type": "string",
    "description": "The key of a label or annotation: `name` or `prefix/name`.",
    "pattern": "^([a-z0-9]([-a-z0-9.]{0,251}[a-z0-9])?/)?[A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?$"
});

/// The value of a label: empty, or at most 63 letters, digits, `-`, `_` and `.`, with a letter or a digit
/// at both ends.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct LabelValue(SmolStr);

impl LabelValue {
    fn check(text: &str) -> Result<(), Invalid> {
        if text.is_empty() {
            return Ok(());
        }
        check_length("label value", text, 63)?;
        check_letters("label value", text)
    }
}

checked_text!(LabelValue, "a label value, a string", {
    "type": "string",
    "description": "The value of a label: at most 63 letters, digits, `-`, `_` and `.`, with a letter or a digit at both ends.",
    "pattern": "^([A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?)?$"
});

fn check_letters(what: &str, text: &str) -> Result<(), Invalid> {
    if is_label_name(text) {
        Ok(())
    } else {
        Err(Invalid::new(format!(
            "`{text}` is not a valid {what}: it may only contain letters, digits, `-`, `_` and `.`, and must start and end with a letter or a digit"
        )))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::types::parsed::tests::table;

    #[test]
    fn labels() {
        let long = "a".repeat(64);
        insta::assert_snapshot!(table::<LabelKey>(&["app", "app.kubernetes.io/name", "A_b.c", "a/b/c", "/a", "a/", "Ex.org/a", "a b", "_a", &long]), @r"
        app: ok
        app.kubernetes.io/name: ok
        A_b.c: ok
        a/b/c: ERROR `b/c` is not a valid label name: it may only contain letters, digits, `-`, `_` and `.`, and must start and end with a letter or a digit
        /a: ERROR the label prefix must not be empty
        a/: ERROR the label name must not be empty
        Ex.org/a: ERROR `Ex.org` is not a valid label prefix: expected a lower-case DNS name
        a b: ERROR `a b` is not a valid label name: it may only contain letters, digits, `-`, `_` and `.`, and must start and end with a letter or a digit
        _a: ERROR `_a` is not a valid label name: it may only contain letters, digits, `-`, `_` and `.`, and must start and end with a letter or a digit
        aaaaaaaaaaaaaaaaaaaa… (64 bytes): ERROR the label name `aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa` is too long: 64 bytes, the limit is 63
        ");
        insta::assert_snapshot!(table::<LabelValue>(&["", "v1.2", "A_b", "-a", "a b", "ä", "a/b", &long]), @r"
        : ok
        v1.2: ok
        A_b: ok
        -a: ERROR `-a` is not a valid label value: it may only contain letters, digits, `-`, `_` and `.`, and must start and end with a letter or a digit
        a b: ERROR `a b` is not a valid label value: it may only contain letters, digits, `-`, `_` and `.`, and must start and end with a letter or a digit
        ä: ERROR `ä` is not a valid label value: it may only contain letters, digits, `-`, `_` and `.`, and must start and end with a letter or a digit
        a/b: ERROR `a/b` is not a valid label value: it may only contain letters, digits, `-`, `_` and `.`, and must start and end with a letter or a digit
        aaaaaaaaaaaaaaaaaaaa… (64 bytes): ERROR the label value `aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa` is too long: 64 bytes, the limit is 63
        ");
    }
}
