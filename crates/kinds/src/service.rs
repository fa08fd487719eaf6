//! `service`: a stateless program that others call, as a Deployment behind a Service.

use std::collections::BTreeMap;

use aqueduct_manifest::Object;
use aqueduct_render::{
    Component, Context, Error, Errors, Horizon, Link, Offer, PodGroup, Site, SourceName, object,
};
use k8s_openapi::api::apps::v1::{Deployment, DeploymentSpec, DeploymentStrategy, RollingUpdateDeployment};
use k8s_openapi::apimachinery::pkg::util::intstr::IntOrString;
use schemars::JsonSchema;
use serde::Deserialize;

use crate::job::job_spec;
use crate::workload::{
    Autoscaling, BeforeRollout, Disruption, IngressField, LoadBalancer, PodOptions, Rollout, VolumeField,
    Workload, companions, disruption_budget, endpoints, file_texts, ingress, load_balancer, pod_template,
    scaler, service,
};

/// A stateless program that others call: a Deployment behind a Service.
///
/// Renders a Deployment, a Service and a ServiceAccount; depending on the fields, an Ingress, a
/// HorizontalPodAutoscaler, a LoadBalancer Service, a ConfigMap, ExternalSecrets, a Certificate, a ServiceMonitor,
/// and a Job that runs before each rollout; and with two or more replicas, a PodDisruptionBudget.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Service {
    /// What all kinds with pods have.
    #[serde(rename = "..")]
    #[schemars(flatten)]
    pub workload: Workload,
    /// The number of pods (default: 1). Use either this or `autoscaling`.
    pub replicas: Option<u16>,
    /// How the number of pods follows the load.
    pub autoscaling: Option<Autoscaling>,
    /// An Ingress that leads to the component.
    pub ingress: Option<IngressField>,
    /// A cloud load balancer for this component alone.
    pub load_balancer: Option<LoadBalancer>,
    /// How a new version replaces the old one.
    #[serde(default)]
    pub rollout: Rollout,
    /// How many pods may be unavailable while nodes are drained.
    pub disruption: Option<Disruption>,
    /// A job that must succeed before a new version rolls out.
    pub before_rollout: Option<BeforeRollout>,
}

impl Service {
    /// Returns the component with the defaults for its own fields.
    pub fn new(workload: Workload) -> Self {
        Self {
            workload,
            replicas: None,
            autoscaling: None,
            ingress: None,
            load_balancer: None,
            rollout: Rollout::default(),
            disruption: None,
            before_rollout: None,
        }
    }
}

impl Component for Service {
    const KIND: &'static str = "service";
    const HORIZON: Horizon = Horizon::Links;

    fn sources(&self) -> Vec<SourceName<'_>> {
        self.workload.sources()
    }

    fn offer(&self, site: &Site<'_>) -> Offer {
        let workload = &self.workload;
        let mut group = workload.pod_group(site);
        if let Some(ingress) = &self.ingress {
            group.from_ingress.extend(workload.port(ingress.port.as_ref()).map(|(_, port)| port));
        }
        if let Some(balancer) = &self.load_balancer {
            let ranges: Vec<String> = balancer.allow.iter().map(ToString::to_string).collect();
            let open = self
                .workload
                .ports
                .iter()
                .filter(|(name, _)| balancer.port.as_ref().is_none_or(|port| port == *name));
            group.from_outside.extend(open.map(|(_, port)| (port.container(), ranges.clone())));
        }
        let mut groups = vec![group];
        groups.extend(self.before_rollout.as_ref().map(|_| {
            let name = before_rollout_name(site);
            let labels = site.selector_of(&name);
            PodGroup { labels, name, egress: groups[0].egress.clone(), ..PodGroup::default() }
        }));
        Offer {
            endpoints: endpoints(site, workload, site.name(), &[]),
            pod_groups: groups,
            ..Offer::default()
        }
    }

    fn links(&self) -> Vec<Link> {
        self.workload.needs()
    }

    fn render(&self, context: &Context<'_>) -> Result<Vec<Object>, Error> {
        let mut errors = Errors::default();
        if self.workload.ports.is_empty() {
            errors.push(
                Error::field("", "a service needs at least one port in `ports`")
                    .hint("use the kind `worker` for a program that nobody calls"),
            );
        }
        if let (Some(_), Some(replicas)) = (&self.autoscaling, self.replicas) {
            errors.push(Error::field(
                "replicas",
                format!("`replicas` cannot be used with `autoscaling`: `{replicas}`"),
            ));
        }
        let workload = &self.workload;
        let replicas = self.autoscaling.as_ref().map_or(self.replicas.unwrap_or(1), |scaling| scaling.max);
        let fewest = self.autoscaling.as_ref().map_or(self.replicas.unwrap_or(1), |scaling| scaling.min);
        let is_fixed = self.autoscaling.is_none();
        let mut objects = errors.take(deployment(context, workload, replicas, is_fixed, self.rollout));
        let name = || context.workload().0;
        let scaler = self.autoscaling.as_ref().map(|scaling| scaler(context, "Deployment", name(), scaling));
        if workload.ports.is_empty() {
            objects.extend(errors.all(scaler));
        } else {
            let ingress = self.ingress.as_ref().map(|field| ingress(context, workload, field));
            let balancer = self.load_balancer.as_ref().map(|field| load_balancer(context, workload, field));
            let parts = [Some(service(context, workload)), scaler, ingress, balancer];
            objects.extend(errors.all(parts.into_iter().flatten()));
        }
        objects.extend(errors.take(disruption_budget(context, self.disruption.as_ref(), fewest)));
        let before = self.before_rollout.as_ref().map(|job| before_rollout(context, workload, job));
        objects.extend(errors.all(before));
        errors.end(objects)
    }
}

