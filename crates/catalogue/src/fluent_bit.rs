//! `fluent-bit`: the agent that ships container logs.

use std::collections::BTreeMap;

use aqueduct_kinds::workload::{
    DatabaseField, DatabaseTable, FileField, Metrics, MetricsPort, Permission, Permissions, PortField, Probe,
    Probes, Resources, Scheduling, Security, Toleration, VolumeField, Workload,
};
use aqueduct_kinds::{Daemon, constant};
use aqueduct_manifest::Object;
use aqueduct_model::types::{Image, Name};
use aqueduct_render::{Component, Context, Error, Link, Offer, Site, Target};
use schemars::JsonSchema;
use serde::Deserialize;

/// Fluent Bit, which ships container logs from every node to an `elasticsearch` or a `loki`.
///
/// `to` is the component that receives the logs, which decides host, port, login and format. Logs carry the
/// namespace, pod, container and pod labels. Elasticsearch stores them in one index per day, `kubernetes-<day>`; Loki
/// in streams by namespace, pod and container.
///
/// Renders the same objects as `daemon`. It reads the node's log folder as root, which its namespace must allow
/// (`pod-security = "privileged"`). It is a single pipeline for a small cluster. For larger ones, use the project's
/// chart:
///
/// ```toml
/// kind = "chart"
/// repository = "https://fluent.github.io/helm-charts"
/// name = "fluent-bit"
/// version = "^0.48"
///
/// [values]
/// config = { filters = "…", outputs = "…" }
/// ```
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct FluentBit {
    /// The image.
    #[serde(default = "image")]
    pub image: Image,
    /// The component that receives the logs.
    pub to: Target,
    /// The namespaces whose logs are shipped (default: all).
    #[serde(default)]
    pub namespaces: Vec<Name>,
    /// CPU and memory on each node.
    pub resources: Resources,
    /// Where the pods may run (default: every node, whatever its taints).
    #[serde(default = "everywhere")]
    pub scheduling: Scheduling,
}

const CONFIGURATION: &str = "/etc/fluent-bit";

fn image() -> Image {
    constant("fluent/fluent-bit:3.2.10")
}

fn everywhere() -> Scheduling {
    let every_taint = Toleration::default();
    Scheduling { tolerations: vec![every_taint], ..Scheduling::default() }
}

/// The receiver of the logs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Sink {
    Elasticsearch,
    Loki,
}

impl FluentBit {
    fn configuration(&self, sink: Sink) -> String {
        let paths: Vec<String> = match self.namespaces.as_slice() {
            [] => vec!["/var/log/containers/*.log".to_owned()],
            names => names.iter().map(|name| format!("/var/log/containers/*_{name}_*.log")).collect(),
        };
        let output = match sink {
            Sink::Elasticsearch => "\
[OUTPUT]
    Name                es
    Match               kube.*
    Host                ${link.to.host}
    Port                ${link.to.port}
    HTTP_User           ${LOG_USER}
    HTTP_Passwd         ${LOG_PASSWORD}
    Logstash_Format     On
    Logstash_Prefix     kubernetes
    Replace_Dots        On
    Suppress_Type_Name  On
    Write_Operation     create
    Trace_Error         On
    Retry_Limit         10",
            Sink::Loki => "\
[OUTPUT]
    Name                loki
    Match               kube.*
    Host                ${link.to.host}
    Port                ${link.to.port}
    Labels              job=fluent-bit, namespace=$kubernetes['namespace_name'], pod=$kubernetes['pod_name'], container=$kubernetes['container_name']
    Line_Format         json
    Retry_Limit         10",
        };
        format!(
            "\
[SERVICE]
    Flush               5
    Daemon              Off
    Log_Level           info
    HTTP_Server         On
    HTTP_Listen         0.0.0.0
    HTTP_Port           2020
    Health_Check        On
    storage.path        /state/buffers
    storage.max_chunks_up 64

[INPUT]
    Name                tail
    Path                {paths}
    Tag                 kube.*
    multiline.parser    docker, cri
    DB                  /state/positions.db
    Read_from_Head      On
    Skip_Long_Lines     On
    Refresh_Interval    10
    Mem_Buf_Limit       16MB
    storage.type        filesystem

[FILTER]
    Name                kubernetes
    Match               kube.*
    Merge_Log           On
    Keep_Log            Off
    Labels              On
    Annotations         Off
    Buffer_Size         256KB

{output}
    storage.total_limit_size 256M
",
            paths = paths.join(",")
        )
    }

