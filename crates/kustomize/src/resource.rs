//! One resource on its way through a build, with its previous names.
//!
//! Kustomize keeps this memory in annotations that it strips at the end. Here it is kept beside the object, and only
//! the side effects on `metadata.annotations` are reproduced.

use std::collections::BTreeSet;
use std::rc::Rc;
use std::sync::Arc;

use aqueduct_manifest::yaml::{Layout, Marked, Marks, is_text_key};
use aqueduct_manifest::{Map, SmolStr, Value, patch};

use crate::error::{Error, Result, Within};
use crate::field::{self, Field};
use crate::field_spec::{self, FieldSpec, Missing};
use crate::id::{Gvk, Id};
use crate::mistyped::Mistyped;
use crate::origin::{self, Origin};
use crate::schemas::Schemas;
use crate::shares::{self, Shares};
use crate::step::{self, Step};
use crate::text;
use crate::trace::{BuildStep, Recorder, Section};

/// Annotations that Kustomize uses internally and never prints.
const INTERNAL_ANNOTATIONS: &[&str] = &[
    "internal.config.kubernetes.io/previousKinds",
    MARK,
    "internal.config.kubernetes.io/prefixes",
    "internal.config.kubernetes.io/suffixes",
    "internal.config.kubernetes.io/previousNamespaces",
    "internal.config.kubernetes.io/allowNameChange",
    "internal.config.kubernetes.io/allowKindChange",
    "internal.config.kubernetes.io/refBy",
    "internal.config.kubernetes.io/generatorBehavior",
    "internal.config.kubernetes.io/needsHashSuffix",
    "internal.config.kubernetes.io/path",
    "internal.config.kubernetes.io/index",
    "internal.config.kubernetes.io/seqindent",
    "internal.config.kubernetes.io/id",
    "internal.config.kubernetes.io/annotations-migration-resource-id",
    "config.kubernetes.io/path",
    "config.kubernetes.io/index",
    "config.k8s.io/id",
    OF_CHART,
];

/// The annotation that represents all of Kustomize's own while a patch is applied.
const MARK: &str = "internal.config.kubernetes.io/previousNames";

/// The annotation of resources that charts rendered, whose namespace is not set.
const OF_CHART: &str = "internal.config.kubernetes.io/helm-generated";

/// How many bytes patches and generators may walk of one resource that they change repeatedly. Each one walks all of
/// it, so the work grows with the square of their number.
const WORK_LIMIT: usize = 1 << 30;

/// What a generated resource does to an existing one.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Behavior {
    /// Not specified; equivalent to `Create`.
    #[default]
    Unspecified,
    Create,
    Replace,
    Merge,
}

impl Behavior {
    pub(crate) fn read(text: &str) -> Self {
        match text {
            "create" => Self::Create,
            "replace" => Self::Replace,
            "merge" => Self::Merge,
            _ => Self::Unspecified,
        }
    }

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Unspecified => "unspecified",
            Self::Create => "create",
            Self::Replace => "replace",
            Self::Merge => "merge",
        }
    }
}

/// The parts of a previous id of a resource: its effective namespace, name and kind.
#[derive(Clone, Debug)]
struct Previous {
    namespace: SmolStr,
    name: SmolStr,
    kind: SmolStr,
}

/// One resource.
#[derive(Clone, Debug)]
pub(crate) struct Resource {
    map: Map,
    /// How it was written, as far as that affects patches and annotations.
    marks: Marks,
    shares: Shares,
    /// Whether the annotations contain the mark.
    holds_memory: bool,
    /// The scalars that Kustomize created without a type.
    untyped: BTreeSet<Vec<Step>>,
    pub(crate) mistyped: Mistyped,
    schemas: Rc<Schemas>,
    memory: Memory,
    /// The variables whose values this resource holds.
    pub(crate) variables: Vec<SmolStr>,
    pub(crate) origin: Option<Origin>,
    pub(crate) transformations: Vec<Origin>,
    /// Whether this patch may change the name.
    pub(crate) allow_name_change: bool,
    /// Whether this patch may change the kind.
    pub(crate) allow_kind_change: bool,
    /// How many bytes have been walked so far.
    work: usize,
    /// Records what changes the resource, if requested.
    pub(crate) recorder: Option<Box<Recorder>>,
    /// The part of its file that the resource is in.
    pub(crate) part: Section,
    /// The file that the resource was read from.
    pub(crate) file: Option<Rc<str>>,
}

