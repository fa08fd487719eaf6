//! An instance: one component of one tenant in one environment, with all layers merged.

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
    /// The tenant in that environment.
    pub tenancy: Arc<Tenancy>,
    /// The name of the component.
    pub component: Name,
    /// The kind.
    pub kind: SmolStr,
    /// What the component is.
    pub description: Option<String>,
    /// The namespace of its objects.
    pub namespace: Name,
    /// The labels that its objects get on top of those of every object.
    pub labels: BTreeMap<LabelKey, LabelValue>,
    /// The annotations that its objects get.
    pub annotations: BTreeMap<LabelKey, SmolStr>,
    /// The components that must run before this one.
    pub depends_on: Vec<Reference>,
    /// The components that may link to this one; `None` where the tenant decides.
    pub allow_from: Option<Vec<ComponentPeer>>,
    /// The components that this one may link to; `None` where the tenant decides.
    pub allow_to: Option<Vec<ComponentPeer>>,
    /// How Argo CD delivers it.
    pub delivery: Arc<Delivery>,
    /// The running workload that the component takes over.
    pub adopt: Option<Adopt>,
    /// Changes to the rendered objects.
    pub patches: Vec<Patch>,
    /// What the component allows that a rule would report.
    pub allow: Vec<Allowance>,
    /// The fields that every kind has, as they were written: `kind`, `namespace`, `labels` and so on.
    pub common: Node,
    /// The fields of the kind, a table; it points at the line that says the kind.
    pub spec: Node,
    /// The main source file.
    pub file: Arc<str>,
}

impl Instance {
    /// Returns how messages call the instance: ``service `shop/web` ``.
    pub fn describe(&self) -> String {
        format!("{} `{}/{}`", self.kind, self.tenancy.tenant.name, self.component)
    }

    /// Tells whether the component or its tenant allows what a rule reports.
    pub fn allows(&self, rule: &str) -> bool {
        self.allow.iter().chain(&self.tenancy.allow).any(|allowance| allowance.rule == rule)
    }

    /// Returns the folder that relative paths of the component start from: that of its main source file.
    pub fn folder(&self) -> &str {
        self.file.rsplit_once('/').map_or("", |(folder, _)| folder)
    }
}
