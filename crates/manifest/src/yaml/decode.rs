//! The decoder: turns nodes into values, with merge keys, aliases and the rules for keys.
//!
//! On request, it marks how scalars were written. It has its own stack, so that depth does not use the thread's, and
//! counts the nodes from aliases, so that a small text cannot become a huge value.

use std::collections::BTreeMap;

use smol_str::SmolStr;

use super::compose::{Node, Shape};
use super::cursor::Mark;
use super::error::{Error, Result};
use super::marks::{Layout, Marked, Marks};
use super::parser::TAG_PREFIX;
use super::resolve::{Resolved, resolve_node};
use super::token::Style;
use super::{Dialect, MAX_DEPTH};
use crate::Value;
use crate::patch::scalar;

/// Turns the nodes of one document into a value.
pub(super) struct Decoder<'n, 'a> {
    pub(super) nodes: &'n [Node<'a>],
    pub(super) dialect: Dialect,
    pub(super) stack: Vec<Frame>,
    /// How many nodes were decoded, and how many of them inside aliases.
    decoded: u64,
    decoded_in_aliases: u64,
    pub(super) alias_depth: usize,
    /// Duplicate keys, which yaml.v3 collects.
    pub(super) duplicates: Vec<(String, Mark)>,
    /// A key that JSON cannot represent, which sigs.k8s.io/yaml reports after decoding.
    pub(super) bad_key: Option<Error>,
    /// Any other value that JSON cannot represent, which Go reports last, when it writes the JSON.
    pub(super) unsupported: Option<Error>,
    /// What to keep of the collection that is opened next.
    keep: Keep,
    /// Whether scalars are marked.
    marking: bool,
    /// Whether duplicate `annotations` are merged; otherwise the first ones count.
    joining: bool,
}

/// What to keep of a value; all of it is decoded either way.
#[derive(Clone, Copy)]
pub(super) enum Keep {
    All,
    /// The entries with wanted keys.
    Entries(fn(&str) -> bool),
    Nothing,
}

impl Keep {
    /// Returns what to keep of an entry's value, or of an element.
    fn of(self, key: Option<&str>) -> Self {
        match (self, key) {
            (Self::Entries(wanted), Some(key)) if !wanted(key) => Self::Nothing,
            (Self::Entries(_) | Self::All, _) => Self::All,
            (Self::Nothing, _) => Self::Nothing,
        }
    }
}

/// A collection that is being decoded.
pub(super) struct Frame {
    /// The next child, and the node after the last one.
    next: usize,
    end: usize,
    pub(super) target: Target,
    /// The alias that led here.
    alias: Option<usize>,
    keep: Keep,
    layout: Layout,
}

pub(super) enum Target {
    List(Vec<Value>, BTreeMap<usize, Marks>),
    Map(MapFrame),
}

#[derive(Default)]
pub(super) struct MapFrame {
    entries: Entries,
    /// The key whose value comes next.
    pub(super) key: Option<SmolStr>,
    /// Whether the entries go back into the map below, from which they were taken.
    merges: bool,
    /// The value of the merge key, which yaml.v3 processes at the end.
    merge_later: Option<usize>,
    /// The mappings still to be merged; the next one is last.
    pub(super) merge_next: Vec<usize>,
}

/// The entries of a mapping so far.
#[derive(Default)]
struct Entries {
    values: BTreeMap<SmolStr, Value>,
    marks: BTreeMap<SmolStr, Marks>,
}

impl Entries {
    fn insert(&mut self, key: SmolStr, Marked { value, marks }: Marked) {
        if marks != Marks::None {
            self.marks.insert(key.clone(), marks);
        } else if !self.marks.is_empty() {
            self.marks.remove(&key);
        }
        self.values.insert(key, value);
    }

    fn insert_missing(&mut self, key: SmolStr, marked: Marked) {
        if !self.values.contains_key(&key) {
            self.insert(key, marked);
        }
    }

