//! `alertmanager`: notifies people of alerts.

mod receiver;

use std::collections::{BTreeMap, BTreeSet};

use aqueduct_kinds::workload::{
    Egress, FileField, Metrics, MetricsPort, PortField, Probe, Probes, Resources, Scheduling, SecretField,
    Security, Workload,
};
use aqueduct_kinds::{Stateful, Storage, constant};
use aqueduct_manifest::{Object, Value, yaml};
use aqueduct_model::types::{Duration, Image, Name, Port};
use aqueduct_render::{Component, Context, Error, Offer, Site};
use schemars::JsonSchema;
use serde::Deserialize;

use crate::values::{list, map};

use receiver::Receiver;

const SECRETS: &str = "/etc/alertmanager-secrets";

/// The receiver that notifies nobody.
const NOBODY: &str = "nobody";

/// An Alertmanager: it groups alerts, suppresses those that follow from others, and notifies receivers.
///
/// The credentials of all receivers are properties of one entry in the secret store, `remote`; each receiver sets its
/// property. Alerts go to the first of `routes` that matches, or else to `receiver`. While an alert with severity
/// `critical` is active, alerts with `warning` and `info` and the same name and namespace are suppressed.
///
/// Renders the same objects as `stateful`. One pod is meant for demos and small clusters. For larger ones, use
/// `kind = "chart"` with the chart `kube-prometheus-stack` from <https://prometheus-community.github.io/helm-charts>.
///
/// ```toml
/// kind = "chart"
/// repository = "https://prometheus-community.github.io/helm-charts"
/// name = "alertmanager"
/// version = "^1.13"
///
/// [values]
/// replicaCount = 3
/// configmapReload.enabled = true
/// ```
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Alertmanager {
    /// The image.
    #[serde(default = "image")]
    pub image: Image,
    /// CPU and memory.
    pub resources: Resources,
    /// The volume for silences and sent notifications (default: none, so that each restart loses them).
    pub storage: Option<Storage>,
    /// The entry in the environment's secret store with the credentials of the receivers.
    pub remote: Option<String>,
    /// The receivers by name.
    #[serde(default)]
    pub receivers: BTreeMap<Name, Receiver>,
    /// The receiver of alerts that match no route (default: none).
    pub receiver: Option<Name>,
    /// The routes of certain alerts to other receivers; the first that matches applies.
    #[serde(default)]
    pub routes: Vec<AlertRoute>,
    /// How long a group waits for more alerts before its first notification.
    #[serde(default = "half_a_minute")]
    pub group_wait: Duration,
    /// How often the notification of an active group is repeated.
    #[serde(default = "four_hours")]
    pub repeat: Duration,
    /// Where the pod may run.
    #[serde(default)]
    pub scheduling: Scheduling,
}

/// Alerts with certain labels, and their receiver.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct AlertRoute {
    /// The labels that an alert must have, such as `severity = "critical"` or `tenant = "shop"`.
    pub labels: BTreeMap<String, String>,
    /// The receiver.
    pub receiver: Name,
}

fn image() -> Image {
    constant("quay.io/prometheus/alertmanager:v0.27.0")
}

fn half_a_minute() -> Duration {
    constant("30s")
}

fn four_hours() -> Duration {
    constant("4h")
}

