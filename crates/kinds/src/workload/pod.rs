//! The pod template, with production defaults: restricted security, health checks, spread replicas, and rollouts when
//! configuration changes.

use std::collections::BTreeMap;

use aqueduct_manifest::Object;
use aqueduct_model::types::PortName;
use aqueduct_render::{Context, Error, Errors};
use k8s_openapi::api::core::v1::{
    Affinity, Capabilities, Container, ContainerPort, ExecAction, Lifecycle, LifecycleHandler,
    LocalObjectReference, PodSecurityContext, PodSpec, PodTemplateSpec, SeccompProfile, SecurityContext,
};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta;
use schemars::JsonSchema;
use serde::Deserialize;

use super::probes::{Probe, probe};
use super::resources::requirements;
use super::scheduling::{Spread, Toleration, affinity, node_selector, tolerations, topology_spread};
use super::secrets::pull_secret_name;
use super::sidecars::{as_kubernetes_writes, containers};
use super::variables::variables;
use super::volumes::mounts;
use super::{VolumeField, Workload, file_digest};

/// The differences between kinds with pods.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PodOptions {
    /// The maximum number of replicas, which decides whether they are spread.
    pub replicas: u16,
    /// Whether a StatefulSet claims persistent volumes for each pod.
    pub claims_per_pod: bool,
    /// Whether the pod runs to completion, and so has no probes.
    pub runs_to_end: bool,
    /// Whether the component's own ServiceAccount exists when the pod starts.
    pub own_account: bool,
}

/// The user of the container, and its privileges.
///
/// By default, it runs as user 1000, without privileges, on a read-only root file system.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Security {
    /// The user id (default: 1000). 0 is root, which the namespace must allow.
    pub user: Option<i64>,
    /// The group id (default: the same as the user's).
    pub group: Option<i64>,
    /// Whether the container may write outside its volumes.
    #[serde(default)]
    pub writable_root: bool,
    /// Linux capabilities to keep, such as `NET_BIND_SERVICE`.
    #[serde(default)]
    pub capabilities: Vec<String>,
    /// Whether the pod uses the node's network and process ids, for node agents.
    #[serde(default)]
    pub host: bool,
}

