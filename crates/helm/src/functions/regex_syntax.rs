//! Translates Go's regular expressions into the syntax of the `regex` crate.
//!
//! Both engines find leftmost-first matches in linear time, but their syntax differs: in Go, `\d`, `\w` and `\b` are
//! ASCII only, `{,3}` and `[[a]` are literal, `\Q...\E` quotes, and stacked or large repetitions are errors. The
//! translator parses all of Go's syntax, so that the errors are Go's own.

use super::regex_escape::{class_rune, escaped_class, escaped_rune, is_posix_class};
use super::regex_refusal::{Outcome, before, refusal, tail};

/// A translated expression.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Translation {
    /// The expression for the `regex` crate; its groups have no names.
    pub(super) pattern: String,
    /// The names of the groups, starting with group 1; empty if a group has none.
    pub(super) names: Vec<String>,
}

/// The highest count of a repetition; for nested ones, the product of their counts.
const REPEAT_LIMIT: u64 = 1000;

struct Translator<'a> {
    whole: &'a str,
    rest: &'a str,
    out: String,
    names: Vec<String>,
    groups: Vec<Group>,
    /// The product of the repetition counts within the previous item; `None` if there is nothing to repeat before the
    /// current position.
    operand: Option<u64>,
    /// The product of the repetition counts within the current group.
    weight: u64,
    /// Where the last repetition began, if nothing came after it.
    last_repeat: Option<&'a str>,
}

struct Group {
    weight: u64,
}

/// Checks an expression.
///
/// # Errors
/// Fails with Go's message if Go does not accept the expression.
pub(crate) fn check(expression: &str) -> Outcome<()> {
    translate(expression.as_bytes()).map(drop)
}

/// Translates an expression.
///
/// # Errors
/// Fails with Go's message if Go does not accept the expression.
pub(super) fn translate(expression: &[u8]) -> Outcome<Translation> {
    let whole = match std::str::from_utf8(expression) {
        Ok(whole) => whole,
        Err(error) => {
            let rest = expression.get(error.valid_up_to()..).unwrap_or_default();
            return Err(refusal("invalid UTF-8", &String::from_utf8_lossy(rest)));
        }
    };
    let mut translator = Translator {
        whole,
        rest: whole,
        out: String::with_capacity(whole.len() + 8),
        names: Vec::new(),
        groups: Vec::new(),
        operand: None,
        weight: 1,
        last_repeat: None,
    };
    while !translator.rest.is_empty() {
        translator.step()?;
    }
    if !translator.groups.is_empty() {
        return Err(refusal("missing closing )", whole));
    }
    Ok(Translation { pattern: translator.out, names: translator.names })
}

impl<'a> Translator<'a> {
    fn step(&mut self) -> Outcome<()> {
        let start = self.rest;
        let repeat = self.last_repeat.take();
        let Some(first) = start.chars().next() else { return Ok(()) };
        match first {
            '(' if start.starts_with("(?") => self.special_group()?,
            '(' => {
                self.names.push(String::new());
                self.open("(");
                self.rest = tail(start, 1);
            }
            '|' => {
                self.out.push('|');
                self.operand = None;
                self.rest = tail(start, 1);
            }
            ')' => {
                let Some(group) = self.groups.pop() else {
                    return Err(refusal("unexpected )", self.whole));
                };
                self.out.push(')');
                let inner = self.weight;
                self.weight = group.weight;
                self.push_operand(inner);
                self.rest = tail(start, 1);
            }
            '^' | '$' | '.' => {
                self.out.push(first);
                self.push_operand(1);
                self.rest = tail(start, 1);
            }
            '[' => self.class()?,
            '*' | '+' | '?' => {
                self.rest = tail(start, 1);
                self.out.push(first);
                self.repetition(start, repeat, None)?;
            }
            '{' => match repeat_counts(start) {
                None => {
                    self.literal('{');
                    self.rest = tail(start, 1);
                }
                Some((least, most, rest)) => {
                    let (Some(least), most) = (least, most) else {
                        return Err(refusal("invalid repeat count", before(start, rest)));
                    };
                    if least > REPEAT_LIMIT || most.is_some_and(|most| most > REPEAT_LIMIT || most < least) {
                        return Err(refusal("invalid repeat count", before(start, rest)));
                    }
                    self.rest = rest;
                    self.out.push_str(before(start, rest));
                    self.repetition(start, repeat, Some((least, most)))?;
                }
            },
            '\\' => self.escape()?,
            _ => {
                self.literal(first);
                self.rest = tail(start, first.len_utf8());
            }
        }
        Ok(())
    }

