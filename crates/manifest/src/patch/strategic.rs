//! Strategic merge: maps merge, lists merge by key where the schema says so, directives delete and replace.
//!
//! The order of events follows kyaml's `merge2` and `walk` packages, because their side effects are part
//! of what people see: a patch that adds a map is itself walked as if it were merged into itself, a `null`
//! of the target stays where the patch says nothing, and so on.

use std::collections::BTreeMap;

use crate::patch::context::{ListRule, MergeContext, Schema};
use crate::patch::error::{MergeError, node_kind};
use crate::patch::{keyed_list, scalar};
use crate::{List, Map, SmolStr, Value};

/// What a strategic merge makes of its target.
#[derive(Clone, Debug, PartialEq)]
pub enum Outcome {
    /// The target as it is now.
    Changed(Value),
    /// The patch deletes the target as a whole.
    Deleted,
}

/// Merges a patch into a target, both of them whole objects.
///
/// # Errors
/// A value of another kind than the target has there, an unknown `$patch` directive, and nesting beyond
/// any sense.
pub fn strategic_merge(
    target: &Value,
    patch: &Value,
    context: &MergeContext<'_>,
) -> Result<Outcome, MergeError> {
    let walker = Walker { context: *context };
    match walker.walk(Some(target.clone()), Some(patch.clone()), None, 0)? {
        Walked::Gone => Ok(Outcome::Deleted),
        Walked::Target(value) => Ok(Outcome::Changed(value)),
        // `$patch: replace` at the top makes a new object that Kustomize then loses.
        Walked::Patch(_) => Ok(Outcome::Changed(target.clone())),
    }
}

/// Deeper values are refused; Kubernetes' own schemas stay below 100.
const MAX_DEPTH: usize = 200;

/// What became of a value, and whose value it is.
pub(super) enum Walked {
    /// Nothing is left.
    Gone,
    /// The target's value, changed.
    Target(Value),
    /// The patch's value, which stands in for the target's.
    Patch(Value),
}

/// A directive of a map or a list.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Directive {
    Merge,
    Replace,
    Delete,
}

impl Directive {
    fn read(text: &str) -> Result<Self, MergeError> {
        match text {
            "merge" => Ok(Self::Merge),
            "replace" => Ok(Self::Replace),
            "delete" => Ok(Self::Delete),
            _ => Err(MergeError::UnknownDirective(text.to_owned())),
        }
    }

    /// Takes the directive out of a map; an unknown one stays where it is.
    fn take_from_map(map: &mut Map) -> Result<Self, MergeError> {
        let Some(value) = map.get(KEY) else { return Ok(Self::Merge) };
        let directive = Self::read(&scalar::text(value))?;
        map.remove(KEY);
        Ok(directive)
    }

    /// Takes the directive out of a list: an element that holds nothing but `$patch`.
    fn take_from_list(list: &mut List) -> Result<Self, MergeError> {
        let Some(element) = list.iter().filter_map(Value::as_map).find(|element| element.contains_key(KEY))
        else {
            return Ok(Self::Merge);
        };
        let Some(value) = element.get(KEY).filter(|_| element.len() == 1) else { return Ok(Self::Merge) };
        let text = scalar::text(value);
        let directive = Self::read(&text)?;
        let is_directive =
            |element: &Value| element.get(KEY).is_some_and(|value| scalar::text(value) == text);
        // Elements without content go with it.
        let is_empty = |element: &Value| element.is_null() || element.as_map().is_some_and(Map::is_empty);
        list.make_mut().retain(|element| !is_directive(element) && !is_empty(element));
        Ok(directive)
    }
}

const KEY: &str = "$patch";

/// How a value of the patch comes to stand in the target.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Adoption {
    /// The target has nothing there: unknown directives pass, those of lists are not looked at.
    Added,
    /// A value around it was adopted before.
    Inside,
}

/// The walk along target, patch and schema.
#[derive(Clone, Copy)]
pub(super) struct Walker<'a> {
    context: MergeContext<'a>,
}

impl<'a> Walker<'a> {
    /// Merges two values, either of which may be missing.
    pub(super) fn walk(
        self,
        target: Option<Value>,
        patch: Option<Value>,
        schema: Option<Schema<'a>>,
        depth: usize,
    ) -> Result<Walked, MergeError> {
        if depth > MAX_DEPTH {
            return Err(MergeError::TooDeep);
        }
        let target = match (target, &patch) {
            (Some(Value::Null), None) => return Ok(Walked::Target(Value::Null)),
            (None | Some(Value::Null), _) => {
                return match patch {
                    Some(patch) => self.adopt_at(patch, schema, Adoption::Added, depth),
                    None => Ok(Walked::Gone),
                };
            }
            (Some(target), _) => target,
        };
        match &patch {
            Some(Value::Null) => return Ok(Walked::Gone),
            Some(patch) if node_kind(patch) != node_kind(&target) => {
                return Err(MergeError::wrong_kind(node_kind(&target), patch));
            }
            _ => {}
        }
        match (target, patch) {
            (Value::Map(target), None) => self.walk_map(target, Map::new(), schema, depth),
            (Value::Map(target), Some(Value::Map(patch))) => self.walk_map(target, patch, schema, depth),
            (Value::List(target), None) => self.walk_list(target, None, schema, depth),
            (Value::List(target), Some(Value::List(patch))) => {
                self.walk_list(target, Some(patch), schema, depth)
            }
            (Value::String(target), Some(patch)) if scalar::is_surely_quoted(&target) => {
                Ok(Walked::Target(scalar::text(&patch).into()))
            }
            (_, Some(patch)) => Ok(Walked::Target(patch)),
            (target, None) => Ok(Walked::Target(target)),
        }
    }

