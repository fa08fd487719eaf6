//! Finds all errors in a node with one walk over it and the schema of its type.
//!
//! The schema shows which keys are missing. Every value is checked by its own type: it is read alone, so that the
//! first error is its own. If that fails, the walk descends to find the exact error.

use std::marker::PhantomData;

use aqueduct_manifest::{Diagnostic, SmolStr};
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::interpolate::has_names;
use crate::node::{Content, Node, Source};
use crate::table::Table;

use super::deserializer::{Reader, Step};
use super::error::{Kind, ReadError, Segment, Subject, quoted};
use super::form::{below, example, form, known, required, tables};

/// The maximum number of errors to find in a node.
const LIMIT: usize = 200;

/// A walk over a node that cannot be read as a `T`.
pub(super) struct Search<'a, 's, T> {
    root: &'a Node,
    schema: &'s Value,
    what: &'s str,
    path: Vec<Step<'a>>,
    pub(super) diagnostics: Vec<Diagnostic>,
    reads: PhantomData<fn() -> T>,
}

impl<'a, 's, T: DeserializeOwned> Search<'a, 's, T> {
    pub(super) fn new(root: &'a Node, schema: &'s Value, what: &'s str) -> Self {
        Self { root, schema, what, path: Vec::new(), diagnostics: Vec::new(), reads: PhantomData }
    }

    /// Reports all errors, given the error of reading the whole node. Returns the node without its invalid parts, and
    /// with examples for missing values.
    pub(super) fn run(&mut self, error: ReadError<'a>) -> Option<Node> {
        self.node(self.root, Some(self.schema), error)
    }

    /// Reports the errors in a node, given the error of reading it alone, and returns what remains of it.
    fn node(&mut self, node: &'a Node, schema: Option<&'s Value>, error: ReadError<'a>) -> Option<Node> {
        let remains = match &node.content {
            Content::Table(table) if !is_about_key(&error, node) => self.table(node, table, schema),
            Content::List(list) if !is_about_key(&error, node) => self.list(node, list, schema),
            _ => None,
        };
        let Some(content) = remains else {
            self.report(&error, node);
            return None;
        };
        Some(Node { content, origin: node.origin.clone(), key: node.key, shadowed: None })
    }

    /// Returns what remains of a table, if anything in it is invalid.
    fn table(&mut self, node: &'a Node, table: &'a Table, schema: Option<&'s Value>) -> Option<Content> {
        let form = schema.and_then(|schema| form(self.schema, schema, node));
        let tables = schema.map(|schema| tables(self.schema, schema, node)).unwrap_or_default();
        let inner = |form: Option<&'s Value>, key: &str| form.and_then(|form| below(form, Some(key)));
        let mut remains = Table::default();
        let mut found = false;
        let mut is_mixed = false;
        // A misspelled key is not also reported as missing.
        let mut meant = Vec::new();
        for (at, (key, child)) in table.into_iter().enumerate() {
            self.path.push(Step { parent: node, at });
            if let Some(kind) = form.and_then(|form| excluded(key, form, &tables, node)) {
                (found, is_mixed) = (true, true);
                self.refuse(kind, Subject::Key(child));
                self.path.pop();
                continue;
            }
            let remaining = match self.error() {
                Some(error) => {
                    found = true;
                    if let Kind::Unknown { suggestion: Some(suggestion), .. } = &error.kind
                        && is_about_key(&error, child)
                    {
                        meant.push(*suggestion);
                    }
                    self.node(child, inner(form, key), error)
                }
                None => Some(child.clone()),
            };
            self.path.pop();
            remaining.map(|child| remains.insert(key.clone(), child));
        }
        // What remains is one of the forms, whichever was meant.
        is_mixed |= form.is_none();
        let form = form.or_else(|| tables.first().copied().filter(|_| found));
        for key in form.into_iter().flat_map(required) {
            if remains.contains_key(key) {
                continue;
            }
            found = true;
            // In a mixture of forms, it is not clear which one is meant.
            if !is_mixed && !table.contains_key(key) && !meant.contains(&key) {
                self.refuse(Kind::Missing { key: key.to_owned() }, Subject::Value(node));
            }
            let example = inner(form, key).and_then(|schema| example(self.schema, schema));
            let example = example.and_then(|example| written(&example, &node.origin));
            example.map(|example| remains.insert(key.into(), example));
        }
        found.then_some(Content::Table(remains))
    }

