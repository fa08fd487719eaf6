//! Decodes mappings: their keys, and the mappings that merge keys add.

use std::collections::BTreeMap;

use smol_str::SmolStr;

use super::Dialect;
use super::compose::{Node, Shape};
use super::cursor::Mark;
use super::decode::{Decoder, Frame, Target, end_of, text};
use super::error::{Error, Result};
use super::key::key_text;
use super::marks::Marked;
use super::parser::TAG_PREFIX;
use super::resolve::{Resolved, resolve_node};
use super::spell::{quote, spell};
use super::token::Style;

impl Decoder<'_, '_> {
    /// Records what the innermost mapping merges next.
    pub(super) fn merge(&mut self, number: usize) -> Result<Option<Marked>> {
        let sources = self.merge_sources(number)?;
        if let Some(Frame { target: Target::Map(map), .. }) = self.stack.last_mut() {
            map.merge_next = sources;
        }
        Ok(None)
    }

    pub(super) fn is_merge(&self, number: usize) -> bool {
        let Some(node) = self.nodes.get(number) else { return false };
        let Shape::Scalar { value, style } = &node.shape else { return false };
        value == "<<"
            && match node.tag.as_deref() {
                None => *style == Style::Plain,
                Some(tag) => tag == "!" || tag.strip_prefix(TAG_PREFIX) == Some("merge"),
            }
    }

    /// Returns the mappings that a merge key refers to; the first to merge is last.
    pub(super) fn merge_sources(&self, number: usize) -> Result<Vec<usize>> {
        let is_mapping = |number: usize| match self.nodes.get(number).map(|node| &node.shape) {
            Some(Shape::Mapping) => true,
            Some(Shape::Alias { target, .. }) => {
                matches!(self.nodes.get(*target), Some(Node { shape: Shape::Mapping, .. }))
            }
            _ => false,
        };
        let mut sources = Vec::new();
        match self.nodes.get(number) {
            Some(node) if matches!(node.shape, Shape::Sequence) => {
                let mut child = number + 1;
                while child < node.end {
                    sources.push(child);
                    child = end_of(self.nodes, child);
                }
            }
            _ => sources.push(number),
        }
        if !sources.iter().copied().all(is_mapping) {
            return Err(Error::new("yaml: map merge requires map or sequence of maps as the value"));
        }
        // The first mapping wins: yaml.v2 merges it last, and yaml.v3 only adds what is missing.
        if self.dialect == Dialect::Kyaml {
            sources.reverse();
        }
        Ok(sources)
    }

    /// Checks the keys of a mapping like yaml.v3: there must be no duplicates, and below the root, JSON requires all
    /// of them to be strings. A resource's `annotations` may be duplicate, since Kustomize sets them anew.
    pub(super) fn check_keys(&mut self, number: usize, merges: bool) {
        let mut seen: BTreeMap<&str, Mark> = BTreeMap::new();
        let (is_metadata, is_annotations) =
            (self.is_in(&["metadata"]), self.is_in(&["metadata", "annotations"]));
        let mut child = number + 1;
        let end = end_of(self.nodes, number);
        while let Some(node) = self.nodes.get(child)
            && child < end
        {
            child = end_of(self.nodes, end_of(self.nodes, child));
            if let Shape::Scalar { value, .. } = &node.shape
                && let Some(first) = seen.insert(value, node.mark)
                && !is_annotations
                && !(is_metadata && value == "annotations")
            {
                let (line, first) = (node.mark.line + 1, first.line + 1);
                let problem =
                    format!("line {line}: mapping key {} already defined at line {first}", quote(value));
                self.duplicates.push((problem, node.mark));
            }
            if !merges && !self.stack.is_empty() && !self.is_text(node) {
                let message = "json: unsupported type: map[interface {}]interface {}";
                self.unsupported.get_or_insert_with(|| Error::at(message, node.mark));
            }
        }
    }

    /// Tells whether a key is text, or a merge key.
    pub(super) fn is_text(&self, node: &Node<'_>) -> bool {
        match &node.shape {
            Shape::Alias { target, .. } => self.nodes.get(*target).is_some_and(|node| self.is_text(node)),
            Shape::Scalar { value, style } => {
                let tag = node.tag.as_deref().unwrap_or("!");
                let known = tag == "!" || matches!(tag.strip_prefix(TAG_PREFIX), Some("str" | "merge"));
                known && matches!(resolve_node(node, value, *style, self.dialect), Ok(Resolved::String))
            }
            Shape::Sequence | Shape::Mapping => false,
        }
    }

    /// Returns the text of a key; yaml.v3 drops entries with the key `null`.
    pub(super) fn key(&mut self, number: usize, value_number: usize) -> Result<Option<SmolStr>> {
        self.count()?;
        let Some(mut node) = self.nodes.get(number) else { return Ok(None) };
        let mark = node.mark;
        let mut number = number;
        if let Shape::Alias { target, .. } = &node.shape {
            self.alias_depth += 1;
            self.count()?;
            self.alias_depth -= 1;
            number = *target;
            node = self.nodes.get(number).unwrap_or(node);
        }
        let Shape::Scalar { value, style } = &node.shape else {
            let key = spell(self.nodes, number, self.dialect)?;
            return Err(Error::at(format!("yaml: invalid map key: {key}"), mark));
        };
        let resolved = resolve_node(node, value, *style, self.dialect)?;
        if self.dialect == Dialect::Kyaml {
            return if resolved == Resolved::Null { Ok(None) } else { text(node, value).map(Some) };
        }
        if let Some(key) = key_text(node, value, resolved)? {
            return Ok(Some(key));
        }
        let (kind, key) = match resolved {
            Resolved::Null => ("%!s(<nil>)", "<nil>".to_owned()),
            _ => ("uint64", spell(self.nodes, number, self.dialect)?),
        };
        let value = match spell(self.nodes, value_number, self.dialect)? {
            nil if nil == "interface {}(nil)" => "<nil>".to_owned(),
            value => value,
        };
        self.bad_key.get_or_insert_with(|| {
            Error::at(format!("unsupported map key of type: {kind}, key: {key}, value: {value}"), mark)
        });
        Ok(Some(SmolStr::default()))
    }
}
