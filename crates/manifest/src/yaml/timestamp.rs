//! Which texts go-yaml takes for a date: they stay text when read, and are quoted when written.

/// Tells whether Go's `time.Parse` accepts a text in one of go-yaml's four layouts: a date alone, or with
/// a time of day behind `T` or `t` and a zone, or behind a space without a zone.
pub(super) fn is_timestamp(text: &str) -> bool {
    let bytes = text.as_bytes();
    let starts =
        bytes.len() > 4 && bytes.iter().take(4).all(u8::is_ascii_digit) && bytes.get(4) == Some(&b'-');
    starts && parse(bytes).is_some()
}

fn parse(bytes: &[u8]) -> Option<()> {
    let mut rest = Rest(bytes);
    let year = rest.number(4, 4)?;
    rest.expect(b'-')?;
    let month = rest.number(1, 2)?;
    rest.expect(b'-')?;
    let day = rest.number(1, 2)?;
    if !(1..=12).contains(&month) || day < 1 || day > days_in(year, month) {
        return None;
    }
    match rest.0.first() {
        None => return Some(()),
        Some(b'T' | b't') => {
            rest.expect(*rest.0.first()?)?;
            rest.clock()?;
            rest.zone()?;
        }
        Some(b' ') => {
            while rest.expect(b' ').is_some() {}
            rest.clock()?;
        }
        Some(_) => return None,
    }
    rest.0.is_empty().then_some(())
}

/// What is left to read.
struct Rest<'a>(&'a [u8]);

impl Rest<'_> {
    fn expect(&mut self, byte: u8) -> Option<()> {
        let (first, rest) = self.0.split_first()?;
        self.0 = rest;
        if *first == byte { Some(()) } else { None }
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

    fn clock(&mut self) -> Option<()> {
        let hour = self.number(1, 2)?;
        self.expect(b':')?;
        let minute = self.number(1, 2)?;
        self.expect(b':')?;
        let second = self.number(1, 2)?;
        if let [b'.' | b',', b'0'..=b'9', ..] = self.0 {
            self.0 = self.0.get(1..)?;
            let digits = self.0.iter().take_while(|byte| byte.is_ascii_digit()).count();
            self.0 = self.0.get(digits..)?;
        }
        (hour < 24 && minute < 60 && second < 60).then_some(())
    }

    fn zone(&mut self) -> Option<()> {
        match self.0 {
            [b'Z', rest @ ..] => self.0 = rest,
            [b'+' | b'-', rest @ ..] => {
                self.0 = rest;
                let hours = self.number(2, 2)?;
                self.expect(b':')?;
                let minutes = self.number(2, 2)?;
                if hours > 24 || minutes > 60 {
                    return None;
                }
            }
            _ => return None,
        }
        Some(())
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
