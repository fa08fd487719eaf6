//! `grafana`: shows metrics and logs on dashboards.

mod authored;
mod dashboard;
mod stock;

use std::collections::BTreeMap;

use aqueduct_manifest::{List, Map, Object, Value, json, yaml};
use aqueduct_model::Services;
use aqueduct_model::types::{Image, Name};
use schemars::JsonSchema;
use serde::Deserialize;

use super::elasticsearch::READER;
use super::etcd::Storage;
use super::{Stateful, constant};
use crate::context::Neighbour;
use crate::workload::{
    FileField, IngressField, Metrics, MetricsPort, PortField, Probe, Probes, Resources, Scheduling,
    SecretField, Security, Variable, VolumeField, config_map,
};
use crate::{Component, Context, Error, Link, Offer, Site, Target, digest};

use stock::Logs;

/// The folder of the passwords of data sources.
const SECRETS: &str = "/etc/grafana-secrets";
const DASHBOARDS: &str = "/var/lib/grafana-dashboards";
/// The folder of the dashboards that are about all tenants.
const PLATFORM: &str = "platform";

/// A Grafana whose data sources and dashboards follow from the platform.
///
/// Its data sources are the components of `[services] metrics` and `logs` of `platform.toml`, as
/// `prometheus` and `loki`, and those of `data-sources`. Its dashboards are the platform, its nodes, one for
/// each component with `metrics`, and every JSON file in `tenants/<tenant>/dashboards/` and
/// `blueprints/<blueprint>/dashboards/`, in a folder for each tenant; the JSON is checked, and in it
/// `${tenant.name}`, `${tenant.namespace}`, `${environment.name}`, `${environment.domain}` and
/// `${parameter.…}` are expanded. The Grafana that `[services] dashboards` names shows all tenants, any other
/// one its own tenant.
///
/// The administrator's password is the property `GF_SECURITY_ADMIN_PASSWORD` of the entry `remote` in the
/// secret store.
///
/// Renders what `stateful` renders, and a ConfigMap of dashboards for each tenant. One pod with a file as its
/// database is meant for demos and small clusters; larger ones take the chart `grafana` of
/// <https://grafana.github.io/helm-charts> through `kind = "chart"`, with a database of its own.
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
    /// The volume of users, preferences and dashboards made by hand; lost at each restart where not given.
    pub storage: Option<Storage>,
    /// The entry in the environment's secret store that holds the administrator's password.
    pub remote: String,
    /// More data sources: components of the kinds `prometheus`, `loki`, `elasticsearch` and `alertmanager`.
    #[serde(default)]
    pub data_sources: BTreeMap<Name, Target>,
    /// How an Ingress leads to Grafana.
    pub ingress: Option<IngressField>,
    /// Where the pod may run.
    #[serde(default)]
    pub scheduling: Scheduling,
}

fn image() -> Image {
    constant("grafana/grafana:11.3.1")
}

/// A data source: the name that dashboards use, and where it is.
struct DataSource {
    name: String,
    kind: String,
    url: String,
    /// The entry in the secret store with the password, where one must log in.
    remote: Option<String>,
}

fn map<const N: usize>(entries: [(&str, Value); N]) -> Value {
    let mut map = Map::new();
    for (key, value) in entries {
        map.insert(key, value);
    }
    map.into()
}

impl DataSource {
    fn value(&self, is_default: bool) -> Value {
        let details = match self.kind.as_str() {
            "prometheus" => map([
                ("httpMethod", "POST".into()),
                ("prometheusType", "Prometheus".into()),
                ("timeInterval", "30s".into()),
            ]),
            "loki" => map([("maxLines", 1000_i64.into())]),
            "elasticsearch" => map([
                ("index", "kubernetes-*".into()),
                ("timeField", "@timestamp".into()),
                ("logMessageField", "log".into()),
                ("maxConcurrentShardRequests", 5_i64.into()),
            ]),
            _ => map([("implementation", "prometheus".into()), ("handleGrafanaManagedAlerts", false.into())]),
        };
        let mut source = Map::new();
        if self.remote.is_some() {
            source.insert("basicAuth", true);
            source.insert("basicAuthUser", READER);
            let password = format!("$__file{{{SECRETS}/{}/{READER}}}", self.name);
            source.insert("secureJsonData", map([("basicAuthPassword", password.into())]));
        }
        for (key, value) in [
            ("name", self.name.as_str().into()),
            ("uid", self.name.as_str().into()),
            ("type", self.kind.as_str().into()),
            ("access", "proxy".into()),
            ("url", self.url.as_str().into()),
            ("isDefault", is_default.into()),
            ("editable", false.into()),
            ("jsonData", details),
        ] {
            source.insert(key, value);
        }
        source.into()
    }

