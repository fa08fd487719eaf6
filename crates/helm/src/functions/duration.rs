//! Go's durations: nanoseconds, parsed and formatted like `1h2m0.5s`.

/// The nanoseconds in a second.
pub(super) const SECOND: i64 = 1_000_000_000;
const MINUTE: i64 = 60 * SECOND;
const HOUR: i64 = 60 * MINUTE;

/// Parses a duration such as `-1.5h` or `2h45m` and returns its nanoseconds.
///
/// # Errors
/// Fails, in Go's wording, if the text is not a duration.
pub fn parse(text: &str) -> Result<i64, String> {
    let invalid = || format!("time: invalid duration {}", quote(text.as_bytes()));
    let (negative, mut rest) = match text.as_bytes().first() {
        Some(b'-') => (true, text.get(1..).unwrap_or_default()),
        Some(b'+') => (false, text.get(1..).unwrap_or_default()),
        _ => (false, text),
    };
    if rest == "0" {
        return Ok(0);
    }
    if rest.is_empty() {
        return Err(invalid());
    }
    let mut total: u64 = 0;
    while !rest.is_empty() {
        if !rest.starts_with(|first: char| first == '.' || first.is_ascii_digit()) {
            return Err(invalid());
        }
        let (whole, after) = split_digits(rest);
        let mut value: u64 = if whole.is_empty() { 0 } else { whole.parse().map_err(|_| invalid())? };
        if value > 1 << 63 {
            return Err(invalid());
        }
        let mut fraction = "";
        rest = after;
        if let Some(after) = rest.strip_prefix('.') {
            (fraction, rest) = split_digits(after);
            if whole.is_empty() && fraction.is_empty() {
                return Err(invalid());
            }
        }
        let end = rest.find(|next: char| next == '.' || next.is_ascii_digit()).unwrap_or(rest.len());
        let (unit, after) = rest.split_at(end);
        rest = after;
        if unit.is_empty() {
            return Err(format!("time: missing unit in duration {}", quote(text.as_bytes())));
        }
        let nanoseconds: u64 = match unit {
            "ns" => 1,
            "us" | "µs" | "μs" => 1_000,
            "ms" => 1_000_000,
            "s" => SECOND.unsigned_abs(),
            "m" => MINUTE.unsigned_abs(),
            "h" => HOUR.unsigned_abs(),
            _ => {
                let (unit, text) = (quote(unit.as_bytes()), quote(text.as_bytes()));
                return Err(format!("time: unknown unit {unit} in duration {text}"));
            }
        };
        value = value.checked_mul(nanoseconds).filter(|value| *value <= 1 << 63).ok_or_else(invalid)?;
        if !fraction.is_empty() {
            value = value.checked_add(part(fraction, nanoseconds)).ok_or_else(invalid)?;
        }
        total = total.checked_add(value).filter(|total| *total <= 1 << 63).ok_or_else(invalid)?;
    }
    if negative {
        return Ok(total.wrapping_neg().cast_signed());
    }
    i64::try_from(total).map_err(|_| invalid())
}

fn split_digits(text: &str) -> (&str, &str) {
    text.split_at(text.find(|next: char| !next.is_ascii_digit()).unwrap_or(text.len()))
}

/// Returns a decimal fraction of a unit; digits that no longer fit are dropped, as in Go.
fn part(digits: &str, unit: u64) -> u64 {
    let (mut value, mut scale) = (0_u64, 1.0_f64);
    for digit in digits.bytes() {
        let next = value.checked_mul(10).and_then(|value| value.checked_add(u64::from(digit - b'0')));
        match next.filter(|value| *value < 1 << 63) {
            Some(next) => {
                value = next;
                scale *= 10.0;
            }
            None => break,
        }
    }
    (value as f64 * (unit as f64 / scale)) as u64
}

