//! The other parts of a pod: additional containers, labels, annotations and settings.

use std::collections::BTreeMap;

use aqueduct_manifest::Object;
use aqueduct_model::types::{Cpu, Image, LabelKey, LabelValue, Memory, Name, Port};
use aqueduct_render::{Context, Error};
use k8s_openapi::api::core::v1::{
    Capabilities, Container, ContainerPort, EnvVar, ResourceRequirements, SecurityContext, VolumeMount,
};
use k8s_openapi::apimachinery::pkg::api::resource::Quantity;
use schemars::JsonSchema;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use super::{FreeTable, Workload};

/// An additional container of the pod.
///
/// It runs as the same user as the main one, without privileges, on a read-only root file system.
#[derive(Clone, Debug, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Sidecar {
    /// The name, unique in the pod.
    pub name: Name,
    /// The image.
    pub image: Image,
    /// The command (default: the image's own).
    #[serde(default)]
    pub command: Vec<String>,
    /// The arguments of the command.
    #[serde(default)]
    pub arguments: Vec<String>,
    /// The ports that it listens on, by name; Services and network policies only cover the main container's.
    #[serde(default)]
    pub ports: BTreeMap<Name, Port>,
    /// Environment variables; never secrets. `${link.…}` is expanded.
    #[serde(default)]
    pub variables: BTreeMap<String, String>,
    /// The folders where volumes of the pod are mounted, by volume name.
    #[serde(default)]
    pub mounts: BTreeMap<Name, String>,
    /// CPU and memory.
    pub resources: SidecarResources,
    /// The user (default: the pod's).
    pub user: Option<i64>,
    /// Whether it may write outside its mounts.
    #[serde(default)]
    pub writable_root: bool,
    /// Linux capabilities to keep.
    #[serde(default)]
    pub capabilities: Vec<String>,
}

/// The CPU and memory that a sidecar requests, and its limits.
#[derive(Clone, Debug, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SidecarResources {
    /// The amounts that the scheduler reserves.
    pub requests: SidecarAmounts,
    /// The limits that the kernel enforces.
    #[serde(default)]
    pub limits: SidecarAmounts,
}

/// An amount of CPU and of memory; either may be omitted.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SidecarAmounts {
    /// CPU, such as `250m` or `2`.
    pub cpu: Option<Cpu>,
    /// Memory, such as `256Mi`.
    pub memory: Option<Memory>,
}

/// Additional properties of the pods.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PodField {
    /// Labels of the pods.
    #[serde(default)]
    pub labels: BTreeMap<LabelKey, LabelValue>,
    /// Annotations of the pods.
    #[serde(default)]
    pub annotations: BTreeMap<LabelKey, String>,
}

impl PodField {
    /// Returns the labels of the pods.
    ///
    /// # Errors
    /// Returns an error for a label that is used in selectors.
    pub(super) fn labels(&self, context: &Context<'_>) -> Result<BTreeMap<String, String>, Error> {
        let mut labels = context.labels();
        let selector = context.selector();
        for (key, value) in &self.labels {
            let key = key.to_string();
            if selector.contains_key(&key) {
                let message = format!("the label `{key}` is reserved: aqueduct uses it in selectors");
                return Err(Error::path(&["pod", "labels", &key], message));
            }
            labels.insert(key, value.to_string());
        }
        Ok(labels)
    }
}

/// Returns the additional containers of a pod; `field` lists them, and `mounts` are those of the main container.
///
/// # Errors
/// Returns an error for a volume that the pod does not have, and for a duplicate name.
pub(super) fn containers(
    context: &Context<'_>,
    workload: &Workload,
    field: &'static str,
    sidecars: &[Sidecar],
    mounts: &[VolumeMount],
) -> Result<Vec<Container>, Error> {
    sidecars.iter().map(|sidecar| container(context, workload, field, sidecar, mounts)).collect()
}

