//! Strategic merge: maps are merged, lists are merged by key if the schema says so, and directives delete and
//! replace.
//!
//! The order of steps follows kyaml's `merge2` and `walk` packages, because their side effects are visible: a patch
//! that adds a map is processed as if it were merged into itself, a `null` in the target stays if the patch does not
//! set it, and so on.

use std::collections::BTreeMap;

use crate::patch::context::{ListRule, MergeContext, Schema};
use crate::patch::error::{MergeError, node_kind};
use crate::patch::{keyed_list, scalar};
use crate::yaml::{Layout, Marked, Marks};
use crate::{List, Map, SmolStr, Value};

/// The result of a strategic merge.
#[derive(Clone, Debug, PartialEq)]
pub enum Outcome<T = Value> {
    /// The changed target.
    Changed(T),
    /// The patch deletes the target as a whole.
    Deleted,
}

/// Merges a patch into a target, both of them whole objects.
///
/// # Errors
/// Returns an error for a value of a different kind than in the target, an unknown `$patch` directive, and excessive
/// nesting.
pub fn strategic_merge(
    target: &Value,
    patch: &Value,
    context: &MergeContext<'_>,
) -> Result<Outcome, MergeError> {
    let outcome = strategic_merge_marked(target.clone().into(), patch.clone().into(), context)?;
    Ok(match outcome {
        Outcome::Changed(merged) => Outcome::Changed(merged.value),
        Outcome::Deleted => Outcome::Deleted,
    })
}

/// Merges like [`strategic_merge`], and takes into account how both were written: a key of the target without a value
/// is dropped where a `null` stays, and a quoted scalar in the target stays a string.
///
/// # Errors
/// Returns the errors of [`strategic_merge`].
pub fn strategic_merge_marked(
    target: Marked,
    patch: Marked,
    context: &MergeContext<'_>,
) -> Result<Outcome<Marked>, MergeError> {
    let walker = Walker { context: *context };
    match walker.walk(Some(target.clone()), Some(patch), None, 0)? {
        Walked::Gone => Ok(Outcome::Deleted),
        Walked::Target(merged) => Ok(Outcome::Changed(merged)),
        // `$patch: replace` at the top creates a new object, which Kustomize then loses.
        Walked::Patch(_) => Ok(Outcome::Changed(target)),
    }
}

/// Deeper values are rejected. Kubernetes' own schemas stay below 100 levels.
const MAX_DEPTH: usize = 200;

/// The result for a value, and where it comes from.
pub(super) enum Walked {
    /// Nothing is left.
    Gone,
    /// The target's value, changed.
    Target(Marked),
    /// The patch's value, which replaces the target's.
    Patch(Marked),
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

    /// Removes the directive from a map. An unknown one stays.
    fn take_from_map(map: &mut Map) -> Result<Self, MergeError> {
        let Some(value) = map.get(KEY) else { return Ok(Self::Merge) };
        let directive = Self::read(&scalar::text(value))?;
        map.remove(KEY);
        Ok(directive)
    }

    /// Removes the directive from a list: an element that only contains `$patch`.
    fn take_from_list(list: &mut List) -> Result<Option<Self>, MergeError> {
        let Some(element) = list.iter().filter_map(Value::as_map).find(|element| element.contains_key(KEY))
        else {
            return Ok(None);
        };
        let Some(value) = element.get(KEY).filter(|_| element.len() == 1) else { return Ok(None) };
        let text = scalar::text(value);
        let directive = Self::read(&text)?;
        let is_directive =
            |element: &Value| element.get(KEY).is_some_and(|value| scalar::text(value) == text);
        // Empty elements are removed with it.
        let is_empty = |element: &Value| element.is_null() || element.as_map().is_some_and(Map::is_empty);
        list.make_mut().retain(|element| !is_directive(element) && !is_empty(element));
        Ok(Some(directive))
    }
}

const KEY: &str = "$patch";

/// How a value of the patch is added to the target.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Adoption {
    /// The target has no value there: unknown directives are allowed, and those of lists are ignored.
    Added,
    /// One of its parents has already been adopted.
    Inside,
}

/// A walk along target, patch and schema.
#[derive(Clone, Copy)]
pub(super) struct Walker<'a> {
    context: MergeContext<'a>,
}

