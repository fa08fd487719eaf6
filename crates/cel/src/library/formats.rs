//! Name formats: `format.dns1123Label().validate('web')`.

use aqueduct_manifest::{is_dns_label, is_dns_subdomain, is_label_name};
use cel::common::types::{CelList, CelOptional, CelString};
use cel::common::value::{CowVal, Val};
use cel::{DeclarationError, Env, ExecutionError, add_overload};

use super::opaque::opaque;
use super::{text, urls};

opaque!(
    /// A format, by its position in the table.
    Format(usize),
    "kubernetes.NamedFormat"
);

/// Returns what is wrong with a text; empty if it is valid.
type Check = fn(&str) -> Vec<String>;

const ALL: [(&str, Check); 13] = [
    ("dns1123Label", |text| label(text, 63)),
    ("dns1123Subdomain", |text| subdomain(text, 253)),
    ("dns1035Label", |text| label_1035(text, 63)),
    ("qualifiedName", qualified_name),
    ("dns1123LabelPrefix", |text| label(&mask_trailing_dash(text), 63)),
    ("dns1123SubdomainPrefix", |text| subdomain(&mask_trailing_dash(text), 253)),
    ("dns1035LabelPrefix", |text| label_1035(&mask_trailing_dash(text), 63)),
    ("labelValue", label_value),
    ("uri", |text| one(urls::parse(text).is_some(), "must be a valid URI")),
    ("uuid", |text| one(is_uuid(text), "does not match the UUID format")),
    ("byte", |text| one(decode_base64(text).is_some(), "invalid base64")),
    ("date", |text| one(is_date(text), "invalid date")),
    ("datetime", |text| one(is_datetime(text), "invalid datetime")),
];

pub(super) fn extension(env: &mut Env) -> Result<(), DeclarationError> {
    macro_rules! named {
        ($($place:literal),*) => {
            $(env.add_overload(
                &format!("format.{}", ALL[$place].0),
                ALL[$place].0,
                Vec::new(),
                |_| Ok(CowVal::owned(Format($place))),
            )?;)*
        };
    }
    named!(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12);
    add_overload!(env, fn named: (CelString) -> CelOptional, name = "format.named")?;
    let of = <Format as Val>::cel_type().to_owned();
    env.add_member_overload(
        "validate",
        "format_validate",
        of,
        vec![cel::common::types::STRING_TYPE],
        validate,
    )
}

/// Returns what is wrong with a text of a named format, such as `dns1123Label`; `None` if the format is unknown.
pub fn format_faults(format: &str, text: &str) -> Option<Vec<String>> {
    ALL.iter().find(|(known, _)| *known == format).map(|(_, check)| check(text))
}

