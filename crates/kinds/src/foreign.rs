//! The shared parts of kinds with foreign manifests: reading the manifests, and network access to their pods.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::sync::Arc;

use aqueduct_manifest::{Diagnostic, Lines, Map, Object, Place, Value, json, yaml};
use aqueduct_model::types::{Name, Port};
use aqueduct_render::{Context, Endpoint, Error, MetricsOffer, Offer, PodGroup, Pods, Site};
use schemars::JsonSchema;
use serde::Deserialize;

use crate::workload::Egress;

/// Tells whether a foreign object is the same as a rendered one, which has since been given its namespace.
pub(crate) fn is_same(made: &Object, rendered: &Object) -> bool {
    let is_namespace = made.namespace().is_empty() || made.namespace() == rendered.namespace();
    made.group() == rendered.group()
        && made.kind() == rendered.kind()
        && made.name() == rendered.name()
        && is_namespace
}

/// Returns the text files at a source path (a file or folder), by name.
///
/// # Errors
/// Returns an error if the path does not exist, or contains other files.
pub fn texts<'a>(
    context: &Context<'a>,
    field: &str,
    written: &str,
    endings: &[&str],
) -> Result<Vec<(&'a str, &'a str)>, Error> {
    let files = context.inputs.files;
    let path = context.source_path(field, written)?;
    let is_meant = |name: &str| name.rsplit_once('.').is_some_and(|(_, ending)| endings.contains(&ending));
    let meant = endings.iter().map(|ending| format!("`.{ending}`")).collect::<Vec<_>>().join(", ");
    let single = files.iter().find(|(name, _)| name.as_ref() == path).map(|(name, _)| name.as_ref());
    let names: Vec<&str> = match single {
        Some(name) if is_meant(name) => vec![name],
        Some(_) => {
            return Err(Error::field(field, format!("expected a file that ends in {meant}: `{written}`")));
        }
        None => files.below(&path).map(|(name, _)| name).filter(|name| is_meant(name)).collect(),
    };
    if names.is_empty() {
        return Err(if files.is_folder(&path) {
            Error::field(field, format!("no file in the folder ends in {meant}: `{written}`"))
        } else {
            Error::field(field, format!("there is no such file or folder: `{written}`"))
                .hint(context.source_base(written))
        });
    }
    names
        .into_iter()
        .map(|name| {
            let text = files
                .text(name)
                .ok_or_else(|| Error::field(field, format!("the file is not UTF-8: `{name}`")))?;
            Ok((name, text))
        })
        .collect()
}

/// Reads the objects of YAML documents or a JSON file. Lists are split into their items, and empty documents are
/// dropped.
///
/// As in `kubectl` and Argo CD, the last line always ends with a newline, which a block scalar there includes.
///
/// # Errors
/// Returns an error for invalid YAML, and for documents that are not objects.
pub fn read_objects(file: &str, text: &str) -> Result<Vec<Object>, Vec<Diagnostic>> {
    let lines = Lines::new(text);
    let path: Arc<str> = file.into();
    let place = |line| Place { file: Arc::clone(&path), span: lines.span(line) };
    let mut objects = Vec::new();
    let mut diagnostics = Vec::new();
    for (line, value) in documents(file, text).map_err(|error| {
        vec![Diagnostic::error("invalid-yaml", error.message.clone()).label(place(error.line), "")]
    })? {
        let origin = place(line);
        match value {
            Value::Null => {}
            Value::Map(map) => expand(map, &origin, &mut objects, &mut diagnostics),
            other => diagnostics.push(
                Diagnostic::error(
                    "not-an-object",
                    format!("a document is a {}, not an object", other.kind()),
                )
                .label(origin, ""),
            ),
        }
    }
    if diagnostics.is_empty() { Ok(objects) } else { Err(diagnostics) }
}

/// Returns the documents of a text, each with its line.
fn documents(file: &str, text: &str) -> Result<Vec<(u32, Value)>, yaml::Error> {
    // JSON may contain surrogate pairs, which YAML does not allow.
    if file.ends_with(".json")
        && let Ok(value) = json::read(text)
    {
        return Ok(vec![(1, value)]);
    }
    let whole = if text.ends_with('\n') { Cow::Borrowed(text) } else { Cow::Owned(format!("{text}\n")) };
    let documents = yaml::read_documents(&whole, yaml::Dialect::Sigs)?;
    Ok(documents.into_iter().map(|document| (document.line, document.value)).collect())
}