/// What Kustomize would keep in annotations.
#[derive(Clone, Debug, Default)]
struct Memory {
    previous: Vec<Previous>,
    affixes: Affixes,
    behavior: Behavior,
    needs_hash: bool,
    is_generated: bool,
}

/// The prefixes and suffixes that a name received, in order.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Affixes {
    prefixes: Vec<SmolStr>,
    suffixes: Vec<SmolStr>,
}

impl Affixes {
    fn is_empty(&self) -> bool {
        self.prefixes.is_empty() && self.suffixes.is_empty()
    }

    /// Returns whether two names received the same last prefixes and suffixes.
    pub(crate) fn same(&self, other: &Self) -> bool {
        same_ending(&self.prefixes, &other.prefixes) && same_ending(&self.suffixes, &other.suffixes)
    }

    /// Like [`Self::same`], but having none matches anything.
    pub(crate) fn similar(&self, other: &Self) -> bool {
        let similar = |left: &[SmolStr], right: &[SmolStr]| {
            left.is_empty() || right.is_empty() || same_ending(left, right)
        };
        similar(&self.prefixes, &other.prefixes) && similar(&self.suffixes, &other.suffixes)
    }
}

impl Resource {
    pub(crate) fn new(map: Map, schemas: &Rc<Schemas>) -> Self {
        Self {
            map,
            marks: Marks::None,
            shares: Shares::default(),
            holds_memory: false,
            untyped: BTreeSet::new(),
            mistyped: Mistyped::default(),
            schemas: Rc::clone(schemas),
            memory: Memory::default(),
            variables: Vec::new(),
            origin: None,
            transformations: Vec::new(),
            allow_name_change: false,
            allow_kind_change: false,
            work: 0,
            recorder: None,
            part: Section::default(),
            file: None,
        }
    }

    /// Returns a resource that was read from a text.
    pub(crate) fn marked(map: Map, marks: Marks, part: Section, schemas: &Rc<Schemas>) -> Self {
        Self { marks, part, ..Self::new(map, schemas) }
    }

    /// Returns a resource made by a generator.
    pub(crate) fn generated(map: Map, schemas: &Rc<Schemas>, behavior: Behavior, needs_hash: bool) -> Self {
        let mut resource = Self::new(map, schemas);
        resource.memory.behavior = behavior;
        resource.memory.needs_hash = needs_hash;
        resource.memory.is_generated = true;
        resource
    }

    /// Sets where the resource comes from; what happens to it is recorded from now on.
    pub(crate) fn record(&mut self, source: &Arc<BuildStep>) {
        self.recorder = Some(Box::new(Recorder::new(Arc::clone(source))));
        self.start_step();
    }

    /// Remembers the state of the resource before a step.
    pub(crate) fn start_step(&mut self) {
        if let Some(recorder) = &mut self.recorder {
            recorder.start(&self.map);
        }
    }

    /// Records what a step changed.
    pub(crate) fn finish_step(&mut self, cause: &Arc<BuildStep>) {
        if let Some(recorder) = &mut self.recorder {
            recorder.finish(&self.map, cause);
        }
    }

    /// Counts one more walk through the whole resource.
    pub(crate) fn count_work(&mut self) -> Result<()> {
        let weight = Value::Map(self.map.clone()).weight(WORK_LIMIT - self.work).ok_or_else(|| {
            Error::new(format!("{} is large, and too many patches or generators change it", self.id()))
                .with_hint("write several patches or generators as one")
        })?;
        self.work += weight;
        Ok(())
    }

    pub(crate) fn map(&self) -> &Map {
        &self.map
    }

    /// Returns the object for changes that should not affect other places of a shared scalar.
    pub(crate) fn map_mut(&mut self) -> &mut Map {
        &mut self.map
    }

