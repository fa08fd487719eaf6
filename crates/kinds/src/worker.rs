//! `worker`: a stateless program that nobody calls, as a Deployment.

use aqueduct_manifest::Object;
use aqueduct_render::{Component, Context, Error, Errors, Horizon, Link, Offer, Site, SourceName};
use schemars::JsonSchema;
use serde::Deserialize;

use crate::service::deployment;
use crate::workload::{Disruption, Rollout, Workload, disruption_budget, endpoints, service};

/// A stateless program that works on its own: a Deployment, with a Service if it has ports.
///
/// Renders a Deployment and a ServiceAccount; depending on the fields, a Service, a ConfigMap, ExternalSecrets, a
/// PersistentVolumeClaim, a Certificate and a ServiceMonitor; and with two or more replicas, a PodDisruptionBudget.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Worker {
    /// What all kinds with pods have.
    #[serde(rename = "..")]
    #[schemars(flatten)]
    pub workload: Workload,
    /// The number of pods (default: 1).
    pub replicas: Option<u16>,
    /// How a new version replaces the old one; `recreate` for a single writer.
    #[serde(default)]
    pub rollout: Rollout,
    /// How many pods may be unavailable while nodes are drained.
    pub disruption: Option<Disruption>,
}

impl Worker {
    /// Returns the component with the defaults for its own fields.
    pub fn new(workload: Workload) -> Self {
        Self { workload, replicas: None, rollout: Rollout::default(), disruption: None }
    }
}

impl Component for Worker {
    const KIND: &'static str = "worker";
    const HORIZON: Horizon = Horizon::Links;

    fn sources(&self) -> Vec<SourceName<'_>> {
        self.workload.sources()
    }

    fn offer(&self, site: &Site<'_>) -> Offer {
        let workload = &self.workload;
        Offer {
            endpoints: endpoints(site, workload, site.name(), &[]),
            pod_groups: vec![workload.pod_group(site)],
            ..Offer::default()
        }
    }

    fn links(&self) -> Vec<Link> {
        self.workload.needs()
    }

    fn render(&self, context: &Context<'_>) -> Result<Vec<Object>, Error> {
        let workload = &self.workload;
        let replicas = self.replicas.unwrap_or(1);
        let mut errors = Errors::default();
        let mut objects = errors.take(deployment(context, workload, replicas, true, self.rollout));
        let has_ports = !workload.all_ports().is_empty();
        objects.extend(errors.all(has_ports.then(|| service(context, workload))));
        objects.extend(errors.take(disruption_budget(context, self.disruption.as_ref(), replicas)));
        errors.end(objects)
    }
}
