//! The pod template, with production defaults: restricted security, health checks, spread replicas,
//! configuration rolled by its digest.

use std::collections::BTreeMap;

use aqueduct_manifest::Object;
use aqueduct_model::types::{Cpu, Memory};
use k8s_openapi::api::core::v1::{
    Affinity, Capabilities, Container, ContainerPort, EmptyDirVolumeSource, EnvVar, EnvVarSource, ExecAction,
    GRPCAction, HTTPGetAction, HostPathVolumeSource, KeyToPath, Lifecycle, LifecycleHandler,
    LocalObjectReference, ObjectFieldSelector, PersistentVolumeClaim, PersistentVolumeClaimSpec,
    PersistentVolumeClaimVolumeSource, PodAffinityTerm, PodAntiAffinity, PodSecurityContext, PodSpec,
    PodTemplateSpec, Probe as KubernetesProbe, ResourceRequirements, SeccompProfile, SecretKeySelector,
    SecretVolumeSource, SecurityContext, TCPSocketAction, Toleration as KubernetesToleration,
    TopologySpreadConstraint, Volume, VolumeMount, VolumeResourceRequirements, WeightedPodAffinityTerm,
};
use k8s_openapi::api::core::v1::{ConfigMapKeySelector, ConfigMapVolumeSource};
use k8s_openapi::apimachinery::pkg::api::resource::Quantity;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::{LabelSelector, ObjectMeta};
use k8s_openapi::apimachinery::pkg::util::intstr::IntOrString;

use super::companions::secret_name;
use super::{
    Amounts, DatabaseField, Probe, Resources, Scheduling, Spread, Variable, VariableSource, Workload,
    file_digest,
};
use crate::{Context, Credential, Error};

/// What differs between the kinds that have pods.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PodOptions {
    /// How many replicas there may be, which decides whether they are spread.
    pub replicas: u16,
    /// Whether persistent volumes are claimed per pod by a StatefulSet.
    pub claims_per_pod: bool,
    /// Whether the pod runs to its end, and so is not probed.
    pub runs_to_end: bool,
    /// Whether the component's own ServiceAccount exists when the pod starts.
    pub own_account: bool,
}

/// The folder and the volume of what is mounted.
struct Mounts {
    volumes: Vec<Volume>,
    mounts: Vec<VolumeMount>,
}

impl Mounts {
    fn add(&mut self, name: &str, folder: &str, read_only: bool, volume: Volume) {
        self.mounts.push(VolumeMount {
            name: name.to_owned(),
            mount_path: folder.to_owned(),
            read_only: read_only.then_some(true),
            ..Default::default()
        });
        self.volumes.push(Volume { name: name.to_owned(), ..volume });
    }
}

/// Returns the pod template of a workload; `texts` are its configuration files.
///
/// # Errors
/// A field that names something the component does not have.
pub fn pod_template(
    context: &Context<'_>,
    workload: &Workload<'_>,
    texts: &BTreeMap<String, String>,
    options: PodOptions,
) -> Result<PodTemplateSpec, Error> {
    let mounts = mounts(context, workload, options)?;
    let mut main = container(context, workload, options)?;
    main.volume_mounts = Some(mounts.mounts).filter(|mounts| !mounts.is_empty());
    let prepare = prepare(context, workload, &main)?;
    let annotations = annotations(context, workload, texts)?;
    let security = workload.security;
    let user = security.user.unwrap_or(1000);
    let group = security.group.unwrap_or(user);
    let spec = PodSpec {
        affinity: affinity(context, workload.scheduling, options.replicas),
        automount_service_account_token: Some(workload.permissions.is_some()),
        containers: vec![main],
        // On the node's network only this policy asks the cluster's DNS.
        dns_policy: security.host.then(|| "ClusterFirstWithHostNet".to_owned()),
        enable_service_links: Some(false),
        host_network: security.host.then_some(true),
        host_pid: security.host.then_some(true),
        image_pull_secrets: workload.pull_secret.map(|pull| {
            vec![LocalObjectReference { name: super::companions::pull_secret_name(context, pull) }]
        }),
        init_containers: prepare.map(|container| vec![container]),
        node_selector: node_selector(context, workload.scheduling)?,
        priority_class_name: workload.scheduling.priority_class.as_ref().map(ToString::to_string),
        restart_policy: options.runs_to_end.then(|| "Never".to_owned()),
        security_context: Some(PodSecurityContext {
            fs_group: Some(group),
            run_as_group: Some(group),
            run_as_non_root: Some(user != 0),
            run_as_user: Some(user),
            seccomp_profile: Some(SeccompProfile {
                type_: "RuntimeDefault".to_owned(),
                ..Default::default()
            }),
            ..Default::default()
        }),
        service_account_name: options.own_account.then(|| context.name().to_owned()),
        termination_grace_period_seconds: workload
            .shutdown
            .and_then(|shutdown| shutdown.grace.as_ref())
            .map(|grace| grace.seconds() as i64),
        tolerations: tolerations(workload.scheduling),
        topology_spread_constraints: topology_spread(context, workload.scheduling, options.replicas),
        volumes: Some(mounts.volumes).filter(|volumes| !volumes.is_empty()),
        ..Default::default()
    };
    Ok(PodTemplateSpec {
        metadata: Some(ObjectMeta {
            annotations: Some(annotations).filter(|annotations| !annotations.is_empty()),
            labels: Some(context.labels()),
            ..Default::default()
        }),
        spec: Some(spec),
    })
}

