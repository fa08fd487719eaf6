//! Durations.

use std::fmt;
use std::str::FromStr;

use aqueduct_manifest::SmolStr;

use crate::types::Invalid;
use crate::types::parsed::{Parsed, parsed};

/// A duration in whole seconds, such as `30s`, `6h`, `1h30m` or `7d`, printed as written.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Duration {
    seconds: u64,
    text: SmolStr,
}

/// The units, from the largest to the smallest.
const UNITS: &[(char, u64)] = &[('w', 604_800), ('d', 86_400), ('h', 3_600), ('m', 60), ('s', 1)];

impl Duration {
    /// Returns the seconds.
    pub fn seconds(&self) -> u64 {
        self.seconds
    }

    /// Returns the duration in Go's notation: in hours, minutes and seconds, without days and weeks.
    pub fn to_go(&self) -> String {
        let parts = [(self.seconds / 3600, 'h'), (self.seconds / 60 % 60, 'm'), (self.seconds % 60, 's')];
        let text: String = parts
            .iter()
            .filter(|(count, _)| *count > 0)
            .map(|(count, unit)| format!("{count}{unit}"))
            .collect();
        if text.is_empty() { "0s".into() } else { text }
    }
}

impl FromStr for Duration {
    type Err = Invalid;

    fn from_str(text: &str) -> Result<Self, Invalid> {
        let invalid = || {
            Invalid::new(format!(
                "`{text}` is not a duration: expected whole numbers with units from the largest to the smallest, such as `30s`, `1h30m` or `7d`"
            ))
        };
        let mut seconds = 0_u64;
        let mut units = UNITS.iter();
        let mut rest = text;
        while !rest.is_empty() {
            let digits = rest.find(|letter: char| !letter.is_ascii_digit()).ok_or_else(invalid)?;
            let (number, tail) = rest.split_at(digits);
            let mut letters = tail.chars();
            let unit = letters.next().ok_or_else(invalid)?;
            let (_, scale) = units.find(|(letter, _)| *letter == unit).ok_or_else(invalid)?;
            let part = number.parse::<u64>().ok().and_then(|number| number.checked_mul(*scale));
            seconds = part.and_then(|part| seconds.checked_add(part)).ok_or_else(invalid)?;
            rest = letters.as_str();
        }
        if text.is_empty() { Err(invalid()) } else { Ok(Self { seconds, text: text.into() }) }
    }
}

impl fmt::Display for Duration {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.pad(&self.text)
    }
}

impl Parsed for Duration {
    const EXPECTED: &'static str = "a duration such as `\"30s\"` or `\"7d\"`";

    fn from_text(text: &str) -> Option<Result<Self, Invalid>> {
        Some(text.parse())
    }
}

parsed!(Duration, {
    "type": "string",
    "description": "A duration: whole numbers with the units `w`, `d`, `h`, `m` and `s`, such as `30s`, `1h30m` or `7d`.",
    "examples": ["1s"],
    "pattern": "^(?=.)([0-9]+w)?([0-9]+d)?([0-9]+h)?([0-9]+m)?([0-9]+s)?$"
});

#[cfg(test)]
mod tests {
    use super::*;
    use crate::types::parsed::tests::table;

    #[test]
    fn durations() {
        insta::assert_snapshot!(table::<Duration>(&["30s", "6h", "7d", "1h30m", "2w1d", "0s", "", "30", "s", "1m1h", "1s1s", "1.5h", "-1s", "500ms", "99999999999999999999s", "9999999999999999999w"]), @r"
        30s: ok
        6h: ok
        7d: ok
        1h30m: ok
        2w1d: ok
        0s: ok
        : ERROR `` is not a duration: expected whole numbers with units from the largest to the smallest, such as `30s`, `1h30m` or `7d`
        30: ERROR `30` is not a duration: expected whole numbers with units from the largest to the smallest, such as `30s`, `1h30m` or `7d`
        s: ERROR `s` is not a duration: expected whole numbers with units from the largest to the smallest, such as `30s`, `1h30m` or `7d`
        1m1h: ERROR `1m1h` is not a duration: expected whole numbers with units from the largest to the smallest, such as `30s`, `1h30m` or `7d`
        1s1s: ERROR `1s1s` is not a duration: expected whole numbers with units from the largest to the smallest, such as `30s`, `1h30m` or `7d`
        1.5h: ERROR `1.5h` is not a duration: expected whole numbers with units from the largest to the smallest, such as `30s`, `1h30m` or `7d`
        -1s: ERROR `-1s` is not a duration: expected whole numbers with units from the largest to the smallest, such as `30s`, `1h30m` or `7d`
        500ms: ERROR `500ms` is not a duration: expected whole numbers with units from the largest to the smallest, such as `30s`, `1h30m` or `7d`
        99999999999999999999s: ERROR `99999999999999999999s` is not a duration: expected whole numbers with units from the largest to the smallest, such as `30s`, `1h30m` or `7d`
        9999999999999999999w: ERROR `9999999999999999999w` is not a duration: expected whole numbers with units from the largest to the smallest, such as `30s`, `1h30m` or `7d`
        ");
        let parse = |text: &str| text.parse::<Duration>().expect("a valid span");
        assert_eq!(parse("1h30m").seconds(), 5400);
        assert_eq!(parse("7d").to_go(), "168h");
        assert_eq!(parse("0s").to_go(), "0s");
        assert_eq!(parse("3661s").to_go(), "1h1m1s");
    }
}
