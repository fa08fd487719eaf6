//! From tokens to trees, with the rules and messages of Go's `text/template/parse`.

mod builder;
mod control;
mod pipeline;

use std::collections::BTreeMap;
use std::sync::Arc;

use builder::Builder;
pub(crate) use builder::Spare;

use super::functions::Functions;
use super::lexer::Lexer;
use super::quote::{Charset, quote, unquote};
use super::source::TemplateText;
use super::token::{Keyword, Token, TokenKind, describe};
use super::tree::Tree;
use crate::value::Text;

/// Why a text is not a valid template: Go's message, which starts with the name and the line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ParseError(pub(crate) String);

type Parsed<T> = Result<T, ParseError>;

/// Parses a text into the templates that it defines. The text itself is one of them, under the given name.
pub(crate) fn parse(
    name: &str,
    text: Arc<[u8]>,
    functions: &Functions,
    spare: &mut Spare,
) -> Parsed<Vec<Tree>> {
    if u32::try_from(text.len()).is_err() {
        return Err(ParseError(format!("template: {name}:1: text too long")));
    }
    let source = Arc::new(TemplateText::new(name.into(), text));
    let mut parser = Parser {
        lexer: Lexer::new(&source.text),
        source: &source,
        text: std::str::from_utf8(&source.text).ok(),
        functions,
        trees: Vec::new(),
        known: BTreeMap::new(),
        current: spare.take(name.into()),
        spare,
        blocks: 0,
    };
    parser.parse()?;
    parser.finish()
}

struct Parser<'a> {
    lexer: Lexer<'a>,
    source: &'a Arc<TemplateText>,
    /// The text, if all of it is UTF-8.
    text: Option<&'a str>,
    functions: &'a Functions,
    trees: Vec<Tree>,
    known: BTreeMap<Text, usize>,
    current: Builder,
    spare: &'a mut Spare,
    blocks: usize,
}

impl<'a> Parser<'a> {
    fn value(&self, token: Token) -> &'a [u8] {
        self.source.text.get(token.start as usize..token.end as usize).unwrap_or_default()
    }

    /// Returns the text between two bytes.
    fn slice(&self, start: u32, end: u32) -> Text {
        let range = start as usize..end as usize;
        match self.text.and_then(|text| text.get(range.clone())) {
            Some(text) => text.into(),
            None => Text::from_bytes(self.source.text.get(range).unwrap_or_default()),
        }
    }

    fn line(&self, position: u32) -> u32 {
        self.source.place(position).0
    }

    #[inline]
    fn next(&mut self) -> Token {
        let token = self.peek();
        self.current.peeked -= 1;
        token
    }

    #[inline]
    fn back(&mut self) {
        self.current.peeked += 1;
    }

    #[inline]
    fn peek(&mut self) -> Token {
        let current = &mut self.current;
        match current.peeked {
            0 => {
                current.lookahead[0] = self.lexer.next_token();
                current.peeked = 1;
                current.lookahead[0]
            }
            1 => current.lookahead[0],
            2 => current.lookahead[1],
            _ => current.lookahead[2],
        }
    }

    #[inline]
    fn next_solid(&mut self) -> Token {
        loop {
            let token = self.next();
            if token.kind != TokenKind::Space {
                return token;
            }
        }
    }

    #[inline]
    fn peek_solid(&mut self) -> Token {
        let token = self.next_solid();
        self.back();
        token
    }

    fn fail<T>(&self, message: impl AsRef<str>) -> Parsed<T> {
        let line = self.line(self.current.lookahead[0].start);
        Err(ParseError(format!("template: {}:{line}: {}", self.source.name, message.as_ref())))
    }

    fn unexpected<T>(&self, token: Token, context: &str) -> Parsed<T> {
        if token.kind == TokenKind::Error {
            let message = self.lexer.error();
            let started = self.current.action.map(|position| self.line(position));
            let extra = match started {
                Some(line) if line != self.line(token.start) => {
                    let place = format!(" started at {}:{line}", self.source.name);
                    // Not "unclosed action in action".
                    if message.ends_with(" action") { place } else { format!(" in action{place}") }
                }
                _ => String::new(),
            };
            return self.fail(format!("{message}{extra}"));
        }
        self.fail(format!("unexpected {} in {context}", describe(token.kind, self.value(token))))
    }

    fn expect(&mut self, kind: TokenKind, context: &str) -> Parsed<Token> {
        let token = self.next_solid();
        if token.kind == kind { Ok(token) } else { self.unexpected(token, context) }
    }

    fn unquote(&self, token: Token) -> Parsed<Text> {
        let value = self.value(token);
        if let [b'"', inner @ .., b'"'] = value
            && !inner.iter().any(|byte| matches!(byte, b'\\' | b'"' | b'\n'))
        {
            return Ok(self.slice(token.start + 1, token.end - 1));
        }
        match unquote(value) {
            Some(bytes) => Ok(bytes.into()),
            None => self.fail("invalid syntax"),
        }
    }

    fn parse(&mut self) -> Parsed<()> {
        while self.peek().kind != TokenKind::End {
            if self.peek().kind == TokenKind::LeftDelimiter {
                let delimiter = self.next();
                if self.next_solid().kind == TokenKind::Keyword(Keyword::Define) {
                    self.definition()?;
                    continue;
                }
                self.current.lookahead[1] = delimiter;
                self.current.peeked = 2;
            }
            if let Some(terminator) = self.text_or_action()? {
                return self.fail(format!("unexpected {}", terminator.name()));
            }
        }
        Ok(())
    }

    /// Parses a template that is a separate tree with its own tokens and variables.
    fn separate(&mut self, name: Text, body: impl FnOnce(&mut Self) -> Parsed<()>) -> Parsed<()> {
        let builder = self.spare.take(name);
        let outer = std::mem::replace(&mut self.current, builder);
        body(self)?;
        let inner = std::mem::replace(&mut self.current, outer);
        // A name clash is reported at the inner template's place.
        let lookahead = std::mem::replace(&mut self.current.lookahead, inner.lookahead);
        self.add(inner)?;
        self.current.lookahead = lookahead;
        Ok(())
    }

    /// Adds the tree of the text itself to those that it defines.
    fn finish(mut self) -> Parsed<Vec<Tree>> {
        let next = self.spare.take(Text::default());
        let main = std::mem::replace(&mut self.current, next);
        self.add(main)?;
        Ok(self.trees)
    }

    /// Adds a finished tree. If the name is taken, an empty tree gives way to the other one.
    fn add(&mut self, builder: Builder) -> Parsed<()> {
        let tree = self.spare.finish(builder, self.source);
        match self.known.get(&tree.name).and_then(|at| self.trees.get_mut(*at)) {
            None => {
                self.known.insert(tree.name.clone(), self.trees.len());
                self.trees.push(tree);
            }
            Some(known) if known.empty => *known = tree,
            Some(_) if tree.empty => {}
            Some(_) => {
                let name = quote(tree.name.as_bytes(), Charset::Unicode);
                return self.fail(format!("template: multiple definition of template {name}"));
            }
        }
        Ok(())
    }
}
