//! Updates references to resources that were renamed.

use std::collections::BTreeMap;
use std::rc::Rc;

use aqueduct_manifest::yaml::Marks;
use aqueduct_manifest::{Map, SmolStr, Value};

use super::Transform;
use crate::config::NameReference;
use crate::error::{Error, Result, Within};
use crate::field::written;
use crate::field_spec::{FieldSpec, Missing};
use crate::id::{CLUSTER, Gvk, Id, Key};
use crate::resource::{Affixes, Resource};
use crate::resources::Resources;
use crate::step::{self, Step};
use crate::text;

/// Updates all references that the configuration knows.
pub(crate) struct NameReferenceTransformer<'a> {
    pub(crate) references: &'a [NameReference],
}

impl Transform for NameReferenceTransformer<'_> {
    fn transform(&self, resources: &mut Resources) -> Result<()> {
        let candidates = Candidates::new(resources.list());
        if candidates.by_name.is_empty() {
            return resources.list().iter().try_for_each(|resource| bound_namespaces(resource).map(drop));
        }
        let mut fields_by_kind: BTreeMap<Gvk, Rc<Vec<(&Gvk, &FieldSpec)>>> = BTreeMap::new();
        for (place, resource) in resources.list_mut_same_ids().iter_mut().enumerate() {
            let original = resource.original_id().gvk;
            let fields = fields_by_kind.entry(original).or_insert_with_key(|gvk| {
                let fields = self.references.iter().flat_map(|reference| {
                    let fields = reference.fields.iter().filter(|field| gvk.is_selected(&field.gvk));
                    fields.map(|field| (&reference.target, field))
                });
                Rc::new(fields.collect())
            });
            let fields = Rc::clone(fields);
            if fields.is_empty() {
                continue;
            }
            let referrer = Referrer::new(resource, place, &candidates)?;
            for (target, field) in fields.iter() {
                let lookup =
                    Lookup { referrer: &referrer, candidates: &candidates, target, path: &field.path };
                let place =
                    || format!("updating name reference in '{}' field of '{}'", field.path, referrer.id);
                for at in resource.places(&field.path, Missing::Skip).within(place)? {
                    let Some(value) = step::get(resource.map(), &at) else { continue };
                    let changes = lookup.changes(value, step::marks(resource.marks(), &at)).within(place)?;
                    for (steps, name) in changes {
                        let at = [&at[..], &steps].concat();
                        resource.change_place(&at, &mut |field| field.set_untyped(&name))?;
                    }
                }
            }
        }
        Ok(())
    }
}

/// The current and previous names of resources.
struct Candidates {
    list: Vec<Candidate>,
    by_name: BTreeMap<SmolStr, Named>,
    by_original_namespace: BTreeMap<SmolStr, Vec<usize>>,
}

/// The indices of the resources that had a name.
#[derive(Default)]
struct Named {
    all: Vec<usize>,
    by_namespace: BTreeMap<SmolStr, Vec<usize>>,
}

struct Candidate {
    previous: Vec<Id>,
    id: Id,
    key: Key,
    original_namespace: SmolStr,
    affixes: Affixes,
}

impl Candidates {
    fn new(resources: &[Resource]) -> Self {
        let mut by_name: BTreeMap<SmolStr, Named> = BTreeMap::new();
        let mut by_original_namespace: BTreeMap<SmolStr, Vec<usize>> = BTreeMap::new();
        let mut list = Vec::with_capacity(resources.len());
        for (place, resource) in resources.iter().enumerate() {
            let id = resource.id();
            let previous: Vec<Id> = resource.previous_ids().collect();
            let key = id.key();
            for previous in &previous {
                let named = by_name.entry(previous.name.clone()).or_default();
                if named.all.last() != Some(&place) {
                    named.all.push(place);
                    named.by_namespace.entry(key.namespace.clone()).or_default().push(place);
                }
            }
            let original_namespace = previous.first().unwrap_or(&id).effective_namespace();
            by_original_namespace.entry(original_namespace.clone()).or_default().push(place);
            let affixes = resource.affixes().clone();
            list.push(Candidate { previous, key, id, original_namespace, affixes });
        }
        Self { list, by_name, by_original_namespace }
    }
}

