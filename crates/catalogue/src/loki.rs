//! `loki`: stores logs and answers queries.

use std::collections::BTreeMap;

use aqueduct_kinds::custom::ExternalSecret;
use aqueduct_kinds::workload::{
    Egress, FileField, Metrics, MetricsPort, PortField, Probe, Probes, Resources, Scheduling, SecretField,
    Security, Workload, secret_store,
};
use aqueduct_kinds::{Bucket, Stateful, Storage, constant};
use aqueduct_manifest::Object;
use aqueduct_model::types::{Duration, Image};
use aqueduct_render::{Component, Context, CustomResource as _, Error, Offer, Site};
use schemars::JsonSchema;
use serde::Deserialize;

/// A Loki in a single process: it receives logs, stores them for a while, and answers queries from Grafana.
///
/// Logs are stored on the volume, or in a bucket, with the volume for logs that are not yet uploaded. Set the
/// component as `logs` in `[services]` of `platform.toml`, so that agents and Grafana use it by default.
///
/// Renders the same objects as `stateful`. A single process is meant for demos and small clusters, up to some tens of
/// gigabytes per day. For larger ones, use `kind = "chart"` with the chart `loki` from
/// <https://grafana.github.io/helm-charts>, which separates readers and writers.
///
/// ```toml
/// kind = "chart"
/// repository = "https://grafana.github.io/helm-charts"
/// name = "loki"
/// version = "^6.20"
///
/// [values]
/// deploymentMode = "SimpleScalable"
/// loki.storage = { type = "s3", bucketNames = { chunks = "logs", ruler = "logs", admin = "logs" } }
/// ```
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Loki {
    /// The image.
    #[serde(default = "image")]
    pub image: Image,
    /// CPU and memory.
    pub resources: Resources,
    /// The volume.
    pub storage: Storage,
    /// The bucket for the logs.
    pub bucket: Option<Bucket>,
    /// How long logs are kept, in whole days.
    #[serde(default = "retention")]
    pub retention: Duration,
    /// Where the pod may run.
    #[serde(default)]
    pub scheduling: Scheduling,
}

fn image() -> Image {
    constant("grafana/loki:3.2.1")
}

fn retention() -> Duration {
    constant("14d")
}

/// The variables of Loki's bucket client, each with its property of the bucket's entry.
const KEYS: [(&str, &str); 2] =
    [("AWS_ACCESS_KEY_ID", "access-key"), ("AWS_SECRET_ACCESS_KEY", "secret-key")];

/// Returns the name of the Secret with the bucket's keys.
fn login(site: &Site<'_>) -> String {
    format!("{}-bucket", site.name())
}

const SETTINGS: &str = "\
auth_enabled: false

server:
  http_listen_port: 3100
  grpc_listen_port: 9095
  log_level: info

common:
  instance_addr: 127.0.0.1
  path_prefix: /var/loki
  replication_factor: 1
  ring:
    kvstore:
      store: inmemory

schema_config:
  configs:
    - from: \"2024-04-01\"
      store: tsdb
      object_store: {store}
      schema: v13
      index:
        prefix: index_
        period: 24h

storage_config:
  tsdb_shipper:
    active_index_directory: /var/loki/tsdb-index
    cache_location: /var/loki/tsdb-cache
{storage}
ingester:
  chunk_encoding: snappy
  wal:
    enabled: true
    dir: /var/loki/wal
    replay_memory_ceiling: {replay}MB

compactor:
  working_directory: /var/loki/compactor
  delete_request_store: {store}
  retention_enabled: true
  compaction_interval: 10m
  retention_delete_delay: 2h

limits_config:
  retention_period: {retention}
  reject_old_samples: true
  reject_old_samples_max_age: 168h
  allow_structured_metadata: true
  volume_enabled: true
  ingestion_rate_mb: 8
  ingestion_burst_size_mb: 16
  max_query_parallelism: 8

