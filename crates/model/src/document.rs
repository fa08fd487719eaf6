//! Parses TOML into a [`Node`]: values with their spans, and syntax errors as diagnostics.

use std::sync::Arc;

use aqueduct_manifest::{Diagnostic, Files, Place, SmolStr, Span};
use toml::Spanned;
use toml::de::{DeTable, DeValue};
use toml_parser::lexer::TokenKind;

use crate::node::{Content, Layer, Node, Source};

/// The maximum depth of nested tables and lists.
const DEPTH: usize = 64;

/// How many errors of a file are reported: a file in another format has one on every line.
const ERRORS: usize = 200;

/// The maximum number of parts in a dotted key: the parser turns each into a table, beyond its own nesting limit.
pub(crate) const KEY_PARTS: usize = 16;

/// Reads a file; `None` if it does not exist, or after reporting that it is invalid.
pub(crate) fn read(
    files: &Files,
    path: &str,
    layer: Layer,
    diagnostics: &mut Vec<Diagnostic>,
) -> Option<Node> {
    let bytes = files.get(path)?;
    match std::str::from_utf8(bytes) {
        Ok(text) => match parse(path, text, layer) {
            Ok(node) => Some(node),
            Err(errors) => {
                diagnostics.extend(errors);
                None
            }
        },
        Err(error) => {
            let at = Span::from(error.valid_up_to()..error.valid_up_to());
            diagnostics.push(Diagnostic::error("toml-syntax", "the file is not UTF-8").at(
                path,
                Some(at),
                "",
            ));
            None
        }
    }
}

/// Reads a TOML text; `path` is the file in its places.
///
/// # Errors
/// Returns all syntax errors, up to a limit.
pub fn parse(path: &str, text: &str, layer: Layer) -> Result<Node, Vec<Diagnostic>> {
    let file: Arc<str> = path.into();
    if let Some(span) = overlong_key(text) {
        let message = format!("a key has more than {KEY_PARTS} parts");
        return Err(vec![Diagnostic::error("toml-syntax", message).at(file, Some(span), "")]);
    }
    let (table, errors) = DeTable::parse_recoverable(text);
    let mut diagnostics: Vec<Diagnostic> = errors
        .iter()
        .take(ERRORS)
        .map(|error| {
            let span = error.span().unwrap_or(text.len()..text.len());
            let diagnostic = if error.message() == "duplicate key" {
                let key = text.get(span.clone()).unwrap_or_default();
                Diagnostic::error("duplicate-key", format!("`{key}` is set twice"))
            } else {
                Diagnostic::error("toml-syntax", format!("invalid TOML: {}", error.message()))
            };
            diagnostic.at(file.clone(), Some(span.into()), "")
        })
        .collect();
    let mut reader = DocumentReader { file, layer, diagnostics: Vec::new() };
    let node = reader.table(table.into_inner(), None, None, 0);
    if diagnostics.is_empty() {
        diagnostics = reader.diagnostics;
    }
    diagnostics.dedup();
    if diagnostics.is_empty() { Ok(node) } else { Err(diagnostics) }
}

/// Returns the first dotted key that has too many parts.
pub(crate) fn overlong_key(text: &str) -> Option<Span> {
    let may_have_one = |line: &str| line.bytes().filter(|byte| *byte == b'.').count() >= KEY_PARTS;
    if !text.lines().any(may_have_one) {
        return None;
    }
    let mut dots = 0;
    for token in toml_parser::Source::new(text).lex() {
        match token.kind() {
            TokenKind::Dot => dots += 1,
            TokenKind::Atom | TokenKind::BasicString | TokenKind::LiteralString | TokenKind::Whitespace => {}
            _ => dots = 0,
        }
        if dots >= KEY_PARTS {
            return Some((token.span().start()..token.span().end()).into());
        }
    }
    None
}

struct DocumentReader {
    file: Arc<str>,
    layer: Layer,
    diagnostics: Vec<Diagnostic>,
}

impl DocumentReader {
    fn node(&self, content: Content, span: Option<Span>, key: Option<Span>) -> Node {
        let origin = Source { layer: self.layer, place: Place { file: self.file.clone(), span } };
        Node { content, origin, key, shadowed: None }
    }

    fn table(&mut self, table: DeTable<'_>, span: Option<Span>, key: Option<Span>, depth: usize) -> Node {
        let entries = table
            .into_iter()
            .map(|(key, value)| {
                let key_span = key.span().into();
                (SmolStr::from(key.into_inner()), self.value(value, Some(key_span), depth + 1))
            })
            .collect();
        self.node(Content::Table(entries), span, key)
    }

