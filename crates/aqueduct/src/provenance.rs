//! Where the fields of rendered objects come from, measured for those that somebody asks about.
//!
//! A field of TOML is the source of a field of an object where a change to the one changes the other. So one component is
//! rendered again and again, each time with one leaf of its source changed, until the leaf is found; see
//! [`probe`](crate::probe). Whatever makes the objects takes part without knowing of it. What no leaf reaches is a
//! default of the kind, or stands in a manifest of its own. A render in which nobody asks pays nothing.

use std::cell::{Cell, OnceCell, RefCell};
use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use aqueduct_check::Subject;
use aqueduct_manifest::yaml::{self, Dialect, Document, Step};
use aqueduct_manifest::{Diagnostic, Files, Label, Lines, Map, Object, Place, Pointer, SmolStr, Value};
use aqueduct_model::{
    Environment, Instance, Node, Platform, Selection, Shadowed, Source, Tenancy, resolve, tenancies,
};
use aqueduct_render::argocd::ROOT;
use aqueduct_render::{Inputs, Registry, RenderedComponent, Surroundings, TENANCY, render, render_alone};

use crate::probe::{Leaf, leaves, reached, with_text};

/// How often one environment renders a component again to find the places of findings; further findings are pointed
/// at by what is known without it.
const RENDERS: usize = 4_000;
/// How many other words are tried in the place of one.
const WORDS: usize = 20;
/// How many bytes of a manifest are read again to find a line in it.
const MANIFEST: usize = 8 << 20;

/// How thoroughly a source is looked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Effort {
    /// Until a leaf is found that reaches the field and says its very value.
    First,
    /// Until all that reach it are known.
    All,
}

/// Where a field comes from.
#[derive(Clone, Debug, Default)]
pub(crate) struct Trace {
    /// The fields of TOML that reach it, the most specific one first.
    pub(crate) causes: Vec<Cause>,
    /// Where it stands, or what is nearest to it, where no field of TOML reaches it.
    pub(crate) place: Option<Place>,
    /// What is to be known of that place; empty where the field itself stands there.
    pub(crate) note: String,
    /// The template or the resource that made the object, where something foreign did.
    pub(crate) made_by: Option<Place>,
}

/// A field of TOML that reaches a field of an object.
#[derive(Clone, Debug)]
pub(crate) struct Cause {
    /// The keys and indices that lead to it.
    pub(crate) keys: Vec<SmolStr>,
    /// What it says.
    pub(crate) value: Value,
    /// Where it is written.
    pub(crate) source: Source,
    /// What lower layers say of it.
    pub(crate) shadowed: Vec<Shadowed>,
    /// How near what it says is to the field: 0 for the same.
    distance: u8,
    /// How many values of the component change with it.
    reach: usize,
}

/// An environment as it was rendered, and the means to render parts of it again.
pub(crate) struct Provenance<'a> {
    pub(crate) files: &'a Files,
    pub(crate) registry: &'a Registry,
    pub(crate) inputs: &'a Inputs<'a>,
    pub(crate) platform: &'a Platform,
    pub(crate) environment: &'a Environment,
    pub(crate) instances: &'a [Instance],
    pub(crate) components: &'a [RenderedComponent],
    /// The paths of their objects.
    pub(crate) paths: &'a [Vec<String>],
    memory: Memory<'a>,
}

/// What was found out so far.
struct Memory<'a> {
    surroundings: OnceCell<Surroundings<'a>>,
    benches: RefCell<BTreeMap<BenchKey, Option<Rc<Bench>>>>,
    renders: Cell<usize>,
}

impl Default for Memory<'_> {
    fn default() -> Self {
        Self { surroundings: OnceCell::new(), benches: RefCell::default(), renders: Cell::new(RENDERS) }
    }
}

/// The number of a component, and of the instance of which its object tells.
type BenchKey = (usize, Option<usize>, Extent);

/// The fields that change, by the number of the object.
type Reached = Vec<(usize, Pointer)>;

/// Of how much of the platform a component is rendered again.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Extent {
    /// Of its own tenant, and those that it names.
    Near,
    /// Of all tenants.
    Whole,
}

/// One component, ready to be rendered again.
struct Bench {
    /// The sources that it takes.
    files: Files,
    /// Its objects from these.
    objects: Vec<Object>,
    leaves: Vec<Leaf>,
    /// Texts that may take the place of one another: the words of a field, the names of components.
    words: Vec<Vec<SmolStr>>,
    /// What each leaf reaches; nothing where no change to it was taken.
    reached: RefCell<BTreeMap<usize, Rc<Reached>>>,
}