    fn push_operand(&mut self, weight: u64) {
        self.operand = Some(weight);
        self.weight = self.weight.max(weight);
    }

    fn literal(&mut self, rune: char) {
        push_literal(&mut self.out, rune);
        self.push_operand(1);
    }

    fn open(&mut self, text: &str) {
        self.out.push_str(text);
        self.groups.push(Group { weight: self.weight });
        self.weight = 1;
        self.operand = None;
    }

    /// Checks a repetition whose operator has been written; `counts` are those of `{2,5}`.
    fn repetition(
        &mut self,
        start: &'a str,
        last_repeat: Option<&'a str>,
        counts: Option<(u64, Option<u64>)>,
    ) -> Outcome<()> {
        if let Some(rest) = self.rest.strip_prefix('?') {
            self.rest = rest;
            self.out.push('?');
        }
        if let Some(last) = last_repeat {
            return Err(refusal("invalid nested repetition operator", before(last, self.rest)));
        }
        let Some(weight) = self.operand else {
            return Err(refusal("missing argument to repetition operator", before(start, self.rest)));
        };
        if let Some((least, most)) = counts {
            let weight = match most {
                Some(0) => 1,
                Some(most) => most.saturating_mul(weight),
                None => least.max(1).saturating_mul(weight),
            };
            if (least >= 2 || most.is_some_and(|most| most >= 2)) && weight > REPEAT_LIMIT {
                return Err(refusal("invalid repeat count", before(start, self.rest)));
            }
            self.push_operand(weight);
        }
        self.last_repeat = Some(start);
        Ok(())
    }

