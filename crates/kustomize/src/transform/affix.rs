//! Prefixes and suffixes of names.

use aqueduct_manifest::SmolStr;

use super::Transform;
use crate::error::{Error, Result};
use crate::field::Field;
use crate::field_spec::{FieldSpec, Missing};
use crate::id::Id;
use crate::resources::Resources;

/// The longest name; otherwise diamonds of kustomizations with a prefix would fill any memory.
const MAX_LENGTH: usize = 16 << 10;

/// Adds a prefix or suffix to names.
pub(crate) struct AffixTransformer {
    pub(crate) side: Side,
    pub(crate) affix: SmolStr,
    pub(crate) fields: Vec<FieldSpec>,
}

/// Where the text goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Side {
    Prefix,
    Suffix,
}

impl Transform for AffixTransformer {
    fn transform(&self, resources: &mut Resources) -> Result<()> {
        if self.affix.is_empty() {
            return Ok(());
        }
        for resource in resources.list_mut() {
            let original = resource.original_id();
            if keeps_name(&original) {
                continue;
            }
            for field in self.fields.iter().filter(|field| original.gvk.is_selected(&field.gvk)) {
                if field.path == "metadata/name" {
                    match self.side {
                        Side::Prefix => resource.add_prefix(&self.affix),
                        Side::Suffix => resource.add_suffix(&self.affix),
                    }
                    resource.store_previous_id();
                }
                let gvk = resource.gvk();
                resource.change(&gvk, field, Missing::Scalar, &mut |field| self.set(field))?;
            }
        }
        Ok(())
    }
}

impl AffixTransformer {
    fn set(&self, field: &mut Field<'_>) -> Result<()> {
        let name = field.text();
        if name.len() + self.affix.len() > MAX_LENGTH {
            return Err(Error::new(format!("a name is longer than {MAX_LENGTH} bytes")));
        }
        let changed = match self.side {
            Side::Prefix => format!("{}{name}", self.affix),
            Side::Suffix => format!("{name}{}", self.affix),
        };
        field.set_untyped(&changed)
    }
}

/// Returns whether a kind is never renamed because its name is fixed.
fn keeps_name(id: &Id) -> bool {
    match id.gvk.kind.as_str() {
        "CustomResourceDefinition" | "Namespace" => true,
        "APIService" => id.gvk.group == "apiregistration.k8s.io",
        _ => false,
    }
}
