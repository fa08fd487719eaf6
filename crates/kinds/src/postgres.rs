//! `postgres`: a PostgreSQL database, run in the cluster, by an operator, or by the cloud.

use std::collections::BTreeMap;

use aqueduct_manifest::Object;
use aqueduct_model::types::{Cidr, Image, Name, Port};
use aqueduct_render::{
    Component, Context, Credential, Credentials, CustomResource as _, Endpoint, Error, Horizon, Offer,
    Outside, PodGroup, Pods, Site,
};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta;
use schemars::JsonSchema;
use serde::Deserialize;

use crate::custom::{ExternalSecret, Postgresql, PostgresqlSpec, PostgresqlVersion, PostgresqlVolume};
use crate::etcd::Storage;
use crate::workload::{
    PortField, Probe, Probes, Resources, Scheduling, SecretField, Security, Shutdown, Variable, VolumeField,
    Workload, requirements, secret_store,
};
use crate::{Stateful, constant};

/// A PostgreSQL database.
///
/// `mode` decides who runs it. `in-cluster` renders a StatefulSet with one pod, which keeps its data if `storage` is
/// set. `operator` renders a `postgresql` resource for Zalando's operator, with replicas. `managed` renders no
/// database, only an ExternalSecret with the connection to a cloud database. Components that use it with
/// `database = "…"` work with all three modes.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Postgres {
    /// Who runs the database.
    pub mode: Mode,
    /// The name of the database (default: the tenant's, with `_` for `-`).
    pub database: Option<String>,
    /// The user that owns it (default: the database's name).
    pub user: Option<String>,
    /// The entry in the environment's secret store: with `password` for a database in the cluster; with `host`,
    /// `port`, `database`, `user` and `password` for a managed database.
    pub remote: Option<String>,
    /// The image for a database in the cluster; its tag also sets the major version for the operator.
    #[serde(default = "image")]
    pub image: Image,
    /// The number of instances that the operator runs (default: 1).
    pub replicas: Option<u16>,
    /// CPU and memory of each instance; not for a managed database.
    pub resources: Option<Resources>,
    /// The volume of each instance; without it, a database in the cluster loses its data when its pod ends.
    pub storage: Option<Storage>,
    /// The team for the operator (default: the tenant's name).
    pub team: Option<Name>,
    /// The namespace of the operator.
    #[serde(default = "operator_namespace")]
    pub operator_namespace: Name,
    /// The address range of a managed database, for the egress rule.
    pub cidr: Option<Cidr>,
    /// The port of a managed database.
    pub port: Option<Port>,
    /// Where the pods may run.
    #[serde(default)]
    pub scheduling: Scheduling,
}

/// Who runs a database.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Mode {
    /// A pod of this component.
    InCluster,
    /// Zalando's postgres operator.
    Operator,
    /// The cloud.
    Managed,
}

const PORT: u16 = 5432;

fn image() -> Image {
    constant("postgres:15")
}

fn operator_namespace() -> Name {
    constant("postgres-operator")
}

impl Postgres {
    fn database(&self, site: &Site<'_>) -> String {
        self.database.clone().unwrap_or_else(|| site.tenant().replace('-', "_"))
    }

    fn user(&self, site: &Site<'_>) -> String {
        self.user.clone().unwrap_or_else(|| self.database(site))
    }

    fn team(&self, site: &Site<'_>) -> String {
        self.team.as_ref().map_or_else(|| site.tenant().to_owned(), ToString::to_string)
    }

    /// The operator requires a name that begins with the team's.
    fn cluster(&self, site: &Site<'_>) -> String {
        format!("{}-{}", self.team(site), site.name())
    }

    fn secret(&self, site: &Site<'_>) -> String {
        format!("{}-login", site.name())
    }

    fn operator_secret(&self, site: &Site<'_>) -> String {
        let user = self.user(site).replace('_', "-");
        format!("{user}.{}.credentials.postgresql.acid.zalan.do", self.cluster(site))
    }

    /// Returns all missing fields that the mode needs.
    fn missing(&self) -> Vec<Error> {
        let resources = ("resources", self.resources.is_some());
        let remote = ("remote", self.remote.is_some());
        let (mode, needed) = match self.mode {
            Mode::InCluster => ("in-cluster", [resources, remote]),
            Mode::Operator => ("operator", [resources, ("storage", self.storage.is_some())]),
            Mode::Managed => ("managed", [("cidr", self.cidr.is_some()), remote]),
        };
        let missing = needed.into_iter().filter(|(_, is_given)| !is_given);
        missing
            .map(|(field, _)| {
                let example = match field {
                    "resources" => {
                        "`resources = { requests = { cpu = \"250m\", memory = \"256Mi\" }, limits = { cpu = \"1\", memory = \"512Mi\" } }`"
                    }
                    "remote" => "`remote = \"path/of/the/login\"` in the secret store of the environment",
                    "storage" => "`storage = { size = \"10Gi\" }`",
                    _ => "`cidr = \"10.0.0.0/16\"`, the address range of the database",
                };
                Error::field("mode", format!("mode `{mode}` needs `{field}`")).hint(format!("such as {example}"))
            })
            .collect()
    }

