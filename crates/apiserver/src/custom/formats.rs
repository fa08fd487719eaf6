//! The string formats in schemas of custom resources.

use std::net::{IpAddr, Ipv6Addr};

use aqueduct_cel::format_faults;

/// Tells whether a text has a format. An unknown format is no constraint.
pub(super) fn has(format: &str, text: &str) -> bool {
    let named = |name: &str| format_faults(name, text).is_none_or(|faults| faults.is_empty());
    match format {
        "date-time" => named("datetime"),
        "date" | "uri" => named(format),
        "byte" => !text.is_empty() && named("byte"),
        "uuid" | "uuid3" | "uuid4" | "uuid5" => named("uuid"),
        "k8s-short-name" => named("dns1123Label"),
        "k8s-long-name" => named("dns1123Subdomain"),
        "ipv4" => is_ipv4(text),
        "ipv6" => text.parse::<Ipv6Addr>().is_ok(),
        "cidr" => is_cidr(text),
        "hostname" => is_hostname(text),
        "duration" => is_duration(text),
        "email" => text.split_once('@').is_some_and(|(name, host)| !name.is_empty() && !host.is_empty()),
        "mac" => is_mac(text),
        "bsonobjectid" => text.len() == 24 && text.bytes().all(|byte| byte.is_ascii_hexdigit()),
        "hexcolor" => is_hex_color(text),
        "rgbcolor" => is_rgb_color(text),
        "creditcard" => is_credit_card(text),
        "isbn" => is_isbn(text, 10) || is_isbn(text, 13),
        "isbn10" => is_isbn(text, 10),
        "isbn13" => is_isbn(text, 13),
        "ssn" => is_ssn(text),
        _ => true,
    }
}

/// Numbers may have leading zeros.
fn is_ipv4(text: &str) -> bool {
    let parts: Vec<&str> = text.split('.').collect();
    parts.len() == 4
        && parts.iter().all(|part| {
            let is_number =
                !part.is_empty() && part.len() <= 10 && part.bytes().all(|byte| byte.is_ascii_digit());
            is_number && part.parse::<u64>().is_ok_and(|number| number < 256)
        })
}

fn is_cidr(text: &str) -> bool {
    let Some((address, length)) = text.split_once('/') else { return false };
    let most = match address.parse::<IpAddr>() {
        Ok(IpAddr::V6(_)) => 128,
        _ if is_ipv4(address) => 32,
        _ => return false,
    };
    length.bytes().all(|byte| byte.is_ascii_digit())
        && length.parse::<u32>().is_ok_and(|length| length <= most)
}

fn is_hostname(text: &str) -> bool {
    let is_label = |label: &str| {
        let bytes = label.as_bytes();
        let ends = [bytes.first(), bytes.last()];
        label.len() <= 63
            && ends.iter().all(|end| end.is_some_and(u8::is_ascii_alphanumeric))
            && bytes.iter().all(|byte| byte.is_ascii_alphanumeric() || *byte == b'-')
    };
    text.len() <= 255 && text.split('.').all(is_label)
}

/// Go durations, such as `1h30m`, and words, such as `5 seconds`.
fn is_duration(text: &str) -> bool {
    const UNITS: [&str; 7] = ["ns", "us", "µs", "ms", "s", "m", "h"];
    const WORDS: [&str; 26] = [
        "ns",
        "nano",
        "us",
        "µs",
        "micro",
        "ms",
        "milli",
        "s",
        "sec",
        "m",
        "min",
        "h",
        "hr",
        "hour",
        "d",
        "day",
        "w",
        "week",
        "wk",
        "nanosecond",
        "microsecond",
        "millisecond",
        "second",
        "minute",
        "weeks",
        "days",
    ];
    let text = text.strip_prefix(['-', '+']).unwrap_or(text);
    let mut rest = text;
    if rest == "0" {
        return true;
    }
    let mut count = 0;
    while !rest.is_empty() {
        let end = rest.find(|letter: char| !letter.is_ascii_digit() && letter != '.').unwrap_or(rest.len());
        let (number, tail) = rest.split_at(end);
        let end = tail.find(|letter: char| letter.is_ascii_digit() || letter == '.').unwrap_or(tail.len());
        let (unit, tail) = tail.split_at(end);
        let unit = unit.trim();
        let is_unit =
            UNITS.contains(&unit) || WORDS.contains(&unit) || WORDS.contains(&unit.trim_end_matches('s'));
        if number.is_empty() || number.parse::<f64>().is_err() || !is_unit {
            return false;
        }
        rest = tail;
        count += 1;
    }
    count > 0
}

fn is_mac(text: &str) -> bool {
    let is_pair =
        |pair: &str, length: usize| pair.len() == length && pair.bytes().all(|byte| byte.is_ascii_hexdigit());
    let all = |separator: char, length: usize, counts: &[usize]| {
        let parts: Vec<&str> = text.split(separator).collect();
        counts.contains(&parts.len()) && parts.iter().all(|part| is_pair(part, length))
    };
    all(':', 2, &[6, 8, 20]) || all('-', 2, &[6, 8, 20]) || all('.', 4, &[3, 4, 10])
}

fn is_hex_color(text: &str) -> bool {
    let digits = text.strip_prefix('#').unwrap_or(text);
    matches!(digits.len(), 3 | 6) && digits.bytes().all(|byte| byte.is_ascii_hexdigit())
}

fn is_rgb_color(text: &str) -> bool {
    let inner = text.strip_prefix("rgb(").and_then(|rest| rest.strip_suffix(')'));
    inner.is_some_and(|inner| {
        let parts: Vec<&str> = inner.split(',').map(str::trim).collect();
        parts.len() == 3 && parts.iter().all(|part| part.parse::<u8>().is_ok())
    })
}

fn digits(text: &str) -> Option<Vec<u32>> {
    let kept = text.chars().filter(|letter| !matches!(letter, ' ' | '-'));
    kept.map(|letter| letter.to_digit(10)).collect()
}

fn is_credit_card(text: &str) -> bool {
    let Some(digits) = digits(text).filter(|digits| (13..=19).contains(&digits.len())) else { return false };
    let sum: u32 = digits
        .iter()
        .rev()
        .enumerate()
        .map(|(place, digit)| match place % 2 {
            0 => *digit,
            _ => digit * 2 / 10 + digit * 2 % 10,
        })
        .sum();
    sum.is_multiple_of(10)
}

fn is_isbn(text: &str, length: usize) -> bool {
    let kept: Vec<char> = text.chars().filter(|letter| !matches!(letter, ' ' | '-')).collect();
    let value = |place: usize, letter: char| match letter {
        'X' if length == 10 && place == 9 => Some(10),
        letter => letter.to_digit(10),
    };
    let digits: Option<Vec<u32>> =
        kept.iter().enumerate().map(|(place, letter)| value(place, *letter)).collect();
    let Some(digits) = digits.filter(|digits| digits.len() == length) else { return false };
    let weighted = digits.iter().enumerate().map(|(place, digit)| match length {
        10 => digit * (10 - place as u32),
        _ => digit * if place % 2 == 0 { 1 } else { 3 },
    });
    weighted.sum::<u32>().is_multiple_of(if length == 10 { 11 } else { 10 })
}

fn is_ssn(text: &str) -> bool {
    let parts: Vec<&str> = text.split(['-', ' ']).collect();
    let lengths: Vec<usize> = parts.iter().map(|part| part.len()).collect();
    lengths == [3, 2, 4] && parts.iter().all(|part| part.bytes().all(|byte| byte.is_ascii_digit()))
}
