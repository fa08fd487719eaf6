//! Regular expressions: matched, found, replaced, split.

use std::cell::{OnceCell, RefCell};
use std::collections::BTreeMap;
use std::rc::Rc;

use regex::bytes::{Captures, Regex, RegexBuilder};

use super::arguments::{Answer, Arguments};
use super::regex_syntax::translate;
use super::strings::check_length;
use crate::template::{Call, FunctionError};
use crate::template::{Charset, can_backquote, quote};
use crate::template::{Runes, is_alphanumeric};
use crate::value::{List, STRING_LIST, Text, Value};

/// A compiled expression with the names of its groups.
struct Expression {
    /// For texts that are UTF-8, where empty matches stand between letters only.
    utf8: regex::Regex,
    /// For other texts; made when one comes.
    bytes: OnceCell<Option<Regex>>,
    pattern: String,
    names: Vec<String>,
}

/// How large a compiled expression may be, in bytes, and how deep one may nest.
const SIZE_LIMIT: usize = 64 << 20;
const NEST_LIMIT: u32 = 1000;

/// How many compiled expressions are kept.
const CACHE_LIMIT: usize = 256;

thread_local! {
    // Templates use a few expressions over and over; compiling one takes longer than using it.
    static CACHE: RefCell<BTreeMap<Vec<u8>, Rc<Expression>>> = RefCell::default();
}

fn compile(expression: &[u8]) -> Result<Rc<Expression>, String> {
    if let Some(found) = CACHE.with_borrow(|cache| cache.get(expression).cloned()) {
        return Ok(found);
    }
    let translation = translate(expression)?;
    // What is left are limits: the translator has seen to the notation.
    let too_large =
        || format!("error parsing regexp: expression too large: `{}`", String::from_utf8_lossy(expression));
    let utf8 = regex::RegexBuilder::new(&translation.pattern)
        .size_limit(SIZE_LIMIT)
        .nest_limit(NEST_LIMIT)
        .build()
        .map_err(|_| too_large())?;
    let compiled = Rc::new(Expression {
        utf8,
        bytes: OnceCell::new(),
        pattern: translation.pattern,
        names: translation.names,
    });
    CACHE.with_borrow_mut(|cache| {
        if cache.len() >= CACHE_LIMIT {
            cache.clear();
        }
        cache.insert(expression.to_vec(), Rc::clone(&compiled));
    });
    Ok(compiled)
}

/// Compiles for a function that returns the error.
fn must_compile(expression: &[u8]) -> Result<Rc<Expression>, FunctionError> {
    compile(expression).map_err(FunctionError::new)
}

/// Compiles for a function that panics.
fn compile_or_panic(expression: &[u8]) -> Result<Rc<Expression>, FunctionError> {
    compile(expression).map_err(|message| {
        let quoted = if can_backquote(expression) {
            format!("`{}`", String::from_utf8_lossy(expression))
        } else {
            quote(expression, Charset::Unicode)
        };
        FunctionError::new(format!("regexp: Compile({quoted}): {message}"))
    })
}

impl Expression {
    /// Returns the expression for texts that are not UTF-8.
    fn for_bytes(&self) -> Option<&Regex> {
        let build =
            || RegexBuilder::new(&self.pattern).size_limit(SIZE_LIMIT).nest_limit(NEST_LIMIT).build().ok();
        self.bytes.get_or_init(build).as_ref()
    }

    fn is_match(&self, bytes: &[u8]) -> bool {
        match std::str::from_utf8(bytes) {
            Ok(text) => self.utf8.is_match(text),
            Err(_) => self.for_bytes().is_some_and(|expression| expression.is_match(bytes)),
        }
    }

    /// Returns the places of the matches, at most so many; a negative limit is none.
    fn find_all(&self, bytes: &[u8], limit: i64) -> Vec<(usize, usize)> {
        let limit = usize::try_from(limit).unwrap_or(usize::MAX);
        match std::str::from_utf8(bytes) {
            Ok(text) => {
                self.utf8.find_iter(text).take(limit).map(|found| (found.start(), found.end())).collect()
            }
            Err(_) => {
                let found = self.for_bytes().into_iter().flat_map(|expression| expression.find_iter(bytes));
                found.take(limit).map(|found| (found.start(), found.end())).collect()
            }
        }
    }

    /// Returns where each match and its groups are.
    fn captures_all(&self, bytes: &[u8]) -> Vec<Vec<Option<(usize, usize)>>> {
        fn spans(captures: &Captures<'_>) -> Vec<Option<(usize, usize)>> {
            captures.iter().map(|group| group.map(|found| (found.start(), found.end()))).collect()
        }
        match std::str::from_utf8(bytes) {
            Ok(text) => self
                .utf8
                .captures_iter(text)
                .map(|captures| {
                    captures.iter().map(|group| group.map(|found| (found.start(), found.end()))).collect()
                })
                .collect(),
            Err(_) => {
                let found =
                    self.for_bytes().into_iter().flat_map(|expression| expression.captures_iter(bytes));
                found.map(|captures| spans(&captures)).collect()
            }
        }
    }
}

