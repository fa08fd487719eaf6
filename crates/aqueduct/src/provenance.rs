//! Where fields of rendered objects come from, measured on request.
//!
//! A TOML field is the source of an object's field if changing one changes the other. So one component is rendered
//! again and again, each time with one leaf of its source changed, until the leaf is found; see
//! [`probe`](crate::probe). The code that makes the objects needs no support for this. A field that no leaf affects
//! is a default of the kind, or comes from a manifest. A plain render pays nothing.

mod foreign;
mod near;

use std::cell::{Cell, OnceCell, RefCell};
use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use aqueduct_check::Subject;
use aqueduct_manifest::yaml::{self, Dialect};
use aqueduct_manifest::{Diagnostic, Files, Label, Map, Object, Place, Pointer, SmolStr, Span, Value};
use aqueduct_model::{
    Environment, Instance, Node, Platform, Selection, Shadowed, Source, Tenancy, resolve, tenancies,
};
use aqueduct_render::argocd::ROOT;
use aqueduct_render::{
    FieldWriter, Graph, Inputs, Registry, RenderedComponent, Surroundings, TENANCY, Writers, render,
    render_alone,
};

use crate::in_manifest::{Wanted, in_manifest, steps};
use crate::probe::{Leaf, leaves, patches, reached, with_text, without};

/// How many times an environment may render components again to locate findings. After that, findings get only the
/// places that are known without it.
const RENDERS: usize = 4_000;
/// How many alternatives to a word are tried.
const WORDS: usize = 20;

/// How thoroughly to search for a source.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Effort {
    /// Until a leaf is found that affects the field and has exactly its value.
    First,
    /// Until all leaves that affect the field are known, and the lines of foreign files that wrote it.
    All,
}

/// The origin of a field.
#[derive(Clone, Debug, Default)]
pub(crate) struct Trace {
    /// The TOML fields that affect it, most specific first.
    pub(crate) causes: Vec<Cause>,
    /// Its place, or the nearest known one, if no TOML field affects it.
    pub(crate) place: Option<Place>,
    /// A note about that place; empty if it is the field itself.
    pub(crate) note: String,
    /// The template or resource that the object was made from, if any.
    pub(crate) made_by: Option<Place>,
    /// The lines of foreign files that wrote it, last one first.
    pub(crate) written: Vec<FieldWriter>,
}

impl Trace {
    fn without_causes(self) -> Self {
        Self { causes: Vec::new(), ..self }
    }
}

/// A TOML field that affects a field of an object.
#[derive(Clone, Debug)]
pub(crate) struct Cause {
    /// The keys and indices that lead to it.
    pub(crate) keys: Vec<SmolStr>,
    /// Its value.
    pub(crate) value: Value,
    /// Where it is written.
    pub(crate) source: Source,
    /// The values of lower layers.
    pub(crate) shadowed: Vec<Shadowed>,
    /// How far its value is from that of the field; 0 if they are the same.
    distance: u8,
    /// How many values of the component change with it.
    reach: usize,
    /// How much of the field it decides.
    share: Share,
}

/// How much of an object's field a TOML field decides.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Share {
    /// All of it.
    Whole,
    /// A part of it.
    Part,
    /// Whether the field's parent exists at all.
    Around,
}

/// A rendered environment, with what is needed to render parts of it again.
pub(crate) struct Provenance<'a> {
    pub(crate) files: &'a Files,
    pub(crate) registry: &'a Registry,
    pub(crate) inputs: &'a Inputs<'a>,
    pub(crate) platform: &'a Platform,
    pub(crate) environment: &'a Environment,
    pub(crate) instances: &'a [Instance],
    pub(crate) components: &'a [RenderedComponent],
    /// The paths of the components' objects.
    pub(crate) paths: &'a [Vec<String>],
    memory: Memory<'a>,
}