fn expand(map: Map, origin: &Place, objects: &mut Vec<Object>, diagnostics: &mut Vec<Diagnostic>) {
    let object = Object { map, origin: Some(origin.clone()) };
    let items = object.map.get("items").and_then(Value::as_list);
    if let Some(items) = items.filter(|_| object.kind().ends_with("List") && object.name().is_empty()) {
        let maps = items.iter().filter_map(|item| item.as_map().cloned());
        maps.for_each(|map| expand(map, origin, objects, diagnostics));
        return;
    }
    let generated = object.at(&["metadata", "generateName"]).and_then(Value::as_str).is_some();
    // Argo CD generates a name for each run of a hook. Other objects could not be found again.
    let is_hook =
        ["argocd.argoproj.io/hook", "helm.sh/hook"].iter().any(|key| object.annotation(key).is_some());
    let name = if generated && is_hook { "generated" } else { object.name() };
    let missing: Vec<&str> =
        [("apiVersion", object.api_version()), ("kind", object.kind()), ("metadata.name", name)]
            .into_iter()
            .filter(|(_, value)| value.is_empty())
            .map(|(field, _)| field)
            .collect();
    if missing.is_empty() {
        objects.push(object);
    } else {
        let message = format!("an object needs {}", missing.join(", "));
        let mut diagnostic = Diagnostic::error("not-an-object", message).label(origin.clone(), "");
        if generated && name.is_empty() {
            diagnostic =
                diagnostic.hint("only hooks may use `generateName`: set the annotation `argocd.argoproj.io/hook`, or a `name`");
        }
        for field in missing {
            let path: Vec<&str> = field.split('.').collect();
            if let Some(value) = object.at(&path).filter(|value| !value.is_null() && value.as_str().is_none())
            {
                let read = format!("`{field}` is read as the {} `{}`", value.kind(), json::write(value));
                diagnostic = diagnostic.hint(format!("{read}: put a string that looks like one in quotes"));
            }
        }
        diagnostics.push(diagnostic);
    }
}

/// An endpoint of foreign objects for other components.
#[derive(Clone, Debug, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct EndpointField {
    /// The Service.
    pub service: Name,
    /// The port of the Service.
    pub port: Port,
    /// The port that the container listens on (default: the Service's).
    pub container_port: Option<Port>,
    /// The labels of the pods (default: those of the policy, if `policies` has exactly one; otherwise those of all
    /// pods of the component).
    #[serde(default)]
    pub pods: BTreeMap<String, String>,
}

/// The connections that a group of foreign pods may open and accept.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct PolicyField {
    /// The labels of the pods (default: those of all pods of the component).
    #[serde(default)]
    pub pods: BTreeMap<String, String>,
    /// Whether the pods of the group are isolated from each other.
    #[serde(default)]
    pub apart: bool,
    /// The container ports that the ingress controller can reach.
    #[serde(default)]
    pub from_ingress: Vec<Port>,
    /// Where metrics are served.
    pub metrics: Option<Port>,
    /// The container ports that every namespace of the cluster can reach.
    #[serde(default)]
    pub from_cluster: Vec<Port>,
    /// The container ports that can be reached from outside the cluster, such as those behind a load balancer.
    #[serde(default)]
    pub from_outside: Vec<Port>,
    /// The container ports that all pods of a namespace can reach, by namespace.
    #[serde(default)]
    pub from_namespaces: BTreeMap<Name, Vec<Port>>,
    /// Whether the pods talk to the Kubernetes API.
    #[serde(default)]
    pub api_server: bool,
    /// Whether the pods can reach every pod and node of the cluster, as a metrics scraper or ingress controller must.
    #[serde(default)]
    pub to_cluster: bool,
    /// Addresses outside the cluster that the pods may reach.
    #[serde(default)]
    pub egress: Vec<Egress>,
}

