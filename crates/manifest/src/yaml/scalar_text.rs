//! Writes strings: plain, quoted and literal, folded after column 80 like go-yaml.

use std::fmt::Write as _;

use super::style::{Form, Style, is_break, is_printable};
use super::write::push_spaces;

/// The column after which a line is folded at the next space.
const WIDTH: usize = 80;

/// A string to write on the current line.
pub(super) struct Scalar<'a> {
    pub(super) text: &'a str,
    pub(super) style: Style,
    /// The indent of its further lines.
    pub(super) indent: usize,
    /// A key stays on its line.
    pub(super) is_key: bool,
}

impl Scalar<'_> {
    /// Writes the string; `line_start` is the start of the current line in `out`.
    pub(super) fn write(&self, out: &mut String, line_start: &mut usize) {
        let fits = self.is_key || (out.len() - *line_start) + self.text.len() <= WIDTH;
        match self.style.form {
            Form::Plain if fits => out.push_str(self.text),
            Form::Plain => Folder::new(self, out, line_start).plain(),
            Form::SingleQuoted if fits && !self.style.multiline => {
                out.push('\'');
                let mut pieces = self.text.split('\'');
                out.push_str(pieces.next().unwrap_or_default());
                for piece in pieces {
                    out.push_str("''");
                    out.push_str(piece);
                }
                out.push('\'');
            }
            Form::SingleQuoted => Folder::new(self, out, line_start).single_quoted(),
            Form::DoubleQuoted => Folder::new(self, out, line_start).double_quoted(),
            Form::Literal => self.literal(out, line_start),
        }
    }

    fn literal(&self, out: &mut String, line_start: &mut usize) {
        out.push('|');
        push_hints(self.text, out);
        out.push('\n');
        *line_start = out.len();
        for line in self.text.split_inclusive(is_break) {
            if !line.starts_with(is_break) {
                push_spaces(out, self.indent);
            }
            out.push_str(line);
            if line.ends_with(is_break) {
                *line_start = out.len();
            }
        }
    }
}

/// Writes the content of a block after its `|` or `>`.
fn push_hints(text: &str, out: &mut String) {
    if text.starts_with(|first| first == ' ' || is_break(first)) {
        out.push('2');
    }
    let mut last = text.chars().rev();
    match (last.next().is_some_and(is_break), last.next()) {
        (false, _) => out.push('-'),
        (true, None) => out.push('+'),
        (true, Some(before)) if is_break(before) => out.push('+'),
        (true, Some(_)) => {}
    }
}

/// Writes a string as a folded block like go-yaml v3, which checks the start of the string instead of the next line,
/// and so breaks a line in two if a more indented one follows.
pub(super) fn folded(text: &str, indent: usize) -> String {
    let mut out = String::from(">");
    push_hints(text, &mut out);
    out.push('\n');
    let adds_breaks = !text.trim_start_matches(is_break).starts_with([' ', '\t']);
    let (mut at_start, mut is_indented) = (true, true);
    for character in text.chars() {
        if is_break(character) {
            if !at_start && !is_indented && character == '\n' && adds_breaks {
                out.push('\n');
            }
            out.push(character);
            at_start = true;
            continue;
        }
        if at_start {
            push_spaces(&mut out, indent);
            is_indented = matches!(character, ' ' | '\t');
            at_start = false;
        }
        out.push(character);
    }
    out
}

/// Writes a string character by character and tracks the column.
struct Folder<'s, 'o> {
    text: &'s str,
    indent: usize,
    may_fold: bool,
    out: &'o mut String,
    line_start: &'o mut usize,
    column: usize,
}

impl<'s, 'o> Folder<'s, 'o> {
    fn new(scalar: &Scalar<'s>, out: &'o mut String, line_start: &'o mut usize) -> Self {
        let column = out.get(*line_start..).unwrap_or_default().chars().count();
        Self { text: scalar.text, indent: scalar.indent, may_fold: !scalar.is_key, out, line_start, column }
    }

    fn put(&mut self, character: char) {
        self.out.push(character);
        self.column += 1;
    }

    fn put_break(&mut self, character: char) {
        self.out.push(character);
        *self.line_start = self.out.len();
        self.column = 0;
    }

