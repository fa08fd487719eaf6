//! Amounts of resources, such as `500m` of CPU and `2Gi` of memory, exact to the billionth.
//!
//! The rules are those of `k8s.io/apimachinery/pkg/api/resource`: a sign, decimals, and a suffix for a power of ten
//! or 1024, or an exponent. Anything finer than a billionth is rounded away from zero; amounts with a suffix of 1024
//! are capped at 2⁶³-1. Everything that adds or compares amounts uses this type, so that all places agree.

use std::cmp::Ordering;
use std::fmt;
use std::str::FromStr;

use crate::Value;

/// An amount, in billionths of its unit. Two amounts are equal if they mean the same, such as `1024Mi` and `1Gi`.
#[derive(Clone, Copy, Debug, Default)]
pub struct Quantity {
    nanos: i128,
    form: Form,
}

/// The family of suffixes for printing an amount.
#[derive(Clone, Copy, Debug, Default)]
enum Form {
    #[default]
    Decimal,
    Exponent,
    Binary,
}

/// Why a text is not an amount.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NoQuantity;

impl fmt::Display for NoQuantity {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("not an amount: expected a number with a suffix, such as `500m` or `2Gi`")
    }
}

impl std::error::Error for NoQuantity {}

const NANOS: i128 = 1_000_000_000;

/// The suffixes of powers of ten with their exponents, largest first.
const TENS: [(&str, i32); 10] =
    [("E", 18), ("P", 15), ("T", 12), ("G", 9), ("M", 6), ("k", 3), ("", 0), ("m", -3), ("u", -6), ("n", -9)];

/// The suffixes of powers of 1024, in order.
const BINARY: [&str; 6] = ["Ki", "Mi", "Gi", "Ti", "Pi", "Ei"];

impl Quantity {
    /// Returns an amount of whole units.
    pub fn units(units: u64) -> Self {
        Self { nanos: i128::from(units) * NANOS, form: Form::Decimal }
    }

    /// Returns an amount of thousandths of a unit.
    pub fn millis(millis: u64) -> Self {
        Self { nanos: i128::from(millis) * (NANOS / 1000), form: Form::Decimal }
    }

    /// Returns an amount of bytes, printed with suffixes of 1024.
    pub fn bytes(bytes: u64) -> Self {
        Self { form: Form::Binary, ..Self::units(bytes) }
    }

    /// Reads an amount from a manifest; `None` if it is not one.
    pub fn read(value: &Value) -> Option<Self> {
        match value {
            Value::Int(units) => Some(Self { nanos: i128::from(*units) * NANOS, form: Form::Decimal }),
            Value::Uint(units) => Some(Self::units(*units)),
            Value::Float(units) => units.to_string().parse().ok(),
            Value::String(text) => text.trim().parse().ok(),
            _ => None,
        }
    }

    /// Returns the amount in whole units, rounded up; 0 for negative amounts.
    pub fn whole(self) -> u64 {
        self.steps(NANOS)
    }

    /// Returns the amount in thousandths, rounded up; 0 for negative amounts.
    pub fn thousandths(self) -> u64 {
        self.steps(NANOS / 1000)
    }

    fn steps(self, step: i128) -> u64 {
        let up = self.nanos.div_euclid(step).saturating_add(i128::from(self.nanos.rem_euclid(step) != 0));
        u64::try_from(up.max(0)).unwrap_or(u64::MAX)
    }

    /// Returns the sum, capped at the largest amount.
    #[must_use]
    pub fn plus(self, other: Self) -> Self {
        let form = if self.nanos == 0 { other.form } else { self.form };
        Self { nanos: self.nanos.saturating_add(other.nanos), form }
    }

    /// Returns the difference, capped at the smallest amount.
    #[must_use]
    pub fn minus(self, other: Self) -> Self {
        self.plus(Self { nanos: other.nanos.saturating_neg(), ..other })
    }

    /// Returns the amount in billionths.
    pub fn billionths(self) -> i128 {
        self.nanos
    }

    /// Returns a multiple of the amount, capped at the largest amount.
    #[must_use]
    pub fn times(self, count: u64) -> Self {
        Self { nanos: self.nanos.saturating_mul(count.into()), ..self }
    }
}

impl PartialEq for Quantity {
    fn eq(&self, other: &Self) -> bool {
        self.nanos == other.nanos
    }
}

impl Eq for Quantity {}

impl PartialOrd for Quantity {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Quantity {
    fn cmp(&self, other: &Self) -> Ordering {
        self.nanos.cmp(&other.nanos)
    }
}

impl FromStr for Quantity {
    type Err = NoQuantity;

