//! `prometheus`: collects and stores the metrics of the cluster, and evaluates alerts.

mod monitors;

use std::collections::BTreeMap;

use aqueduct_kinds::foreign::texts;
use aqueduct_kinds::workload::{
    FileField, Metrics, MetricsPort, Permission, Permissions, PortField, Probe, Probes, Resources,
    Scheduling, Security, Shutdown, Workload,
};
use aqueduct_kinds::{Stateful, Storage, constant};
use aqueduct_manifest::{Object, Value, yaml};
use aqueduct_model::types::{Duration, Image};
use aqueduct_render::{Component, Context, Error, Link, Offer, Site, SourceName, Target};
use schemars::JsonSchema;
use serde::Deserialize;

/// The service discovery configuration: the same for every cluster, since the pods themselves declare how to scrape
/// them.
const SCRAPE: &str = include_str!("prometheus/scrape.yaml");
/// The recording and alerting rules of every installation.
const RULES: &str = include_str!("prometheus/rules.yaml");
/// The rules about the connection from Prometheus to its Alertmanager.
const ALERTMANAGER_RULES: &str = include_str!("prometheus/alertmanager.yaml");

/// A Prometheus server: it scrapes everything that declares metrics, stores the samples and evaluates alerts.
///
/// A component with `metrics` is scraped without any configuration here: its pods have the annotations
/// `prometheus.io/scrape`, `/port`, `/path` and `/interval`, whether or not the cluster also has the Prometheus
/// operator and its ServiceMonitors. It also scrapes pods and Services of charts with the same annotations, the
/// targets of ServiceMonitors in charts, kustomizations and manifests, the API server, the kubelets, their containers
/// (cAdvisor), the node exporter and kube-state-metrics. Samples have the labels `namespace`, `pod`, `tenant` and
/// `component`.
///
/// The kind includes alerts about nodes, workloads, volumes, quotas, the cluster and the monitoring itself; `rules`
/// adds the platform's own.
///
/// Set the component as `metrics` in `[services]` of `platform.toml`, so that every tenant's network policies admit
/// it, and nobody else.
///
/// Renders the same objects as `stateful`, with read-only access to pods, Services and nodes. One server with one
/// volume is meant for demos and small clusters. For larger ones, use `kind = "chart"` with the chart
/// `kube-prometheus-stack` from <https://prometheus-community.github.io/helm-charts>, whose operator reads the
/// ServiceMonitors that components render.
///
/// ```toml
/// kind = "chart"
/// repository = "https://prometheus-community.github.io/helm-charts"
/// name = "kube-prometheus-stack"
/// version = "^66"
///
/// [values]
/// prometheus.prometheusSpec = { retention = "30d", replicas = 2, serviceMonitorSelectorNilUsesHelmValues = false }
/// grafana.enabled = false
/// ```
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Prometheus {
    /// The image.
    #[serde(default = "image")]
    pub image: Image,
    /// CPU and memory.
    pub resources: Resources,
    /// The volume for the samples; the oldest are deleted when it is almost full.
    pub storage: Storage,
    /// How long samples are kept.
    #[serde(default = "retention")]
    pub retention: Duration,
    /// The scrape interval of targets that do not set their own.
    #[serde(default = "interval")]
    pub interval: Duration,
    /// The component of kind `alertmanager` that receives alerts.
    pub alertmanager: Option<Target>,
    /// A file or folder of additional rules, relative to the tenant's folder.
    pub rules: Option<String>,
    /// Where the server may run.
    #[serde(default)]
    pub scheduling: Scheduling,
}

fn image() -> Image {
    constant("quay.io/prometheus/prometheus:v2.55.1")
}

fn retention() -> Duration {
    constant("15d")
}

fn interval() -> Duration {
    constant("30s")
}

impl Prometheus {
    fn stateful(&self, files: BTreeMap<String, FileField>) -> Stateful {
        // Data that is not yet compacted needs space in addition to the retained data.
        let kept = (self.storage.size.bytes() >> 20).saturating_mul(85) / 100;
        let probe = |path: &str| Probe { path: Some(constant(path)), ..Probe::default() };
        Stateful::new(Workload {
            arguments: vec![
                "--config.file=/etc/prometheus/prometheus.yml".to_owned(),
                "--storage.tsdb.path=/prometheus".to_owned(),
                format!("--storage.tsdb.retention.time={}", self.retention),
                format!("--storage.tsdb.retention.size={kept}MB"),
            ],
            ports: BTreeMap::from([(constant("http"), PortField::Number(constant("9090")))]),
            files,
            probes: Probes {
                liveness: Some(Probe { failures: Some(6), ..probe("/-/healthy") }),
                readiness: Some(probe("/-/ready")),
                // It replays its write-ahead log before it answers.
                startup: Some(Probe {
                    period: Some(constant("15s")),
                    failures: Some(60),
                    ..probe("/-/healthy")
                }),
            },
            volumes: BTreeMap::from([(constant("data"), self.storage.volume("/prometheus"))]),
            metrics: Some(Metrics { port: MetricsPort::Name(constant("http")), path: None, interval: None }),
            permissions: Some(permissions()),
            // The user of the image.
            security: Security { user: Some(65534), ..Security::default() },
            // It writes its memory to disk before it ends.
            shutdown: Some(Shutdown { grace: Some(constant("5m")), ..Shutdown::default() }),
            scheduling: self.scheduling.clone(),
            ..Workload::new(self.image.clone(), self.resources.clone())
        })
    }

