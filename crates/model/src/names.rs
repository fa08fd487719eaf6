//! How what delivers the tree is called: root Applications, projects, and the Applications of components. What one
//! Argo CD delivers must not have a name twice, or one environment overwrites another.

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

/// The name of the root Application and of the folder of what delivers the tree.
pub(crate) const ROOT: &str = "argocd";
/// What stands for a component in the name of the Application of what a tenant gets beside its components.
const TENANT: &str = "tenant";

/// The names of what delivers the tree. Each may contain `${environment.name}`, `${tenant.name}` and
/// `${component.name}`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct Names {
    /// The root Application of an environment, and its project: `argocd` by default.
    pub root: Option<String>,
    /// The project of a tenant: its name by default.
    pub project: Option<String>,
    /// The Application of a component: `${tenant.name}-${component.name}` by default; `tenant` stands for what the
    /// tenant gets in addition to its components.
    pub application: Option<String>,
}

impl Platform {
    /// Returns the name of the root Application of an environment, which is also that of its project.
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

    /// Returns the name of the Application of what a tenant gets beside its components.
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

    /// Returns the name that a template makes of the names of a tenant and a component; without one they are joined,
    /// behind the name of the environment where it may not be the only one of its Argo CD.
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

/// Returns the parts joined by `-`; shortened with a digest where that would be too long for a label.
pub fn short_name(parts: &[&str]) -> String {
    let name = parts.join("-");
    if name.len() <= 63 {
        return name;
    }
    let digest = Hash::of(name.as_bytes());
    format!("{}-{}", name[..54].trim_end_matches('-'), hex(&digest.0[..4]))
}

/// Who has a name: what it is, and where it can be changed.
struct Owner {
    what: String,
    place: Place,
}

/// The names of one kind that are taken in a namespace of an Argo CD.
#[derive(Default)]
struct Taken {
    /// By the Argo CD, the kind, the namespace and the name.
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
                    format!("{} and {} have {kind}s of the same name: `{}`", first.what, owner.what, key.3);
                self.found.push(
                    Diagnostic::error("taken-name", message)
                        .label(owner.place, "")
                        .label(first.place.clone(), "taken here")
                        .hint("`names` of `[argocd]` in platform.toml says how they are called, `name` and `project` of `[delivery]` how one is"),
                );
            }
            None => drop(self.owners.insert(key, owner)),
        }
    }
}

/// Reports names of Applications and projects that are not valid, and those that one Argo CD would have twice.
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
        // What is no name is none for both.
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
        // A tenant that has no namespace of its own gets nothing beside its components.
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
