//! How the verbs print strings and byte slices.

use super::Printer;
use crate::template::quote::{Charset, can_backquote, quote};
use crate::template::rune::Runes;
use crate::value::{Kind, Value};

impl Printer {
    pub(super) fn string(&mut self, bytes: &[u8], verb: char, value: &Value) {
        match verb {
            'v' if self.flags.sharp_v => self.quoted(bytes),
            'v' | 's' => {
                let bytes = self.truncate(bytes);
                self.pad(bytes);
            }
            'x' => self.hexadecimal(bytes, b"0123456789abcdefx"),
            'X' => self.hexadecimal(bytes, b"0123456789ABCDEFX"),
            'q' => self.quoted(bytes),
            _ => self.bad_verb(value, verb),
        }
    }

    pub(super) fn bytes(&mut self, bytes: &[u8], verb: char, value: &Value, depth: usize) {
        if matches!(verb, 's' | 'x' | 'X' | 'q') {
            return self.string(bytes, verb, value);
        }
        let go = self.flags.sharp_v;
        if go {
            self.write(if depth == 0 { "[]byte{" } else { "[]uint8{" });
        } else {
            self.out.push(b'[');
        }
        for (index, byte) in bytes.iter().enumerate() {
            if index > 0 {
                self.write(if go { ", " } else { " " });
            }
            self.value(&Value::Uint(Kind::Uint8, (*byte).into()), verb, depth + 1);
        }
        self.out.push(if go { b'}' } else { b']' });
    }

    fn truncate<'a>(&self, bytes: &'a [u8]) -> &'a [u8] {
        let Some(precision) = self.flags.precision else { return bytes };
        let length = Runes(bytes).take(precision).map(|(_, raw)| raw.len()).sum();
        bytes.get(..length).unwrap_or(bytes)
    }

    fn quoted(&mut self, bytes: &[u8]) {
        let bytes = self.truncate(bytes);
        if self.flags.sharp && can_backquote(bytes) {
            let mut text = vec![b'`'];
            text.extend_from_slice(bytes);
            text.push(b'`');
            return self.pad(&text);
        }
        let charset = if self.flags.plus { Charset::Ascii } else { Charset::Unicode };
        self.pad(quote(bytes, charset).as_bytes());
    }

    fn hexadecimal(&mut self, bytes: &[u8], digits: &[u8; 17]) {
        let length = self.flags.precision.map_or(bytes.len(), |precision| precision.min(bytes.len()));
        let bytes = bytes.get(..length).unwrap_or(bytes);
        let prefix = [b'0', digits[16]];
        let mut text = Vec::with_capacity(bytes.len() * 2);
        for (index, byte) in bytes.iter().enumerate() {
            if index > 0 && self.flags.space {
                text.push(b' ');
            }
            if self.flags.sharp && (index == 0 || self.flags.space) {
                text.extend_from_slice(&prefix);
            }
            text.push(digits[usize::from(byte >> 4)]);
            text.push(digits[usize::from(byte & 15)]);
        }
        self.pad(&text);
    }
}