    fn value(&mut self, value: Spanned<DeValue<'_>>, key: Option<Span>, depth: usize) -> Node {
        let span = Span::from(value.span());
        let content = match value.into_inner() {
            DeValue::String(text) => Content::String(text.into()),
            DeValue::Boolean(value) => Content::Boolean(value),
            DeValue::Datetime(value) => Content::String(value.to_string().into()),
            DeValue::Integer(integer) => match i64::from_str_radix(integer.as_str(), integer.radix()) {
                Ok(value) => Content::Integer(value),
                Err(_) => self.refuse(span, "the integer does not fit 64 bits"),
            },
            DeValue::Float(float) => match float.as_str().parse::<f64>() {
                Ok(value) if value.is_finite() => Content::Float(value),
                _ => self.refuse(span, "the number is not finite, so a manifest cannot contain it"),
            },
            DeValue::Array(_) | DeValue::Table(_) if depth > DEPTH => {
                self.refuse(span, "tables and lists are nested too deeply")
            }
            DeValue::Array(array) => {
                Content::List(array.into_iter().map(|value| self.value(value, None, depth + 1)).collect())
            }
            DeValue::Table(table) => return self.table(table, Some(span), key, depth),
        };
        self.node(content, Some(span), key)
    }

    fn refuse(&mut self, span: Span, message: &str) -> Content {
        self.diagnostics.push(Diagnostic::error("invalid-value", message).at(
            self.file.clone(),
            Some(span),
            "",
        ));
        Content::Boolean(false)
    }
}

#[cfg(test)]
mod tests {
    use std::fmt::Write;

    use super::*;

    fn check(text: &str) -> String {
        let mut out = String::new();
        match parse("a.toml", text, Layer::Component) {
            Ok(node) => show(&mut out, "", &node, text),
            Err(diagnostics) => {
                for diagnostic in diagnostics {
                    let span = diagnostic.labels[0].place.span.expect("a syntax error has a place");
                    let position = span.position(text);
                    writeln!(out, "{}:{} {diagnostic}", position.line, position.column)
                        .expect("a string takes every text");
                }
            }
        }
        out
    }

    fn show(out: &mut String, path: &str, node: &Node, text: &str) {
        let source = node.origin.place.span.map_or("", |span| &text[span.start as usize..span.end as usize]);
        match &node.content {
            Content::Table(table) => {
                writeln!(out, "{path} table {source:?}").expect("a string takes every text");
                table.iter().for_each(|(key, node)| show(out, &format!("{path}.{key}"), node, text));
            }
            Content::List(list) => {
                writeln!(out, "{path} list {source:?}").expect("a string takes every text");
                list.iter()
                    .enumerate()
                    .for_each(|(at, node)| show(out, &format!("{path}[{at}]"), node, text));
            }
            content => writeln!(out, "{path} {content:?} {source:?}").expect("a string takes every text"),
        }
    }

    #[test]
    fn values_know_their_spans() {
        insta::assert_snapshot!(check("a = 0x1F\nb.c = [1.5, true]\n[d.e]\nf = { g = 1979-05-27 }\n[[h]]\ni = 'x'\n"), @r#"
         table ""
        .a Integer(31) "0x1F"
        .b table "b"
        .b.c list "[1.5, true]"
        .b.c[0] Float(1.5) "1.5"
        .b.c[1] Boolean(true) "true"
        .d table "d"
        .d.e table "[d.e]"
        .d.e.f table "{ g = 1979-05-27 }"
        .d.e.f.g String("1979-05-27") "1979-05-27"
        .h list "[[h]]"
        .h[0] table "[[h]]"
        .h[0].i String("x") "'x'"
        "#);
    }

    #[test]
    fn all_syntax_errors_are_reported() {
        insta::assert_snapshot!(check("a = \nb = 1\nb = 2\n[c\nd = 'x\n"), @r"
        4:3 error: invalid TOML: unclosed table, expected `]`
        1:5 error: invalid TOML: string values must be quoted, expected literal string
        3:1 error: `b` is set twice
        ");
    }

    #[test]
    fn numbers_that_no_manifest_holds() {
        insta::assert_snapshot!(check("a = 9223372036854775808\nb = nan\nc = -inf\n"), @r"
        1:5 error: the integer does not fit 64 bits
        2:5 error: the number is not finite, so a manifest cannot contain it
        3:5 error: the number is not finite, so a manifest cannot contain it
        ");
    }

    #[test]
    fn deep_nesting_is_refused() {
        insta::assert_snapshot!(check(&format!("a{} = 1", ".a".repeat(100_000))), @r"1:32 error: a key has more than 16 parts");
        insta::assert_snapshot!(check(&format!("a = {}{}", "[".repeat(70), "]".repeat(70))), @r"1:69 error: tables and lists are nested too deeply");
        assert!(check(&format!("a = {}", "[".repeat(100_000))).contains("error: invalid TOML"));
        let errors = parse("a.toml", &"= \n".repeat(10_000), Layer::Component).map(|_| ());
        assert_eq!(errors.map_err(|errors| errors.len()), Err(ERRORS));
        assert!(parse("a.toml", "a = '................................'", Layer::Component).is_ok());
    }
}