    /// Takes the resource out as a value that is later put back.
    pub(crate) fn take(&mut self) -> Marked {
        let value = Value::Map(std::mem::take(&mut self.map));
        Marked { value, marks: std::mem::take(&mut self.marks) }
    }

    /// Returns a copy of the resource as a value.
    pub(crate) fn to_marked(&self) -> Marked {
        Marked { value: Value::Map(self.map.clone()), marks: self.marks.clone() }
    }

    /// Puts a taken value back; fails if it is not a map.
    pub(crate) fn put(&mut self, marked: Marked) -> Result<()> {
        let Value::Map(map) = marked.value else {
            return Err(Error::new(format!("a patch turned a resource into a {}", marked.value.kind())));
        };
        (self.map, self.marks) = (map, marked.marks);
        Ok(())
    }

    /// Turns the resource into what Kustomize would print; how it was written no longer matters afterwards.
    pub(crate) fn settle(&mut self) -> Result<()> {
        self.mistyped.check(&self.map)?;
        let Marked { mut value, marks } = self.take();
        let settled = marks.settle(&mut value);
        self.put(value.into())?;
        settled.map_err(|error| Error::new(error.to_string()).within(self.id()))
    }

    /// Returns the resource as Kustomize would print it now.
    pub(crate) fn printed(&self) -> Result<Map> {
        let mut copy = self.clone();
        copy.settle()?;
        Ok(copy.map)
    }

    /// Refuses keys that Kustomize cannot set in maps that it recreates.
    pub(crate) fn check_keys(&self, path: &[&str]) -> Result<()> {
        let map = match path {
            [field] => self.map.get(field),
            [first, field] => self.map.get(first).and_then(|map| map.get(field)),
            _ => None,
        };
        let keys = map.and_then(Value::as_map).into_iter().flat_map(Map::keys);
        let wrong = keys.map(SmolStr::as_str).find(|key| !is_text_key(key));
        wrong.map_or(Ok(()), |key| Err(unsupported_key(key, &path.join("/")).within(self.id())))
    }

    /// Returns the object together with its shared scalars.
    pub(crate) fn parts_mut(&mut self) -> (&mut Map, &mut Shares) {
        (&mut self.map, &mut self.shares)
    }

    /// Replaces the object with one that has no shared scalars.
    pub(crate) fn replace(&mut self, map: Map) {
        self.map = map;
        self.marks = Marks::None;
        self.shares = Shares::default();
        self.untyped = BTreeSet::new();
        self.mistyped = Mistyped::default();
    }

    /// Turns annotations that are `null` in JSON into strings.
    pub(crate) fn spell_out_annotations(&mut self) {
        if let Some(Value::Map(annotations)) = self.map.map_entry("metadata").get_mut("annotations") {
            annotations.values_mut().filter(|value| value.is_null()).for_each(|value| *value = "null".into());
        }
    }

    /// Forgets what the list or map at a place shared, because it was replaced.
    pub(crate) fn forget_collection(&mut self, place: &[Step]) {
        self.shares.forget_below(place);
        self.untyped.retain(|known| !known.starts_with(place));
    }

    /// Sets how the value that replaced a list or map is written.
    pub(crate) fn replace_collection_marks(&mut self, place: &[Step], marks: Marks) {
        self.forget_collection(place);
        self.set_marks(place, marks);
    }

    /// Records that the scalar at a place was created without a type; a quoted one has a type.
    pub(crate) fn add_untyped(&mut self, place: Vec<Step>) {
        let is_untyped = |value: &Value| match value {
            Value::String(text) => !patch::is_surely_quoted(text),
            value => text::is_scalar(value),
        };
        if step::get(&self.map, &place).is_some_and(is_untyped) {
            self.untyped.insert(place);
        }
    }

    /// Turns untyped scalars at the places of a field, and directly below them, into strings.
    pub(crate) fn spell_out_untyped(&mut self, field: &FieldSpec) -> Result<()> {
        if self.untyped.is_empty() {
            return Ok(());
        }
        let places = field_spec::places(&mut self.map, &field.path, Missing::Skip)?;
        let (map, untyped) = (&mut self.map, &mut self.untyped);
        untyped.retain(|scalar| {
            let around = scalar.split_last().map(|(_, around)| around);
            let is_meant = places.iter().any(|place| place == scalar || Some(place.as_slice()) == around);
            if is_meant && let Some(value) = step::get_mut(map, scalar).filter(|value| !value.is_null()) {
                *value = text::of(value).into();
            }
            !is_meant
        });
        Ok(())
    }

