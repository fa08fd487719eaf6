//! Labels and annotations for all resources.

use std::collections::BTreeMap;

use aqueduct_manifest::SmolStr;

use super::Transform;
use crate::error::Result;
use crate::field_spec::FieldSpec;
use crate::resources::Resources;

/// Sets entries in the maps at given fields.
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
            for (key, value) in &self.entries {
                resource.set_entry(&self.fields, key, value)?;
            }
        }
        Ok(())
    }
}