impl<'a> Provenance<'a> {
    /// Returns what is known of an environment that was rendered.
    pub(crate) fn new(
        (files, registry, inputs): (&'a Files, &'a Registry, &'a Inputs<'a>),
        (platform, environment): (&'a Platform, &'a Environment),
        instances: &'a [Instance],
        (components, paths): (&'a [RenderedComponent], &'a [Vec<String>]),
    ) -> Self {
        let memory = Memory::default();
        Self { files, registry, inputs, platform, environment, instances, components, paths, memory }
    }

    /// Points the field of a finding at what a person edits.
    pub(crate) fn point(&self, subject: &mut Subject) {
        let Some(trace) = self.trace(&subject.path, &subject.pointer, Effort::First) else { return };
        let is_manifest = trace.causes.is_empty() && trace.made_by.is_some() && trace.note.is_empty();
        match trace.causes.into_iter().next() {
            Some(cause) => subject.source = cause.source.place,
            None => {
                subject.source = trace.place.unwrap_or_else(|| subject.source.clone());
                subject.note = trace.note;
            }
        }
        if !is_manifest {
            let object = self.object(&subject.path);
            subject.rendered =
                object.map(|(_, object)| self.rendered(&subject.path, object, &subject.pointer));
        }
    }

    /// Returns the line of the output that holds a field, or else what is nearest to it.
    pub(crate) fn rendered(&self, path: &str, object: &Object, pointer: &Pointer) -> Label {
        let file = format!("{}/{}/{path}", self.platform.output, self.environment.name);
        let text = yaml::write(&Value::Map(object.map.clone()));
        let documents = yaml::read_documents(&text, Dialect::Sigs).unwrap_or_default();
        let line = documents.first().and_then(|document| {
            let value = document.value.as_map()?;
            (0..=pointer.steps().len()).rev().find_map(|depth| {
                let steps = steps(value, &pointer.steps()[..depth])?;
                document.spans.key(&steps).map(|position| position.line)
            })
        });
        Label {
            place: Place::whole(file),
            text: line.map_or_else(String::new, |line| format!("line {line}")),
        }
    }

    /// Returns the object that is rendered into a file of the environment, and the number of its component.
    pub(crate) fn object(&self, path: &str) -> Option<(usize, &'a Object)> {
        self.paths.iter().zip(self.components).enumerate().find_map(|(number, (paths, component))| {
            let at = paths.iter().position(|other| other == path)?;
            Some((number, component.objects.get(at)?))
        })
    }

    /// Returns where a field of an object comes from; nothing where there is no such object.
    pub(crate) fn trace(&self, path: &str, pointer: &Pointer, effort: Effort) -> Option<Trace> {
        let (number, object) = self.object(path)?;
        let component = &self.components[number];
        let maker = self.maker(component, object);
        let made_by = object
            .origin
            .clone()
            .filter(|origin| maker.is_some_and(|maker| self.instances[maker].spec.origin.place != *origin));
        // The field has to be there as it is before anything is changed.
        let bench = [Extent::Near, Extent::Whole].into_iter().find_map(|extent| {
            let bench = self.bench(number, maker, extent)?;
            let at = bench.objects.iter().position(|other| other.key() == object.key())?;
            let is_same = pointer.find(&bench.objects[at].map) == pointer.find(&object.map);
            is_same.then_some((bench, at))
        });
        let causes = bench
            .as_ref()
            .map_or_else(Vec::new, |(bench, at)| self.causes(bench, component, *at, pointer, effort));
        let mut trace = Trace { causes, place: None, note: String::new(), made_by };
        if trace.causes.is_empty() {
            (trace.place, trace.note) = match &trace.made_by {
                Some(origin) => self.foreign(origin, object, pointer, maker),
                None => self.nearest(component, object, maker, bench.as_ref(), pointer),
            };
        }
        Some(trace)
    }

    /// Returns the instance whose component made an object, or of which an object beside the components tells.
    fn maker(&self, component: &RenderedComponent, object: &Object) -> Option<usize> {
        let name = component.component.as_deref().unwrap_or_default();
        self.instances.iter().position(|instance| {
            let is_of_tenant = instance.tenancy.tenant.name.as_str() == component.tenant;
            if name == TENANCY {
                is_of_tenant && object.origin.as_ref() == Some(&instance.spec.origin.place)
            } else {
                is_of_tenant && instance.component.as_str() == name
            }
        })
    }

