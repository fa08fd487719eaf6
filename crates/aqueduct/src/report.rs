//! Diagnostics as people read them: the message, the lines of the source, and what to do.

use std::borrow::Cow;
use std::ops::Range;

use annotate_snippets::{AnnotationKind, Element, Group, Level, Origin, Renderer, Snippet};
use aqueduct_manifest::{Diagnostic, Files, Severity, Span, secret};

/// Returns the diagnostics as text, one after the other; colours where the renderer has them.
pub fn report(diagnostics: &[Diagnostic], files: &Files, styled: bool) -> String {
    let renderer = if styled { Renderer::styled() } else { Renderer::plain() };
    let mut text = String::new();
    for diagnostic in diagnostics {
        text.push_str(&render(diagnostic, files, &renderer));
        text.push_str("\n\n");
    }
    text
}

fn render(diagnostic: &Diagnostic, files: &Files, renderer: &Renderer) -> String {
    let level = match diagnostic.severity {
        Severity::Error => Level::ERROR,
        Severity::Warning => Level::WARNING,
    };
    // An excerpt needs its text; places in files that were not read are told in words.
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
    let is_secret = diagnostic.code == "plaintext-secret";
    let texts: Vec<Cow<'_, str>> = shown.iter().map(|(_, text, span)| masked(text, span)).collect();
    let title = level.primary_title(diagnostic.message.as_str()).id(diagnostic.code);
    let mut elements: Vec<Element<'_>> = Vec::new();
    for (number, ((label, text, span), masked)) in shown.iter().zip(&texts).enumerate() {
        // The line of a secret would lie in the log of every run.
        if is_secret {
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

/// Returns a text in which the lines of a span show no secret; every place in it stays what it is.
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

/// Returns the closing line: how many errors and warnings there are; `None` where there are none.
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
