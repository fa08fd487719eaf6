//! Instances: a component of a tenant in an environment, with all layers merged.

use std::collections::BTreeMap;
use std::sync::Arc;

use aqueduct_manifest::SmolStr;

use crate::component::Adopt;
use crate::delivery::Delivery;
use crate::environment::Environment;
use crate::node::Node;
use crate::patch::Patch;
use crate::tenancy::{Allowance, Tenancy};
use crate::types::{ComponentPeer, LabelKey, LabelValue, Name, Reference};

/// One component of one tenant in one environment.
#[derive(Clone, Debug)]
pub struct Instance {
    /// The environment.
    pub environment: Arc<Environment>,
    /// The tenant in this environment.
    pub tenancy: Arc<Tenancy>,
    /// The name of the component.
    pub component: Name,
    /// The kind.
    pub kind: SmolStr,
    /// What the component is.
    pub description: Option<String>,
    /// The namespace of its objects.
    pub namespace: Name,
    /// The labels of its objects, in addition to those of every object.
    pub labels: BTreeMap<LabelKey, LabelValue>,
    /// The annotations of its objects.
    pub annotations: BTreeMap<LabelKey, SmolStr>,
    /// The components that must be running before this one.
    pub depends_on: Vec<Reference>,
    /// The components that may link to this one; `None` if the tenant decides.
    pub allow_from: Option<Vec<ComponentPeer>>,
    /// The components that this one may link to; `None` if the tenant decides.
    pub allow_to: Option<Vec<ComponentPeer>>,
    /// How Argo CD delivers it.
    pub delivery: Arc<Delivery>,
    /// The running workload that the component takes over.
    pub adopt: Option<Adopt>,
    /// Changes to the rendered objects.
    pub patches: Vec<Patch>,
    /// The component's exceptions from rules.
    pub allow: Vec<Allowance>,
    /// The fields that every kind has, as written: `kind`, `namespace`, `labels` and so on.
    pub common: Node,
    /// The fields of the kind, as a table whose place is the line with the kind.
    pub spec: Node,
    /// The main source file.
    pub file: Arc<str>,
}

impl Instance {
    /// Returns the instance's name in messages, such as ``service `shop/web` ``.
    pub fn describe(&self) -> String {
        format!("{} `{}/{}`", self.kind, self.tenancy.tenant.name, self.component)
    }

    /// Tells whether the component or its tenant has an exception from a rule.
    pub fn allows(&self, rule: &str) -> bool {
        self.allow.iter().chain(&self.tenancy.allow).any(|allowance| allowance.rule == rule)
    }

    /// Returns the folder that the component's relative paths start from: that of its main source file.
    pub fn folder(&self) -> &str {
        self.file.rsplit_once('/').map_or("", |(folder, _)| folder)
    }
}