query_range:
  cache_results: true
  results_cache:
    cache:
      embedded_cache:
        enabled: true
        max_size_mb: 64

frontend:
  encoding: protobuf

analytics:
  reporting_enabled: false
";

impl Loki {
    fn configuration(&self) -> Result<String, Error> {
        if self.retention.seconds() == 0 || !self.retention.seconds().is_multiple_of(24 * 3600) {
            return Err(Error::field(
                "retention",
                format!("the retention must be in whole days: `{}`", self.retention),
            )
            .hint("the index has one table per day, and is deleted table by table"));
        }
        let (store, storage) = match &self.bucket {
            None => ("filesystem", "  filesystem:\n    directory: /var/loki/chunks\n".to_owned()),
            Some(bucket) => {
                let storage = format!(
                    "  aws:\n    endpoint: {}\n    bucketnames: {}\n    region: us-east-1\n    s3forcepathstyle: true\n",
                    bucket.endpoint, bucket.name,
                );
                ("s3", storage)
            }
        };
        // Replaying the log after a crash may use a third of the memory.
        let replay = (self.resources.limits.memory.bytes() / 1_000_000 / 3).max(64);
        Ok(SETTINGS
            .replace("{store}", store)
            .replace("{storage}", &storage)
            .replace("{replay}", &replay.to_string())
            .replace("{retention}", &self.retention.to_go()))
    }

    fn stateful(&self, site: &Site<'_>, configuration: String) -> Stateful {
        let file = FileField {
            mount: "/etc/loki".to_owned(),
            text: Some(configuration),
            content: None,
            source: None,
        };
        let bucket = self.bucket.as_ref().map(|_| SecretField {
            existing: Some(constant(&login(site))),
            remote: None,
            component: None,
            keys: KEYS.iter().map(|(key, _)| (*key).to_owned()).collect(),
            mount: None,
        });
        let probe = Probe { port: Some(constant("http")), ..Probe::default() };
        Stateful::new(Workload {
            arguments: vec!["-config.file=/etc/loki/loki.yaml".to_owned(), "-target=all".to_owned()],
            ports: BTreeMap::from([(constant("http"), PortField::Number(constant("3100")))]),
            files: BTreeMap::from([("loki.yaml".to_owned(), file)]),
            secrets: bucket.into_iter().map(|bucket| (constant("bucket"), bucket)).collect(),
            probes: Probes {
                liveness: Some(Probe { delay: Some(constant("45s")), failures: Some(6), ..probe.clone() }),
                readiness: Some(Probe {
                    path: Some(constant("/ready")),
                    delay: Some(constant("15s")),
                    ..probe
                }),
                startup: None,
            },
            volumes: BTreeMap::from([(constant("data"), self.storage.volume("/var/loki"))]),
            metrics: Some(Metrics { port: MetricsPort::Name(constant("http")), path: None, interval: None }),
            // The user of the image.
            security: Security { user: Some(10001), ..Security::default() },
            egress: self.bucket.iter().map(|_| Egress { cidr: None, ports: vec![constant("443")] }).collect(),
            scheduling: self.scheduling.clone(),
            ..Workload::new(self.image.clone(), self.resources.clone())
        })
    }
}

impl Component for Loki {
    const KIND: &'static str = "loki";

    fn offer(&self, site: &Site<'_>) -> Offer {
        Component::offer(&self.stateful(site, String::new()), site)
    }

    fn render(&self, context: &Context<'_>) -> Result<Vec<Object>, Error> {
        let mut objects = Component::render(&self.stateful(&context.site, self.configuration()?), context)?;
        if let Some(bucket) = &self.bucket {
            let keys = KEYS.iter().map(|(key, property)| ((*key).to_owned(), (*property).to_owned()));
            let store = secret_store(context, &["bucket"])?;
            let metadata = context.metadata(login(&context.site));
            objects.push(ExternalSecret::new(metadata, store, &bucket.remote, keys).object()?);
        }
        Ok(objects)
    }
}
