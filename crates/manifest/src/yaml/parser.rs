//! The parser: turns tokens into events, as a state machine with its own stack, so that depth does not use the
//! thread's.

use std::borrow::Cow;
use std::collections::BTreeMap;

use super::Dialect;
use super::cursor::Mark;
use super::error::{Error, Result};
use super::scanner::Scanner;
use super::token::{Kind, Style};

/// The expansion of `!!`.
pub(super) const TAG_PREFIX: &str = "tag:yaml.org,2002:";

/// The anchor and tag before a node.
#[derive(Debug, Default)]
pub(super) struct Properties<'a> {
    pub(super) anchor: Option<Cow<'a, str>>,
    pub(super) tag: Option<Box<str>>,
    /// Whether a collection is a flow collection, in brackets or braces.
    pub(super) flow: bool,
}

/// One step through a document.
#[derive(Debug)]
pub(super) enum Event<'a> {
    StreamEnd,
    DocumentStart,
    DocumentEnd,
    Alias(Cow<'a, str>),
    Scalar { properties: Properties<'a>, value: Cow<'a, str>, style: Style },
    SequenceStart(Properties<'a>),
    MappingStart(Properties<'a>),
    CollectionEnd,
}

#[derive(Clone, Copy, Debug)]
pub(super) enum State {
    ImplicitDocumentStart,
    DocumentStart,
    DocumentContent,
    DocumentEnd,
    BlockNode,
    BlockSequenceFirst,
    BlockSequenceEntry,
    IndentlessSequenceEntry,
    BlockMappingFirst,
    BlockMappingKey,
    BlockMappingValue,
    FlowSequenceFirst,
    FlowSequenceEntry,
    FlowPairKey,
    FlowPairValue,
    FlowPairEnd,
    FlowMappingFirst,
    FlowMappingKey,
    FlowMappingValue,
    FlowMappingEmptyValue,
    End,
}

/// The context of a node, which decides its allowed forms.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Setting {
    Block,
    /// A list can have the indent of its key.
    BlockOrIndentless,
    Flow,
}

/// Turns a text into events.
#[derive(Debug)]
pub(super) struct Parser<'a> {
    pub(super) scanner: Scanner<'a>,
    pub(super) state: State,
    states: Vec<State>,
    /// Where the open collections started.
    marks: Vec<Mark>,
    tag_directives: BTreeMap<Cow<'a, str>, Box<str>>,
}

pub(super) type Step<'a> = (Event<'a>, Mark);

impl<'a> Parser<'a> {
    pub(super) fn new(text: &'a str, dialect: Dialect) -> Self {
        Self {
            scanner: Scanner::new(text, dialect),
            state: State::ImplicitDocumentStart,
            states: Vec::new(),
            marks: Vec::new(),
            tag_directives: BTreeMap::new(),
        }
    }

