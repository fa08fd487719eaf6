//! The composer: turns events into the nodes of a document, in a flat list in the order of the text.
//!
//! A collection is followed by all its content and knows where that ends. So a document is one allocation, however
//! deep, and an alias is an index.

use std::borrow::Cow;
use std::collections::BTreeMap;

use super::cursor::{Comment, Mark};
use super::error::{Error, Result};
use super::parser::{Event, Parser, Properties};
use super::token::Style;
use super::{Dialect, MAX_DEPTH};

/// The kind of a node.
#[derive(Debug)]
pub(super) enum Shape<'a> {
    Scalar {
        value: Cow<'a, str>,
        style: Style,
    },
    Sequence,
    Mapping,
    /// The index of the node with the anchor.
    Alias {
        target: usize,
        name: Cow<'a, str>,
    },
}

/// One node of a document.
#[derive(Debug)]
pub(super) struct Node<'a> {
    pub(super) shape: Shape<'a>,
    pub(super) tag: Option<Box<str>>,
    pub(super) mark: Mark,
    /// Whether it is a flow collection, in brackets or braces.
    pub(super) flow: bool,
    /// The index of the first node that is not inside this one.
    pub(super) end: usize,
}

/// The nodes of one document; the first one is the root.
#[derive(Debug)]
pub(super) struct Nodes<'a> {
    pub(super) nodes: Vec<Node<'a>>,
    pub(super) start: Mark,
}

/// Reads the documents of a stream one after the other.
#[derive(Debug)]
pub(super) struct Composer<'a> {
    parser: Parser<'a>,
    anchors: BTreeMap<Cow<'a, str>, usize>,
}

impl<'a> Composer<'a> {
    pub(super) fn new(text: &'a str, dialect: Dialect) -> Self {
        Self { parser: Parser::new(text, dialect), anchors: BTreeMap::new() }
    }

    /// Reads a text like Kustomize, and keeps its comments.
    pub(super) fn with_comments(text: &'a str) -> Self {
        let mut composer = Self::new(text, Dialect::Kyaml);
        composer.parser.scanner.cursor.comments = Some(Vec::new());
        composer
    }

    /// Returns the comments of the document; `None` if there are anchors, or another document whose comments would be
    /// mixed in.
    pub(super) fn comments_of_document(&mut self) -> Option<Vec<Comment<'a>>> {
        let (event, _) = self.parser.next_event().ok()?;
        let comments = self.parser.scanner.cursor.comments.take()?;
        let are_its_own = comments.is_empty() || matches!(event, Event::StreamEnd);
        (self.anchors.is_empty() && are_its_own).then_some(comments)
    }

    /// Returns the next document; `None` at the end of the stream. `spare` is a used vector to fill.
    pub(super) fn next_document(&mut self, spare: Vec<Node<'a>>) -> Result<Option<Nodes<'a>>> {
        let (event, start) = self.parser.next_event()?;
        if let Event::StreamEnd = event {
            return Ok(None);
        }
        self.anchors.clear();
        let mut nodes = spare;
        nodes.clear();
        let mut open: Vec<usize> = Vec::new();
        loop {
            let (event, mark) = self.parser.next_event()?;
            let number = nodes.len();
            let end = number + 1;
            match event {
                Event::Alias(name) => {
                    let Some(target) = self.anchors.get(&name).copied() else {
                        return Err(Error::at(format!("yaml: unknown anchor '{name}' referenced"), mark));
                    };
                    nodes.push(Node {
                        shape: Shape::Alias { target, name },
                        tag: None,
                        mark,
                        flow: false,
                        end,
                    });
                }
                Event::Scalar { properties, value, style } => {
                    let tag = self.register(properties, number);
                    nodes.push(Node { shape: Shape::Scalar { value, style }, tag, mark, flow: false, end });
                }
                Event::SequenceStart(properties) => {
                    let flow = properties.flow;
                    let tag = self.register(properties, number);
                    nodes.push(Node { shape: Shape::Sequence, tag, mark, flow, end });
                    open.push(number);
                }
                Event::MappingStart(properties) => {
                    let flow = properties.flow;
                    let tag = self.register(properties, number);
                    nodes.push(Node { shape: Shape::Mapping, tag, mark, flow, end });
                    open.push(number);
                }
                Event::CollectionEnd => {
                    if let Some(node) = open.pop().and_then(|number| nodes.get_mut(number)) {
                        node.end = number;
                    }
                }
                Event::DocumentEnd => break,
                Event::DocumentStart | Event::StreamEnd => break,
            }
            if open.len() > MAX_DEPTH {
                return Err(Error::at(format!("yaml: exceeded max depth of {MAX_DEPTH}"), mark));
            }
        }
        Ok(Some(Nodes { nodes, start }))
    }

    fn register(&mut self, properties: Properties<'a>, number: usize) -> Option<Box<str>> {
        if let Some(anchor) = properties.anchor {
            self.anchors.insert(anchor, number);
        }
        properties.tag
    }
}
