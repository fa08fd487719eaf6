//! Floats under the verbs, and Go's `strconv.FormatFloat`.

use super::Printer;
use crate::value::Value;

impl Printer {
    pub(super) fn float(&mut self, number: f64, verb: char, value: &Value) {
        match verb {
            'v' => self.real(number, 'g', None),
            'b' | 'g' | 'G' | 'x' | 'X' => self.real(number, verb, None),
            'f' | 'e' | 'E' => self.real(number, verb, Some(6)),
            'F' => self.real(number, 'f', Some(6)),
            _ => self.bad_verb(value, verb),
        }
    }

    pub(super) fn complex(&mut self, real: f64, imaginary: f64, verb: char, value: &Value) {
        if !matches!(verb, 'v' | 'b' | 'g' | 'G' | 'x' | 'X' | 'f' | 'F' | 'e' | 'E') {
            return self.bad_verb(value, verb);
        }
        let plus = self.flags.plus;
        self.out.push(b'(');
        self.float(real, verb, value);
        self.flags.plus = true;
        self.float(imaginary, verb, value);
        self.write("i)");
        self.flags.plus = plus;
    }

    fn real(&mut self, number: f64, verb: char, precision: Option<usize>) {
        let flags = self.flags;
        let precision = flags.precision.or(precision);
        let mut text = format_float(number, verb, precision);
        let mut sign = '+';
        if let Some(first) = text.chars().next()
            && matches!(first, '-' | '+')
        {
            sign = first;
            text.remove(0);
        }
        if flags.space && sign == '+' && !flags.plus {
            sign = ' ';
        }
        if !number.is_finite() {
            // Infinity has a sign even where nobody asks for one.
            if number.is_infinite() || flags.space || flags.plus {
                text.insert(0, sign);
            }
            return self.pad_without_zeros(text.as_bytes());
        }
        if flags.sharp && verb != 'b' {
            text = with_point(&text, verb, precision);
        }
        if !flags.plus && sign == '+' {
            return self.pad(text.as_bytes());
        }
        let missing = flags.width.unwrap_or(0).saturating_sub(text.len() + 1);
        text.insert(0, sign);
        if flags.zero && !flags.minus && missing > 0 {
            // The sign comes before the zeros.
            let (sign, digits) = text.split_at(1);
            self.write(sign);
            self.padding(missing);
            self.write(digits);
            return;
        }
        self.pad(text.as_bytes());
    }
}

/// Keeps the decimal point, and under `%g` the zeros at the end, as the flag `#` asks.
fn with_point(text: &str, verb: char, precision: Option<usize>) -> String {
    let hexadecimal = matches!(verb, 'x' | 'X');
    let tail_at = text
        .find(|rune| matches!(rune, 'p' | 'P') || (!hexadecimal && matches!(rune, 'e' | 'E')))
        .unwrap_or(text.len());
    let (body, tail) = text.split_at(tail_at);
    let wanted = if matches!(verb, 'g' | 'G' | 'x') { precision.unwrap_or(6) } else { 0 };
    let significant = body.chars().filter(|rune| *rune != '.').skip_while(|rune| *rune == '0').count();
    let mut missing = wanted.saturating_sub(significant);
    let mut out = body.to_owned();
    if !body.contains('.') {
        // A lone zero counts as a digit.
        if body == "0" {
            missing = missing.saturating_sub(1);
        }
        out.push('.');
    }
    out.extend(std::iter::repeat_n('0', missing));
    out.push_str(tail);
    out
}

/// Formats as Go's `strconv.FormatFloat` with 64 bits: `verb` is one of `b e E f g G x X`, no precision
/// asks for the fewest digits that read back as the same number.
pub fn format_float(number: f64, verb: char, precision: Option<usize>) -> String {
    if number.is_nan() {
        return "NaN".to_owned();
    }
    if number.is_infinite() {
        return if number > 0.0 { "+Inf" } else { "-Inf" }.to_owned();
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

/// Decimal digits without the point, which stands before digit `point`.
struct Decimal {
    digits: String,
    point: i32,
}

/// Rust's own formatting bounds a precision; past this many digits a float has but zeros.
const EXACT_DIGITS: usize = 1100;

/// Returns the shortest digits, or exactly so many, rounded to even where the rest is a half.
fn decimal(magnitude: f64, digits: Option<usize>) -> Decimal {
    let text = match digits {
        None => format!("{magnitude:e}"),
        Some(digits) => format!("{magnitude:.*e}", digits.saturating_sub(1).min(EXACT_DIGITS)),
    };
    let (mantissa, exponent) = text.split_once('e').unwrap_or((&text, "0"));
    let mut found: String = mantissa.chars().filter(|rune| *rune != '.').collect();
    let exponent: i32 = exponent.parse().unwrap_or(0);
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
    let exponent = decimal.point - 1;
    let sign = if exponent < 0 { '-' } else { '+' };
    out.push_str(&format!("e{sign}{:02}", exponent.abs()));
    out
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
    // The zeros at the end do not count.
    let kept = decimal.digits.trim_end_matches('0').len().max(1);
    decimal.digits.truncate(kept);
    let count = decimal.digits.len();
    let mut limit = match wanted {
        None => 6,
        Some(wanted) if wanted > count && i32::try_from(count).is_ok_and(|count| count >= decimal.point) => {
            count
        }
        Some(wanted) => wanted,
    };
    if precision.is_none() {
        limit = 6;
    }
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
