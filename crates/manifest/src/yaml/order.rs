//! The order of keys in go-yaml's output: alphabetical, with numbers in them compared as numbers.

use std::cmp::Ordering;

use smol_str::SmolStr;

use crate::{Map, Value};

pub(super) type Entry<'a> = (&'a SmolStr, &'a Value);

/// Returns the entries of a map in go-yaml's order.
///
/// Go's order is not transitive for some sets of keys, such as `1`, `2`, `10` and `1a`. The standard sort may panic
/// on such an order, so this has its own merge sort, which is stable and deterministic.
pub(super) fn entries(map: &Map) -> Vec<Entry<'_>> {
    let mut entries: Vec<Entry<'_>> = map.iter().collect();
    let in_order = |pair: &[Entry<'_>]| match pair {
        [left, right] => compare(left.0, right.0) != Ordering::Greater,
        _ => true,
    };
    if !entries.windows(2).all(in_order) {
        entries = sort(&entries);
    }
    entries
}

fn sort<'a>(entries: &[Entry<'a>]) -> Vec<Entry<'a>> {
    if entries.len() < 2 {
        return entries.to_vec();
    }
    let (left, right) = entries.split_at(entries.len() / 2);
    let (left, right) = (sort(left), sort(right));
    let mut merged = Vec::with_capacity(entries.len());
    let (mut left, mut right) = (left.into_iter().peekable(), right.into_iter().peekable());
    while let (Some(first), Some(second)) = (left.peek(), right.peek()) {
        let next = if compare(second.0, first.0) == Ordering::Less { right.next() } else { left.next() };
        merged.extend(next);
    }
    merged.extend(left);
    merged.extend(right);
    merged
}

/// Compares two keys like `keyList.Less` of go-yaml. This is not a total order: [`slice::sort_by`] may panic on it.
pub fn compare(left: &str, right: &str) -> Ordering {
    let same = left.bytes().zip(right.bytes()).take_while(|(left, right)| left == right).count();
    let mut start = same;
    while !left.is_char_boundary(start) {
        start -= 1;
    }
    let before = left.get(..start).unwrap_or_default();
    let (left, right) = (left.get(start..).unwrap_or_default(), right.get(start..).unwrap_or_default());
    let (Some(first), Some(second)) = (left.chars().next(), right.chars().next()) else {
        return left.len().cmp(&right.len());
    };
    match (first.is_alphabetic(), second.is_alphabetic()) {
        (true, true) => return first.cmp(&second),
        (true, false) => return Ordering::Greater,
        (false, true) => return Ordering::Less,
        (false, false) => {}
    }
    // A zero after another digit belongs to a number that started before.
    let mut digits_before = before.chars().rev().take_while(|character| is_digit(*character));
    let inside = (first == '0' || second == '0') && digits_before.any(|digit| digit != '0');
    let (left_number, left_length) = number(left, inside);
    let (right_number, right_length) = number(right, inside);
    left_number.cmp(&right_number).then(left_length.cmp(&right_length)).then(first.cmp(&second))
}

/// Returns the number at the start of a text, and how many digits it has. Go converts any Unicode decimal digit by
/// its distance from `0`, with wrapping.
fn number(text: &str, inside: bool) -> (i64, usize) {
    let digits = text.chars().take_while(|character| is_digit(*character));
    digits.fold((i64::from(inside), 0), |(number, length), digit| {
        let digit = i64::from(u32::from(digit)) - i64::from(b'0');
        (number.wrapping_mul(10).wrapping_add(digit), length + 1)
    })
}

/// Tells whether a character is a decimal digit of any script.
fn is_digit(character: char) -> bool {
    if character.is_ascii() {
        return character.is_ascii_digit();
    }
    let code = u32::from(character);
    let zero = ZEROS.partition_point(|zero| *zero <= code).checked_sub(1).and_then(|at| ZEROS.get(at));
    zero.is_some_and(|zero| code - zero < 10)
}

/// The zeros of all scripts in Unicode's category Nd beyond ASCII; nine digits follow each.
const ZEROS: [u32; 65] = [
    0x0660, 0x06F0, 0x07C0, 0x0966, 0x09E6, 0x0A66, 0x0AE6, 0x0B66, 0x0BE6, 0x0C66, 0x0CE6, 0x0D66, 0x0DE6,
    0x0E50, 0x0ED0, 0x0F20, 0x1040, 0x1090, 0x17E0, 0x1810, 0x1946, 0x19D0, 0x1A80, 0x1A90, 0x1B50, 0x1BB0,
    0x1C40, 0x1C50, 0xA620, 0xA8D0, 0xA900, 0xA9D0, 0xA9F0, 0xAA50, 0xABF0, 0xFF10, 0x104A0, 0x10D30,
    0x11066, 0x110F0, 0x11136, 0x111D0, 0x112F0, 0x11450, 0x114D0, 0x11650, 0x116C0, 0x11730, 0x118E0,
    0x11950, 0x11C50, 0x11D50, 0x11DA0, 0x11F50, 0x16A60, 0x16AC0, 0x16B50, 0x1D7CE, 0x1D7D8, 0x1D7E2,
    0x1D7EC, 0x1D7F6, 0x1E140, 0x1E2F0, 0x1E950,
];
