//! Diagnostics as text for people: the message, the source lines, and what to do.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::ops::Range;

use annotate_snippets::{AnnotationKind, Element, Group, Level, Origin, Renderer, Snippet};
use aqueduct_manifest::{Diagnostic, Files, Label, Severity, Span, secret};

/// How many more objects with the same cause are listed after the first.
const NAMED: usize = 5;

/// Returns the diagnostics as text, with colours if `styled` is set. Diagnostics with the same cause (the same
/// message and place for several objects, or the same missing API) form one entry.
pub fn report(diagnostics: &[Diagnostic], files: &Files, styled: bool) -> String {
    let renderer = if styled { Renderer::styled() } else { Renderer::plain() };
    // Other findings on the line of a secret must not show that line either.
    let secrets: Vec<&Label> =
        diagnostics.iter().filter(|found| is_secret(found)).flat_map(|found| &found.labels).collect();
    let mut text = String::new();
    for diagnostic in &grouped(diagnostics) {
        text.push_str(&render(diagnostic, &secrets, files, &renderer));
        text.push_str("\n\n");
    }
    text
}

/// Merges findings with the same cause into the first of them.
fn grouped(diagnostics: &[Diagnostic]) -> Vec<Diagnostic> {
    let mut groups: Vec<(&Diagnostic, Vec<&str>)> = Vec::new();
    let mut known: BTreeMap<_, usize> = BTreeMap::new();
    for diagnostic in diagnostics {
        let cause = cause(diagnostic).map(|(title, rest)| {
            let first = diagnostic.labels.first();
            let place = first.filter(|_| !is_missing_api(diagnostic)).map(|label| &label.place);
            let text = first.map(|label| &label.text);
            ((diagnostic.code, diagnostic.severity, rest, &diagnostic.hints, text, place), title)
        });
        match cause {
            Some((cause, title)) => match known.get(&cause) {
                Some(group) => groups[*group].1.push(title),
                None => {
                    known.insert(cause, groups.len());
                    groups.push((diagnostic, Vec::new()));
                }
            },
            None => groups.push((diagnostic, Vec::new())),
        }
    }
    let entry = |(first, others): (&Diagnostic, Vec<&str>)| match others.len() {
        0 => first.clone(),
        count => {
            let dots = if count > NAMED { ", …" } else { "" };
            let names = others.into_iter().take(NAMED).collect::<Vec<_>>().join(", ");
            first.clone().hint(format!("the same goes for {count} more: {names}{dots}"))
        }
    };
    groups.into_iter().map(entry).collect()
}

/// Splits a message into the object that it begins with and the rest.
fn cause(diagnostic: &Diagnostic) -> Option<(&str, &str)> {
    diagnostic.labels.first()?;
    let end = diagnostic.message.strip_prefix('`')?.find('`')? + 2;
    Some(diagnostic.message.split_at(end))
}

/// Tells whether the finding is about an API that one line of the environment would declare for all files.
fn is_missing_api(diagnostic: &Diagnostic) -> bool {
    diagnostic.code == "api-provided" && diagnostic.message.contains("that the cluster does not have")
}

fn is_secret(diagnostic: &Diagnostic) -> bool {
    diagnostic.code == "plaintext-secret"
}

/// Tells whether two ranges of a text share a line.
fn shares_line(text: &str, one: &Range<usize>, other: Span) -> bool {
    let start = text[..one.start].rfind('\n').map_or(0, |at| at + 1);
    let end = text[one.end..].find('\n').map_or(text.len(), |at| one.end + at);
    (other.start as usize) <= end && start <= other.end as usize
}