/// A resource that refers to others by name.
struct Referrer {
    place: usize,
    id: Id,
    key: Key,
    role: Option<Gvk>,
    /// The namespaces of the service accounts in a role binding.
    bound_namespaces: Vec<SmolStr>,
}

impl Referrer {
    fn new(resource: &Resource, place: usize, candidates: &Candidates) -> Result<Self> {
        let (id, key) = match candidates.list.get(place) {
            Some(candidate) => (candidate.id.clone(), candidate.key.clone()),
            None => (resource.id(), resource.id().key()),
        };
        let role = resource.map().get("roleRef").and_then(|role| {
            let field = |name: &str| role.get(name).filter(|value| !value.is_null()).map(text::of);
            Some(Gvk { group: field("apiGroup")?, version: SmolStr::default(), kind: field("kind")? })
        });
        let bound_namespaces = bound_namespaces(resource)?;
        Ok(Self { place, id, key, role, bound_namespaces })
    }

    /// Returns the indices of resources that had a name; if this is namespaced, only those that it may refer to.
    fn near(&self, named: &Named) -> Vec<usize> {
        if self.key.is_cluster_scoped() || !self.bound_namespaces.is_empty() {
            return named.all.clone();
        }
        let of = |namespace: &str| named.by_namespace.get(namespace).into_iter().flatten().copied();
        let mut places: Vec<usize> = of(&self.key.namespace).chain(of(CLUSTER)).collect();
        places.sort_unstable();
        places
    }

    /// Returns whether this may refer to a resource at all.
    fn reaches(&self, candidate: &Candidate) -> bool {
        self.key.is_cluster_scoped()
            || candidate.key.is_cluster_scoped()
            || candidate.key.namespace == self.key.namespace
            || self.bound_namespaces.contains(&candidate.id.namespace)
    }
}

/// Returns the namespaces of the service accounts in a role binding.
fn bound_namespaces(resource: &Resource) -> Result<Vec<SmolStr>> {
    let mut namespaces = Vec::new();
    if resource.map().get("kind").and_then(Value::as_str) != Some("RoleBinding") {
        return Ok(namespaces);
    }
    let subjects = resource.map().get("subjects").and_then(Value::as_list);
    for subject in subjects.into_iter().flatten() {
        if subject.get("kind").and_then(Value::as_str) != Some("ServiceAccount") {
            continue;
        }
        match subject.get("namespace") {
            None => {}
            Some(Value::String(namespace)) => namespaces.push(namespace.clone()),
            Some(_) => {
                let id = resource.id();
                return Err(Error::new(format!("Invalid Input: namespace is blank for resource \"{id}\""))
                    .with_hint("set the namespace of each service account among the subjects, as a string"));
            }
        }
    }
    Ok(namespaces)
}

/// One field of a referrer, and the kind of resource that it refers to.
struct Lookup<'a> {
    referrer: &'a Referrer,
    candidates: &'a Candidates,
    target: &'a Gvk,
    path: &'a str,
}