/// The results so far.
struct Memory<'a> {
    surroundings: OnceCell<Surroundings<'a>>,
    benches: RefCell<BTreeMap<BenchKey, Option<Rc<Bench>>>>,
    graph: OnceCell<Graph<'a>>,
    /// The writers of each component's objects, once requested.
    writers: RefCell<BTreeMap<usize, Option<Rc<Writers>>>>,
    renders: Cell<usize>,
}

impl Default for Memory<'_> {
    fn default() -> Self {
        Self {
            surroundings: OnceCell::new(),
            benches: RefCell::default(),
            graph: OnceCell::new(),
            writers: RefCell::default(),
            renders: Cell::new(RENDERS),
        }
    }
}

/// The indices of a component and of the instance that its object is for, and the extent.
type BenchKey = (usize, Option<usize>, Extent);

/// The fields that change, by the index of the object.
type Reached = Vec<(usize, Pointer)>;

/// How much of the platform is read to render a component again.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Extent {
    /// Its own tenant, and the tenants that it refers to.
    Near,
    /// All tenants.
    Whole,
}

/// One component, ready to be rendered again.
struct Bench {
    /// The sources that it needs.
    files: Files,
    /// Its objects, rendered from these.
    objects: Vec<Object>,
    leaves: Vec<Leaf>,
    /// Groups of interchangeable strings: the words of an enumeration, the names of components.
    words: Vec<Vec<SmolStr>>,
    /// What each leaf affects; nothing if no change to it was valid.
    reached: RefCell<BTreeMap<usize, Rc<Reached>>>,
}

impl<'a> Provenance<'a> {
    /// Returns the provenance of a rendered environment.
    pub(crate) fn new(
        (files, registry, inputs): (&'a Files, &'a Registry, &'a Inputs<'a>),
        (platform, environment): (&'a Platform, &'a Environment),
        instances: &'a [Instance],
        (components, paths): (&'a [RenderedComponent], &'a [Vec<String>]),
    ) -> Self {
        let memory = Memory::default();
        Self { files, registry, inputs, platform, environment, instances, components, paths, memory }
    }

    /// Points a finding's field to the source that a person edits.
    pub(crate) fn point(&self, subject: &mut Subject) {
        let Some(trace) = self.trace(&subject.path, &subject.pointer, Effort::First) else { return };
        let is_template = |writer: &&FieldWriter| writer.place.file.contains("/templates/");
        let includes = trace.written.iter().skip(1).filter(is_template);
        let includes: Vec<String> = includes.map(|writer| self.line(&writer.place)).collect();
        let is_manifest = trace.causes.is_empty()
            && trace.made_by.is_some()
            && trace.note.is_empty()
            && !trace.written.iter().any(|writer| is_template(&writer));
        match trace.causes.into_iter().next() {
            Some(cause) => subject.source = cause.source.place,
            None => {
                subject.source = trace.place.unwrap_or_else(|| subject.source.clone());
                subject.note = match includes.as_slice() {
                    [] => trace.note,
                    _ if !trace.note.is_empty() => trace.note,
                    includes => format!("included by {}", includes.join(", ")),
                };
            }
        }
        if !is_manifest {
            let object = self.object(&subject.path);
            subject.rendered =
                object.map(|(_, object)| self.rendered(&subject.path, object, &subject.pointer));
        }
    }

    /// Returns the line of the output that contains a field or its nearest parent.
    pub(crate) fn rendered(&self, path: &str, object: &Object, pointer: &Pointer) -> Label {
        let file = format!("{}/{}/{path}", self.platform.output, self.environment.name);
        let text = yaml::write(&Value::Map(object.map.clone()));
        let documents = yaml::read_documents(&text, Dialect::Sigs).unwrap_or_default();
        let line = documents.first().and_then(|document| {
            (0..=pointer.steps().len()).rev().find_map(|depth| {
                let steps = steps(&document.value, &pointer.steps()[..depth])?;
                document.spans.key(&steps).map(|position| position.line)
            })
        });
        Label {
            place: Place::whole(file),
            text: line.map_or_else(String::new, |line| format!("line {line}")),
        }
    }

