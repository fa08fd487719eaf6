//! `elasticsearch`: a single node of the search engine, for logs.

use std::collections::BTreeMap;

use aqueduct_manifest::Object;
use aqueduct_model::types::Image;
use aqueduct_render::{
    Component, Context, Credential, Credentials, CustomResource as _, Error, Horizon, Offer, Site,
};
use schemars::JsonSchema;
use serde::Deserialize;

use crate::custom::ExternalSecret;
use crate::etcd::Storage;
use crate::workload::{
    FileField, PortField, Probe, Probes, Resources, Scheduling, SecretField, Security, Shutdown, Variable,
    VariableSource, VolumeField, Workload, secret_store,
};
use crate::{Stateful, constant};

/// A single Elasticsearch node for logs.
///
/// Without `storage`, it loses its data when its pod ends. The passwords of its users come from the secret store, and
/// the users exist before the node starts: `operator` for people, `kibana-server` for a `kibana`, `shipper` for a
/// `fluent-bit`, `reader` for a `grafana`, and `janitor`, which only deletes old data. Log indices are named
/// `kubernetes-<day>`.
///
/// Renders the same objects as `stateful`, and an ExternalSecret with the passwords. It is one node without
/// encryption within the cluster, and the network policies only admit components that link to it. Its indices stay
/// yellow, since there is no second node for replicas. For larger installations, use the ECK operator, or the chart:
///
/// ```toml
/// kind = "chart"
/// repository = "https://helm.elastic.co"
/// name = "elasticsearch"
/// version = "^8.5"
///
/// [values]
/// replicas = 3
/// volumeClaimTemplate = { resources = { requests = { storage = "100Gi" } } }
/// ```
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Elasticsearch {
    /// The image.
    #[serde(default = "image")]
    pub image: Image,
    /// The entry in the environment's secret store with the passwords `operator`, `kibana`, `shipper`,
    /// `reader` and `janitor`.
    pub remote: String,
    /// CPU and memory of the node; half of the memory is for the heap.
    pub resources: Resources,
    /// The volume that keeps the data.
    pub storage: Option<Storage>,
    /// Where the pod may run.
    #[serde(default)]
    pub scheduling: Scheduling,
}

const HTTP: u16 = 9200;
const READY: u16 = 9399;
const HOME: &str = "/usr/share/elasticsearch";
const CONFIGURATION: &str = "/etc/elasticsearch";
const SOURCE: &str = "/etc/elasticsearch-source";

/// The read-only user, and the property of its password.
pub const READER: &str = "reader";

/// The users: name, role, property of the entry, and key of the Secret.
const USERS: [(&str, &str, &str, &str); 5] = [
    ("operator", "superuser", "operator", "OPERATOR_PASSWORD"),
    ("kibana-server", "kibana_system", "kibana", "KIBANA_PASSWORD"),
    ("shipper", "shipper", "shipper", "SHIPPER_PASSWORD"),
    (READER, READER, READER, "READER_PASSWORD"),
    ("janitor", "janitor", "janitor", "JANITOR_PASSWORD"),
];

