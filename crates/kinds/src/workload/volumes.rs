//! Folders that are not part of the image: configuration, secrets, certificates, scratch space, and volume claims.

use std::collections::BTreeMap;

use aqueduct_model::types::{Memory, Name};
use aqueduct_render::{Context, Error, Errors};
use k8s_openapi::api::core::v1::{
    ConfigMapVolumeSource, EmptyDirVolumeSource, HostPathVolumeSource, KeyToPath, PersistentVolumeClaim,
    PersistentVolumeClaimSpec, PersistentVolumeClaimVolumeSource, SecretVolumeSource, Volume, VolumeMount,
    VolumeResourceRequirements,
};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta;
use schemars::JsonSchema;
use serde::Deserialize;

use super::resources::memory;
use super::secrets::secret_name;
use super::sidecars::as_kubernetes_writes;
use super::{FreeTable, PodOptions, Workload};

/// A folder of the container that is not part of its image.
#[derive(Clone, Debug, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct VolumeField {
    /// The path in the container.
    pub mount: String,
    /// The size of the claim, if `persistent` is set, or else the limit of the scratch space.
    pub size: Option<Memory>,
    /// Whether it outlives the pod; a folder of the node is then created if missing, and writable.
    #[serde(default)]
    pub persistent: bool,
    /// The StorageClass of a persistent volume (default: the environment's).
    pub class: Option<Name>,
    /// Whether scratch space is in memory.
    #[serde(default)]
    pub memory: bool,
    /// A folder of the node, for agents that read its logs or state; read-only unless `persistent` is set.
    pub node: Option<String>,
    /// The volume source in Kubernetes' notation, such as `{ secret = { secretName = "login" } }`.
    pub source: Option<FreeTable>,
}

impl VolumeField {
    /// Tells whether the volume is claimed from the cluster's storage.
    pub fn is_claim(&self) -> bool {
        self.persistent && self.node.is_none()
    }

    /// Returns a read-only folder of the node.
    pub fn of_node(folder: &str, mount: &str) -> Self {
        Self { node: Some(folder.to_owned()), ..Self::scratch(mount) }
    }

    /// Returns scratch space.
    pub fn scratch(mount: &str) -> Self {
        Self {
            mount: mount.to_owned(),
            size: None,
            persistent: false,
            class: None,
            memory: false,
            node: None,
            source: None,
        }
    }
}

/// Returns the claims of a StatefulSet's pods.
pub fn claim_templates(
    context: &Context<'_>,
    workload: &Workload,
) -> Result<Vec<PersistentVolumeClaim>, Error> {
    let persistent = workload.volumes.iter().filter(|(_, volume)| volume.is_claim());
    persistent
        .map(|(name, volume)| {
            let metadata = ObjectMeta { name: Some(name.to_string()), ..Default::default() };
            claim(context, name, volume, metadata)
        })
        .collect()
}

/// Returns the claim of a persistent volume.
pub(super) fn claim(
    context: &Context<'_>,
    name: &Name,
    volume: &VolumeField,
    metadata: ObjectMeta,
) -> Result<PersistentVolumeClaim, Error> {
    let size = volume
        .size
        .as_ref()
        .ok_or_else(|| Error::path(&["volumes", name.as_str()], "a persistent volume needs a `size`"))?;
    let class = volume.class.as_ref().map(ToString::to_string);
    let spec = claim_spec(context, class, size, &["volumes", name.as_str(), "size"])?;
    Ok(PersistentVolumeClaim { metadata, spec: Some(spec), ..Default::default() })
}

/// Returns the claim of a volume that one pod at a time can write.
pub(super) fn claim_spec(
    context: &Context<'_>,
    class: Option<String>,
    size: &Memory,
    field: &[&str],
) -> Result<PersistentVolumeClaimSpec, Error> {
    if size.bytes() == 0 {
        return Err(Error::path(field, "a volume must have a size of at least 1 byte"));
    }
    Ok(PersistentVolumeClaimSpec {
        access_modes: Some(vec!["ReadWriteOnce".to_owned()]),
        resources: Some(VolumeResourceRequirements {
            requests: Some(BTreeMap::from([("storage".to_owned(), memory(size))])),
            ..Default::default()
        }),
        storage_class_name: class
            .or_else(|| context.environment().storage_class.as_ref().map(ToString::to_string)),
        ..Default::default()
    })
}

/// The volumes of a pod, and where its container mounts them.
#[derive(Default)]
pub(super) struct Mounts {
    pub(super) volumes: Vec<Volume>,
    pub(super) mounts: Vec<VolumeMount>,
}

