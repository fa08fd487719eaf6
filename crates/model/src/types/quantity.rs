//! Amounts of CPU and memory, as Kubernetes quantities.

use std::cmp::Ordering;
use std::fmt;
use std::hash::{Hash, Hasher};
use std::str::FromStr;

use aqueduct_manifest::{Quantity, SmolStr, format_smolstr};

use crate::types::Invalid;
use crate::types::parsed::{Parsed, parsed};

/// An amount of CPU in millicores; printed as `500m`, or as `2` for whole cores.
///
/// Written as `"500m"`, `"0.5"`, `0.5` or `2`. Kubernetes does not support anything finer than a millicore.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Cpu {
    millicores: u64,
}

impl Cpu {
    /// Returns the amount in millicores.
    pub fn millicores(self) -> u64 {
        self.millicores
    }

    /// Returns the amount in cores.
    pub fn cores(self) -> f64 {
        self.millicores as f64 / 1000.0
    }
}

impl FromStr for Cpu {
    type Err = Invalid;

    fn from_str(text: &str) -> Result<Self, Invalid> {
        let invalid = || {
            Invalid::new(format!(
                "`{text}` is not an amount of CPU: expected cores such as `2` or `0.5`, or millicores such as `500m`"
            ))
        };
        let amount = amount(text, &["m", ""]).ok_or_else(invalid)?;
        let millicores = amount.thousandths();
        if Quantity::millis(millicores) != amount {
            return Err(Invalid::new(format!(
                "`{text}` is out of range for an amount of CPU: it must be a multiple of `1m`"
            )));
        }
        Ok(Self { millicores })
    }
}

impl fmt::Display for Cpu {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Thousands of cores stay plain numbers: `2000`, not `2k`.
        if self.millicores.is_multiple_of(1000) {
            out.pad(&(self.millicores / 1000).to_string())
        } else {
            out.pad(&format!("{}m", self.millicores))
        }
    }
}

impl Parsed for Cpu {
    const EXPECTED: &'static str = "an amount of CPU such as `\"500m\"` or `2`";

    fn from_text(text: &str) -> Option<Result<Self, Invalid>> {
        Some(text.parse())
    }

    fn from_integer(value: i64) -> Option<Result<Self, Invalid>> {
        Some(value.to_string().parse())
    }

    fn from_float(value: f64) -> Option<Result<Self, Invalid>> {
        Some(value.to_string().parse())
    }
}

parsed!(Cpu, {
    "type": ["string", "number"],
    "description": "An amount of CPU: cores such as `2` or `0.5`, or millicores such as `500m`.",
    "examples": ["1"],
    "pattern": "^([0-9]+m|[0-9]+(\\.[0-9]{1,3})?)$",
    "minimum": 0
});

/// An amount of memory or storage in bytes; printed as written, compared by its bytes.
///
/// Written as a number with one of the suffixes `Ki Mi Gi Ti Pi Ei` (powers of 1024) or
/// `k M G T P E` (powers of 1000), or without one.
#[derive(Clone, Debug)]
pub struct Memory {
    bytes: u64,
    text: SmolStr,
}

/// The suffixes of memory.
const SUFFIXES: &[&str] = &["", "Ki", "Mi", "Gi", "Ti", "Pi", "Ei", "k", "M", "G", "T", "P", "E"];

impl Memory {
    /// Returns an amount of bytes, written with the largest exact suffix of powers of 1024.
    pub fn from_bytes(bytes: u64) -> Self {
        Self { bytes, text: format_smolstr!("{}", Quantity::bytes(bytes)) }
    }

    /// Returns the amount in bytes.
    pub fn bytes(&self) -> u64 {
        self.bytes
    }
}

impl FromStr for Memory {
    type Err = Invalid;

    fn from_str(text: &str) -> Result<Self, Invalid> {
        let amount = amount(text, SUFFIXES).ok_or_else(|| {
            Invalid::new(format!(
                "`{text}` is not an amount of memory: expected a number with a suffix, such as `512Mi` or `2Gi`"
            ))
        })?;
        let bytes = amount.whole();
        // Kubernetes caps quantities there.
        let is_largest = bytes >= i64::MAX.cast_unsigned();
        if is_largest || Quantity::bytes(bytes) != amount {
            return Err(Invalid::new(format!("`{text}` is not a whole number of bytes below 8Ei")));
        }
        Ok(Self { bytes, text: text.into() })
    }
}

impl fmt::Display for Memory {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.pad(&self.text)
    }
}

impl PartialEq for Memory {
    fn eq(&self, other: &Self) -> bool {
        self.bytes == other.bytes
    }
}

impl Eq for Memory {}

