//! Percentages.

use std::fmt;
use std::str::FromStr;

use crate::types::Invalid;
use crate::types::parsed::{Parsed, parsed};

/// A percentage between 0 and 100: `"70%"` or `70`; printed as `70%`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Percentage(u8);

impl Percentage {
    /// Returns the number before the `%`.
    pub fn get(self) -> u8 {
        self.0
    }
}

impl FromStr for Percentage {
    type Err = Invalid;

    fn from_str(text: &str) -> Result<Self, Invalid> {
        match text.strip_suffix('%').unwrap_or(text).parse::<u8>() {
            Ok(number @ 0..=100) if !text.starts_with('+') => Ok(Self(number)),
            _ => Err(Invalid::new(format!(
                "`{text}` is not a percentage: expected a whole number between 0 and 100, such as `70%`"
            ))),
        }
    }
}

impl fmt::Display for Percentage {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.pad(&format!("{}%", self.0))
    }
}

impl Parsed for Percentage {
    const EXPECTED: &'static str = "a percentage such as `\"70%\"`";

    fn from_text(text: &str) -> Option<Result<Self, Invalid>> {
        Some(text.parse())
    }

    fn from_integer(value: i64) -> Option<Result<Self, Invalid>> {
        Some(value.to_string().parse())
    }
}

parsed!(Percentage, {
    "type": ["string", "integer"],
    "description": "A percentage: `\"70%\"` or `70`.",
    "examples": ["1%"],
    "pattern": "^(100|[0-9]{1,2})%?$",
    "minimum": 0,
    "maximum": 100
});

#[cfg(test)]
mod tests {
    use super::*;
    use crate::types::parsed::tests::table;

    #[test]
    fn percentages() {
        insta::assert_snapshot!(table::<Percentage>(&["70%", "70", "0", "100%", "101%", "-1", "+5", "7.5%", "%", "", "70 %"]), @r"
        70%: ok
        70: 70%
        0: 0%
        100%: ok
        101%: ERROR `101%` is not a percentage: expected a whole number between 0 and 100, such as `70%`
        -1: ERROR `-1` is not a percentage: expected a whole number between 0 and 100, such as `70%`
        +5: ERROR `+5` is not a percentage: expected a whole number between 0 and 100, such as `70%`
        7.5%: ERROR `7.5%` is not a percentage: expected a whole number between 0 and 100, such as `70%`
        %: ERROR `%` is not a percentage: expected a whole number between 0 and 100, such as `70%`
        : ERROR `` is not a percentage: expected a whole number between 0 and 100, such as `70%`
        70 %: ERROR `70 %` is not a percentage: expected a whole number between 0 and 100, such as `70%`
        ");
    }
}