    fn daemon(&self, sink: Sink) -> Daemon {
        let probe = |path: &str| Probe {
            path: Some(constant(path)),
            delay: Some(constant("10s")),
            period: Some(constant("30s")),
            ..Probe::default()
        };
        let login = [("LOG_USER", "user"), ("LOG_PASSWORD", "password")];
        let read = |resources: &[&str]| Permission {
            resources: resources.iter().map(|resource| (*resource).to_owned()).collect(),
            verbs: ["get", "list", "watch"].map(str::to_owned).to_vec(),
            ..Permission::default()
        };
        Daemon::new(Workload {
            command: vec!["/fluent-bit/bin/fluent-bit".to_owned()],
            arguments: vec!["--config".to_owned(), format!("{CONFIGURATION}/fluent-bit.conf")],
            ports: BTreeMap::from([(constant("http"), PortField::Number(constant("2020")))]),
            links: BTreeMap::from([(constant("to"), self.to.clone())]),
            database: (sink == Sink::Elasticsearch).then(|| {
                DatabaseField::Table(DatabaseTable {
                    component: self.to.clone(),
                    variables: login.map(|(name, property)| (name.to_owned(), property.to_owned())).into(),
                })
            }),
            files: BTreeMap::from([(
                "fluent-bit.conf".to_owned(),
                FileField {
                    mount: CONFIGURATION.to_owned(),
                    text: Some(self.configuration(sink)),
                    content: None,
                    source: None,
                },
            )]),
            volumes: BTreeMap::from([
                (constant("logs"), VolumeField::of_node("/var/log", "/var/log")),
                // The read position in each file must outlive the pod.
                (
                    constant("state"),
                    VolumeField { persistent: true, ..VolumeField::of_node("/var/lib/fluent-bit", "/state") },
                ),
            ]),
            probes: Probes {
                liveness: Some(probe("/")),
                readiness: Some(probe("/api/v1/health")),
                startup: None,
            },
            metrics: Some(Metrics {
                port: MetricsPort::Name(constant("http")),
                path: Some(constant("/api/v2/metrics/prometheus")),
                interval: None,
            }),
            permissions: Some(Permissions {
                rules: Vec::new(),
                cluster_rules: vec![read(&["namespaces", "pods"])],
            }),
            // Only root may read the logs of all containers.
            security: Security { user: Some(0), ..Security::default() },
            scheduling: self.scheduling.clone(),
            ..Workload::new(self.image.clone(), self.resources.clone())
        })
    }
}

impl Component for FluentBit {
    const KIND: &'static str = "fluent-bit";

    fn offer(&self, site: &Site<'_>) -> Offer {
        Component::offer(&self.daemon(Sink::Loki), site)
    }

    fn links(&self) -> Vec<Link> {
        // The login depends on the target's kind, which is only known once the target is resolved.
        ["to", "database"]
            .map(|name| Link { field: vec!["to".to_owned()], ..Link::new(name, &self.to) })
            .to_vec()
    }

    fn render(&self, context: &Context<'_>) -> Result<Vec<Object>, Error> {
        let Some(neighbour) = context.link("to") else { return Ok(Vec::new()) };
        let sink = match neighbour.site.instance.kind.as_str() {
            "elasticsearch" => Sink::Elasticsearch,
            "loki" => Sink::Loki,
            kind => {
                return Err(Error::field(
                    "to",
                    format!("a component of kind `{kind}` cannot receive logs: `{}`", self.to),
                )
                .hint("refer to an `elasticsearch` or a `loki`"));
            }
        };
        Component::render(&self.daemon(sink), context)
    }
}