    /// Returns the object in an output file of the environment, and the index of its component.
    pub(crate) fn object(&self, path: &str) -> Option<(usize, &'a Object)> {
        self.paths.iter().zip(self.components).enumerate().find_map(|(number, (paths, component))| {
            let at = paths.iter().position(|other| other == path)?;
            Some((number, component.objects.get(at)?))
        })
    }

    /// Returns the origin of a field of an object; `None` if the object does not exist.
    pub(crate) fn trace(&self, path: &str, pointer: &Pointer, effort: Effort) -> Option<Trace> {
        let (number, object) = self.object(path)?;
        let component = &self.components[number];
        let maker = self.maker(component, object);
        let made_by = object
            .origin
            .clone()
            .filter(|origin| maker.is_some_and(|maker| self.instances[maker].spec.origin.place != *origin));
        // The unchanged sources must give the same value of the field.
        let bench = [Extent::Near, Extent::Whole].into_iter().find_map(|extent| {
            let bench = self.bench(number, maker, extent)?;
            let at = bench.objects.iter().position(|other| other.key() == object.key())?;
            let is_same = pointer.find(&bench.objects[at].map) == pointer.find(&object.map);
            is_same.then_some((bench, at))
        });
        let causes = bench
            .as_ref()
            .map_or_else(Vec::new, |(bench, at)| self.causes(bench, component, *at, pointer, effort));
        let mut trace = Trace { causes, made_by, ..Trace::default() };
        if let (Effort::First, Some(maker)) = (effort, maker) {
            // Whether a tenant has policies at all is not the source of the content of a component's policy.
            let file = &self.instances[maker].tenancy.tenant.file;
            trace.causes.retain(|cause| {
                cause.share != Share::Around
                    || *cause.source.place.file != **file
                    || cause.keys.first().is_some_and(|field| field == "patches")
            });
        }
        let mut around = None;
        if maker.is_some() && (effort == Effort::All || trace.causes.is_empty()) {
            (trace.written, around) = self.written(number, object, pointer);
        }
        if let (Effort::All, true, Some(origin), Some((bench, at))) =
            (effort, trace.causes.is_empty(), &trace.made_by, &bench)
        {
            trace.causes = self.defaults_of_chart(bench, component, *at, pointer, &origin.file);
        }
        if effort == Effort::First && maker.is_some() && trace.made_by.is_none() {
            let instance = maker.map(|maker| &self.instances[maker]);
            if pointer.is_empty() && trace.causes.iter().all(|cause| cause.share != Share::Whole) {
                trace = trace.without_causes();
            } else if let Some(place) = self.around_parts(component, instance, &trace.causes) {
                return Some(Trace { place: Some(place), ..trace.without_causes() });
            }
        }
        let is_said = trace.causes.iter().any(|cause| cause.share < Share::Around);
        if is_said || effort == Effort::All && !trace.causes.is_empty() {
            return Some(trace);
        }
        let bench = bench.as_ref();
        let named = bench.and_then(|(bench, at)| self.named(bench, component, maker, *at, pointer));
        // A name is a better source than something that only decides whether the field exists.
        if named.is_none() && !trace.causes.is_empty() {
            return Some(trace);
        }
        trace = trace.without_causes();
        let said = if pointer.find(&object.map).is_some() { "added here" } else { "created here" };
        let last = trace.written.first().map(|last| &last.place);
        (trace.place, trace.note) = match (named, last, &around, &trace.made_by) {
            (Some(named), ..) => named,
            (None, Some(last), ..) => self.foreign(last, "", maker),
            (None, None, Some(around), _) => self.foreign(around, said, maker),
            (None, None, None, Some(origin)) => {
                match in_manifest(self.files, origin, object, pointer, Wanted::Value) {
                    Some(found) => (Some(found.place), String::new()),
                    None => self.foreign(origin, "created here", maker),
                }
            }
            (None, None, None, None) => self.nearest(component, object, maker, bench, pointer),
        };
        Some(trace)
    }

