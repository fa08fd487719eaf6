//! Every field of the list is shown by a platform of this repository: by its own one where that needs it, else by one that
//! moved in.
//!
//! Each is held against the files that show it and against the published schemas, so that neither a platform that is made
//! simpler nor a field that is renamed leaves the list behind.

use std::collections::BTreeSet;
use std::path::Path;

use serde_json::Value as Json;

/// The schema, the field, and the file that shows it. In the field `*` is any name; what is in lists is meant too.
const SHOWN: &[(&str, &str, &str)] = &[
    // The repository's own platform.
    ("platform", "environments.*.extends", "platform.toml"),
    ("platform", "environments.*.promoted-from", "platform.toml"),
    ("tenant", "namespaces.existing", "tenants/cluster/tenant.toml"),
    ("tenant", "delivery.retry.limit", "tenants/cluster/tenant.toml"),
    ("tenant", "delivery.order", "tenants/front-web/tenant.toml"),
    ("tenant", "delivery.removal", "tenants/delivery/tenant.toml"),
    ("tenant", "isolation.allow-from", "tenants/back/tenant.toml"),
    ("tenant", "isolation.allow-to", "tenants/b2b/tenant.toml"),
    ("component", "allow-from", "tenants/back/keydb.toml"),
    ("component", "init-containers.mounts", "tenants/back/ii.toml"),
    ("component", "patches.patch", "tenants/back/ii.toml"),
    ("component", "sidecars.arguments", "tenants/front-web/nginx-proxy-server.toml"),
    ("component", "affinity", "tenants/crypto-exchange/app.toml"),
    ("component", "delivery.ignore-differences.jq", "tenants/ingress-nginx/controller.toml"),
    ("component", "delivery.sync-options", "tenants/cluster/storage.toml"),
    ("component", "delivery.annotations", "tenants/crypto-exchange/app.toml"),
    ("component", "delivery.info", "tenants/monitoring/grafana.toml"),
    ("component", "release", "tenants/goverse-chart/goverse.toml"),
    ("component", "value-files", "tenants/goverse-chart/goverse.toml"),
    // Three environments of one cluster.
    ("platform", "environments.*.namespace-suffix", "tests/migrations/cloud-starter/platform.toml"),
    ("platform", "environments.*.argocd", "tests/migrations/cloud-starter/platform.toml"),
    ("platform", "environments.*.apis.definitions", "tests/migrations/cloud-starter/platform.toml"),
    ("platform", "environments.*.revision", "tests/migrations/cloud-starter/platform.toml"),
    ("platform", "isolation", "tests/migrations/cloud-starter/platform.toml"),
    ("platform", "labels", "tests/migrations/cloud-starter/platform.toml"),
    ("platform", "pod-security", "tests/migrations/cloud-starter/platform.toml"),
    ("component", "allow.reason", "tests/migrations/cloud-starter/tenants/tools/certificates.toml"),
    ("component", "delivery.name", "tests/migrations/cloud-starter/tenants/tools/dns.toml"),
    // Clusters beside that of Argo CD.
    ("platform", "environments.*.cluster", "tests/migrations/hub/platform.toml"),
    ("platform", "delivery.labels", "tests/migrations/hub/platform.toml"),
    ("platform", "environments.*.values.*", "tests/migrations/hub/platform.toml"),
    ("platform", "values.*.type", "tests/migrations/hub/platform.toml"),
    ("component", "environments.*.skip-crds", "tests/migrations/hub/tenants/platform/agent.toml"),
    ("tenant", "patches.target", "tests/migrations/hub/tenants/shop/tenant.toml"),
    // Umbrella charts, and what somebody applied by hand.
    ("platform", "argocd.names.application", "tests/migrations/home-lab/platform.toml"),
    ("platform", "delivery.history", "tests/migrations/home-lab/platform.toml"),
    ("component", "delivery.self-heal", "tests/migrations/home-lab/tenants/apps/games.toml"),
    ("component", "delivery.prune", "tests/migrations/home-lab/tenants/apps/photos.toml"),
    ("component", "delivery.data", "tests/migrations/home-lab/tenants/apps/photos.toml"),
    ("component", "delivery.wave", "tests/migrations/home-lab/tenants/cluster/storage.toml"),
    ("tenant", "delivery.cluster-kinds", "tests/migrations/home-lab/tenants/apps/tenant.toml"),
    ("component", "adopt.selector", "tests/migrations/home-lab/tenants/apps/weather.toml"),
    ("component", "pod.labels", "tests/migrations/home-lab/tenants/apps/weather.toml"),
    ("component", "security-context", "tests/migrations/home-lab/tenants/apps/weather.toml"),
    ("component", "tolerations", "tests/migrations/home-lab/tenants/apps/weather.toml"),
    ("component", "volumes.*.source", "tests/migrations/home-lab/tenants/apps/weather.toml"),
    ("component", "runtime-class", "tests/migrations/home-lab/tenants/apps/weather.toml"),
    ("component", "chart-value-files", "tests/migrations/home-lab/tenants/apps/films.toml"),
];

/// The fields of `[delivery]` that no platform needs, and the page that tells of each.
const TOLD: &[(&str, &str)] = &[
    ("allow-empty", "docs/reference.md"),
    ("automatic", "docs/delivery.md"),
    ("kinds", "docs/delivery.md"),
    ("namespace", "docs/delivery.md"),
    ("project", "docs/delivery.md"),
    ("revision", "docs/delivery.md"),
];

