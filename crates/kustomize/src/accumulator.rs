//! What a kustomization has collected so far: resources, variables, and the fields that transformers look at.

use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use aqueduct_manifest::SmolStr;

use crate::config::TransformerConfig;
use crate::configurations;
use crate::error::{Error, Result};
use crate::id::Id;
use crate::kustomization::Var;
use crate::resources::Resources;

/// The resources and settings collected so far.
#[derive(Debug, Default)]
pub(crate) struct Accumulator {
    pub(crate) resources: Resources,
    pub(crate) config: Rc<TransformerConfig>,
    variables: Vec<Var>,
}

impl Accumulator {
    pub(crate) fn merge_config(&mut self, config: &Rc<TransformerConfig>) -> Result<()> {
        self.config = configurations::merge(&self.config, config)?;
        Ok(())
    }

    /// Adds what another kustomization collected.
    pub(crate) fn merge(&mut self, other: Self) -> Result<()> {
        if self.resources.list().is_empty() {
            // Something renamed since it was read may now have the same name as another resource.
            other.resources.check_unique()?;
            self.resources = other.resources;
        } else {
            self.resources.append_all(other.resources)?;
        }
        self.merge_config(&other.config)?;
        self.add_variables(other.variables)
    }

    /// Adds variables, and records them on the resources that hold their values.
    pub(crate) fn merge_variables(&mut self, variables: &[Var]) -> Result<()> {
        let mut by_name: BTreeMap<SmolStr, Vec<usize>> = BTreeMap::new();
        if !variables.is_empty() {
            for (place, resource) in self.resources.list().iter().enumerate() {
                let names: BTreeSet<SmolStr> = resource.ids().into_iter().map(|id| id.name).collect();
                names.into_iter().for_each(|name| by_name.entry(name).or_default().push(place));
            }
        }
        for variable in variables {
            let id = Id {
                cluster_scoped: self.is_cluster_scoped(variable),
                gvk: variable.target.gvk.clone(),
                name: variable.target.name.clone(),
                namespace: variable.target.namespace.clone(),
            };
            let exact = !id.namespace.is_empty() || id.cluster_scoped;
            let matches = |known: &Id| {
                known.gvk == id.gvk
                    && known.name == id.name
                    && (!exact || known.effective_namespace() == id.effective_namespace())
            };
            let resources = self.resources.list_mut_same_ids();
            let places = by_name.get(&id.name).into_iter().flatten().copied();
            let holders: Vec<usize> = places
                .filter(|place| resources.get(*place).is_some_and(|holder| holder.ids().iter().any(matches)))
                .collect();
            match holders.as_slice() {
                [] => {}
                [holder] => {
                    if let Some(holder) = resources.get_mut(*holder) {
                        holder.variables.push(variable.name.clone());
                    }
                }
                holders => {
                    return Err(Error::new(format!(
                        "found {} resId matches for var {} (unable to disambiguate)",
                        holders.len(),
                        variable.name
                    )));
                }
            }
        }
        self.add_variables(variables.to_vec())
    }

    /// Returns all variables, sorted by name.
    pub(crate) fn variables(&self) -> &[Var] {
        &self.variables
    }

    fn is_cluster_scoped(&self, variable: &Var) -> bool {
        let first = self.resources.list().first();
        first.is_some_and(|resource| resource.schemas().is_cluster_scoped(&variable.target.gvk))
    }

    fn add_variables(&mut self, variables: Vec<Var>) -> Result<()> {
        for variable in variables {
            match self.variables.binary_search_by(|known| known.name.cmp(&variable.name)) {
                Ok(_) => return Err(Error::new(format!("var '{}' already encountered", variable.name))),
                Err(place) => self.variables.insert(place, variable),
            }
        }
        Ok(())
    }
}
