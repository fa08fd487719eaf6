//! `redis`: a cache or small store that speaks the Redis protocol, by Redis or KeyDB.

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

/// A server that speaks the Redis protocol: a StatefulSet of one pod.
///
/// Without `storage` it is a cache, which forgets when its pod ends and drops what was used least; with
/// `storage` it writes every change to its volume and refuses writes when it is full. Its password comes
/// from the secret store and is never part of the configuration file. Whoever names the component with
/// `database = "…"` gets `REDIS_HOST`, `REDIS_PORT`, `REDIS_DB`, `REDIS_USER` and `REDIS_PASSWORD`.
///
/// Renders what `stateful` renders, and an ExternalSecret with the password. It is one server without
/// replicas or sentinels, enough for a demo or a small cluster. Larger users take a chart, for KeyDB that
/// of <https://enapter.github.io/charts>:
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
    /// The program that serves.
    #[serde(default)]
    pub flavour: Flavour,
    /// The image (default: the official one of the flavour).
    pub image: Option<Image>,
    /// The entry in the environment's secret store with `REDIS_PASSWORD`, so that components of other
    /// namespaces may take it from there.
    pub remote: String,
    /// CPU and memory of the server, which gives three quarters of its memory to data.
    pub resources: Resources,
    /// The volume that keeps the data.
    pub storage: Option<Storage>,
    /// Where the pod may run.
    #[serde(default)]
    pub scheduling: Scheduling,
}

/// A program that speaks the Redis protocol.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Flavour {
    /// Redis.
    #[default]
    Redis,
    /// KeyDB, which serves with several threads.
    KeyDb,
}

const PORT: u16 = 6379;
/// The folder with the part of the configuration that is secret.
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
                // A replica's first copy would otherwise be written to the scratch space.
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
            // An error such as a refused login would also end with 0.
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
            // Loading a large file after a restart takes its time; meanwhile the answer is not PONG.
            probes: Probes { liveness: Some(ping("30s", 12)), readiness: Some(ping("2s", 3)), startup: None },
            volumes: BTreeMap::from([(constant("data"), data)]),
            // The user that both images make for the server.
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
