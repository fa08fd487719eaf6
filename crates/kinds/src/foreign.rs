//! What kinds that take foreign manifests share: reading them, and patching what they render.

use std::collections::BTreeMap;
use std::sync::Arc;

use aqueduct_manifest::{Diagnostic, Lines, Map, Object, Place, Value, yaml};
use aqueduct_model::types::{Name, Port};
use aqueduct_render::{Context, Endpoint, Error, MetricsOffer, Offer, Part, Pods, Site};
use schemars::JsonSchema;
use serde::Deserialize;

use crate::workload::{Anything, Egress, Table};

/// A change to rendered objects: to all that the target names.
#[derive(Clone, Debug, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Patch {
    /// Which objects are meant.
    pub target: PatchTarget,
    /// A strategic merge: fields to set, with `null` for those to remove.
    pub merge: Option<Table>,
    /// A list of JSON patch operations (RFC 6902).
    #[serde(default)]
    pub operations: Vec<Anything>,
    /// Whether the objects are removed.
    #[serde(default)]
    pub delete: bool,
}

/// Which objects a patch means: those that agree with every field that is given.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PatchTarget {
    /// The API group.
    pub group: Option<String>,
    /// The kind.
    pub kind: Option<String>,
    /// The name.
    pub name: Option<String>,
    /// The namespace.
    pub namespace: Option<String>,
    /// Labels that the object must have.
    #[serde(default)]
    pub labels: BTreeMap<String, String>,
}

impl PatchTarget {
    fn matches(&self, object: &Object) -> bool {
        let agrees =
            |wanted: &Option<String>, text: &str| wanted.as_ref().is_none_or(|wanted| wanted == text);
        let label = |key: &str| object.labels().and_then(|labels| labels.get(key)).and_then(Value::as_str);
        agrees(&self.group, object.group())
            && agrees(&self.kind, object.kind())
            && agrees(&self.name, object.name())
            && agrees(&self.namespace, object.namespace())
            && self.labels.iter().all(|(key, value)| label(key) == Some(value))
    }
}

/// Returns the objects with all patches applied, in order.
///
/// # Errors
/// A patch that means nothing, and one that does not fit.
pub fn patched(mut objects: Vec<Object>, patches: &[Patch]) -> Result<Vec<Object>, Error> {
    for (number, patch) in patches.iter().enumerate() {
        let fail = |message: String| Error::field("patches", format!("patch {}: {message}", number + 1));
        let mut met = 0;
        let mut kept = Vec::with_capacity(objects.len());
        for object in objects {
            if patch.target.matches(&object) {
                met += 1;
                kept.extend(apply(object, patch).map_err(fail)?);
            } else {
                kept.push(object);
            }
        }
        objects = kept;
        if met == 0 {
            return Err(fail("its target names no object".to_owned())
                .hint("a patch that does nothing hides that the objects have changed"));
        }
    }
    Ok(objects)
}

/// Tells whether an object that something foreign made is the one that was rendered in the end: it has got its namespace
/// since.
pub(crate) fn is_same(made: &Object, rendered: &Object) -> bool {
    let is_namespace = made.namespace().is_empty() || made.namespace() == rendered.namespace();
    made.group() == rendered.group()
        && made.kind() == rendered.kind()
        && made.name() == rendered.name()
        && is_namespace
}

fn apply(mut object: Object, patch: &Patch) -> Result<Option<Object>, String> {
    use aqueduct_manifest::patch::{MergeContext, Operation, Outcome, json6902, strategic_merge};
    if patch.delete {
        return Ok(None);
    }
    let mut value = Value::Map(std::mem::take(&mut object.map));
    if let Some(merge) = &patch.merge {
        match strategic_merge(&value, &merge.0.clone().into(), &MergeContext::default())
            .map_err(|error| error.to_string())?
        {
            Outcome::Changed(changed) => value = changed,
            Outcome::Deleted => return Ok(None),
        }
    }
    if !patch.operations.is_empty() {
        let operations: Vec<Operation> = patch
            .operations
            .iter()
            .map(|operation| Operation::from_value(&operation.0).map_err(|error| error.to_string()))
            .collect::<Result<_, _>>()?;
        json6902(&mut value, &operations).map_err(|error| error.to_string())?;
    }
    match value {
        Value::Map(map) => Ok(Some(Object { map, ..object })),
        other => Err(format!("the patch makes the object a {}", other.kind())),
    }
}