    /// Returns the table or file around several TOML fields that each decide a part of a field, since none of them
    /// alone is its source.
    fn around_parts(
        &self,
        component: &RenderedComponent,
        instance: Option<&'a Instance>,
        causes: &[Cause],
    ) -> Option<Place> {
        let parts = || causes.iter().filter(|cause| cause.share == Share::Part);
        if parts().count() < 2 || causes.iter().any(|cause| cause.share == Share::Whole) {
            return None;
        }
        let fields = parts().map(|cause| (&cause.source, cause.keys.as_slice()));
        let table = self.table(component, instance, fields);
        table.or_else(|| Some(Place::whole(parts().next()?.source.place.file.clone())))
    }

    /// Returns the index of the instance that an object belongs to.
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

    /// Returns the leaves that affect a field, most specific first.
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
                _ if leaf.takes_away() => (2, number),
                // An unrelated key at most contains the value that counts.
                2 if leaf.is_key => (3, number),
                distance => (distance, number),
            })
            .collect();
        order.sort_unstable();
        let reaches = |leaf: &Leaf, fields: &[(usize, Pointer)]| {
            // A field that a patch removes is there again without the patch.
            is_met(fields, at, pointer, value.is_some() || leaf.takes_away())
        };
        let mut causes = Vec::new();
        for (distance, number) in &order {
            // If a leaf has the value itself, a leaf that only decides whether the field exists is not its source.
            if *distance > 1 && causes.iter().any(|cause: &Cause| cause.distance < 2) {
                break;
            }
            let fields = self.reach(bench, component, *number);
            if reaches(&bench.leaves[*number], &fields) {
                causes.push(bench.cause(&bench.leaves[*number], *distance, &fields, (at, pointer)));
                if effort == Effort::First && *distance == 0 {
                    break;
                }
            }
        }
        // One string can become several fields. Then only the part for this field is changed.
        if let (true, Some(said)) = (causes.is_empty(), value.and_then(Value::as_str)) {
            causes.extend(order.iter().filter(|(distance, _)| *distance == 1).find_map(
                |(distance, number)| {
                    let leaf = &bench.leaves[*number];
                    let text = leaf.with_part(self.files.text(&leaf.source.place.file)?, said)?;
                    let changed = self.changed(bench, component, &leaf.source.place, text)?;
                    let fields = reached(&bench.objects, &changed);
                    reaches(leaf, &fields).then(|| bench.cause(leaf, *distance, &fields, (at, pointer)))
                },
            ));
        }
        causes.sort_by_key(|cause| (cause.distance, cause.share, cause.reach));
        causes
    }

    /// Returns the fields that change with a leaf.
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
            .find_map(|text| self.changed(bench, component, &leaf.source.place, text));
        let found = Rc::new(changed.map_or_else(Vec::new, |objects| reached(&bench.objects, &objects)));
        bench.reached.borrow_mut().insert(number, Rc::clone(&found));
        found
    }

    /// Renders a component with a different text in one file.
    fn changed(
        &self,
        bench: &Bench,
        component: &RenderedComponent,
        place: &Place,
        text: String,
    ) -> Option<Vec<Object>> {
        if bench.files.get(&place.file).is_some() {
            return self.render(&with_text(&bench.files, place, text), self.inputs, component, None);
        }
        let files = with_text(self.files, place, text);
        self.render(&bench.files, &Inputs::new(&files), component, None)
    }

    /// Returns the file or folder that a field is named after, with a note that says which.
    fn named(
        &self,
        bench: &Bench,
        component: &RenderedComponent,
        maker: Option<usize>,
        at: usize,
        pointer: &Pointer,
    ) -> Option<(Option<Place>, String)> {
        let value = pointer.find(&bench.objects[at].map)?.as_str()?;
        let tenant =
            self.platform.tenants.values().find(|tenant| tenant.name.as_str() == component.tenant)?;
        let own = component.component.as_deref()?;
        let folder = format!("tenants/{}/", tenant.name);
        let is_named = |files: Files, name: (&str, &str)| {
            let objects = self.render(&files, self.inputs, component, Some(name));
            objects.is_some_and(|objects| is_met(&reached(&bench.objects, &objects), at, pointer, true))
        };
        if let Some(instance) = maker.map(|maker| &self.instances[maker]) {
            let old = instance.component.as_str();
            let (new, file) = (other_name(old), format!("{folder}{old}.toml"));
            if value.contains(old) && *instance.file == *file {
                // Other components can refer to the old name, so it is kept, except where the tenant has objects for
                // each component.
                let is_kept = own != TENANCY;
                let files = renamed(&bench.files, &file, &format!("{folder}{new}.toml"), is_kept);
                if is_named(files, (&component.tenant, if is_kept { &new } else { own })) {
                    return Some((Some(Place::whole(file)), "named after this file".to_owned()));
                }
            }
        }
        let new = other_name(tenant.name.as_str());
        let files = || renamed(&bench.files, &folder, &format!("tenants/{new}/"), true);
        let is_folder = value.contains(tenant.name.as_str()) && is_named(files(), (&new, own));
        is_folder.then(|| (Some(Place::whole(tenant.file.clone())), "named after its folder".to_owned()))
    }

    /// Returns a component ready to be rendered again; `None` if it cannot be.
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
        let owner = self.owner(component)?;
        let mut found = Vec::new();
        for root in self.roots(component, instance) {
            leaves(root, &mut Vec::new(), &mut found);
            patches(root, &mut found);
        }
        // A patch's target is not a source of the values that it sets.
        let is_target = |leaf: &Leaf| match leaf.keys.as_slice() {
            [field, _, part, ..] => field == "patches" && part == "target",
            _ => false,
        };
        found.retain(|leaf| !is_target(leaf));
        let mut seen = BTreeSet::new();
        found.retain(|leaf| seen.insert((leaf.source.place.clone(), leaf.is_key, leaf.takes_away())));
        let words = instance.map_or_else(Vec::new, |instance| self.words(instance));
        let files = match extent {
            Extent::Near => self.near(instance, component, owner),
            Extent::Whole => self.sources(&|_| true),
        };
        let objects = self.render(&files, self.inputs, component, None)?;
        let named = instance.map_or_else(Vec::new, |instance| self.values_of_files(instance, &objects));
        found.extend(named);
        Some(Bench { files, objects, leaves: found, words, reached: RefCell::default() })
    }

    /// Returns the tenant whose files define a component.
    fn owner<'c>(&self, component: &'c RenderedComponent) -> Option<&'c str> {
        if component.tenant == ROOT { component.component.as_deref() } else { Some(&component.tenant) }
    }

    /// Returns the tables that decide a component's objects, or those of its objects that are for one instance.
    fn roots(&self, component: &RenderedComponent, instance: Option<&'a Instance>) -> Vec<&'a Node> {
        let owner = self.owner(component);
        let mut tenants = self.platform.tenants.values();
        let tenant =
            tenants.find(|tenant| Some(tenant.name.as_str()) == owner).map(|tenant| tenant.node.as_ref());
        let mut roots: Vec<&Node> = Vec::new();
        roots.extend(instance.into_iter().flat_map(|instance| [&instance.spec, &instance.common]));
        // The tenant's own patches apply to the objects that it has for its components.
        if instance.is_none() || component.component.as_deref() == Some(TENANCY) {
            roots.extend(tenant);
        }
        roots.extend(self.platform.node.get("argocd").filter(|_| component.tenant == ROOT));
        roots
    }

    /// Returns groups of interchangeable strings in an instance: the words of each enumeration of its kind, and the
    /// names of its tenant's components.
    fn words(&self, instance: &Instance) -> Vec<Vec<SmolStr>> {
        let tenant = &instance.tenancy.tenant;
        let mut words = vec![tenant.components.keys().map(|name| SmolStr::from(name.as_str())).collect()];
        if let Some(kind) = self.registry.kinds().iter().find(|kind| kind.name == instance.kind) {
            alternatives(&serde_json::Value::from((kind.schema)()), &mut words);
        }
        words
    }

    /// Renders a component from other sources, optionally under another name; `None` on errors, or if too much was
    /// rendered already.
    fn render(
        &self,
        files: &Files,
        inputs: &Inputs<'_>,
        component: &RenderedComponent,
        name: Option<(&str, &str)>,
    ) -> Option<Vec<Object>> {
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
            let rendered = render(platform, environment, &all, instances, self.registry, inputs, &|_| true);
            let is_same = |other: &RenderedComponent| {
                (&other.tenant, &other.component) == (&component.tenant, &component.component)
            };
            let found = rendered.components.into_iter().find(is_same);
            return found.filter(|_| !rendered.incomplete).map(|found| found.objects);
        }
        let surroundings = self.memory.surroundings.get_or_init(|| {
            Surroundings::new(self.environment, self.inputs, self.instances, self.components)
        });
        let own = (component.tenant.as_str(), component.component.as_deref().unwrap_or_default());
        let name = name.unwrap_or(own);
        render_alone(platform, &all, instances, self.registry, inputs, surroundings, name).ok()
    }

    /// Returns the TOML table that a default belongs to, or else the component's file.
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
        let note = match pointer.find(&object.map) {
            _ if pointer.is_empty() => "created here".to_owned(),
            Some(_) => format!("default of `{what}`"),
            None => format!("not set by `{what}`"),
        };
        let table = bench.and_then(|(bench, at)| {
            let known = bench.reached.borrow();
            let first = if pointer.is_empty() { Some(pointer.clone()) } else { pointer.parent() };
            let mut around = std::iter::successors(first, Pointer::parent);
            let (beside, leaves): (Pointer, Vec<&Leaf>) = around.find_map(|parent| {
                let beside = known.iter().filter(|(_, fields)| {
                    let mut all = fields.iter();
                    match parent.is_empty() {
                        // The leaves that affect only this object are the reason that it exists.
                        true => !fields.is_empty() && all.all(|(object, _)| object == at),
                        false => all.any(|(object, field)| object == at && field.is_below(&parent)),
                    }
                });
                let leaves: Vec<&Leaf> = beside.map(|(number, _)| &bench.leaves[*number]).collect();
                (!leaves.is_empty()).then_some((parent, leaves))
            })?;
            drop(known);
            match leaves.as_slice() {
                leaves if pointer.is_empty() => self.reason(bench, component, instance, *at, leaves),
                [only] if beside.is_empty() => Some(only.source.place.clone()),
                leaves => self.table(
                    component,
                    instance,
                    leaves.iter().map(|leaf| (&leaf.source, leaf.keys.as_slice())),
                ),
            }
        });
        // Points to the file as a whole, since no field decides it, least of all `kind`.
        let file = instance.map(|instance| Place::whole(instance.spec.origin.place.file.clone()));
        (table.or(file).or_else(|| object.origin.clone()), note)
    }

    /// Returns the field without which an object does not exist, among the fields of some leaves.
    fn reason(
        &self,
        bench: &Bench,
        component: &RenderedComponent,
        instance: Option<&'a Instance>,
        at: usize,
        leaves: &[&Leaf],
    ) -> Option<Place> {
        let key = bench.objects[at].key();
        let fields: BTreeSet<&SmolStr> = leaves.iter().filter_map(|leaf| leaf.keys.first()).collect();
        let roots = self.roots(component, instance);
        let mut nodes = fields.iter().filter_map(|field| roots.iter().find_map(|root| root.get(field)));
        let node = nodes.find(|node| {
            let place = &node.origin.place;
            let text = self.files.text(&place.file).and_then(|text| without(text, node));
            let objects = text.and_then(|text| self.changed(bench, component, place, text));
            objects.is_some_and(|objects| objects.iter().all(|object| object.key() != key))
        })?;
        Some(node.origin.place.clone())
    }

    /// Returns the innermost TOML table around some fields.
    fn table<'l>(
        &self,
        component: &RenderedComponent,
        instance: Option<&'a Instance>,
        mut fields: impl Iterator<Item = (&'l Source, &'l [SmolStr])>,
    ) -> Option<Place> {
        let (source, first) = fields.next()?;
        let (_, first) = first.split_last()?;
        let shared = fields.fold(first.len(), |shared, (other, keys)| {
            let is_near = other.place.file == source.place.file;
            let same = first.iter().zip(keys).take(shared).take_while(|(left, right)| left == right);
            if is_near { same.count() } else { 0 }
        });
        let keys: Vec<&str> = first[..shared].iter().map(SmolStr::as_str).collect();
        let roots = self.roots(component, instance).into_iter().filter(|_| !keys.is_empty());
        let mut tables = roots.filter_map(|root| root.find(&keys).map(|table| &table.origin.place));
        tables.find(|place| place.file == source.place.file).cloned()
    }
}

