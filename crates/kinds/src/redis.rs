//! `redis`: a cache or small store with the Redis protocol, run by Redis or KeyDB.

use std::collections::BTreeMap;

use aqueduct_manifest::Object;
use aqueduct_model::types::Image;
use aqueduct_render::{
    Component, Context, Credential, Credentials, CustomResource as _, Error, Horizon, Offer, Site,
};
use schemars::JsonSchema;
use serde::Deserialize;

use crate::custom::{ExternalSecret, SecretTemplate};
use crate::etcd::Storage;
use crate::workload::{
    FileField, PortField, Probe, Probes, Resources, Scheduling, SecretField, Security, Variable,
    VariableSource, VolumeField, Workload, secret_store,
};
use crate::{Stateful, constant};

/// A server with the Redis protocol: a StatefulSet with one pod.
///
/// Without `storage`, it is a cache: it loses its data when its pod ends, and evicts the least recently used keys.
/// With `storage`, it writes every change to its volume and rejects writes when it is full. Its password comes from
/// the secret store and is never part of the configuration file. Components that use it with `database = "…"` get
/// `REDIS_HOST`, `REDIS_PORT`, `REDIS_DB`, `REDIS_USER` and `REDIS_PASSWORD`.
///
/// Renders the same objects as `stateful`, and an ExternalSecret with the password. It is one server without replicas
/// or sentinels, for demos and small clusters. For larger installations, use a chart (for KeyDB, from
/// <https://enapter.github.io/charts>):
///
/// ```toml
/// kind = "chart"
/// repository = "oci://registry-1.docker.io/bitnamicharts"
/// name = "redis"
/// version = "^20"
///
/// [values]
/// architecture = "replication"
/// auth = { existingSecret = "cache-login", existingSecretPasswordKey = "REDIS_PASSWORD" }
/// ```
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Redis {
    /// The server program.
    #[serde(default)]
    pub flavour: Flavour,
    /// The image (default: the flavour's official image).
    pub image: Option<Image>,
    /// The entry in the environment's secret store with `REDIS_PASSWORD`, which components in other namespaces can
    /// use too.
    pub remote: String,
    /// CPU and memory of the server; three quarters of the memory are for data.
    pub resources: Resources,
    /// The volume that keeps the data.
    pub storage: Option<Storage>,
    /// Where the pod may run.
    #[serde(default)]
    pub scheduling: Scheduling,
}

/// A server program with the Redis protocol.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Flavour {
    /// Redis.
    #[default]
    Redis,
    /// KeyDB, which is multi-threaded.
    KeyDb,
}

const PORT: u16 = 6379;
/// The folder with the secret part of the configuration.
const LOGIN: &str = "/etc/redis-login";
const PASSWORD: &str = "REDIS_PASSWORD";

impl Flavour {
    /// Returns the official image.
    pub(crate) fn image(self) -> Image {
        match self {
            Self::Redis => constant("redis:7.4.1"),
            Self::KeyDb => constant("eqalpha/keydb:alpine_x86_64_v6.3.4"),
        }
    }

    fn server(self) -> &'static str {
        match self {
            Self::Redis => "redis-server",
            Self::KeyDb => "keydb-server",
        }
    }

    /// Returns the command-line client, which takes its password from `REDISCLI_AUTH`.
    pub(crate) fn client(self) -> &'static str {
        match self {
            Self::Redis => "redis-cli",
            Self::KeyDb => "keydb-cli",
        }
    }
}

impl Redis {
    fn secret(&self, site: &Site<'_>) -> String {
        format!("{}-login", site.name())
    }

    fn configuration(&self) -> String {
        let mut lines = vec![
            "bind 0.0.0.0".to_owned(),
            format!("port {PORT}"),
            "protected-mode yes".to_owned(),
            format!("include {LOGIN}/login.conf"),
            "tcp-backlog 511".to_owned(),
            "tcp-keepalive 300".to_owned(),
            "timeout 0".to_owned(),
            "dir /data".to_owned(),
            format!("maxmemory {}", self.resources.limits.memory.bytes() / 4 * 3),
        ];
        lines.extend(match self.storage {
            Some(_) => [
                "maxmemory-policy noeviction".to_owned(),
                "appendonly yes".to_owned(),
                "appendfsync everysec".to_owned(),
                "save 900 1".to_owned(),
            ],
            None => [
                "maxmemory-policy allkeys-lru".to_owned(),
                "appendonly no".to_owned(),
                // Otherwise, a replica's first copy would be written to the scratch space.
                "repl-diskless-sync yes".to_owned(),
                "save \"\"".to_owned(),
            ],
        });
        if self.flavour == Flavour::KeyDb {
            lines.push(format!(
                "server-threads {}",
                self.resources.limits.cpu.millicores().div_ceil(1000).clamp(1, 8)
            ));
        }
        lines.join("\n") + "\n"
    }

