//! A text as a tree of nodes as written, with their order, styles and comments. A changed tree is written like
//! yaml.v3 writes nodes, which is what Kustomize does with YAML within a string.
//!
//! Anchors, tags and comments in unusual places are not supported.

use std::collections::BTreeMap;

use super::resolve::Resolved;
use super::tree_print::Printer;
use super::{Dialect, Step, resolve, tree_read, write};
use crate::Value;

/// A document that can be changed.
#[derive(Debug)]
pub struct EditableDocument {
    pub(super) root: Node,
    /// The comments at the start, each followed by an empty line.
    pub(super) top: Vec<Vec<String>>,
    /// The comment at the end, after an empty line.
    pub(super) end: Vec<String>,
}

/// One value.
#[derive(Debug)]
pub(super) enum Node {
    Scalar(Scalar),
    Collection(Collection),
}

#[derive(Debug)]
pub(super) struct Scalar {
    pub(super) text: String,
    pub(super) form: Form,
    /// Its type, which a change of its text does not affect; `None` if unspecified.
    pub(super) tag: Option<&'static str>,
}

/// How a scalar was written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Form {
    Plain,
    SingleQuoted,
    DoubleQuoted,
    Literal,
    Folded,
}

/// A list or a map.
#[derive(Debug)]
pub(super) struct Collection {
    pub(super) kind: Kind,
    /// Whether it is in brackets or braces.
    pub(super) flow: bool,
    pub(super) entries: Vec<Entry>,
    /// The positions of its entries, to tell which comments belong to them.
    pub(super) column: u32,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    List,
    Map,
}

/// A value with its key and comments.
#[derive(Debug)]
pub(super) struct Entry {
    /// The key, in a map.
    pub(super) key: Option<Scalar>,
    pub(super) value: Node,
    /// The comment above it.
    pub(super) head: Vec<String>,
    /// The comment after it, or after its key.
    pub(super) line: Option<String>,
    /// The comment below it.
    pub(super) foot: Vec<String>,
}

impl EditableDocument {
    /// Reads the first document of a text; `None` if it is not supported.
    pub fn read(text: &str) -> Option<Self> {
        tree_read::read(text)
    }

    /// Returns the document's value, with scalars as strings; keys that JSON cannot represent are strings too.
    pub fn texts(&self) -> Value {
        self.root.texts()
    }

    /// Adds what a value has in addition to the document: keys of maps, and elements at the end of lists.
    pub fn add(&mut self, value: &Value) {
        self.root.add(value);
    }

    /// Sets the value at the end of the steps. A scalar gets the text and keeps its type and style; anything else is
    /// replaced.
    pub fn set(&mut self, steps: &[Step<'_>], text: &str, value: &Value) {
        let mut node = &mut self.root;
        let Some((last, steps)) = steps.split_last() else { return };
        for step in steps {
            let Some(entry) = node.entry(step) else { return };
            node = &mut entry.value;
        }
        let Some(entry) = node.entry(last) else { return };
        match &mut entry.value {
            Node::Scalar(scalar) => scalar.text = text.to_owned(),
            Node::Collection(old) => {
                // Its comments are removed with it.
                if old.flow {
                    entry.line = None;
                }
                if entry.key.is_none() {
                    entry.head.clear();
                }
                entry.value = Node::of(value);
            }
        }
    }

    /// Returns the text of the document.
    pub fn print(&self) -> String {
        Printer::default().document(self)
    }
}

impl Node {
    fn entry(&mut self, step: &Step<'_>) -> Option<&mut Entry> {
        let Self::Collection(collection) = self else { return None };
        match step {
            Step::Key(key) => collection.entries.iter_mut().find(|entry| entry.is_called(key)),
            Step::Index(index) => collection.entries.get_mut(*index),
        }
    }

    /// Returns the nodes of a value.
    fn of(value: &Value) -> Self {
        let (kind, entries) = match value {
            Value::Map(map) => {
                let entries = map.iter().map(|(key, value)| Entry::new(Some(key), value)).collect();
                (Kind::Map, entries)
            }
            Value::List(list) => (Kind::List, list.iter().map(|value| Entry::new(None, value)).collect()),
            scalar => return Self::Scalar(Scalar::of(scalar)),
        };
        Self::Collection(Collection { kind, flow: false, entries, column: 0 })
    }

