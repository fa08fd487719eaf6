//! Diagnostics as people read them: the message, the lines of the source, and what to do.

use annotate_snippets::{AnnotationKind, Element, Group, Level, Renderer, Snippet};
use aqueduct_manifest::{Diagnostic, Files, Severity};

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
            let text = files.text(&label.file)?;
            let span = label.span?;
            let end = (span.end as usize).min(text.len());
            let start = (span.start as usize).min(end);
            (text.is_char_boundary(start) && text.is_char_boundary(end)).then_some((label, text, start..end))
        })
        .collect();
    let title = level.primary_title(diagnostic.message.as_str()).id(diagnostic.code);
    let mut elements: Vec<Element<'_>> = Vec::new();
    for (number, (label, text, span)) in shown.iter().enumerate() {
        let kind = if number == 0 { AnnotationKind::Primary } else { AnnotationKind::Context };
        let annotation = kind.span(span.clone());
        let annotation =
            if label.text.is_empty() { annotation } else { annotation.label(label.text.as_str()) };
        elements.push(Snippet::source(*text).path(&*label.file).annotation(annotation).into());
    }
    for label in &diagnostic.labels {
        if !shown.iter().any(|(other, _, _)| std::ptr::eq(*other, label)) {
            let separator = if label.text.is_empty() { "" } else { ": " };
            let place = format!("in {}{separator}{}", label.file, label.text);
            elements.push(Level::NOTE.message(place).into());
        }
    }
    for hint in &diagnostic.hints {
        elements.push(Level::HELP.with_name(Some("hint")).message(hint.as_str()).into());
    }
    let report = elements.into_iter().fold(Group::with_title(title), Group::element);
    renderer.render(&[report])
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
