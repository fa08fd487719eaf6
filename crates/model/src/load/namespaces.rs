//! Checks that namespaces belong to one tenant only, and that the tenants in `isolation` exist.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::sync::Arc;

use aqueduct_manifest::{Diagnostic, SmolStr};

use crate::node::Node;
use crate::tenancy::{Peer, Tenancy};
use crate::types::Name;

use super::Loader;

impl Loader<'_> {
    /// Reports reserved namespaces, and those that are claimed twice: by two tenants of an environment, or by two
    /// environments in one cluster.
    pub(super) fn check_namespaces(&mut self) {
        let mut claims: BTreeMap<(SmolStr, Name), Arc<Tenancy>> = BTreeMap::new();
        let sound = self.platform.tenancies.values().filter(|tenancy| tenancy.tenant.sound);
        for tenancy in sound {
            for namespace in &tenancy.namespaces {
                if let Some(reason) = self.reserved(tenancy, namespace) {
                    let message = format!(
                        "namespace `{namespace}` of tenant `{}` is reserved: {reason}",
                        tenancy.tenant.name
                    );
                    let diagnostic = Diagnostic::error("reserved-namespace", message);
                    self.diagnostics.push(claim(tenancy, namespace, diagnostic, ""));
                }
                match claims.entry((tenancy.environment.cluster_key(), namespace.clone())) {
                    // Several tenants can use an existing namespace. One tenant must not have its own objects in it
                    // twice.
                    Entry::Occupied(first)
                        if tenancy.is_existing(namespace.as_str())
                            && first.get().tenant.name != tenancy.tenant.name => {}
                    Entry::Occupied(first) => {
                        self.diagnostics.push(claimed_twice(namespace, first.get(), tenancy))
                    }
                    Entry::Vacant(entry) => {
                        entry.insert(tenancy.clone());
                    }
                }
            }
        }
    }

    fn reserved(&self, tenancy: &Tenancy, namespace: &Name) -> Option<&'static str> {
        let system = tenancy.tenant.system;
        if namespace.as_str() == "default" && !tenancy.is_existing("default") {
            Some("objects without a namespace end up there")
        } else if namespace.as_str().starts_with("kube-") && !system {
            Some("names that start with `kube-` are for Kubernetes and system tenants only")
        } else if *namespace == self.platform.argocd.namespace && !system {
            Some("Argo CD runs there, so only a system tenant may have it")
        } else {
            None
        }
    }

    /// Reports tenants in `isolation` that do not exist.
    pub(super) fn check_peers(&mut self) {
        for tenancy in self.platform.tenancies.values() {
            for key in ["allow-from", "allow-to"] {
                let nodes =
                    tenancy.node.find(&["isolation", key]).and_then(Node::as_list).unwrap_or_default();
                for node in nodes {
                    let Some(Ok(Peer::Tenant(name))) = node.as_str().map(str::parse) else { continue };
                    if !self.platform.tenants.contains_key(&name) {
                        let names = self.platform.tenants.keys().map(Name::as_str);
                        self.diagnostics.push(
                            node.diagnostic("unknown-tenant", format!("there is no tenant `{name}`"))
                                .did_you_mean(name.as_str(), names),
                        );
                    }
                }
            }
        }
    }
}

fn claimed_twice(namespace: &Name, first: &Tenancy, second: &Tenancy) -> Diagnostic {
    if first.environment.name == second.environment.name {
        let message = format!(
            "namespace `{namespace}` is claimed by two tenants: `{}` and `{}`",
            first.tenant.name, second.tenant.name
        );
        let diagnostic = claim(second, namespace, Diagnostic::error("claimed-namespace", message), "");
        return claim(first, namespace, diagnostic, "also claimed here");
    }
    let (one, other) = (&first.environment.name, &second.environment.name);
    let message = format!(
        "namespace `{namespace}` is claimed in environments `{one}` and `{other}`, which share a cluster"
    );
    let hint = if second.environment.namespace_suffix.is_some() {
        "it exists once per cluster and gets no suffix: only one of the environments can have it".to_owned()
    } else {
        format!(
            "set `namespace-suffix` in both environments, or set a different namespace in `[environments.{other}]` of the tenant, such as `{namespace}-{other}`"
        )
    };
    let diagnostic = Diagnostic::error("claimed-namespace", message);
    let diagnostic = claim(second, namespace, diagnostic, "").hint(hint);
    if first.tenant.name == second.tenant.name {
        diagnostic
    } else {
        claim(first, namespace, diagnostic, "also claimed here")
    }
}

/// Adds the place where a tenant claims a namespace. A namespace that is named after the tenant is claimed by the
/// whole file.
fn claim(tenancy: &Tenancy, namespace: &Name, diagnostic: Diagnostic, text: &str) -> Diagnostic {
    let node = &tenancy.node;
    let single = node.get("namespace").into_iter();
    let more = node.get("namespaces").and_then(Node::as_list).unwrap_or_default();
    let name = |node: &&Node| node.get("name").unwrap_or(node).as_str() == Some(namespace.as_str());
    match single.chain(more).find(name) {
        Some(written) => written.label(diagnostic, text),
        None => diagnostic.at(tenancy.tenant.file.clone(), None, text),
    }
}
