//! What structures a template: lists of items, `if`, `with`, `range`, `break`, `define`, `block` and `template`.

use super::builder::Loop;
use super::{Parsed, Parser};
use crate::stack::deepen;
use crate::template::rune::Runes;
use crate::template::token::{Keyword, Token, TokenKind};
use crate::template::tree::Step;
use crate::value::Text;

/// How deep `if`, `with`, `range` and `block` may nest.
const BLOCKS_LIMIT: usize = 10_000;

/// How a list of nodes ends.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Terminator {
    End,
    Else,
}

impl Terminator {
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::End => "{{end}}",
            Self::Else => "{{else}}",
        }
    }
}

impl Parser<'_> {
    pub(super) fn definition(&mut self) -> Parsed<()> {
        const CONTEXT: &str = "define clause";
        self.separate(Text::default(), |parser| {
            let token = parser.next_solid();
            if !matches!(token.kind, TokenKind::String | TokenKind::RawString) {
                return parser.unexpected(token, CONTEXT);
            }
            parser.current.name = parser.unquote(token)?;
            parser.expect(TokenKind::RightDelimiter, CONTEXT)?;
            parser.body_up_to_end(CONTEXT)
        })
    }

    fn body_up_to_end(&mut self, context: &str) -> Parsed<()> {
        match self.item_list()? {
            Terminator::End => Ok(()),
            other => self.fail(format!("unexpected {} in {context}", other.name())),
        }
    }

    fn item_list(&mut self) -> Parsed<Terminator> {
        while self.peek_solid().kind != TokenKind::End {
            if let Some(terminator) = self.text_or_action()? {
                return Ok(terminator);
            }
        }
        self.fail("unexpected EOF")
    }

    pub(super) fn text_or_action(&mut self) -> Parsed<Option<Terminator>> {
        let token = self.next_solid();
        match token.kind {
            TokenKind::Text => {
                let is_blank = |text| Runes(text).all(|(rune, _)| rune.is_whitespace());
                let empty = self.current.empty && is_blank(self.value(token));
                self.current.step(Step::Text { start: token.start, end: token.end });
                self.current.empty = empty;
                Ok(None)
            }
            TokenKind::LeftDelimiter => {
                self.current.action = Some(token.start);
                let terminator = self.action()?;
                self.current.action = None;
                Ok(terminator)
            }
            _ => self.unexpected(token, "input"),
        }
    }

    fn action(&mut self) -> Parsed<Option<Terminator>> {
        let token = self.next_solid();
        if let TokenKind::Keyword(keyword) = token.kind {
            match keyword {
                Keyword::Block => self.block()?,
                Keyword::Break | Keyword::Continue => self.exit(keyword)?,
                Keyword::Else => {
                    let next = self.peek_solid().kind;
                    if !matches!(next, TokenKind::Keyword(Keyword::If | Keyword::With)) {
                        self.expect(TokenKind::RightDelimiter, "else")?;
                    }
                    return Ok(Some(Terminator::Else));
                }
                Keyword::End => {
                    self.expect(TokenKind::RightDelimiter, "end")?;
                    return Ok(Some(Terminator::End));
                }
                Keyword::If | Keyword::Range | Keyword::With => self.control(keyword)?,
                Keyword::Template => self.template()?,
                Keyword::Define => {
                    self.back();
                    self.plain_action()?;
                }
            }
            return Ok(None);
        }
        self.back();
        self.plain_action()?;
        Ok(None)
    }

    fn plain_action(&mut self) -> Parsed<()> {
        let position = self.peek().start;
        let pipe = self.pipeline("command", TokenKind::RightDelimiter)?;
        self.current.step(Step::Action { pipe, position });
        Ok(())
    }

    fn exit(&mut self, keyword: Keyword) -> Parsed<()> {
        let name = if keyword == Keyword::Break { "{{break}}" } else { "{{continue}}" };
        let token = self.next_solid();
        if token.kind != TokenKind::RightDelimiter {
            return self.unexpected(token, name);
        }
        let Some((head, open)) = self.current.loops.last().map(|inner| (inner.head, inner.open)) else {
            return self.fail(format!("{name} outside {{{{range}}}}"));
        };
        let blocks = self.current.open - open;
        let step = self.current.step(Step::Exit { blocks, to: head });
        if keyword == Keyword::Break
            && let Some(inner) = self.current.loops.last_mut()
        {
            inner.breaks.push(step);
        }
        Ok(())
    }

    /// Parses `if`, `with` or `range` up to its end.
    fn control(&mut self, keyword: Keyword) -> Parsed<()> {
        self.blocks += 1;
        if self.blocks > BLOCKS_LIMIT {
            return self.fail("blocks nest too deeply");
        }
        deepen(|| self.control_within(keyword))?;
        self.blocks -= 1;
        Ok(())
    }

    fn control_within(&mut self, keyword: Keyword) -> Parsed<()> {
        let context = match keyword {
            Keyword::If => "if",
            Keyword::With => "with",
            _ => "range",
        };
        let scope = self.current.scope.len();
        let pipe = self.pipeline(context, TokenKind::RightDelimiter)?;
        let start = self.current.step(match keyword {
            Keyword::If => Step::If { pipe, otherwise: 0 },
            Keyword::With => Step::With { pipe, otherwise: 0 },
            _ => Step::Range { pipe, otherwise: 0 },
        });
        self.current.open += 1;
        let head = self.current.here();
        if keyword == Keyword::Range {
            self.current.step(Step::Next { end: 0 });
            self.current.loops.push(Loop { head, open: self.current.open, breaks: Vec::new() });
        }
        let mut next = self.item_list()?;
        let mut ends = Vec::new();
        if keyword == Keyword::Range
            && let Some(inner) = self.current.loops.pop()
        {
            self.current.step(Step::Jump(head));
            ends = inner.breaks;
            ends.push(head as usize);
        }
        if next == Terminator::Else {
            if keyword != Keyword::Range {
                ends.push(self.current.step(Step::Jump(0)));
            }
            let otherwise = self.current.here();
            self.current.point(start, otherwise);
            let chained = self.peek().kind == TokenKind::Keyword(keyword) && keyword != Keyword::Range;
            if chained {
                // Parsed as a block inside `else`; its `end` closes both.
                self.next();
                self.control(keyword)?;
            } else {
                next = self.item_list()?;
                if next != Terminator::End {
                    return self.fail(format!("expected end; found {}", next.name()));
                }
            }
        } else {
            ends.push(start);
        }
        let leave = self.current.here();
        self.current.step(Step::Leave);
        for step in ends {
            self.current.point(step, leave);
        }
        self.current.open -= 1;
        self.current.scope.truncate(scope);
        Ok(())
    }

    fn block(&mut self) -> Parsed<()> {
        const CONTEXT: &str = "block clause";
        let token = self.next_solid();
        let name = self.template_name(token, CONTEXT)?;
        let pipe = self.pipeline(CONTEXT, TokenKind::RightDelimiter)?;
        self.blocks += 1;
        if self.blocks > BLOCKS_LIMIT {
            return self.fail("blocks nest too deeply");
        }
        deepen(|| self.separate(name.clone(), |parser| parser.body_up_to_end(CONTEXT)))?;
        self.blocks -= 1;
        self.current.step(Step::Template { name, pipe: Some(pipe), position: token.start });
        Ok(())
    }

    fn template(&mut self) -> Parsed<()> {
        const CONTEXT: &str = "template clause";
        let token = self.next_solid();
        let name = self.template_name(token, CONTEXT)?;
        let pipe = if self.next_solid().kind == TokenKind::RightDelimiter {
            None
        } else {
            self.back();
            Some(self.pipeline(CONTEXT, TokenKind::RightDelimiter)?)
        };
        self.current.step(Step::Template { name, pipe, position: token.start });
        Ok(())
    }

    fn template_name(&self, token: Token, context: &str) -> Parsed<Text> {
        match token.kind {
            TokenKind::String | TokenKind::RawString => self.unquote(token),
            _ => self.unexpected(token, context),
        }
    }
}
