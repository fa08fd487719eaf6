//! Cron schedules and time zones.
//!
//! Schedules are parsed like the standard form of `github.com/robfig/cron/v3`: five fields, or a word after `@`.

/// The names of the time zones in the IANA database, in order.
static ZONES: &str = include_str!("zones.txt");

/// Returns what is wrong with the name of a time zone, if anything.
pub(crate) fn zone_problem(name: &str) -> Option<String> {
    if name.is_empty() {
        return Some("timeZone must be nil or non-empty string".to_owned());
    }
    if name.eq_ignore_ascii_case("local") {
        return Some(
            "timeZone must be an explicit time zone as defined in https://www.iana.org/time-zones".to_owned(),
        );
    }
    (!ZONES.lines().any(|zone| zone == name)).then(|| format!("unknown time zone {name}"))
}

const MONTHS: [&str; 12] =
    ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];
const DAYS: [&str; 7] = ["sun", "mon", "tue", "wed", "thu", "fri", "sat"];

/// Parses a schedule.
///
/// # Errors
/// What is wrong with it.
pub(crate) fn check(text: &str) -> Result<(), String> {
    if let Some(word) = text.strip_prefix('@') {
        return match word {
            "yearly" | "annually" | "monthly" | "weekly" | "daily" | "midnight" | "hourly" => Ok(()),
            _ => match word.strip_prefix("every ") {
                Some(duration) if is_duration(duration) => Ok(()),
                Some(duration) => Err(format!("failed to parse duration @every {duration}")),
                None => Err(format!("unrecognized descriptor: {text}")),
            },
        };
    }
    let fields: Vec<&str> = text.split_whitespace().collect();
    if fields.len() != 5 {
        return Err(format!("expected exactly 5 fields, found {}: {}", fields.len(), text));
    }
    let bounds: [(u32, u32, &[&str], u32); 5] =
        [(0, 59, &[], 0), (0, 23, &[], 0), (1, 31, &[], 0), (1, 12, &MONTHS, 1), (0, 6, &DAYS, 0)];
    for (field, bounds) in fields.iter().zip(bounds) {
        for part in field.split(',').filter(|part| !part.is_empty()) {
            range(part, bounds)?;
        }
    }
    Ok(())
}

fn range(text: &str, (least, most, names, first): (u32, u32, &[&str], u32)) -> Result<(), String> {
    let number = |part: &str| -> Result<u32, String> {
        let small = part.to_lowercase();
        match names.iter().zip(first..).find(|(name, _)| **name == small) {
            Some((_, number)) => Ok(number),
            None => integer(part),
        }
    };
    let mut steps = text.split('/');
    let span = steps.next().unwrap_or_default();
    let mut ends = span.split('-');
    let low = ends.next().unwrap_or_default();
    let (start, mut end, is_single) = if matches!(low, "*" | "?") {
        (least, most, false)
    } else {
        let start = number(low)?;
        match (ends.next(), ends.next()) {
            (None, _) => (start, start, true),
            (Some(high), None) => (start, number(high)?, false),
            _ => return Err(format!("too many hyphens: {text}")),
        }
    };
    if let Some(step) = steps.next() {
        if steps.next().is_some() {
            return Err(format!("too many slashes: {text}"));
        }
        if integer(step)? == 0 {
            return Err(format!("step of range should be a positive number: {text}"));
        }
        if is_single {
            end = most;
        }
    }
    if start < least {
        Err(format!("beginning of range ({start}) below minimum ({least}): {text}"))
    } else if end > most {
        Err(format!("end of range ({end}) above maximum ({most}): {text}"))
    } else if start > end {
        Err(format!("beginning of range ({start}) beyond end of range ({end}): {text}"))
    } else {
        Ok(())
    }
}

/// Parses a non-negative number, which may have a sign.
fn integer(text: &str) -> Result<u32, String> {
    let digits = text.strip_prefix('+').unwrap_or(text);
    if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(format!("failed to parse int from {text}"));
    }
    Ok(digits.parse().unwrap_or(u32::MAX))
}

/// Tells whether Go parses a text as a duration, such as `1h30m`.
fn is_duration(text: &str) -> bool {
    let mut rest = text.strip_prefix(['+', '-']).unwrap_or(text);
    if rest == "0" {
        return true;
    }
    if rest.is_empty() {
        return false;
    }
    while !rest.is_empty() {
        let end = rest.find(|letter: char| !letter.is_ascii_digit() && letter != '.').unwrap_or(rest.len());
        let (number, tail) = rest.split_at(end);
        let is_number = number.bytes().any(|byte| byte.is_ascii_digit()) && number.matches('.').count() <= 1;
        let unit_end =
            tail.find(|letter: char| letter.is_ascii_digit() || letter == '.').unwrap_or(tail.len());
        let (unit, tail) = tail.split_at(unit_end);
        if !is_number || !["ns", "us", "µs", "μs", "ms", "s", "m", "h"].contains(&unit) {
            return false;
        }
        rest = tail;
    }
    true
}