    /// Returns the leaves that reach a field, the most specific one first.
    fn causes(
        &self,
        bench: &Bench,
        component: &RenderedComponent,
        at: usize,
        pointer: &Pointer,
        effort: Effort,
    ) -> Vec<Cause> {
        let value = pointer.find(&bench.objects[at].map);
        let mut order: Vec<(u8, usize)> = bench
            .leaves
            .iter()
            .enumerate()
            .map(|(number, leaf)| match distance(&leaf.value, value) {
                // A key that says nothing of the field only leads to what does.
                2 if leaf.is_key => (3, number),
                distance => (distance, number),
            })
            .collect();
        order.sort_unstable();
        let reaches = |fields: &[(usize, Pointer)]| {
            let is_met =
                |field: &Pointer| field.is_below(pointer) || (value.is_some() && pointer.is_below(field));
            fields.iter().any(|(object, field)| *object == at && is_met(field))
        };
        let mut causes = Vec::new();
        for (distance, number) in &order {
            let fields = self.reach(bench, component, *number);
            if reaches(&fields) {
                causes.push(bench.cause(*number, *distance, &fields));
                if effort == Effort::First && *distance == 0 {
                    break;
                }
            }
        }
        // One text may become several fields: then it is changed where it says this one.
        if let (true, Some(said)) = (causes.is_empty(), value.and_then(Value::as_str)) {
            causes.extend(order.iter().filter(|(distance, _)| *distance == 1).find_map(
                |(distance, number)| {
                    let leaf = &bench.leaves[*number];
                    let text = leaf.with_part(self.files.text(&leaf.source.place.file)?, said)?;
                    let changed =
                        self.render(&with_text(&bench.files, &leaf.source.place, text), component)?;
                    let fields = reached(&bench.objects, &changed);
                    reaches(&fields).then(|| bench.cause(*number, *distance, &fields))
                },
            ));
        }
        causes.sort_by_key(|cause| (cause.distance, cause.reach));
        causes
    }

    /// Returns what changes with a leaf.
    fn reach(&self, bench: &Bench, component: &RenderedComponent, number: usize) -> Rc<Reached> {
        if let Some(known) = bench.reached.borrow().get(&number) {
            return Rc::clone(known);
        }
        let leaf = &bench.leaves[number];
        let text = self.files.text(&leaf.source.place.file).unwrap_or_default();
        let said = leaf.value.as_str().unwrap_or_default();
        let groups = bench.words.iter().filter(|group| group.iter().any(|word| word == said));
        let words: Vec<SmolStr> = groups.flatten().take(WORDS).cloned().collect();
        let changed = leaf
            .variations(text, &words)
            .into_iter()
            .find_map(|text| self.render(&with_text(&bench.files, &leaf.source.place, text), component));
        let found = Rc::new(changed.map_or_else(Vec::new, |objects| reached(&bench.objects, &objects)));
        bench.reached.borrow_mut().insert(number, Rc::clone(&found));
        found
    }

    /// Returns a component ready to be rendered again; nothing where it cannot be.
    fn bench(&self, number: usize, maker: Option<usize>, extent: Extent) -> Option<Rc<Bench>> {
        if let Some(known) = self.memory.benches.borrow().get(&(number, maker, extent)) {
            return known.clone();
        }
        let made = self.new_bench(&self.components[number], maker, extent).map(Rc::new);
        self.memory.benches.borrow_mut().insert((number, maker, extent), made.clone());
        made
    }

    fn new_bench(
        &self,
        component: &RenderedComponent,
        maker: Option<usize>,
        extent: Extent,
    ) -> Option<Bench> {
        let instance = maker.map(|maker| &self.instances[maker]);
        let owner =
            if component.tenant == ROOT { component.component.as_deref()? } else { &component.tenant };
        let tenant = self.platform.tenants.values().find(|tenant| tenant.name.as_str() == owner);
        let mut found = Vec::new();
        let mut roots: Vec<&Node> = Vec::new();
        match (instance, tenant) {
            (Some(instance), _) => roots.extend([&instance.spec, &instance.common]),
            (None, tenant) => {
                roots.extend(tenant.map(|tenant| tenant.node.as_ref()));
                roots.extend(self.platform.node.get("argocd").filter(|_| component.tenant == ROOT));
            }
        }
        roots.into_iter().for_each(|root| leaves(root, &mut Vec::new(), &mut found));
        let mut seen = BTreeSet::new();
        found.retain(|leaf| seen.insert((leaf.source.place.clone(), leaf.is_key)));
        let words = instance.map_or_else(Vec::new, |instance| self.words(instance));
        let files = match extent {
            Extent::Near => self.near(instance, owner),
            Extent::Whole => self.sources(&|_| true),
        };
        let objects = self.render(&files, component)?;
        Some(Bench { files, objects, leaves: found, words, reached: RefCell::default() })
    }

