//! The format string of `printf`: flags, widths, precisions, argument numbers and verbs.

use super::{Flags, Printer};
use crate::template::rune::decode;
use crate::value::Value;

/// Widths and precisions above this are refused, as in Go.
const LARGEST: i64 = 1_000_000;

/// The current position in a format string.
struct Cursor<'a> {
    format: &'a [u8],
    at: usize,
    values: &'a [Value],
    argument: usize,
    /// An explicit argument number was used somewhere.
    reordered: bool,
    /// The latest explicit argument number was valid.
    good: bool,
    /// The previous item was an argument number.
    after_number: bool,
}

impl Cursor<'_> {
    fn byte(&self) -> Option<u8> {
        self.format.get(self.at).copied()
    }

    /// Reads digits; a number that is too large makes it skip to `end`.
    fn number(&mut self, end: usize) -> Option<i64> {
        let mut number = None;
        while self.at < end {
            let Some(digit @ b'0'..=b'9') = self.byte() else { break };
            let value = number.unwrap_or(0);
            if value > LARGEST {
                self.at = end;
                return None;
            }
            number = Some(value * 10 + i64::from(digit - b'0'));
            self.at += 1;
        }
        number
    }

    /// Reads `[n]`, if present.
    fn argument_number(&mut self) {
        self.after_number = false;
        if self.byte() != Some(b'[') {
            return;
        }
        self.reordered = true;
        let start = self.at;
        let rest = self.format.get(start..).unwrap_or_default();
        let Some(length) = rest.iter().position(|byte| *byte == b']').filter(|_| rest.len() >= 3) else {
            self.at += 1;
            self.good = false;
            return;
        };
        let end = start + length;
        self.at += 1;
        let number = self.number(end).filter(|_| self.at == end);
        self.at = end + 1;
        self.after_number = number.is_some();
        match number
            .and_then(|number| usize::try_from(number - 1).ok())
            .filter(|index| *index < self.values.len())
        {
            Some(index) => self.argument = index,
            None => self.good = false,
        }
    }

    /// Takes an argument as a width or precision.
    fn star(&mut self) -> Option<i64> {
        let value = self.values.get(self.argument)?;
        self.argument += 1;
        value.as_i64().filter(|number| (-LARGEST..=LARGEST).contains(number))
    }
}

impl Printer {
    pub(super) fn directives(&mut self, format: &[u8], values: &[Value]) {
        let mut cursor =
            Cursor { format, at: 0, values, argument: 0, reordered: false, good: true, after_number: false };
        while cursor.at < format.len() {
            let rest = format.get(cursor.at..).unwrap_or_default();
            let plain = memchr::memchr(b'%', rest).unwrap_or(rest.len());
            self.out.extend_from_slice(rest.get(..plain).unwrap_or_default());
            cursor.at += plain;
            if cursor.at < format.len() {
                cursor.at += 1;
                self.directive(&mut cursor);
            }
        }
        if !cursor.reordered && cursor.argument < values.len() {
            self.extra(values.get(cursor.argument..).unwrap_or_default());
        }
    }

    /// Prints one directive whose `%` has been read.
    fn directive(&mut self, cursor: &mut Cursor<'_>) {
        let end = cursor.format.len();
        cursor.good = true;
        self.flags = Flags::default();
        while let Some(byte) = cursor.byte() {
            match byte {
                b'#' => self.flags.sharp = true,
                b'0' => self.flags.zero = true,
                b'+' => self.flags.plus = true,
                b'-' => self.flags.minus = true,
                b' ' => self.flags.space = true,
                _ => break,
            }
            cursor.at += 1;
        }
        cursor.argument_number();
        if cursor.byte() == Some(b'*') {
            cursor.at += 1;
            match cursor.star() {
                None => self.write("%!(BADWIDTH)"),
                Some(width) => {
                    if width < 0 {
                        self.flags.minus = true;
                        self.flags.zero = false;
                    }
                    self.flags.width = usize::try_from(width.unsigned_abs()).ok();
                }
            }
            cursor.after_number = false;
        } else {
            self.flags.width = cursor.number(end).and_then(|width| usize::try_from(width).ok());
            if cursor.after_number && self.flags.width.is_some() {
                cursor.good = false;
            }
        }
        if cursor.byte() == Some(b'.') && cursor.at + 1 < end {
            self.precision(cursor, end);
        }
        if !cursor.after_number {
            cursor.argument_number();
        }
        let Some((verb, width)) = decode(cursor.format.get(cursor.at..).unwrap_or_default()) else {
            return self.write("%!(NOVERB)");
        };
        cursor.at += width;
        if verb == '%' {
            return self.write("%");
        }
        if !cursor.good {
            return self.complain(verb, "(BADINDEX)");
        }
        let Some(value) = cursor.values.get(cursor.argument) else {
            return self.complain(verb, "(MISSING)");
        };
        if matches!(verb, 'v' | 'w') {
            self.flags.sharp_v = std::mem::replace(&mut self.flags.sharp, false);
            self.flags.plus_v = std::mem::replace(&mut self.flags.plus, false);
        }
        cursor.argument += 1;
        self.argument(value, verb);
    }

    fn precision(&mut self, cursor: &mut Cursor<'_>, end: usize) {
        cursor.at += 1;
        if cursor.after_number {
            cursor.good = false;
        }
        cursor.argument_number();
        if cursor.byte() == Some(b'*') {
            cursor.at += 1;
            // A negative precision counts as none.
            self.flags.precision = cursor.star().and_then(|precision| usize::try_from(precision).ok());
            if self.flags.precision.is_none() {
                self.write("%!(BADPREC)");
            }
            cursor.after_number = false;
        } else {
            let precision = cursor.number(end).and_then(|precision| usize::try_from(precision).ok());
            self.flags.precision = Some(precision.unwrap_or(0));
        }
    }

    fn complain(&mut self, verb: char, what: &str) {
        self.write("%!");
        self.push(verb);
        self.write(what);
    }

    fn extra(&mut self, values: &[Value]) {
        self.flags = Flags::default();
        self.write("%!(EXTRA ");
        for (index, value) in values.iter().enumerate() {
            if index > 0 {
                self.write(", ");
            }
            if value.is_nil() {
                self.write("<nil>");
            } else {
                self.write(value.type_name());
                self.out.push(b'=');
                self.argument(value, 'v');
            }
        }
        self.out.push(b')');
    }
}
