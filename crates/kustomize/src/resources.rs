//! All resources of a build in order, with indices over their ids and names.

use std::cell::OnceCell;
use std::collections::BTreeMap;
use std::sync::Arc;

use aqueduct_manifest::SmolStr;

use crate::error::{Error, Result};
use crate::id::{Id, Key};
use crate::origin::Origin;
use crate::resource::{Behavior, Resource};
use crate::selector::{Patterns, Selector};
use crate::step::Step;
use crate::trace::BuildStep;

/// Resources in load order.
#[derive(Clone, Debug, Default)]
pub(crate) struct Resources {
    list: Vec<Resource>,
    /// Built on first use, and dropped when resources change.
    current: OnceCell<BTreeMap<Key, Vec<usize>>>,
    any: OnceCell<BTreeMap<Key, Vec<usize>>>,
    names: OnceCell<BTreeMap<SmolStr, Vec<usize>>>,
}

impl Resources {
    pub(crate) fn list(&self) -> &[Resource] {
        &self.list
    }

    /// Returns the resources for changes that may affect their ids.
    pub(crate) fn list_mut(&mut self) -> &mut Vec<Resource> {
        self.current.take();
        self.any.take();
        self.names.take();
        &mut self.list
    }

    /// Returns the resources for changes that do not affect their ids.
    pub(crate) fn list_mut_same_ids(&mut self) -> &mut Vec<Resource> {
        &mut self.list
    }

    pub(crate) fn into_list(self) -> Vec<Resource> {
        self.list
    }

    /// Returns the indices of the resources whose current id this is.
    pub(crate) fn with_current_id(&self, key: &Key) -> &[usize] {
        let index = self.current.get_or_init(|| {
            let mut index: BTreeMap<Key, Vec<usize>> = BTreeMap::new();
            for (place, resource) in self.list.iter().enumerate() {
                index.entry(resource.id().key()).or_default().push(place);
            }
            index
        });
        index.get(key).map_or(&[], Vec::as_slice)
    }

    /// Returns the indices of the resources that have or had an id.
    pub(crate) fn with_any_id(&self, key: &Key) -> &[usize] {
        let index = self.any.get_or_init(|| {
            let mut index: BTreeMap<Key, Vec<usize>> = BTreeMap::new();
            for (place, resource) in self.list.iter().enumerate().filter(|(_, resource)| !resource.is_empty())
            {
                add_ids(&mut index, place, resource);
            }
            index
        });
        index.get(key).map_or(&[], Vec::as_slice)
    }

    /// Adds a resource whose id must be new.
    pub(crate) fn append(&mut self, resource: Resource) -> Result<()> {
        let id = resource.id();
        let key = id.key();
        if !self.with_current_id(&key).is_empty() {
            return Err(Error::new(format!("may not add resource with an already registered id: {id}")));
        }
        let place = self.list.len();
        self.names.take();
        if let Some(index) = self.current.get_mut() {
            index.entry(key).or_default().push(place);
        }
        if let Some(index) = self.any.get_mut() {
            add_ids(index, place, &resource);
        }
        self.list.push(resource);
        Ok(())
    }

    pub(crate) fn append_all(&mut self, other: Self) -> Result<()> {
        other.list.into_iter().try_for_each(|resource| self.append(resource))
    }

    /// Adds generated resources, or lets them replace or merge into existing ones.
    pub(crate) fn absorb_all(&mut self, generated: Vec<Resource>) -> Result<()> {
        generated.into_iter().try_for_each(|resource| self.absorb(resource))
    }

    fn absorb(&mut self, mut resource: Resource) -> Result<()> {
        let id = resource.id();
        let behavior = resource.behavior();
        let place = match *self.with_any_id(&id.key()) {
            [] => {
                return if matches!(behavior, Behavior::Merge | Behavior::Replace) {
                    Err(Error::new(format!("id {id} does not exist; cannot merge or replace"))
                        .with_hint("generate it first with `behavior: create`"))
                } else {
                    self.append(resource)
                };
            }
            [place] => place,
            ref places => {
                let ids: Vec<String> = places
                    .iter()
                    .filter_map(|place| self.list.get(*place))
                    .map(|resource| resource.id().to_string())
                    .collect();
                return Err(Error::new(format!(
                    "found multiple objects [{}] that could accept merge of {id}",
                    ids.join(", ")
                )));
            }
        };
        let Some(old) = self.list.get(place) else { return Ok(()) };
        match behavior {
            Behavior::Replace => {
                resource.take_metadata_from(old);
                resource.recorder.clone_from(&old.recorder);
            }
            Behavior::Merge => {
                let origin = old.origin.clone();
                resource.take_metadata_from(old);
                resource.recorder.clone_from(&old.recorder);
                resource.merge_data_from(old);
                resource.count_work()?;
                if origin.is_some() {
                    resource.origin = origin;
                }
            }
            Behavior::Create | Behavior::Unspecified => {
                return Err(Error::new(format!(
                    "id {id} exists; can not use behavior: '{}', behavior must be merge or replace",
                    behavior.name()
                )));
            }
        }
        for path in [["data"].as_slice(), &["binaryData"], &["metadata", "labels"]] {
            resource.check_keys(path)?;
        }
        // Keep the index if the names stay the same: hundreds of generators may merge into one map.
        let list = if old.ids() == resource.ids() { &mut self.list } else { self.list_mut() };
        if let Some(old) = list.get_mut(place) {
            *old = resource;
        }
        Ok(())
    }

