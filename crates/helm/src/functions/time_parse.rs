//! Parses times with Go's layouts and Go's errors.

use super::duration::quote;
use super::time_layout::{Field, MONTHS, Offset, WEEKDAYS, next_field};

/// What a layout found in a text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Parsed {
    pub(super) year: i64,
    /// Starts at 1.
    pub(super) month: i64,
    pub(super) day: i64,
    pub(super) hour: i64,
    pub(super) minute: i64,
    pub(super) second: i64,
    pub(super) nanosecond: u32,
    pub(super) zone: ParsedZone,
}

/// The zone in a text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum ParsedZone {
    /// The text has none.
    None,
    Utc,
    /// Seconds east of UTC, with a name if one was read.
    Offset(i32, String),
    Name(String),
}

/// An invalid field: missing, or a number out of range.
enum Bad {
    Syntax,
    Range(&'static str),
}

struct Reader<'a> {
    rest: &'a [u8],
    year: i64,
    month: Option<i64>,
    day: Option<i64>,
    year_day: Option<i64>,
    hour: i64,
    minute: i64,
    second: i64,
    nanosecond: u32,
    afternoon: Option<bool>,
    offset: Option<i32>,
    zone: String,
    utc: bool,
}

/// Parses a time with a layout.
///
/// # Errors
/// Fails, in Go's wording, if the text does not follow the layout or is not a valid date.
pub(crate) fn parse(layout: &[u8], text: &[u8]) -> Result<Parsed, String> {
    let mismatch = |wanted: &[u8], found: &[u8]| {
        format!(
            "parsing time {} as {}: cannot parse {} as {}",
            quote(text),
            quote(layout),
            quote(found),
            quote(wanted)
        )
    };
    let failure = |message: &str| format!("parsing time {}{message}", quote(text));
    let mut reader = Reader {
        rest: text,
        year: 0,
        month: None,
        day: None,
        year_day: None,
        hour: 0,
        minute: 0,
        second: 0,
        nanosecond: 0,
        afternoon: None,
        offset: None,
        zone: String::new(),
        utc: false,
    };
    let mut left = layout;
    loop {
        let cut = next_field(left);
        if !reader.skip(cut.prefix) {
            return Err(mismatch(cut.prefix, reader.rest));
        }
        let Some(field) = cut.field else {
            if !reader.rest.is_empty() {
                return Err(failure(&format!(": extra text: {}", quote(reader.rest))));
            }
            break;
        };
        left = cut.rest;
        let hold = reader.rest;
        match reader.read(field, left) {
            Ok(()) => {}
            Err(Bad::Syntax) => return Err(mismatch(cut.written, hold)),
            Err(Bad::Range(what)) => return Err(failure(&format!(": {what} out of range"))),
        }
    }
    reader.finish().map_err(failure)
}