    fn given<'a, T>(&self, field: &str, value: Option<&'a T>) -> Result<&'a T, Error> {
        value.ok_or_else(|| Error::field("mode", format!("the mode needs `{field}`")))
    }

    fn stateful(&self, site: &Site<'_>, resources: &Resources) -> Stateful {
        let ready = |period: &str, failures| Probe {
            command: vec![
                "pg_isready".to_owned(),
                // Not the socket, where the temporary server listens while the image prepares the data.
                "--host".to_owned(),
                "127.0.0.1".to_owned(),
                "--username".to_owned(),
                self.user(site),
                "--dbname".to_owned(),
                self.database(site),
            ],
            period: Some(constant(period)),
            timeout: Some(constant("5s")),
            failures: Some(failures),
            ..Probe::default()
        };
        let scratch = |mount: &str, size: &str| VolumeField {
            size: Some(constant(size)),
            ..VolumeField::scratch(mount)
        };
        let data = "/var/lib/postgresql/data";
        Stateful::new(Workload {
            ports: BTreeMap::from([(constant("postgres"), PortField::Number(constant("5432")))]),
            variables: BTreeMap::from([
                ("PGDATA".to_owned(), Variable::Text(format!("{data}/pgdata"))),
                ("POSTGRES_DB".to_owned(), Variable::Text(self.database(site))),
                ("POSTGRES_USER".to_owned(), Variable::Text(self.user(site))),
            ]),
            secrets: BTreeMap::from([(
                constant("login"),
                SecretField {
                    existing: Some(constant(&self.secret(site))),
                    remote: None,
                    component: None,
                    keys: vec!["POSTGRES_PASSWORD".to_owned()],
                    mount: None,
                },
            )]),
            probes: Probes {
                liveness: Some(ready("10s", 3)),
                readiness: Some(ready("10s", 3)),
                // The first start creates the database, and a start after a crash replays the log.
                startup: Some(ready("5s", 120)),
            },
            volumes: BTreeMap::from([
                (
                    constant("data"),
                    self.storage
                        .as_ref()
                        .map_or_else(|| scratch(data, "2Gi"), |storage| storage.volume(data)),
                ),
                (constant("run"), scratch("/var/run/postgresql", "16Mi")),
                (constant("shared-memory"), VolumeField { memory: true, ..scratch("/dev/shm", "256Mi") }),
            ]),
            // The server's user in the official image.
            security: Security { user: Some(999), ..Security::default() },
            // It writes its memory to disk before it ends.
            shutdown: Some(Shutdown { grace: Some(constant("2m")), ..Shutdown::default() }),
            scheduling: self.scheduling.clone(),
            ..Workload::new(self.image.clone(), resources.clone())
        })
    }

    fn credentials(&self, site: &Site<'_>) -> Credentials {
        let value = |value: String| Credential::Value(value);
        let secret = |name: String, key: &str| Credential::Secret { name, key: key.to_owned() };
        let properties = match self.mode {
            Mode::InCluster => BTreeMap::from([
                ("host", value(site.host(site.name()))),
                ("port", value(PORT.to_string())),
                ("database", value(self.database(site))),
                ("user", value(self.user(site))),
                ("password", secret(self.secret(site), "POSTGRES_PASSWORD")),
            ]),
            Mode::Operator => BTreeMap::from([
                ("host", value(site.host(&self.cluster(site)))),
                ("port", value(PORT.to_string())),
                ("database", value(self.database(site))),
                ("user", secret(self.operator_secret(site), "username")),
                ("password", secret(self.operator_secret(site), "password")),
            ]),
            Mode::Managed => ["host", "port", "database", "user", "password"]
                .into_iter()
                .map(|key| (key, secret(self.secret(site), key)))
                .collect(),
        };
        Credentials { properties, namespace: site.namespace().to_owned() }
    }

    fn login(&self, context: &Context<'_>, keys: &[(&str, &str)]) -> Result<Object, Error> {
        let remote = self.given("remote", self.remote.as_ref())?;
        let keys = keys.iter().map(|(key, property)| ((*key).to_owned(), (*property).to_owned()));
        let metadata = context.metadata(self.secret(&context.site));
        ExternalSecret::new(metadata, secret_store(context, &["remote"])?, remote, keys).object()
    }
}

impl Component for Postgres {
    const KIND: &'static str = "postgres";
    const HORIZON: Horizon = Horizon::Links;

