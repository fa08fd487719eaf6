//! From tokens to trees, with the rules and the messages of Go's `text/template/parse`.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::lexer::Lexer;
use super::number::Number;
use super::quote::{Charset, quote, unquote};
use super::registry::find;
use super::rune::Runes;
use super::token::{Keyword, Token, TokenKind, describe};
use super::tree::{Command, Pipe, Source, Step, Tree, Word, WordKind};
use crate::value::Text;

/// How deep parentheses may nest; Go's own limit.
const PARENTHESES_LIMIT: usize = 10_000;
/// How many commands a pipeline may have; Go's own limit.
const COMMANDS_LIMIT: usize = 100_000;
/// How deep `if`, `with`, `range` and `block` may nest.
const BLOCKS_LIMIT: usize = 10_000;

/// Why a text is no template: Go's message, which begins with the name and the line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ParseError(pub(crate) String);

type Parsed<T> = Result<T, ParseError>;

/// Parses a text into the templates that it defines, the text itself being one under its name.
pub(crate) fn parse(name: &str, text: Arc<[u8]>) -> Parsed<Vec<Tree>> {
    if u32::try_from(text.len()).is_err() {
        return Err(ParseError(format!("template: {name}:1: text too long")));
    }
    let source = Arc::new(Source { name: name.into(), text });
    let mut parser = Parser {
        lexer: Lexer::new(&source.text),
        source: &source,
        trees: Vec::new(),
        known: BTreeMap::new(),
        current: Builder::new(name.into()),
        blocks: 0,
    };
    parser.parse()?;
    let main = std::mem::replace(&mut parser.current, Builder::new(Text::default()));
    parser.add(main)?;
    Ok(parser.trees)
}

/// How a list of nodes ends.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Terminator {
    End,
    Else,
}

impl Terminator {
    fn name(self) -> &'static str {
        match self {
            Self::End => "{{end}}",
            Self::Else => "{{else}}",
        }
    }
}

/// The tree under construction, with the tokens that its parser looked ahead.
struct Builder {
    name: Text,
    empty: bool,
    steps: Vec<Step>,
    pipes: Vec<Pipe>,
    commands: Vec<Command>,
    words: Vec<Word>,
    names: Vec<Text>,
    numbers: BTreeMap<Text, u32>,
    /// The variables in scope.
    scope: Vec<u32>,
    lookahead: [Token; 3],
    peeked: usize,
    /// Where the action under way begins.
    action: Option<usize>,
    parentheses: usize,
    /// The blocks that are open.
    open: u32,
    loops: Vec<Loop>,
}

/// A `range` whose body is being parsed.
struct Loop {
    head: u32,
    open: u32,
    /// The `break` steps that wait for the loop's end.
    breaks: Vec<usize>,
}

impl Builder {
    fn new(name: Text) -> Self {
        let token = Token { kind: TokenKind::End, start: 0, end: 0 };
        Self {
            name,
            empty: true,
            steps: Vec::new(),
            pipes: Vec::new(),
            commands: Vec::new(),
            words: Vec::new(),
            names: vec!["$".into()],
            numbers: BTreeMap::from([("$".into(), 0)]),
            scope: vec![0],
            lookahead: [token; 3],
            peeked: 0,
            action: None,
            parentheses: 0,
            open: 0,
            loops: Vec::new(),
        }
    }

    fn variable(&mut self, name: &Text) -> u32 {
        if let Some(number) = self.numbers.get(name) {
            return *number;
        }
        let number = self.names.len() as u32;
        self.names.push(name.clone());
        self.numbers.insert(name.clone(), number);
        number
    }

    fn declare(&mut self, name: &Text) -> u32 {
        let variable = self.variable(name);
        self.scope.push(variable);
        variable
    }

    fn step(&mut self, step: Step) -> usize {
        self.empty = false;
        self.steps.push(step);
        self.steps.len() - 1
    }

    fn here(&self) -> u32 {
        self.steps.len() as u32
    }

