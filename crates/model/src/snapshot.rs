//! Prints diagnostics in tests: one paragraph each, with file, line and column.

use aqueduct_manifest::Diagnostic;

/// Prints diagnostics; `text` returns the text of a file.
pub(crate) fn diagnostics(diagnostics: &[Diagnostic], text: impl Fn(&str) -> Option<String>) -> String {
    let mut out = String::new();
    for diagnostic in diagnostics {
        out += &format!("{} {diagnostic}\n", diagnostic.code);
        for label in &diagnostic.labels {
            let place = match (label.place.span, text(&label.place.file)) {
                (Some(span), Some(text)) => {
                    let position = span.position(&text);
                    let written = text.get(span.start as usize..span.end as usize).unwrap_or("?");
                    format!(":{}:{} {written:?}", position.line, position.column)
                }
                _ => String::new(),
            };
            out += &format!("  at {}{place} {}\n", label.place.file, label.text).replace(" \n", "\n");
        }
        for hint in &diagnostic.hints {
            out += &format!("  hint: {hint}\n");
        }
    }
    out
}