impl PartialOrd for Memory {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Memory {
    fn cmp(&self, other: &Self) -> Ordering {
        self.bytes.cmp(&other.bytes)
    }
}

impl Hash for Memory {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.bytes.hash(state);
    }
}

impl Parsed for Memory {
    const EXPECTED: &'static str = "an amount of memory such as `\"512Mi\"`";

    fn from_text(text: &str) -> Option<Result<Self, Invalid>> {
        Some(text.parse())
    }
}

parsed!(Memory, {
    "type": "string",
    "description": "An amount of memory or storage, such as `512Mi` or `20Gi`.",
    "examples": ["1"],
    "pattern": "^[0-9]+(\\.[0-9]+)?(Ki|Mi|Gi|Ti|Pi|Ei|k|M|G|T|P|E)?$"
});

/// Parses digits with an optional fraction and one of some suffixes; `None` if the text has a different form.
fn amount(text: &str, suffixes: &[&str]) -> Option<Quantity> {
    let end = text.find(|letter: char| !matches!(letter, '0'..='9' | '.')).unwrap_or(text.len());
    let (number, suffix) = text.split_at(end);
    let (whole, fraction) = number.split_once('.').unwrap_or((number, "0"));
    let is_number = !whole.is_empty() && !fraction.is_empty() && !fraction.contains('.');
    text.parse().ok().filter(|_| is_number && suffixes.contains(&suffix))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::types::parsed::tests::table;

    #[test]
    fn cpu() {
        insta::assert_snapshot!(table::<Cpu>(&["2", "500m", "0.5", "1.500", "1000m", "0", "0.0005", "0.5m", "5x", "", "m", "-1", "1e3", ".5", "1.", "99999999999999999999"]), @r"
        2: ok
        500m: ok
        0.5: 500m
        1.500: 1500m
        1000m: 1
        0: ok
        0.0005: ERROR `0.0005` is out of range for an amount of CPU: it must be a multiple of `1m`
        0.5m: ERROR `0.5m` is out of range for an amount of CPU: it must be a multiple of `1m`
        5x: ERROR `5x` is not an amount of CPU: expected cores such as `2` or `0.5`, or millicores such as `500m`
        : ERROR `` is not an amount of CPU: expected cores such as `2` or `0.5`, or millicores such as `500m`
        m: ERROR `m` is not an amount of CPU: expected cores such as `2` or `0.5`, or millicores such as `500m`
        -1: ERROR `-1` is not an amount of CPU: expected cores such as `2` or `0.5`, or millicores such as `500m`
        1e3: ERROR `1e3` is not an amount of CPU: expected cores such as `2` or `0.5`, or millicores such as `500m`
        .5: ERROR `.5` is not an amount of CPU: expected cores such as `2` or `0.5`, or millicores such as `500m`
        1.: ERROR `1.` is not an amount of CPU: expected cores such as `2` or `0.5`, or millicores such as `500m`
        99999999999999999999: ERROR `99999999999999999999` is out of range for an amount of CPU: it must be a multiple of `1m`
        ");
    }

    #[test]
    fn memory() {
        insta::assert_snapshot!(table::<Memory>(&["512Mi", "2Gi", "1.5Gi", "1G", "1024", "0", "512m", "512MB", "512 Mi", "", "0.3", "16Ei", "-1Gi", "1e3"]), @r"
        512Mi: ok
        2Gi: ok
        1.5Gi: ok
        1G: ok
        1024: ok
        0: ok
        512m: ERROR `512m` is not an amount of memory: expected a number with a suffix, such as `512Mi` or `2Gi`
        512MB: ERROR `512MB` is not an amount of memory: expected a number with a suffix, such as `512Mi` or `2Gi`
        512 Mi: ERROR `512 Mi` is not an amount of memory: expected a number with a suffix, such as `512Mi` or `2Gi`
        : ERROR `` is not an amount of memory: expected a number with a suffix, such as `512Mi` or `2Gi`
        0.3: ERROR `0.3` is not a whole number of bytes below 8Ei
        16Ei: ERROR `16Ei` is not a whole number of bytes below 8Ei
        -1Gi: ERROR `-1Gi` is not an amount of memory: expected a number with a suffix, such as `512Mi` or `2Gi`
        1e3: ERROR `1e3` is not an amount of memory: expected a number with a suffix, such as `512Mi` or `2Gi`
        ");
    }

    #[test]
    fn memory_compares_by_bytes() {
        let parse = |text: &str| text.parse::<Memory>().expect("a valid amount");
        assert_eq!(parse("1024Mi"), parse("1Gi"));
        assert!(parse("1G") < parse("1Gi"));
        assert_eq!(Memory::from_bytes(3 << 29).to_string(), "1536Mi");
        assert_eq!(Memory::from_bytes(0).to_string(), "0");
    }
}
