//! `grafana`: shows metrics and logs on dashboards.

mod authored;
mod dashboard;
mod data_source;
mod folders;
mod stock;

use std::collections::BTreeMap;

use aqueduct_kinds::workload::{
    FileField, IngressField, Metrics, MetricsPort, PortField, Probe, Probes, Resources, Scheduling,
    SecretField, Security, Variable, VolumeField, Workload, config_map,
};
use aqueduct_kinds::{Stateful, Storage, constant};
use aqueduct_manifest::{Object, yaml};
use aqueduct_model::Services;
use aqueduct_model::types::{Image, Name};
use aqueduct_render::{Component, Context, Error, Link, Offer, Site, Target};
use schemars::JsonSchema;
use serde::Deserialize;

use crate::values::{list, map};

use data_source::DataSource;
use folders::mount_dashboards;

const DASHBOARDS: &str = "/var/lib/grafana-dashboards";

/// The folder of the dashboards for all tenants.
const PLATFORM: &str = "platform";

/// A Grafana whose data sources and dashboards follow from the platform.
///
/// Its data sources are the components in `metrics` and `logs` of `[services]` in `platform.toml`, as `prometheus`
/// and `loki`, and those in `data-sources`. It has dashboards for the platform, its nodes and each component with
/// `metrics`, and every JSON file in `tenants/<tenant>/dashboards/` and `blueprints/<blueprint>/dashboards/`, in one
/// folder per tenant. The JSON is validated, and `${tenant.name}`, `${tenant.namespace}`, `${environment.name}`,
/// `${environment.domain}` and `${parameter.…}` in it are expanded. The Grafana in `dashboards` of `[services]` shows
/// all tenants; any other one shows its own tenant.
///
/// The administrator's password is the property `GF_SECURITY_ADMIN_PASSWORD` of the entry `remote` in the secret
/// store.
///
/// Renders the same objects as `stateful`, and a ConfigMap of dashboards for each tenant. One pod with a file as its
/// database is meant for demos and small clusters. For larger ones, use `kind = "chart"` with the chart `grafana`
/// from <https://grafana.github.io/helm-charts> and a separate database.
///
/// ```toml
/// kind = "chart"
/// repository = "https://grafana.github.io/helm-charts"
/// name = "grafana"
/// version = "^8.6"
///
/// [values]
/// replicas = 2
/// "grafana.ini".database = { type = "postgres", host = "grafana-db:5432" }
/// ```
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Grafana {
    /// The image.
    #[serde(default = "image")]
    pub image: Image,
    /// CPU and memory.
    pub resources: Resources,
    /// The volume for users, preferences and dashboards made by hand (default: none, so that each restart loses
    /// them).
    pub storage: Option<Storage>,
    /// The entry in the environment's secret store with the administrator's password.
    pub remote: String,
    /// Additional data sources: components of the kinds `prometheus`, `loki`, `elasticsearch` and `alertmanager`.
    #[serde(default)]
    pub data_sources: BTreeMap<Name, Target>,
    /// An Ingress that leads to Grafana.
    pub ingress: Option<IngressField>,
    /// Where the pod may run.
    #[serde(default)]
    pub scheduling: Scheduling,
}

fn image() -> Image {
    constant("grafana/grafana:11.3.1")
}