fn render(diagnostic: &Diagnostic, secrets: &[&Label], files: &Files, renderer: &Renderer) -> String {
    let level = match diagnostic.severity {
        Severity::Error => Level::ERROR,
        Severity::Warning => Level::WARNING,
    };
    // An excerpt needs the file's text. A place in a file that was not read is printed as a note.
    let shown: Vec<_> = diagnostic
        .labels
        .iter()
        .filter_map(|label| {
            let text = files.text(&label.place.file)?;
            let span = label.place.span?;
            let end = (span.end as usize).min(text.len());
            let start = (span.start as usize).min(end);
            (text.is_char_boundary(start) && text.is_char_boundary(end)).then_some((label, text, start..end))
        })
        .collect();
    let texts: Vec<Cow<'_, str>> = shown.iter().map(|(_, text, span)| masked(text, span)).collect();
    let title = level.primary_title(diagnostic.message.as_str()).id(diagnostic.code);
    let mut elements: Vec<Element<'_>> = Vec::new();
    for (number, ((label, text, span), masked)) in shown.iter().zip(&texts).enumerate() {
        // Printing the line would put the secret into the log of every run.
        let is_near = |secret: &&Label| {
            secret.place.file == label.place.file
                && secret.place.span.is_some_and(|other| shares_line(text, span, other))
        };
        if is_secret(diagnostic) || secrets.iter().any(is_near) {
            let position = Span::from(span.clone()).position(text);
            let origin = Origin::path(&*label.place.file).line(position.line as usize);
            elements.push(origin.char_column(position.column as usize).into());
            continue;
        }
        let kind = if number == 0 { AnnotationKind::Primary } else { AnnotationKind::Context };
        let annotation = kind.span(span.clone());
        let annotation =
            if label.text.is_empty() { annotation } else { annotation.label(label.text.as_str()) };
        elements.push(Snippet::source(&**masked).path(&*label.place.file).annotation(annotation).into());
    }
    for label in &diagnostic.labels {
        if !shown.iter().any(|(other, _, _)| std::ptr::eq(*other, label)) {
            let separator = if label.text.is_empty() { "" } else { ": " };
            let place = format!("in {}{separator}{}", label.place.file, label.text);
            elements.push(Level::NOTE.message(place).into());
        }
    }
    for hint in &diagnostic.hints {
        elements.push(Level::HELP.with_name(Some("hint")).message(hint.as_str()).into());
    }
    let report = elements.into_iter().fold(Group::with_title(title), Group::element);
    renderer.render(&[report])
}

/// Masks secrets on the lines of a span without moving any position in the text.
fn masked<'t>(text: &'t str, span: &Range<usize>) -> Cow<'t, str> {
    let start = text[..span.start].rfind('\n').map_or(0, |at| at + 1);
    let end = text[span.end..].find('\n').map_or(text.len(), |at| span.end + at);
    let lines = &text[start..end];
    if secret::value("", lines).is_none() {
        return Cow::Borrowed(text);
    }
    let hidden: String = lines
        .split_inclusive('\n')
        .flat_map(|line| {
            let value = line.find(['=', ':']).map_or(0, |at| at + 1);
            let (name, value) =
                if secret::value("", line).is_some() { line.split_at(value) } else { (line, "") };
            let stars =
                value.bytes().map(|byte| if byte.is_ascii_whitespace() { char::from(byte) } else { '*' });
            name.chars().chain(stars).collect::<Vec<_>>()
        })
        .collect();
    Cow::Owned([&text[..start], &hidden, &text[end..]].concat())
}

/// Returns the summary line with the number of errors and warnings; `None` if there are none.
pub fn summary(diagnostics: &[Diagnostic]) -> Option<String> {
    let errors = diagnostics.iter().filter(|diagnostic| diagnostic.is_error()).count();
    let warnings = diagnostics.len() - errors;
    let count = |number: usize, word: &str| format!("{number} {word}{}", if number == 1 { "" } else { "s" });
    match (errors, warnings) {
        (0, 0) => None,
        (0, _) => Some(count(warnings, "warning")),
        (_, 0) => Some(count(errors, "error")),
        _ => Some(format!("{}, {}", count(errors, "error"), count(warnings, "warning"))),
    }
}
