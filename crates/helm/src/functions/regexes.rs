//! Regular expressions: match, find, replace, split.

use std::borrow::Cow;
use std::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::Rc;

use super::arguments::{Answer, Arguments};
use super::regex_syntax::translate;
use super::strings::check_length;
use crate::template::{Call, FunctionError};
use crate::template::{Charset, can_backquote, quote};
use crate::template::{Runes, is_alphanumeric};
use crate::value::{List, STRING_LIST, Text, Value};

/// A compiled expression with the names of its groups.
struct Expression {
    regex: regex::Regex,
    names: Vec<String>,
    /// How many entries it counts for in the cache.
    weight: usize,
}

/// The maximum size of a compiled expression in bytes, and its maximum nesting depth.
const SIZE_LIMIT: usize = 64 << 20;
/// Up to this size, an expression compiles quickly.
const SMALL_SIZE: usize = 1 << 20;
/// How many template steps compiling an expression takes, in addition to one per byte.
const COMPILE_STEPS: usize = 200;
/// How many more steps compiling a larger expression takes.
const LARGE_STEPS: usize = 1_000_000;
const NEST_LIMIT: u32 = 1000;

/// How many bytes are rescanned per step when a search continues after a match.
const RESCANNED_PER_STEP: usize = 256;

/// How many compiled expressions are cached, and how many of them a large one counts for.
const CACHE_LIMIT: usize = 128;
const LARGE_WEIGHT: usize = 32;

thread_local! {
    // Templates use a few expressions over and over; compiling one takes longer than using it.
    static CACHE: RefCell<BTreeMap<Vec<u8>, Rc<Expression>>> = RefCell::default();
}

/// Returns the compiled expression, or what is wrong with it.
fn compile(call: &mut Call<'_>, expression: &[u8]) -> Result<Result<Rc<Expression>, String>, FunctionError> {
    if let Some(found) = CACHE.with_borrow(|cache| cache.get(expression).cloned()) {
        return Ok(Ok(found));
    }
    call.spend(COMPILE_STEPS + expression.len())?;
    let translation = match translate(expression) {
        Ok(translation) => translation,
        Err(message) => return Ok(Err(message)),
    };
    let build =
        |size| regex::RegexBuilder::new(&translation.pattern).size_limit(size).nest_limit(NEST_LIMIT).build();
    let (regex, weight) = match build(SMALL_SIZE) {
        Ok(regex) => (regex, 1),
        Err(_) => {
            call.spend(LARGE_STEPS)?;
            let Ok(regex) = build(SIZE_LIMIT) else {
                // Only limits can fail here: the translator has checked the syntax.
                let expression = String::from_utf8_lossy(expression);
                return Ok(Err(format!("error parsing regexp: expression too large: `{expression}`")));
            };
            (regex, LARGE_WEIGHT)
        }
    };
    let compiled = Rc::new(Expression { regex, names: translation.names, weight });
    CACHE.with_borrow_mut(|cache| {
        if cache.values().map(|kept| kept.weight).sum::<usize>() + weight > CACHE_LIMIT {
            cache.clear();
        }
        cache.insert(expression.to_vec(), Rc::clone(&compiled));
    });
    Ok(Ok(compiled))
}

/// Compiles an expression for a function that returns the error.
fn must_compile(call: &mut Call<'_>, expression: &[u8]) -> Result<Rc<Expression>, FunctionError> {
    compile(call, expression)?.map_err(FunctionError::new)
}

/// Compiles an expression for a function that panics.
fn compile_or_panic(call: &mut Call<'_>, expression: &[u8]) -> Result<Rc<Expression>, FunctionError> {
    compile(call, expression)?.map_err(|message| {
        let quoted = if can_backquote(expression) {
            format!("`{}`", String::from_utf8_lossy(expression))
        } else {
            quote(expression, Charset::Unicode)
        };
        FunctionError::new(format!("regexp: Compile({quoted}): {message}"))
    })
}

impl Expression {
    fn is_match(&self, bytes: &[u8]) -> bool {
        self.regex.is_match(&Haystack::new(bytes).text)
    }

    /// Returns the positions of the matches, up to a limit; a negative limit means no limit.
    fn find_all(
        &self,
        call: &mut Call<'_>,
        bytes: &[u8],
        limit: i64,
    ) -> Result<Vec<(usize, usize)>, FunctionError> {
        let limit = usize::try_from(limit).unwrap_or(usize::MAX);
        let haystack = Haystack::new(bytes);
        let found = self.regex.find_iter(&haystack.text).map(|found| haystack.place(found));
        collect(call, bytes, found.take(limit), |found| Some(*found))
    }