fn part(bytes: &[u8], (start, end): (usize, usize)) -> &[u8] {
    bytes.get(start..end).unwrap_or_default()
}

pub(super) fn regex_match(_: &mut Call<'_, '_>, arguments: &[Value]) -> Answer {
    let Ok(expression) = compile(Arguments(arguments).bytes(0)?) else { return Ok(false.into()) };
    Ok(expression.is_match(Arguments(arguments).bytes(1)?).into())
}

pub(super) fn must_regex_match(_: &mut Call<'_, '_>, arguments: &[Value]) -> Answer {
    let expression = must_compile(Arguments(arguments).bytes(0)?)?;
    Ok(expression.is_match(Arguments(arguments).bytes(1)?).into())
}

fn find(expression: &Expression, arguments: &[Value]) -> Answer {
    let bytes = Arguments(arguments).bytes(1)?;
    let found = expression.find_all(bytes, 1).first().map(|span| part(bytes, *span));
    Ok(Value::String(Text::from_bytes(found.unwrap_or_default())))
}

pub(super) fn regex_find(_: &mut Call<'_, '_>, arguments: &[Value]) -> Answer {
    find(&*compile_or_panic(Arguments(arguments).bytes(0)?)?, arguments)
}

pub(super) fn must_regex_find(_: &mut Call<'_, '_>, arguments: &[Value]) -> Answer {
    find(&*must_compile(Arguments(arguments).bytes(0)?)?, arguments)
}

fn texts(parts: Vec<Text>) -> Value {
    Value::List(if parts.is_empty() { List::nil(&STRING_LIST) } else { List::strings(parts) })
}

fn find_all(expression: &Expression, arguments: &[Value]) -> Answer {
    let (bytes, limit) = (Arguments(arguments).bytes(1)?, Arguments(arguments).int(2)?);
    let found = expression.find_all(bytes, limit);
    Ok(texts(found.into_iter().map(|span| Text::from_bytes(part(bytes, span))).collect()))
}

pub(super) fn regex_find_all(_: &mut Call<'_, '_>, arguments: &[Value]) -> Answer {
    find_all(&*compile_or_panic(Arguments(arguments).bytes(0)?)?, arguments)
}

pub(super) fn must_regex_find_all(_: &mut Call<'_, '_>, arguments: &[Value]) -> Answer {
    find_all(&*must_compile(Arguments(arguments).bytes(0)?)?, arguments)
}

fn replace_all(expression: &Expression, arguments: &[Value]) -> Answer {
    let (bytes, template) = (Arguments(arguments).bytes(1)?, Arguments(arguments).bytes(2)?);
    let pieces = pieces(template);
    let (mut out, mut done) = (Vec::with_capacity(bytes.len()), 0);
    for groups in expression.captures_all(bytes) {
        let Some(Some((start, end))) = groups.first().copied() else { continue };
        out.extend_from_slice(part(bytes, (done, start)));
        for piece in &pieces {
            let group = match piece {
                Piece::Text(text) => {
                    out.extend_from_slice(text);
                    continue;
                }
                Piece::Number(number) => groups.get(*number).copied().flatten(),
                Piece::Name(name) => {
                    let named = expression.names.iter().zip(groups.iter().skip(1));
                    named.filter(|(own, _)| own.as_bytes() == *name).find_map(|(_, group)| *group)
                }
            };
            out.extend_from_slice(group.map_or(b"".as_slice(), |span| part(bytes, span)));
        }
        check_length(out.len())?;
        done = end;
    }
    out.extend_from_slice(bytes.get(done..).unwrap_or_default());
    Ok(Value::String(out.into()))
}

pub(super) fn regex_replace_all(_: &mut Call<'_, '_>, arguments: &[Value]) -> Answer {
    replace_all(&*compile_or_panic(Arguments(arguments).bytes(0)?)?, arguments)
}

pub(super) fn must_regex_replace_all(_: &mut Call<'_, '_>, arguments: &[Value]) -> Answer {
    replace_all(&*must_compile(Arguments(arguments).bytes(0)?)?, arguments)
}