    /// Returns the next event and where it starts.
    pub(super) fn next_event(&mut self) -> Result<Step<'a>> {
        match self.state {
            State::ImplicitDocumentStart => self.document_start(true),
            State::DocumentStart => self.document_start(false),
            State::DocumentContent => self.document_content(),
            State::DocumentEnd => self.document_end(),
            State::BlockNode => self.node(Setting::Block),
            State::BlockSequenceFirst => {
                self.open()?;
                self.block_sequence_entry()
            }
            State::BlockSequenceEntry => self.block_sequence_entry(),
            State::IndentlessSequenceEntry => self.indentless_sequence_entry(),
            State::BlockMappingFirst => {
                self.open()?;
                self.block_mapping_key()
            }
            State::BlockMappingKey => self.block_mapping_key(),
            State::BlockMappingValue => self.block_mapping_value(),
            State::FlowSequenceFirst => {
                self.open()?;
                self.flow_sequence_entry(true)
            }
            State::FlowSequenceEntry => self.flow_sequence_entry(false),
            State::FlowPairKey => self.flow_pair_key(),
            State::FlowPairValue => self.flow_pair_value(),
            State::FlowPairEnd => {
                let (_, mark) = self.scanner.peek()?;
                self.state = State::FlowSequenceEntry;
                Ok((Event::CollectionEnd, mark))
            }
            State::FlowMappingFirst => {
                self.open()?;
                self.flow_mapping_key(true)
            }
            State::FlowMappingKey => self.flow_mapping_key(false),
            State::FlowMappingValue => self.flow_mapping_value(),
            State::FlowMappingEmptyValue => {
                let (_, mark) = self.scanner.peek()?;
                Ok(self.empty(mark, State::FlowMappingKey))
            }
            State::End => Ok((Event::StreamEnd, Mark::default())),
        }
    }

    /// Returns an error about the token at `mark`, in the form of go-yaml's parser errors, whose lines are one too
    /// low.
    fn error(&self, problem: &str, mark: Mark, context: Option<Mark>) -> Error {
        let context = context.map_or(0, |mark| mark.line);
        let line = match self.scanner.dialect {
            Dialect::Sigs if mark.line != 0 => mark.line,
            Dialect::Kyaml if context == 0 => mark.line,
            Dialect::Sigs | Dialect::Kyaml => context,
        };
        match line {
            0 => Error::at(format!("yaml: {problem}"), mark),
            line => Error::at(format!("yaml: line {line}: {problem}"), mark),
        }
    }

    /// Returns an error about the token at `mark` in the open collection.
    pub(super) fn error_in_collection(&mut self, problem: &str, mark: Mark) -> Error {
        let context = self.marks.pop();
        self.error(problem, mark, context)
    }

    fn open(&mut self) -> Result<()> {
        let (_, mark) = self.scanner.peek()?;
        self.marks.push(mark);
        self.scanner.skip();
        Ok(())
    }

    pub(super) fn close(&mut self, mark: Mark) -> Step<'a> {
        self.marks.pop();
        self.scanner.skip();
        self.leave();
        (Event::CollectionEnd, mark)
    }

    /// Returns to the parent of the current node.
    pub(super) fn leave(&mut self) {
        self.state = self.states.pop().unwrap_or(State::End);
    }

    pub(super) fn empty(&mut self, mark: Mark, next: State) -> Step<'a> {
        self.state = next;
        let properties = Properties::default();
        (Event::Scalar { properties, value: Cow::Borrowed(""), style: Style::Plain }, mark)
    }

    pub(super) fn node_then(&mut self, next: State, place: Setting) -> Result<Step<'a>> {
        self.states.push(next);
        self.node(place)
    }

    fn document_start(&mut self, implicit: bool) -> Result<Step<'a>> {
        let (mut kind, mut mark) = self.scanner.peek()?;
        if !implicit {
            while kind == Kind::DocumentEnd {
                self.scanner.skip();
                (kind, mark) = self.scanner.peek()?;
            }
        }
        match kind {
            Kind::StreamEnd => {
                self.state = State::End;
                return Ok((Event::StreamEnd, mark));
            }
            Kind::VersionDirective { .. } | Kind::TagDirective | Kind::DocumentStart => {}
            _ if implicit => {
                self.process_directives()?;
                self.states.push(State::DocumentEnd);
                self.state = State::BlockNode;
                return Ok((Event::DocumentStart, mark));
            }
            _ => {}
        }
        self.process_directives()?;
        let (kind, start) = self.scanner.peek()?;
        if kind != Kind::DocumentStart {
            return Err(self.error("did not find expected <document start>", start, None));
        }
        self.states.push(State::DocumentEnd);
        self.state = State::DocumentContent;
        self.scanner.skip();
        Ok((Event::DocumentStart, mark))
    }

    fn process_directives(&mut self) -> Result<()> {
        let mut has_version = false;
        loop {
            let (kind, mark) = self.scanner.peek()?;
            match kind {
                Kind::VersionDirective { compatible } => {
                    if has_version {
                        return Err(self.error("found duplicate %YAML directive", mark, None));
                    }
                    if !compatible {
                        return Err(self.error("found incompatible YAML document", mark, None));
                    }
                    has_version = true;
                    self.scanner.skip();
                }
                Kind::TagDirective => {
                    let token = self.scanner.take();
                    if self.tag_directives.contains_key(&token.text) {
                        return Err(self.error("found duplicate %TAG directive", mark, None));
                    }
                    self.tag_directives.insert(token.text, token.suffix.unwrap_or_default());
                }
                _ => break,
            }
        }
        for (handle, prefix) in [("!", "!"), ("!!", TAG_PREFIX)] {
            self.tag_directives.entry(Cow::Borrowed(handle)).or_insert_with(|| prefix.into());
        }
        Ok(())
    }

    fn document_content(&mut self) -> Result<Step<'a>> {
        let (kind, mark) = self.scanner.peek()?;
        match kind {
            Kind::VersionDirective { .. }
            | Kind::TagDirective
            | Kind::DocumentStart
            | Kind::DocumentEnd
            | Kind::StreamEnd => {
                let next = self.states.pop().unwrap_or(State::End);
                Ok(self.empty(mark, next))
            }
            _ => self.node(Setting::Block),
        }
    }

    fn document_end(&mut self) -> Result<Step<'a>> {
        let (kind, mark) = self.scanner.peek()?;
        if kind == Kind::DocumentEnd {
            self.scanner.skip();
        }
        self.tag_directives.clear();
        self.state = State::DocumentStart;
        Ok((Event::DocumentEnd, mark))
    }

    fn node(&mut self, place: Setting) -> Result<Step<'a>> {
        let (mut kind, start) = self.scanner.peek()?;
        if kind == Kind::Alias {
            self.leave();
            return Ok((Event::Alias(self.scanner.take().text), start));
        }
        let mut properties = Properties::default();
        if matches!(kind, Kind::Anchor | Kind::Tag) {
            kind = self.properties(kind, start, &mut properties)?;
        }
        properties.flow = matches!(kind, Kind::FlowSequenceStart | Kind::FlowMappingStart);
        let (next, event) = match kind {
            Kind::BlockEntry if place == Setting::BlockOrIndentless => {
                (State::IndentlessSequenceEntry, Event::SequenceStart(properties))
            }
            Kind::Scalar(style) => {
                self.leave();
                let value = self.scanner.take().text;
                return Ok((Event::Scalar { properties, value, style }, start));
            }
            Kind::FlowSequenceStart => (State::FlowSequenceFirst, Event::SequenceStart(properties)),
            Kind::FlowMappingStart => (State::FlowMappingFirst, Event::MappingStart(properties)),
            Kind::BlockSequenceStart if place != Setting::Flow => {
                (State::BlockSequenceFirst, Event::SequenceStart(properties))
            }
            Kind::BlockMappingStart if place != Setting::Flow => {
                (State::BlockMappingFirst, Event::MappingStart(properties))
            }
            _ if properties.anchor.is_some() || properties.tag.is_some() => {
                self.leave();
                return Ok((
                    Event::Scalar { properties, value: Cow::Borrowed(""), style: Style::Plain },
                    start,
                ));
            }
            _ => {
                let (_, mark) = self.scanner.peek()?;
                return Err(self.error("did not find expected node content", mark, Some(start)));
            }
        };
        self.state = next;
        Ok((event, start))
    }

    /// Reads an anchor and a tag, in any order, and returns the kind of the token after them.
    fn properties(&mut self, first: Kind, start: Mark, properties: &mut Properties<'a>) -> Result<Kind> {
        let mut kind = first;
        let mut tag_token = None;
        loop {
            match kind {
                Kind::Anchor if properties.anchor.is_none() => {
                    properties.anchor = Some(self.scanner.take().text)
                }
                Kind::Tag if tag_token.is_none() => tag_token = Some(self.scanner.take()),
                _ => break,
            }
            kind = self.scanner.peek()?.0;
        }
        if let Some(token) = tag_token {
            let suffix = token.suffix.unwrap_or_default();
            properties.tag = Some(match token.text.as_ref() {
                "" => suffix,
                handle => match self.tag_directives.get(handle) {
                    Some(prefix) => format!("{prefix}{suffix}").into(),
                    None => {
                        return Err(self.error("found undefined tag handle", token.mark, Some(start)));
                    }
                },
            });
        }
        Ok(kind)
    }
}