    fn texts(&self) -> Value {
        let collection = match self {
            Self::Scalar(scalar) if scalar.tag == Some("!!null") => return Value::Null,
            Self::Scalar(scalar) => return scalar.text.as_str().into(),
            Self::Collection(collection) => collection,
        };
        let entries = collection.entries.iter();
        match collection.kind {
            Kind::List => Value::List(entries.map(|entry| entry.value.texts()).collect()),
            Kind::Map => {
                let fields = entries
                    .filter_map(|entry| Some((entry.key.as_ref()?.text.as_str(), entry.value.texts())));
                Value::Map(fields.collect())
            }
        }
    }

    fn add(&mut self, value: &Value) {
        match (&mut *self, value) {
            (Self::Collection(collection), Value::Map(map)) if collection.kind == Kind::Map => {
                let keys = collection
                    .entries
                    .iter()
                    .enumerate()
                    .filter_map(|(index, entry)| Some((entry.key.as_ref()?.text.clone(), index)));
                let places: BTreeMap<String, usize> = keys.collect();
                for (key, value) in map {
                    match places.get(key.as_str()).and_then(|place| collection.entries.get_mut(*place)) {
                        Some(entry) => entry.value.add(value),
                        None => collection.entries.push(Entry::new(Some(key), value)),
                    }
                }
            }
            (Self::Collection(collection), Value::List(list)) if collection.kind == Kind::List => {
                for (index, value) in list.iter().enumerate() {
                    match collection.entries.get_mut(index) {
                        Some(entry) => entry.value.add(value),
                        None => collection.entries.push(Entry::new(None, value)),
                    }
                }
            }
            (Self::Scalar(_), Value::Map(_) | Value::List(_)) => *self = Self::of(value),
            _ => {}
        }
    }
}

impl Scalar {
    fn of(value: &Value) -> Self {
        let (text, tag) = match value {
            Value::Null => (String::new(), None),
            Value::String(text) => (text.to_string(), Some(TEXT)),
            other => (write(other).trim_end().to_owned(), None),
        };
        Self { text, form: Form::Plain, tag }
    }
}

impl Entry {
    pub(super) fn new(key: Option<&str>, value: &Value) -> Self {
        let key = key.map(|key| Scalar { text: key.to_owned(), form: Form::Plain, tag: None });
        Self { key, value: Node::of(value), head: Vec::new(), line: None, foot: Vec::new() }
    }

    fn is_called(&self, name: &str) -> bool {
        self.key.as_ref().is_some_and(|key| key.text == name)
    }
}

/// The tag of a text.
pub(super) const TEXT: &str = "!!str";

/// Returns the tag of a plain scalar.
pub(super) fn tag_of(text: &str) -> &'static str {
    match resolve::resolve(text, Dialect::Kyaml) {
        Resolved::Null => "!!null",
        Resolved::Bool(_) => "!!bool",
        Resolved::Int(_) | Resolved::Uint(_) => "!!int",
        Resolved::Float(_) => "!!float",
        Resolved::Timestamp(_) => "!!timestamp",
        Resolved::String if text == "<<" => "!!merge",
        Resolved::String => TEXT,
    }
}

#[cfg(test)]
mod tests {
    use std::fmt::Write as _;

    use super::{EditableDocument, Step};
    use crate::yaml;

    /// What yaml.v3 makes of each part between two lines of `~~~`, with `new` in the place of `z`.
    const CASES: &str = include_str!("tree.txt");

    #[test]
    fn texts_are_written_again() {
        let mut seen = String::new();
        for case in CASES.split("~~~\n") {
            let (text, _) = case.split_once("===\n").unwrap_or((case, ""));
            let again = match EditableDocument::read(text) {
                Some(mut tree) => {
                    tree.set(&[Step::Key("z")], "new", &"new".into());
                    tree.print()
                }
                None => "beyond\n".to_owned(),
            };
            let _ = write!(seen, "{}{text}===\n{again}", if seen.is_empty() { "" } else { "~~~\n" });
        }
        assert_eq!(seen, CASES);
    }

    #[test]
    fn what_is_missing_is_added_at_the_end() {
        let mut tree = EditableDocument::read("b: 1 # one\nl: [x]\nm:\n").expect("it is simple");
        let more = yaml::read("a: {c: '5', d: null}\nb: 1\nl: [x, {k: v}]\nm: {o: 1}\n");
        tree.add(&more.expect("it is well formed"));
        assert_eq!(tree.print(), "b: 1 # one\nl: [x, {k: v}]\nm:\n  o: 1\na:\n  c: \"5\"\n  d:\n");
    }
}