impl Reader<'_> {
    fn skip(&mut self, mut prefix: &[u8]) -> bool {
        while let Some((first, after)) = prefix.split_first() {
            if *first == b' ' {
                if self.rest.first().is_some_and(|next| *next != b' ') {
                    return false;
                }
                prefix = prefix.trim_ascii_start_spaces();
                self.rest = self.rest.trim_ascii_start_spaces();
                continue;
            }
            match self.rest.split_first() {
                Some((next, rest)) if next == first => {
                    self.rest = rest;
                    prefix = after;
                }
                _ => return false,
            }
        }
        true
    }

    fn read(&mut self, field: Field, layout: &[u8]) -> Result<(), Bad> {
        match field {
            Field::Year => {
                let year = self.digits(2)?;
                self.year = if year >= 69 { year + 1900 } else { year + 2000 };
            }
            Field::LongYear => {
                if !self.digit_at(0) {
                    return Err(Bad::Syntax);
                }
                self.year = self.digits(4)?;
            }
            Field::Month => self.month = Some(self.name(&MONTHS, true)? + 1),
            Field::LongMonth => self.month = Some(self.name(&MONTHS, false)? + 1),
            Field::NumericMonth | Field::ZeroMonth => {
                let month = self.number(field == Field::ZeroMonth)?;
                self.month = Some(within(month, 1, 12, "month")?);
            }
            Field::Weekday => {
                self.name(&WEEKDAYS, true)?;
            }
            Field::LongWeekday => {
                self.name(&WEEKDAYS, false)?;
            }
            Field::Day | Field::SpaceDay | Field::ZeroDay => {
                if field == Field::SpaceDay {
                    self.skip_space();
                }
                self.day = Some(self.number(field == Field::ZeroDay)?);
            }
            Field::SpaceYearDay | Field::ZeroYearDay => {
                if field == Field::SpaceYearDay {
                    self.skip_space();
                    self.skip_space();
                }
                self.year_day = Some(self.three_digits(field == Field::ZeroYearDay)?);
            }
            Field::Hour24 => self.hour = within(self.number(false)?, 0, 23, "hour")?,
            Field::Hour12 | Field::ZeroHour12 => {
                self.hour = within(self.number(field == Field::ZeroHour12)?, 0, 12, "hour")?;
            }
            Field::Minute | Field::ZeroMinute => {
                self.minute = within(self.number(field == Field::ZeroMinute)?, 0, 59, "minute")?;
            }
            Field::Second | Field::ZeroSecond => {
                self.second = within(self.number(field == Field::ZeroSecond)?, 0, 59, "second")?;
                let follows = matches!(self.rest.first(), Some(b'.' | b',')) && self.digit_at(1);
                let expected = matches!(
                    next_field(layout).field,
                    Some(Field::Fraction { .. } | Field::ShortFraction { .. })
                );
                if follows && !expected {
                    self.fraction(1 + self.digits_from(1))?;
                }
            }
            Field::UpperMeridiem => self.meridiem(b"AM", b"PM")?,
            Field::LowerMeridiem => self.meridiem(b"am", b"pm")?,
            Field::Offset(offset) => self.numeric_zone(offset)?,
            Field::ZoneName => self.zone_name()?,
            Field::Fraction { digits, .. } => self.fraction(1 + digits)?,
            Field::ShortFraction { .. } => {
                if matches!(self.rest.first(), Some(b'.' | b',')) && self.digit_at(1) {
                    self.fraction(1 + self.digits_from(1))?;
                }
            }
        }
        Ok(())
    }

    fn take(&mut self, length: usize) -> Result<&[u8], Bad> {
        let (taken, rest) = self.rest.split_at_checked(length).ok_or(Bad::Syntax)?;
        self.rest = rest;
        Ok(taken)
    }

    fn skip_space(&mut self) {
        if let Some((b' ', rest)) = self.rest.split_first() {
            self.rest = rest;
        }
    }

    fn digit_at(&self, at: usize) -> bool {
        self.rest.get(at).is_some_and(u8::is_ascii_digit)
    }

    fn digits_from(&self, at: usize) -> usize {
        self.rest.iter().skip(at).take_while(|byte| byte.is_ascii_digit()).count()
    }

    fn digits(&mut self, length: usize) -> Result<i64, Bad> {
        decimal(self.take(length)?)
    }

    fn number(&mut self, two_digits: bool) -> Result<i64, Bad> {
        match (self.digit_at(0), self.digit_at(1)) {
            (true, true) => self.digits(2),
            (true, false) if !two_digits => self.digits(1),
            _ => Err(Bad::Syntax),
        }
    }

    fn three_digits(&mut self, all: bool) -> Result<i64, Bad> {
        let length = self.digits_from(0).min(3);
        if length == 0 || all && length < 3 {
            return Err(Bad::Syntax);
        }
        self.digits(length)
    }

    fn name(&mut self, names: &[&str], short: bool) -> Result<i64, Bad> {
        for (index, name) in names.iter().enumerate() {
            let name = if short { name.get(..3).unwrap_or(name) } else { name };
            let (found, rest) = self.rest.split_at_checked(name.len()).unwrap_or_default();
            if !found.is_empty() && found.eq_ignore_ascii_case(name.as_bytes()) {
                self.rest = rest;
                return i64::try_from(index).map_err(|_| Bad::Syntax);
            }
        }
        Err(Bad::Syntax)
    }

    fn meridiem(&mut self, morning: &[u8], afternoon: &[u8]) -> Result<(), Bad> {
        let found = self.take(2)?;
        let is_afternoon = found == afternoon;
        if !is_afternoon && found != morning {
            return Err(Bad::Syntax);
        }
        self.afternoon = Some(is_afternoon);
        Ok(())
    }

    fn fraction(&mut self, length: usize) -> Result<(), Bad> {
        let text = self.take(length)?;
        let (separator, digits) = text.split_first().ok_or(Bad::Syntax)?;
        if !matches!(separator, b'.' | b',') {
            return Err(Bad::Syntax);
        }
        let digits = digits.get(..9).unwrap_or(digits);
        let value = u32::try_from(decimal(digits)?).map_err(|_| Bad::Syntax)?;
        let missing = 9_u32.saturating_sub(u32::try_from(digits.len()).unwrap_or(9));
        self.nanosecond = value.saturating_mul(10_u32.saturating_pow(missing));
        Ok(())
    }

    fn numeric_zone(&mut self, offset: Offset) -> Result<(), Bad> {
        if let (true, Some((b'Z', rest))) = (offset.zulu, self.rest.split_first()) {
            self.rest = rest;
            self.utc = true;
            return Ok(());
        }
        let colons = if offset.colon { usize::from(offset.parts) - 1 } else { 0 };
        let text = self.take(1 + 2 * usize::from(offset.parts) + colons)?;
        let (sign, numbers) = text.split_first().ok_or(Bad::Syntax)?;
        let mut parts = [0_i64; 3];
        let step = if offset.colon { 3 } else { 2 };
        for (index, part) in parts.iter_mut().take(usize::from(offset.parts)).enumerate() {
            let start = index * step;
            if offset.colon && index > 0 && numbers.get(start - 1) != Some(&b':') {
                return Err(Bad::Syntax);
            }
            *part = decimal(numbers.get(start..start + 2).ok_or(Bad::Syntax)?)?;
        }
        let [hours, minutes, seconds] = parts;
        let hours = within(hours, 0, 24, "time zone offset hour")?;
        let minutes = within(minutes, 0, 60, "time zone offset minute")?;
        let seconds = within(seconds, 0, 60, "time zone offset second")?;
        let total = i32::try_from((hours * 60 + minutes) * 60 + seconds).map_err(|_| Bad::Syntax)?;
        self.offset = Some(match sign {
            b'+' => total,
            b'-' => -total,
            _ => return Err(Bad::Syntax),
        });
        Ok(())
    }

    fn zone_name(&mut self) -> Result<(), Bad> {
        if let Some(rest) = self.rest.strip_prefix(b"UTC") {
            self.rest = rest;
            self.utc = true;
            return Ok(());
        }
        let length = zone_name_length(self.rest).ok_or(Bad::Syntax)?;
        self.zone = String::from_utf8_lossy(self.take(length)?).into_owned();
        Ok(())
    }

    fn finish(self) -> Result<Parsed, &'static str> {
        let hour = match self.afternoon {
            Some(true) if self.hour < 12 => self.hour + 12,
            Some(false) if self.hour == 12 => 0,
            _ => self.hour,
        };
        let (mut month, mut day) = (self.month, self.day);
        if let Some(year_day) = self.year_day {
            let (found_month, found_day) =
                month_and_day(self.year, year_day).ok_or(": day-of-year out of range")?;
            if month.is_some_and(|month| month != found_month) {
                return Err(": day-of-year does not match month");
            }
            if day.is_some_and(|day| day != found_day) {
                return Err(": day-of-year does not match day");
            }
            (month, day) = (Some(found_month), Some(found_day));
        }
        let (month, day) = (month.unwrap_or(1), day.unwrap_or(1));
        if day < 1 || day > days_in(self.year, month) {
            return Err(": day out of range");
        }
        let zone = match (self.utc, self.offset) {
            (true, _) => ParsedZone::Utc,
            (false, Some(offset)) => ParsedZone::Offset(offset, self.zone),
            (false, None) if self.zone.is_empty() => ParsedZone::None,
            (false, None) => ParsedZone::Name(self.zone),
        };
        Ok(Parsed {
            year: self.year,
            month,
            day,
            hour,
            minute: self.minute,
            second: self.second,
            nanosecond: self.nanosecond,
            zone,
        })
    }
}