/// Returns the volumes and mounts of a workload.
///
/// # Errors
/// Returns an error for a component that is not a configuration, and for two volumes in the same folder.
pub(super) fn mounts(
    context: &Context<'_>,
    workload: &Workload,
    options: PodOptions,
) -> Result<Mounts, Error> {
    let mut mounts = Mounts::default();
    let mut errors = Errors::default();
    mounts.add_files(context, workload);
    errors.take(mounts.add_config(context, workload));
    errors.take(mounts.add_secrets(context, workload));
    errors.take(mounts.add_volumes(context, workload, options));
    errors.take(mounts.check_folders());
    errors.end(mounts)
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

    fn add_files(&mut self, context: &Context<'_>, workload: &Workload) {
        let mut folders: BTreeMap<&str, Vec<KeyToPath>> = BTreeMap::new();
        for (name, file) in &workload.files {
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
            self.add(&name, folder, true, Volume { config_map: Some(source), ..Default::default() });
        }
    }

    fn add_config(&mut self, context: &Context<'_>, workload: &Workload) -> Result<(), Error> {
        let (Some(config), Some(neighbour)) = (&workload.config, context.link("config")) else {
            return Ok(());
        };
        let Some(config_map) = &neighbour.offer().config_map else {
            let message = format!("`{}` is not a shared configuration", config.component);
            return Err(
                Error::field("config.component", message).hint("refer to a component of kind `config`")
            );
        };
        if neighbour.site.namespace() != context.namespace() {
            let message = "a ConfigMap can only be mounted in its own namespace";
            return Err(Error::field("config.component", message));
        }
        let source = ConfigMapVolumeSource { name: config_map.clone(), ..Default::default() };
        self.add("config", &config.mount, true, Volume { config_map: Some(source), ..Default::default() });
        Ok(())
    }

    fn add_secrets(&mut self, context: &Context<'_>, workload: &Workload) -> Result<(), Error> {
        let mut errors = Errors::default();
        for (name, secret) in &workload.secrets {
            if let Some(folder) = &secret.mount {
                let volume = format!("secret-{name}");
                if volume.len() > 63 {
                    let message = format!(
                        "the name of a secret with a `mount` is too long: `{name}`, the limit is 56 bytes"
                    );
                    errors.push(Error::path(&["secrets", name.as_str()], message));
                }
                let of = errors.take(secret_name(context, name, secret));
                self.add(&volume, folder, true, of_secret(of));
            }
        }
        if let Some(certificate) = &workload.certificate {
            let volume = of_secret(format!("{}-certificate", context.name()));
            self.add("certificate", &certificate.mount, true, volume);
        }
        errors.end(())
    }

    fn add_volumes(
        &mut self,
        context: &Context<'_>,
        workload: &Workload,
        options: PodOptions,
    ) -> Result<(), Error> {
        let mut errors = Errors::default();
        for (name, volume) in &workload.volumes {
            let read_only = volume.node.is_some() && !volume.persistent;
            let source = errors.take(source(context, name, volume));
            self.add(name.as_str(), &volume.mount, read_only, source);
            if let Some(mount) = self.mounts.last_mut().filter(|_| volume.node.is_some()) {
                // An agent must see mounts that the node adds after the agent has started.
                mount.mount_propagation = Some("HostToContainer".to_owned());
            }
            if volume.is_claim() && options.claims_per_pod {
                // The StatefulSet adds the volume for the claim itself.
                self.volumes.pop();
            }
        }
        let has_temporary = self.mounts.iter().any(|mount| mount.mount_path == "/tmp");
        if !workload.security.writable_root && !has_temporary {
            self.add("temporary", "/tmp", false, scratch(Some(&Memory::from_bytes(64 << 20)), false));
        }
        errors.end(())
    }

    /// Checks that each is mounted in a different folder.
    fn check_folders(&self) -> Result<(), Error> {
        let mut errors = Errors::default();
        let mut seen = BTreeMap::new();
        for mount in &self.mounts {
            let (name, folder) = (&mount.name, &mount.mount_path);
            if !folder.starts_with('/') || folder.contains(':') {
                let message = format!(
                    "`{folder}` is not a folder in a container: expected a path that starts with `/` and contains no `:`"
                );
                errors.push(Error::path(&["volumes", name, "mount"], message));
            }
            if let Some(other) = seen.insert(mount.mount_path.as_str(), mount.name.as_str()) {
                let message = format!("`{other}` and `{name}` are mounted in the same folder: `{folder}`");
                errors.push(Error::field("", message));
            }
        }
        errors.end(())
    }
}

/// Returns the source of a volume.
///
/// # Errors
/// Returns an error for a source that Kubernetes does not have, and for several sources.
fn source(context: &Context<'_>, name: &Name, volume: &VolumeField) -> Result<Volume, Error> {
    if let Some(table) = &volume.source {
        if volume.node.is_some() || volume.persistent || volume.memory || volume.size.is_some() {
            let message = "`source` cannot be used with `node`, `persistent`, `memory` or `size`";
            return Err(Error::path(&["volumes", name.as_str(), "source"], message));
        }
        let field = format!("volumes.{name}.source");
        let below = Volume { name: name.to_string(), ..Default::default() };
        return as_kubernetes_writes(&field, &below, table);
    }
    if let Some(path) = &volume.node {
        let type_ = volume.persistent.then(|| "DirectoryOrCreate".to_owned());
        let folder = HostPathVolumeSource { path: path.clone(), type_ };
        return Ok(Volume { host_path: Some(folder), ..Default::default() });
    }
    if volume.persistent {
        let claim_name = format!("{}-{name}", context.name());
        let claim = PersistentVolumeClaimVolumeSource { claim_name, ..Default::default() };
        return Ok(Volume { persistent_volume_claim: Some(claim), ..Default::default() });
    }
    Ok(scratch(volume.size.as_ref(), volume.memory))
}

fn of_secret(name: String) -> Volume {
    let source = SecretVolumeSource {
        secret_name: Some(name),
        // The files belong to root, so the pod's group must be able to read them.
        default_mode: Some(0o440),
        ..Default::default()
    };
    Volume { secret: Some(source), ..Default::default() }
}

fn scratch(size: Option<&Memory>, in_memory: bool) -> Volume {
    let source =
        EmptyDirVolumeSource { medium: in_memory.then(|| "Memory".to_owned()), size_limit: size.map(memory) };
    Volume { empty_dir: Some(source), ..Default::default() }
}
