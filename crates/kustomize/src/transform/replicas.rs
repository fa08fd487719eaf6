//! Numbers of replicas.

use super::Transform;
use crate::error::{Error, Result};
use crate::field_spec::{FieldSpec, Missing};
use crate::kustomization::Replica;
use crate::resources::Resources;

/// Sets the replicas of workloads with a given name.
pub(crate) struct ReplicaTransformer {
    pub(crate) replica: Replica,
    pub(crate) fields: Vec<FieldSpec>,
}

impl Transform for ReplicaTransformer {
    fn transform(&self, resources: &mut Resources) -> Result<()> {
        let mut found = false;
        for resource in resources.list_mut_same_ids().iter_mut().filter(|resource| !resource.is_empty()) {
            let mut ids = resource.ids();
            ids.retain(|id| id.name == self.replica.name);
            let gvk = resource.gvk();
            for field in &self.fields {
                if !ids.iter().any(|id| id.gvk.is_selected(&field.gvk)) {
                    continue;
                }
                found = true;
                let count = self.replica.count;
                resource.change(&gvk, field, Missing::Scalar, &mut |field| field.set_number(count))?;
            }
        }
        if found {
            return Ok(());
        }
        let kinds: Vec<String> = self.fields.iter().map(|field| field.gvk.to_string()).collect();
        Err(Error::new(format!(
            "resource with name {} does not match a config with the following GVK [{}]",
            self.replica.name,
            kinds.join(" ")
        )))
    }
}
