//! Dates in go-yaml: yaml.v2 keeps them as strings and quotes them when writing; yaml.v3 converts them to a time,
//! which JSON has in the form of RFC 3339.

use std::fmt::Write as _;

/// A date, or a date and a time of day, in one of go-yaml's four layouts: the date alone, with a time after `T` or
/// `t` and a zone, or with a time after a space and no zone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Timestamp {
    year: u32,
    month: u32,
    day: u32,
    clock: [u32; 3],
    nanoseconds: u32,
    /// Minutes east of Greenwich.
    offset: i32,
}

impl Timestamp {
    /// Parses what Go's `time.Parse` accepts in these layouts.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let mut rest = Rest(text.as_bytes());
        if rest.0.get(4) != Some(&b'-') {
            return None;
        }
        let year = rest.number(4, 4)?;
        rest.expect(b'-')?;
        let month = rest.number(1, 2)?;
        rest.expect(b'-')?;
        let day = rest.number(1, 2)?;
        if !(1..=12).contains(&month) || day < 1 || day > days_in(year, month) {
            return None;
        }
        let mut timestamp = Self { year, month, day, clock: [0; 3], nanoseconds: 0, offset: 0 };
        match rest.0.first() {
            None => return Some(timestamp),
            Some(b'T' | b't') => {
                rest.skip();
                (timestamp.clock, timestamp.nanoseconds) = rest.clock()?;
                timestamp.offset = rest.zone()?;
            }
            Some(b' ') => {
                while rest.0.first() == Some(&b' ') {
                    rest.skip();
                }
                (timestamp.clock, timestamp.nanoseconds) = rest.clock()?;
            }
            Some(_) => return None,
        }
        rest.0.is_empty().then_some(timestamp)
    }

    /// Writes the date as in Go's JSON.
    pub(super) fn to_json(self) -> String {
        let Self { year, month, day, clock: [hour, minute, second], nanoseconds, offset } = self;
        let mut text = format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}");
        if nanoseconds > 0 {
            let fraction = format!("{nanoseconds:09}");
            text.push('.');
            text.push_str(fraction.trim_end_matches('0'));
        }
        if offset == 0 {
            text.push('Z');
        } else {
            let sign = if offset < 0 { '-' } else { '+' };
            let minutes = offset.unsigned_abs();
            write!(text, "{sign}{:02}:{:02}", minutes / 60, minutes % 60)
                .expect("writing to a string cannot fail");
        }
        text
    }
}

/// The rest of the text.
struct Rest<'a>(&'a [u8]);

impl Rest<'_> {
    fn skip(&mut self) {
        self.0 = self.0.get(1..).unwrap_or_default();
    }

    fn expect(&mut self, byte: u8) -> Option<()> {
        let found = self.0.first() == Some(&byte);
        self.skip();
        found.then_some(())
    }

    /// Reads as many digits as there are, within bounds.
    fn number(&mut self, least: usize, most: usize) -> Option<u32> {
        let length = self.0.iter().take(most).take_while(|byte| byte.is_ascii_digit()).count();
        if length < least {
            return None;
        }
        let (digits, rest) = self.0.split_at_checked(length)?;
        self.0 = rest;
        Some(digits.iter().fold(0, |number, digit| number * 10 + u32::from(digit - b'0')))
    }

    /// Reads hours, minutes and seconds, and the fraction as nanoseconds.
    fn clock(&mut self) -> Option<([u32; 3], u32)> {
        let hour = self.number(1, 2)?;
        self.expect(b':')?;
        let minute = self.number(1, 2)?;
        self.expect(b':')?;
        let second = self.number(1, 2)?;
        let mut nanoseconds = 0;
        if let [b'.' | b',', b'0'..=b'9', ..] = self.0 {
            self.skip();
            let mut unit = 100_000_000;
            while let [digit @ b'0'..=b'9', ..] = self.0 {
                nanoseconds += u32::from(digit - b'0') * unit;
                unit /= 10;
                self.skip();
            }
        }
        (hour < 24 && minute < 60 && second < 60).then_some(([hour, minute, second], nanoseconds))
    }

    fn zone(&mut self) -> Option<i32> {
        let sign = match self.0.first()? {
            b'Z' => {
                self.skip();
                return Some(0);
            }
            b'+' => 1,
            b'-' => -1,
            _ => return None,
        };
        self.skip();
        let hours = i32::try_from(self.number(2, 2)?).ok()?;
        self.expect(b':')?;
        let minutes = i32::try_from(self.number(2, 2)?).ok()?;
        (hours <= 24 && minutes <= 60).then_some(sign * (hours * 60 + minutes))
    }
}

fn days_in(year: u32, month: u32) -> u32 {
    match month {
        2 if year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400)) => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}
