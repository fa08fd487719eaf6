//! How the verbs print floats.

use aqueduct_manifest::float;

use super::Printer;
use crate::value::Value;

impl Printer {
    pub(super) fn float(&mut self, number: f64, verb: char, value: &Value) {
        match verb {
            'v' => self.real(number, 'g', None),
            'b' | 'g' | 'G' | 'x' | 'X' => self.real(number, verb, None),
            'f' | 'e' | 'E' => self.real(number, verb, Some(6)),
            'F' => self.real(number, 'f', Some(6)),
            _ => self.bad_verb(value, verb),
        }
    }

    pub(super) fn complex(&mut self, real: f64, imaginary: f64, verb: char, value: &Value) {
        if !matches!(verb, 'v' | 'b' | 'g' | 'G' | 'x' | 'X' | 'f' | 'F' | 'e' | 'E') {
            return self.bad_verb(value, verb);
        }
        let plus = self.flags.plus;
        self.out.push(b'(');
        self.float(real, verb, value);
        self.flags.plus = true;
        self.float(imaginary, verb, value);
        self.write("i)");
        self.flags.plus = plus;
    }

    fn real(&mut self, number: f64, verb: char, precision: Option<usize>) {
        let flags = self.flags;
        let precision = flags.precision.or(precision);
        let mut text = float::format(number, verb, precision);
        let mut sign = '+';
        if let Some(first) = text.chars().next()
            && matches!(first, '-' | '+')
        {
            sign = first;
            text.remove(0);
        }
        if flags.space && sign == '+' && !flags.plus {
            sign = ' ';
        }
        if !number.is_finite() {
            // Infinity has a sign even if none is requested.
            if number.is_infinite() || flags.space || flags.plus {
                text.insert(0, sign);
            }
            return self.pad_without_zeros(text.as_bytes());
        }
        if flags.sharp && verb != 'b' {
            text = with_point(&text, verb, precision);
        }
        if !flags.plus && sign == '+' {
            return self.pad(text.as_bytes());
        }
        let missing = flags.width.unwrap_or(0).saturating_sub(text.len() + 1);
        text.insert(0, sign);
        if flags.zero && !flags.minus && missing > 0 {
            // The sign comes before the zeros.
            let (sign, digits) = text.split_at(1);
            self.write(sign);
            self.padding(missing);
            self.write(digits);
            return;
        }
        self.pad(text.as_bytes());
    }
}

/// Keeps the decimal point and, under `%g`, trailing zeros, as the `#` flag requires.
fn with_point(text: &str, verb: char, precision: Option<usize>) -> String {
    let hexadecimal = matches!(verb, 'x' | 'X');
    let tail_at = text
        .find(|rune| matches!(rune, 'p' | 'P') || (!hexadecimal && matches!(rune, 'e' | 'E')))
        .unwrap_or(text.len());
    let (body, tail) = text.split_at(tail_at);
    let wanted = if matches!(verb, 'g' | 'G' | 'x') { precision.unwrap_or(6) } else { 0 };
    let significant = body.chars().filter(|rune| *rune != '.').skip_while(|rune| *rune == '0').count();
    let mut missing = wanted.saturating_sub(significant);
    let mut out = body.to_owned();
    if !body.contains('.') {
        // A lone zero counts as a digit.
        if body == "0" {
            missing = missing.saturating_sub(1);
        }
        out.push('.');
    }
    out.extend(std::iter::repeat_n('0', missing));
    out.push_str(tail);
    out
}