    /// Returns texts that may take the place of one another in an instance: the words of each field of its kind, and
    /// the names of its neighbours.
    fn words(&self, instance: &Instance) -> Vec<Vec<SmolStr>> {
        let tenant = &instance.tenancy.tenant;
        let mut words = vec![tenant.components.keys().map(|name| SmolStr::from(name.as_str())).collect()];
        if let Some(kind) = self.registry.kinds().iter().find(|kind| kind.name == instance.kind) {
            alternatives(&serde_json::Value::from((kind.schema)()), &mut words);
        }
        words
    }

    /// Returns the sources of a component and of whom it names, without the other tenants.
    fn near(&self, instance: Option<&Instance>, owner: &str) -> Files {
        let mut named: BTreeSet<&str> = BTreeSet::from([owner]);
        let services = &self.platform.services;
        let shared = [&services.ingress, &services.metrics, &services.logs, &services.dashboards];
        let shared = shared.into_iter().flatten().filter_map(|reference| reference.tenant.as_ref());
        named.extend(shared.map(aqueduct_model::types::Name::as_str));
        for root in instance.into_iter().flat_map(|instance| [&instance.spec, &instance.common]) {
            let mut found = Vec::new();
            leaves(root, &mut Vec::new(), &mut found);
            let texts: Vec<String> =
                found.iter().filter_map(|leaf| Some(leaf.value.as_str()?.to_owned())).collect();
            let tenants = self.platform.tenants.keys().map(|name| name.as_str());
            named.extend(tenants.filter(|name| {
                texts.iter().any(|text| text.strip_prefix(name).is_some_and(|rest| rest.starts_with('/')))
            }));
        }
        self.sources(&|tenant| named.contains(tenant))
    }

    /// Returns the TOML files of the platform with those of some tenants.
    fn sources(&self, is_wanted: &dyn Fn(&str) -> bool) -> Files {
        let is_source = |path: &str| match path.strip_prefix("tenants/").and_then(|rest| rest.split_once('/'))
        {
            Some((tenant, _)) => path.ends_with(".toml") && is_wanted(tenant),
            None => path == "platform.toml" || (path.starts_with("blueprints/") && path.ends_with(".toml")),
        };
        let wanted = self.files.iter().filter(|(path, _)| is_source(path));
        wanted.map(|(path, bytes)| (path.clone(), bytes.clone())).collect()
    }

    /// Renders a component from other sources; nothing where these are in error, or too much was rendered already.
    fn render(&self, files: &Files, component: &RenderedComponent) -> Option<Vec<Object>> {
        self.memory.renders.set(self.memory.renders.get().checked_sub(1)?);
        let only = Selection { environments: vec![self.environment.name.clone()], tenants: Vec::new() };
        let loaded = aqueduct_model::load(files);
        let resolved = resolve(&loaded.platform, &self.registry.names(), &only);
        if loaded.diagnostics.iter().chain(&resolved.diagnostics).any(Diagnostic::is_error) {
            return None;
        }
        let environment = loaded.platform.environments.get(&self.environment.name)?;
        let all = tenancies(&loaded.platform, &only);
        let all: Vec<&Tenancy> = all.iter().map(AsRef::as_ref).collect();
        let (platform, instances) = (&loaded.platform, resolved.instances.as_slice());
        if component.tenant == ROOT {
            let rendered =
                render(platform, environment, &all, instances, self.registry, self.inputs, &|_| true);
            let is_same = |other: &RenderedComponent| {
                (&other.tenant, &other.component) == (&component.tenant, &component.component)
            };
            let found = rendered.components.into_iter().find(is_same);
            return found.filter(|_| !rendered.incomplete).map(|found| found.objects);
        }
        let surroundings = self.memory.surroundings.get_or_init(|| {
            Surroundings::new(self.environment, self.inputs, self.instances, self.components)
        });
        let name = (component.tenant.as_str(), component.component.as_deref().unwrap_or_default());
        render_alone(platform, &all, instances, self.registry, self.inputs, surroundings, name).ok()
    }

