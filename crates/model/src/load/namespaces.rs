//! What tenants must not take from each other: namespaces; and whom they let in.

use std::collections::BTreeMap;
use std::sync::Arc;

use aqueduct_manifest::Diagnostic;

use crate::node::Node;
use crate::tenant::{Peer, Tenancy};
use crate::types::Name;

use super::Loader;

impl Loader<'_> {
    /// Reports namespaces that are not for tenants, and those that two tenants of an environment claim.
    pub(super) fn check_namespaces(&mut self) {
        let mut claims: BTreeMap<(Name, Name), Arc<Tenancy>> = BTreeMap::new();
        let sound = self.platform.tenancies.iter().filter(|(_, tenancy)| tenancy.tenant.sound);
        for ((environment, _), tenancy) in sound {
            for namespace in &tenancy.namespaces {
                if let Some(reason) = self.reserved(tenancy, namespace) {
                    let message = format!(
                        "namespace `{namespace}` of tenant `{}` is reserved: {reason}",
                        tenancy.tenant.name
                    );
                    self.diagnostics.push(claim(
                        tenancy,
                        namespace,
                        Diagnostic::error("reserved-namespace", message),
                        "",
                    ));
                }
                let place = (environment.clone(), namespace.clone());
                match claims.get(&place) {
                    Some(first) => {
                        let message = format!(
                            "namespace `{namespace}` is claimed by two tenants: `{}` and `{}`",
                            first.tenant.name, tenancy.tenant.name
                        );
                        let diagnostic = Diagnostic::error("claimed-namespace", message);
                        let diagnostic = claim(tenancy, namespace, diagnostic, "");
                        self.diagnostics.push(claim(first, namespace, diagnostic, "also claimed here"));
                    }
                    None => {
                        claims.insert(place, tenancy.clone());
                    }
                }
            }
        }
    }

    fn reserved(&self, tenancy: &Tenancy, namespace: &Name) -> Option<&'static str> {
        let system = tenancy.tenant.system;
        if namespace.as_str() == "default" {
            Some("it is where objects without a namespace land")
        } else if namespace.as_str().starts_with("kube-") && !system {
            Some("names that start with `kube-` are for Kubernetes itself and for system tenants")
        } else if *namespace == self.platform.argocd.namespace && !system {
            Some("it is that of Argo CD, only a system tenant may have it")
        } else {
            None
        }
    }

    /// Reports tenants that are let in and are not there.
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

/// Adds the place where a tenant claims a namespace; one that it has by its name is claimed by the whole file.
fn claim(tenancy: &Tenancy, namespace: &Name, diagnostic: Diagnostic, text: &str) -> Diagnostic {
    let node = &tenancy.node;
    let single = node.get("namespace").into_iter();
    let more = node.get("namespaces").and_then(Node::as_list).unwrap_or_default();
    match single.chain(more).find(|node| node.as_str() == Some(namespace.as_str())) {
        Some(written) => written.label(diagnostic, text),
        None => diagnostic.at(tenancy.tenant.file.clone(), None, text),
    }
}
