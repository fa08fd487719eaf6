//! Floats as Go's `strconv` prints them.

/// Formats as `strconv.FormatFloat(value, 'g', -1, 64)` does: the shortest digits that read back the same, with an
/// exponent below 1e-4 and from 1e6 on.
pub fn shortest(value: f64) -> String {
    short(value, format!("{value:e}"), || format!("{value}"))
}

/// Formats as `strconv.FormatFloat(value, 'g', -1, 32)` does, with the precision of 32 bits.
pub(crate) fn shortest_single(value: f64) -> String {
    let value = value as f32;
    short(value.into(), format!("{value:e}"), || format!("{value}"))
}

fn short(value: f64, scientific: String, plain: impl FnOnce() -> String) -> String {
    if let Some(name) = without_digits(value) {
        return name.to_owned();
    }
    let (digits, exponent) = split(&scientific);
    if (-4..6).contains(&exponent) { plain() } else { with_exponent(digits, exponent) }
}

/// Returns the name of a value without digits.
fn without_digits(value: f64) -> Option<&'static str> {
    match value {
        f64::INFINITY => Some("+Inf"),
        f64::NEG_INFINITY => Some("-Inf"),
        _ => value.is_nan().then_some("NaN"),
    }
}

/// Splits the output of Rust's `{:e}` into the digits and the exponent of ten.
pub(crate) fn split(scientific: &str) -> (&str, i32) {
    match scientific.split_once('e') {
        Some((digits, exponent)) => (digits, exponent.parse().unwrap_or(0)),
        None => (scientific, 0),
    }
}

/// Joins digits and an exponent of at least two digits.
pub(crate) fn with_exponent(digits: &str, exponent: i32) -> String {
    let sign = if exponent < 0 { '-' } else { '+' };
    format!("{digits}e{sign}{:02}", exponent.unsigned_abs())
}

/// Formats as Go's `strconv.FormatFloat` with 64 bits. `verb` is one of `b e E f g G x X`. Without a precision, it
/// uses the fewest digits that read back as the same number.
pub fn format(number: f64, verb: char, precision: Option<usize>) -> String {
    if let Some(name) = without_digits(number) {
        return name.to_owned();
    }
    let sign = if number.is_sign_negative() { "-" } else { "" };
    let magnitude = number.abs();
    let text = match verb {
        'b' => binary(magnitude),
        'x' | 'X' => hexadecimal(magnitude, precision),
        'e' | 'E' => exponential(&decimal(magnitude, precision.map(|precision| precision + 1)), precision),
        'f' => fixed(magnitude, precision),
        _ => general(magnitude, precision),
    };
    let text = if verb.is_ascii_uppercase() { text.to_uppercase() } else { text };
    format!("{sign}{text}")
}

/// Decimal digits without the point, which comes before digit `point`.
struct Decimal {
    digits: String,
    point: i32,
}

/// Rust's formatting limits the precision. After this many digits, a float only has zeros.
const EXACT_DIGITS: usize = 1100;

/// Returns the shortest digits, or an exact number of them, with ties rounded to even.
fn decimal(magnitude: f64, digits: Option<usize>) -> Decimal {
    let text = match digits {
        None => format!("{magnitude:e}"),
        Some(digits) => format!("{magnitude:.*e}", digits.saturating_sub(1).min(EXACT_DIGITS)),
    };
    let (mantissa, exponent) = split(&text);
    let mut found: String = mantissa.chars().filter(|rune| *rune != '.').collect();
    if let Some(digits) = digits {
        let missing = digits.saturating_sub(found.len());
        found.extend(std::iter::repeat_n('0', missing));
    }
    let point = if magnitude == 0.0 { 1 } else { exponent + 1 };
    Decimal { digits: found, point }
}

fn exponential(decimal: &Decimal, precision: Option<usize>) -> String {
    let (first, rest) = decimal.digits.split_at_checked(1).unwrap_or((&decimal.digits, ""));
    let mut out = first.to_owned();
    let rest = match precision {
        Some(precision) => rest.get(..precision).unwrap_or(rest),
        None => rest,
    };
    if !rest.is_empty() {
        out.push('.');
        out.push_str(rest);
    }
    with_exponent(&out, decimal.point - 1)
}

fn fixed(magnitude: f64, precision: Option<usize>) -> String {
    match precision {
        None => format!("{magnitude}"),
        Some(precision) => {
            let mut text = format!("{magnitude:.*}", precision.min(EXACT_DIGITS));
            text.extend(std::iter::repeat_n('0', precision.saturating_sub(EXACT_DIGITS)));
            text
        }
    }
}

