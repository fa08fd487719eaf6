//! What of a platform a component is rendered from when it is rendered again: as little as gives the same objects.

use std::collections::BTreeSet;

use aqueduct_manifest::Files;
use aqueduct_model::Instance;
use aqueduct_model::types::Name;
use aqueduct_render::{RenderedComponent, TENANCY};

use super::Provenance;
use crate::probe::leaves;

impl Provenance<'_> {
    /// Returns the sources of a component and of whom it names, without the other tenants.
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
        match instance {
            // What a tenant gets follows from all of its components, and a blueprint may join any.
            Some(instance)
                if component.component.as_deref() != Some(TENANCY)
                    && instance.tenancy.tenant.blueprint.is_none() =>
            {
                connected(all, instance)
            }
            _ => all,
        }
    }

    /// Returns the TOML files of the platform with those of some tenants.
    pub(super) fn sources(&self, is_wanted: &dyn Fn(&str) -> bool) -> Files {
        let is_source = |path: &str| match path.strip_prefix("tenants/").and_then(|rest| rest.split_once('/'))
        {
            Some((tenant, _)) => path.ends_with(".toml") && is_wanted(tenant),
            None => path == "platform.toml" || (path.starts_with("blueprints/") && path.ends_with(".toml")),
        };
        let wanted = self.files.iter().filter(|(path, _)| is_source(path));
        wanted.map(|(path, bytes)| (path.clone(), bytes.clone())).collect()
    }
}

/// Drops the components of the tenant that have nothing to do with an instance: neither names the other, nor does anything
/// that they name. A name counts wherever it stands, which keeps too many and never too few.
fn connected(files: Files, instance: &Instance) -> Files {
    let folder = format!("tenants/{}/", instance.tenancy.tenant.name);
    let name = |path: &str| Some(path.strip_prefix(&folder)?.strip_suffix(".toml")?.to_owned());
    let others: Vec<(String, &str)> = files
        .iter()
        .filter_map(|(path, _)| Some((name(path)?, files.text(path)?)))
        .filter(|(component, _)| component != "tenant")
        .collect();
    let mut kept = BTreeSet::from([instance.component.to_string()]);
    let mut open: Vec<String> = kept.iter().cloned().collect();
    while let Some(component) = open.pop() {
        let own = files.text(&format!("{folder}{component}.toml")).unwrap_or_default();
        for (other, text) in &others {
            if (own.contains(other.as_str()) || text.contains(component.as_str()))
                && kept.insert(other.clone())
            {
                open.push(other.clone());
            }
        }
    }
    let is_kept =
        |path: &str| name(path).is_none_or(|component| component == "tenant" || kept.contains(&component));
    files
        .iter()
        .filter(|(path, _)| is_kept(path))
        .map(|(path, bytes)| (path.clone(), bytes.clone()))
        .collect()
}