    /// Sets the step to go to, once it is known.
    fn point(&mut self, at: usize, target: u32) {
        match self.steps.get_mut(at) {
            Some(
                Step::If { otherwise, .. } | Step::With { otherwise, .. } | Step::Range { otherwise, .. },
            ) => {
                *otherwise = target;
            }
            Some(Step::Next { end } | Step::Jump(end) | Step::Exit { to: end, .. }) => *end = target,
            _ => {}
        }
    }

    fn word(&mut self, position: usize, kind: WordKind) -> u32 {
        self.words.push(Word { position: position as u32, kind });
        self.words.len() as u32 - 1
    }
}

struct Parser<'a> {
    lexer: Lexer<'a>,
    source: &'a Arc<Source>,
    trees: Vec<Tree>,
    known: BTreeMap<Text, usize>,
    current: Builder,
    blocks: usize,
}

impl<'a> Parser<'a> {
    fn value(&self, token: Token) -> &'a [u8] {
        self.source.text.get(token.start..token.end).unwrap_or_default()
    }

    fn line(&self, position: usize) -> u32 {
        self.source.place(position as u32).0
    }

    fn next(&mut self) -> Token {
        let current = &mut self.current;
        if current.peeked > 0 {
            current.peeked -= 1;
        } else {
            current.lookahead[0] = self.lexer.next_token();
        }
        current.lookahead.get(current.peeked).copied().unwrap_or(current.lookahead[0])
    }

    fn back(&mut self) {
        self.current.peeked += 1;
    }

    fn peek(&mut self) -> Token {
        let token = self.next();
        self.back();
        token
    }

    fn next_solid(&mut self) -> Token {
        loop {
            let token = self.next();
            if token.kind != TokenKind::Space {
                return token;
            }
        }
    }

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
        match unquote(self.value(token)) {
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

    /// Parses a template that is a tree of its own, with tokens and variables of its own.
    fn separate(&mut self, name: Text, body: impl FnOnce(&mut Self) -> Parsed<()>) -> Parsed<()> {
        let outer = std::mem::replace(&mut self.current, Builder::new(name));
        body(self)?;
        let inner = std::mem::replace(&mut self.current, outer);
        // A clash is reported with the inner template's place.
        let lookahead = std::mem::replace(&mut self.current.lookahead, inner.lookahead);
        self.add(inner)?;
        self.current.lookahead = lookahead;
        Ok(())
    }

    fn definition(&mut self) -> Parsed<()> {
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

    /// Adds a finished tree; an empty one yields to, and is replaced by, one of the same name.
    fn add(&mut self, builder: Builder) -> Parsed<()> {
        let tree = Tree {
            name: builder.name,
            source: Arc::clone(self.source),
            empty: builder.empty,
            steps: builder.steps,
            pipes: builder.pipes,
            commands: builder.commands,
            words: builder.words,
            variables: builder.names,
        };
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

    fn item_list(&mut self) -> Parsed<Terminator> {
        while self.peek_solid().kind != TokenKind::End {
            if let Some(terminator) = self.text_or_action()? {
                return Ok(terminator);
            }
        }
        self.fail("unexpected EOF")
    }

    fn text_or_action(&mut self) -> Parsed<Option<Terminator>> {
        let token = self.next_solid();
        match token.kind {
            TokenKind::Text => {
                let blank = Runes(self.value(token)).all(|(rune, _)| rune.is_whitespace());
                let empty = self.current.empty && blank;
                self.current.step(Step::Text { start: token.start as u32, end: token.end as u32 });
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
        let position = self.peek().start as u32;
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
        super::deepen(|| self.control_within(keyword))?;
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
                // Parsed as a block inside of `else`; its `end` is ours too.
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
        super::deepen(|| self.separate(name.clone(), |parser| parser.body_up_to_end(CONTEXT)))?;
        self.blocks -= 1;
        self.current.step(Step::Template { name, pipe: Some(pipe), position: token.start as u32 });
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
        self.current.step(Step::Template { name, pipe, position: token.start as u32 });
        Ok(())
    }

    fn template_name(&self, token: Token, context: &str) -> Parsed<Text> {
        match token.kind {
            TokenKind::String | TokenKind::RawString => self.unquote(token),
            _ => self.unexpected(token, context),
        }
    }

    fn pipeline(&mut self, context: &str, end: TokenKind) -> Parsed<u32> {
        let position = self.peek_solid().start as u32;
        let mut pipe = Pipe { position, assigns: false, declares: Vec::new(), commands: Vec::new() };
        self.declarations(&mut pipe, context)?;
        loop {
            let token = self.next_solid();
            match token.kind {
                kind if kind == end => {
                    self.check_pipeline(&pipe, context)?;
                    self.current.pipes.push(pipe);
                    return Ok(self.current.pipes.len() as u32 - 1);
                }
                TokenKind::Bool
                | TokenKind::CharConstant
                | TokenKind::Complex
                | TokenKind::Dot
                | TokenKind::Field
                | TokenKind::Identifier
                | TokenKind::Number
                | TokenKind::Nil
                | TokenKind::RawString
                | TokenKind::String
                | TokenKind::Variable
                | TokenKind::LeftParenthesis => {
                    self.back();
                    let command = self.command()?;
                    pipe.commands.push(command);
                    if pipe.commands.len() > COMMANDS_LIMIT {
                        return self.fail("pipeline too long");
                    }
                }
                _ => return self.unexpected(token, context),
            }
        }
    }

    /// Parses `$x :=`, `$x =` or, in a `range`, `$k, $v :=`.
    fn declarations(&mut self, pipe: &mut Pipe, context: &str) -> Parsed<()> {
        loop {
            let variable = self.peek_solid();
            if variable.kind != TokenKind::Variable {
                return Ok(());
            }
            self.next();
            // A space may part the variable from what follows, so three tokens may have to go back.
            let after = self.peek();
            let next = self.peek_solid();
            let name = Text::from_bytes(self.value(variable));
            match next.kind {
                TokenKind::Assign | TokenKind::Declare => {
                    pipe.assigns = next.kind == TokenKind::Assign;
                    self.next_solid();
                    pipe.declares.push(self.current.declare(&name));
                    return Ok(());
                }
                TokenKind::Char if self.value(next) == b"," => {
                    self.next_solid();
                    pipe.declares.push(self.current.declare(&name));
                    if context != "range" || pipe.declares.len() >= 2 {
                        return self.fail(format!("too many declarations in {context}"));
                    }
                    let kind = self.peek_solid().kind;
                    if !matches!(
                        kind,
                        TokenKind::Variable | TokenKind::RightDelimiter | TokenKind::RightParenthesis
                    ) {
                        return self.fail("range can only initialize variables");
                    }
                }
                _ if after.kind == TokenKind::Space => {
                    self.current.lookahead[1] = after;
                    self.current.lookahead[2] = variable;
                    self.current.peeked = 3;
                    return Ok(());
                }
                _ => {
                    self.current.lookahead[1] = variable;
                    self.current.peeked = 2;
                    return Ok(());
                }
            }
        }
    }

    fn check_pipeline(&self, pipe: &Pipe, context: &str) -> Parsed<()> {
        if pipe.commands.is_empty() {
            return self.fail(format!("missing value for {context}"));
        }
        for (index, command) in pipe.commands.iter().enumerate().skip(1) {
            let first =
                self.current.commands.get(*command as usize).and_then(|command| command.words.first());
            let word = first.and_then(|word| self.current.words.get(*word as usize));
            if matches!(
                word.map(|word| &word.kind),
                Some(
                    WordKind::Bool(_)
                        | WordKind::Dot
                        | WordKind::Nil
                        | WordKind::Number(..)
                        | WordKind::String(..)
                )
            ) {
                return self.fail(format!("non executable command in pipeline stage {}", index + 1));
            }
        }
        Ok(())
    }

    fn command(&mut self) -> Parsed<u32> {
        let position = self.peek_solid().start as u32;
        let mut words = Vec::new();
        loop {
            self.peek_solid();
            words.extend(self.operand()?);
            let token = self.next();
            match token.kind {
                TokenKind::Space => continue,
                TokenKind::RightDelimiter | TokenKind::RightParenthesis => self.back(),
                TokenKind::Pipe => {}
                _ => return self.unexpected(token, "operand"),
            }
            break;
        }
        if words.is_empty() {
            return self.fail("empty command");
        }
        self.current.commands.push(Command { words, position });
        Ok(self.current.commands.len() as u32 - 1)
    }

    fn operand(&mut self) -> Parsed<Option<u32>> {
        let Some(at) = self.term()? else { return Ok(None) };
        let first = self.peek();
        if first.kind != TokenKind::Field {
            return Ok(Some(at));
        }
        let mut fields = Vec::new();
        while self.peek().kind == TokenKind::Field {
            let token = self.next();
            fields.push(Text::from_bytes(self.value(token).get(1..).unwrap_or_default()));
        }
        let length = match self.current.words.get(at as usize).map(|word| &word.kind) {
            Some(WordKind::Bool(true)) => 4,
            Some(WordKind::Bool(false)) => 5,
            Some(WordKind::Nil) => 3,
            Some(WordKind::Dot) => 1,
            Some(WordKind::Number(_, length) | WordKind::String(_, length)) => *length as usize,
            _ => 0,
        };
        let Some(word) = self.current.words.get_mut(at as usize) else { return Ok(None) };
        match &mut word.kind {
            // Go makes one node of the whole chain, and lets it stand where its second part does.
            WordKind::Field(names) | WordKind::Variable(_, names) => {
                names.append(&mut fields);
                word.position = first.start as u32;
                Ok(Some(at))
            }
            WordKind::Bool(_)
            | WordKind::String(..)
            | WordKind::Number(..)
            | WordKind::Nil
            | WordKind::Dot => {
                let start = word.position as usize;
                let text = self.source.text.get(start..start + length).unwrap_or_default();
                let text = quote(text, Charset::Unicode);
                self.fail(format!("unexpected . after term {text}"))
            }
            WordKind::Function(..) | WordKind::Pipe(_) | WordKind::Chain(..) => {
                Ok(Some(self.current.word(first.start, WordKind::Chain(at, fields))))
            }
        }
    }

    fn term(&mut self) -> Parsed<Option<u32>> {
        let token = self.next_solid();
        let value = self.value(token);
        let length = value.len() as u32;
        let kind = match token.kind {
            TokenKind::Identifier => {
                let function = std::str::from_utf8(value).ok().and_then(find);
                let Some((function, special)) = function else {
                    let name = quote(value, Charset::Unicode);
                    return self.fail(format!("function {name} not defined"));
                };
                WordKind::Function(function, special)
            }
            TokenKind::Dot => WordKind::Dot,
            TokenKind::Nil => WordKind::Nil,
            TokenKind::Variable => {
                let name = Text::from_bytes(value);
                let variable = self.current.variable(&name);
                if !self.current.scope.contains(&variable) {
                    return self.fail(format!("undefined variable {}", quote(value, Charset::Unicode)));
                }
                WordKind::Variable(variable, Vec::new())
            }
            TokenKind::Field => WordKind::Field(vec![Text::from_bytes(value.get(1..).unwrap_or_default())]),
            TokenKind::Bool => WordKind::Bool(value == b"true"),
            TokenKind::CharConstant | TokenKind::Complex | TokenKind::Number => {
                match Number::parse(value, token.kind) {
                    Ok(number) => WordKind::Number(number, length),
                    Err(message) => return self.fail(message),
                }
            }
            TokenKind::LeftParenthesis => {
                if self.current.parentheses >= PARENTHESES_LIMIT {
                    return self.fail("max expression depth exceeded");
                }
                self.current.parentheses += 1;
                let pipe =
                    super::deepen(|| self.pipeline("parenthesized pipeline", TokenKind::RightParenthesis))?;
                self.current.parentheses -= 1;
                let position = self.current.pipes.get(pipe as usize).map_or(0, |pipe| pipe.position);
                return Ok(Some(self.current.word(position as usize, WordKind::Pipe(pipe))));
            }
            TokenKind::String | TokenKind::RawString => WordKind::String(self.unquote(token)?, length),
            _ => {
                self.back();
                return Ok(None);
            }
        };
        Ok(Some(self.current.word(token.start, kind)))
    }
}
