//! Grafana's data sources for metrics and logs.

use aqueduct_kinds::workload::SecretField;
use aqueduct_kinds::{READER, constant};
use aqueduct_manifest::{Map, Value};
use aqueduct_model::types::Name;
use aqueduct_render::{Context, Error, Neighbour};

use super::Grafana;
use crate::values::map;

/// The folder with the passwords of data sources.
const SECRETS: &str = "/etc/grafana-secrets";

/// A data source: the name that dashboards use, and its address.
pub(super) struct DataSource {
    pub(super) name: String,
    pub(super) kind: String,
    url: String,
    /// The entry in the secret store with the password, if it needs a login.
    remote: Option<String>,
}

impl DataSource {
    /// Returns the data source in Grafana's format.
    pub(super) fn value(&self, is_default: bool) -> Value {
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

    /// Returns the secret with the password, mounted where the data source expects it.
    pub(super) fn secret(&self) -> Option<(Name, SecretField)> {
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
    /// Returns the data sources: first the component's own, then the platform's.
    pub(super) fn sources(&self, context: &Context<'_>) -> Result<Vec<DataSource>, Error> {
        let mut sources: Vec<DataSource> = Vec::new();
        let mut taken: Vec<(&str, &str)> = Vec::new();
        let mut add = |name: Option<&str>, field: &[&str], neighbour: Neighbour<'_>| {
            let kind = neighbour.site.instance.kind.to_string();
            if !matches!(kind.as_str(), "prometheus" | "loki" | "elasticsearch" | "alertmanager") {
                let message =
                    format!("a component of kind `{kind}` is not a data source: `{}`", neighbour.site.name());
                return Err(Error::path(field, message)
                    .hint("use a `prometheus`, `loki`, `elasticsearch` or `alertmanager`"));
            }
            let url = neighbour.property("url").map_err(|message| Error::path(field, message))?;
            let name = name.unwrap_or(&kind).to_owned();
            // Servers of metrics and logs in the cluster need no login, except Elasticsearch.
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
}
