//! One rule over a few documents, as text.

use std::collections::{BTreeMap, BTreeSet};

use aqueduct_manifest::{Object, Place, Severity, Value};
use serde::Deserialize;

use crate::facts::{ClusterFacts, Entry, Facts, LinkFacts, Owner, Peers, PoolFacts};
use crate::report::Report;
use crate::rule::ALL;

/// Returns what a rule reports for documents, one line per diagnostic, with hints below.
///
/// The tenant of an object is its namespace; `platform` is the system tenant. The labels `tenant` and `component` override this,
/// and `wave` sets when the component starts. Each document is a file named by its position, starting with `1.yaml`. A document
/// without `apiVersion` is a fact about the platform: a `Link` or a `Tenant`.
pub(crate) fn findings(rule: &str, documents: &str) -> String {
    findings_in(rule, documents, cluster())
}

/// Returns what a rule reports for documents in a cluster.
pub(crate) fn findings_in(rule: &str, documents: &str, cluster: ClusterFacts) -> String {
    let (facts, objects): (Vec<Object>, Vec<Object>) = serde_yaml::Deserializer::from_str(documents)
        .enumerate()
        .map(|(place, document)| {
            let value = Value::deserialize(document).expect("the example is YAML");
            let map = value.as_map().cloned().expect("the example is a map");
            let file = format!("{}.yaml", place + 1);
            Object { map, origin: Some(Place::whole(file)) }
        })
        .partition(|object| object.api_version().is_empty());
    let links: Vec<LinkFact> = facts.iter().filter(|fact| fact.kind() == "Link").map(LinkFact::of).collect();
    let label = |object: &Object, key: &str| Some(object.labels()?.get(key)?.as_str()?.to_owned());
    let owners: Vec<(String, String)> = objects
        .iter()
        .map(|object| {
            let namespace = Some(object.namespace()).filter(|name| !name.is_empty()).unwrap_or("platform");
            let tenant = label(object, "tenant").unwrap_or_else(|| namespace.to_owned());
            (tenant, label(object, "component").unwrap_or_else(|| "web".to_owned()))
        })
        .collect();
    let entries = objects
        .iter()
        .zip(&owners)
        .map(|(object, (tenant, component))| Entry::new(tenant, component, "output", object));
    let waves = objects
        .iter()
        .zip(&owners)
        .filter_map(|(object, (tenant, component))| {
            let wave = label(object, "wave")?.parse().expect("a wave is a number");
            Some(((tenant.as_str(), component.as_str()), wave))
        })
        .collect();
    let mut tenants: BTreeMap<String, Owner> = ["shop", "bank", "platform"]
        .map(|name| {
            let namespaces = [name.to_owned()].into();
            let tenant = Owner { namespaces, system: name == "platform", ..Owner::default() };
            (name.to_owned(), Owner { allow_to: Peers::Any, ..tenant })
        })
        .into();
    for fact in facts.iter().filter(|fact| fact.kind() == "Tenant") {
        let texts = |key: &str| {
            let list = fact.map.get(key).and_then(Value::as_list)?;
            Some(list.iter().filter_map(Value::as_str).map(str::to_owned).collect::<BTreeSet<String>>())
        };
        let name = fact.map.get("name").and_then(Value::as_str).expect("a tenant has a name");
        let tenant = tenants.entry(name.to_owned()).or_default();
        tenant.namespaces = texts("namespaces").unwrap_or_else(|| [name.to_owned()].into());
        tenant.closed = texts("closed").unwrap_or_default();
        tenant.allow_from = Peers::Only(texts("allowFrom").unwrap_or_default());
        tenant.allow_to = texts("allowTo").map_or(Peers::Any, Peers::Only);
    }
    let environment = Facts {
        name: "prod",
        cluster,
        tenants,
        entries: entries.collect(),
        waves,
        cycles: Vec::new(),
        links: links.iter().map(LinkFact::link).collect(),
        tenancy: "tenant",
        patched: BTreeMap::new(),
        definitions: &[],
    };
    let rules: Vec<_> = ALL.iter().filter(|candidate| candidate.name == rule).copied().collect();
    assert_eq!(rules.len(), 1, "there is one rule `{rule}`");
    let mut report = Report::default();
    crate::check(&environment, &rules, &mut report);
    let diagnostics = report.into_diagnostics();
    let mut text = String::new();
    for diagnostic in diagnostics {
        assert_eq!(diagnostic.code, rule);
        let severity = if diagnostic.severity == Severity::Error { "error" } else { "warning" };
        let file = diagnostic.labels.first().map_or("", |label| &label.place.file);
        let field = diagnostic.field.as_deref().map_or_else(String::new, |field| format!(" at {field}"));
        text.push_str(&format!("{severity}: {}: {file}{field}\n", diagnostic.message));
        for hint in &diagnostic.hints {
            text.push_str(&format!("  hint: {hint}\n"));
        }
    }
    text
}

/// A link in the example of a rule.
struct LinkFact {
    place: Place,
    from: String,
    to: String,
    service: String,
    pods: BTreeMap<String, String>,
    port: u16,
    pod_port: u16,
}

impl LinkFact {
    fn of(fact: &Object) -> Self {
        let text = |key: &str| fact.map.get(key).and_then(Value::as_str).unwrap_or_default().to_owned();
        let number =
            |key: &str| fact.map.get(key).and_then(Value::as_i64).and_then(|port| port.try_into().ok());
        let pods = fact.map.get("pods").and_then(Value::as_map).into_iter().flatten();
        let port = number("port").expect("a link has a port");
        Self {
            place: fact.origin.clone().expect("a fact has a place"),
            from: text("from"),
            to: text("to"),
            service: text("service"),
            pods: pods
                .filter_map(|(key, value)| Some((key.to_string(), value.as_str()?.to_owned())))
                .collect(),
            port,
            pod_port: number("podPort").unwrap_or(port),
        }
    }

    fn link(&self) -> LinkFacts<'_> {
        fn component(text: &str) -> (&str, &str) {
            text.split_once('/').expect("a component has a tenant")
        }
        let (from, to) = (component(&self.from), component(&self.to));
        LinkFacts {
            from,
            to,
            target: &self.to,
            place: &self.place,
            endpoint: "http",
            service: Some((to.0, self.service.as_str())).filter(|(_, name)| !name.is_empty()),
            port: self.port,
            namespace: to.0,
            labels: &self.pods,
            pod_port: self.pod_port,
        }
    }
}

/// Returns a cluster with one of everything.
pub(crate) fn cluster() -> ClusterFacts {
    let names = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect();
    ClusterFacts {
        kubernetes: "1.33".into(),
        apis: names(&["cert-manager.io/v1", "external-secrets.io/v1"]),
        api_groups: BTreeSet::new(),
        namespaces: names(&["kube-system", "default"]),
        storage_classes: names(&["standard"]),
        ingress_classes: names(&["nginx"]),
        priority_classes: names(&["important"]),
        cluster_issuers: names(&["letsencrypt"]),
        secret_stores: names(&["vault"]),
        node_pools: vec![PoolFacts {
            name: "main".into(),
            count: 2,
            cpu_millis: 4000,
            memory_bytes: 16 << 30,
            labels: BTreeMap::new(),
        }],
    }
}