fn text(path: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(path);
    std::fs::read_to_string(&path)
        .map_err(|error| format!("{}: {error}", path.display()))
        .expect("it is there")
}

#[test]
fn every_field_is_shown_where_it_is_said_to_be() {
    let missing: Vec<&(&str, &str, &str)> = SHOWN
        .iter()
        .filter(|(_, field, file)| {
            let table: toml::Value = text(file).parse::<toml::Table>().expect("it is TOML").into();
            !has(&table, &field.split('.').collect::<Vec<_>>())
        })
        .collect();
    assert!(missing.is_empty(), "not shown: {missing:#?}");
}

#[test]
fn every_field_is_one_of_the_schemas() {
    let unknown: Vec<&(&str, &str, &str)> = SHOWN
        .iter()
        .filter(|(schema, field, _)| {
            let schema: Json = serde_json::from_str(&text(&format!("docs/schemas/{schema}.schema.json")))
                .expect("the schema is JSON");
            !Walk { schema: &schema, met: BTreeSet::new() }
                .knows(&schema, &field.split('.').collect::<Vec<_>>())
        })
        .collect();
    assert!(unknown.is_empty(), "no such fields: {unknown:#?}");
}

#[test]
fn all_of_delivery_is_shown_or_told() {
    let schema: Json = serde_json::from_str(&text("docs/schemas/platform.schema.json")).expect("it is JSON");
    let delivery = schema["properties"]["delivery"]["$ref"].as_str().expect("it has a definition");
    let delivery = schema.pointer(delivery.trim_start_matches('#')).expect("the definition is there");
    let all: BTreeSet<&str> =
        delivery["properties"].as_object().expect("it is a table").keys().map(String::as_str).collect();
    let shown = SHOWN.iter().filter_map(|(_, field, _)| field.strip_prefix("delivery.")?.split('.').next());
    let told: BTreeSet<&str> = TOLD.iter().map(|(field, _)| *field).collect();
    let shown: BTreeSet<&str> = shown.collect();
    assert!(shown.is_disjoint(&told), "shown, and need not be told: {:?}", shown.intersection(&told));
    assert_eq!(shown.union(&told).copied().collect::<BTreeSet<_>>(), all);
    for (field, page) in TOLD {
        assert!(text(page).contains(field), "{page} does not tell of `{field}`");
    }
}

#[test]
fn what_is_not_there_is_found() {
    let table: toml::Value =
        "a = [{ b = 1 }]\n[c.d]\ne = 2".parse::<toml::Table>().expect("it is TOML").into();
    let seen =
        ["a.b", "c.*.e", "a.c", "c.e", "*.b"].map(|field| has(&table, &field.split('.').collect::<Vec<_>>()));
    assert_eq!(seen, [true, true, false, false, true]);
    let schema: Json = serde_json::from_str(&text("docs/schemas/component.schema.json")).expect("it is JSON");
    let knows = |field: &str| {
        Walk { schema: &schema, met: BTreeSet::new() }.knows(&schema, &field.split('.').collect::<Vec<_>>())
    };
    assert!(!knows("no-such-field") && !knows("delivery.no-such-field") && !knows("sidecars.no-such-field"));
}

/// Tells whether a table has a field.
fn has(value: &toml::Value, field: &[&str]) -> bool {
    let Some((name, rest)) = field.split_first() else { return true };
    match value {
        toml::Value::Array(list) => list.iter().any(|value| has(value, field)),
        toml::Value::Table(table) if *name == "*" => table.values().any(|value| has(value, rest)),
        toml::Value::Table(table) => table.get(*name).is_some_and(|value| has(value, rest)),
        _ => false,
    }
}

/// A walk through a schema.
struct Walk<'a> {
    schema: &'a Json,
    /// The definitions on the way, so that one that holds itself is entered once for each part of the field.
    met: BTreeSet<(&'a str, usize)>,
}

impl<'a> Walk<'a> {
    /// Tells whether a part of the schema has a field.
    fn knows(&mut self, part: &'a Json, field: &[&str]) -> bool {
        let Some((name, rest)) = field.split_first() else { return true };
        if let Some(pointer) = part.get("$ref").and_then(Json::as_str)
            && self.met.insert((pointer, field.len()))
            && let Some(target) = self.schema.pointer(pointer.trim_start_matches('#'))
            && self.knows(target, field)
        {
            return true;
        }
        let below = |key: &str| part.get(key).filter(|below| below.is_object());
        let properties = part.get("properties").and_then(Json::as_object);
        let mut fields: Vec<&Json> = if *name == "*" {
            properties.into_iter().flat_map(|properties| properties.values()).collect()
        } else {
            properties.and_then(|properties| properties.get(*name)).into_iter().collect()
        };
        if *name == "*" {
            let patterns = part.get("patternProperties").and_then(Json::as_object);
            fields.extend(patterns.into_iter().flat_map(|patterns| patterns.values()));
            fields.extend(below("additionalProperties"));
        }
        let lists = ["anyOf", "oneOf", "allOf"].iter().filter_map(|key| part.get(*key)?.as_array()).flatten();
        let conditions = ["then", "else", "items"].iter().filter_map(|key| part.get(*key));
        fields.into_iter().any(|inner| self.knows(inner, rest))
            || lists.chain(conditions).any(|inner| self.knows(inner, field))
    }
}
