//! The output formats of a review: text for a terminal, Markdown for a comment, JSON for programs, HTML for a closer
//! look.

use std::fmt::Write as _;

use anstyle::{AnsiColor, Style};
use aqueduct_review::{Review, html, print};
use clap::ValueEnum;

use super::diff::{ADDED, REMOVED};
use super::{Failure, Outcome};
use crate::terminal::Terminal;

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Format {
    /// The effects of the changes, most serious first, then the differences, each once.
    Text,
    /// The same for a pull request comment, at most 65,536 characters.
    Markdown,
    /// Every object and field, as `{"changes": [...]}`.
    Json,
    /// A self-contained HTML page with search, filters and diagrams.
    Html,
}

/// The most characters that a forge accepts in a comment.
const COMMENT: usize = 65_536;

const WARNING: Style = AnsiColor::Yellow.on_default();

/// Shows a review, and tells whether anything differs.
pub(super) fn show(
    review: &Review,
    format: Format,
    title: &dyn Fn() -> String,
    terminal: &Terminal,
) -> Result<Outcome, Failure> {
    match format {
        Format::Text => {
            let text = print::text(review);
            let text = terminal.width().map_or(text.clone(), |width| wrapped(&text, width));
            terminal.page(&coloured(&text))?;
            if review.changes.is_empty() {
                terminal.say("no differences");
            }
        }
        Format::Markdown => super::print(terminal, &print::markdown(review, COMMENT))?,
        Format::Json => super::print(terminal, &print::json(review))?,
        Format::Html => super::print(terminal, &html(review, &title()))?,
    }
    Ok(if review.changes.is_empty() { Outcome::Done } else { Outcome::Found })
}

/// Colours lines by their signs, which carry the same information.
fn coloured(text: &str) -> String {
    let mut coloured = String::new();
    for line in text.lines() {
        let style = match line.as_bytes() {
            [b'!', ..] => WARNING,
            [b'+', ..] | [b' ', b' ', b' ', b' ', b'+', ..] => ADDED,
            [b'-', ..] | [b' ', b' ', b' ', b' ', b'-', ..] => REMOVED,
            _ => Style::new(),
        };
        let _ = writeln!(coloured, "{style}{line}{style:#}");
    }
    coloured
}

/// Breaks long lines between words, and indents the rest of a line.
fn wrapped(text: &str, width: usize) -> String {
    const INDENT: &str = "      ";
    let mut out = String::new();
    for line in text.lines() {
        let mut used = 0;
        for (number, word) in line.split_inclusive(' ').enumerate() {
            let length = word.chars().count();
            if number > 0 && used + word.trim_end().chars().count() > width && used > INDENT.len() {
                out.truncate(out.trim_end().len());
                let _ = write!(out, "\n{INDENT}");
                used = INDENT.len();
            }
            out.push_str(word);
            used += length;
        }
        out.push('\n');
    }
    out
}

#[cfg(test)]
mod tests {
    use super::wrapped;

    #[test]
    fn long_lines_break_between_words() {
        let text = "! restart: new pods, rolling (Deployment shop/web)\n    -one\n~ averyveryveryverylongwordthatfitsnowhere stays\n";
        insta::assert_snapshot!(wrapped(text, 24), @r"
        ! restart: new pods,
              rolling
              (Deployment
              shop/web)
            -one
        ~ averyveryveryverylongwordthatfitsnowhere
              stays
        ");
    }
}
