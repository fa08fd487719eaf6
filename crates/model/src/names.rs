//! The names of the objects that deliver the tree: root Applications, projects, and the Applications of components.
//! They must be unique within an Argo CD, or one environment would overwrite another.

use std::collections::BTreeMap;

use aqueduct_manifest::{Diagnostic, Hash, Place, hex};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::delivery::Order;
use crate::environment::Environment;
use crate::instance::Instance;
use crate::interpolate::{Scope, fill};
use crate::node::{Content, Layer, Node};
use crate::platform::{Platform, Selection, tenancies};
use crate::tenancy::Tenancy;
use crate::types::{Name, Subdomain};

/// The name of the root Application, and of the folder with the objects that deliver the tree.
pub(crate) const ROOT: &str = "argocd";
/// The component name in the Application of the tenant's own objects.
const TENANT: &str = "tenant";

/// The names of the objects that deliver the tree. Each may contain `${environment.name}`, `${tenant.name}` and
/// `${component.name}`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct Names {
    /// The root Application of an environment, and its project (default: `argocd`).
    pub root: Option<String>,
    /// The project of a tenant (default: the tenant's name).
    pub project: Option<String>,
    /// The Application of a component (default: `${tenant.name}-${component.name}`). For the tenant's own objects,
    /// the component name is `tenant`.
    pub application: Option<String>,
}

impl Platform {
    /// Returns the name of an environment's root Application and its project.
    pub fn root_name(&self, environment: &Environment) -> String {
        self.made(self.argocd.names.root.as_deref(), environment, &[ROOT])
    }

    /// Returns the name of the project of a tenant.
    pub fn project_name(&self, tenancy: &Tenancy) -> String {
        match &tenancy.delivery.project {
            Some(name) => name.to_string(),
            None => {
                let names = &self.argocd.names;
                self.made(names.project.as_deref(), &tenancy.environment, &[tenancy.tenant.name.as_str()])
            }
        }
    }

    /// Returns the name of the Application of a tenant's own objects.
    pub fn tenant_application(&self, tenancy: &Tenancy) -> String {
        self.made_application(tenancy, TENANT)
    }

    /// Returns the name of the Application of a component.
    pub fn application(&self, instance: &Instance) -> String {
        match &instance.delivery.name {
            Some(name) => name.to_string(),
            None => self.made_application(&instance.tenancy, instance.component.as_str()),
        }
    }

    fn made_application(&self, tenancy: &Tenancy, component: &str) -> String {
        let template = self.argocd.names.application.as_deref();
        self.made(template, &tenancy.environment, &[tenancy.tenant.name.as_str(), component])
    }

    /// Returns the name from a template, with the names of a tenant and a component filled in. Without a template,
    /// the names are joined, prefixed with the environment's if its Argo CD may deliver others.
    fn made(&self, template: Option<&str>, environment: &Environment, names: &[&str]) -> String {
        let Some(template) = template else {
            let first = environment.shares_argocd().then_some(environment.name.as_str());
            return short_name(&first.into_iter().chain(names.iter().copied()).collect::<Vec<_>>());
        };
        let mut node = Node::empty_table(Layer::Platform, "platform.toml");
        node.content = Content::String(template.into());
        let scope = Scope {
            platform: self.name.as_str(),
            environment,
            tenant: names.first().copied().unwrap_or_default(),
            namespace: self.argocd.namespace.as_str(),
            component: names.get(1).copied().unwrap_or_default(),
            parameters: &BTreeMap::new(),
        };
        fill(&mut node, &scope, &mut Vec::new());
        node.as_str().unwrap_or_default().to_owned()
    }
}

/// Returns the parts joined by `-`, shortened with a digest if that is too long for a label.
pub fn short_name(parts: &[&str]) -> String {
    let name = parts.join("-");
    if name.len() <= 63 {
        return name;
    }
    let digest = Hash::of(name.as_bytes());
    format!("{}-{}", name[..54].trim_end_matches('-'), hex(&digest.0[..4]))
}