    /// Returns the positions of each match and its groups.
    fn captures_all(&self, call: &mut Call<'_>, bytes: &[u8]) -> Result<Vec<Groups>, FunctionError> {
        let haystack = Haystack::new(bytes);
        let found = self
            .regex
            .captures_iter(&haystack.text)
            .map(|captures| captures.iter().map(|group| group.map(|found| haystack.place(found))).collect());
        collect(call, bytes, found, |groups: &Groups| groups.first().copied().flatten())
    }
}

/// The bytes to search as Go sees them: each byte that is not UTF-8 is a U+FFFD.
struct Haystack<'a> {
    text: Cow<'a, str>,
    /// The end offsets of the characters that each replace a single byte.
    replaced: Vec<usize>,
}

impl<'a> Haystack<'a> {
    fn new(bytes: &'a [u8]) -> Self {
        if let Ok(text) = std::str::from_utf8(bytes) {
            return Self { text: Cow::Borrowed(text), replaced: Vec::new() };
        }
        let (mut text, mut replaced) = (String::with_capacity(bytes.len()), Vec::new());
        for chunk in bytes.utf8_chunks() {
            text.push_str(chunk.valid());
            for _ in chunk.invalid() {
                text.push(char::REPLACEMENT_CHARACTER);
                replaced.push(text.len());
            }
        }
        Self { text: Cow::Owned(text), replaced }
    }

    /// Returns the position of a match in the original bytes.
    fn place(&self, found: regex::Match<'_>) -> (usize, usize) {
        const GROWTH: usize = char::REPLACEMENT_CHARACTER.len_utf8() - 1;
        let before = |at: usize| at - self.replaced.partition_point(|end| *end <= at) * GROWTH;
        (before(found.start()), before(found.end()))
    }
}

/// The positions of the groups of a match, with the whole match first.
type Groups = Vec<Option<(usize, usize)>>;

/// Collects matches. Finding each one may have scanned the rest of the text, whose length therefore counts.
fn collect<T>(
    call: &mut Call<'_>,
    bytes: &[u8],
    found: impl Iterator<Item = T>,
    place: impl Fn(&T) -> Option<(usize, usize)>,
) -> Result<Vec<T>, FunctionError> {
    let mut all = Vec::new();
    for found in found {
        let end = place(&found).map_or(0, |(_, end)| end);
        call.spend(bytes.len().saturating_sub(end) / RESCANNED_PER_STEP)?;
        all.push(found);
    }
    Ok(all)
}

fn part(bytes: &[u8], (start, end): (usize, usize)) -> &[u8] {
    bytes.get(start..end).unwrap_or_default()
}

pub(super) fn regex_match(call: &mut Call<'_>, arguments: &[Value]) -> Answer {
    let Ok(expression) = compile(call, Arguments(arguments).bytes(0)?)? else { return Ok(false.into()) };
    Ok(expression.is_match(Arguments(arguments).bytes(1)?).into())
}

pub(super) fn must_regex_match(call: &mut Call<'_>, arguments: &[Value]) -> Answer {
    let expression = must_compile(call, Arguments(arguments).bytes(0)?)?;
    Ok(expression.is_match(Arguments(arguments).bytes(1)?).into())
}

fn find(call: &mut Call<'_>, expression: &Expression, arguments: &[Value]) -> Answer {
    let bytes = Arguments(arguments).bytes(1)?;
    let found = expression.find_all(call, bytes, 1)?.first().map(|span| part(bytes, *span));
    Ok(Value::String(Text::from_bytes(found.unwrap_or_default())))
}

pub(super) fn regex_find(call: &mut Call<'_>, arguments: &[Value]) -> Answer {
    let expression = compile_or_panic(call, Arguments(arguments).bytes(0)?)?;
    find(call, &expression, arguments)
}

pub(super) fn must_regex_find(call: &mut Call<'_>, arguments: &[Value]) -> Answer {
    let expression = must_compile(call, Arguments(arguments).bytes(0)?)?;
    find(call, &expression, arguments)
}

fn texts(parts: Vec<Text>) -> Value {
    Value::List(if parts.is_empty() { List::nil(&STRING_LIST) } else { List::strings(parts) })
}

