//! The order of the output.

use std::collections::BTreeMap;

use aqueduct_manifest::SmolStr;

use super::Transform;
use crate::error::{Error, Result};
use crate::id::Id;
use crate::kustomization::{LegacySortOptions, SortOptions};
use crate::rank::default_rank;
use crate::resources::Resources;

/// Sorts by kind, or keeps the load order.
pub(crate) struct SortOrderTransformer {
    pub(crate) options: SortOptions,
}

impl SortOrderTransformer {
    /// Returns Kustomize's default sorting.
    pub(crate) fn legacy() -> Self {
        Self { options: SortOptions { order: "legacy".into(), legacy: None } }
    }
}

impl Transform for SortOrderTransformer {
    fn transform(&self, resources: &mut Resources) -> Result<()> {
        match self.options.order.as_str() {
            "fifo" if self.options.legacy.is_some() => Err(Error::new(
                "the field 'sortOptions.legacySortOptions' is set but the selected sort order is 'fifo', not 'legacy'",
            )),
            "fifo" => Ok(()),
            "legacy" => {
                let ranks = self.options.legacy.as_ref().map(ranks);
                let rank = |id: &Id| match &ranks {
                    Some(ranks) => ranks.get(&id.gvk.kind).copied().unwrap_or(0),
                    None => default_rank(&id.gvk.kind),
                };
                resources.list_mut().sort_by_cached_key(|resource| {
                    let id = resource.id();
                    let rank = rank(&id);
                    (rank, gvk_text(&id, rank), id_text(&id))
                });
                resources.check_unique()
            }
            _ => Err(Error::new("the field 'sortOptions.order' must be one of [fifo, legacy]")),
        }
    }
}

fn ranks(options: &LegacySortOptions) -> BTreeMap<SmolStr, i32> {
    let first = options.first.iter().enumerate();
    let count = options.first.len() as i32;
    let first = first.map(|(place, kind)| (kind.clone(), place as i32 - count));
    let last = options.last.iter().enumerate().map(|(place, kind)| (kind.clone(), place as i32 + 1));
    first.chain(last).collect()
}

fn or<'a>(text: &'a str, other: &'a str) -> &'a str {
    if text.is_empty() { other } else { text }
}

fn gvk_text(id: &Id, rank: i32) -> String {
    // Kubernetes' own namespaces come before any other kind named Namespace.
    if rank != 0 && id.gvk.kind == "Namespace" && id.gvk.group.is_empty() {
        return String::new();
    }
    format!("{}_{}_{}", or(&id.gvk.group, "~G"), or(&id.gvk.version, "~V"), or(&id.gvk.kind, "~K"))
}

fn id_text(id: &Id) -> String {
    format!("{}|{}|{}", id.gvk, or(&id.namespace, "~X"), or(&id.name, "~N"))
}