    /// Quotes untyped scalars that a strategic merge patch leaves alone: it takes each one for a string.
    pub(crate) fn quote_untyped(&mut self, patch: &Map) {
        for place in std::mem::take(&mut self.untyped) {
            let is_other = |value: &Value| text::is_scalar(value) && value.as_str().is_none();
            if shares::is_untouched(patch, &place) && step::get(&self.map, &place).is_some_and(is_other) {
                // A scalar can always be set.
                let _ = self.change_place(&place, &mut |field| field.set_new(&field.text()));
            } else {
                self.untyped.insert(place);
            }
        }
    }

    /// Returns whether the scalar at a place has no type.
    pub(crate) fn is_untyped(&self, place: &[Step]) -> bool {
        self.untyped.contains(place)
    }

    pub(crate) fn marks(&self) -> &Marks {
        &self.marks
    }

    /// Propagates a change of a shared scalar to its other places.
    pub(crate) fn share(&mut self) {
        self.shares.settle(&mut self.map);
    }

    /// Returns whether a chart rendered the resource.
    pub(crate) fn is_of_chart(&self) -> bool {
        self.metadata_text("annotations", OF_CHART).is_some_and(|of_chart| of_chart == "true")
    }

    /// Records that a chart rendered the resource.
    pub(crate) fn mark_of_chart(&mut self) {
        self.map.map_entry("metadata").map_entry("annotations").insert(OF_CHART, "true");
    }

