//! The smallest part of a platform from which a component renders to the same objects.

use std::collections::BTreeSet;

use aqueduct_manifest::Files;
use aqueduct_model::Instance;
use aqueduct_model::types::Name;
use aqueduct_render::{RenderedComponent, TENANCY};

use super::Provenance;
use crate::probe::leaves;

impl Provenance<'_> {
    /// Returns the sources of a component and of the tenants that it refers to.
    pub(super) fn near(
        &self,
        instance: Option<&Instance>,
        component: &RenderedComponent,
        owner: &str,
    ) -> Files {
        let mut named: BTreeSet<&str> = BTreeSet::from([owner]);
        let services = &self.platform.services;
        let shared = [&services.ingress, &services.metrics, &services.logs, &services.dashboards];
        let shared = shared.into_iter().flatten().filter_map(|reference| reference.tenant.as_ref());
        named.extend(shared.map(Name::as_str));
        for root in instance.into_iter().flat_map(|instance| [&instance.spec, &instance.common]) {
            let mut found = Vec::new();
            leaves(root, &mut Vec::new(), &mut found);
            let texts: Vec<String> =
                found.iter().filter_map(|leaf| Some(leaf.value.as_str()?.to_owned())).collect();
            let tenants = self.platform.tenants.keys().map(|name| name.as_str());
            named.extend(tenants.filter(|name| {
                texts.iter().any(|text| text.strip_prefix(name).is_some_and(|rest| rest.starts_with('/')))
            }));
        }
        let all = self.sources(&|tenant| named.contains(tenant));
        match instance.filter(|instance| self.is_alone(instance)) {
            Some(instance) if component.component.as_deref() != Some(TENANCY) => alone(&all, instance),
            _ => all,
        }
    }

    /// Tells whether a component is independent of the others in its tenant: no links lead to or from it, and the
    /// tenant has no blueprint, which could connect any of them.
    fn is_alone(&self, instance: &Instance) -> bool {
        let tenant = &instance.tenancy.tenant;
        let node = self.graph().node(tenant.name.as_str(), instance.component.as_str());
        tenant.blueprint.is_none()
            && node.is_some_and(|node| node.links.is_empty() && self.graph().users(node).is_empty())
    }

    /// Returns the platform's own TOML files and those of some tenants.
    pub(super) fn sources(&self, is_wanted: &dyn Fn(&str) -> bool) -> Files {
        let is_source = |path: &str| match path.strip_prefix("tenants/").and_then(|rest| rest.split_once('/'))
        {
            Some((tenant, _)) => path.ends_with(".toml") && is_wanted(tenant),
            None => path == "platform.toml" || (path.starts_with("blueprints/") && path.ends_with(".toml")),
        };
        self.files.only(is_source)
    }
}

/// Drops the other components of the tenant.
fn alone(files: &Files, instance: &Instance) -> Files {
    let folder = format!("tenants/{}/", instance.tenancy.tenant.name);
    let is_kept = |path: &str| match path.strip_prefix(&folder).and_then(|file| file.strip_suffix(".toml")) {
        Some(component) => component == "tenant" || component == instance.component.as_str(),
        None => true,
    };
    files.only(is_kept)
}