    fn special_group(&mut self) -> Outcome<()> {
        let start = self.rest;
        for prefix in ["(?P<", "(?<"] {
            let Some(after) = start.strip_prefix(prefix).filter(|after| !after.is_empty()) else { continue };
            let Some(end) = after.find('>') else {
                return Err(refusal("invalid named capture", start));
            };
            let (name, rest) = after.split_at(end);
            let rest = tail(rest, 1);
            if name.is_empty() || !name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_') {
                return Err(refusal("invalid named capture", before(start, rest)));
            }
            self.names.push(name.to_owned());
            self.open("(");
            self.rest = rest;
            return Ok(());
        }
        let mut rest = tail(start, 2);
        let (mut negated, mut saw_flag) = (false, false);
        while let Some(next) = rest.chars().next() {
            rest = tail(rest, next.len_utf8());
            match next {
                'i' | 'm' | 's' | 'U' => saw_flag = true,
                '-' if !negated => {
                    negated = true;
                    saw_flag = false;
                }
                ':' | ')' if !negated || saw_flag => {
                    let flags = before(start, rest);
                    self.rest = rest;
                    if next == ':' {
                        self.open(flags);
                    } else if flags != "(?)" {
                        self.out.push_str(flags);
                    }
                    return Ok(());
                }
                _ => break,
            }
        }
        Err(refusal("invalid or unsupported Perl syntax", before(start, rest)))
    }

    fn escape(&mut self) -> Outcome<()> {
        let start = self.rest;
        let after = tail(start, 2);
        let zero_width = match start.as_bytes().get(1) {
            Some(b'A') => Some(r"\A"),
            Some(b'b') => Some(r"(?-u:\b)"),
            Some(b'B') => Some(r"(?-u:\B)"),
            Some(b'z') => Some(r"\z"),
            Some(b'C') => return Err(refusal("invalid escape sequence", r"\C")),
            Some(b'Q') => {
                let (quoted, rest) = after.split_once("\\E").unwrap_or((after, ""));
                for rune in quoted.chars() {
                    self.literal(rune);
                }
                self.rest = rest;
                return Ok(());
            }
            _ => None,
        };
        if let Some(text) = zero_width {
            self.out.push_str(text);
            self.push_operand(1);
            self.rest = after;
            return Ok(());
        }
        if let Some((class, rest)) = escaped_class(start)? {
            self.out.push_str(&class);
            self.push_operand(1);
            self.rest = rest;
            return Ok(());
        }
        let (rune, rest) = escaped_rune(start)?;
        self.literal(rune);
        self.rest = rest;
        Ok(())
    }

    fn class(&mut self) -> Outcome<()> {
        let start = self.rest;
        let mut rest = tail(start, 1);
        self.out.push('[');
        if let Some(after) = rest.strip_prefix('^') {
            self.out.push('^');
            rest = after;
        }
        let mut first = true;
        while rest.is_empty() || !rest.starts_with(']') || first {
            first = false;
            if rest.starts_with("[:")
                && let Some(end) = tail(rest, 2).find(":]")
            {
                let after = tail(rest, end + 4);
                let name = before(rest, after);
                if !is_posix_class(name) {
                    return Err(refusal("invalid character class range", name));
                }
                self.out.push_str(name);
                rest = after;
                continue;
            }
            if let Some((class, after)) = escaped_class(rest)? {
                self.out.push_str(&class);
                rest = after;
                continue;
            }
            let range = rest;
            let (low, after) = class_rune(rest, start)?;
            rest = after;
            let mut high = low;
            if let Some(after) =
                rest.strip_prefix('-').filter(|after| !after.is_empty() && !after.starts_with(']'))
            {
                (high, rest) = class_rune(after, start)?;
                if high < low {
                    return Err(refusal("invalid character class range", before(range, rest)));
                }
            }
            self.out.push_str(&format!("\\x{{{:x}}}", u32::from(low)));
            if high != low {
                self.out.push_str(&format!("-\\x{{{:x}}}", u32::from(high)));
            }
        }
        self.out.push(']');
        self.push_operand(1);
        self.rest = tail(rest, 1);
        Ok(())
    }
}

fn push_literal(out: &mut String, rune: char) {
    if rune.is_ascii() && !rune.is_ascii_alphanumeric() {
        out.push_str(&format!("\\x{:02x}", u32::from(rune)));
    } else {
        out.push(rune);
    }
}

/// Parses `{2}`, `{2,}` or `{2,5}` and returns the minimum (`None` if a number is too big), the maximum, and the
/// rest. Returns `None` if the brace is a literal.
fn repeat_counts(text: &str) -> Option<(Option<u64>, Option<u64>, &str)> {
    let (mut least, rest) = repeat_count(text.strip_prefix('{')?)?;
    let (most, rest) = match rest.strip_prefix(',') {
        None => (least, rest),
        Some(after) if after.starts_with('}') => (None, after),
        Some(after) => {
            let (most, rest) = repeat_count(after)?;
            if most.is_none() {
                least = None;
            }
            (most, rest)
        }
    };
    Some((least, most, rest.strip_prefix('}')?))
}