impl<'a> Walker<'a> {
    /// Merges two values, either of which can be missing.
    pub(super) fn walk(
        self,
        target: Option<Marked>,
        patch: Option<Marked>,
        schema: Option<Schema<'a>>,
        depth: usize,
    ) -> Result<Walked, MergeError> {
        if depth > MAX_DEPTH {
            return Err(MergeError::TooDeep);
        }
        let target = match target {
            Some(Marked { value: Value::Null, marks }) if patch.is_none() => {
                return Ok(match marks {
                    Marks::Empty => Walked::Gone,
                    marks => Walked::Target(Marked { value: Value::Null, marks }),
                });
            }
            None | Some(Marked { value: Value::Null, .. }) => {
                let Some(mut patch) = patch else { return Ok(Walked::Gone) };
                // An existing field keeps its style, in this case that of no value.
                if target.is_some() {
                    patch = if patch.marks.is_quoted(&patch.value) {
                        in_plain_style(patch.value)
                    } else {
                        patch.with_layout(Layout::Block)
                    };
                }
                return self.adopt_at(patch, schema, Adoption::Added, depth);
            }
            Some(target) => target,
        };
        match &patch {
            Some(Marked { value: Value::Null, .. }) => return Ok(Walked::Gone),
            Some(patch) if node_kind(&patch.value) != node_kind(&target.value) => {
                return Err(MergeError::wrong_kind(node_kind(&target.value), &patch.value));
            }
            _ => {}
        }
        match (target.value, patch) {
            (Value::Map(map), patch) => {
                let (patch, marks) = patch.map_or_else(Default::default, into_map);
                self.walk_map((map, target.marks), (patch, marks), schema, depth)
            }
            (Value::List(list), patch) => {
                self.walk_list((list, target.marks), patch.and_then(into_list), schema, depth)
            }
            (value, Some(patch)) => Ok(Walked::Target(with_style_of(&value, target.marks, patch))),
            (value, None) => Ok(Walked::Target(Marked { value, marks: target.marks })),
        }
    }

    fn walk_map(
        self,
        (target, marks): (Map, Marks),
        (mut patch, patch_marks): (Map, Marks),
        schema: Option<Schema<'a>>,
        depth: usize,
    ) -> Result<Walked, MergeError> {
        let schema =
            schema.or_else(|| self.context.schema_of(&target)).or_else(|| self.context.schema_of(&patch));
        let is_patched = !patch.is_empty() || patch_marks != Marks::None;
        let layout = if target.is_empty() && is_patched { &patch_marks } else { &marks }.layout();
        match Directive::take_from_map(&mut patch)? {
            Directive::Delete => return Ok(Walked::Gone),
            Directive::Replace => {
                return Ok(Walked::Patch(self.adopt_fields(patch, patch_marks, schema, depth)?));
            }
            Directive::Merge => {}
        }
        let (mut marks, mut patch_marks) = (marks.into_fields(), patch_marks.into_fields());
        let mut changes: BTreeMap<SmolStr, Value> = patch.into_entries().into_iter().collect();
        let mut merged = Fields::default();
        for (key, value) in target.into_entries() {
            let value = Marked { value, marks: marks.remove(&key).unwrap_or_default() };
            let change = changes
                .remove(&key)
                .map(|value| Marked { value, marks: patch_marks.remove(&key).unwrap_or_default() });
            let schema = schema.and_then(|schema| schema.field(&key));
            let layout = (!is_empty(&value.value)).then(|| value.marks.layout());
            match self.walk(Some(value), change, schema, depth + 1).map_err(|error| error.in_field(&key))? {
                Walked::Gone => {}
                Walked::Target(value) => merged.insert(key, value),
                Walked::Patch(value) => {
                    let layout = layout.unwrap_or_else(|| value.marks.layout());
                    merged.insert(key, value.with_layout(layout));
                }
            }
        }
        for (key, value) in changes {
            let value = Marked { value, marks: patch_marks.remove(&key).unwrap_or_default() };
            let schema = schema.and_then(|schema| schema.field(&key));
            let adopted = self.adopt_at(value, schema, Adoption::Added, depth + 1);
            if let Walked::Patch(value) = adopted.map_err(|error| error.in_field(&key))? {
                merged.insert(key, value);
            }
        }
        Ok(Walked::Target(merged.finish(layout)))
    }

    fn walk_list(
        self,
        (target, marks): (List, Marks),
        patch: Option<(List, Marks)>,
        schema: Option<Schema<'a>>,
        depth: usize,
    ) -> Result<Walked, MergeError> {
        let rule = schema.map_or(ListRule::Replace, |schema| schema.list_rule());
        let layout = match &patch {
            Some((_, marks)) if target.is_empty() => marks.layout(),
            _ => marks.layout(),
        };
        if rule == ListRule::Replace {
            let (list, marks) = patch.unwrap_or((target, marks));
            return Ok(Walked::Target(Marked { value: list.into(), marks }.with_layout(layout)));
        }
        let elements = schema.and_then(|schema| schema.elements());
        let target = keyed_list::elements(target, marks);
        let Some((mut patch, patch_marks)) = patch else {
            let settled = keyed_list::settle(self, target, &rule, elements, depth)?;
            return Ok(Walked::Target(settled.with_layout(layout)));
        };
        let (directive, patch) = match Directive::take_from_list(&mut patch)? {
            // Without the directive, the elements have different indices, so the marks no longer match.
            None => (Directive::Merge, keyed_list::elements(patch, patch_marks)),
            Some(directive) => (directive, keyed_list::elements(patch, Marks::None)),
        };
        match directive {
            Directive::Delete => Ok(Walked::Gone),
            Directive::Replace => Ok(Walked::Patch(keyed_list::adopt(self, patch, &rule, elements, depth)?)),
            Directive::Merge => {
                let merged = keyed_list::merge(self, target, patch, &rule, elements, depth)?;
                Ok(Walked::Target(merged.with_layout(layout)))
            }
        }
    }

