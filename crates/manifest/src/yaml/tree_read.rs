//! Reads a text into nodes with their comments.
//!
//! Comments are assigned to nodes like in yaml.v3: those after a node on its line, those directly above, and those
//! directly below if followed by an empty line.

use std::collections::VecDeque;

use super::check_length;
use super::compose::{self, Composer, Shape};
use super::cursor::{Comment, Mark};
use super::token::Style;
use super::tree::{Collection, EditableDocument, Entry, Form, Kind, Node, Scalar, TEXT, tag_of};

/// Consecutive comments on their own lines.
struct Block {
    lines: Vec<String>,
    first: u32,
    last: u32,
    column: u32,
    /// Whether the line above belongs to another comment.
    touches_block: bool,
}

pub(super) fn read(text: &str) -> Option<EditableDocument> {
    check_length(text).ok()?;
    let mut composer = Composer::with_comments(text);
    let document = composer.next_document(Vec::new()).ok()??;
    let comments = composer.comments_of_document()?;
    let root = document.nodes.first()?;
    let mut reader = Reader {
        nodes: &document.nodes,
        lines: text.lines().collect(),
        blocks: VecDeque::new(),
        trailing: VecDeque::new(),
        top: Vec::new(),
        // After a `---`, all comments belong to the first entry.
        is_first: !text.lines().take(root.mark.line as usize).any(|line| line.starts_with("---")),
        has_comments: !comments.is_empty(),
        depth: 0,
    };
    reader.sort(&comments)?;
    let mut root = reader.node(0)?;
    let mut end = Vec::new();
    while let Some(block) = reader.blocks.pop_front() {
        let is_below = reader.touches_last(&block) && end.is_empty();
        let last = last_entry_at(&mut root, block.column);
        match last.filter(|last| is_below && last.foot.is_empty() && has_foot(last, false)) {
            Some(last) => last.foot = block.lines,
            None => join(&mut end, block),
        }
    }
    end.extend(reader.trailing.into_iter().map(|(_, comment)| comment));
    Some(EditableDocument { root, top: reader.top, end })
}

struct Reader<'a> {
    nodes: &'a [compose::Node<'a>],
    lines: Vec<&'a str>,
    blocks: VecDeque<Block>,
    /// The comments after something, each with its line.
    trailing: VecDeque<(u32, String)>,
    top: Vec<Vec<String>>,
    /// Whether nothing has been read yet.
    is_first: bool,
    has_comments: bool,
    depth: usize,
}

/// Deeper texts are not supported.
const MAX_DEPTH: usize = 100;

