//! The dashboards in their folders: one for the platform, and one for each tenant.

use std::collections::BTreeMap;

use aqueduct_manifest::{Object, Value, json};
use aqueduct_render::{Context, Error, digest};

use super::data_source::DataSource;
use super::stock::Logs;
use super::{DASHBOARDS, Grafana, PLATFORM, authored, stock};
use crate::values::map;

impl Grafana {
    /// Returns the dashboards as JSON, by folder and name.
    pub(super) fn dashboards(
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
                // A dashboard that somebody wrote replaces the generated one.
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

/// Returns the JSON of a dashboard with each panel on its own line, for readable diffs.
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

/// Returns the identifier of a dashboard, which is a part of its URL: at most 40 characters.
fn identifier(folder: &str, name: &str) -> String {
    let whole = format!("{folder}-{name}");
    if whole.len() <= 40 {
        return whole;
    }
    let start: String = whole.chars().take(31).collect();
    format!("{}-{}", start.trim_end_matches('-'), &digest(whole.as_bytes())[..8])
}

/// Mounts a ConfigMap for each folder of dashboards. Grafana rereads them when they change.
pub(super) fn mount_dashboards(object: &mut Object, config_maps: &BTreeMap<&str, String>) {
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
