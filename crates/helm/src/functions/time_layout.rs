//! Go's time layouts: dates formatted and parsed by example (`Mon Jan _2 15:04:05 2006`).

/// One piece of a layout.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Field {
    LongMonth,
    Month,
    NumericMonth,
    ZeroMonth,
    LongWeekday,
    Weekday,
    Day,
    SpaceDay,
    ZeroDay,
    SpaceYearDay,
    ZeroYearDay,
    Hour24,
    Hour12,
    ZeroHour12,
    Minute,
    ZeroMinute,
    Second,
    ZeroSecond,
    LongYear,
    Year,
    UpperMeridiem,
    LowerMeridiem,
    ZoneName,
    /// An offset from UTC.
    Offset(Offset),
    /// `.000`: digits after the separator, keeping trailing zeros.
    Fraction {
        digits: usize,
        comma: bool,
    },
    /// `.999`: the same, dropping trailing zeros.
    ShortFraction {
        digits: usize,
        comma: bool,
    },
}

/// How an offset from UTC is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Offset {
    /// Whether UTC is written as `Z`.
    pub(super) zulu: bool,
    /// Whether colons separate the numbers.
    pub(super) colon: bool,
    /// The precision: 1 for hours, 2 for minutes, 3 for seconds.
    pub(super) parts: u8,
}

pub(super) const MONTHS: [&str; 12] = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];

pub(super) const WEEKDAYS: [&str; 7] =
    ["Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"];

const OFFSETS: [(&[u8], Offset); 10] = [
    (b"-07:00:00", Offset { zulu: false, colon: true, parts: 3 }),
    (b"-070000", Offset { zulu: false, colon: false, parts: 3 }),
    (b"-07:00", Offset { zulu: false, colon: true, parts: 2 }),
    (b"-0700", Offset { zulu: false, colon: false, parts: 2 }),
    (b"-07", Offset { zulu: false, colon: false, parts: 1 }),
    (b"Z07:00:00", Offset { zulu: true, colon: true, parts: 3 }),
    (b"Z070000", Offset { zulu: true, colon: false, parts: 3 }),
    (b"Z07:00", Offset { zulu: true, colon: true, parts: 2 }),
    (b"Z0700", Offset { zulu: true, colon: false, parts: 2 }),
    (b"Z07", Offset { zulu: true, colon: false, parts: 1 }),
];

/// A layout split at its next field: the text before it, the field and its own text, and the rest.
pub(super) struct Cut<'a> {
    pub(super) prefix: &'a [u8],
    pub(super) field: Option<Field>,
    /// The field as the layout writes it.
    pub(super) written: &'a [u8],
    pub(super) rest: &'a [u8],
}

/// Finds the next field of a layout.
pub(super) fn next_field(layout: &[u8]) -> Cut<'_> {
    for at in 0..layout.len() {
        let Some((field, length)) = layout.get(at..).and_then(field_at) else { continue };
        let (prefix, rest) = layout.split_at(at);
        let (written, rest) = rest.split_at(length.min(rest.len()));
        return Cut { prefix, field: Some(field), written, rest };
    }
    Cut { prefix: layout, field: None, written: &[], rest: &[] }
}

fn field_at(rest: &[u8]) -> Option<(Field, usize)> {
    let starts = |text: &str| rest.starts_with(text.as_bytes());
    // `Month` is not a field, so a short name must not be followed by a lower-case letter.
    let ends_word = |length: usize| !rest.get(length).is_some_and(u8::is_ascii_lowercase);
    Some(match rest.first()? {
        b'J' if starts("January") => (Field::LongMonth, 7),
        b'J' if starts("Jan") && ends_word(3) => (Field::Month, 3),
        b'M' if starts("Monday") => (Field::LongWeekday, 6),
        b'M' if starts("Mon") && ends_word(3) => (Field::Weekday, 3),
        b'M' if starts("MST") => (Field::ZoneName, 3),
        b'0' if starts("002") => (Field::ZeroYearDay, 3),
        b'0' => {
            let field = match rest.get(1)? {
                b'1' => Field::ZeroMonth,
                b'2' => Field::ZeroDay,
                b'3' => Field::ZeroHour12,
                b'4' => Field::ZeroMinute,
                b'5' => Field::ZeroSecond,
                b'6' => Field::Year,
                _ => return None,
            };
            (field, 2)
        }
        b'1' if starts("15") => (Field::Hour24, 2),
        b'1' => (Field::NumericMonth, 1),
        b'2' if starts("2006") => (Field::LongYear, 4),
        b'2' => (Field::Day, 1),
        b'_' if starts("_2006") => return None,
        b'_' if starts("__2") => (Field::SpaceYearDay, 3),
        b'_' if starts("_2") => (Field::SpaceDay, 2),
        b'3' => (Field::Hour12, 1),
        b'4' => (Field::Minute, 1),
        b'5' => (Field::Second, 1),
        b'P' if starts("PM") => (Field::UpperMeridiem, 2),
        b'p' if starts("pm") => (Field::LowerMeridiem, 2),
        b'-' | b'Z' => {
            let (text, offset) = OFFSETS.iter().find(|(text, _)| rest.starts_with(text))?;
            (Field::Offset(*offset), text.len())
        }
        separator @ (b'.' | b',') => {
            let digit = *rest.get(1).filter(|byte| matches!(byte, b'0' | b'9'))?;
            let digits = rest.get(1..)?.iter().take_while(|byte| **byte == digit).count();
            if rest.get(digits + 1).is_some_and(u8::is_ascii_digit) {
                return None;
            }
            let comma = *separator == b',';
            let field = if digit == b'0' {
                Field::Fraction { digits, comma }
            } else {
                Field::ShortFraction { digits, comma }
            };
            (field, digits + 1)
        }
        _ => return None,
    })
}