    fn from_str(text: &str) -> Result<Self, NoQuantity> {
        if text.is_empty() {
            return Err(NoQuantity);
        }
        let (is_negative, rest) = match text.as_bytes()[0] {
            b'-' => (true, &text[1..]),
            b'+' => (false, &text[1..]),
            _ => (false, text),
        };
        let (whole, rest) = digits(rest);
        let (fraction, suffix) = rest.strip_prefix('.').map_or(("", rest), digits);
        // Kubernetes treats a missing number as zero: `m` is an amount.
        let (nanos, form) = if let Some((_, exponent)) = TENS.iter().find(|(tens, _)| *tens == suffix) {
            (decimal(whole, fraction, *exponent), Form::Decimal)
        } else if let Some(place) = BINARY.iter().position(|binary| *binary == suffix) {
            (binary(whole, fraction, 1_i128 << (10 * (place + 1))), Form::Binary)
        } else {
            let exponent = suffix.strip_prefix(['e', 'E']).ok_or(NoQuantity)?;
            (decimal(whole, fraction, exponent.parse().map_err(|_| NoQuantity)?), Form::Exponent)
        };
        Ok(Self { nanos: if is_negative { -nanos } else { nanos }, form })
    }
}

/// Splits a text after its leading digits.
fn digits(text: &str) -> (&str, &str) {
    text.split_at(text.find(|letter: char| !letter.is_ascii_digit()).unwrap_or(text.len()))
}

/// Returns the billionths of `whole.fraction` times a power of ten.
fn decimal(whole: &str, fraction: &str, exponent: i32) -> i128 {
    let all = format!("{whole}{fraction}");
    let digits = all.trim_end_matches('0');
    let shift = i128::from(exponent) + 9 - fraction.len() as i128 + (all.len() - digits.len()) as i128;
    let digits = digits.trim_start_matches('0');
    let length = digits.len() as i128 + shift;
    if digits.is_empty() {
        0
    } else if length <= 0 {
        1
    } else if length > 39 {
        i128::MAX
    } else if shift >= 0 {
        let scale = 10_i128.checked_pow(shift as u32);
        let number = digits.parse::<i128>().ok();
        number.and_then(|number| number.checked_mul(scale?)).unwrap_or(i128::MAX)
    } else {
        // The cut-off digits are not all zero, since trailing zeros were removed.
        let kept = digits.get(..length as usize).unwrap_or(digits);
        kept.parse::<i128>().map_or(i128::MAX, |number| number.saturating_add(1))
    }
}

/// Returns the billionths of `whole.fraction` times a power of 1024, at most those of 2⁶³-1.
fn binary(whole: &str, fraction: &str, scale: i128) -> i128 {
    let step = scale * NANOS;
    let limit = i128::from(i64::MAX) * NANOS;
    let whole = match whole.trim_start_matches('0') {
        "" => 0,
        whole => whole.parse::<i128>().unwrap_or(i128::MAX).saturating_mul(step),
    };
    // From the last digit to the first: each is worth a tenth of its left neighbour.
    let (mut part, mut rest) = (0_i128, false);
    for digit in fraction.bytes().rev() {
        let sum = i128::from(digit - b'0') * step + part;
        rest |= sum % 10 != 0;
        part = sum / 10;
    }
    whole.saturating_add(part + i128::from(rest)).min(limit)
}

/// The canonical form, in which the API server returns amounts: no fraction, and the largest exact suffix.
impl fmt::Display for Quantity {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let units = self.nanos / NANOS;
        let is_binary = matches!(self.form, Form::Binary) && self.nanos % NANOS == 0 && units.abs() >= 1024;
        if is_binary {
            let mut number = units;
            let mut suffix = "";
            for next in BINARY {
                if number % 1024 != 0 {
                    break;
                }
                (number, suffix) = (number / 1024, next);
            }
            return out.pad(&format!("{number}{suffix}"));
        }
        if self.nanos == 0 {
            return out.pad("0");
        }
        let mut number = self.nanos;
        let mut exponent = -9;
        let most = if matches!(self.form, Form::Exponent) { 39 } else { 18 };
        while number % 1000 == 0 && exponent < most {
            (number, exponent) = (number / 1000, exponent + 3);
        }
        let suffix = match self.form {
            Form::Exponent if exponent == 0 => String::new(),
            Form::Exponent => format!("e{exponent}"),
            Form::Decimal | Form::Binary => {
                let suffix = TENS.iter().find(|(_, other)| *other == exponent);
                suffix.map_or("", |(suffix, _)| suffix).to_owned()
            }
        };
        out.pad(&format!("{number}{suffix}"))
    }
}

#[cfg(test)]
mod tests {
    use super::Quantity;
    use crate::Value;

