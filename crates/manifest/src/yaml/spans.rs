//! The places of a document's keys and values in the text.

use smol_str::SmolStr;

use super::Dialect;
use super::compose::{Node, Nodes, Shape};
use super::cursor::Mark;
use super::decode::text;
use super::key::key_text;
use super::resolve::{Resolved, resolve_node};
use crate::Position;

/// How many aliases a path may follow at one step.
const MAX_ALIASES: usize = 64;

/// One step of a path into a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step<'a> {
    /// Into a map.
    Key(&'a str),
    /// Into a list, counted from 0.
    Index(usize),
}

/// The places of everything in one document. Paths are looked up on demand.
#[derive(Clone, Debug, Default)]
pub struct Spans {
    nodes: Vec<Spot>,
}

#[derive(Clone, Debug)]
struct Spot {
    mark: Mark,
    end: usize,
    shape: SpotShape,
}

#[derive(Clone, Debug)]
enum SpotShape {
    /// A scalar, with its text as a key.
    Scalar(Option<SmolStr>),
    Sequence,
    Mapping,
    Alias(usize),
}

impl Spans {
    pub(super) fn new(nodes: &Nodes<'_>, dialect: Dialect) -> Self {
        let place = |node: &Node<'_>| Spot {
            mark: node.mark,
            end: node.end,
            shape: match &node.shape {
                Shape::Sequence => SpotShape::Sequence,
                Shape::Mapping => SpotShape::Mapping,
                Shape::Alias { target, .. } => SpotShape::Alias(*target),
                Shape::Scalar { value, style } => {
                    let resolved = resolve_node(node, value, *style, dialect).unwrap_or(Resolved::String);
                    SpotShape::Scalar(match dialect {
                        Dialect::Sigs => key_text(node, value, resolved).ok().flatten(),
                        Dialect::Kyaml => text(node, value).ok(),
                    })
                }
            },
        };
        Self { nodes: nodes.nodes.iter().map(place).collect() }
    }

    /// Returns the position of the last step's key, or of the list element if that step is an index.
    pub fn key(&self, path: &[Step<'_>]) -> Option<Position> {
        self.find(path).map(|(key, _)| key)
    }

    /// Returns the position where the value at a path starts.
    pub fn value(&self, path: &[Step<'_>]) -> Option<Position> {
        self.find(path).map(|(_, value)| value)
    }

    fn find(&self, path: &[Step<'_>]) -> Option<(Position, Position)> {
        let mut key = 0;
        let mut value = 0;
        for step in path {
            let number = self.target(value);
            (key, value) = match step {
                Step::Key(name) => self.entry(number, name, MAX_ALIASES)?,
                Step::Index(index) => {
                    let element = self.element(number, *index)?;
                    (element, element)
                }
            };
        }
        Some((self.position(key)?, self.position(value)?))
    }

    fn position(&self, number: usize) -> Option<Position> {
        let mark = self.nodes.get(number)?.mark;
        Some(Position { line: mark.line + 1, column: mark.column + 1 })
    }

    fn end(&self, number: usize) -> usize {
        self.nodes.get(number).map_or(usize::MAX, |place| place.end)
    }

    /// Follows aliases.
    fn target(&self, number: usize) -> usize {
        match self.nodes.get(number).map(|place| &place.shape) {
            Some(SpotShape::Alias(target)) => *target,
            _ => number,
        }
    }

    fn children(&self, number: usize) -> impl Iterator<Item = usize> {
        let end = self.end(number);
        let first = Some(number + 1).filter(|first| *first < end && end != usize::MAX);
        std::iter::successors(first, move |child| Some(self.end(*child)).filter(|next| *next < end))
    }

    fn element(&self, number: usize, index: usize) -> Option<usize> {
        match self.nodes.get(number)?.shape {
            SpotShape::Sequence => self.children(number).nth(index),
            _ => None,
        }
    }

    /// Finds the key and value of an entry. The last one with the name counts, then merged mappings.
    fn entry(&self, number: usize, name: &str, aliases: usize) -> Option<(usize, usize)> {
        if !matches!(self.nodes.get(number)?.shape, SpotShape::Mapping) {
            return None;
        }
        let mut found = None;
        let mut merged = None;
        let mut children = self.children(number);
        while let (Some(key), Some(value)) = (children.next(), children.next()) {
            if let Some(SpotShape::Scalar(Some(text))) =
                self.nodes.get(self.target(key)).map(|place| &place.shape)
            {
                if text == name {
                    found = Some((key, value));
                } else if text == "<<" {
                    merged = Some(self.target(value));
                }
            }
        }
        let merged = || {
            let source = merged.filter(|_| aliases > 0)?;
            match self.nodes.get(source)?.shape {
                SpotShape::Sequence => {
                    self.children(source).find_map(|child| self.entry(self.target(child), name, aliases - 1))
                }
                _ => self.entry(source, name, aliases - 1),
            }
        };
        found.or_else(merged)
    }
}
