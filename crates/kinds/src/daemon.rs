//! `daemon`: an agent on every node, as a DaemonSet.

use aqueduct_manifest::Object;
use aqueduct_render::{Component, Context, Error, Errors, Horizon, Link, Offer, Site, SourceName, object};
use k8s_openapi::api::apps::v1::{DaemonSet, DaemonSetSpec, DaemonSetUpdateStrategy, RollingUpdateDaemonSet};
use k8s_openapi::apimachinery::pkg::util::intstr::IntOrString;
use schemars::JsonSchema;
use serde::Deserialize;

use crate::workload::{PodOptions, Workload, companions, endpoints, file_texts, pod_template, service};

/// An agent that runs once on every node: a DaemonSet, with a Service if it has ports.
///
/// It reads folders of the node through `volumes` with `node`, and tolerates taints with `scheduling.tolerations`.
/// Renders a DaemonSet and a ServiceAccount, and depending on the fields, a Service, a ConfigMap, ExternalSecrets, a
/// Certificate and a ServiceMonitor.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Daemon {
    /// What all kinds with pods have.
    #[serde(rename = "..")]
    #[schemars(flatten)]
    pub workload: Workload,
}

impl Daemon {
    /// Returns the component with the defaults for its own fields.
    pub fn new(workload: Workload) -> Self {
        Self { workload }
    }
}

impl Component for Daemon {
    const KIND: &'static str = "daemon";
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
        let mut errors = Errors::default();
        for (name, _) in workload.volumes.iter().filter(|(_, volume)| volume.is_claim()) {
            let message = "the pods of a daemon cannot share one persistent volume";
            errors.push(
                Error::path(&["volumes", name.as_str()], message)
                    .hint("keep the state in a folder of the node, or use the kind `stateful`"),
            );
        }
        let texts = errors.take(file_texts(context, &workload.files));
        let mut objects = errors.take(companions(context, workload, &texts, false));
        let options =
            PodOptions { replicas: 1, claims_per_pod: false, runs_to_end: false, own_account: true };
        let (name, selector) = context.workload();
        let set = object(&DaemonSet {
            metadata: context.metadata(name),
            spec: Some(DaemonSetSpec {
                revision_history_limit: Some(3),
                selector,
                template: errors.take(pod_template(context, workload, &texts, options)),
                update_strategy: Some(DaemonSetUpdateStrategy {
                    type_: Some("RollingUpdate".to_owned()),
                    rolling_update: Some(RollingUpdateDaemonSet {
                        max_unavailable: Some(IntOrString::Int(1)),
                        ..Default::default()
                    }),
                }),
                ..Default::default()
            }),
            ..Default::default()
        });
        objects.extend(errors.all([set]));
        let has_ports = !workload.all_ports().is_empty();
        objects.extend(errors.all(has_ports.then(|| service(context, workload))));
        errors.end(objects)
    }
}