/// Returns the main container, without its volume mounts.
///
/// # Errors
/// A variable, a secret or a probe that names something the component does not have.
pub fn container(
    context: &Context<'_>,
    workload: &Workload<'_>,
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
    if let Some(metrics) = workload.metrics_port()
        && !ports.iter().any(|port| port.name.as_deref() == Some(&metrics))
    {
        return Err(Error::field("metrics.port", format!("there is no port of this name: `{metrics}`")));
    }
    let expand = |field: &str, texts: &[String]| -> Result<Option<Vec<String>>, Error> {
        let expanded: Vec<String> =
            texts.iter().map(|text| context.expand(&[field], text)).collect::<Result<_, _>>()?;
        Ok(Some(expanded).filter(|texts| !texts.is_empty()))
    };
    let security = workload.security;
    let mut container = Container {
        name: context.name().to_owned(),
        image: Some(workload.image.to_string()),
        command: expand("command", workload.command)?,
        args: expand("arguments", workload.arguments)?,
        env: Some(variables(context, workload)?).filter(|variables| !variables.is_empty()),
        resources: Some(requirements(workload.resources)),
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
        workload.shutdown.map(|shutdown| &shutdown.command).filter(|command| !command.is_empty())
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
        let probes = workload.probes;
        container.liveness_probe = probe(workload, "liveness", probes.liveness.as_ref())?;
        container.startup_probe = probe(workload, "startup", probes.startup.as_ref())?;
        // Without a readiness check every rollout would be taken for a success, so an open port is the least.
        let least = Probe::default();
        let readiness = probes.readiness.as_ref().or(workload.port(None).map(|_| &least));
        container.readiness_probe = probe(workload, "readiness", readiness)?;
    }
    Ok(container)
}