/// The roles that the server does not have built in.
const ROLES: &str = "\
shipper:
  cluster: [monitor]
  indices:
    - names: [\"kubernetes-*\"]
      privileges: [auto_configure, create_doc]
reader:
  cluster: [monitor]
  indices:
    - names: [\"kubernetes-*\"]
      privileges: [read, view_index_metadata]
janitor:
  cluster: [monitor]
  indices:
    - names: [\"kubernetes-*\"]
      privileges: [delete_index, monitor]
";

fn image() -> Image {
    constant("docker.elastic.co/elasticsearch/elasticsearch:8.17.3")
}

impl Elasticsearch {
    fn secret(&self, site: &Site<'_>) -> String {
        format!("{}-login", site.name())
    }

    fn configuration(&self, site: &Site<'_>) -> String {
        format!(
            "\
cluster.name: {cluster}
node.name: ${{NODE_NAME}}
# The mapping of files needs a setting of the node's kernel that no pod should change.
node.store.allow_mmap: false
network.host: 0.0.0.0
http.port: {HTTP}
readiness.port: {READY}
discovery.type: single-node
path.data: {HOME}/data
path.logs: {HOME}/logs
action.destructive_requires_name: true
# Nothing here is fetched from the internet.
ingest.geoip.downloader.enabled: false
xpack.ml.enabled: false
xpack.security.enabled: true
xpack.security.autoconfiguration.enabled: false
xpack.security.enrollment.enabled: false
xpack.security.http.ssl.enabled: false
xpack.security.transport.ssl.enabled: false
",
            cluster = site.application(),
        )
    }

    /// Returns the script that fills the configuration folder: the image's own files, then those of this component,
    /// then the file of users, which the server reads at startup.
    fn prepare() -> String {
        let mut lines = vec![
            "set -eu".to_owned(),
            format!("cp -r {HOME}/config/. {CONFIGURATION}/"),
            format!("cp {SOURCE}/* {CONFIGURATION}/"),
        ];
        lines.extend(USERS.iter().map(|(user, role, _, key)| {
            format!("{HOME}/bin/elasticsearch-users useradd {user} -p \"${key}\" -r {role}")
        }));
        lines.join("\n")
    }

    fn stateful(&self, site: &Site<'_>) -> Stateful {
        let scratch = |mount: &str, size: &str| VolumeField {
            size: Some(constant(size)),
            ..VolumeField::scratch(mount)
        };
        let file = |text: String| FileField {
            mount: SOURCE.to_owned(),
            text: Some(text),
            content: None,
            source: None,
        };
        let probe = |port: &str, delay: &str, failures| Probe {
            port: Some(constant(port)),
            delay: Some(constant(delay)),
            period: Some(constant("10s")),
            timeout: Some(constant("5s")),
            failures: Some(failures),
            ..Probe::default()
        };
        let data = format!("{HOME}/data");
        Stateful::new(Workload {
            prepare: vec!["/bin/bash".to_owned(), "-c".to_owned(), Self::prepare()],
            ports: BTreeMap::from([
                (constant("http"), PortField::Number(constant(&HTTP.to_string()))),
                (constant("ready"), PortField::Number(constant(&READY.to_string()))),
            ]),
            variables: BTreeMap::from([
                ("ES_PATH_CONF".to_owned(), Variable::Text(CONFIGURATION.to_owned())),
                // Logs go to the container's output, not to files.
                (
                    "ES_JAVA_OPTS".to_owned(),
                    Variable::Text("-Xlog:disable -Xlog:all=warning:stderr:utctime,level,tags".to_owned()),
                ),
                ("NODE_NAME".to_owned(), Variable::From(VariableSource::Field("metadata.name".to_owned()))),
            ]),
            secrets: BTreeMap::from([(
                constant("login"),
                SecretField {
                    existing: Some(constant(&self.secret(site))),
                    remote: None,
                    component: None,
                    keys: USERS.iter().map(|(.., key)| (*key).to_owned()).collect(),
                    mount: None,
                },
            )]),
            files: BTreeMap::from([
                ("elasticsearch.yml".to_owned(), file(self.configuration(site))),
                ("roles.yml".to_owned(), file(ROLES.to_owned())),
            ]),
            // The port opens once the node has a leader. The server itself requires a login.
            probes: Probes {
                startup: Some(probe("http", "20s", 30)),
                liveness: Some(probe("http", "30s", 6)),
                readiness: Some(probe("ready", "20s", 3)),
            },
            shutdown: Some(Shutdown { command: Vec::new(), grace: Some(constant("2m")) }),
            volumes: BTreeMap::from([
                (constant("configuration"), scratch(CONFIGURATION, "16Mi")),
                (
                    constant("data"),
                    match &self.storage {
                        Some(storage) => storage.volume(&data),
                        None => scratch(&data, "4Gi"),
                    },
                ),
                (constant("logs"), scratch(&format!("{HOME}/logs"), "64Mi")),
                (constant("temporary"), scratch("/tmp", "256Mi")),
            ]),
            // The files of the image belong to its user and the root group.
            security: Security { user: Some(1000), group: Some(0), ..Security::default() },
            scheduling: self.scheduling.clone(),
            ..Workload::new(self.image.clone(), self.resources.clone())
        })
    }
}

impl Component for Elasticsearch {
    const KIND: &'static str = "elasticsearch";
    const HORIZON: Horizon = Horizon::Links;

    fn offer(&self, site: &Site<'_>) -> Offer {
        let value = |text: &str| Credential::Value(text.to_owned());
        let secret = |key: &str| Credential::Secret { name: self.secret(site), key: key.to_owned() };
        let properties = BTreeMap::from([
            ("host", Credential::Value(site.host(site.name()))),
            ("port", Credential::Value(HTTP.to_string())),
            ("user", value("shipper")),
            ("password", secret("SHIPPER_PASSWORD")),
            ("kibana-user", value("kibana-server")),
            ("kibana-password", secret("KIBANA_PASSWORD")),
            ("janitor-user", value("janitor")),
            ("janitor-password", secret("JANITOR_PASSWORD")),
        ]);
        Offer {
            credentials: Some(Credentials { properties, namespace: site.namespace().to_owned() }),
            ..Component::offer(&self.stateful(site), site)
        }
    }

    fn render(&self, context: &Context<'_>) -> Result<Vec<Object>, Error> {
        let mut objects = Component::render(&self.stateful(&context.site), context)?;
        let keys = USERS.iter().map(|(_, _, property, key)| ((*key).to_owned(), (*property).to_owned()));
        let metadata = context.metadata(self.secret(&context.site));
        let store = secret_store(context, &["remote"])?;
        objects.push(ExternalSecret::new(metadata, store, &self.remote, keys).object()?);
        Ok(objects)
    }
}