    /// Returns the secret with the password, mounted where the data source looks for it.
    fn secret(&self) -> Option<(Name, SecretField)> {
        let field = SecretField {
            remote: Some(self.remote.clone()?),
            existing: None,
            component: None,
            keys: vec![READER.to_owned()],
            mount: Some(format!("{SECRETS}/{}", self.name)),
        };
        Some((constant(&self.name), field))
    }
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
            ports: BTreeMap::from([(constant("http"), PortField::Number(constant("3000")))]),
            variables,
            secrets: sources
                .iter()
                .filter_map(DataSource::secret)
                .chain([(constant("admin-password"), admin)])
                .collect(),
            files: provisioning(sources),
            probes: Probes {
                liveness: Some(Probe { failures: Some(10), delay: Some(constant("60s")), ..probe.clone() }),
                readiness: Some(probe),
                startup: None,
            },
            volumes: BTreeMap::from([(constant("data"), data)]),
            metrics: Some(Metrics { port: MetricsPort::Name(constant("http")), path: None, interval: None }),
            // The user of the image.
            security: Security { user: Some(472), ..Security::default() },
            ingress: self.ingress.clone(),
            scheduling: self.scheduling.clone(),
            ..Stateful::new(self.image.clone(), self.resources.clone())
        }
    }

    fn sources(&self, context: &Context<'_>) -> Result<Vec<DataSource>, Error> {
        let mut sources: Vec<DataSource> = Vec::new();
        let mut taken: Vec<(&str, &str)> = Vec::new();
        let mut add = |name: Option<&str>, field: &[&str], neighbour: Neighbour<'_>| {
            let kind = neighbour.site.instance.kind.to_string();
            if !matches!(kind.as_str(), "prometheus" | "loki" | "elasticsearch" | "alertmanager") {
                let message =
                    format!("a component of kind `{kind}` is no data source: `{}`", neighbour.site.name());
                return Err(Error::path(field, message)
                    .hint("there are `prometheus`, `loki`, `elasticsearch` and `alertmanager`"));
            }
            let url = neighbour.property("url").map_err(|message| Error::path(field, message))?;
            let name = name.unwrap_or(&kind).to_owned();
            // What serves metrics and logs within the cluster asks nobody to log in, but for Elasticsearch.
            let entry = neighbour.site.instance.spec.get("remote").and_then(|remote| remote.as_str());
            let remote = entry.filter(|_| kind == "elasticsearch").map(str::to_owned);
            if !sources.iter().any(|source| source.name == name) {
                sources.push(DataSource { name, kind, url, remote });
            }
            Ok(())
        };
        for name in self.data_sources.keys() {
            if let Some(neighbour) = context.link(&format!("data-sources.{name}")) {
                taken.push((neighbour.site.tenant(), neighbour.site.name()));
                add(Some(name.as_str()), &["data-sources", name.as_str()], neighbour)?;
            }
        }
        for shared in ["services.metrics", "services.logs"] {
            if let Some(neighbour) = context.link(shared)
                && !taken.contains(&(neighbour.site.tenant(), neighbour.site.name()))
            {
                add(None, &[], neighbour)?;
            }
        }
        Ok(sources)
    }

    /// Returns the dashboards: by folder and name, each as its JSON.
    fn dashboards(
        &self,
        context: &Context<'_>,
        sources: &[DataSource],
    ) -> Result<BTreeMap<String, BTreeMap<String, String>>, Error> {
        let names: Vec<&str> = sources.iter().map(|source| source.name.as_str()).collect();
        let logs = if names.contains(&"loki") { Logs::Shown } else { Logs::None };
        let shared = context.platform.services.dashboards.as_ref().is_none_or(|reference| {
            reference.component.as_str() == context.name()
                && reference.tenant_or(&context.tenancy().tenant.name).as_str() == context.tenant()
        });
        let mut folders: BTreeMap<String, BTreeMap<String, Value>> = BTreeMap::new();
        if names.contains(&"prometheus") {
            let platform = folders.entry(PLATFORM.to_owned()).or_default();
            platform.insert("overview".to_owned(), stock::overview(logs).value());
            platform.insert("nodes".to_owned(), stock::nodes().value());
        }
        let mut problems = Vec::new();
        let mut tenants: BTreeMap<&str, &aqueduct_model::Tenancy> = BTreeMap::new();
        for node in context.graph().nodes() {
            if !shared && node.site.tenant() != context.tenant() {
                continue;
            }
            tenants.entry(node.site.tenant()).or_insert(node.site.tenancy());
            if let Some(dashboard) = stock::component(node, logs).filter(|_| names.contains(&"prometheus")) {
                let folder = folders.entry(node.site.tenant().to_owned()).or_default();
                folder.insert(node.site.name().to_owned(), dashboard.value());
            }
        }
        for (tenant, tenancy) in tenants {
            let authored = authored::dashboards(context, tenancy, &names, &mut problems);
            if !authored.is_empty() {
                // A dashboard that somebody wrote takes the place of the one that was made.
                folders.entry(tenant.to_owned()).or_default().extend(authored);
            }
        }
        if !problems.is_empty() {
            return Err(Error::diagnostics(problems));
        }
        let text = |folder: &str, name: &str, value: &mut Value| {
            if let Some(map) = value.as_map_mut() {
                map.remove("id");
                map.insert("uid", identifier(folder, name));
            }
            panel_by_panel(value)
        };
        Ok(folders
            .into_iter()
            .map(|(folder, values)| {
                let texts = values
                    .into_iter()
                    .map(|(name, mut value)| (format!("{name}.json"), text(&folder, &name, &mut value)));
                let texts = texts.collect();
                (folder, texts)
            })
            .collect())
    }
}