/// A piece of a replacement.
enum Piece<'a> {
    Text(&'a [u8]),
    Number(usize),
    Name(&'a [u8]),
}

/// Cuts a replacement into its text and its `$1`, `${1}`, `$name`, `${name}`; `$$` is a dollar.
fn pieces(template: &[u8]) -> Vec<Piece<'_>> {
    let mut pieces = Vec::new();
    let mut rest = template;
    while let Some(at) = rest.iter().position(|byte| *byte == b'$') {
        let (text, after) = rest.split_at(at);
        pieces.push(Piece::Text(text));
        let (dollar, after) = after.split_at(1.min(after.len()));
        rest = after;
        if let Some(after) = rest.strip_prefix(b"$") {
            pieces.push(Piece::Text(dollar));
            rest = after;
            continue;
        }
        match reference(rest) {
            Some((piece, after)) => {
                pieces.push(piece);
                rest = after;
            }
            None => pieces.push(Piece::Text(dollar)),
        }
    }
    pieces.push(Piece::Text(rest));
    pieces
}

fn reference(text: &[u8]) -> Option<(Piece<'_>, &[u8])> {
    let inside = text.strip_prefix(b"{");
    let body = inside.unwrap_or(text);
    let letters = Runes(body).take_while(|(rune, _)| is_alphanumeric(*rune));
    let length = letters.map(|(_, bytes)| bytes.len()).sum();
    let (name, mut rest) = body.split_at_checked(length)?;
    let first = *name.first()?;
    if inside.is_some() {
        rest = rest.strip_prefix(b"}")?;
    }
    let is_number = name.iter().all(u8::is_ascii_digit) && !(first == b'0' && name.len() > 1);
    let number = std::str::from_utf8(name).ok().filter(|_| is_number && name.len() < 9);
    Some(match number.and_then(|digits| digits.parse().ok()) {
        Some(number) => (Piece::Number(number), rest),
        None => (Piece::Name(name), rest),
    })
}

fn replace_all_literal(expression: &Expression, arguments: &[Value]) -> Answer {
    let (bytes, replacement) = (Arguments(arguments).bytes(1)?, Arguments(arguments).bytes(2)?);
    let (mut out, mut done) = (Vec::with_capacity(bytes.len()), 0);
    for (start, end) in expression.find_all(bytes, -1) {
        out.extend_from_slice(part(bytes, (done, start)));
        out.extend_from_slice(replacement);
        check_length(out.len())?;
        done = end;
    }
    out.extend_from_slice(bytes.get(done..).unwrap_or_default());
    Ok(Value::String(out.into()))
}

pub(super) fn regex_replace_all_literal(_: &mut Call<'_, '_>, arguments: &[Value]) -> Answer {
    replace_all_literal(&*compile_or_panic(Arguments(arguments).bytes(0)?)?, arguments)
}

pub(super) fn must_regex_replace_all_literal(_: &mut Call<'_, '_>, arguments: &[Value]) -> Answer {
    replace_all_literal(&*must_compile(Arguments(arguments).bytes(0)?)?, arguments)
}

fn split(expression: &Expression, arguments: &[Value]) -> Answer {
    let arguments = Arguments(arguments);
    let (bytes, limit) = (arguments.bytes(1)?, arguments.int(2)?);
    if limit == 0 {
        return Ok(texts(Vec::new()));
    }
    if bytes.is_empty() && !arguments.bytes(0)?.is_empty() {
        return Ok(texts(vec!["".into()]));
    }
    let (mut parts, mut from, mut end) = (Vec::new(), 0, 0);
    for (start, stop) in expression.find_all(bytes, limit) {
        if limit > 0 && i64::try_from(parts.len()).is_ok_and(|count| count + 1 >= limit) {
            break;
        }
        end = start;
        if stop != 0 {
            parts.push(Text::from_bytes(part(bytes, (from, end))));
        }
        from = stop;
    }
    if end != bytes.len() {
        parts.push(Text::from_bytes(part(bytes, (from, bytes.len()))));
    }
    Ok(Value::List(List::strings(parts)))
}

pub(super) fn regex_split(_: &mut Call<'_, '_>, arguments: &[Value]) -> Answer {
    split(&*compile_or_panic(Arguments(arguments).bytes(0)?)?, arguments)
}

pub(super) fn must_regex_split(_: &mut Call<'_, '_>, arguments: &[Value]) -> Answer {
    split(&*must_compile(Arguments(arguments).bytes(0)?)?, arguments)
}

pub(super) fn regex_quote_meta(_: &mut Call<'_, '_>, arguments: &[Value]) -> Answer {
    let bytes = Arguments(arguments).bytes(0)?;
    let mut out = Vec::with_capacity(bytes.len() * 2);
    for byte in bytes {
        if b"\\.+*?()|[]{}^$".contains(byte) {
            out.push(b'\\');
        }
        out.push(*byte);
    }
    Ok(Value::String(out.into()))
}