/// What a layout can show of a point in time, in its zone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Clock<'a> {
    pub(super) year: i64,
    /// Starts at 1.
    pub(super) month: u8,
    pub(super) day: u8,
    /// Starts at 0, which is Sunday.
    pub(super) weekday: u8,
    /// Starts at 1.
    pub(super) year_day: u16,
    pub(super) hour: u8,
    pub(super) minute: u8,
    pub(super) second: u8,
    pub(super) nanosecond: u32,
    /// The zone's name at this time; empty if it has none.
    pub(super) zone: &'a str,
    /// The seconds east of UTC.
    pub(super) offset: i32,
}

/// Formats a time with a layout.
pub(super) fn format(clock: &Clock<'_>, mut layout: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(layout.len() + 10);
    while !layout.is_empty() {
        let cut = next_field(layout);
        out.extend_from_slice(cut.prefix);
        let Some(field) = cut.field else { break };
        write_field(clock, field, &mut out);
        layout = cut.rest;
    }
    out
}

fn write_field(clock: &Clock<'_>, field: Field, out: &mut Vec<u8>) {
    let hour12 = if clock.hour.is_multiple_of(12) { 12 } else { clock.hour % 12 };
    let month = MONTHS.get(usize::from(clock.month).wrapping_sub(1)).copied().unwrap_or_default();
    let weekday = WEEKDAYS.get(usize::from(clock.weekday)).copied().unwrap_or_default();
    let short = |name: &'static str| name.get(..3).unwrap_or(name).to_owned();
    let text = match field {
        Field::LongMonth => month.to_owned(),
        Field::Month => short(month),
        Field::NumericMonth => clock.month.to_string(),
        Field::ZeroMonth => format!("{:02}", clock.month),
        Field::LongWeekday => weekday.to_owned(),
        Field::Weekday => short(weekday),
        Field::Day => clock.day.to_string(),
        Field::SpaceDay => format!("{:2}", clock.day),
        Field::ZeroDay => format!("{:02}", clock.day),
        Field::SpaceYearDay => format!("{:3}", clock.year_day),
        Field::ZeroYearDay => format!("{:03}", clock.year_day),
        Field::Hour24 => format!("{:02}", clock.hour),
        Field::Hour12 => hour12.to_string(),
        Field::ZeroHour12 => format!("{hour12:02}"),
        Field::Minute => clock.minute.to_string(),
        Field::ZeroMinute => format!("{:02}", clock.minute),
        Field::Second => clock.second.to_string(),
        Field::ZeroSecond => format!("{:02}", clock.second),
        Field::LongYear if clock.year < 0 => format!("-{:04}", clock.year.unsigned_abs()),
        Field::LongYear => format!("{:04}", clock.year),
        Field::Year => format!("{:02}", clock.year.max(0) % 100),
        Field::UpperMeridiem => if clock.hour >= 12 { "PM" } else { "AM" }.to_owned(),
        Field::LowerMeridiem => if clock.hour >= 12 { "pm" } else { "am" }.to_owned(),
        Field::ZoneName if clock.zone.is_empty() => unnamed_zone(clock.offset),
        Field::ZoneName => clock.zone.to_owned(),
        Field::Offset(offset) if offset.zulu && clock.offset == 0 => "Z".to_owned(),
        Field::Offset(offset) => offset_text(offset, clock.offset),
        Field::Fraction { digits, comma } => fraction(clock.nanosecond, digits, comma),
        Field::ShortFraction { digits, comma } => {
            let text = fraction(clock.nanosecond, digits, comma);
            let trimmed = text.trim_end_matches('0');
            if trimmed.len() > 1 { trimmed.to_owned() } else { String::new() }
        }
    };
    out.extend_from_slice(text.as_bytes());
}

fn unnamed_zone(offset: i32) -> String {
    let minutes = offset / 60;
    let sign = if minutes < 0 { '-' } else { '+' };
    let minutes = minutes.unsigned_abs();
    format!("{sign}{:02}{:02}", minutes / 60, minutes % 60)
}

fn offset_text(offset: Offset, seconds: i32) -> String {
    let minutes = seconds / 60;
    let sign = if minutes < 0 { '-' } else { '+' };
    let (minutes, seconds) = (minutes.unsigned_abs(), seconds.unsigned_abs() % 60);
    let colon = if offset.colon { ":" } else { "" };
    let mut text = format!("{sign}{:02}", minutes / 60);
    if offset.parts > 1 {
        text.push_str(&format!("{colon}{:02}", minutes % 60));
    }
    if offset.parts > 2 {
        text.push_str(&format!("{colon}{seconds:02}"));
    }
    text
}

fn fraction(nanosecond: u32, digits: usize, comma: bool) -> String {
    let text = format!("{nanosecond:09}");
    let mut shown: String = text.chars().take(digits).collect();
    // A layout may request more digits than nanoseconds have.
    shown.extend(std::iter::repeat_n('0', digits.min(64).saturating_sub(9)));
    format!("{}{shown}", if comma { ',' } else { '.' })
}