    fn stateful(&self, site: &Site<'_>) -> Stateful {
        let client = self.flavour.client();
        let ping = |delay: &str, failures| Probe {
            // The client also exits with 0 on errors, such as a failed login.
            command: ["sh", "-c", &format!("{client} ping | grep -q PONG")].map(str::to_owned).to_vec(),
            delay: Some(constant(delay)),
            period: Some(constant("10s")),
            timeout: Some(constant("5s")),
            failures: Some(failures),
            ..Probe::default()
        };
        let data = self.storage.as_ref().map_or_else(
            || VolumeField { size: Some(constant("64Mi")), ..VolumeField::scratch("/data") },
            |storage| storage.volume("/data"),
        );
        Stateful::new(Workload {
            command: vec![self.flavour.server().to_owned(), "/etc/redis/redis.conf".to_owned()],
            ports: BTreeMap::from([(constant("redis"), PortField::Number(constant("6379")))]),
            variables: BTreeMap::from([(
                "REDISCLI_AUTH".to_owned(),
                Variable::From(VariableSource::Secret(format!("{}/{PASSWORD}", self.secret(site)))),
            )]),
            secrets: BTreeMap::from([(
                constant("login"),
                SecretField {
                    existing: Some(constant(&self.secret(site))),
                    remote: None,
                    component: None,
                    keys: vec!["login.conf".to_owned()],
                    mount: Some(LOGIN.to_owned()),
                },
            )]),
            files: BTreeMap::from([(
                "redis.conf".to_owned(),
                FileField {
                    mount: "/etc/redis".to_owned(),
                    text: Some(self.configuration()),
                    content: None,
                    source: None,
                },
            )]),
            // Loading a large file after a restart takes time, and meanwhile the answer is not PONG.
            probes: Probes { liveness: Some(ping("30s", 12)), readiness: Some(ping("2s", 3)), startup: None },
            volumes: BTreeMap::from([(constant("data"), data)]),
            // The server's user in both images.
            security: Security { user: Some(999), ..Security::default() },
            scheduling: self.scheduling.clone(),
            ..Workload::new(
                self.image.clone().unwrap_or_else(|| self.flavour.image()),
                self.resources.clone(),
            )
        })
    }
}

impl Component for Redis {
    const KIND: &'static str = "redis";
    const HORIZON: Horizon = Horizon::Links;

    fn offer(&self, site: &Site<'_>) -> Offer {
        let value = |text: &str| Credential::Value(text.to_owned());
        let properties = BTreeMap::from([
            ("host", Credential::Value(site.host(site.name()))),
            ("port", Credential::Value(PORT.to_string())),
            ("database", value("0")),
            ("user", value("default")),
            ("password", Credential::Secret { name: self.secret(site), key: PASSWORD.to_owned() }),
        ]);
        Offer {
            credentials: Some(Credentials { properties, namespace: site.namespace().to_owned() }),
            ..Component::offer(&self.stateful(site), site)
        }
    }

    fn render(&self, context: &Context<'_>) -> Result<Vec<Object>, Error> {
        let mut objects = Component::render(&self.stateful(&context.site), context)?;
        let metadata = context.metadata(self.secret(&context.site));
        let store = secret_store(context, &["remote"])?;
        let mut secret =
            ExternalSecret::new(metadata, store, &self.remote, [(PASSWORD.to_owned(), PASSWORD.to_owned())]);
        secret.spec.target.template = Some(SecretTemplate {
            kind: "Opaque",
            metadata: None,
            data: BTreeMap::from([
                (PASSWORD.to_owned(), format!("{{{{ .{PASSWORD} }}}}")),
                ("login.conf".to_owned(), format!("requirepass {{{{ .{PASSWORD} | quote }}}}\n")),
            ]),
        });
        objects.push(secret.object()?);
        Ok(objects)
    }
}