    /// Returns the index of the one resource that a patch without a target applies to.
    pub(crate) fn find_target(&self, id: &Id) -> Result<usize> {
        // Resources that other patches deleted are still in the list.
        let is_left = |place: &usize| self.list.get(*place).is_some_and(|resource| !resource.is_empty());
        let places = self.with_any_id(&id.key()).iter().copied().filter(is_left);
        match places.collect::<Vec<usize>>().as_slice() {
            [place] => Ok(*place),
            [] => Err(format!("no matches for Id {id}")),
            _ => Err(format!("multiple matches for Id {id}")),
        }
        .map_err(|problem| Error::new(format!("{problem}; failed to find unique target for patch {id}")))
    }

    /// Returns the indices of the resources that a selector chooses.
    pub(crate) fn select(&self, selector: &Selector) -> Result<Vec<usize>> {
        let patterns = Patterns::new(selector)?;
        let is_chosen =
            |place: &usize| self.list.get(*place).is_some_and(|resource| patterns.select(resource));
        let name = &selector.id.name;
        // There may be hundreds of patches that each select a single resource by name.
        if !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-') {
            let places = self.with_name(name).iter().copied();
            return Ok(places.filter(is_chosen).collect());
        }
        Ok((0..self.list.len()).filter(is_chosen).collect())
    }

    /// Returns the indices of the resources with this current or original name.
    fn with_name(&self, name: &str) -> &[usize] {
        let index = self.names.get_or_init(|| {
            let mut index: BTreeMap<SmolStr, Vec<usize>> = BTreeMap::new();
            for (place, resource) in self.list.iter().enumerate() {
                let (original, current) = (resource.original_id().name, resource.name());
                if original != current {
                    index.entry(original).or_default().push(place);
                }
                index.entry(current).or_default().push(place);
            }
            index
        });
        index.get(name).map_or(&[], Vec::as_slice)
    }

    /// Refuses two resources with the same id.
    pub(crate) fn check_unique(&self) -> Result<()> {
        let mut seen = std::collections::BTreeSet::new();
        for resource in &self.list {
            let id = resource.id();
            if !seen.insert(id.key()) {
                return Err(Error::new(format!("may not add resource with an already registered id: {id}")));
            }
        }
        Ok(())
    }

    pub(crate) fn drop_empties(&mut self) {
        if self.list.iter().any(Resource::is_empty) {
            self.list_mut().retain(|resource| !resource.is_empty());
        }
    }

    /// Runs a step and records what it changes, if requested.
    pub(crate) fn step(
        &mut self,
        cause: Option<&Arc<BuildStep>>,
        run: impl FnOnce(&mut Self) -> Result<()>,
    ) -> Result<()> {
        let Some(cause) = cause else { return run(self) };
        self.list.iter_mut().for_each(Resource::start_step);
        run(self)?;
        self.list.iter_mut().for_each(|resource| resource.finish_step(cause));
        Ok(())
    }

    /// Sets the origin of resources that have none.
    pub(crate) fn add_origin(list: &mut [Resource], origin: &Origin) {
        for resource in list.iter_mut().filter(|resource| resource.origin.is_none()) {
            resource.origin = Some(origin.clone());
        }
    }

    /// Records what changed the resources; it becomes the origin of those that have none.
    pub(crate) fn add_transformation(&mut self, origin: &Origin) {
        for resource in &mut self.list {
            // With this note, Kustomize rewrites all annotations.
            resource.forget_collection(&[Step::Key("metadata".into()), Step::Key("annotations".into())]);
            if resource.origin.is_none() {
                resource.origin = Some(origin.clone());
            } else {
                resource.transformations.push(origin.clone());
            }
        }
    }
}

fn add_ids(index: &mut BTreeMap<Key, Vec<usize>>, place: usize, resource: &Resource) {
    for id in resource.ids() {
        let places = index.entry(id.key()).or_default();
        if places.last() != Some(&place) {
            places.push(place);
        }
    }
}