impl Reader<'_> {
    fn is_blank(&self, line: u32) -> bool {
        self.lines.get(line as usize).is_none_or(|line| line.trim().is_empty())
    }

    /// Tells whether there is no empty line above a comment.
    fn touches_last(&self, block: &Block) -> bool {
        let above = block.first.checked_sub(1).and_then(|above| self.lines.get(above as usize));
        above.is_some_and(|above| !above.trim().is_empty())
    }

    /// Separates comments on their own lines from those after something.
    fn sort(&mut self, comments: &[Comment<'_>]) -> Option<()> {
        for Comment { mark, text } in comments {
            let line = self.lines.get(mark.line as usize)?;
            if !line.trim_start().starts_with('#') {
                self.trailing.push_back((mark.line, (*text).to_owned()));
                continue;
            }
            match self.blocks.back_mut() {
                Some(block) if block.last + 1 == mark.line && block.column <= mark.column => {
                    block.last = mark.line;
                    block.lines.push((*text).to_owned());
                }
                last => {
                    let touches_block = last.is_some_and(|block| block.last + 1 == mark.line);
                    self.blocks.push_back(Block {
                        lines: vec![(*text).to_owned()],
                        first: mark.line,
                        last: mark.line,
                        column: mark.column,
                        touches_block,
                    });
                }
            }
        }
        Some(())
    }

    fn node(&mut self, number: usize) -> Option<Node> {
        let node = self.nodes.get(number)?;
        if node.tag.is_some() {
            return None;
        }
        match &node.shape {
            Shape::Alias { .. } => None,
            Shape::Scalar { .. } => Some(Node::Scalar(self.scalar(number)?)),
            shape => {
                self.depth += 1;
                let kind = if matches!(shape, Shape::Mapping) { Kind::Map } else { Kind::List };
                let collection = if self.depth > MAX_DEPTH { None } else { self.collection(number, kind) };
                self.depth -= 1;
                collection
            }
        }
    }

    fn scalar(&self, number: usize) -> Option<Scalar> {
        let node = self.nodes.get(number)?;
        let Shape::Scalar { value, style } = &node.shape else { return None };
        let form = match style {
            Style::Plain => Form::Plain,
            Style::Literal => Form::Literal,
            Style::Folded => Form::Folded,
            Style::SingleQuoted => Form::SingleQuoted,
            Style::DoubleQuoted => Form::DoubleQuoted,
        };
        let tag = if form == Form::Plain { tag_of(value) } else { TEXT };
        Some(Scalar { text: value.to_string(), form, tag: Some(tag) })
    }

    fn collection(&mut self, number: usize, kind: Kind) -> Option<Node> {
        let node = self.nodes.get(number)?;
        let mut collection = Collection { kind, flow: node.flow, entries: Vec::new(), column: 0 };
        let mut above_next = Vec::new();
        let mut next = number + 1;
        while next < node.end {
            let first = self.nodes.get(next)?;
            let mut key = None;
            let (mut line, mut column) = (first.mark.line, first.mark.column);
            if kind == Kind::Map {
                if first.tag.is_some() {
                    return None;
                }
                key = Some(self.scalar(next)?);
                next += 1;
            } else if !node.flow && self.has_comments {
                (line, column) = self.dash(first)?;
            }
            let value = self.nodes.get(next)?;
            let (mut head, mut foot, mut comment) = (Vec::new(), Vec::new(), None);
            if !node.flow {
                collection.column = column;
                (head, foot) = self.comments_above(number, &mut collection, line);
                comment = self.comment_behind(line, key.is_some(), next)?;
                head.splice(..0, std::mem::take(&mut above_next));
                if key.is_none() && is_empty(value) {
                    // yaml.v3 writes a comment above an empty element below its dash.
                    above_next = std::mem::take(&mut head);
                }
            }
            collection.entries.push(Entry { key, value: self.node(next)?, head, line: comment, foot });
            next = value.end;
        }
        if let Some(last) = collection.entries.last_mut() {
            last.foot.extend(above_next);
        }
        Some(Node::Collection(collection))
    }

    /// Returns the position of the dash before an element; `None` if it is not on the same line.
    fn dash(&self, element: &compose::Node<'_>) -> Option<(u32, u32)> {
        // An empty element counts as being at its dash.
        let end = element.mark.column as usize + usize::from(is_empty(element));
        let line = self.lines.get(element.mark.line as usize)?;
        let before: Vec<char> = line.chars().take(end).collect();
        let dash = before.iter().rposition(|character| !matches!(character, ' ' | '\t'))?;
        (before.get(dash) == Some(&'-')).then_some((element.mark.line, u32::try_from(dash).ok()?))
    }

    /// Returns the comments above and below the entry that starts at a line, after those further up have been
    /// assigned.
    fn comments_above(
        &mut self,
        number: usize,
        collection: &mut Collection,
        line: u32,
    ) -> (Vec<String>, Vec<String>) {
        let is_first = std::mem::take(&mut self.is_first);
        let (mut head, mut foot) = (Vec::new(), Vec::new());
        // A comment that cannot stay in its place at least stays nearby.
        while let Some((_, comment)) = pop_if(&mut self.trailing, |(at, _)| *at < line) {
            head.push(comment);
        }
        let mut is_above = false;
        while let Some(block) = pop_if(&mut self.blocks, |block| block.first < line) {
            let run = self.blocks.iter().take_while(|next| next.touches_block).last();
            let touches_next = !self.is_blank(run.unwrap_or(&block).last + 1);
            let touches_last = self.touches_last(&block);
            let is_deeper = block.column > collection.column;
            let column = if touches_last { block.column } else { u32::MAX };
            let inner = collection.entries.last_mut().filter(|_| is_deeper);
            if let Some(inner) = inner.and_then(|entry| last_entry_at(&mut entry.value, column)) {
                if inner.foot.is_empty() {
                    inner.foot = block.lines;
                } else if let Some(last) = collection.entries.last_mut() {
                    join(&mut last.foot, block);
                }
            } else if is_first && !touches_next {
                match self.top.last_mut().filter(|_| block.touches_block) {
                    Some(last) => last.extend(block.lines),
                    None => self.top.push(block.lines),
                }
            } else {
                is_above |= touches_next || !touches_last || block.column < collection.column;
                let is_early = collection.entries.len() == 1
                    && self.nodes.get(number).is_some_and(|node| node.mark == Mark::default());
                let last = collection.entries.last_mut().filter(|last| has_foot(last, is_early));
                match last.filter(|_| !is_above) {
                    // Here, yaml.v3 waits for one more element.
                    Some(Entry { key: None, value: Node::Collection(_), .. }) => join(&mut foot, block),
                    Some(last) => join(&mut last.foot, block),
                    None => join(&mut head, block),
                }
            }
        }
        (head, foot)
    }

    /// Returns the comment after an entry that starts at a line, or after its key.
    fn comment_behind(&mut self, line: u32, has_key: bool, number: usize) -> Option<Option<String>> {
        if self.trailing.is_empty() {
            return Some(None);
        }
        let value = self.nodes.get(number)?;
        let is_block = !value.flow && value.end > number + 1;
        let within = self.nodes.get(number..value.end)?.iter().filter(|node| !is_empty(node));
        let last = within.map(|node| node.mark.line).max().unwrap_or(line);
        let comment = pop_if(&mut self.trailing, |(at, _)| match is_block {
            // A comment after a dash belongs to the content of the element.
            true => has_key && *at == line && value.mark.line > line,
            false if value.flow => *at == line && last == line,
            false => *at >= line && *at <= last.max(line) && (has_key || !is_empty(value)),
        });
        Some(comment.map(|(_, comment)| comment))
    }
}