impl Lookup<'_> {
    /// Returns the changes to a value: the new strings, and where they go.
    fn changes(&self, value: &Value, marks: &Marks) -> Result<Vec<(Vec<Step>, SmolStr)>> {
        match value {
            Value::Null => Ok(Vec::new()),
            Value::Map(map) => self.map_changes(map, marks),
            Value::List(list) => {
                let mut changes = Vec::new();
                for (index, element) in list.iter().enumerate() {
                    let marks = marks.element(index);
                    let found = match element {
                        Value::Map(map) => self.map_changes(map, marks)?,
                        Value::List(_) => return Err(Error::new("node must be a scalar, sequence or map")),
                        scalar => self.scalar_changes(scalar, marks)?,
                    };
                    let outer = Step::Index(index);
                    let within = |steps: Vec<Step>| [std::slice::from_ref(&outer), &steps].concat();
                    changes.extend(found.into_iter().map(|(steps, name)| (within(steps), name)));
                }
                Ok(changes)
            }
            scalar => self.scalar_changes(scalar, marks),
        }
    }

    fn scalar_changes(&self, value: &Value, marks: &Marks) -> Result<Vec<(Vec<Step>, SmolStr)>> {
        let old = written(value, marks);
        let same = |left: &Candidate, right: &Candidate| left.id.name == right.id.name;
        let found = self.find(&old, |_| true, same)?.filter(|found| found.id.name != old);
        Ok(found.map(|found| (Vec::new(), found.id.name.clone())).into_iter().collect())
    }

    /// Returns the changes to a map with a name and possibly a namespace.
    fn map_changes(&self, map: &Map, marks: &Marks) -> Result<Vec<(Vec<Step>, SmolStr)>> {
        let text = |key: &str| map.get(key).map(|value| written(value, marks.field(key)));
        let Some(old) = text("name") else {
            return Err(Error::new("path config error; no 'name' field in node"));
        };
        let same = |left: &Candidate, right: &Candidate| {
            left.id.name == right.id.name && left.id.namespace == right.id.namespace
        };
        let found = match text("namespace") {
            None => self.find(&old, |_| true, same)?,
            Some(namespace) => {
                let known = self.candidates.by_original_namespace.get(&namespace);
                let reaches = |place: &usize| {
                    self.candidates.list.get(*place).is_some_and(|candidate| self.referrer.reaches(candidate))
                };
                if known.is_some_and(|places| places.iter().any(reaches)) {
                    self.find(&old, |candidate| candidate.original_namespace == namespace, same)?
                } else {
                    self.find(&old, |candidate| candidate.key.namespace == namespace, same)?
                }
            }
        };
        let Some(Candidate { id, .. }) = found else { return Ok(Vec::new()) };
        if id.name == old && id.namespace.is_empty() {
            return Ok(Vec::new());
        }
        let mut changes = vec![(vec![Step::Key("name".into())], id.name.clone())];
        if !id.namespace.is_empty() {
            changes.push((vec![Step::Key("namespace".into())], id.namespace.clone()));
        }
        Ok(changes)
    }

    /// Finds the one resource that had this name.
    fn find(
        &self,
        old: &str,
        fits: impl Fn(&Candidate) -> bool,
        same: impl Fn(&Candidate, &Candidate) -> bool,
    ) -> Result<Option<&Candidate>> {
        let Some(named) = self.candidates.by_name.get(old) else { return Ok(None) };
        let mut found: Vec<&Candidate> = self
            .referrer
            .near(named)
            .into_iter()
            .filter_map(|place| self.candidates.list.get(place))
            .filter(|candidate| {
                fits(candidate) && self.referrer.reaches(candidate) && self.is_target(candidate)
            })
            .collect();
        if found.len() > 1
            && let Some(own) = self.candidates.list.get(self.referrer.place)
        {
            for similar in [Affixes::similar, Affixes::same] {
                found.retain(|candidate| similar(&candidate.affixes, &own.affixes));
                if found.len() <= 1 {
                    break;
                }
            }
        }
        let Some((first, rest)) = found.split_first() else { return Ok(None) };
        if rest.iter().all(|other| same(first, other)) {
            return Ok(Some(first));
        }
        let ids: Vec<String> = found.iter().map(|candidate| candidate.id.to_string()).collect();
        Err(Error::new(format!("found multiple possible referrals: {}", ids.join(", "))))
    }

    fn is_target(&self, candidate: &Candidate) -> bool {
        let was = |gvk: &Gvk| candidate.previous.iter().any(|id| id.gvk.is_selected(gvk));
        let role = self.referrer.role.as_ref().filter(|_| self.path.ends_with("roleRef/name"));
        was(self.target)
            && role.is_none_or(was)
            && (self.referrer.key.is_cluster_scoped()
                || candidate.key.is_cluster_scoped()
                || candidate.id.gvk.kind == "ServiceAccount"
                || candidate.key.namespace == self.referrer.key.namespace)
    }
}
