//! The escapes of Go's regular expressions: classes such as `\d` and `\pL`, and single characters.

use super::regex_refusal::{Outcome, before, refusal, tail};

/// Returns whether a name such as `[:alpha:]` is one of the classes.
pub(super) fn is_posix_class(name: &str) -> bool {
    let name = name.trim_start_matches("[:").trim_end_matches(":]");
    matches!(
        name.strip_prefix('^').unwrap_or(name),
        "alnum"
            | "alpha"
            | "ascii"
            | "blank"
            | "cntrl"
            | "digit"
            | "graph"
            | "lower"
            | "print"
            | "punct"
            | "space"
            | "upper"
            | "word"
            | "xdigit"
    )
}

/// Parses `\d`, `\pL` and the like; `None` if the text is something else.
pub(super) fn escaped_class(text: &str) -> Outcome<Option<(String, &str)>> {
    let Some(after) = text.strip_prefix('\\') else { return Ok(None) };
    let class = match after.as_bytes().first() {
        Some(b'd') => "[0-9]",
        Some(b'D') => "[^0-9]",
        Some(b's') => "[\\t\\n\\x0c\\r\\x20]",
        Some(b'S') => "[^\\t\\n\\x0c\\r\\x20]",
        Some(b'w') => "[0-9A-Za-z_]",
        Some(b'W') => "[^0-9A-Za-z_]",
        Some(b'p' | b'P') => return unicode_class(text).map(Some),
        _ => return Ok(None),
    };
    Ok(Some((class.to_owned(), tail(after, 1))))
}

fn unicode_class(text: &str) -> Outcome<(String, &str)> {
    let mut negated = text.starts_with("\\P");
    let after = tail(text, 2);
    let (mut name, rest) = match after.strip_prefix('{') {
        Some(inside) => match inside.split_once('}') {
            Some(found) => found,
            None => return Err(refusal("invalid character class range", text)),
        },
        None => after.split_at(after.chars().next().map_or(0, char::len_utf8)),
    };
    if let Some(inverse) = name.strip_prefix('^') {
        negated = !negated;
        name = inverse;
    }
    let mark = if negated { 'P' } else { 'p' };
    let folded: String = name
        .chars()
        .filter(|rune| !matches!(rune, '_' | '-' | ' '))
        .map(|rune| rune.to_ascii_lowercase())
        .collect();
    if matches!(folded.as_str(), "any" | "ascii" | "assigned") {
        return Ok((format!("\\{mark}{{{folded}}}"), rest));
    }
    if !folded.is_empty() && folded.bytes().all(|byte| byte.is_ascii_alphanumeric()) {
        for property in ["gc", "sc"] {
            let class = format!("{{{property}={folded}}}");
            if regex::Regex::new(&format!("\\p{class}")).is_ok() {
                return Ok((format!("\\{mark}{class}"), rest));
            }
        }
    }
    Err(refusal("invalid character class range", before(text, rest)))
}

/// Parses a character of a class.
pub(super) fn class_rune<'a>(text: &'a str, class: &str) -> Outcome<(char, &'a str)> {
    if text.starts_with('\\') {
        return escaped_rune(text);
    }
    let Some(rune) = text.chars().next() else {
        return Err(refusal("missing closing ]", class));
    };
    Ok((rune, tail(text, rune.len_utf8())))
}

/// Parses the escape of a single character.
pub(super) fn escaped_rune(text: &str) -> Outcome<(char, &str)> {
    let after = tail(text, 1);
    let Some(first) = after.chars().next() else {
        return Err(refusal("trailing backslash at end of expression", ""));
    };
    let mut rest = tail(after, first.len_utf8());
    let invalid = |rest: &str| Err(refusal("invalid escape sequence", before(text, rest)));
    let rune = match first {
        '0'..='7' => {
            if first != '0' && !rest.starts_with(|next: char| ('0'..='7').contains(&next)) {
                return invalid(rest);
            }
            let mut code = first.to_digit(8).unwrap_or_default();
            for _ in 1..3 {
                let Some(digit) = rest.chars().next().and_then(|next| next.to_digit(8)) else { break };
                code = code * 8 + digit;
                rest = tail(rest, 1);
            }
            char::from_u32(code)
        }
        'x' => return hexadecimal_rune(text, rest),
        'a' => Some('\x07'),
        'f' => Some('\x0c'),
        'n' => Some('\n'),
        'r' => Some('\r'),
        't' => Some('\t'),
        'v' => Some('\x0b'),
        _ if first.is_ascii() && !first.is_ascii_alphanumeric() => Some(first),
        _ => None,
    };
    match rune {
        Some(rune) => Ok((rune, rest)),
        None => invalid(rest),
    }
}

fn hexadecimal_rune<'a>(text: &'a str, mut rest: &'a str) -> Outcome<(char, &'a str)> {
    let invalid = |rest: &str| Err(refusal("invalid escape sequence", before(text, rest)));
    let mut next = || {
        let rune = rest.chars().next();
        rest = tail(rest, rune.map_or(0, char::len_utf8));
        (rune, rest)
    };
    let (first, after) = next();
    if first != Some('{') {
        let high = first.and_then(|rune| rune.to_digit(16));
        if first.is_none() {
            return invalid(after);
        }
        let (second, after) = next();
        let low = second.and_then(|rune| rune.to_digit(16));
        let rune = high.zip(low).and_then(|(high, low)| char::from_u32(high * 16 + low));
        return rune.map_or_else(|| invalid(after), |rune| Ok((rune, after)));
    }
    let mut code: Option<u32> = None;
    loop {
        let (rune, after) = next();
        match rune {
            Some('}') => {
                return match code.and_then(char::from_u32) {
                    Some(rune) => Ok((rune, after)),
                    None => invalid(after),
                };
            }
            Some(rune) => {
                let value = rune.to_digit(16).map(|digit| code.unwrap_or(0) * 16 + digit);
                match value.filter(|value| *value <= 0x10_ffff) {
                    Some(value) => code = Some(value),
                    None => return invalid(after),
                }
            }
            None => return invalid(after),
        }
    }
}