    /// Adds the entries of a duplicate mapping that the first one lacks.
    fn join(&mut self, key: SmolStr, marked: Marked) {
        match (self.values.remove(&key), marked.value) {
            (Some(Value::Map(mut first)), Value::Map(second)) => {
                let first_marks = self.marks.remove(&key).unwrap_or_default();
                let layout = first_marks.layout();
                let mut first_marks = first_marks.into_fields();
                let mut marks = marked.marks.into_fields();
                for (name, value) in second.into_entries() {
                    if !first.contains_key(&name) {
                        if let Some(marks) = marks.remove(&name) {
                            first_marks.insert(name.clone(), marks);
                        }
                        first.insert(name, value);
                    }
                }
                self.insert(
                    key,
                    Marked { value: first.into(), marks: Marks::of_fields(layout, first_marks) },
                );
            }
            (Some(first @ Value::Map(_)), _) => {
                self.values.insert(key, first);
            }
            (_, value) => self.insert(key, Marked { value, marks: marked.marks }),
        }
    }

    fn finish(self, layout: Layout) -> Marked {
        Marked { value: Value::Map(self.values.into()), marks: Marks::of_fields(layout, self.marks) }
    }
}

impl<'n, 'a> Decoder<'n, 'a> {
    pub(super) fn new(nodes: &'n [Node<'a>], dialect: Dialect) -> Self {
        Self {
            nodes,
            dialect,
            stack: Vec::new(),
            decoded: 1,
            decoded_in_aliases: 0,
            alias_depth: 0,
            duplicates: Vec::new(),
            bad_key: None,
            unsupported: None,
            keep: Keep::All,
            marking: false,
            joining: true,
        }
    }

    /// Limits how much of the document to keep.
    pub(super) fn keeping(self, keep: Keep) -> Self {
        Self { keep, ..self }
    }

    pub(super) fn decode(self) -> Result<Value> {
        self.run().map(|marked| marked.value)
    }

    /// Decodes and marks how scalars were written.
    pub(super) fn decode_marked(self) -> Result<Marked> {
        Self { marking: true, ..self }.run()
    }

    /// Keeps the first of duplicate `annotations`.
    pub(super) fn keeping_first(self) -> Self {
        Self { joining: false, ..self }
    }

    fn run(mut self) -> Result<Marked> {
        let mut value = self.start(0, None, self.keep)?;
        loop {
            let is_annotations = self.is_in(&["metadata", "annotations"]);
            let keeps_first = is_annotations && !self.joining;
            let Some(frame) = self.stack.last_mut() else {
                if let Some((_, mark)) = self.duplicates.first() {
                    let problems = self.duplicates.iter().map(|(problem, _)| format!("\n  {problem}"));
                    let message = format!("yaml: unmarshal errors:{}", problems.collect::<String>());
                    return Err(Error::at(message, *mark));
                }
                return match (value, self.bad_key.or(self.unsupported)) {
                    (_, Some(error)) => Err(error),
                    (value, None) => Ok(value.unwrap_or_default()),
                };
            };
            if let Some(value) = value.take() {
                match &mut frame.target {
                    Target::List(list, marks) if !matches!(frame.keep, Keep::Nothing) => {
                        if value.marks != Marks::None {
                            marks.insert(list.len(), value.marks);
                        }
                        list.push(value.value);
                    }
                    Target::List(..) => {}
                    Target::Map(map) => {
                        if let Some(key) = map.key.take()
                            && !matches!(frame.keep.of(Some(&key)), Keep::Nothing)
                        {
                            if (map.merges && self.dialect == Dialect::Kyaml) || keeps_first {
                                map.entries.insert_missing(key, value);
                            } else if is_annotations {
                                map.entries.join(key, value);
                            } else {
                                map.entries.insert(key, value);
                            }
                        }
                    }
                }
            }
            value = self.step()?;
        }
    }

    /// Continues with the innermost collection. Returns a value for the collection that is innermost afterwards.
    fn step(&mut self) -> Result<Option<Marked>> {
        let Some(frame) = self.stack.last_mut() else { return Ok(None) };
        if let Target::Map(map) = &mut frame.target
            && let Some(number) = map.merge_next.pop()
        {
            let (entries, keep) = (std::mem::take(&mut map.entries), frame.keep);
            return self.start(number, Some(entries), keep);
        }
        if frame.next >= frame.end {
            let later = match &mut frame.target {
                Target::Map(map) => map.merge_later.take(),
                Target::List(..) => None,
            };
            return match later {
                Some(number) => self.merge(number),
                None => Ok(self.finish()),
            };
        }
        let (number, keep) = (frame.next, frame.keep);
        frame.next = end_of(self.nodes, number);
        if let Target::List(..) = frame.target {
            return self.start(number, None, keep.of(None));
        }
        let value_number = frame.next;
        frame.next = end_of(self.nodes, value_number);
        if self.is_merge(number) {
            if self.dialect == Dialect::Kyaml {
                if let Some(Frame { target: Target::Map(map), .. }) = self.stack.last_mut() {
                    map.merge_later = Some(value_number);
                }
                return Ok(None);
            }
            return self.merge(value_number);
        }
        let Some(key) = self.key(number, value_number)? else { return Ok(None) };
        let keep = keep.of(Some(&key));
        if let Some(Frame { target: Target::Map(map), .. }) = self.stack.last_mut() {
            map.key = Some(key);
        }
        self.start(value_number, None, keep)
    }

    /// Closes the innermost collection and returns its value, unless it went into the map below.
    fn finish(&mut self) -> Option<Marked> {
        let frame = self.stack.pop()?;
        if frame.alias.is_some() {
            self.alias_depth -= 1;
        }
        match frame.target {
            Target::List(list, marks) => {
                Some(Marked { value: list.into(), marks: Marks::of_elements(frame.layout, marks) })
            }
            Target::Map(map) if map.merges => {
                if let Some(Frame { target: Target::Map(below), .. }) = self.stack.last_mut() {
                    below.entries = map.entries;
                }
                None
            }
            Target::Map(map) => Some(map.entries.finish(frame.layout)),
        }
    }

    /// Decodes a scalar, or opens a collection. `merged` are the entries that a mapping is merged into.
    fn start(&mut self, number: usize, merged: Option<Entries>, keep: Keep) -> Result<Option<Marked>> {
        let mut number = number;
        let mut alias = None;
        loop {
            self.count()?;
            match self.nodes.get(number).map(|node| &node.shape) {
                Some(Shape::Alias { target, name }) => {
                    if self.stack.iter().any(|frame| frame.alias == Some(number)) {
                        return Err(Error::new(format!("yaml: anchor '{name}' value contains itself")));
                    }
                    alias = Some(number);
                    self.alias_depth += 1;
                    number = *target;
                }
                _ => break,
            }
        }
        let Some(node) = self.nodes.get(number) else { return Ok(Some(Marked::default())) };
        let layout = if self.marking && node.flow { Layout::Flow } else { Layout::Block };
        let target = match &node.shape {
            Shape::Sequence => Target::List(Vec::new(), BTreeMap::new()),
            Shape::Mapping => {
                if self.dialect == Dialect::Kyaml {
                    self.check_keys(number, merged.is_some());
                }
                Target::Map(MapFrame {
                    merges: merged.is_some(),
                    entries: merged.unwrap_or_default(),
                    ..MapFrame::default()
                })
            }
            Shape::Scalar { .. } | Shape::Alias { .. } => {
                if alias.is_some() {
                    self.alias_depth -= 1;
                }
                return self.scalar(node, keep).map(Some);
            }
        };
        if self.stack.len() >= MAX_DEPTH {
            return Err(Error::at(format!("yaml: exceeded max depth of {MAX_DEPTH}"), node.mark));
        }
        self.stack.push(Frame { next: number + 1, end: node.end, target, alias, keep, layout });
        Ok(None)
    }

    /// Counts a node, and rejects the document if too much of it comes from aliases.
    pub(super) fn count(&mut self) -> Result<()> {
        self.decoded += 1;
        if self.alias_depth > 0 {
            self.decoded_in_aliases += 1;
        }
        let (all, aliased) = (self.decoded as f64, self.decoded_in_aliases as f64);
        let excessive = self.decoded_in_aliases > 100
            && self.decoded > 1000
            && aliased / all > allowed_alias_ratio(self.decoded);
        if excessive {
            return Err(Error::new("yaml: document contains excessive aliasing"));
        }
        Ok(())
    }

    fn scalar(&mut self, node: &Node<'_>, keep: Keep) -> Result<Marked> {
        let Shape::Scalar { value, style } = &node.shape else { return Ok(Marked::default()) };
        let resolved = resolve_node(node, value, *style, self.dialect)?;
        let as_written = || Value::String(SmolStr::new(value));
        let value = match resolved {
            Resolved::Null => Value::Null,
            Resolved::Bool(value) => Value::Bool(value),
            Resolved::Int(value) => Value::Int(value),
            Resolved::Uint(value) => Value::from(value),
            Resolved::Float(value) if value.is_finite() => Value::Float(value),
            Resolved::Float(_) | Resolved::Timestamp(_) if self.marking => as_written(),
            Resolved::Float(number) => {
                let message = format!("json: unsupported value: {}", infinite(number));
                self.unsupported.get_or_insert_with(|| Error::at(message, node.mark));
                Value::Null
            }
            Resolved::Timestamp(timestamp) if self.dialect == Dialect::Kyaml => timestamp.to_json().into(),
            // A string without a tag is always valid.
            Resolved::Timestamp(_) | Resolved::String
                if matches!(keep, Keep::Nothing) && node.tag.is_none() =>
            {
                Value::Null
            }
            Resolved::Timestamp(_) | Resolved::String => Value::String(text(node, value)?),
        };
        let marks = if self.marking { mark(node, resolved, &value) } else { Marks::None };
        Ok(Marked { value, marks })
    }

    /// Tells whether the open mappings are at these keys, outermost first.
    pub(super) fn is_in(&self, keys: &[&str]) -> bool {
        self.dialect == Dialect::Kyaml
            && self.stack.len() == keys.len()
            && self.stack.iter().zip(keys).all(
                |(frame, key)| matches!(&frame.target, Target::Map(map) if map.key.as_deref() == Some(key)),
            )
    }
}

