//! How a copy is taken: with a database command, or from the volume itself.

use aqueduct_manifest::Value;
use aqueduct_model::types::Name;
use aqueduct_render::{Context, Error, Neighbour};
use k8s_openapi::api::core::v1::{
    Affinity, Container, EnvVar, PersistentVolumeClaimVolumeSource, PodAffinity, PodAffinityTerm, PodSpec,
    Volume, VolumeMount,
};

use super::Backup;
use crate::redis::Flavour;
use crate::workload::{Scheduling, Security, Toleration};

/// The command that takes a copy, and its file name.
pub(super) struct Dump {
    pub(super) command: Vec<String>,
    pub(super) ending: &'static str,
    /// The variables for this command only, each with its property of the login.
    pub(super) login: &'static [(&'static str, &'static str)],
    pub(super) image: String,
}

const POSTGRES_LOGIN: [(&str, &str); 5] = [
    ("PGHOST", "host"),
    ("PGPORT", "port"),
    ("PGDATABASE", "database"),
    ("PGUSER", "user"),
    ("PGPASSWORD", "password"),
];
const REDIS_LOGIN: [(&str, &str); 1] = [("REDISCLI_AUTH", "password")];

impl Backup {
    /// Returns how to copy the component.
    ///
    /// # Errors
    /// Returns an error for a kind that cannot be copied.
    pub(super) fn dump(&self, neighbour: &Neighbour<'_>) -> Result<Dump, Error> {
        let image = |default: &str| {
            neighbour
                .site
                .instance
                .spec
                .get("image")
                .and_then(|node| node.as_str())
                .unwrap_or(default)
                .to_owned()
        };
        let texts = |texts: &[&str]| texts.iter().map(|text| (*text).to_owned()).collect();
        match neighbour.site.instance.kind.as_str() {
            "etcd" => {
                let address = neighbour.property("address").map_err(|message| Error::field("of", message))?;
                let endpoint = format!("--endpoints=http://{address}");
                Ok(Dump {
                    // The etcd image has no shell.
                    command: texts(&["etcdctl", &endpoint, "snapshot", "save", "/work/copy"]),
                    ending: "db",
                    login: &[],
                    image: image("quay.io/coreos/etcd:v3.5.11"),
                })
            }
            "postgres" => Ok(Dump {
                command: texts(&["pg_dump", "--format=custom", "--no-password", "--file=/work/copy"]),
                ending: "dump",
                login: &POSTGRES_LOGIN,
                image: image("postgres:15"),
            }),
            "redis" => {
                let host = neighbour.property("host").map_err(|message| Error::field("of", message))?;
                let port = neighbour.property("port").map_err(|message| Error::field("of", message))?;
                let flavour = match neighbour.site.instance.spec.get("flavour").and_then(|node| node.as_str())
                {
                    Some("keydb") => Flavour::KeyDb,
                    _ => Flavour::Redis,
                };
                Ok(Dump {
                    command: texts(&[flavour.client(), "-h", &host, "-p", &port, "--rdb", "/work/copy"]),
                    ending: "rdb",
                    login: &REDIS_LOGIN,
                    image: image(&flavour.image().to_string()),
                })
            }
            kind => Err(Error::field(
                "of",
                format!("a component of kind `{kind}` can only be copied by volume: `{}`", self.of),
            )
            .hint("set `volume` to one of its persistent volumes")),
        }
    }
}

/// Returns the container that takes the copy, with the login for it alone.
pub(super) fn take_copy(main: &mut Container, dump: Dump) -> Container {
    let variables = main.env.take().unwrap_or_default();
    let (login, rest): (Vec<EnvVar>, Vec<EnvVar>) =
        variables.into_iter().partition(|variable| dump.login.iter().any(|(name, _)| *name == variable.name));
    main.env = Some(rest);
    let mounts = main.volume_mounts.iter().flatten().filter(|mount| mount.mount_path != "/archive").cloned();
    Container {
        name: "copy".to_owned(),
        image: Some(dump.image),
        command: Some(dump.command),
        env: Some(login).filter(|login| !login.is_empty()),
        volume_mounts: Some(mounts.collect()),
        resources: main.resources.clone(),
        security_context: main.security_context.clone(),
        ..Default::default()
    }
}

/// The properties of a component's pods that decide who can read their volume, and where.
#[derive(Default)]
pub(super) struct Owner {
    has_claims_per_pod: bool,
    pub(super) security: Security,
    pub(super) scheduling: Scheduling,
}

impl Owner {
    /// Returns the owner of the volumes of a component.
    ///
    /// # Errors
    /// Returns an error for components that render each other in a cycle.
    pub(super) fn of(context: &Context<'_>, neighbour: &Neighbour<'_>) -> Result<Self, Error> {
        let objects = context.rendered(neighbour)?;
        let pods =
            objects.iter().find_map(|object| Some((object, object.at(&["spec", "template", "spec"])?)));
        let Some((object, pods)) = pods else { return Ok(Self::default()) };
        let id = |field: &str| pods.at(&["securityContext", field]).and_then(Value::as_i64);
        let toleration = |toleration: &Value| {
            let text = |field: &str| toleration.get(field).and_then(Value::as_str).map(str::to_owned);
            Toleration {
                key: text("key"),
                operator: text("operator"),
                value: text("value"),
                effect: text("effect"),
                seconds: toleration.get("tolerationSeconds").and_then(Value::as_i64),
            }
        };
        let tolerations = pods.get("tolerations").and_then(Value::as_list).into_iter().flatten();
        Ok(Self {
            has_claims_per_pod: object.kind() == "StatefulSet",
            security: Security { user: id("runAsUser"), group: id("runAsGroup"), ..Security::default() },
            scheduling: Scheduling {
                tolerations: tolerations.map(toleration).collect(),
                ..Scheduling::default()
            },
        })
    }
}

/// Mounts the copied component's volume, on the node where that component runs.
pub(super) fn mount_source(spec: &mut PodSpec, neighbour: &Neighbour<'_>, owner: &Owner, volume: &Name) {
    let name = neighbour.site.name();
    // For a StatefulSet, the volume of its first pod.
    let claim_name =
        if owner.has_claims_per_pod { format!("{volume}-{name}-0") } else { format!("{name}-{volume}") };
    spec.volumes.get_or_insert_default().push(Volume {
        name: "source".to_owned(),
        persistent_volume_claim: Some(PersistentVolumeClaimVolumeSource {
            claim_name,
            read_only: Some(true),
        }),
        ..Default::default()
    });
    for container in &mut spec.containers {
        container.volume_mounts.get_or_insert_default().push(VolumeMount {
            name: "source".to_owned(),
            mount_path: "/data".to_owned(),
            read_only: Some(true),
            ..Default::default()
        });
    }
    spec.affinity = Some(Affinity {
        pod_affinity: Some(PodAffinity {
            required_during_scheduling_ignored_during_execution: Some(vec![PodAffinityTerm {
                label_selector: Some(neighbour.site.label_selector()),
                topology_key: "kubernetes.io/hostname".to_owned(),
                ..Default::default()
            }]),
            ..Default::default()
        }),
        ..Default::default()
    });
}