    /// Returns the place of a field in the manifest, or in what made it, and what is to be known of that.
    fn foreign(
        &self,
        origin: &Place,
        object: &Object,
        pointer: &Pointer,
        maker: Option<usize>,
    ) -> (Option<Place>, String) {
        if let Some(place) = in_manifest(self.files, origin, object, pointer) {
            return (Some(place), String::new());
        }
        // What is fetched is overwritten by the next fetch; the line that asks for it is what can be changed.
        let chart = maker.filter(|_| origin.file.starts_with("vendor/")).and_then(|maker| {
            let spec = &self.instances[maker].spec;
            ["chart", "path"].iter().find_map(|key| spec.get(key))
        });
        match chart {
            Some(chart) => (Some(chart.origin.place.clone()), format!("made by {}", origin.file)),
            None => (Some(origin.clone()), "made here".to_owned()),
        }
    }

    /// Returns the table of TOML that a default stands beside, else the line of the kind.
    fn nearest(
        &self,
        component: &RenderedComponent,
        object: &Object,
        maker: Option<usize>,
        bench: Option<&(Rc<Bench>, usize)>,
        pointer: &Pointer,
    ) -> (Option<Place>, String) {
        let instance = maker.map(|maker| &self.instances[maker]);
        let what = match instance {
            Some(instance) => instance.kind.as_str(),
            None if component.tenant == ROOT => "argocd",
            None => TENANCY,
        };
        let said = if pointer.find(&object.map).is_some() { "default of" } else { "left out by" };
        let note = format!("{said} `{what}`");
        let root = match instance {
            Some(instance) => Some(&instance.spec),
            None => {
                let tenants = self.platform.tenants.values();
                tenants.map(|tenant| tenant.node.as_ref()).find(|node| {
                    object.origin.as_ref().is_some_and(|origin| origin.file == node.origin.place.file)
                })
            }
        };
        let table = bench.zip(root).and_then(|((bench, at), root)| {
            let known = bench.reached.borrow();
            let around = std::iter::successors(pointer.parent(), Pointer::parent);
            let mut around = around.filter(|parent| !parent.is_empty());
            let leaves: Vec<&Leaf> = around.find_map(|parent| {
                let beside = known.iter().filter(|(_, fields)| {
                    fields.iter().any(|(object, field)| object == at && field.is_below(&parent))
                });
                let leaves: Vec<&Leaf> = beside.map(|(number, _)| &bench.leaves[*number]).collect();
                (!leaves.is_empty()).then_some(leaves)
            })?;
            let (first, others) = leaves.split_first()?;
            let (_, first) = first.keys.split_last()?;
            let shared = others.iter().fold(first.len(), |shared, leaf| {
                first.iter().zip(&leaf.keys).take(shared).take_while(|(left, right)| left == right).count()
            });
            let keys: Vec<&str> = first[..shared].iter().map(SmolStr::as_str).collect();
            let table = root.find(&keys).filter(|_| !keys.is_empty())?;
            Some(table.origin.place.clone())
        });
        let place = table.or_else(|| object.origin.clone());
        (place, note)
    }
}

impl Bench {
    /// Returns a leaf as the cause of fields.
    fn cause(&self, number: usize, distance: u8, fields: &[(usize, Pointer)]) -> Cause {
        let leaf = &self.leaves[number];
        let weights = fields.iter().map(|(object, field)| weight(&self.objects[*object].map, field));
        Cause {
            keys: leaf.keys.clone(),
            value: leaf.value.clone(),
            source: leaf.source.clone(),
            shadowed: leaf.shadowed.clone(),
            distance,
            reach: weights.sum(),
        }
    }
}

/// Returns how near what a leaf says is to a field: 0 where it says the same.
fn distance(leaf: &Value, field: Option<&Value>) -> u8 {
    let text = |value: &Value| match value {
        Value::String(text) => Some(text.to_string()),
        Value::Int(number) => Some(number.to_string()),
        Value::Float(number) => Some(number.to_string()),
        Value::Bool(value) => Some(value.to_string()),
        _ => None,
    };
    match (text(leaf), field.and_then(text)) {
        (Some(leaf), Some(field)) if leaf == field => 0,
        (Some(leaf), Some(field)) if leaf.len() > 1 && field.contains(&leaf) => 1,
        (Some(leaf), Some(field)) if field.len() > 1 && leaf.contains(&field) => 1,
        _ => 2,
    }
}