/// Returns the JSON of a dashboard with each panel on a line of its own, as reviewers compare them.
fn panel_by_panel(dashboard: &Value) -> String {
    let mut entries = Vec::new();
    for (key, value) in dashboard.as_map().into_iter().flat_map(|map| map.iter()) {
        let text = match value.as_list().filter(|list| key == "panels" && !list.is_empty()) {
            Some(panels) => {
                let lines: Vec<String> = panels.iter().map(json::write).collect();
                format!("[\n{}\n]", lines.join(",\n"))
            }
            None => json::write(value),
        };
        entries.push(format!("{}: {text}", json::write(&Value::from(key.clone()))));
    }
    format!("{{\n{}\n}}\n", entries.join(",\n"))
}

/// Returns the identifier of a dashboard, which its address is made of: at most 40 characters.
fn identifier(folder: &str, name: &str) -> String {
    let whole = format!("{folder}-{name}");
    if whole.len() <= 40 {
        return whole;
    }
    let start: String = whole.chars().take(31).collect();
    format!("{}-{}", start.trim_end_matches('-'), &digest(whole.as_bytes())[..8])
}

/// Returns the files that tell Grafana of its data sources and where its dashboards are.
fn provisioning(sources: &[DataSource]) -> BTreeMap<String, FileField> {
    let file = |folder: &str, value: Value| FileField {
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
            // A source that is no longer among them is forgotten.
            file(
                "datasources",
                map([
                    version(),
                    ("prune", true.into()),
                    ("datasources", Value::List(values.collect::<List>())),
                ]),
            ),
        ),
        (
            "dashboards.yaml".to_owned(),
            file(
                "dashboards",
                map([version(), ("providers", Value::List([provider].into_iter().collect()))]),
            ),
        ),
    ])
}

/// Mounts a ConfigMap for each folder of dashboards; Grafana reads them again when they change.
fn mount_dashboards(object: &mut Object, config_maps: &BTreeMap<&str, String>) {
    let spec = object.map.map_entry("spec").map_entry("template").map_entry("spec");
    let mut volumes = spec.get("volumes").and_then(Value::as_list).cloned().unwrap_or_default();
    let mut containers = spec.get("containers").and_then(Value::as_list).cloned().unwrap_or_default();
    for (number, (folder, name)) in config_maps.iter().enumerate() {
        let volume = format!("dashboards-{number}");
        volumes.push(map([
            ("name", volume.as_str().into()),
            ("configMap", map([("name", name.as_str().into())])),
        ]));
        if let Some(container) = containers.make_mut().first_mut().and_then(Value::as_map_mut) {
            let mut mounts =
                container.get("volumeMounts").and_then(Value::as_list).cloned().unwrap_or_default();
            mounts.push(map([
                ("name", volume.as_str().into()),
                ("mountPath", format!("{DASHBOARDS}/{folder}").into()),
                ("readOnly", true.into()),
            ]));
            container.insert("volumeMounts", mounts);
        }
    }
    spec.insert("volumes", volumes);
    spec.insert("containers", containers);
}

impl Component for Grafana {
    const KIND: &'static str = "grafana";

    fn offer(&self, site: &Site<'_>) -> Offer {
        Component::offer(&self.stateful(&[]), site)
    }

    fn links(&self) -> Vec<Link> {
        // Grafana starts without its data sources, and shows them once they are there.
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

#[cfg(test)]
mod tests {
    use super::identifier;

    #[test]
    fn an_identifier_is_short_and_its_own() {
        assert_eq!(identifier("shop", "web"), "shop-web");
        let long = identifier("a-tenant-with-a-long-name", "a-component-with-a-long-name");
        assert_eq!(long.len(), 40);
        assert_ne!(long, identifier("a-tenant-with-a-long-name", "a-component-with-a-long-name-2"));
    }
}