    /// Each text, its canonical form, and whether it is exactly some billionths; checked by hand and against
    /// `resource.ParseQuantity`.
    const FACTS: &[(&str, &str, i128)] = &[
        ("0", "0", 0),
        ("118m", "118m", 118_000_000),
        ("0.118", "118m", 118_000_000),
        ("500m", "500m", 500_000_000),
        ("0.5", "500m", 500_000_000),
        (".5", "500m", 500_000_000),
        ("1.", "1", 1_000_000_000),
        ("+2", "2", 2_000_000_000),
        ("-2", "-2", -2_000_000_000),
        ("1000m", "1", 1_000_000_000),
        ("1500m", "1500m", 1_500_000_000),
        ("1n", "1n", 1),
        ("0.1n", "1n", 1),
        ("-0.1n", "-1n", -1),
        ("1.0000000001", "1000000001n", 1_000_000_001),
        ("2u", "2u", 2_000),
        ("1k", "1k", 1_000_000_000_000),
        ("1e3", "1e3", 1_000_000_000_000),
        ("1E3", "1e3", 1_000_000_000_000),
        ("1e-3", "1e-3", 1_000_000),
        ("1e2", "100", 100_000_000_000),
        ("12e5", "1200e3", 1_200_000_000_000_000),
        ("60e20", "6e21", 6_000_000_000_000_000_000_000_000_000_000),
        ("1E", "1E", 1_000_000_000_000_000_000_000_000_000),
        ("1Ki", "1Ki", 1_024_000_000_000),
        ("1024Mi", "1Gi", 1_073_741_824_000_000_000),
        ("1.5Gi", "1536Mi", 1_610_612_736_000_000_000),
        ("0.5Ki", "512", 512_000_000_000),
        ("1.1Ki", "1126400m", 1_126_400_000_000),
        ("0.1Gi", "107374182400m", 107_374_182_400_000_000),
        ("1000Ki", "1000Ki", 1_024_000_000_000_000),
        ("128974848", "128974848", 128_974_848_000_000_000),
        ("129M", "129M", 129_000_000_000_000_000),
        ("7Ei", "7Ei", 8_070_450_532_247_928_832_000_000_000),
        ("8Ei", "9223372036854775807", 9_223_372_036_854_775_807_000_000_000),
        ("99999999999999999999Ei", "9223372036854775807", 9_223_372_036_854_775_807_000_000_000),
        ("00012", "12", 12_000_000_000),
        ("m", "0", 0),
        ("0Ki", "0", 0),
    ];

    #[test]
    fn amounts_are_those_of_kubernetes() {
        for (text, canonical, nanos) in FACTS {
            let read: Quantity = text.parse().unwrap_or_else(|_| panic!("`{text}` is an amount"));
            assert_eq!((read.nanos, read.to_string().as_str()), (*nanos, *canonical), "{text}");
        }
        for text in [
            "",
            "x",
            "1Q",
            "--1",
            "1 Gi",
            "1e",
            "1e99999999999",
            "10mm",
            "1.5.5",
            "Gi1",
            "1ki",
            "1K",
            "1.m5",
            "NaN",
            "inf",
            "0x10",
            "1_000",
            "１",
        ] {
            assert!(text.parse::<Quantity>().is_err(), "`{text}` is no amount");
        }
    }

    #[test]
    fn manifests_hold_numbers_and_texts() {
        let read = |value: Value| Quantity::read(&value).map(|amount| amount.to_string());
        assert_eq!(read(Value::Int(-3)).as_deref(), Some("-3"));
        assert_eq!(read(Value::Float(0.1)).as_deref(), Some("100m"));
        assert_eq!(read(Value::from(" 1Gi ")).as_deref(), Some("1Gi"));
        assert_eq!(read(Value::Float(f64::NAN)), None);
        assert_eq!(read(Value::Bool(true)), None);
    }

    #[test]
    fn sums_and_steps_are_exact() {
        let read = |text: &str| text.parse::<Quantity>().expect("an amount");
        assert_eq!(read("118m").times(1000), read("118"));
        assert_eq!(read("118m").thousandths(), 118);
        assert_eq!(read("100n").thousandths(), 1);
        assert_eq!(read("1.5").whole(), 2);
        assert_eq!(read("-1.5").whole(), 0);
        assert_eq!(Quantity::default().plus(read("512Mi")).plus(read("0.5Gi")).to_string(), "1Gi");
        assert_eq!(read("1").minus(read("1.5")).billionths(), -500_000_000);
        assert_eq!(Quantity::bytes(3 << 30).to_string(), "3Gi");
        assert_eq!(read("1e300").plus(read("1")), read("1e300").times(5));
        assert!(read("1G") < read("1Gi"));
    }
}