/// The owner of a name: its title in messages, and the place where it can be changed.
struct Owner {
    what: String,
    place: Place,
}

/// The names that are taken in an Argo CD.
#[derive(Default)]
struct Taken {
    /// The owners, by Argo CD, kind, namespace and name.
    owners: BTreeMap<(String, &'static str, Name, String), Owner>,
    found: Vec<Diagnostic>,
}

impl Taken {
    fn claim(
        &mut self,
        environment: &Environment,
        kind: &'static str,
        namespace: &Name,
        name: String,
        owner: Owner,
    ) {
        if let Err(error) = name.parse::<Subdomain>() {
            let message = format!("the {kind} of {} has no valid name: {error}", owner.what);
            self.found.push(Diagnostic::error("invalid-name", message).label(owner.place, ""));
            return;
        }
        let key = (environment.deliverer(), kind, namespace.clone(), name);
        match self.owners.get(&key) {
            Some(first) => {
                let message =
                    format!("{} and {} have {kind}s with the same name: `{}`", first.what, owner.what, key.3);
                self.found.push(
                    Diagnostic::error("taken-name", message)
                        .label(owner.place, "")
                        .label(first.place.clone(), "already used here")
                        .hint("change the pattern in `[argocd.names]` of platform.toml, or a single name with `name` or `project` in `[delivery]`"),
                );
            }
            None => drop(self.owners.insert(key, owner)),
        }
    }
}

/// Reports invalid names of Applications and projects, and duplicates within one Argo CD.
pub(crate) fn check(
    platform: &Platform,
    selection: &Selection,
    instances: &[Instance],
    diagnostics: &mut Vec<Diagnostic>,
) {
    const APPLICATION: &str = "Application";
    const PROJECT: &str = "project";
    let argocd = &platform.argocd.namespace;
    let mut taken = Taken::default();
    let place = |key: &str, otherwise: &Place| {
        let template = platform.node.find(&["argocd", "names", key]);
        template.map_or_else(|| otherwise.clone(), |node| node.origin.place.clone())
    };
    for environment in platform.environments.values().filter(|one| selection.has_environment(&one.name)) {
        let owner = || Owner {
            what: format!("the root of environment `{}`", environment.name),
            place: place("root", &environment.node.origin.place),
        };
        let name = platform.root_name(environment);
        taken.claim(environment, PROJECT, argocd, name.clone(), owner());
        // An invalid name is reported for the Application and the project together.
        if name.parse::<Subdomain>().is_ok() {
            taken.claim(environment, APPLICATION, argocd, name, owner());
        }
    }
    let all = tenancies(platform, selection);
    for tenancy in &all {
        let owner = |key| Owner {
            what: format!("tenant `{}` in environment `{}`", tenancy.tenant.name, tenancy.environment.name),
            place: place(key, &Place::whole(tenancy.tenant.file.clone())),
        };
        let namespace = tenancy.delivery.namespace.as_ref().unwrap_or(argocd);
        taken.claim(&tenancy.environment, PROJECT, argocd, platform.project_name(tenancy), owner("project"));
        // A tenant without its own namespace has no objects other than its components'.
        if tenancy.delivery.order == Order::Creation && !tenancy.has_own_namespaces() {
            continue;
        }
        let name = platform.tenant_application(tenancy);
        taken.claim(&tenancy.environment, APPLICATION, namespace, name, owner("application"));
    }
    for instance in instances.iter().filter(|one| one.tenancy.delivery.order == Order::Creation) {
        let namespace = instance.delivery.namespace.as_ref().unwrap_or(argocd);
        let written = instance.common.find(&["delivery", "name"]).unwrap_or(&instance.spec);
        let owner = Owner {
            what: format!(
                "component `{}/{}` in environment `{}`",
                instance.tenancy.tenant.name, instance.component, instance.environment.name
            ),
            place: written.origin.place.clone(),
        };
        taken.claim(&instance.environment, APPLICATION, namespace, platform.application(instance), owner);
    }
    diagnostics.append(&mut taken.found);
}