/// Returns a Deployment and its companion objects.
pub(crate) fn deployment(
    context: &Context<'_>,
    workload: &Workload,
    replicas: u16,
    fixed: bool,
    rollout: Rollout,
) -> Result<Vec<Object>, Error> {
    let mut errors = Errors::default();
    let texts = errors.take(file_texts(context, &workload.files));
    let mut objects = errors.take(companions(context, workload, &texts, false));
    let one_writer = workload.volumes.values().any(VolumeField::is_claim);
    if one_writer && (replicas > 1 || rollout == Rollout::Rolling) {
        errors.push(
            Error::field("volumes", "several pods cannot write to one persistent volume")
                .hint("set `rollout = \"recreate\"` with one replica, or use the kind `stateful`"),
        );
    }
    let strategy = match rollout {
        Rollout::Recreate => DeploymentStrategy { type_: Some("Recreate".to_owned()), rolling_update: None },
        Rollout::Rolling => DeploymentStrategy {
            type_: Some("RollingUpdate".to_owned()),
            rolling_update: Some(RollingUpdateDeployment {
                max_surge: Some(IntOrString::Int(1)),
                max_unavailable: Some(IntOrString::Int(0)),
            }),
        },
    };
    let options = PodOptions { replicas, claims_per_pod: false, runs_to_end: false, own_account: true };
    let (name, selector) = context.workload();
    let deployment = object(&Deployment {
        metadata: context.metadata(name),
        spec: Some(DeploymentSpec {
            // The autoscaler owns the number. Setting it would undo the autoscaler at each sync.
            replicas: fixed.then_some(replicas.into()),
            revision_history_limit: Some(3),
            selector,
            strategy: Some(strategy),
            template: errors.take(pod_template(context, workload, &texts, options)),
            ..Default::default()
        }),
        ..Default::default()
    });
    objects.extend(errors.all([deployment]));
    errors.end(objects)
}

/// Returns the name of the job that runs before a rollout, and of its pods. It differs from the component's, so that
/// nothing counts or calls the job's pods by mistake.
fn before_rollout_name(site: &Site<'_>) -> String {
    format!("{}-before-rollout", site.name())
}

fn before_rollout(
    context: &Context<'_>,
    workload: &Workload,
    field: &BeforeRollout,
) -> Result<Object, Error> {
    // The hook runs before any of the component's objects are applied, so it cannot use them.
    if let Some((name, _)) = workload.secrets.iter().find(|(_, secret)| secret.remote.is_some()) {
        return Err(Error::path(
            &["secrets", name.as_str()],
            "a secret that `before-rollout` uses must exist before the rollout",
        )
        .hint("move it into a component of kind `secret` and refer to that with `component`"));
    }
    let job = Workload {
        command: field.command.clone(),
        arguments: Vec::new(),
        prepare: Vec::new(),
        init_containers: Vec::new(),
        sidecars: Vec::new(),
        shutdown: None,
        files: BTreeMap::new(),
        volumes: BTreeMap::new(),
        certificate: None,
        metrics: None,
        permissions: None,
        ports: BTreeMap::new(),
        ..workload.clone()
    };
    let options = PodOptions { replicas: 1, claims_per_pod: false, runs_to_end: true, own_account: false };
    let name = before_rollout_name(&context.site);
    let mut template = pod_template(context, &job, &BTreeMap::new(), options)?;
    template.metadata.get_or_insert_default().labels = Some(context.labels_of(&name));
    let timeout = field.timeout.as_ref().map_or(600, |timeout| timeout.seconds());
    let mut metadata = context.metadata(name);
    metadata.annotations = Some(BTreeMap::from([
        ("argocd.argoproj.io/hook".to_owned(), "PreSync".to_owned()),
        ("argocd.argoproj.io/hook-delete-policy".to_owned(), "BeforeHookCreation".to_owned()),
    ]));
    object(&k8s_openapi::api::batch::v1::Job {
        metadata,
        spec: Some(job_spec(template, timeout, 2)),
        ..Default::default()
    })
}