    fn configuration(&self, context: &Context<'_>) -> Result<String, Error> {
        let mut text = format!(
            "global:\n  scrape_interval: {interval}\n  evaluation_interval: {interval}\n  external_labels:\n    \
             platform: {}\n    environment: {}\n\nrule_files:\n  - /etc/prometheus-rules/*.yaml\n\n",
            context.platform.name,
            context.environment().name,
            interval = self.interval,
        );
        if let Some(alertmanager) = context.link("alertmanager") {
            text.push_str("alerting:\n  alertmanagers:\n    - static_configs:\n        - targets:\n");
            alertmanager
                .members()
                .iter()
                .for_each(|member| text.push_str(&format!("            - {member}\n")));
            text.push('\n');
        }
        text.push_str(SCRAPE);
        text.push_str(&monitors::jobs(context)?);
        Ok(text)
    }

    fn files(&self, context: &Context<'_>) -> Result<BTreeMap<String, FileField>, Error> {
        let file = |mount: &str, text: &str| FileField {
            mount: mount.to_owned(),
            text: Some(text.to_owned()),
            content: None,
            source: None,
        };
        let rules = "/etc/prometheus-rules";
        let mut files = BTreeMap::from([
            ("prometheus.yml".to_owned(), file("/etc/prometheus", &self.configuration(context)?)),
            ("default.yaml".to_owned(), file(rules, RULES)),
        ]);
        if self.alertmanager.is_some() {
            files.insert("default-alertmanager.yaml".to_owned(), file(rules, ALERTMANAGER_RULES));
        }
        let Some(path) = &self.rules else { return Ok(files) };
        for (name, text) in texts(context, "rules", path, &["yaml", "yml"])? {
            check_rules(name, text)?;
            let (_, base) = name.rsplit_once('/').unwrap_or(("", name));
            let key = format!("{}.yaml", base.trim_end_matches(".yml").trim_end_matches(".yaml"));
            if files.insert(key, file(rules, text)).is_some() {
                return Err(Error::field("rules", format!("another rules file has the same name: `{name}`")));
            }
        }
        Ok(files)
    }
}

/// Checks the structure of a rules file: groups with names, each with rules that have an expression.
fn check_rules(name: &str, text: &str) -> Result<(), Error> {
    let fail = |message: &str| Error::field("rules", format!("{message}: `{name}`"));
    let value = yaml::read(text).map_err(|error| fail(&format!("not YAML, {}", error.message)))?;
    let groups = value
        .get("groups")
        .and_then(Value::as_list)
        .ok_or_else(|| fail("a rules file needs a list `groups`"))?;
    let named = |value: &Value, keys: &[&str]| {
        keys.iter().any(|key| value.get(key).is_some_and(|name| name.as_str().is_some()))
    };
    for group in groups.iter() {
        if !named(group, &["name"]) {
            return Err(fail("a rule group has no `name`"));
        }
        for rule in group.get("rules").and_then(Value::as_list).into_iter().flat_map(|rules| rules.iter()) {
            if !named(rule, &["alert", "record"]) || rule.get("expr").is_none() {
                return Err(fail("a rule needs `expr` and either `alert` or `record`"));
            }
        }
    }
    Ok(())
}

/// The permissions for service discovery, and for the metrics of kubelets and the API server.
fn permissions() -> Permissions {
    let texts = |texts: &[&str]| texts.iter().map(|text| (*text).to_owned()).collect::<Vec<_>>();
    let rule = |groups: &[&str], resources: &[&str], verbs: &[&str]| Permission {
        groups: texts(groups),
        resources: texts(resources),
        names: Vec::new(),
        paths: Vec::new(),
        verbs: texts(verbs),
    };
    Permissions {
        rules: Vec::new(),
        cluster_rules: vec![
            rule(&[""], &["nodes", "services", "endpoints", "pods"], &["get", "list", "watch"]),
            rule(&[""], &["nodes/metrics"], &["get"]),
            Permission {
                groups: Vec::new(),
                paths: texts(&["/metrics", "/metrics/cadvisor"]),
                ..rule(&[], &[], &["get"])
            },
        ],
    }
}

impl Component for Prometheus {
    const KIND: &'static str = "prometheus";

    fn sources(&self) -> Vec<SourceName<'_>> {
        self.rules.iter().map(|path| SourceName::Files(path)).collect()
    }

    fn offer(&self, site: &Site<'_>) -> Offer {
        let mut offer = Component::offer(&self.stateful(BTreeMap::new()), site);
        offer.pod_groups.iter_mut().for_each(|group| group.to_cluster = true);
        offer
    }

    fn links(&self) -> Vec<Link> {
        self.alertmanager.iter().map(|target| Link::new("alertmanager", target)).collect()
    }

    fn render(&self, context: &Context<'_>) -> Result<Vec<Object>, Error> {
        if self.retention.seconds() == 0 {
            // Prometheus treats zero as its own default.
            return Err(Error::field(
                "retention",
                format!("the retention must be longer than zero: `{}`", self.retention),
            ));
        }
        if let Some(neighbour) =
            context.link("alertmanager").filter(|neighbour| neighbour.site.instance.kind != "alertmanager")
        {
            let message = format!("`{}` is not an Alertmanager", neighbour.site.name());
            return Err(
                Error::field("alertmanager", message).hint("refer to a component of kind `alertmanager`")
            );
        }
        Component::render(&self.stateful(self.files(context)?), context)
    }
}