    fn offer(&self, site: &Site<'_>) -> Offer {
        let (host, pods, outside, groups) = match self.mode {
            Mode::InCluster => {
                let labels = site.selector();
                let group =
                    PodGroup { name: site.name().to_owned(), labels: labels.clone(), ..PodGroup::default() };
                (Some(site.host(site.name())), Some(labels), None, vec![group])
            }
            Mode::Operator => {
                let cluster = self.cluster(site);
                let labels = BTreeMap::from([
                    ("application".to_owned(), "spilo".to_owned()),
                    ("cluster-name".to_owned(), cluster.clone()),
                ]);
                let group = PodGroup {
                    name: site.name().to_owned(),
                    labels: labels.clone(),
                    among: vec![PORT, 8008],
                    // The instances elect their leader through the Kubernetes API.
                    api_server: true,
                    from_namespaces: vec![(self.operator_namespace.to_string(), vec![PORT, 8008])],
                    ..PodGroup::default()
                };
                (Some(site.host(&cluster)), Some(labels), None, vec![group])
            }
            Mode::Managed => {
                let outside = self.cidr.as_ref().map(|cidr| Outside {
                    cidr: cidr.to_string(),
                    port: self.port.as_ref().map_or(PORT, |port| port.get()),
                });
                (None, None, outside, Vec::new())
            }
        };
        let endpoint = Endpoint {
            name: "postgres".to_owned(),
            host,
            port: self.port.as_ref().map_or(PORT, |port| port.get()),
            scheme: "postgresql",
            pods: pods.map(|labels| Pods { namespace: site.namespace().to_owned(), labels, port: PORT }),
            outside,
            members: Vec::new(),
        };
        Offer {
            endpoints: vec![endpoint],
            credentials: Some(self.credentials(site)),
            pod_groups: groups,
            ..Offer::default()
        }
    }

    fn render(&self, context: &Context<'_>) -> Result<Vec<Object>, Error> {
        // Scripts, URLs and the operator use these names unquoted, and PostgreSQL truncates longer ones.
        let inner = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-');
        for (field, name) in [("database", &self.database), ("user", &self.user)] {
            let Some(name) = name else { continue };
            let starts = name.starts_with(|letter: char| letter.is_ascii_alphabetic() || letter == '_');
            if !starts || name.len() > 63 || !name.bytes().all(inner) {
                let message = format!(
                    "`{name}` is not a valid {field} name: expected at most 63 letters, digits, `_` and `-`, starting with a letter or `_`"
                );
                return Err(Error::field(field, message));
            }
        }
        let mut missing = self.missing();
        if self.mode != Mode::Operator {
            missing.extend(secret_store(context, &["remote"]).err());
        }
        if !missing.is_empty() {
            missing.into_iter().for_each(|error| context.report(error));
            return Ok(Vec::new());
        }
        match self.mode {
            Mode::InCluster => {
                if let Some(replicas) = self.replicas.filter(|replicas| *replicas != 1) {
                    return Err(Error::field(
                        "replicas",
                        format!("a database in the cluster has only one instance: `{replicas}`"),
                    )
                    .hint("use mode `operator` for replicas"));
                }
                let resources = self.given("resources", self.resources.as_ref())?;
                let mut objects = Component::render(&self.stateful(&context.site, resources), context)?;
                objects.push(self.login(context, &[("POSTGRES_PASSWORD", "password")])?);
                Ok(objects)
            }
            Mode::Operator => {
                let resources = self.given("resources", self.resources.as_ref())?;
                let storage = self.given("storage", self.storage.as_ref())?;
                let tag = self.image.tag.as_deref().unwrap_or("15");
                let site = &context.site;
                let user = self.user(site);
                let class = storage.class.as_ref().map(ToString::to_string);
                let metadata: ObjectMeta = context.metadata(self.cluster(site));
                Ok(vec![
                    Postgresql {
                        metadata,
                        spec: PostgresqlSpec {
                            team_id: self.team(site),
                            volume: PostgresqlVolume {
                                size: storage.size.to_string(),
                                storage_class: class.or_else(|| {
                                    context.environment().storage_class.as_ref().map(ToString::to_string)
                                }),
                            },
                            number_of_instances: self.replicas.unwrap_or(1),
                            users: BTreeMap::from([(
                                user.clone(),
                                vec!["superuser".to_owned(), "createdb".to_owned()],
                            )]),
                            databases: BTreeMap::from([(self.database(site), user)]),
                            postgresql: PostgresqlVersion {
                                version: tag.split(['.', '-']).next().unwrap_or(tag).to_owned(),
                            },
                            resources: requirements(resources)?,
                        },
                    }
                    .object()?,
                ])
            }
            Mode::Managed => {
                let keys = ["host", "port", "database", "user", "password"].map(|key| (key, key));
                Ok(vec![self.login(context, &keys)?])
            }
        }
    }
}
