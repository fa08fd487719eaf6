//! Names of environment variables of a container.

use aqueduct_manifest::SmolStr;

use crate::types::Invalid;
use crate::types::name::check_length;
use crate::types::parsed::checked_text;

/// The name of an environment variable: letters, digits, `_`, `-` and `.`, not starting with a digit.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct EnvironmentVariable(SmolStr);

impl EnvironmentVariable {
    fn check(text: &str) -> Result<(), Invalid> {
        check_length("environment variable name", text, 1024)?;
        let inner = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'.');
        if text.bytes().all(inner)
            && !text.starts_with(|letter: char| letter.is_ascii_digit())
            && text != "."
            && !text.starts_with("..")
        {
            Ok(())
        } else {
            Err(Invalid::new(format!(
                "`{text}` is not a valid environment variable name: it may only contain letters, digits, `_`, `-` and `.`, and must not start with a digit or `..`"
            )))
        }
    }
}

checked_text!(EnvironmentVariable, "the name of an environment variable", {
    "type": "string",
    "description": "The name of an environment variable: letters, digits, `_`, `-` and `.`, not starting with a digit.",
    "pattern": "^[-._a-zA-Z][-._a-zA-Z0-9]*$"
});

#[cfg(test)]
mod tests {
    use super::*;
    use crate::types::parsed::tests::table;

    #[test]
    fn variables() {
        insta::assert_snapshot!(table::<EnvironmentVariable>(&["PATH", "_a", "a.b-c", "1A", "A B", "A=B", "", ".", "..a"]), @r"
        PATH: ok
        _a: ok
        a.b-c: ok
        1A: ERROR `1A` is not a valid environment variable name: it may only contain letters, digits, `_`, `-` and `.`, and must not start with a digit or `..`
        A B: ERROR `A B` is not a valid environment variable name: it may only contain letters, digits, `_`, `-` and `.`, and must not start with a digit or `..`
        A=B: ERROR `A=B` is not a valid environment variable name: it may only contain letters, digits, `_`, `-` and `.`, and must not start with a digit or `..`
        : ERROR the environment variable name must not be empty
        .: ERROR `.` is not a valid environment variable name: it may only contain letters, digits, `_`, `-` and `.`, and must not start with a digit or `..`
        ..a: ERROR `..a` is not a valid environment variable name: it may only contain letters, digits, `_`, `-` and `.`, and must not start with a digit or `..`
        ");
    }
}