    /// Changes the fields of a specification, if it applies to the given kind.
    pub(crate) fn change(
        &mut self,
        gvk: &Gvk,
        field: &FieldSpec,
        missing: Missing,
        change: &mut dyn FnMut(&mut Field<'_>) -> Result<()>,
    ) -> Result<()> {
        if !gvk.is_selected(&field.gvk) {
            return Ok(());
        }
        self.change_path(&field.path, field.missing(missing), change)
    }

    /// Changes the fields at a path one by one.
    pub(crate) fn change_path(
        &mut self,
        path: &str,
        missing: Missing,
        change: &mut dyn FnMut(&mut Field<'_>) -> Result<()>,
    ) -> Result<()> {
        for place in self.places(path, missing)? {
            self.change_place(&place, change).within(|| format!("at path '{path}'"))?;
        }
        Ok(())
    }

    /// Returns the places of all fields at a path, creating missing parents on request.
    pub(crate) fn places(&mut self, path: &str, missing: Missing) -> Result<Vec<Vec<Step>>> {
        field_spec::places(&mut self.map, path, missing)
    }

    /// Changes the field at a place; a missing one is `null` first.
    pub(crate) fn change_place(
        &mut self,
        place: &[Step],
        change: &mut dyn FnMut(&mut Field<'_>) -> Result<()>,
    ) -> Result<()> {
        if let Some((Step::Key(key), around)) = place.split_last()
            && let Some(Value::Map(around)) = step::get_mut(&mut self.map, around)
            && !around.contains_key(key)
        {
            around.insert(key.clone(), Value::Null);
        }
        let mut marks = step::marks(&self.marks, place).clone();
        if let Some(value) = step::get_mut(&mut self.map, place) {
            let mut field = Field::new(value, &mut marks);
            change(&mut field)?;
            match field.is_untyped() {
                Some(true) => {
                    self.untyped.insert(place.to_vec());
                }
                Some(false) => {
                    self.untyped.remove(place);
                }
                None => {}
            }
            self.set_marks(place, marks);
        }
        self.shares.settle(&mut self.map);
        Ok(())
    }

    fn set_marks(&mut self, place: &[Step], new: Marks) {
        if *step::marks(&self.marks, place) != new {
            step::set_marks(&mut self.marks, place, new);
        }
    }

    /// Sets a top-level or metadata field as Kustomize does: without a type.
    fn set_untyped(&mut self, path: &[&str], text: &str) {
        let place: Vec<Step> = path.iter().map(|key| Step::Key((*key).into())).collect();
        // A list or map cannot be a name; it stays, and the final checks refuse it.
        let _ = self.change_place(&place, &mut |field| field.set_untyped(text));
    }

    /// Sets an entry in all maps at the paths of the fields. If the entry is new, it is a single shared scalar from
    /// then on.
    pub(crate) fn set_entry(&mut self, fields: &[FieldSpec], key: &SmolStr, value: &SmolStr) -> Result<()> {
        let gvk = self.gvk();
        let mut added = Vec::new();
        for field in fields.iter().filter(|field| gvk.is_selected(&field.gvk)) {
            for mut place in field_spec::places(&mut self.map, &field.path, field.missing(Missing::Map))? {
                let known = match step::get(&self.map, &place) {
                    None | Some(Value::Null) => continue,
                    Some(Value::Map(map)) => map.contains_key(key),
                    Some(other) => {
                        return Err(Error::wrong_kind("MappingNode", other)
                            .within(format!("at path '{}'", field.path)));
                    }
                };
                if !known && !is_text_key(key) {
                    return Err(unsupported_key(key, "a map"));
                }
                place.push(Step::Key(key.clone()));
                if known {
                    self.change_place(&place, &mut |field| field.set_entry(value))?;
                } else {
                    self.change_place(&place, &mut |field| field.set_new(value))?;
                    added.push(place);
                }
            }
        }
        self.shares.add(value.clone().into(), added);
        Ok(())
    }

    pub(crate) fn schemas(&self) -> &Rc<Schemas> {
        &self.schemas
    }

    /// Returns whether nothing is left of the resource.
    pub(crate) fn is_empty(&self) -> bool {
        self.map.is_empty()
    }

    pub(crate) fn delete(&mut self) {
        self.map = Map::new();
    }

    pub(crate) fn kind(&self) -> SmolStr {
        self.map.get("kind").map(text::of).unwrap_or_default()
    }

    pub(crate) fn api_version(&self) -> SmolStr {
        self.map.get("apiVersion").map(text::of).unwrap_or_default()
    }

    pub(crate) fn name(&self) -> SmolStr {
        self.metadata_name("name")
    }

    pub(crate) fn namespace(&self) -> SmolStr {
        self.metadata_name("namespace")
    }

    /// Returns a name as written; empty for `null`.
    fn metadata_name(&self, key: &str) -> SmolStr {
        match self.metadata(key) {
            None | Some(Value::Null) => SmolStr::default(),
            Some(value) => field::written(value, self.marks.field("metadata").field(key)),
        }
    }

    pub(crate) fn gvk(&self) -> Gvk {
        Gvk::new(&self.api_version(), &self.kind())
    }

    /// Returns the current id.
    pub(crate) fn id(&self) -> Id {
        let gvk = self.gvk();
        let cluster_scoped = self.schemas.is_cluster_scoped(&gvk);
        Id { gvk, name: self.name(), namespace: self.namespace(), cluster_scoped }
    }

    /// Returns the previous ids of the resource, oldest first.
    pub(crate) fn previous_ids(&self) -> impl Iterator<Item = Id> {
        let gvk = self.gvk();
        self.memory.previous.iter().map(move |previous| Id {
            gvk: Gvk { kind: previous.kind.clone(), ..gvk.clone() },
            name: previous.name.clone(),
            namespace: previous.namespace.clone(),
            cluster_scoped: false,
        })
    }

    /// Returns all ids, the current one last.
    pub(crate) fn ids(&self) -> Vec<Id> {
        let mut ids: Vec<Id> = self.previous_ids().collect();
        ids.push(self.id());
        ids
    }

    pub(crate) fn original_id(&self) -> Id {
        self.previous_ids().next().unwrap_or_else(|| self.id())
    }

    /// Returns whether a current or previous name satisfies a condition.
    pub(crate) fn was_called(&self, fits: impl Fn(&str) -> bool) -> bool {
        fits(&self.name()) || self.memory.previous.iter().any(|previous| fits(&previous.name))
    }

    /// Remembers the id, because it is about to change.
    pub(crate) fn store_previous_id(&mut self) {
        let id = self.id();
        if id.name.is_empty() {
            return;
        }
        let namespace = id.effective_namespace();
        self.memory.previous.push(Previous { namespace, name: id.name, kind: id.gvk.kind });
    }

    pub(crate) fn add_prefix(&mut self, prefix: &str) {
        if !prefix.is_empty() {
            self.memory.affixes.prefixes.push(prefix.into());
        }
    }

    pub(crate) fn add_suffix(&mut self, suffix: &str) {
        if !suffix.is_empty() {
            self.memory.affixes.suffixes.push(suffix.into());
        }
    }

    pub(crate) fn affixes(&self) -> &Affixes {
        &self.memory.affixes
    }

    pub(crate) fn behavior(&self) -> Behavior {
        self.memory.behavior
    }

    pub(crate) fn needs_hash(&self) -> bool {
        self.memory.needs_hash
    }

    /// Forgets everything that annotations would have stored.
    pub(crate) fn forget(&mut self) {
        self.memory = Memory::default();
    }

    /// Forgets where the resource comes from and what changed it.
    pub(crate) fn forget_origin(&mut self) {
        self.origin = None;
        self.transformations.clear();
    }

    /// Adds a mark to the annotations if Kustomize stores its own there, so that patches see that there are some.
    pub(crate) fn hold_memory(&mut self) {
        let Memory { previous, affixes, is_generated, .. } = &self.memory;
        let has_memory =
            !previous.is_empty() || !affixes.is_empty() || *is_generated || self.origin.is_some();
        if has_memory {
            self.map.map_entry("metadata").map_entry("annotations").insert(MARK, "");
        }
        self.holds_memory = has_memory;
    }

    /// Removes the mark and returns whether what it represents is still there.
    pub(crate) fn release_memory(&mut self) -> bool {
        let annotations = self.map.get_mut("metadata").and_then(|metadata| match metadata {
            Value::Map(metadata) => metadata.get_mut("annotations"),
            _ => None,
        });
        let mark = annotations.and_then(Value::as_map_mut).and_then(|annotations| annotations.remove(MARK));
        mark.is_some() || !self.holds_memory
    }

    /// Returns a field of `metadata`.
    pub(crate) fn metadata(&self, key: &str) -> Option<&Value> {
        self.map.get("metadata")?.get(key)
    }

    /// Returns a label or annotation as a string.
    pub(crate) fn metadata_text(&self, field: &str, key: &str) -> Option<SmolStr> {
        self.metadata(field)?.get(key).map(|value| self.written(field, key, value))
    }

    /// Returns labels or annotations as strings.
    pub(crate) fn metadata_texts(&self, field: &str) -> Map {
        let map = self.metadata(field).and_then(Value::as_map);
        map.into_iter().flatten().map(|(key, value)| (key.clone(), self.written(field, key, value))).collect()
    }

    /// Returns the text of a label or annotation as written.
    fn written(&self, field: &str, key: &str, value: &Value) -> SmolStr {
        field::written(value, self.marks.field("metadata").field(field).field(key))
    }

    /// Sets labels or annotations; an empty map removes the field.
    pub(crate) fn set_metadata_map(&mut self, field: &str, entries: Map) {
        let place = [Step::Key("metadata".into()), Step::Key(field.into())];
        let texts = entries.iter().filter_map(|(key, value)| Some((key.clone(), value.as_str()?)));
        let marks = texts.map(|(key, text)| (key, Marks::of_new(text)));
        let marks = marks.filter(|(_, marks)| *marks != Marks::None).collect();
        self.set_marks(&place, Marks::of_fields(Layout::Block, marks));
        self.shares.forget_below(&place);
        if !entries.is_empty() {
            self.map.map_entry("metadata").insert(field, entries);
        } else if let Some(Value::Map(metadata)) = self.map.get_mut("metadata") {
            metadata.remove(field);
        }
    }

    pub(crate) fn set_kind(&mut self, kind: &str) {
        self.set_untyped(&["kind"], kind);
    }

    pub(crate) fn set_gvk(&mut self, gvk: &Gvk) {
        self.set_untyped(&["kind"], &gvk.kind);
        self.set_untyped(&["apiVersion"], &gvk.api_version());
    }

    pub(crate) fn set_name(&mut self, name: &str) {
        self.map.map_entry("metadata");
        self.set_untyped(&["metadata", "name"], name);
    }

    /// Sets the namespace; an empty one removes the field.
    pub(crate) fn set_namespace(&mut self, namespace: &str) {
        if !namespace.is_empty() {
            self.map.map_entry("metadata");
            self.set_untyped(&["metadata", "namespace"], namespace);
        } else if let Some(Value::Map(metadata)) = self.map.get_mut("metadata") {
            metadata.remove("namespace");
        }
    }

    /// Takes over the name, namespace, labels, annotations and memory of the resource that this one replaces or
    /// merges into.
    pub(crate) fn take_metadata_from(&mut self, old: &Self) {
        for field in ["labels", "annotations"] {
            let mut entries = old.metadata_texts(field);
            for (key, value) in &self.metadata_texts(field) {
                if !INTERNAL_ANNOTATIONS.contains(&key.as_str()) {
                    entries.insert(key.clone(), value.clone());
                }
            }
            self.set_metadata_map(field, entries);
        }
        if self.transformations.is_empty() {
            self.transformations.clone_from(&old.transformations);
        }
        self.work = old.work;
        let needs_hash = self.memory.needs_hash && old.memory.needs_hash;
        self.memory = Memory { needs_hash, ..old.memory.clone() };
        self.set_name(&old.name());
        self.set_namespace(&old.namespace());
        self.variables = old.variables.clone();
    }

    /// Merges the `data` and `binaryData` of the other resource beneath this one's.
    pub(crate) fn merge_data_from(&mut self, old: &Self) {
        for field in ["data", "binaryData"] {
            let texts = |map: &Map| -> Map {
                let entries = map.get(field).and_then(Value::as_map);
                entries.into_iter().flatten().map(|(key, value)| (key.clone(), text::of(value))).collect()
            };
            let mut entries = texts(&old.map);
            for (key, value) in &texts(&self.map) {
                entries.insert(key.clone(), value.clone());
            }
            if entries.is_empty() {
                self.map.remove(field);
            } else {
                self.map.insert(field, entries);
            }
        }
    }

    /// Returns the finished object: annotations as strings, without Kustomize's own, and with the requested ones
    /// about the build.
    pub(crate) fn finish(mut self, with_origin: bool, with_transformations: bool) -> Result<Map> {
        // Lists may lack metadata; Kustomize looks for annotations there and keeps what it created.
        if !self.map.contains_key("metadata") {
            self.map.insert("metadata", Map::new());
        }
        let mut annotations = self.metadata_texts("annotations");
        for key in INTERNAL_ANNOTATIONS {
            annotations.remove(key);
        }
        annotations.remove(origin::ORIGIN);
        annotations.remove(origin::TRANSFORMATIONS);
        if let Some(origin) = self.origin.as_ref().filter(|_| with_origin) {
            annotations.insert(origin::ORIGIN, origin.text());
        }
        if with_transformations && !self.transformations.is_empty() {
            annotations.insert(origin::TRANSFORMATIONS, origin::transformations_text(&self.transformations));
        }
        self.set_metadata_map("annotations", annotations);
        self.check_keys(&["metadata", "annotations"])?;
        self.settle()?;
        Ok(self.map)
    }
}

/// Returns the error for a key that Kustomize cannot set.
pub(crate) fn unsupported_key(key: &str, field: &str) -> Error {
    Error::new(format!(
        "the key `{key}` of {field} is not a string in YAML: json: unsupported type: map[interface {{}}]interface {{}}"
    ))
    .with_hint("Kustomize writes the keys that it sets without quotes: use one that is not a number, boolean or date")
}

fn same_ending(left: &[SmolStr], right: &[SmolStr]) -> bool {
    let shortest = left.len().min(right.len());
    if shortest == 0 {
        return left.len() == right.len();
    }
    left.iter().rev().zip(right.iter().rev()).all(|(left, right)| left == right)
}
