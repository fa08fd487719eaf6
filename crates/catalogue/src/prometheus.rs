//! `prometheus`: collects the metrics of everything in the cluster, keeps them and evaluates alerts.

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

/// How Prometheus finds what it scrapes: the same for every cluster, as the pods themselves say it.
const SCRAPE: &str = include_str!("prometheus/scrape.yaml");
/// The recording and alerting rules of every install.
const RULES: &str = include_str!("prometheus/rules.yaml");
/// The rules about the way from Prometheus to its Alertmanager.
const ALERTMANAGER_RULES: &str = include_str!("prometheus/alertmanager.yaml");

/// A Prometheus server: it scrapes what says that it has metrics, keeps the samples and evaluates alerts.
///
/// A component with `metrics` is scraped without a line here: its pods carry the annotations
/// `prometheus.io/scrape`, `/port`, `/path` and `/interval`, whether or not the cluster also has the
/// Prometheus operator and its ServiceMonitors. Pods and Services of charts that carry the same annotations
/// are found as well, what ServiceMonitors in charts, kustomizations and manifests name, and so are the API server, the kubelets, their containers (cAdvisor), the node
/// exporter and kube-state-metrics. Samples carry the labels `namespace`, `pod`, `tenant` and `component`.
///
/// Alerts about nodes, workloads, volumes, quotas, the cluster and the monitoring itself are part of the
/// kind; `rules` adds those of the platform.
///
/// Name the component in `[services] metrics` of `platform.toml`: every tenant's network policies then let
/// it in, and nobody else.
///
/// Renders what `stateful` renders, with read-only access to pods, Services and nodes. One server on one
/// volume is meant for demos and small clusters; larger ones take the chart `kube-prometheus-stack` of
/// <https://prometheus-community.github.io/helm-charts> through `kind = "chart"`, whose operator reads the
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
    /// The volume that keeps the samples; the oldest go when it is almost full.
    pub storage: Storage,
    /// How long samples are kept.
    #[serde(default = "retention")]
    pub retention: Duration,
    /// How often targets are scraped that do not say it themselves.
    #[serde(default = "interval")]
    pub interval: Duration,
    /// The component of kind `alertmanager` that alerts go to.
    pub alertmanager: Option<Target>,
    /// A file or folder of rules, relative to the tenant's folder, in addition to those that come with the kind.
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
        // What is not yet compacted needs room beside what is kept.
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
                // It reads its log of samples before it answers.
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
            // It writes what it has in memory before it ends.
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
                return Err(Error::field(
                    "rules",
                    format!("another file of rules has the same name: `{name}`"),
                ));
            }
        }
        Ok(files)
    }
}

/// Holds a file against the shape of rules: groups with names, in each of them rules with an expression.
fn check_rules(name: &str, text: &str) -> Result<(), Error> {
    let fail = |message: &str| Error::field("rules", format!("{message}: `{name}`"));
    let value = yaml::read(text).map_err(|error| fail(&format!("not YAML, {}", error.message)))?;
    let groups = value
        .get("groups")
        .and_then(Value::as_list)
        .ok_or_else(|| fail("a file of rules has a list `groups`"))?;
    let named = |value: &Value, keys: &[&str]| {
        keys.iter().any(|key| value.get(key).is_some_and(|name| name.as_str().is_some()))
    };
    for group in groups.iter() {
        if !named(group, &["name"]) {
            return Err(fail("a group of rules has no `name`"));
        }
        for rule in group.get("rules").and_then(Value::as_list).into_iter().flat_map(|rules| rules.iter()) {
            if !named(rule, &["alert", "record"]) || rule.get("expr").is_none() {
                return Err(fail("a rule needs `expr` and either `alert` or `record`"));
            }
        }
    }
    Ok(())
}

/// What service discovery reads, and the metrics of the kubelets and of the API server.
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
            // Prometheus takes a zero for its own default.
            return Err(Error::field(
                "retention",
                format!("samples are kept for some time: `{}`", self.retention),
            ));
        }
        if let Some(neighbour) =
            context.link("alertmanager").filter(|neighbour| neighbour.site.instance.kind != "alertmanager")
        {
            let message = format!("`{}` is not an Alertmanager", neighbour.site.name());
            return Err(Error::field("alertmanager", message).hint("name a component of kind `alertmanager`"));
        }
        Component::render(&self.stateful(self.files(context)?), context)
    }
}