/// Returns the pod template of a workload; `texts` are its configuration files.
///
/// # Errors
/// Returns an error for a field that refers to something that the component does not have.
pub fn pod_template(
    context: &Context<'_>,
    workload: &Workload,
    texts: &BTreeMap<String, String>,
    options: PodOptions,
) -> Result<PodTemplateSpec, Error> {
    let mut errors = Errors::default();
    let mounts = mounts(context, workload, options);
    let has_mounts = mounts.is_ok();
    let mounts = errors.take(mounts);
    let mut main = errors.take(container(context, workload, options));
    main.volume_mounts = Some(mounts.mounts.clone()).filter(|mounts| !mounts.is_empty());
    let prepare = errors.take(prepare(context, workload, &main));
    let mut annotations = errors.take(annotations(context, workload, texts));
    annotations.extend(workload.pod.annotations.iter().map(|(key, value)| (key.to_string(), value.clone())));
    let mut init: Vec<Container> = prepare.into_iter().collect();
    let mut beside = Vec::new();
    // Their mounts have to be known first.
    if has_mounts {
        let mut containers =
            |field, list| errors.take(containers(context, workload, field, list, &mounts.mounts));
        init.extend(containers("init-containers", &workload.init_containers));
        beside.extend(containers("sidecars", &workload.sidecars));
    }
    if options.runs_to_end {
        // An ordinary second container would keep the pod running after the first one ends.
        beside.iter_mut().for_each(|container| container.restart_policy = Some("Always".to_owned()));
        init.splice(0..0, beside.drain(..));
    }
    let affinity = match &workload.affinity {
        Some(_) if workload.scheduling.spread == Spread::Apart => {
            let message = "`affinity` cannot be used with `scheduling.spread = \"apart\"`";
            errors.push(Error::field("affinity", message));
            None
        }
        Some(table) => Some(errors.take(as_kubernetes_writes("affinity", &Affinity::default(), table))),
        None => affinity(context, &workload.scheduling, options.replicas),
    };
    let tolerated: Vec<Toleration> =
        workload.scheduling.tolerations.iter().chain(&workload.tolerations).cloned().collect();
    let security = &workload.security;
    let user = security.user.unwrap_or(1000);
    let group = security.group.unwrap_or(user);
    let security_context = PodSecurityContext {
        fs_group: Some(group),
        // Otherwise, every start would reset the owner of all files on a large volume.
        fs_group_change_policy: workload
            .volumes
            .values()
            .any(VolumeField::is_claim)
            .then(|| "OnRootMismatch".to_owned()),
        run_as_group: Some(group),
        run_as_non_root: Some(user != 0),
        run_as_user: Some(user),
        seccomp_profile: Some(SeccompProfile { type_: "RuntimeDefault".to_owned(), ..Default::default() }),
        ..Default::default()
    };
    let spec = PodSpec {
        affinity,
        automount_service_account_token: Some(workload.permissions.is_some()),
        containers: std::iter::once(main).chain(beside).collect(),
        // On the node's network, only this policy uses the cluster's DNS.
        dns_policy: security.host.then(|| "ClusterFirstWithHostNet".to_owned()),
        enable_service_links: Some(false),
        host_network: security.host.then_some(true),
        host_pid: security.host.then_some(true),
        image_pull_secrets: workload
            .pull_secret
            .as_ref()
            .map(|pull| vec![LocalObjectReference { name: pull_secret_name(context, pull) }]),
        init_containers: Some(init).filter(|containers| !containers.is_empty()),
        node_selector: errors.take(node_selector(context, &workload.scheduling)),
        priority_class_name: workload.scheduling.priority_class.as_ref().map(ToString::to_string),
        runtime_class_name: workload.runtime_class.as_ref().map(ToString::to_string),
        restart_policy: options.runs_to_end.then(|| "Never".to_owned()),
        security_context: Some(match &workload.security_context {
            Some(table) => errors.take(as_kubernetes_writes("security-context", &security_context, table)),
            None => security_context,
        }),
        service_account_name: options.own_account.then(|| context.name().to_owned()),
        termination_grace_period_seconds: workload
            .shutdown
            .as_ref()
            .and_then(|shutdown| shutdown.grace.as_ref())
            .map(|grace| grace.seconds() as i64),
        tolerations: tolerations(&tolerated),
        topology_spread_constraints: topology_spread(context, &workload.scheduling, options.replicas),
        volumes: Some(mounts.volumes).filter(|volumes| !volumes.is_empty()),
        ..Default::default()
    };
    let labels = errors.take(workload.pod.labels(context));
    errors.end(PodTemplateSpec {
        metadata: Some(ObjectMeta {
            annotations: Some(annotations).filter(|annotations| !annotations.is_empty()),
            labels: Some(labels),
            ..Default::default()
        }),
        spec: Some(spec),
    })
}