fn container(
    context: &Context<'_>,
    workload: &Workload,
    field: &'static str,
    sidecar: &Sidecar,
    mounts: &[VolumeMount],
) -> Result<Container, Error> {
    let all = workload.init_containers.iter().chain(&workload.sidecars);
    let same = all.filter(|other| other.name == sidecar.name).count();
    if same > 1 || sidecar.name.as_str() == context.name() || sidecar.name.as_str() == "prepare" {
        let message = format!("another container of the pod has the same name: `{}`", sidecar.name);
        return Err(Error::field(field, message));
    }
    let expand = |texts: &[String]| -> Result<Option<Vec<String>>, Error> {
        let texts: Vec<String> =
            texts.iter().map(|text| context.expand(&[field], text)).collect::<Result<_, _>>()?;
        Ok(Some(texts).filter(|texts| !texts.is_empty()))
    };
    let variables: Vec<EnvVar> = sidecar
        .variables
        .iter()
        .map(|(name, value)| {
            let value = Some(context.expand(&[field], value)?);
            Ok(EnvVar { name: name.clone(), value, value_from: None })
        })
        .collect::<Result<_, Error>>()?;
    let mounted: Vec<VolumeMount> = sidecar
        .mounts
        .iter()
        .map(|(name, folder)| {
            let known = mounts.iter().find(|mount| mount.name == name.as_str()).ok_or_else(|| {
                let names: Vec<&str> = mounts.iter().map(|mount| mount.name.as_str()).collect();
                let error = Error::field(field, format!("the pod has no such volume: `{name}`"));
                match aqueduct_manifest::closest(name.as_str(), names) {
                    Some(near) => error.hint(format!("did you mean `{near}`?")),
                    None => error.hint(format!("declare it: `[volumes.{name}]`")),
                }
            })?;
            Ok(VolumeMount { mount_path: folder.clone(), ..known.clone() })
        })
        .collect::<Result<_, Error>>()?;
    let ports: Vec<ContainerPort> = sidecar
        .ports
        .iter()
        .map(|(name, port)| ContainerPort {
            container_port: port.get().into(),
            name: Some(name.to_string()),
            ..Default::default()
        })
        .collect();
    Ok(Container {
        name: sidecar.name.to_string(),
        image: Some(sidecar.image.to_string()),
        command: expand(&sidecar.command)?,
        args: expand(&sidecar.arguments)?,
        env: Some(variables).filter(|variables| !variables.is_empty()),
        ports: Some(ports).filter(|ports| !ports.is_empty()),
        resources: Some(ResourceRequirements {
            requests: amounts(&sidecar.resources.requests),
            limits: amounts(&sidecar.resources.limits),
            ..Default::default()
        }),
        security_context: Some(SecurityContext {
            allow_privilege_escalation: Some(false),
            capabilities: Some(Capabilities {
                add: Some(sidecar.capabilities.clone()).filter(|capabilities| !capabilities.is_empty()),
                drop: Some(vec!["ALL".to_owned()]),
            }),
            read_only_root_filesystem: Some(!sidecar.writable_root),
            run_as_non_root: sidecar.user.map(|user| user != 0),
            run_as_user: sidecar.user,
            ..Default::default()
        }),
        volume_mounts: Some(mounted).filter(|mounts| !mounts.is_empty()),
        ..Default::default()
    })
}

fn amounts(resources: &SidecarAmounts) -> Option<BTreeMap<String, Quantity>> {
    let cpu = resources.cpu.as_ref().map(|cpu| ("cpu".to_owned(), Quantity(cpu.to_string())));
    let memory = resources.memory.as_ref().map(|memory| ("memory".to_owned(), Quantity(memory.to_string())));
    let amounts: BTreeMap<String, Quantity> = cpu.into_iter().chain(memory).collect();
    Some(amounts).filter(|amounts| !amounts.is_empty())
}

/// Reads a table in Kubernetes' notation and merges it over the compiler's defaults.
///
/// # Errors
/// Returns an error for fields that Kubernetes does not have.
pub(super) fn as_kubernetes_writes<T: DeserializeOwned + Serialize>(
    field: &str,
    below: &T,
    table: &FreeTable,
) -> Result<T, Error> {
    let wrong = |error: &dyn std::fmt::Display| Error::field(field, error.to_string());
    let mut map = Object::from_typed(below).map_err(|error| wrong(&error))?.map;
    for (key, value) in &table.0 {
        map.insert(key.clone(), value.clone());
    }
    let json = serde_json::to_value(&map).map_err(|error| wrong(&error))?;
    let typed: T = serde_json::from_value(json.clone()).map_err(|error| wrong(&error))?;
    let kept = serde_json::to_value(&typed).map_err(|error| wrong(&error))?;
    match lost(&json, &kept) {
        Some(path) => Err(Error::field(field, format!("Kubernetes has no such field: `{path}`"))),
        None => Ok(typed),
    }
}

/// Returns the path of the first field that a typed form does not have.
fn lost(written: &serde_json::Value, kept: &serde_json::Value) -> Option<String> {
    use serde_json::Value::{Array, Object};
    match (written, kept) {
        (Object(written), Object(kept)) => written.iter().find_map(|(key, value)| match kept.get(key) {
            Some(kept) => lost(value, kept).map(|path| format!("{key}.{path}")),
            None if value.is_null() => None,
            None => Some(key.clone()),
        }),
        (Array(written), Array(kept)) => written
            .iter()
            .zip(kept)
            .enumerate()
            .find_map(|(number, (written, kept))| Some(format!("{number}.{}", lost(written, kept)?))),
        _ => None,
    }
}