/// Returns the endpoints and policies of a component of foreign objects; `all` are the labels of all its pods.
pub fn foreign_offer(
    site: &Site<'_>,
    endpoints: &BTreeMap<Name, EndpointField>,
    policies: &BTreeMap<Name, PolicyField>,
    all: BTreeMap<String, String>,
) -> Offer {
    let labels = |pods: &BTreeMap<String, String>| if pods.is_empty() { all.clone() } else { pods.clone() };
    let only = only_pods(policies);
    let numbers = |ports: &[Port]| ports.iter().map(|port| port.get()).collect::<Vec<u16>>();
    let endpoints = endpoints
        .iter()
        .map(|(name, endpoint)| Endpoint {
            name: name.to_string(),
            host: Some(site.host(endpoint.service.as_str())),
            port: endpoint.port.get(),
            scheme: "http",
            pods: Some(Pods {
                namespace: site.namespace().to_owned(),
                labels: labels(if endpoint.pods.is_empty() { only } else { &endpoint.pods }),
                port: endpoint.container_port.as_ref().unwrap_or(&endpoint.port).get(),
            }),
            outside: None,
            members: Vec::new(),
        })
        .collect();
    let whole = BTreeMap::from([(site.instance.component.clone(), PolicyField::default())]);
    let groups = if policies.is_empty() { &whole } else { policies }
        .iter()
        .map(|(name, policy)| PodGroup {
            name: name.to_string(),
            labels: labels(&policy.pods),
            assumed: policies.is_empty(),
            from_ingress: numbers(&policy.from_ingress),
            metrics: policy
                .metrics
                .as_ref()
                .map(|port| MetricsOffer { port: port.get(), path: "/metrics".to_owned() }),
            from_cluster: numbers(&policy.from_cluster),
            open_among: !policy.apart,
            egress: policy
                .egress
                .iter()
                .map(|egress| (egress.cidr.as_ref().map(ToString::to_string), numbers(&egress.ports)))
                .collect(),
            from_outside: policy.from_outside.iter().map(|port| (port.get(), Vec::new())).collect(),
            from_namespaces: policy
                .from_namespaces
                .iter()
                .map(|(namespace, ports)| (namespace.to_string(), numbers(ports)))
                .collect(),
            api_server: policy.api_server,
            to_cluster: policy.to_cluster,
            ..PodGroup::default()
        })
        .collect();
    Offer { endpoints, pod_groups: groups, ..Offer::default() }
}

/// Returns the pod labels of the only policy; `None` if there are several.
fn only_pods(policies: &BTreeMap<Name, PolicyField>) -> &BTreeMap<String, String> {
    const NONE: &BTreeMap<String, String> = &BTreeMap::new();
    let mut all = policies.values();
    match (all.next(), all.next()) {
        (Some(only), None) => &only.pods,
        _ => NONE,
    }
}

/// Returns the endpoints and policies of a component of plain manifests. Nothing else identifies its pods, so
/// policies and endpoints must set their labels.
pub fn manifest_offer(
    site: &Site<'_>,
    endpoints: &BTreeMap<Name, EndpointField>,
    policies: &BTreeMap<Name, PolicyField>,
) -> Offer {
    let mut offer = foreign_offer(site, endpoints, policies, BTreeMap::new());
    offer.pod_groups.retain(|group| !group.labels.is_empty());
    for endpoint in &mut offer.endpoints {
        endpoint.pods = endpoint.pods.take().filter(|pods| !pods.labels.is_empty());
    }
    offer
}

/// Reports policies and endpoints of plain manifests without pod labels.
pub fn check_pods(
    context: &Context<'_>,
    endpoints: &BTreeMap<Name, EndpointField>,
    policies: &BTreeMap<Name, PolicyField>,
) {
    let is_silent = |endpoint: &EndpointField| endpoint.pods.is_empty() && only_pods(policies).is_empty();
    let endpoints = endpoints.iter().map(|(name, endpoint)| ("endpoints", name, is_silent(endpoint)));
    let policies = policies.iter().map(|(name, policy)| ("policies", name, policy.pods.is_empty()));
    for (field, name, _) in endpoints.chain(policies).filter(|(.., is_empty)| *is_empty) {
        context.report(
            Error::path(&[field, name.as_str()], format!("`{name}` does not select any pods"))
                .hint("set their labels, such as `pods = { app = \"web\" }`"),
        );
    }
}