impl Grafana {
    fn stateful(&self, sources: &[DataSource]) -> Stateful {
        let text = |text: &str| Variable::Text(text.to_owned());
        let mut variables = BTreeMap::from([
            ("GF_ANALYTICS_CHECK_FOR_PLUGIN_UPDATES".to_owned(), text("false")),
            ("GF_ANALYTICS_CHECK_FOR_UPDATES".to_owned(), text("false")),
            ("GF_ANALYTICS_REPORTING_ENABLED".to_owned(), text("false")),
            (
                "GF_DASHBOARDS_DEFAULT_HOME_DASHBOARD_PATH".to_owned(),
                text(&format!("{DASHBOARDS}/{PLATFORM}/overview.json")),
            ),
            ("GF_LOG_MODE".to_owned(), text("console")),
            ("GF_NEWS_NEWS_FEED_ENABLED".to_owned(), text("false")),
            // Nothing here is fetched from the internet.
            ("GF_PLUGINS_PREINSTALL_DISABLED".to_owned(), text("true")),
            ("GF_USERS_ALLOW_SIGN_UP".to_owned(), text("false")),
        ]);
        if let Some(ingress) = &self.ingress {
            let secure = ingress.tls.unwrap_or(true);
            let path = ingress.path.as_ref().map(ToString::to_string).unwrap_or_default();
            let scheme = if secure { "https" } else { "http" };
            let root = format!("{scheme}://{}{}/", ingress.host, path.trim_end_matches('/'));
            variables.insert("GF_SERVER_ROOT_URL".to_owned(), text(&root));
            variables.insert(
                "GF_SERVER_SERVE_FROM_SUB_PATH".to_owned(),
                text(if path.len() > 1 { "true" } else { "false" }),
            );
            variables
                .insert("GF_SECURITY_COOKIE_SECURE".to_owned(), text(if secure { "true" } else { "false" }));
        }
        let admin = SecretField {
            remote: Some(self.remote.clone()),
            existing: None,
            component: None,
            keys: vec!["GF_SECURITY_ADMIN_PASSWORD".to_owned()],
            mount: None,
        };
        let data = match &self.storage {
            Some(storage) => storage.volume("/var/lib/grafana"),
            None => VolumeField::scratch("/var/lib/grafana"),
        };
        let probe = Probe { path: Some(constant("/api/health")), ..Probe::default() };
        Stateful {
            ingress: self.ingress.clone(),
            ..Stateful::new(Workload {
                ports: BTreeMap::from([(constant("http"), PortField::Number(constant("3000")))]),
                variables,
                secrets: sources
                    .iter()
                    .filter_map(DataSource::secret)
                    .chain([(constant("admin-password"), admin)])
                    .collect(),
                files: provisioning(sources),
                probes: Probes {
                    liveness: Some(Probe {
                        failures: Some(10),
                        delay: Some(constant("60s")),
                        ..probe.clone()
                    }),
                    readiness: Some(probe),
                    startup: None,
                },
                volumes: BTreeMap::from([(constant("data"), data)]),
                metrics: Some(Metrics {
                    port: MetricsPort::Name(constant("http")),
                    path: None,
                    interval: None,
                }),
                // The user of the image.
                security: Security { user: Some(472), ..Security::default() },
                scheduling: self.scheduling.clone(),
                ..Workload::new(self.image.clone(), self.resources.clone())
            })
        }
    }
}

/// Returns the files that configure Grafana's data sources and dashboard folders.
fn provisioning(sources: &[DataSource]) -> BTreeMap<String, FileField> {
    let file = |folder: &str, value: aqueduct_manifest::Value| FileField {
        mount: format!("/etc/grafana/provisioning/{folder}"),
        text: Some(yaml::write(&value)),
        content: None,
        source: None,
    };
    let default = sources.iter().position(|source| source.kind == "prometheus");
    let values = sources.iter().enumerate().map(|(number, source)| source.value(default == Some(number)));
    let provider = map([
        ("name", "platform".into()),
        ("type", "file".into()),
        ("disableDeletion", true.into()),
        ("allowUiUpdates", false.into()),
        ("updateIntervalSeconds", 30_i64.into()),
        ("options", map([("path", DASHBOARDS.into()), ("foldersFromFilesStructure", true.into())])),
    ]);
    let version = || ("apiVersion", 1_i64.into());
    BTreeMap::from([
        (
            "datasources.yaml".to_owned(),
            // Grafana removes data sources that are no longer listed.
            file("datasources", map([version(), ("prune", true.into()), ("datasources", list(values))])),
        ),
        ("dashboards.yaml".to_owned(), file("dashboards", map([version(), ("providers", list([provider]))]))),
    ])
}

impl Component for Grafana {
    const KIND: &'static str = "grafana";

    fn offer(&self, site: &Site<'_>) -> Offer {
        Component::offer(&self.stateful(&[]), site)
    }

    fn links(&self) -> Vec<Link> {
        // Grafana also starts before its data sources are available.
        self.data_sources
            .iter()
            .map(|(name, target)| Link {
                field: vec!["data-sources".to_owned(), name.to_string()],
                ordered: false,
                ..Link::new(&format!("data-sources.{name}"), target)
            })
            .collect()
    }

    fn shared(&self, services: &Services) -> Vec<Link> {
        [("services.metrics", &services.metrics), ("services.logs", &services.logs)]
            .into_iter()
            .filter_map(|(name, reference)| {
                let target = Target { reference: reference.clone()?, endpoint: None };
                Some(Link { ordered: false, field: Vec::new(), ..Link::new(name, &target) })
            })
            .collect()
    }

    fn render(&self, context: &Context<'_>) -> Result<Vec<Object>, Error> {
        let sources = self.sources(context)?;
        let dashboards = self.dashboards(context, &sources)?;
        let mut objects = Component::render(&self.stateful(&sources), context)?;
        let mut names = BTreeMap::new();
        for (folder, texts) in &dashboards {
            let name = format!("{}-dashboards-{folder}", context.name());
            objects.extend(config_map(context, &name, texts)?);
            names.insert(folder.as_str(), name);
        }
        objects
            .iter_mut()
            .filter(|object| object.kind() == "StatefulSet")
            .for_each(|object| mount_dashboards(object, &names));
        Ok(objects)
    }
}