/// Returns Go's name of a number that is not finite.
pub(super) fn infinite(number: f64) -> &'static str {
    match number {
        f64::INFINITY => "+Inf",
        f64::NEG_INFINITY => "-Inf",
        _ => "NaN",
    }
}

/// Returns how a scalar was written, if its value does not show it.
fn mark(node: &Node<'_>, resolved: Resolved, value: &Value) -> Marks {
    let Shape::Scalar { value: written, style } = &node.shape else { return Marks::None };
    match (resolved, style) {
        (Resolved::Null, _) if written.is_empty() => Marks::Empty,
        (Resolved::String, Style::Plain) if scalar::is_surely_quoted(written) => Marks::Plain,
        (Resolved::String, Style::Plain) => Marks::None,
        (Resolved::String, Style::Folded) => Marks::Folded,
        (Resolved::String, _) if scalar::is_surely_quoted(written) => Marks::None,
        (Resolved::String, _) => Marks::Quoted,
        (Resolved::Null, _) if written == "null" => Marks::None,
        (Resolved::Bool(_) | Resolved::Int(_) | Resolved::Uint(_), _) if scalar::text(value) == **written => {
            Marks::None
        }
        _ => Marks::Text(SmolStr::new(written)),
    }
}

/// Returns the text of a scalar, decoded if it is tagged as binary.
pub(super) fn text(node: &Node<'_>, value: &str) -> Result<SmolStr> {
    if node.tag.as_deref().and_then(|tag| tag.strip_prefix(TAG_PREFIX)) == Some("binary") {
        return super::binary::decode(value)
            .ok_or_else(|| Error::at("yaml: !!binary value contains invalid base64 data", node.mark));
    }
    Ok(SmolStr::new(value))
}

pub(super) fn end_of(nodes: &[Node<'_>], number: usize) -> usize {
    nodes.get(number).map_or(usize::MAX, |node| node.end)
}

/// Returns how much of a document may come from aliases: 99 % of a small one, 10 % of a large one.
fn allowed_alias_ratio(decoded: u64) -> f64 {
    const LOW: u64 = 400_000;
    const HIGH: u64 = 4_000_000;
    match decoded {
        ..=LOW => 0.99,
        HIGH.. => 0.10,
        _ => 0.99 - 0.89 * ((decoded - LOW) as f64 / (HIGH - LOW) as f64),
    }
}