/// Returns the text files at a path of the source that is a file or a folder, by name.
///
/// # Errors
/// A path where there is nothing, and files of another kind.
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
            return Err(Error::field(
                field,
                format!("only files that end in {meant} are read here: `{written}`"),
            ));
        }
        None => files.below(&path).map(|(name, _)| name).filter(|name| is_meant(name)).collect(),
    };
    if names.is_empty() {
        return Err(if files.is_folder(&path) {
            Error::field(field, format!("no file of the folder ends in {meant}: `{written}`"))
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

/// Reads the objects of a text of YAML documents; lists are taken apart, empty documents dropped.
///
/// # Errors
/// What is not YAML, and documents that are no objects.
pub fn read_objects(file: &str, text: &str) -> Result<Vec<Object>, Vec<Diagnostic>> {
    let lines = Lines::new(text);
    let file: Arc<str> = file.into();
    let place = |line| Place { file: file.clone(), span: lines.span(line) };
    let documents = yaml::read_documents(text, yaml::Dialect::Sigs).map_err(|error| {
        vec![Diagnostic::error("invalid-yaml", error.message.clone()).label(place(error.line), "")]
    })?;
    let mut objects = Vec::new();
    let mut diagnostics = Vec::new();
    for document in documents {
        let origin = place(document.line);
        match document.value {
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

fn expand(map: Map, origin: &Place, objects: &mut Vec<Object>, diagnostics: &mut Vec<Diagnostic>) {
    let object = Object { map, origin: Some(origin.clone()) };
    let items = object.map.get("items").and_then(Value::as_list);
    if let Some(items) = items.filter(|_| object.kind().ends_with("List") && object.name().is_empty()) {
        let maps = items.iter().filter_map(|item| item.as_map().cloned());
        maps.for_each(|map| expand(map, origin, objects, diagnostics));
        return;
    }
    let missing: Vec<&str> =
        [("apiVersion", object.api_version()), ("kind", object.kind()), ("metadata.name", object.name())]
            .into_iter()
            .filter(|(_, value)| value.is_empty())
            .map(|(field, _)| field)
            .collect();
    if missing.is_empty() {
        objects.push(object);
    } else {
        let message = format!("an object needs {}", missing.join(", "));
        diagnostics.push(Diagnostic::error("not-an-object", message).label(origin.clone(), ""));
    }
}

/// What other components can reach of foreign objects.
#[derive(Clone, Debug, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct EndpointField {
    /// The Service.
    pub service: Name,
    /// The port of the Service.
    pub port: Port,
    /// The port that the container listens on; the Service's where it is not given.
    pub container_port: Option<Port>,
    /// The labels of the pods; those of all pods of the component where none is given.
    #[serde(default)]
    pub pods: BTreeMap<String, String>,
}

/// What a group of foreign pods may reach, and who may reach it.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct PolicyField {
    /// The labels of the pods; those of all pods of the component where none is given.
    #[serde(default)]
    pub pods: BTreeMap<String, String>,
    /// Whether the pods of the group are kept apart from one another.
    #[serde(default)]
    pub apart: bool,
    /// The container ports that the ingress controller reaches.
    #[serde(default)]
    pub from_ingress: Vec<Port>,
    /// Where metrics are served.
    pub metrics: Option<Port>,
    /// The container ports that every namespace of the cluster reaches.
    #[serde(default)]
    pub from_cluster: Vec<Port>,
    /// Whether the pods talk to the Kubernetes API.
    #[serde(default)]
    pub api_server: bool,
    /// Addresses outside of the cluster that the pods may reach.
    #[serde(default)]
    pub egress: Vec<Egress>,
}

/// Returns what a component of foreign objects offers; `all` are the labels of all its pods.
pub fn foreign_offer(
    site: &Site<'_>,
    endpoints: &BTreeMap<Name, EndpointField>,
    policies: &BTreeMap<Name, PolicyField>,
    all: BTreeMap<String, String>,
) -> Offer {
    let labels = |pods: &BTreeMap<String, String>| if pods.is_empty() { all.clone() } else { pods.clone() };
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
                labels: labels(&endpoint.pods),
                port: endpoint.container_port.as_ref().unwrap_or(&endpoint.port).get(),
            }),
            outside: None,
            members: Vec::new(),
        })
        .collect();
    let whole = BTreeMap::from([(site.instance.component.clone(), PolicyField::default())]);
    let parts = if policies.is_empty() { &whole } else { policies }
        .iter()
        .map(|(name, policy)| Part {
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
            api_server: policy.api_server,
            ..Part::default()
        })
        .collect();
    Offer { endpoints, parts, ..Offer::default() }
}