fn named(name: &CelString<'_>) -> CelOptional<'static> {
    match ALL.iter().position(|(known, _)| *known == name.inner()) {
        Some(place) => CelOptional::of(Box::new(Format(place))),
        None => CelOptional::none(),
    }
}

fn validate<'b, 'v>(arguments: Vec<CowVal<'b, 'v>>) -> Result<CowVal<'b, 'v>, ExecutionError> {
    let format = arguments.first().and_then(|format| format.downcast_ref::<Format>());
    let value = arguments.get(1).and_then(|text| text.downcast_ref::<CelString<'_>>());
    let (Some(format), Some(value)) = (format, value) else {
        return Err(ExecutionError::missing_argument_or_target());
    };
    let faults = ALL.get(format.0).map_or_else(Vec::new, |(_, check)| check(value.inner()));
    Ok(CowVal::owned(if faults.is_empty() {
        CelOptional::none()
    } else {
        let faults = faults.into_iter().map(|fault| Box::new(text(fault)) as Box<dyn Val + 'v>);
        CelOptional::of(Box::new(CelList::from(faults.collect::<Vec<_>>())))
    }))
}

fn one(is_good: bool, fault: &str) -> Vec<String> {
    if is_good { Vec::new() } else { vec![fault.to_owned()] }
}

/// Collects what is wrong: the length and the characters.
fn faults(text: &str, most: usize, is_good: bool, letters: &str) -> Vec<String> {
    let mut faults = Vec::new();
    if text.len() > most {
        faults.push(format!("must be no more than {most} bytes"));
    }
    if !is_good {
        faults.push(letters.to_owned());
    }
    faults
}

fn label(text: &str, most: usize) -> Vec<String> {
    let message = "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', \
        and must start and end with an alphanumeric character";
    faults(text, most, is_dns_label(text), message)
}

fn label_1035(text: &str, most: usize) -> Vec<String> {
    let is_good = is_dns_label(text) && text.starts_with(|first: char| first.is_ascii_lowercase());
    let message = "a DNS-1035 label must consist of lower case alphanumeric characters or '-', \
        start with an alphabetic character, and end with an alphanumeric character";
    faults(text, most, is_good, message)
}

fn subdomain(text: &str, most: usize) -> Vec<String> {
    let message = "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', \
        and must start and end with an alphanumeric character";
    faults(text, most, is_dns_subdomain(text), message)
}

/// Returns a `generateName` prefix in a form that is checked like a whole name.
fn mask_trailing_dash(text: &str) -> String {
    match text.strip_suffix('-') {
        Some(rest) if !rest.is_empty() => format!("{rest}a"),
        _ => text.to_owned(),
    }
}

const NAME_PART: &str = "name part must consist of alphanumeric characters, '-', '_' or '.', \
    and must start and end with an alphanumeric character";

fn qualified_name(text: &str) -> Vec<String> {
    let (prefix, name) = text.split_once('/').map_or((None, text), |(prefix, name)| (Some(prefix), name));
    let mut all = prefix.map_or_else(Vec::new, |prefix| subdomain(prefix, 253));
    all.extend(faults(name, 63, is_label_name(name), NAME_PART));
    all
}

fn label_value(text: &str) -> Vec<String> {
    let message = "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', \
        and must start and end with an alphanumeric character";
    faults(text, 63, text.is_empty() || is_label_name(text), message)
}

fn is_uuid(text: &str) -> bool {
    let digits: Vec<u8> = text.bytes().filter(|byte| *byte != b'-').collect();
    digits.len() == 32 && digits.iter().all(u8::is_ascii_hexdigit)
}

/// Decodes base64 with the standard alphabet.
pub(crate) fn decode_base64(text: &str) -> Option<Vec<u8>> {
    use base64::Engine;
    base64::engine::general_purpose::STANDARD.decode(text).ok()
}

fn number(text: &str, at: std::ops::Range<usize>) -> Option<u32> {
    let part = text.get(at)?;
    if part.bytes().all(|byte| byte.is_ascii_digit()) { part.parse().ok() } else { None }
}

/// Tells whether a text is a date, such as `2024-02-29`.
fn is_date(text: &str) -> bool {
    let parts = (number(text, 0..4), number(text, 5..7), number(text, 8..10));
    let (Some(year), Some(month), Some(day)) = parts else { return false };
    let is_leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    let days = match month {
        2 if is_leap => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        1..=12 => 31,
        _ => return false,
    };
    text.len() == 10 && text.as_bytes()[4] == b'-' && text.as_bytes()[7] == b'-' && (1..=days).contains(&day)
}

/// Tells whether a text is a timestamp, such as `2024-02-29T12:00:00Z`.
fn is_datetime(text: &str) -> bool {
    let Some((date, time)) = text.split_at_checked(10) else { return false };
    let Some(time) = time.strip_prefix(['T', 't', ' ']) else { return false };
    let clock = (number(time, 0..2), number(time, 3..5), number(time, 6..8));
    let (Some(hour), Some(minute), Some(second)) = clock else { return false };
    let rest = time.get(8..).unwrap_or("");
    let rest = rest
        .strip_prefix('.')
        .map_or(rest, |fraction| fraction.trim_start_matches(|c: char| c.is_ascii_digit()));
    let is_zone = matches!(rest, "Z" | "z")
        || (rest.len() == 6
            && rest.starts_with(['+', '-'])
            && number(rest, 1..3).is_some()
            && rest.as_bytes()[3] == b':'
            && number(rest, 4..6).is_some());
    is_date(date) && hour < 24 && minute < 60 && second <= 60 && is_zone && time.as_bytes()[2] == b':'
}
