//! The kinds that a tenant may own. Its project permits no others, so all objects that it renders must be among them.

use std::collections::BTreeMap;

use aqueduct_manifest::{Diagnostic, Object};
use aqueduct_model::{KindPattern, Tenancy};

use crate::Scopes;

/// Returns the cluster-scoped kinds that a tenant may own. Every tenant may own its namespaces.
pub(crate) fn cluster_kinds(tenancy: &Tenancy) -> Vec<KindPattern> {
    let listed = &tenancy.delivery.cluster_kinds;
    let pattern = |group: &str, kind: &str| KindPattern { group: group.into(), kind: kind.into() };
    if tenancy.tenant.system && listed.is_empty() {
        return vec![pattern("*", "*")];
    }
    let mut kinds = vec![pattern("", "Namespace")];
    for kind in listed {
        if !kinds.contains(kind) {
            kinds.push(kind.clone());
        }
    }
    kinds
}

/// Returns errors for the objects of a tenant whose kinds it may not own.
pub(crate) fn foreign_kinds<'o>(
    tenancy: &Tenancy,
    objects: impl Iterator<Item = &'o Object>,
    scopes: &Scopes<'_>,
) -> Vec<Diagnostic> {
    let of_cluster = cluster_kinds(tenancy);
    let (mut in_cluster, mut in_namespaces) = (BTreeMap::new(), BTreeMap::new());
    for object in objects {
        let (owned, foreign) = if scopes.is_cluster_scoped(object) {
            (&of_cluster, &mut in_cluster)
        } else {
            (&tenancy.delivery.kinds, &mut in_namespaces)
        };
        let (group, kind) = (object.group(), object.kind());
        if !owned.iter().any(|pattern| pattern.matches(group, kind)) {
            foreign.entry(KindPattern { group: group.into(), kind: kind.into() }).or_insert(object);
        }
    }
    let delivery = &tenancy.delivery;
    let outside =
        foreign(tenancy, "cluster-kinds", ", which are cluster-scoped", &delivery.cluster_kinds, &in_cluster);
    outside.into_iter().chain(foreign(tenancy, "kinds", "", &delivery.kinds, &in_namespaces)).collect()
}

/// Returns an error about kinds that a list of a tenant lacks, each with its first object.
fn foreign(
    tenancy: &Tenancy,
    key: &str,
    more: &str,
    listed: &[KindPattern],
    foreign: &BTreeMap<KindPattern, &Object>,
) -> Option<Diagnostic> {
    let first = foreign.values().next()?;
    let names: Vec<String> = foreign.keys().map(|one| format!("`{}`", one.kind)).collect();
    let list: Vec<String> = listed.iter().chain(foreign.keys()).map(|one| format!("\"{one}\"")).collect();
    let tenant = &tenancy.tenant;
    let message = format!("tenant `{}` may not own {}{more}", tenant.name, names.join(", "));
    let diagnostic = Diagnostic::error("foreign-kind", message).hint(format!(
        "set `{key} = [{}]` in `[delivery]` of {}, since its project permits no other kinds",
        list.join(", "),
        tenant.file
    ));
    Some(match &first.origin {
        Some(origin) => diagnostic.label(origin.clone(), format!("in `{}`", tenancy.environment.name)),
        None => diagnostic,
    })
}