impl Alertmanager {
    fn configuration(&self) -> Result<String, Error> {
        let known = |field: &str, name: &Name| {
            if self.receivers.contains_key(name) {
                return Ok(());
            }
            let error = Error::field(field, format!("there is no such receiver: `{name}`"));
            Err(match aqueduct_manifest::closest(name.as_str(), self.receivers.keys().map(Name::as_str)) {
                Some(near) => error.hint(format!("did you mean `{near}`?")),
                None => error.hint("add it to `[receivers]`"),
            })
        };
        let matchers = |labels: &[(&str, &str)]| {
            list(labels.iter().map(|(label, value)| {
                Value::from(format!("{label}=\"{}\"", value.replace('\\', "\\\\").replace('"', "\\\"")))
            }))
        };
        // The always-active alert is for monitoring the monitoring itself.
        let mut routes =
            vec![map([("matchers", matchers(&[("alertname", "Watchdog")])), ("receiver", NOBODY.into())])];
        for route in &self.routes {
            known("routes", &route.receiver)?;
            let labels: Vec<(&str, &str)> =
                route.labels.iter().map(|(label, value)| (label.as_str(), value.as_str())).collect();
            if labels.is_empty() {
                return Err(Error::field("routes", "a route without `labels` would match every alert")
                    .hint("set `receiver` instead"));
            }
            routes.push(map([("matchers", matchers(&labels)), ("receiver", route.receiver.as_str().into())]));
        }
        let default = match &self.receiver {
            Some(receiver) => {
                known("receiver", receiver)?;
                receiver.as_str()
            }
            None => NOBODY,
        };
        let mut receivers = Vec::new();
        for (name, receiver) in &self.receivers {
            let value = receiver.value(name.as_str());
            if name.as_str() == NOBODY || value.as_map().is_none_or(|map| map.len() < 2) {
                return Err(Error::path(
                    &["receivers", name.as_str()],
                    format!("receiver `{name}` notifies nobody"),
                )
                .hint("set `slack`, `pagerduty`, `email` or `webhook`, and use a name other than `nobody`"));
            }
            receivers.push(value);
        }
        receivers.push(map([("name", NOBODY.into())]));
        let inhibits = |source: &str, targets: &str| {
            map([
                ("source_matchers", matchers(&[("severity", source)])),
                ("target_matchers", list([Value::from(format!("severity=~\"{targets}\""))])),
                ("equal", list(["alertname".into(), "namespace".into()])),
            ])
        };
        Ok(yaml::write(&map([
            (
                "route",
                map([
                    ("receiver", default.into()),
                    ("group_by", list(["alertname".into(), "namespace".into()])),
                    ("group_wait", self.group_wait.to_string().into()),
                    ("group_interval", "5m".into()),
                    ("repeat_interval", self.repeat.to_string().into()),
                    ("routes", list(routes)),
                ]),
            ),
            ("receivers", list(receivers)),
            ("inhibit_rules", list([inhibits("critical", "warning|info"), inhibits("warning", "info")])),
        ])))
    }

    fn stateful(&self, configuration: String) -> Result<Stateful, Error> {
        let keys: BTreeSet<&str> = self.receivers.values().flat_map(Receiver::secrets).collect();
        let mut secrets = BTreeMap::new();
        if !keys.is_empty() {
            let remote = self.remote.as_ref().ok_or_else(|| {
                Error::field("receivers", "the credentials of the receivers have no source")
                    .hint("set `remote` to their entry in the secret store")
            })?;
            let field = SecretField {
                remote: Some(remote.clone()),
                existing: None,
                component: None,
                keys: keys.into_iter().map(str::to_owned).collect(),
                mount: Some(SECRETS.to_owned()),
            };
            secrets.insert(constant("receivers"), field);
        }
        let ports: BTreeSet<u16> = self.receivers.values().flat_map(Receiver::ports).collect();
        let ports: Vec<Port> = ports.into_iter().map(|port| constant(&port.to_string())).collect();
        let file = FileField {
            mount: "/etc/alertmanager".to_owned(),
            text: Some(configuration),
            content: None,
            source: None,
        };
        let data = match &self.storage {
            Some(storage) => storage.volume("/alertmanager"),
            None => aqueduct_kinds::workload::VolumeField::scratch("/alertmanager"),
        };
        let probe = |path: &str| Probe { path: Some(constant(path)), ..Probe::default() };
        Ok(Stateful::new(Workload {
            arguments: [
                "--config.file=/etc/alertmanager/alertmanager.yaml",
                "--storage.path=/alertmanager",
                // A single instance has no peers.
                "--cluster.listen-address=",
            ]
            .map(str::to_owned)
            .to_vec(),
            ports: BTreeMap::from([(constant("http"), PortField::Number(constant("9093")))]),
            files: BTreeMap::from([("alertmanager.yaml".to_owned(), file)]),
            secrets,
            probes: Probes {
                liveness: Some(probe("/-/healthy")),
                readiness: Some(probe("/-/ready")),
                startup: None,
            },
            volumes: BTreeMap::from([(constant("data"), data)]),
            metrics: Some(Metrics { port: MetricsPort::Name(constant("http")), path: None, interval: None }),
            // The user of the image.
            security: Security { user: Some(65534), ..Security::default() },
            egress: if ports.is_empty() { Vec::new() } else { vec![Egress { cidr: None, ports }] },
            scheduling: self.scheduling.clone(),
            ..Workload::new(self.image.clone(), self.resources.clone())
        }))
    }
}

impl Component for Alertmanager {
    const KIND: &'static str = "alertmanager";

    fn offer(&self, site: &Site<'_>) -> Offer {
        // Errors in the receivers are reported when the component is rendered.
        self.stateful(String::new()).map(|stateful| Component::offer(&stateful, site)).unwrap_or_default()
    }

    fn render(&self, context: &Context<'_>) -> Result<Vec<Object>, Error> {
        Component::render(&self.stateful(self.configuration()?)?, context)
    }
}