    fn fold(&mut self) {
        self.put_break('\n');
        push_spaces(self.out, self.indent);
        self.column = self.indent;
    }

    fn plain(mut self) {
        self.flow(0..self.text.len(), None);
    }

    fn single_quoted(mut self) {
        self.put('\'');
        // A space at either end would be lost in a fold.
        self.flow(1..self.text.len().saturating_sub(1), Some('\''));
        self.put('\'');
    }

    /// Writes plain or single-quoted text, which may be folded at positions within the range.
    fn flow(&mut self, foldable: std::ops::Range<usize>, doubled: Option<char>) {
        let (mut after_space, mut after_break) = (false, false);
        let mut rest = self.text;
        while !rest.is_empty() {
            let special =
                |character: char| character == ' ' || doubled == Some(character) || is_break(character);
            let (run, tail) = rest.split_at(rest.find(special).unwrap_or(rest.len()));
            let at = self.text.len() - tail.len();
            let mut characters = tail.chars();
            let next = characters.next();
            rest = characters.as_str();
            let quote = next.filter(|next| doubled == Some(*next));
            if !run.is_empty() || quote.is_some() {
                if after_break {
                    self.resume_line();
                }
                self.out.push_str(run);
                self.column += run.chars().count();
                (after_space, after_break) = (false, false);
            }
            match next {
                Some(' ') => {
                    let may_fold = self.may_fold && self.column > WIDTH && foldable.contains(&at);
                    if may_fold && !after_space && !rest.starts_with(' ') {
                        self.fold();
                    } else {
                        self.put(' ');
                    }
                    after_space = true;
                }
                Some(quote) if doubled == Some(quote) => {
                    self.put(quote);
                    self.put(quote);
                }
                Some(character) => {
                    if !after_break && character == '\n' {
                        self.put_break('\n');
                    }
                    self.put_break(character);
                    after_break = true;
                }
                None => {}
            }
        }
    }

    /// Writes the indent after a line break.
    fn resume_line(&mut self) {
        if self.column > self.indent {
            self.put_break('\n');
        }
        push_spaces(self.out, self.indent.saturating_sub(self.column));
        self.column = self.column.max(self.indent);
    }

    fn double_quoted(mut self) {
        self.put('"');
        // go-yaml checks the start for a byte order mark instead of the current character.
        let all = self.text.starts_with('\u{FEFF}');
        let last = self.text.len().saturating_sub(1);
        let mut after_space = false;
        let mut characters = self.text.char_indices().peekable();
        while let Some((at, character)) = characters.next() {
            if all || !is_printable(character) || is_break(character) || matches!(character, '"' | '\\') {
                self.escape(character);
                after_space = false;
            } else if character == ' ' {
                if self.may_fold && !after_space && self.column > WIDTH && at > 0 && at < last {
                    self.fold();
                    if matches!(characters.peek(), Some((_, ' '))) {
                        self.put('\\');
                    }
                } else {
                    self.put(' ');
                }
                after_space = true;
            } else {
                self.put(character);
                after_space = false;
            }
        }
        self.put('"');
    }

    fn escape(&mut self, character: char) {
        let short = match character {
            '\0' => '0',
            '\u{07}' => 'a',
            '\u{08}' => 'b',
            '\t' => 't',
            '\n' => 'n',
            '\u{0B}' => 'v',
            '\u{0C}' => 'f',
            '\r' => 'r',
            '\u{1B}' => 'e',
            '"' => '"',
            '\\' => '\\',
            '\u{85}' => 'N',
            '\u{A0}' => '_',
            '\u{2028}' => 'L',
            '\u{2029}' => 'P',
            other => {
                let value = u32::from(other);
                let written = match value {
                    ..=0xFF => write!(self.out, "\\x{value:02X}"),
                    0x100..=0xFFFF => write!(self.out, "\\u{value:04X}"),
                    _ => write!(self.out, "\\U{value:08X}"),
                };
                written.expect("writing to a string cannot fail");
                self.column += match value {
                    ..=0xFF => 4,
                    0x100..=0xFFFF => 6,
                    _ => 10,
                };
                return;
            }
        };
        self.put('\\');
        self.put(short);
    }
}
