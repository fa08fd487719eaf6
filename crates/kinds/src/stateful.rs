//! `stateful`: a program whose pods have stable names and their own volumes, as a StatefulSet.

use aqueduct_manifest::Object;
use aqueduct_render::{Component, Context, Error, Errors, Horizon, Link, Offer, Site, SourceName, object};
use k8s_openapi::api::apps::v1::{
    RollingUpdateStatefulSetStrategy, StatefulSet, StatefulSetSpec, StatefulSetUpdateStrategy,
};
use k8s_openapi::api::core::v1 as core;
use schemars::JsonSchema;
use serde::Deserialize;

use crate::workload::{
    Autoscaling, Disruption, IngressField, PodOptions, Workload, claim_templates, companions,
    disruption_budget, endpoints, file_texts, ingress, pod_template, scaler, service, service_ports,
};

/// A program whose pods have stable names and their own volumes: a StatefulSet.
///
/// Renders a StatefulSet with a claim for each persistent volume, a headless Service `<component>-headless` that
/// gives its pods host names, a Service and a ServiceAccount; depending on the fields, an Ingress, a
/// HorizontalPodAutoscaler, a ConfigMap, ExternalSecrets, a Certificate and a ServiceMonitor; and with two or more
/// replicas, a PodDisruptionBudget.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Stateful {
    /// What all kinds with pods have.
    #[serde(rename = "..")]
    #[schemars(flatten)]
    pub workload: Workload,
    /// The number of pods (default: 1).
    pub replicas: Option<u16>,
    /// How the number of pods follows the load.
    pub autoscaling: Option<Autoscaling>,
    /// Whether the pods can reach each other on the component's ports.
    #[serde(default)]
    pub peers: bool,
    /// Whether all pods start at once instead of one after the other.
    #[serde(default)]
    pub parallel: bool,
    /// The lowest pod ordinal that an update replaces, for stepwise updates.
    pub partition: Option<u16>,
    /// An Ingress that leads to the component.
    pub ingress: Option<IngressField>,
    /// How many pods may be unavailable while nodes are drained.
    pub disruption: Option<Disruption>,
}

impl Stateful {
    /// Returns the component with the defaults for its own fields.
    pub fn new(workload: Workload) -> Self {
        Self {
            workload,
            replicas: None,
            autoscaling: None,
            peers: false,
            parallel: false,
            partition: None,
            ingress: None,
            disruption: None,
        }
    }
}

impl Stateful {
    fn replicas(&self) -> u16 {
        self.autoscaling.as_ref().map_or(self.replicas.unwrap_or(1), |scaling| scaling.max)
    }
}

/// Returns the stable host names of a StatefulSet's pods.
pub(crate) fn members(site: &Site<'_>, replicas: u16) -> Vec<String> {
    let headless = headless(site.name());
    (0..replicas).map(|ordinal| format!("{}-{ordinal}.{}", site.name(), site.host(&headless))).collect()
}

/// Returns the name of a StatefulSet's headless Service.
pub(crate) fn headless(name: &str) -> String {
    format!("{name}-headless")
}

impl Component for Stateful {
    const KIND: &'static str = "stateful";
    const HORIZON: Horizon = Horizon::Links;

    fn sources(&self) -> Vec<SourceName<'_>> {
        self.workload.sources()
    }

    fn offer(&self, site: &Site<'_>) -> Offer {
        let workload = &self.workload;
        let mut group = workload.pod_group(site);
        if self.peers {
            group.among.extend(self.workload.ports.values().map(|port| port.container()));
        }
        if let Some(ingress) = &self.ingress {
            group.from_ingress.extend(workload.port(ingress.port.as_ref()).map(|(_, port)| port));
        }
        let members = members(site, self.replicas.unwrap_or(1));
        Offer {
            endpoints: endpoints(site, workload, site.name(), &members),
            pod_groups: vec![group],
            ..Offer::default()
        }
    }

    fn links(&self) -> Vec<Link> {
        self.workload.needs()
    }

    fn render(&self, context: &Context<'_>) -> Result<Vec<Object>, Error> {
        let workload = &self.workload;
        let mut errors = Errors::default();
        if self.workload.ports.is_empty() {
            errors.push(
                Error::field("", "a stateful component needs at least one port in `ports`")
                    .hint("the headless Service of its pods needs one"),
            );
        }
        let fewest = self.autoscaling.as_ref().map_or(self.replicas(), |scaling| scaling.min);
        let texts = errors.take(file_texts(context, &workload.files));
        let mut objects = errors.take(companions(context, workload, &texts, true));
        let options = PodOptions {
            replicas: self.replicas(),
            claims_per_pod: true,
            runs_to_end: false,
            own_account: true,
        };
        let claims = errors.take(claim_templates(context, workload));
        let set = object(&StatefulSet {
            metadata: context.metadata(context.name()),
            spec: Some(StatefulSetSpec {
                pod_management_policy: self.parallel.then(|| "Parallel".to_owned()),
                replicas: self.autoscaling.is_none().then(|| self.replicas().into()),
                revision_history_limit: Some(3),
                selector: context.label_selector(),
                service_name: Some(headless(context.name())),
                template: errors.take(pod_template(context, workload, &texts, options)),
                update_strategy: self.partition.map(|partition| StatefulSetUpdateStrategy {
                    type_: Some("RollingUpdate".to_owned()),
                    rolling_update: Some(RollingUpdateStatefulSetStrategy {
                        partition: Some(partition.into()),
                        ..Default::default()
                    }),
                }),
                volume_claim_templates: Some(claims).filter(|claims| !claims.is_empty()),
                ..Default::default()
            }),
            ..Default::default()
        });
        objects.extend(errors.all([set]));
        let has_ports = !workload.ports.is_empty();
        if has_ports {
            objects.extend(errors.take(services(context, workload)));
        }
        let name = || context.name().to_owned();
        let scaler = self.autoscaling.as_ref().map(|scaling| scaler(context, "StatefulSet", name(), scaling));
        objects.extend(errors.all(scaler));
        let ingress = self.ingress.as_ref().filter(|_| has_ports);
        objects.extend(errors.all(ingress.map(|field| self::ingress(context, workload, field))));
        objects.extend(errors.take(disruption_budget(context, self.disruption.as_ref(), fewest)));
        errors.end(objects)
    }
}

/// Returns the headless Service that gives the pods host names, and the Service in front of them.
fn services(context: &Context<'_>, workload: &Workload) -> Result<Vec<Object>, Error> {
    let mut headless_metadata = context.metadata(headless(context.name()));
    // A monitor that selects by the component's labels must find one Service, not both.
    if let Some(labels) = &mut headless_metadata.labels {
        labels.insert("app.kubernetes.io/name".to_owned(), headless(context.name()));
    }
    Ok(vec![
        object(&core::Service {
            metadata: headless_metadata,
            spec: Some(core::ServiceSpec {
                cluster_ip: Some("None".to_owned()),
                ports: Some(service_ports(workload)?),
                // Peers must find each other before they are ready.
                publish_not_ready_addresses: Some(true),
                selector: Some(context.selector()),
                ..Default::default()
            }),
            ..Default::default()
        })?,
        service(context, workload)?,
    ])
}