    /// Returns what remains of a list, if anything in it is invalid.
    fn list(&mut self, node: &'a Node, list: &'a [Node], schema: Option<&'s Value>) -> Option<Content> {
        let form = schema.and_then(|schema| form(self.schema, schema, node));
        let schema = form.and_then(|form| below(form, None));
        let mut remains = Vec::new();
        let mut found = false;
        for (at, child) in list.iter().enumerate() {
            self.path.push(Step { parent: node, at });
            remains.extend(match self.error() {
                Some(error) => {
                    found = true;
                    self.node(child, schema, error)
                }
                None => Some(child.clone()),
            });
            self.path.pop();
        }
        found.then_some(Content::List(remains))
    }

    /// Returns the error of the value at the path when it is read alone.
    fn error(&self) -> Option<ReadError<'a>> {
        let error = T::deserialize(Reader::new(self.root, &self.path)).err()?;
        // The parents of the value lack whatever was not read, so their errors do not count.
        let (Subject::Key(place) | Subject::Value(place)) = error.place?;
        let is_around = self.path.iter().any(|step| std::ptr::eq(step.parent, place));
        (!is_around).then_some(error)
    }

    /// Reports an error of the value at the path.
    fn refuse(&mut self, kind: Kind, place: Subject<'a>) {
        let (Subject::Key(node) | Subject::Value(node)) = place;
        let error = self.segments().into_iter().rev().fold(ReadError::new(kind).at(place), ReadError::below);
        self.report(&error, node);
    }

    fn report(&mut self, error: &ReadError<'a>, node: &'a Node) {
        let place = error.place.unwrap_or(Subject::Value(node));
        let (Subject::Key(node) | Subject::Value(node)) = place;
        // An undefined name has already been reported.
        let follows = matches!(error.kind, Kind::Variant { .. } | Kind::Type { .. } | Kind::Refused { .. })
            && node.as_str().is_some_and(has_names);
        if !follows && self.diagnostics.len() < LIMIT {
            self.diagnostics.push(error.diagnostic(self.what, place));
        }
    }

    /// Returns the keys of the path.
    fn segments(&self) -> Vec<Segment> {
        let segment = |step: &Step<'_>| match &step.parent.content {
            Content::Table(table) => table.only(step.at).next().map(|(key, _)| Segment::Key(key.clone())),
            _ => Some(Segment::Index(step.at)),
        };
        self.path.iter().filter_map(segment).collect()
    }
}

/// Returns the error for a key that belongs to a different form of the table.
fn excluded(key: &str, form: &Value, tables: &[&Value], node: &Node) -> Option<Kind> {
    let knows = |form: &Value| known(form).any(|known| known == key);
    if knows(form) || !tables.iter().any(|table| knows(table)) {
        return None;
    }
    let beside = known(form).find(|known| node.get(known).is_some())?.to_owned();
    let keys = |table: &&Value| quoted(&required(table).collect::<Vec<_>>()).replace(", ", " and ");
    let forms = tables.iter().map(keys).collect::<Vec<_>>().join(", or ");
    Some(Kind::Excluded { key: key.to_owned(), beside, forms })
}

/// Tells whether an error is about a node's key.
fn is_about_key(error: &ReadError<'_>, node: &Node) -> bool {
    matches!(error.place, Some(Subject::Key(place)) if std::ptr::eq(place, node))
}

/// Returns a value as a node at a place.
fn written(value: &Value, origin: &Source) -> Option<Node> {
    let below = |value: &Value| written(value, origin);
    let content = match value {
        Value::Null => return None,
        Value::Bool(value) => Content::Boolean(*value),
        Value::Number(number) => match number.as_i64() {
            Some(value) => Content::Integer(value),
            None => Content::Float(number.as_f64()?),
        },
        Value::String(text) => Content::String(text.into()),
        Value::Array(list) => Content::List(list.iter().filter_map(below).collect()),
        Value::Object(map) => {
            let entries = map.iter().filter_map(|(key, value)| Some((SmolStr::from(key), below(value)?)));
            Content::Table(entries.collect())
        }
    };
    Some(Node { content, origin: origin.clone(), key: None, shadowed: None })
}