/// Formats a duration as Go's `String` does.
pub(super) fn format(duration: i64) -> String {
    let sign = if duration < 0 { "-" } else { "" };
    let nanoseconds = duration.unsigned_abs();
    if nanoseconds == 0 {
        return "0s".to_owned();
    }
    let decimal = |unit: u64| {
        let (whole, rest) = (nanoseconds / unit, nanoseconds % unit);
        if rest == 0 {
            return whole.to_string();
        }
        let width = usize::try_from(unit.ilog10()).unwrap_or_default();
        format!("{whole}.{}", format!("{rest:0width$}").trim_end_matches('0'))
    };
    if nanoseconds < 1_000 {
        return format!("{sign}{nanoseconds}ns");
    }
    if nanoseconds < 1_000_000 {
        return format!("{sign}{}µs", decimal(1_000));
    }
    if nanoseconds < 1_000_000_000 {
        return format!("{sign}{}ms", decimal(1_000_000));
    }
    let minute = MINUTE.unsigned_abs();
    let (minutes, rest) = (nanoseconds / minute, nanoseconds % minute);
    let second = SECOND.unsigned_abs();
    let (seconds, fraction) = (rest / second, rest % second);
    let mut text = sign.to_owned();
    if minutes >= 60 {
        text.push_str(&format!("{}h", minutes / 60));
    }
    if minutes > 0 {
        text.push_str(&format!("{}m", minutes % 60));
    }
    text.push_str(&seconds.to_string());
    if fraction > 0 {
        text.push_str(&format!(".{}", format!("{fraction:09}").trim_end_matches('0')));
    }
    text.push('s');
    text
}

/// Rounds to a multiple, halves away from zero; a multiple of zero or less changes nothing.
pub(super) fn round(duration: i64, multiple: i64) -> i64 {
    if multiple <= 0 {
        return duration;
    }
    let rest = duration % multiple;
    let lower = duration - rest;
    if rest.unsigned_abs() < multiple.unsigned_abs() - rest.unsigned_abs() {
        return lower;
    }
    if duration < 0 { lower.saturating_sub(multiple) } else { lower.saturating_add(multiple) }
}

/// Rounds towards zero to a multiple; a multiple of zero or less changes nothing.
pub(super) fn truncate(duration: i64, multiple: i64) -> i64 {
    if multiple <= 0 { duration } else { duration - duration % multiple }
}

/// Quotes as Go's `time` package does in its errors.
pub(super) fn quote(text: &[u8]) -> String {
    let mut quoted = String::from("\"");
    for byte in text {
        match byte {
            b'"' | b'\\' => {
                quoted.push('\\');
                quoted.push(char::from(*byte));
            }
            b' '..=0x7f => quoted.push(char::from(*byte)),
            _ => quoted.push_str(&format!("\\x{byte:02x}")),
        }
    }
    quoted.push('"');
    quoted
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn read_and_written() {
        for (text, written) in [
            ("0", "0s"),
            ("1h", "1h0m0s"),
            ("-1.5h", "-1h30m0s"),
            ("1h15m30.918s", "1h15m30.918s"),
            ("100ms", "100ms"),
            ("1500us", "1.5ms"),
            ("3µs", "3µs"),
            (".5s", "500ms"),
            ("+5s", "5s"),
            ("9223372036854775807ns", "2562047h47m16.854775807s"),
            ("-9223372036854775808ns", "-2562047h47m16.854775808s"),
        ] {
            assert_eq!(parse(text).map(format), Ok(written.to_owned()), "{text}");
        }
    }

    #[test]
    fn refused() {
        for (text, message) in [
            ("", "time: invalid duration \"\""),
            ("x", "time: invalid duration \"x\""),
            ("5", "time: missing unit in duration \"5\""),
            ("1d", "time: unknown unit \"d\" in duration \"1d\""),
            (".s", "time: invalid duration \".s\""),
            ("9223372036854775808ns", "time: invalid duration \"9223372036854775808ns\""),
        ] {
            assert_eq!(parse(text), Err(message.to_owned()), "{text}");
        }
    }

    #[test]
    fn multiples() {
        assert_eq!(format(round(93 * SECOND, 60 * SECOND)), "2m0s");
        assert_eq!(format(round(-90 * SECOND, 60 * SECOND)), "-2m0s");
        assert_eq!(format(truncate(93 * SECOND, 60 * SECOND)), "1m0s");
        assert_eq!(format(truncate(93 * SECOND, -1)), "1m33s");
    }
}