fn find_all(call: &mut Call<'_>, expression: &Expression, arguments: &[Value]) -> Answer {
    let (bytes, limit) = (Arguments(arguments).bytes(1)?, Arguments(arguments).int(2)?);
    let found = expression.find_all(call, bytes, limit)?;
    Ok(texts(found.into_iter().map(|span| Text::from_bytes(part(bytes, span))).collect()))
}

pub(super) fn regex_find_all(call: &mut Call<'_>, arguments: &[Value]) -> Answer {
    let expression = compile_or_panic(call, Arguments(arguments).bytes(0)?)?;
    find_all(call, &expression, arguments)
}

pub(super) fn must_regex_find_all(call: &mut Call<'_>, arguments: &[Value]) -> Answer {
    let expression = must_compile(call, Arguments(arguments).bytes(0)?)?;
    find_all(call, &expression, arguments)
}

fn replace_all(call: &mut Call<'_>, expression: &Expression, arguments: &[Value]) -> Answer {
    let (bytes, template) = (Arguments(arguments).bytes(1)?, Arguments(arguments).bytes(2)?);
    let pieces = pieces(template);
    let (mut out, mut done) = (Vec::with_capacity(bytes.len()), 0);
    for groups in expression.captures_all(call, bytes)? {
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

pub(super) fn regex_replace_all(call: &mut Call<'_>, arguments: &[Value]) -> Answer {
    let expression = compile_or_panic(call, Arguments(arguments).bytes(0)?)?;
    replace_all(call, &expression, arguments)
}

pub(super) fn must_regex_replace_all(call: &mut Call<'_>, arguments: &[Value]) -> Answer {
    let expression = must_compile(call, Arguments(arguments).bytes(0)?)?;
    replace_all(call, &expression, arguments)
}

/// A part of a replacement.
enum Piece<'a> {
    Text(&'a [u8]),
    Number(usize),
    Name(&'a [u8]),
}

/// Splits a replacement into literal text and `$1`, `${1}`, `$name`, `${name}`; `$$` is a dollar sign.
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

fn replace_all_literal(call: &mut Call<'_>, expression: &Expression, arguments: &[Value]) -> Answer {
    let (bytes, replacement) = (Arguments(arguments).bytes(1)?, Arguments(arguments).bytes(2)?);
    let (mut out, mut done) = (Vec::with_capacity(bytes.len()), 0);
    for (start, end) in expression.find_all(call, bytes, -1)? {
        out.extend_from_slice(part(bytes, (done, start)));
        out.extend_from_slice(replacement);
        check_length(out.len())?;
        done = end;
    }
    out.extend_from_slice(bytes.get(done..).unwrap_or_default());
    Ok(Value::String(out.into()))
}

pub(super) fn regex_replace_all_literal(call: &mut Call<'_>, arguments: &[Value]) -> Answer {
    let expression = compile_or_panic(call, Arguments(arguments).bytes(0)?)?;
    replace_all_literal(call, &expression, arguments)
}

pub(super) fn must_regex_replace_all_literal(call: &mut Call<'_>, arguments: &[Value]) -> Answer {
    let expression = must_compile(call, Arguments(arguments).bytes(0)?)?;
    replace_all_literal(call, &expression, arguments)
}

fn split(call: &mut Call<'_>, expression: &Expression, arguments: &[Value]) -> Answer {
    let arguments = Arguments(arguments);
    let (bytes, limit) = (arguments.bytes(1)?, arguments.int(2)?);
    if limit == 0 {
        return Ok(texts(Vec::new()));
    }
    if bytes.is_empty() && !arguments.bytes(0)?.is_empty() {
        return Ok(texts(vec!["".into()]));
    }
    let (mut parts, mut from, mut end) = (Vec::new(), 0, 0);
    for (start, stop) in expression.find_all(call, bytes, limit)? {
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

pub(super) fn regex_split(call: &mut Call<'_>, arguments: &[Value]) -> Answer {
    let expression = compile_or_panic(call, Arguments(arguments).bytes(0)?)?;
    split(call, &expression, arguments)
}

pub(super) fn must_regex_split(call: &mut Call<'_>, arguments: &[Value]) -> Answer {
    let expression = must_compile(call, Arguments(arguments).bytes(0)?)?;
    split(call, &expression, arguments)
}

pub(super) fn regex_quote_meta(_: &mut Call<'_>, arguments: &[Value]) -> Answer {
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