impl Bench {
    /// Returns a leaf as the cause of some fields.
    fn cause(
        &self,
        leaf: &Leaf,
        distance: u8,
        fields: &[(usize, Pointer)],
        (at, pointer): (usize, &Pointer),
    ) -> Cause {
        let weights = fields.iter().map(|(object, field)| weight(&self.objects[*object].map, field));
        let (mut source, mut value) = (leaf.source.clone(), leaf.value.clone());
        // A whole file is shown by its start.
        if leaf.keys.is_empty() {
            source.place.span = Some(Span::default());
            value = Value::Null;
        }
        let (keys, shadowed) = (leaf.keys.clone(), leaf.shadowed.clone());
        let of_object = || fields.iter().filter(|(object, _)| *object == at).map(|(_, field)| field);
        let share = match () {
            () if of_object().any(|field| field == pointer) => Share::Whole,
            () if of_object().any(|field| field.is_below(pointer)) => Share::Part,
            () => Share::Around,
        };
        Cause { keys, value, source, shadowed, distance, reach: weights.sum(), share }
    }
}

/// Tells whether any changed field is a part of an object's field, or a parent of it.
fn is_met(fields: &[(usize, Pointer)], at: usize, pointer: &Pointer, is_there: bool) -> bool {
    let is_met = |field: &Pointer| field.is_below(pointer) || (is_there && pointer.is_below(field));
    fields.iter().any(|(object, field)| *object == at && is_met(field))
}

/// Returns the files with a path prefix replaced, optionally keeping the old ones as well.
fn renamed(files: &Files, old: &str, new: &str, is_kept: bool) -> Files {
    let others = files.iter().filter_map(|(path, bytes)| {
        let rest = path.strip_prefix(old)?;
        Some((format!("{new}{rest}").into(), bytes.clone()))
    });
    let kept = files.iter().filter(|(path, _)| is_kept || !path.starts_with(old));
    kept.map(|(path, bytes)| (path.clone(), bytes.clone())).chain(others).collect()
}

/// Returns a different name of the same length.
fn other_name(name: &str) -> String {
    let last = if name.ends_with('x') { 'y' } else { 'x' };
    let start = name.char_indices().next_back().map_or(0, |(at, _)| at);
    format!("{}{last}", &name[..start])
}

/// Returns how far a leaf's value is from a field's value; 0 if they are the same.
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

/// Returns how many values a field contains; at least one.
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

/// Adds the words of each enumeration in a schema.
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