trait TrimSpaces {
    fn trim_ascii_start_spaces(&self) -> &Self;
}

impl TrimSpaces for [u8] {
    fn trim_ascii_start_spaces(&self) -> &Self {
        let spaces = self.iter().take_while(|byte| **byte == b' ').count();
        self.get(spaces..).unwrap_or_default()
    }
}

fn decimal(digits: &[u8]) -> Result<i64, Bad> {
    digits.iter().try_fold(0_i64, |value, byte| {
        if !byte.is_ascii_digit() {
            return Err(Bad::Syntax);
        }
        Ok(value * 10 + i64::from(byte - b'0'))
    })
}

fn within(value: i64, least: i64, most: i64, what: &'static str) -> Result<i64, Bad> {
    if (least..=most).contains(&value) { Ok(value) } else { Err(Bad::Range(what)) }
}

fn is_leap(year: i64) -> bool {
    year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
}

fn days_in(year: i64, month: i64) -> i64 {
    match month {
        2 if is_leap(year) => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

fn month_and_day(year: i64, year_day: i64) -> Option<(i64, i64)> {
    let mut left = year_day;
    for month in 1..=12 {
        let days = days_in(year, month);
        if (1..=days).contains(&left) {
            return Some((month, left));
        }
        left -= days;
    }
    None
}

fn zone_name_length(text: &[u8]) -> Option<usize> {
    if text.len() < 3 {
        return None;
    }
    if text.starts_with(b"ChST") || text.starts_with(b"MeST") {
        return Some(4);
    }
    if let Some(rest) = text.strip_prefix(b"GMT") {
        return Some(3 + signed_offset_length(rest));
    }
    if matches!(text.first(), Some(b'+' | b'-')) {
        return Some(signed_offset_length(text)).filter(|length| *length > 0);
    }
    let capitals = text.iter().take(6).take_while(|byte| byte.is_ascii_uppercase()).count();
    match capitals {
        3 => Some(3),
        4 if text.get(3) == Some(&b'T') || text.starts_with(b"WITA") => Some(4),
        5 if text.get(4) == Some(&b'T') => Some(5),
        _ => None,
    }
}

fn signed_offset_length(text: &[u8]) -> usize {
    let Some((b'+' | b'-', rest)) = text.split_first() else { return 0 };
    let digits = rest.iter().take_while(|byte| byte.is_ascii_digit()).count();
    let value = rest.get(..digits).filter(|digits| (1..=18).contains(&digits.len()));
    match value.map(decimal) {
        Some(Ok(hours)) if hours <= 23 => 1 + digits,
        _ => 0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(layout: &str, text: &str, expected: (i64, i64, i64, i64, i64, i64, u32)) {
        let parsed = parse(layout.as_bytes(), text.as_bytes()).expect("the text follows the layout");
        let found = (
            parsed.year,
            parsed.month,
            parsed.day,
            parsed.hour,
            parsed.minute,
            parsed.second,
            parsed.nanosecond,
        );
        assert_eq!(found, expected, "{text} by {layout}");
    }

    #[test]
    fn layouts() {
        check("2006-01-02", "2017-12-31", (2017, 12, 31, 0, 0, 0, 0));
        check(
            "2006-01-02T15:04:05Z07:00",
            "2017-12-31T10:11:12.5+02:00",
            (2017, 12, 31, 10, 11, 12, 500_000_000),
        );
        check("Mon Jan _2 15:04:05 2006", "Thu Feb  4 21:00:57 2010", (2010, 2, 4, 21, 0, 57, 0));
        check("3:04PM", "12:05AM", (0, 1, 1, 0, 5, 0, 0));
        check("2006-002", "2020-060", (2020, 2, 29, 0, 0, 0, 0));
        check("Monday, 02-Jan-06 15:04:05 MST", "Monday, 07-Nov-94 01:02:03 CET", (1994, 11, 7, 1, 2, 3, 0));
        check("15:04:05.000", "01:02:03,250", (0, 1, 1, 1, 2, 3, 250_000_000));
    }

    #[test]
    fn refused() {
        for (layout, text, message) in [
            ("2006-01-02", "bad", r#"parsing time "bad" as "2006-01-02": cannot parse "bad" as "2006""#),
            ("2006-01-02", "2017-13-01", r#"parsing time "2017-13-01": month out of range"#),
            ("2006-01-02", "2017-02-30", r#"parsing time "2017-02-30": day out of range"#),
            ("2006-01-02", "2017-02-20x", r#"parsing time "2017-02-20x": extra text: "x""#),
            ("2006-01-02", "2017/02", r#"parsing time "2017/02" as "2006-01-02": cannot parse "/02" as "-""#),
        ] {
            assert_eq!(parse(layout.as_bytes(), text.as_bytes()), Err(message.to_owned()));
        }
    }
}

#[cfg(test)]
mod properties {
    use proptest::prelude::*;

    use super::parse;
    use crate::functions::time::{Time, Zone};

    proptest! {
        /// A time written with a full layout reads back unchanged.
        #[test]
        fn times_come_back(seconds in -62_135_596_800_i64..253_402_300_799, nanosecond in 0_u32..1_000_000_000) {
            let time = Time { seconds, nanosecond, zone: Zone::Utc };
            for layout in ["2006-01-02T15:04:05.999999999Z07:00", "Mon, 02 Jan 2006 15:04:05.000000000 -0700", "2006-002 3:4:5.999999999PM MST"] {
                let text = time.format(layout.as_bytes());
                let parsed = parse(layout.as_bytes(), text.as_bytes());
                let again = parsed.map(|parsed| Time::from_parsed(&parsed, "UTC"));
                prop_assert!(
                    again.as_ref().is_ok_and(|again| (again.seconds, again.nanosecond) == (seconds, nanosecond)),
                    "{text:?} by {layout}: {again:?}"
                );
            }
        }

        #[test]
        fn any_text_is_read(layout in r"[0-9a-zA-Z:/. _+,-]{0,24}", text in r"[0-9a-zA-Z:/. _+,-]{0,24}") {
            let _ = parse(layout.as_bytes(), text.as_bytes());
        }
    }
}