    /// Adopts a value inside an adopted one.
    pub(super) fn adopt(
        self,
        value: Marked,
        schema: Option<Schema<'a>>,
        depth: usize,
    ) -> Result<Walked, MergeError> {
        self.adopt_at(value, schema, Adoption::Inside, depth)
    }

    /// Takes a value of the patch as it is, after applying its own directives and nulls.
    fn adopt_at(
        self,
        Marked { value, marks }: Marked,
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
                Ok(Walked::Patch(self.adopt_fields(map, marks, schema, depth)?))
            }
            Value::List(mut list) => {
                let rule = schema.map_or(ListRule::Replace, |schema| schema.list_rule());
                if rule == ListRule::Replace {
                    return Ok(Walked::Patch(Marked { value: list.into(), marks }));
                }
                let directive = match adoption {
                    Adoption::Inside => Directive::take_from_list(&mut list)?,
                    Adoption::Added => None,
                };
                if directive == Some(Directive::Delete) {
                    return Ok(Walked::Gone);
                }
                let marks = if directive.is_none() { marks } else { Marks::None };
                let list = keyed_list::elements(list, marks);
                let elements = schema.and_then(|schema| schema.elements());
                Ok(Walked::Patch(keyed_list::adopt(self, list, &rule, elements, depth)?))
            }
            value => Ok(Walked::Patch(Marked { value, marks })),
        }
    }

    fn adopt_fields(
        self,
        map: Map,
        marks: Marks,
        schema: Option<Schema<'a>>,
        depth: usize,
    ) -> Result<Marked, MergeError> {
        let layout = marks.layout();
        let mut marks = marks.into_fields();
        let mut adopted = Fields::default();
        for (key, value) in map.into_entries() {
            let value = Marked { value, marks: marks.remove(&key).unwrap_or_default() };
            let schema = schema.and_then(|schema| schema.field(&key));
            let walked = self.adopt(value, schema, depth + 1);
            if let Walked::Patch(value) = walked.map_err(|error| error.in_field(&key))? {
                adopted.insert(key, value);
            }
        }
        Ok(adopted.finish(layout))
    }
}

/// The fields of a map under construction.
#[derive(Default)]
struct Fields {
    values: BTreeMap<SmolStr, Value>,
    marks: BTreeMap<SmolStr, Marks>,
}

impl Fields {
    fn insert(&mut self, key: SmolStr, Marked { value, marks }: Marked) {
        if marks != Marks::None {
            self.marks.insert(key.clone(), marks);
        }
        self.values.insert(key, value);
    }

    fn finish(self, layout: Layout) -> Marked {
        Marked { value: Map::from(self.values).into(), marks: Marks::of_fields(layout, self.marks) }
    }
}

fn into_map(marked: Marked) -> (Map, Marks) {
    match marked.value {
        Value::Map(map) => (map, marked.marks),
        _ => (Map::new(), Marks::None),
    }
}

fn into_list(marked: Marked) -> Option<(List, Marks)> {
    match marked.value {
        Value::List(list) => Some((list, marked.marks)),
        _ => None,
    }
}

/// Returns a patch's scalar in the style of the one that it replaces: if that was quoted or in a block, the result is
/// a string.
fn with_style_of(target: &Value, style: Marks, patch: Marked) -> Marked {
    if style.is_quoted(target) {
        let text =
            patch.marks.text_of(&patch.value).map_or_else(|| scalar::text(&patch.value), str::to_owned);
        let marks = if style == Marks::Folded { style } else { Marks::of_quoted(&text) };
        return Marked { value: text.into(), marks };
    }
    match patch.marks {
        Marks::Text(_) => patch,
        _ => in_plain_style(patch.value),
    }
}

/// Returns a scalar that counts as written without quotes.
fn in_plain_style(value: Value) -> Marked {
    let marks = value.as_str().map_or(Marks::None, Marks::of_unquoted);
    Marked { value, marks }
}

/// Tells whether a value is an empty map or list.
fn is_empty(value: &Value) -> bool {
    match value {
        Value::Map(map) => map.is_empty(),
        Value::List(list) => list.is_empty(),
        _ => false,
    }
}
