//! Labels and annotations for all resources.

use std::collections::BTreeMap;

use aqueduct_manifest::SmolStr;

use super::Transform;
use crate::error::Result;
use crate::field_spec::{self, Missing};
use crate::kustomization::FieldSpec;
use crate::resources::Resources;

/// Sets entries in the maps that fields name.
pub(crate) struct MetadataTransformer {
    pub(crate) entries: BTreeMap<SmolStr, SmolStr>,
    pub(crate) fields: Vec<FieldSpec>,
}

impl Transform for MetadataTransformer {
    fn transform(&self, resources: &mut Resources) -> Result<()> {
        if self.entries.is_empty() {
            return Ok(());
        }
        for resource in resources.list_mut_same_ids() {
            let gvk = resource.gvk();
            for field in &self.fields {
                field_spec::apply(resource.map_mut(), &gvk, field, Missing::Map, &mut |value| {
                    self.entries
                        .iter()
                        .try_for_each(|(key, entry)| field_spec::set_entry(value, key, entry.clone()))
                })?;
            }
        }
        Ok(())
    }
}