fn general(magnitude: f64, precision: Option<usize>) -> String {
    let wanted = precision.map(|precision| precision.max(1));
    let mut decimal = decimal(magnitude, wanted);
    // Trailing zeros do not count.
    let kept = decimal.digits.trim_end_matches('0').len().max(1);
    decimal.digits.truncate(kept);
    let count = decimal.digits.len();
    let limit = match wanted {
        None => 6,
        Some(wanted) if wanted > count && i32::try_from(count).is_ok_and(|count| count >= decimal.point) => {
            count
        }
        Some(wanted) => wanted,
    };
    let exponent = decimal.point - 1;
    if exponent < -4 || usize::try_from(exponent).is_ok_and(|exponent| exponent >= limit) {
        return exponential(&decimal, None);
    }
    let Ok(point) = usize::try_from(decimal.point) else {
        return format!("0.{}{}", "0".repeat(decimal.point.unsigned_abs() as usize), decimal.digits);
    };
    if point == 0 {
        return format!("0.{}", decimal.digits);
    }
    match decimal.digits.split_at_checked(point) {
        Some((whole, "")) => whole.to_owned(),
        Some((whole, fraction)) => format!("{whole}.{fraction}"),
        None => format!("{}{}", decimal.digits, "0".repeat(point - count)),
    }
}

/// Returns the mantissa and the binary exponent of its last bit.
fn parts(magnitude: f64) -> (u64, i32) {
    let bits = magnitude.to_bits();
    let exponent = ((bits >> 52) & 0x7ff) as i32;
    let fraction = bits & ((1 << 52) - 1);
    if exponent == 0 { (fraction, -1074) } else { (fraction | (1 << 52), exponent - 1075) }
}

fn binary(magnitude: f64) -> String {
    let (mantissa, exponent) = parts(magnitude);
    format!("{mantissa}p{exponent:+}")
}

fn hexadecimal(magnitude: f64, precision: Option<usize>) -> String {
    let (mut mantissa, exponent) = parts(magnitude);
    let mut exponent = if mantissa == 0 { 0 } else { exponent + 52 };
    // One bit before the point.
    while mantissa != 0 && mantissa >> 52 == 0 {
        mantissa <<= 1;
        exponent -= 1;
    }
    mantissa <<= 8;
    if let Some(precision) = precision.filter(|precision| *precision < 15) {
        let shift = (15 - precision) * 4;
        let extra = mantissa & ((1 << shift) - 1);
        mantissa >>= shift;
        let half = 1 << (shift - 1);
        if extra > half || (extra == half && mantissa & 1 == 1) {
            mantissa += 1;
        }
        mantissa <<= shift;
        if mantissa >> 61 != 0 {
            mantissa >>= 1;
            exponent += 1;
        }
    }
    let mut digits = format!("{:015x}", mantissa & ((1 << 60) - 1));
    match precision {
        None => digits.truncate(digits.trim_end_matches('0').len()),
        Some(precision) if precision <= digits.len() => digits.truncate(precision),
        Some(precision) => digits.extend(std::iter::repeat_n('0', precision - 15)),
    }
    let point = if digits.is_empty() { "" } else { "." };
    let sign = if exponent < 0 { '-' } else { '+' };
    format!("0x{}{point}{digits}p{sign}{:02}", mantissa >> 60, exponent.abs())
}

#[cfg(test)]
mod tests {
    use super::{format, shortest, shortest_single};

    #[test]
    fn floats_as_go_prints_them() {
        let shown = [
            1.0,
            1.1,
            999_999.5,
            1e6,
            -1.25e-5,
            0.0001,
            -0.0,
            1e21,
            f64::MAX,
            f64::NAN,
            f64::INFINITY,
            f64::NEG_INFINITY,
        ]
        .map(|value| {
            // The two ways to the shortest digits agree.
            assert_eq!(shortest(value), format(value, 'g', None));
            shortest(value)
        });
        let expected = [
            "1",
            "1.1",
            "999999.5",
            "1e+06",
            "-1.25e-05",
            "0.0001",
            "-0",
            "1e+21",
            "1.7976931348623157e+308",
            "NaN",
            "+Inf",
            "-Inf",
        ];
        assert_eq!(shown, expected);
        assert_eq!(shortest_single(0.1), "0.1");
    }

    #[test]
    fn verbs_and_precisions() {
        for (value, verb, precision, expected) in [
            (1234.5678, 'f', Some(2), "1234.57"),
            (1234.5678, 'e', Some(3), "1.235e+03"),
            (1234.5678, 'g', Some(3), "1.23e+03"),
            (100_000.0, 'g', Some(10), "100000"),
            (1.0, 'x', None, "0x1p+00"),
            (1.5, 'X', Some(3), "0X1.800P+00"),
            (1.0, 'b', None, "4503599627370496p-52"),
        ] {
            assert_eq!(format(value, verb, precision), expected, "{value} {verb} {precision:?}");
        }
    }
}
