//! The two wildcard languages that Helm reads: Go's `filepath.Match`, for `.helmignore` and
//! `--show-only`, and gobwas/glob with `/` as separator, for `.Files.Glob`.
//!
//! A pattern maps the set of positions where a match may start to the set where it may end, piece by piece, so that
//! no pattern takes more than polynomial time.

/// How deep alternatives may nest.
const DEPTH_LIMIT: usize = 64;

/// A compiled pattern.
#[derive(Clone, Debug)]
pub struct Pattern {
    pieces: Vec<Piece>,
}

#[derive(Clone, Debug)]
enum Piece {
    Text(Vec<char>),
    /// `?`: one character that is not a separator.
    Single,
    /// `*`: any characters that are not separators.
    Any,
    /// `**`: any characters.
    Super,
    /// `[a-z]`: one character, separators included.
    Class {
        ranges: Vec<(char, char)>,
        negated: bool,
    },
    /// `{a,b}`.
    Alternatives(Vec<Vec<Piece>>),
}

/// A malformed pattern.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BadPattern;

impl Pattern {
    /// Compiles a pattern of Go's `filepath.Match`.
    ///
    /// # Errors
    /// Fails if the pattern is malformed.
    pub fn path(text: &str) -> Result<Self, BadPattern> {
        let mut pieces = Vec::new();
        let mut literal = Vec::new();
        let mut rest = text.chars().peekable();
        while let Some(character) = rest.next() {
            let piece = match character {
                '*' => Piece::Any,
                '?' => Piece::Single,
                '[' => path_class(&mut rest)?,
                '\\' => {
                    literal.push(rest.next().ok_or(BadPattern)?);
                    continue;
                }
                other => {
                    literal.push(other);
                    continue;
                }
            };
            push_text(&mut pieces, &mut literal);
            pieces.push(piece);
        }
        push_text(&mut pieces, &mut literal);
        Ok(Self { pieces })
    }

    /// Compiles a pattern of gobwas/glob with the separator `/`.
    ///
    /// # Errors
    /// Fails if the pattern is malformed.
    pub fn glob(text: &str) -> Result<Self, BadPattern> {
        let mut reader = GlobReader { rest: text.chars().collect(), at: 0 };
        let mut alternatives = reader.alternatives(0)?;
        let pieces = alternatives.pop().ok_or(BadPattern)?;
        Ok(Self { pieces })
    }

    /// Returns whether the pattern matches the whole text.
    pub fn matches(&self, text: &str) -> bool {
        if let Some(Piece::Text(end)) = self.pieces.last()
            && !end.iter().rev().copied().eq(text.chars().rev().take(end.len()))
        {
            return false;
        }
        let text: Vec<char> = text.chars().collect();
        let mut starts = vec![false; text.len() + 1];
        starts[0] = true;
        advance(&self.pieces, &text, starts).last().copied().unwrap_or(false)
    }
}

fn push_text(pieces: &mut Vec<Piece>, literal: &mut Vec<char>) {
    if !literal.is_empty() {
        pieces.push(Piece::Text(std::mem::take(literal)));
    }
}

fn path_class(rest: &mut std::iter::Peekable<std::str::Chars<'_>>) -> Result<Piece, BadPattern> {
    fn bound(rest: &mut std::iter::Peekable<std::str::Chars<'_>>) -> Result<char, BadPattern> {
        match rest.next().ok_or(BadPattern)? {
            '-' | ']' => Err(BadPattern),
            '\\' => rest.next().ok_or(BadPattern),
            other => Ok(other),
        }
    }
    let negated = rest.next_if_eq(&'^').is_some();
    let mut ranges = Vec::new();
    loop {
        if !ranges.is_empty() && rest.next_if_eq(&']').is_some() {
            return Ok(Piece::Class { ranges, negated });
        }
        let low = bound(rest)?;
        let high = if rest.next_if_eq(&'-').is_some() { bound(rest)? } else { low };
        ranges.push((low, high));
    }
}

struct GlobReader {
    rest: Vec<char>,
    at: usize,
}

impl GlobReader {
    fn peek(&self) -> Option<char> {
        self.rest.get(self.at).copied()
    }

    fn next(&mut self) -> Option<char> {
        let character = self.peek()?;
        self.at += 1;
        Some(character)
    }

    /// Reads to the end or, inside braces, past the closing one. gobwas does not insist on it.
    fn alternatives(&mut self, depth: usize) -> Result<Vec<Vec<Piece>>, BadPattern> {
        if depth > DEPTH_LIMIT {
            return Err(BadPattern);
        }
        let mut alternatives = Vec::new();
        let mut pieces = Vec::new();
        let mut literal = Vec::new();
        while let Some(character) = self.next() {
            let piece = match character {
                '{' => Piece::Alternatives(self.alternatives(depth + 1)?),
                ',' if depth > 0 => {
                    push_text(&mut pieces, &mut literal);
                    alternatives.push(std::mem::take(&mut pieces));
                    continue;
                }
                '}' if depth > 0 => break,
                '[' => self.class()?,
                '?' => Piece::Single,
                '*' if self.peek() == Some('*') => {
                    self.at += 1;
                    Piece::Super
                }
                '*' => Piece::Any,
                '\\' => {
                    literal.extend(self.next());
                    continue;
                }
                other => {
                    literal.push(other);
                    continue;
                }
            };
            push_text(&mut pieces, &mut literal);
            pieces.push(piece);
        }
        push_text(&mut pieces, &mut literal);
        alternatives.push(pieces);
        Ok(alternatives)
    }