/// Tells whether yaml.v3 assigns a comment directly below an entry to it. After the first entry, on the first line of
/// a text, it misses one that follows a quote, a bracket or another comment.
fn has_foot(entry: &Entry, is_first: bool) -> bool {
    let is_hidden = match &entry.value {
        Node::Scalar(scalar) if scalar.text.is_empty() => return false,
        Node::Scalar(scalar) => matches!(scalar.form, Form::SingleQuoted | Form::DoubleQuoted),
        Node::Collection(collection) => collection.flow,
    };
    !(is_first && (is_hidden || entry.line.is_some()))
}

/// Adds a comment, after an empty line if there is already one above it.
fn join(comment: &mut Vec<String>, block: Block) {
    if !comment.is_empty() && !block.touches_block {
        comment.push(String::new());
    }
    comment.extend(block.lines);
}

fn pop_if<T>(queue: &mut VecDeque<T>, is_wanted: impl FnOnce(&T) -> bool) -> Option<T> {
    queue.front().is_some_and(is_wanted).then(|| queue.pop_front())?
}

/// Tells whether the value is missing.
fn is_empty(node: &compose::Node<'_>) -> bool {
    matches!(&node.shape, Shape::Scalar { value, style: Style::Plain } if value.is_empty())
}

/// Returns the last entry of the innermost list or map at the end of a value whose entries do not start after a
/// column.
fn last_entry_at(node: &mut Node, column: u32) -> Option<&mut Entry> {
    let Node::Collection(collection) = node else { return None };
    if collection.flow || collection.column > column {
        return None;
    }
    let last = collection.entries.last_mut()?;
    match &last.value {
        // A list can be in the column of its key.
        Node::Collection(inner)
            if !inner.flow && (collection.column + 1..=column).contains(&inner.column) =>
        {
            last_entry_at(&mut last.value, column)
        }
        _ => Some(last),
    }
}