/// Returns the container that runs to its end before the main one: the same image, with all that is mounted.
fn prepare(
    context: &Context<'_>,
    workload: &Workload<'_>,
    main: &Container,
) -> Result<Option<Container>, Error> {
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

/// Returns Kubernetes' form of the resources.
pub fn requirements(resources: &Resources) -> ResourceRequirements {
    let amounts = |amounts: &Amounts| {
        BTreeMap::from([
            ("cpu".to_owned(), cpu(&amounts.cpu)),
            ("memory".to_owned(), memory(&amounts.memory)),
        ])
    };
    ResourceRequirements {
        limits: Some(amounts(&resources.limits)),
        requests: Some(amounts(&resources.requests)),
        ..Default::default()
    }
}

fn cpu(cpu: &Cpu) -> Quantity {
    Quantity(cpu.to_string())
}

fn memory(memory: &Memory) -> Quantity {
    Quantity(memory.to_string())
}

/// Returns the claims of a StatefulSet's pods.
pub fn claim_templates(
    context: &Context<'_>,
    workload: &Workload<'_>,
) -> Result<Vec<PersistentVolumeClaim>, Error> {
    let persistent = workload.volumes.iter().filter(|(_, volume)| volume.is_claim());
    persistent
        .map(|(name, volume)| {
            let size = volume.size.as_ref().ok_or_else(|| {
                Error::path(&["volumes", name.as_str()], "a persistent volume needs a `size`")
            })?;
            Ok(PersistentVolumeClaim {
                metadata: ObjectMeta { name: Some(name.to_string()), ..Default::default() },
                spec: Some(claim_spec(context, volume.class.as_ref().map(ToString::to_string), size)),
                ..Default::default()
            })
        })
        .collect()
}

/// Returns the claim of a volume that one pod at a time writes.
pub(super) fn claim_spec(
    context: &Context<'_>,
    class: Option<String>,
    size: &Memory,
) -> PersistentVolumeClaimSpec {
    PersistentVolumeClaimSpec {
        access_modes: Some(vec!["ReadWriteOnce".to_owned()]),
        resources: Some(VolumeResourceRequirements {
            requests: Some(BTreeMap::from([("storage".to_owned(), memory(size))])),
            ..Default::default()
        }),
        storage_class_name: class
            .or_else(|| context.environment().storage_class.as_ref().map(ToString::to_string)),
        ..Default::default()
    }
}

fn mounts(context: &Context<'_>, workload: &Workload<'_>, options: PodOptions) -> Result<Mounts, Error> {
    let mut mounts = Mounts { volumes: Vec::new(), mounts: Vec::new() };
    let mut folders: BTreeMap<&str, Vec<KeyToPath>> = BTreeMap::new();
    for (name, file) in workload.files {
        let item = KeyToPath { key: name.clone(), path: name.clone(), mode: None };
        folders.entry(file.mount.as_str()).or_default().push(item);
    }
    for (number, (folder, items)) in folders.into_iter().enumerate() {
        let source = ConfigMapVolumeSource {
            name: format!("{}-files", context.name()),
            items: (items.len() != workload.files.len()).then_some(items),
            ..Default::default()
        };
        let name = if number == 0 { "files".to_owned() } else { format!("files-{number}") };
        mounts.add(&name, folder, true, Volume { config_map: Some(source), ..Default::default() });
    }
    if let (Some(config), Some(neighbour)) = (workload.config, context.link("config")) {
        let Some(config_map) = &neighbour.offer().config_map else {
            return Err(Error::field(
                "config.component",
                format!("`{}` is not a shared configuration", config.component),
            )
            .hint("name a component of kind `config`"));
        };
        if neighbour.site.namespace() != context.namespace() {
            return Err(Error::field(
                "config.component",
                "a ConfigMap can be mounted only in its own namespace",
            ));
        }
        let source = ConfigMapVolumeSource { name: config_map.clone(), ..Default::default() };
        mounts.add("config", &config.mount, true, Volume { config_map: Some(source), ..Default::default() });
    }
    for (name, secret) in workload.secrets {
        if let Some(folder) = &secret.mount {
            let source = SecretVolumeSource {
                secret_name: Some(secret_name(context, name, secret)?),
                // The group of the pod reads it: the files belong to root.
                default_mode: Some(0o440),
                ..Default::default()
            };
            mounts.add(
                &format!("secret-{name}"),
                folder,
                true,
                Volume { secret: Some(source), ..Default::default() },
            );
        }
    }
    if let Some(certificate) = workload.certificate {
        let source = SecretVolumeSource {
            secret_name: Some(format!("{}-certificate", context.name())),
            default_mode: Some(0o440),
            ..Default::default()
        };
        mounts.add(
            "certificate",
            &certificate.mount,
            true,
            Volume { secret: Some(source), ..Default::default() },
        );
    }
    for (name, volume) in workload.volumes {
        let claimed = volume.is_claim() && options.claims_per_pod;
        let source = if let Some(path) = &volume.node {
            Volume {
                host_path: Some(HostPathVolumeSource {
                    path: path.clone(),
                    type_: volume.persistent.then(|| "DirectoryOrCreate".to_owned()),
                }),
                ..Default::default()
            }
        } else if volume.persistent {
            let claim_name = format!("{}-{name}", context.name());
            Volume {
                persistent_volume_claim: Some(PersistentVolumeClaimVolumeSource {
                    claim_name,
                    ..Default::default()
                }),
                ..Default::default()
            }
        } else {
            scratch(volume.size.as_ref(), volume.memory)
        };
        mounts.add(name.as_str(), &volume.mount, volume.node.is_some() && !volume.persistent, source);
        if let Some(mount) = mounts.mounts.last_mut().filter(|_| volume.node.is_some()) {
            // An agent must see what the node mounts after the agent has started.
            mount.mount_propagation = Some("HostToContainer".to_owned());
        }
        if claimed {
            // The StatefulSet adds the volume of the claim itself.
            mounts.volumes.pop();
        }
    }
    let has_temporary = mounts.mounts.iter().any(|mount| mount.mount_path == "/tmp");
    if !workload.security.writable_root && !has_temporary {
        mounts.add("temporary", "/tmp", false, scratch(Some(&Memory::from_bytes(64 << 20)), false));
    }
    let mut seen = BTreeMap::new();
    for mount in &mounts.mounts {
        if let Some(other) = seen.insert(mount.mount_path.as_str(), mount.name.as_str()) {
            return Err(Error::field(
                "",
                format!(
                    "`{other}` and `{}` are mounted in the same folder: `{}`",
                    mount.name, mount.mount_path
                ),
            ));
        }
    }
    Ok(mounts)
}

fn scratch(size: Option<&Memory>, in_memory: bool) -> Volume {
    let source =
        EmptyDirVolumeSource { medium: in_memory.then(|| "Memory".to_owned()), size_limit: size.map(memory) };
    Volume { empty_dir: Some(source), ..Default::default() }
}

/// Returns the variables in an order in which `$(NAME)` finds what it names: fields of the pod, secrets,
/// plain values, and then those that are made of others.
fn variables(context: &Context<'_>, workload: &Workload<'_>) -> Result<Vec<EnvVar>, Error> {
    let mut variables = Vec::new();
    let mut composed: Vec<EnvVar> = Vec::new();
    for (name, variable) in workload.variables {
        let field = ["variables", name.as_str()];
        let plain = |value: String| EnvVar { name: name.clone(), value: Some(value), ..Default::default() };
        match variable {
            Variable::Switch(switch) => composed.push(plain(switch.to_string())),
            Variable::Integer(integer) => composed.push(plain(integer.to_string())),
            Variable::Text(text) => composed.push(plain(context.expand(&field, text)?)),
            Variable::From(VariableSource::Field(path)) => variables.push(EnvVar {
                name: name.clone(),
                value_from: Some(EnvVarSource {
                    field_ref: Some(ObjectFieldSelector { field_path: path.clone(), ..Default::default() }),
                    ..Default::default()
                }),
                ..Default::default()
            }),
            Variable::From(VariableSource::Secret(reference)) => {
                let (secret, key) = reference.split_once('/').ok_or_else(|| {
                    Error::path(&field, format!("a secret is named as `name/key`: `{reference}`"))
                })?;
                variables.push(from_secret(name, secret, key));
            }
            Variable::From(VariableSource::ConfigMap(reference)) => {
                let (config_map, key) = reference.split_once('/').ok_or_else(|| {
                    Error::path(&field, format!("a ConfigMap's key is named as `name/key`: `{reference}`"))
                })?;
                let selector = ConfigMapKeySelector {
                    name: config_map.to_owned(),
                    key: key.to_owned(),
                    ..Default::default()
                };
                variables.push(EnvVar {
                    name: name.clone(),
                    value_from: Some(EnvVarSource {
                        config_map_key_ref: Some(selector),
                        ..Default::default()
                    }),
                    ..Default::default()
                });
            }
        }
    }
    for (name, secret) in workload.secrets {
        if secret.mount.is_none() {
            let object = secret_name(context, name, secret)?;
            let offered = secret.component.as_ref().and_then(|_| context.link(&format!("secrets.{name}")));
            let offered = offered.and_then(|neighbour| neighbour.offer().secret.as_ref());
            let keys = match offered {
                Some((_, keys)) if secret.keys.is_empty() => keys,
                _ => &secret.keys,
            };
            if keys.is_empty() {
                return Err(Error::path(
                    &["secrets", name.as_str()],
                    format!("secret `{name}` has neither `keys` nor a `mount`"),
                ));
            }
            variables.extend(keys.iter().map(|key| from_secret(key, &object, key)));
        }
    }
    if let (Some(database), Some(neighbour)) = (workload.database, context.link("database")) {
        let Some(credentials) = &neighbour.offer().credentials else {
            return Err(Error::field("database", format!("`{}` is not a database", database.target())));
        };
        if credentials.namespace != context.namespace() {
            return Err(Error::field(
                "database",
                "the login of a database can be used only in its own namespace",
            )
            .hint("give the tenant a database component of its own"));
        }
        for (name, property) in database_variables(&neighbour.site.instance.kind, database) {
            let Some(credential) = credentials.properties.get(property.as_str()) else {
                let known: Vec<&str> = credentials.properties.keys().copied().collect();
                return Err(Error::path(
                    &["database", "variables", &name],
                    format!("unknown property: `{property}`"),
                )
                .hint(format!("there are {}", known.join(", "))));
            };
            match credential {
                Credential::Value(value) => {
                    composed.push(EnvVar { name, value: Some(value.clone()), ..Default::default() });
                }
                Credential::Secret { name: secret, key } => variables.push(from_secret(&name, secret, key)),
            }
        }
    }
    let uses = |user: &EnvVar, used: &EnvVar| {
        user.value.as_ref().is_some_and(|value| value.contains(&format!("$({})", used.name)))
    };
    // At each turn the first one that uses none of the others; one that uses itself is left as it is.
    while !composed.is_empty() {
        let free = (0..composed.len()).find(|at| {
            (0..composed.len()).all(|other| other == *at || !uses(&composed[*at], &composed[other]))
        });
        variables.push(composed.remove(free.unwrap_or(0)));
    }
    let mut names: Vec<&str> = variables.iter().map(|variable| variable.name.as_str()).collect();
    names.sort_unstable();
    if let Some(twice) = names.windows(2).find(|pair| pair[0] == pair[1]) {
        return Err(Error::path(
            &["variables", twice[0]],
            format!("the variable is set twice: `{}`", twice[0]),
        ));
    }
    Ok(variables)
}

fn database_variables(kind: &str, database: &DatabaseField) -> Vec<(String, String)> {
    match database {
        DatabaseField::Component(_) => {
            let prefix = kind.to_ascii_uppercase().replace('-', "_");
            [
                ("HOST", "host"),
                ("PORT", "port"),
                ("DB", "database"),
                ("USER", "user"),
                ("PASSWORD", "password"),
            ]
            .into_iter()
            .map(|(name, property)| (format!("{prefix}_{name}"), property.to_owned()))
            .collect()
        }
        DatabaseField::Table(table) => table.variables.clone().into_iter().collect(),
    }
}

fn from_secret(variable: &str, secret: &str, key: &str) -> EnvVar {
    EnvVar {
        name: variable.to_owned(),
        value_from: Some(EnvVarSource {
            secret_key_ref: Some(SecretKeySelector {
                name: secret.to_owned(),
                key: key.to_owned(),
                optional: None,
            }),
            ..Default::default()
        }),
        ..Default::default()
    }
}

fn probe(
    workload: &Workload<'_>,
    field: &str,
    probe: Option<&Probe>,
) -> Result<Option<KubernetesProbe>, Error> {
    let Some(probe) = probe else { return Ok(None) };
    let path = format!("probes.{field}");
    let mut result = KubernetesProbe {
        initial_delay_seconds: probe.delay.as_ref().map(|delay| delay.seconds() as i32),
        period_seconds: probe.period.as_ref().map(|period| period.seconds() as i32),
        timeout_seconds: probe.timeout.as_ref().map(|timeout| timeout.seconds() as i32),
        failure_threshold: probe.failures.map(i32::from),
        ..Default::default()
    };
    if !probe.command.is_empty() {
        result.exec = Some(ExecAction { command: Some(probe.command.clone()) });
        return Ok(Some(result));
    }
    let (name, number) = workload.port(probe.port.as_ref()).ok_or_else(|| match &probe.port {
        Some(port) => {
            Error::field(&format!("{path}.port"), format!("there is no port of this name: `{port}`"))
        }
        None => Error::field(&path, "a probe without a `command` needs one of `ports`"),
    })?;
    let port = IntOrString::String(name);
    if probe.grpc {
        result.grpc = Some(GRPCAction { port: number.into(), service: None });
    } else if let Some(path) = &probe.path {
        result.http_get = Some(HTTPGetAction { path: Some(path.to_string()), port, ..Default::default() });
    } else {
        result.tcp_socket = Some(TCPSocketAction { port, host: None });
    }
    Ok(Some(result))
}

fn annotations(
    context: &Context<'_>,
    workload: &Workload<'_>,
    texts: &BTreeMap<String, String>,
) -> Result<BTreeMap<String, String>, Error> {
    let mut annotations = BTreeMap::new();
    if !texts.is_empty() {
        annotations.insert("aqueduct.dev/files-digest".to_owned(), file_digest(texts));
    }
    if let Some(neighbour) = workload.config.and_then(|_| context.link("config")) {
        let objects = context.rendered(&neighbour)?;
        let config_map = objects.iter().find(|object| object.kind() == "ConfigMap");
        let texts = config_map.and_then(data).unwrap_or_default();
        annotations.insert("aqueduct.dev/config-digest".to_owned(), file_digest(&texts));
    }
    if let Some(metrics) = workload.part(&context.site).metrics {
        annotations.insert("prometheus.io/scrape".to_owned(), "true".to_owned());
        annotations.insert("prometheus.io/port".to_owned(), metrics.port.to_string());
        annotations.insert("prometheus.io/path".to_owned(), metrics.path);
        if let Some(interval) = workload.metrics.and_then(|metrics| metrics.interval.as_ref()) {
            annotations.insert("prometheus.io/interval".to_owned(), interval.to_string());
        }
    }
    Ok(annotations)
}

fn data(config_map: &Object) -> Option<BTreeMap<String, String>> {
    let data = config_map.at(&["data"])?.as_map()?;
    Some(data.iter().filter_map(|(key, value)| Some((key.to_string(), value.as_str()?.to_owned()))).collect())
}

fn node_selector(
    context: &Context<'_>,
    scheduling: &Scheduling,
) -> Result<Option<BTreeMap<String, String>>, Error> {
    let Some(pool) = &scheduling.pool else { return Ok(None) };
    let pools = &context.environment().node_pools;
    match pools.get(pool) {
        Some(_) => {
            Ok(Some(BTreeMap::from([("doks.digitalocean.com/node-pool".to_owned(), pool.to_string())])))
        }
        None => {
            let environment = &context.environment().name;
            let error = Error::field(
                "scheduling.pool",
                format!("{environment} has no node pool of this name: `{pool}`"),
            );
            Err(match aqueduct_manifest::closest(pool.as_str(), pools.keys().map(|name| name.as_str())) {
                Some(near) => error.hint(format!("did you mean `{near}`?")),
                None => error,
            })
        }
    }
}

const ZONE: &str = "topology.kubernetes.io/zone";
const NODE: &str = "kubernetes.io/hostname";

fn affinity(context: &Context<'_>, scheduling: &Scheduling, replicas: u16) -> Option<Affinity> {
    if scheduling.spread != Spread::Apart || replicas < 2 {
        return None;
    }
    let term = |weight, topology: &str| WeightedPodAffinityTerm {
        weight,
        pod_affinity_term: PodAffinityTerm {
            label_selector: Some(context.label_selector()),
            topology_key: topology.to_owned(),
            ..Default::default()
        },
    };
    Some(Affinity {
        pod_anti_affinity: Some(PodAntiAffinity {
            preferred_during_scheduling_ignored_during_execution: Some(vec![term(100, ZONE), term(50, NODE)]),
            ..Default::default()
        }),
        ..Default::default()
    })
}

fn topology_spread(
    context: &Context<'_>,
    scheduling: &Scheduling,
    replicas: u16,
) -> Option<Vec<TopologySpreadConstraint>> {
    if scheduling.spread != Spread::Even || replicas < 2 {
        return None;
    }
    let constraint = |topology: &str| TopologySpreadConstraint {
        label_selector: Some(LabelSelector { ..context.label_selector() }),
        max_skew: 1,
        topology_key: topology.to_owned(),
        when_unsatisfiable: "ScheduleAnyway".to_owned(),
        ..Default::default()
    };
    Some(vec![constraint(ZONE), constraint(NODE)])
}

fn tolerations(scheduling: &Scheduling) -> Option<Vec<KubernetesToleration>> {
    let tolerations = scheduling.tolerations.iter().map(|toleration| KubernetesToleration {
        key: toleration.key.clone(),
        value: toleration.value.clone(),
        operator: toleration.value.is_none().then(|| "Exists".to_owned()),
        effect: toleration.effect.clone(),
        toleration_seconds: toleration.seconds,
    });
    Some(tolerations.collect::<Vec<_>>()).filter(|tolerations| !tolerations.is_empty())
}