    fn walk_map(
        self,
        target: Map,
        mut patch: Map,
        schema: Option<Schema<'a>>,
        depth: usize,
    ) -> Result<Walked, MergeError> {
        let schema =
            schema.or_else(|| self.context.schema_of(&target)).or_else(|| self.context.schema_of(&patch));
        match Directive::take_from_map(&mut patch)? {
            Directive::Delete => return Ok(Walked::Gone),
            Directive::Replace => {
                let adopted = self.adopt_fields(patch, schema, depth)?;
                return Ok(Walked::Patch(adopted));
            }
            Directive::Merge => {}
        }
        let mut merged: BTreeMap<SmolStr, Value> = BTreeMap::new();
        for (key, value) in target.into_entries() {
            let change = patch.remove(&key);
            let schema = schema.and_then(|schema| schema.field(&key));
            match self.walk(Some(value), change, schema, depth + 1)? {
                Walked::Gone => {}
                Walked::Target(value) | Walked::Patch(value) => {
                    merged.insert(key, value);
                }
            }
        }
        for (key, value) in patch.into_entries() {
            let schema = schema.and_then(|schema| schema.field(&key));
            if let Walked::Patch(value) = self.adopt_at(value, schema, Adoption::Added, depth + 1)? {
                merged.insert(key, value);
            }
        }
        Ok(Walked::Target(Map::from(merged).into()))
    }

    fn walk_list(
        self,
        target: List,
        patch: Option<List>,
        schema: Option<Schema<'a>>,
        depth: usize,
    ) -> Result<Walked, MergeError> {
        let rule = schema.map_or(ListRule::Replace, |schema| schema.list_rule());
        if rule == ListRule::Replace {
            return Ok(Walked::Target(patch.unwrap_or(target).into()));
        }
        let elements = schema.and_then(|schema| schema.elements());
        let Some(mut patch) = patch else {
            return Ok(Walked::Target(keyed_list::settle(self, target, &rule, elements, depth)?.into()));
        };
        match Directive::take_from_list(&mut patch)? {
            Directive::Delete => Ok(Walked::Gone),
            Directive::Replace => {
                Ok(Walked::Patch(keyed_list::adopt(self, patch, &rule, elements, depth)?.into()))
            }
            Directive::Merge => {
                Ok(Walked::Target(keyed_list::merge(self, target, patch, &rule, elements, depth)?.into()))
            }
        }
    }

    /// Adopts a value that stands inside one that was adopted.
    pub(super) fn adopt(
        self,
        value: Value,
        schema: Option<Schema<'a>>,
        depth: usize,
    ) -> Result<Walked, MergeError> {
        self.adopt_at(value, schema, Adoption::Inside, depth)
    }

    /// Takes a value of the patch as it is, after its own directives and nulls did their work on it.
    fn adopt_at(
        self,
        value: Value,
        schema: Option<Schema<'a>>,
        adoption: Adoption,
        depth: usize,
    ) -> Result<Walked, MergeError> {
        if depth > MAX_DEPTH {
            return Err(MergeError::TooDeep);
        }
        match value {
            Value::Null => Ok(Walked::Gone),
            Value::Map(mut map) => {
                let schema = schema.or_else(|| self.context.schema_of(&map));
                let directive = match (Directive::take_from_map(&mut map), adoption) {
                    (Err(_), Adoption::Added) => Directive::Merge,
                    (directive, _) => directive?,
                };
                if directive == Directive::Delete {
                    return Ok(Walked::Gone);
                }
                Ok(Walked::Patch(self.adopt_fields(map, schema, depth)?))
            }
            Value::List(mut list) => {
                let rule = schema.map_or(ListRule::Replace, |schema| schema.list_rule());
                if rule == ListRule::Replace {
                    return Ok(Walked::Patch(list.into()));
                }
                if adoption == Adoption::Inside && Directive::take_from_list(&mut list)? == Directive::Delete
                {
                    return Ok(Walked::Gone);
                }
                let elements = schema.and_then(|schema| schema.elements());
                Ok(Walked::Patch(keyed_list::adopt(self, list, &rule, elements, depth)?.into()))
            }
            scalar => Ok(Walked::Patch(scalar)),
        }
    }

    fn adopt_fields(self, map: Map, schema: Option<Schema<'a>>, depth: usize) -> Result<Value, MergeError> {
        let mut adopted = Map::new();
        for (key, value) in map.into_entries() {
            let schema = schema.and_then(|schema| schema.field(&key));
            if let Walked::Patch(value) = self.adopt(value, schema, depth + 1)? {
                adopted.insert(key, value);
            }
        }
        Ok(adopted.into())
    }
}