/// Returns how many values lie at a field and below it; at least one.
fn weight(object: &Map, field: &Pointer) -> usize {
    fn values(value: &Value) -> usize {
        match value {
            Value::Map(map) => map.values().map(values).sum(),
            Value::List(list) => list.iter().map(values).sum(),
            _ => 1,
        }
    }
    let count = if field.is_empty() {
        object.values().map(values).sum()
    } else {
        field.find(object).map_or(1, values)
    };
    count.max(1)
}

/// Adds the words that a schema offers for each of its texts.
fn alternatives(schema: &serde_json::Value, found: &mut Vec<Vec<SmolStr>>) {
    match schema {
        serde_json::Value::Object(map) => map.values().for_each(|value| alternatives(value, found)),
        serde_json::Value::Array(list) => {
            let words = list.iter().filter_map(|value| value.get("const").unwrap_or(value).as_str());
            found.push(words.map(SmolStr::from).collect());
            list.iter().for_each(|value| alternatives(value, found));
        }
        _ => {}
    }
}

/// Returns the steps of a path as the reader of YAML takes them; nothing where the path leads nowhere.
fn steps<'p>(object: &Map, path: &'p [SmolStr]) -> Option<Vec<Step<'p>>> {
    let (first, rest) = path.split_first()?;
    let mut value = object.get(first)?;
    let mut steps = vec![Step::Key(first)];
    for step in rest {
        (value, steps) = match value {
            Value::Map(map) => (map.get(step)?, [steps, vec![Step::Key(step)]].concat()),
            Value::List(list) => {
                let index = step.parse().ok()?;
                (list.get(index)?, [steps, vec![Step::Index(index)]].concat())
            }
            _ => return None,
        };
    }
    Some(steps)
}

/// Returns the place of a field in the file of YAML that an object was read from, else of the nearest one around it; of
/// templates nothing is known.
fn in_manifest(files: &Files, origin: &Place, object: &Object, pointer: &Pointer) -> Option<Place> {
    let is_manifest = [".yaml", ".yml", ".json"].iter().any(|ending| origin.file.ends_with(ending));
    let text = files.text(&origin.file).filter(|text| is_manifest && text.len() <= MANIFEST)?;
    if origin.file.contains("/templates/") {
        return None;
    }
    let line = origin.span.map(|span| span.position(text).line);
    let documents = yaml::read_documents(text, Dialect::Sigs).ok()?;
    let objects = documents.iter().flat_map(|document| {
        let list = document.value.get("items").and_then(Value::as_list);
        let items = list.into_iter().flatten().enumerate();
        let items = items.map(move |(number, item)| (document, Some(number), item));
        items.chain([(document, None, &document.value)])
    });
    let likeness = |(document, _, value): &(&Document, Option<usize>, &Value)| {
        let name = value.at(&["metadata", "name"]).and_then(Value::as_str).unwrap_or_default();
        let is_kind = value.get("kind").and_then(Value::as_str) == Some(object.kind());
        let is_line = line.is_none_or(|line| document.line == line);
        match is_kind && is_line && !name.is_empty() {
            true if name == object.name() => Some(2),
            // Kustomizations put something before and behind names.
            true if object.name().contains(name) => Some(1),
            _ => None,
        }
    };
    let (_, (document, number, value)) =
        objects.filter_map(|found| Some((likeness(&found)?, found))).max_by_key(|(likeness, _)| *likeness)?;
    let map = value.as_map()?;
    let lines = Lines::new(text);
    let rest = |position| lines.rest(position).map(|span| Place::new(origin.file.clone(), span));
    let written = (0..=pointer.steps().len()).rev().find_map(|depth| {
        let field = Pointer::new(pointer.steps()[..depth].iter().cloned());
        // What was changed after it was read is not what stands there.
        if depth == pointer.steps().len() && field.find(map) != field.find(&object.map) {
            return None;
        }
        let mut path = match number {
            Some(number) => vec![Step::Key("items"), Step::Index(number)],
            None => Vec::new(),
        };
        path.extend(steps(map, field.steps())?);
        rest(document.spans.key(&path)?)
    });
    written.or_else(|| Some(Place { file: origin.file.clone(), span: lines.span(document.line) }))
}
