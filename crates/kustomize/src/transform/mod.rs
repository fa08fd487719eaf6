//! Changes resources: names, namespaces, labels, images, patches, and the references between them.

pub(crate) mod affix;
pub(crate) mod hash;
pub(crate) mod image;
pub(crate) mod metadata;
pub(crate) mod name_reference;
pub(crate) mod namespace;
pub(crate) mod patch;
pub(crate) mod replacement;
mod replacement_path;
pub(crate) mod replicas;
pub(crate) mod sort_order;
pub(crate) mod value_add;
pub(crate) mod variable;

use crate::error::Result;
use crate::resources::Resources;

/// A transformer of resources.
pub(crate) trait Transform {
    fn transform(&self, resources: &mut Resources) -> Result<()>;
}