fn repeat_count(text: &str) -> Option<(Option<u64>, &str)> {
    let length = text.bytes().take_while(u8::is_ascii_digit).count();
    let (digits, rest) = text.split_at_checked(length)?;
    if digits.is_empty() || digits.len() > 1 && digits.starts_with('0') {
        return None;
    }
    Some((digits.parse().ok().filter(|count| *count < 1_000_000_000), rest))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(expression: &str, text: &str, expected: &str) {
        let translation = translate(expression.as_bytes()).expect("Go takes the expression");
        let regex = regex::Regex::new(&translation.pattern).expect("the translation is an expression");
        assert_eq!(regex.find(text).map_or("", |found| found.as_str()), expected, "{expression}");
    }

    #[test]
    fn meanings() {
        check(r"\Qa.b\E+", "xa.bbb", "a.bbb");
        check(r"a{,3}", "a{,3}", "a{,3}");
        check(r"x{", "x{", "x{");
        check(r"[[a]+", "x[a", "[a");
        check(r"[a-z&&b]+", "a&b", "a&b");
        check(r"[]a]+", "]a", "]a");
        check(r"\d+", "٣5", "5");
        check(r"\w+", "éa", "a");
        check(r"\bfoo", "éfoo", "foo");
        check(r"\B", "é", "");
        check(r"(?i)É", "é", "é");
        check(r"(?P<a>x)(?<a>y)", "xy", "xy");
        check(r"\p{Greek}+", "aαβ", "αβ");
        check(r"\pL+", "é1", "é");
        check(r"[^\D]+", "a12", "12");
        check(r"\x{263a}\x41\101", "\u{263a}AA", "\u{263a}AA");
        check(r"a{2,3}?", "aaa", "aa");
        check("a b#c", "a b#c", "a b#c");
    }

    #[test]
    fn refused() {
        for (expression, message) in [
            ("[", "missing closing ]: `[`"),
            ("(", "missing closing ): `(`"),
            ("a)", "unexpected ): `a)`"),
            ("a(?=b)", "invalid or unsupported Perl syntax: `(?=`"),
            ("(?P<n", "invalid named capture: `(?P<n`"),
            ("(?P<n-a>x)", "invalid named capture: `(?P<n-a>`"),
            ("a**", "invalid nested repetition operator: `**`"),
            ("a{2}{3}", "invalid nested repetition operator: `{2}{3}`"),
            ("a*??", "invalid nested repetition operator: `*??`"),
            ("*a", "missing argument to repetition operator: `*`"),
            ("(|*)", "missing argument to repetition operator: `*`"),
            ("a{1001}", "invalid repeat count: `{1001}`"),
            ("(a{100}){11}", "invalid repeat count: `{11}`"),
            ("a{5,2}", "invalid repeat count: `{5,2}`"),
            (r"\8", r"invalid escape sequence: `\8`"),
            (r"\1", r"invalid escape sequence: `\1`"),
            (r"\y", r"invalid escape sequence: `\y`"),
            (r"\xg1", r"invalid escape sequence: `\xg1`"),
            ("\\", "trailing backslash at end of expression: ``"),
            ("[z-a]", "invalid character class range: `z-a`"),
            ("[[:foo:]]", "invalid character class range: `[:foo:]`"),
            (r"\pX", r"invalid character class range: `\pX`"),
            (r"\p{Nope}", r"invalid character class range: `\p{Nope}`"),
            ("[a--b]", "invalid character class range: `a--`"),
        ] {
            let expected = format!("error parsing regexp: {message}");
            assert_eq!(translate(expression.as_bytes()), Err(expected), "{expression}");
        }
    }
}

#[cfg(test)]
mod properties {
    use proptest::prelude::*;

    use super::translate;

    proptest! {
        /// Whatever the translator accepts is a valid expression of the `regex` crate.
        #[test]
        fn translations_are_expressions(expression in r"[ab01(){}\[\]^$.*+?|\\:\-,&~idswbpLQEPxé<>n#]{0,14}") {
            if let Ok(translation) = translate(expression.as_bytes()) {
                let built = regex::Regex::new(&translation.pattern);
                prop_assert!(built.is_ok(), "{expression:?} became {:?}: {built:?}", translation.pattern);
            }
        }

        #[test]
        fn any_bytes_are_read(expression in prop::collection::vec(any::<u8>(), 0..40)) {
            let _ = translate(&expression);
        }
    }
}
