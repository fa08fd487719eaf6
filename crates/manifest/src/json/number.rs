//! Numbers as Go prints them.

/// Formats a float as `strconv.FormatFloat(value, 'g', -1, 64)` does: the shortest digits that read back the
/// same, with an exponent below 1e-4 and from 1e6 on.
pub(crate) fn shortest(value: f64) -> String {
    general(value, format!("{value:e}"), format!("{value}"))
}

/// Formats a float as `strconv.FormatFloat(value, 'g', -1, 32)` does: in the precision of 32 bits.
pub(crate) fn shortest_single(value: f64) -> String {
    let value = value as f32;
    general(value.into(), format!("{value:e}"), format!("{value}"))
}

fn general(value: f64, scientific: String, plain: String) -> String {
    if !value.is_finite() {
        return match value {
            f64::INFINITY => "+Inf".to_owned(),
            f64::NEG_INFINITY => "-Inf".to_owned(),
            _ => "NaN".to_owned(),
        };
    }
    let (digits, exponent) = split(&scientific);
    if (-4..6).contains(&exponent) { plain } else { with_exponent(digits, exponent) }
}

/// Splits what Rust's `{:e}` prints into the digits and the exponent of ten.
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
