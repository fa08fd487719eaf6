//! How the verbs print integers.

use super::Printer;
use crate::template::quote::{Charset, quote_rune};
use crate::template::rune::is_print;
use crate::value::Value;

impl Printer {
    /// Prints a magnitude; `negative` is `None` for unsigned kinds.
    pub(super) fn integer(&mut self, magnitude: u64, negative: Option<bool>, verb: char, value: &Value) {
        let minus = negative == Some(true);
        // Go casts the bits, so negative numbers become large ones.
        let bits = if minus { magnitude.wrapping_neg() } else { magnitude };
        match verb {
            'v' if self.flags.sharp_v && negative.is_none() => {
                let sharp = std::mem::replace(&mut self.flags.sharp, true);
                self.digits(magnitude, false, 16, 'v');
                self.flags.sharp = sharp;
            }
            'v' | 'd' => self.digits(magnitude, minus, 10, verb),
            'b' => self.digits(magnitude, minus, 2, verb),
            'o' | 'O' => self.digits(magnitude, minus, 8, verb),
            'x' | 'X' => self.digits(magnitude, minus, 16, verb),
            'c' => self.pad(rune(bits).encode_utf8(&mut [0; 4]).as_bytes()),
            'q' => {
                let charset = if self.flags.plus { Charset::Ascii } else { Charset::Unicode };
                self.pad(quote_rune(rune(bits), charset).as_bytes());
            }
            'U' => self.unicode(bits),
            _ => self.bad_verb(value, verb),
        }
    }

    fn digits(&mut self, magnitude: u64, minus: bool, base: u32, verb: char) {
        let flags = self.flags;
        let signed = minus || flags.plus || flags.space;
        let mut least = 0;
        if let Some(precision) = flags.precision {
            least = precision;
            if precision == 0 && magnitude == 0 {
                let width = flags.width.unwrap_or(0);
                self.out.resize(self.out.len() + width, b' ');
                return;
            }
        } else if flags.zero
            && !flags.minus
            && let Some(width) = flags.width
        {
            // The sign takes up one place.
            least = width.saturating_sub(usize::from(signed));
        }
        let digits = match (base, verb) {
            (2, _) => format!("{magnitude:b}"),
            (8, _) => format!("{magnitude:o}"),
            (16, 'X') => format!("{magnitude:X}"),
            (16, _) => format!("{magnitude:x}"),
            _ => magnitude.to_string(),
        };
        let mut text = String::new();
        if minus {
            text.push('-');
        } else if flags.plus {
            text.push('+');
        } else if flags.space {
            text.push(' ');
        }
        let zeros = least.saturating_sub(digits.len());
        if verb == 'O' {
            text.push_str("0o");
        }
        if flags.sharp {
            match base {
                2 => text.push_str("0b"),
                8 if zeros == 0 && !digits.starts_with('0') => text.push('0'),
                16 => text.push_str(if verb == 'X' { "0X" } else { "0x" }),
                _ => {}
            }
        }
        text.extend(std::iter::repeat_n('0', zeros));
        text.push_str(&digits);
        self.pad_without_zeros(text.as_bytes());
    }

    fn unicode(&mut self, bits: u64) {
        let digits = self.flags.precision.unwrap_or(4).max(4);
        let mut text = format!("{bits:X}");
        text.insert_str(0, &"0".repeat(digits.saturating_sub(text.len())));
        text.insert_str(0, "U+");
        if self.flags.sharp
            && let Some(rune) = u32::try_from(bits).ok().and_then(char::from_u32)
            && is_print(rune)
        {
            text.push_str(&format!(" '{rune}'"));
        }
        self.pad_without_zeros(text.as_bytes());
    }
}

fn rune(bits: u64) -> char {
    u32::try_from(bits).ok().and_then(char::from_u32).unwrap_or(char::REPLACEMENT_CHARACTER)
}