/// Returns the main container, without its volume mounts.
///
/// # Errors
/// Returns an error for a variable, secret or probe that refers to something that the component does not have.
pub fn container(
    context: &Context<'_>,
    workload: &Workload,
    options: PodOptions,
) -> Result<Container, Error> {
    let ports: Vec<ContainerPort> = workload
        .all_ports()
        .into_iter()
        .map(|(name, port)| ContainerPort {
            container_port: port.container().into(),
            protocol: port.protocol(),
            name: Some(name),
            ..Default::default()
        })
        .collect();
    let mut errors = Errors::default();
    for name in workload.ports.keys() {
        if let Err(invalid) = name.as_str().parse::<PortName>() {
            errors.push(Error::path(&["ports", name.as_str()], invalid.to_string()));
        }
    }
    if let Some(metrics) = workload.metrics_port()
        && !ports.iter().any(|port| port.name.as_deref() == Some(&metrics))
    {
        errors.push(Error::field("metrics.port", format!("there is no such port: `{metrics}`")));
    }
    let expand = |field: &str, texts: &[String]| -> Result<Option<Vec<String>>, Error> {
        let expanded: Vec<String> =
            texts.iter().map(|text| context.expand(&[field], text)).collect::<Result<_, _>>()?;
        Ok(Some(expanded).filter(|texts| !texts.is_empty()))
    };
    let security = &workload.security;
    let mut container = Container {
        name: context.name().to_owned(),
        image: Some(workload.image.to_string()),
        command: errors.take(expand("command", &workload.command)),
        args: errors.take(expand("arguments", &workload.arguments)),
        env: Some(errors.take(variables(context, workload))).filter(|variables| !variables.is_empty()),
        resources: Some(errors.take(requirements(&workload.resources))),
        security_context: Some(SecurityContext {
            allow_privilege_escalation: Some(false),
            capabilities: Some(Capabilities {
                add: Some(security.capabilities.clone()).filter(|capabilities| !capabilities.is_empty()),
                drop: Some(vec!["ALL".to_owned()]),
            }),
            read_only_root_filesystem: Some(!security.writable_root),
            ..Default::default()
        }),
        ports: Some(ports).filter(|ports| !ports.is_empty()),
        ..Default::default()
    };
    if let Some(command) =
        workload.shutdown.as_ref().map(|shutdown| &shutdown.command).filter(|command| !command.is_empty())
    {
        container.lifecycle = Some(Lifecycle {
            pre_stop: Some(LifecycleHandler {
                exec: Some(ExecAction { command: Some(command.clone()) }),
                ..Default::default()
            }),
            ..Default::default()
        });
    }
    if !options.runs_to_end {
        let probes = &workload.probes;
        container.liveness_probe = errors.take(probe(workload, "liveness", probes.liveness.as_ref()));
        container.startup_probe = errors.take(probe(workload, "startup", probes.startup.as_ref()));
        // Without a readiness check, every rollout would look successful, so an open port is the minimum.
        let least = Probe::default();
        let readiness = probes.readiness.as_ref().or(workload.port(None).map(|_| &least));
        container.readiness_probe = errors.take(probe(workload, "readiness", readiness));
    }
    errors.end(container)
}

/// Returns the container that runs to completion before the main one, with the same image and mounts.
fn prepare(context: &Context<'_>, workload: &Workload, main: &Container) -> Result<Option<Container>, Error> {
    if workload.prepare.is_empty() {
        return Ok(None);
    }
    let command =
        workload.prepare.iter().map(|text| context.expand(&["prepare"], text)).collect::<Result<_, _>>()?;
    Ok(Some(Container {
        name: "prepare".to_owned(),
        image: main.image.clone(),
        command: Some(command),
        env: main.env.clone(),
        volume_mounts: main.volume_mounts.clone(),
        resources: main.resources.clone(),
        security_context: main.security_context.clone(),
        ..Default::default()
    }))
}

fn annotations(
    context: &Context<'_>,
    workload: &Workload,
    texts: &BTreeMap<String, String>,
) -> Result<BTreeMap<String, String>, Error> {
    let mut annotations = BTreeMap::new();
    if !texts.is_empty() {
        annotations.insert("aqueduct.dev/files-digest".to_owned(), file_digest(texts));
    }
    if let Some(neighbour) = workload.config.as_ref().and_then(|_| context.link("config")) {
        let objects = context.rendered(&neighbour)?;
        let config_map = objects.iter().find(|object| object.kind() == "ConfigMap");
        let texts = config_map.and_then(data).unwrap_or_default();
        annotations.insert("aqueduct.dev/config-digest".to_owned(), file_digest(&texts));
    }
    if let Some(metrics) = workload.pod_group(&context.site).metrics {
        annotations.insert("prometheus.io/scrape".to_owned(), "true".to_owned());
        annotations.insert("prometheus.io/port".to_owned(), metrics.port.to_string());
        annotations.insert("prometheus.io/path".to_owned(), metrics.path);
        if let Some(interval) = workload.metrics.as_ref().and_then(|metrics| metrics.interval.as_ref()) {
            annotations.insert("prometheus.io/interval".to_owned(), interval.to_string());
        }
    }
    Ok(annotations)
}

fn data(config_map: &Object) -> Option<BTreeMap<String, String>> {
    let data = config_map.at(&["data"])?.as_map()?;
    Some(data.iter().filter_map(|(key, value)| Some((key.to_string(), value.as_str()?.to_owned()))).collect())
}
