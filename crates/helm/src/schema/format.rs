//! The formats of JSON Schema, checked as Helm's library checks them, with its reasons.

use std::net::Ipv6Addr;

use crate::functions::{check_expression, parse_time, parse_url};
use crate::template::{Charset, quote_rune};

type Checked = Result<(), String>;
/// A format and its check.
type Format = (&'static str, fn(&str) -> Checked);

/// All checked formats. Those that other libraries know but Helm's does not are included, and always pass.
pub(super) const ALL: &[Format] = &[
    ("date", date),
    ("date-time", date_time),
    ("duration", duration),
    ("email", email),
    ("hostname", hostname),
    ("idn-email", |_| Ok(())),
    ("idn-hostname", |_| Ok(())),
    ("ipv4", ipv4),
    ("ipv6", ipv6),
    ("iri", uri),
    ("iri-reference", uri_reference),
    ("json-pointer", json_pointer),
    ("period", period),
    ("regex", regex),
    ("relative-json-pointer", relative_json_pointer),
    ("semver", semver),
    ("time", time),
    ("uri", uri),
    ("uri-reference", uri_reference),
    ("uri-template", uri_template),
    ("uuid", uuid),
];

/// Returns why a text does not have a format.
pub(super) fn reason(format: &str, text: &str) -> Option<String> {
    let (_, check) = ALL.iter().find(|(name, _)| *name == format)?;
    check(text).err()
}

fn quoted_letter(letter: char) -> String {
    quote_rune(letter, Charset::Unicode)
}

fn wrong(reason: &str) -> Checked {
    Err(reason.to_owned())
}

fn require(holds: bool, reason: &str) -> Checked {
    if holds { Ok(()) } else { wrong(reason) }
}

/// Prefixes the reason with what was checked.
fn within(what: &str, checked: Checked) -> Checked {
    checked.map_err(|reason| format!("{what}: {reason}"))
}

/// Splits the leading digits off a text.
fn digits(text: &str) -> (&str, &str) {
    let length = text.bytes().take_while(u8::is_ascii_digit).count();
    text.split_at_checked(length).unwrap_or(("", text))
}

/// Reads a number as Go's `strconv.Atoi` does, which accepts a sign.
fn number(text: &str) -> Option<i64> {
    let digits = text.strip_prefix(['+', '-']).unwrap_or(text);
    let is_number = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
    is_number.then(|| text.parse().ok()).flatten()
}

fn json_pointer(text: &str) -> Checked {
    if text.is_empty() {
        return Ok(());
    }
    require(text.starts_with('/'), "not starting with /")?;
    let is_escaped = |rest: &str| rest.starts_with(['0', '1']);
    require(text.split('~').skip(1).all(is_escaped), "~ must be followed by 0 or 1")
}

fn relative_json_pointer(text: &str) -> Checked {
    let (number, rest) = digits(text);
    require(!number.is_empty(), "must start with non-negative integer")?;
    require(number.len() == 1 || !number.starts_with('0'), "starts with zero")?;
    if rest == "#" { Ok(()) } else { json_pointer(rest) }
}

fn uuid(text: &str) -> Checked {
    let groups: Vec<&str> = text.split('-').collect();
    require(groups.len() == 5, "must have 5 elements")?;
    for (index, (group, length)) in groups.into_iter().zip([8, 4, 4, 4, 12]).enumerate() {
        if group.len() != length {
            return Err(format!("element {} must be {length} characters long", index + 1));
        }
        if let Some(letter) = group.chars().find(|letter| !letter.is_ascii_hexdigit()) {
            return Err(format!("non-hex character {}", quoted_letter(letter)));
        }
    }
    Ok(())
}

fn duration(text: &str) -> Checked {
    let Some(rest) = text.strip_prefix('P') else { return wrong("must start with P") };
    require(!rest.is_empty(), "nothing after P")?;
    if let Some(weeks) = rest.strip_suffix('W') {
        require(!weeks.is_empty(), "no number in week")?;
        return require(weeks.bytes().all(|byte| byte.is_ascii_digit()), "invalid week");
    }
    for (index, mut part) in rest.split('T').enumerate() {
        require(index == 0 || !part.is_empty(), "no time elements")?;
        let all = match index {
            0 => "YMD",
            1 => "HMS",
            _ => return wrong("more than one T"),
        };
        let mut units = all;
        while !part.is_empty() {
            let (number, rest) = digits(part);
            require(!number.is_empty(), "missing number")?;
            let Some(unit) = rest.chars().next() else { return wrong("missing unit") };
            match units.find(unit) {
                Some(at) => units = units.get(at + 1..).unwrap_or_default(),
                None if all.contains(unit) => {
                    return Err(format!("unit {} out of order", quoted_letter(unit)));
                }
                None => return Err(format!("invalid unit {}", quoted_letter(unit))),
            }
            part = rest.get(unit.len_utf8()..).unwrap_or_default();
        }
    }
    Ok(())
}

fn period(text: &str) -> Checked {
    let Some((start, end)) = text.split_once('/') else { return wrong("missing slash") };
    if start.starts_with('P') {
        within("invalid start duration", duration(start))?;
        return within("invalid end date-time", date_time(end));
    }
    within("invalid start date-time", date_time(start))?;
    if end.starts_with('P') {
        within("invalid end duration", duration(end))
    } else {
        within("invalid end date-time", date_time(end))
    }
}

fn ipv4(text: &str) -> Checked {
    let groups: Vec<&str> = text.split('.').collect();
    require(groups.len() == 4, "expected four decimals")?;
    for group in groups {
        require(group.len() == 1 || !group.starts_with('0'), "leading zeros")?;
        let Some(number) = number(group) else {
            return Err(format!("strconv.Atoi: parsing {group:?}: invalid syntax"));
        };
        require((0..=255).contains(&number), "decimal must be between 0 and 255")?;
    }
    Ok(())
}

fn ipv6(text: &str) -> Checked {
    require(text.contains(':'), "missing colon")?;
    let (address, zone) = text.split_once('%').map_or((text, None), |(address, zone)| (address, Some(zone)));
    if address.parse::<Ipv6Addr>().is_err() || zone == Some("") {
        return Err(format!("ParseAddr({text:?}): unable to parse IP"));
    }
    require(zone.is_none(), "zone id is not a part of ipv6 address")
}

fn hostname(text: &str) -> Checked {
    let name = text.strip_suffix('.').unwrap_or(text);
    require(name.len() <= 253, "more than 253 characters long")?;
    for label in name.split('.') {
        require((1..=63).contains(&label.len()), "label must be 1 to 63 characters long")?;
        require(!label.starts_with('-'), "label starts with hyphen")?;
        require(!label.ends_with('-'), "label ends with hyphen")?;
        allowed(label, |letter| letter.is_ascii_alphanumeric() || letter == '-')?;
    }
    Ok(())
}

fn allowed(text: &str, is_allowed: impl Fn(char) -> bool) -> Checked {
    match text.chars().find(|letter| !is_allowed(*letter)) {
        Some(letter) => Err(format!("invalid character {}", quoted_letter(letter))),
        None => Ok(()),
    }
}

fn email(text: &str) -> Checked {
    require(text.len() <= 254, "more than 255 characters long")?;
    let Some((local, domain)) = text.rsplit_once('@') else { return wrong("missing @") };
    require(local.len() <= 64, "local part more than 64 characters long")?;
    let quoted = local.strip_prefix('"').and_then(|local| local.strip_suffix('"'));
    if let Some(inner) = quoted {
        let holds = !inner.contains(['\\', '"']);
        require(holds, "backslash and quote are not allowed within quoted local part")?;
    } else {
        require(!local.starts_with('.'), "starts with dot")?;
        require(!local.ends_with('.'), "ends with dot")?;
        require(!local.contains(".."), "consecutive dots")?;
        allowed(local, |letter| letter.is_ascii_alphanumeric() || ".!#$%&'*+-/=?^_`{|}~".contains(letter))?;
    }
    let bracketed = domain.strip_prefix('[').and_then(|domain| domain.strip_suffix(']'));
    match bracketed.map(|address| (address.strip_prefix("IPv6:"), address)) {
        Some((Some(address), _)) => within("invalid ipv6 address", ipv6(address)),
        Some((None, address)) => within("invalid ipv4 address", ipv4(address)),
        None => within("invalid domain", hostname(domain)),
    }
}

fn date(text: &str) -> Checked {
    parse_time(b"2006-01-02", text.as_bytes()).map(drop)
}

fn time(text: &str) -> Checked {
    require(text.len() >= 9, "less than 9 characters long")?;
    let clock = text.get(..8).filter(|clock| clock.get(2..3) == Some(":") && clock.get(5..6) == Some(":"));
    let Some(clock) = clock else { return wrong("missing colon in correct place") };
    let [hour, minute, second] = numbers(clock, "hour/min/sec")?;
    require(hour <= 23 && minute <= 59 && second <= 60, "hour/min/sec out of range")?;
    let mut rest = text.get(8..).unwrap_or_default();
    if let Some(fraction) = rest.strip_prefix('.') {
        let (number, after) = digits(fraction);
        require(!number.is_empty(), "no digits in second fraction")?;
        rest = after;
    }
    let mut of_day = hour * 60 + minute;
    if !matches!(rest, "z" | "Z") {
        require(rest.len() == 6, "offset must be 6 characters long")?;
        let (sign, offset) = match rest.split_at_checked(1) {
            Some(("+", offset)) => (-1, offset),
            Some(("-", offset)) => (1, offset),
            _ => return wrong("offset must begin with plus/minus"),
        };
        require(offset.get(2..3) == Some(":"), "missing colon in offset in correct place")?;
        let [hour, minute] = numbers(offset, "hour/min in offset")?;
        require(hour <= 23 && minute <= 59, "hour/min in offset out of range")?;
        of_day += sign * (hour * 60 + minute);
        if of_day < 0 {
            of_day += 24 * 60;
        }
    }
    require(second < 60 || of_day == 23 * 60 + 59, "invalid leap second")
}

/// Reads the given number of numbers, separated by colons.
fn numbers<const COUNT: usize>(text: &str, what: &str) -> Result<[i64; COUNT], String> {
    let mut numbers = [0; COUNT];
    for (number_of, part) in numbers.iter_mut().zip(text.splitn(COUNT, ':')) {
        *number_of = number(part).ok_or_else(|| format!("invalid {what}"))?;
        require(*number_of >= 0, &format!("non-positive {what}"))?;
    }
    Ok(numbers)
}

fn date_time(text: &str) -> Checked {
    require(text.len() >= 20, "less than 20 characters long")?;
    let Some((day, clock)) = text.split_at_checked(10).and_then(|(day, rest)| {
        let clock = rest.strip_prefix(['t', 'T'])?;
        Some((day, clock))
    }) else {
        return wrong("11th character must be t or T");
    };
    within("invalid date element", date(day))?;
    within("invalid time element", time(clock))
}

fn uri(text: &str) -> Checked {
    let is_absolute = parse_url(text)?;
    require(is_absolute, "relative url")
}

fn uri_reference(text: &str) -> Checked {
    require(!text.contains('\\'), "contains \\")?;
    parse_url(text).map(drop)
}

fn uri_template(text: &str) -> Checked {
    parse_url(text)?;
    for part in text.split('/') {
        let mut open = false;
        for brace in part.chars().filter(|letter| matches!(letter, '{' | '}')) {
            require((brace == '{') != open, "nested curly braces")?;
            open = !open;
        }
        require(!open, "no matching closing brace")?;
    }
    Ok(())
}

fn regex(text: &str) -> Checked {
    check_expression(text)
}

fn semver(text: &str) -> Checked {
    let is_letter = |letter: char| letter.is_ascii_alphanumeric() || letter == '-';
    let strange = |part: &str, what: &str| match part.chars().find(|letter| !is_letter(*letter)) {
        Some(letter) => Err(format!("invalid character {} in {what} identifier", quoted_letter(letter))),
        None => Ok(()),
    };
    let (text, build) = text.split_once('+').map_or((text, None), |(text, build)| (text, Some(build)));
    if let Some(build) = build {
        require(!build.is_empty(), "build is empty")?;
        for part in build.split('.') {
            require(!part.is_empty(), "build identifier is empty")?;
            strange(part, "build")?;
        }
    }
    let (core, release) = text.split_once('-').map_or((text, None), |(core, release)| (core, Some(release)));
    for part in release.into_iter().flat_map(|release| release.split('.')) {
        require(!part.is_empty(), "pre-release identifier is empty")?;
        strange(part, "pre-release")?;
        let is_number = part.bytes().all(|byte| byte.is_ascii_digit());
        let padded = is_number && part.len() > 1 && part.starts_with('0');
        require(!padded, "pre-release numeric identifier starts with zero")?;
    }
    let numbers: Vec<&str> = core.split('.').collect();
    require(numbers.len() == 3, "versionCore must have 3 numbers separated by dot")?;
    for (name, number) in ["major", "minor", "patch"].into_iter().zip(numbers) {
        require(!number.is_empty(), &format!("{name} is empty"))?;
        require(number.len() == 1 || !number.starts_with('0'), &format!("{name} starts with zero"))?;
        require(number.bytes().all(|byte| byte.is_ascii_digit()), &format!("{name} contains non-digit"))?;
    }
    Ok(())
}