    /// Reads a class: either one range or a set of characters, never both.
    fn class(&mut self) -> Result<Piece, BadPattern> {
        let negated = self.peek() == Some('!');
        if negated {
            self.at += 1;
        }
        let first = self.next().ok_or(BadPattern)?;
        let ranges = if self.peek() == Some('-') {
            self.at += 1;
            let last = self.next().ok_or(BadPattern)?;
            if last < first {
                return Err(BadPattern);
            }
            vec![(first, last)]
        } else {
            self.at -= 1;
            let mut set = Vec::new();
            loop {
                match self.next().ok_or(BadPattern)? {
                    ']' => {
                        self.at -= 1;
                        break;
                    }
                    '\\' => set.push(self.next().ok_or(BadPattern)?),
                    other => set.push(other),
                }
            }
            set.into_iter().map(|character| (character, character)).collect()
        };
        if ranges.is_empty() || self.next() != Some(']') {
            return Err(BadPattern);
        }
        Ok(Piece::Class { ranges, negated })
    }
}

/// Returns where matches that start at the given places can end.
fn advance(pieces: &[Piece], text: &[char], mut places: Vec<bool>) -> Vec<bool> {
    for piece in pieces {
        let mut next = vec![false; places.len()];
        match piece {
            Piece::Text(literal) => {
                for (at, _) in places.iter().enumerate().filter(|(_, open)| **open) {
                    if text[at..].starts_with(literal) {
                        next[at + literal.len()] = true;
                    }
                }
            }
            Piece::Single => step(&places, text, &mut next, |character| character != '/'),
            Piece::Class { ranges, negated } => step(&places, text, &mut next, |character| {
                ranges.iter().any(|(low, high)| (*low..=*high).contains(&character)) != *negated
            }),
            Piece::Any => spread(&places, text, &mut next, |character| character != '/'),
            Piece::Super => spread(&places, text, &mut next, |_| true),
            Piece::Alternatives(alternatives) => {
                for alternative in alternatives {
                    for (open, reached) in next.iter_mut().zip(advance(alternative, text, places.clone())) {
                        *open |= reached;
                    }
                }
            }
        }
        places = next;
    }
    places
}

fn step(places: &[bool], text: &[char], next: &mut [bool], fits: impl Fn(char) -> bool) {
    for (at, character) in text.iter().enumerate() {
        if places[at] && fits(*character) {
            next[at + 1] = true;
        }
    }
}

fn spread(places: &[bool], text: &[char], next: &mut [bool], fits: impl Fn(char) -> bool) {
    let mut open = false;
    for at in 0..places.len() {
        open |= places[at];
        next[at] = open;
        open = open && text.get(at).is_some_and(|character| fits(*character));
    }
}

#[cfg(test)]
mod tests {
    use super::Pattern;

    fn check(compile: fn(&str) -> Result<Pattern, super::BadPattern>, cases: &[(&str, &str, Option<bool>)]) {
        for (pattern, text, expected) in cases {
            let actual = compile(pattern).ok().map(|pattern| pattern.matches(text));
            assert_eq!(actual, *expected, "{pattern} on {text}");
        }
    }

    #[test]
    fn path_patterns() {
        check(
            Pattern::path,
            &[
                ("abc", "abc", Some(true)),
                ("*", "abc", Some(true)),
                ("*", "a/b", Some(false)),
                ("*c", "abc", Some(true)),
                ("a*/b", "abc/b", Some(true)),
                ("a*/b", "a/c/b", Some(false)),
                ("a*b*c*d*e*/f", "axbxcxdxe/xxx/f", Some(false)),
                ("ab[c]", "abc", Some(true)),
                ("ab[^e-g]", "abc", Some(true)),
                ("a\\*b", "a*b", Some(true)),
                ("a?b", "a\u{263a}b", Some(true)),
                ("a[^a]b", "a/b", Some(true)),
                ("[]a]", "]", None),
                ("[-]", "-", None),
                ("[\\-x]", "-", Some(true)),
                ("[a-b-c]", "a", None),
                ("[", "a", None),
                ("\\", "a", None),
                ("templates/.?*", "templates/.dotfile", Some(true)),
                ("templates/.?*", "templates/.", Some(false)),
            ],
        );
    }

    #[test]
    fn globs() {
        check(
            Pattern::glob,
            &[
                ("files/*.{sh,sql,sql.gz}", "files/a.sql.gz", Some(true)),
                ("files/*.{sh,sql,sql.gz}", "files/a/b.sql", Some(false)),
                ("files/**", "files/a/b", Some(true)),
                ("rules/**.yaml", "rules/a/b.yaml", Some(true)),
                ("rules/**.yaml", "rules/.yaml", Some(true)),
                ("{a,{b,c}d}e", "cde", Some(true)),
                ("{a,b", "b", Some(true)),
                ("a,b}", "a,b}", Some(true)),
                ("[a-c]", "b", Some(true)),
                ("[!a-c]", "/", Some(true)),
                ("[a-cx]", "b", None),
                ("[abc]", "c", Some(true)),
                ("[]", "", None),
                ("[c-a]", "b", None),
                ("\\*", "*", Some(true)),
                ("?", "/", Some(false)),
                ("", "", Some(true)),
            ],
        );
    }

    #[test]
    fn hostile_patterns_end() {
        let pattern = Pattern::glob(&"{a*,**}".repeat(40)).expect("it is well formed");
        assert!(pattern.matches(&"a".repeat(2000)));
        assert!(Pattern::glob(&"{".repeat(100_000)).is_err());
    }
}
