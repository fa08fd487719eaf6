//! Workloads and their pods, the ends of connections.

use std::fmt;

use aqueduct_manifest::{Map, Object, PodTemplate, SmolStr, Value};

use crate::addresses::AddressRange;
use crate::ports::NamedPort;

/// Pods of one origin: a workload, or the owner of bare pods.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct NetworkPeer {
    /// The namespace.
    pub namespace: SmolStr,
    /// The name.
    pub name: SmolStr,
    /// The kind.
    pub kind: SmolStr,
}

impl fmt::Display for NetworkPeer {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{}/{}[{}]", self.namespace, self.name, self.kind)
    }
}

impl NetworkPeer {
    /// Returns the workload of an object. For a Pod, that is the owner that controls it.
    pub fn of(object: &Object) -> Self {
        let owner = if object.kind() == "Pod" && object.group().is_empty() { owner(object) } else { None };
        let (name, kind) = owner.unwrap_or((object.name(), object.kind()));
        Self { namespace: namespace(object).into(), name: name.into(), kind: kind.into() }
    }
}

/// An end of a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum ConnectionEnd<'a> {
    /// Addresses outside the cluster.
    Outside(AddressRange),
    /// A workload.
    Workload(&'a NetworkPeer),
    /// Whatever serves Ingresses and Routes.
    IngressController,
}

impl fmt::Display for ConnectionEnd<'_> {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Outside(range) => write!(out, "{range}[External]"),
            Self::Workload(workload) => workload.fmt(out),
            Self::IngressController => out.pad("{ingress-controller}"),
        }
    }
}

/// The pods of one template.
#[derive(Debug)]
pub(crate) struct Pods<'a> {
    pub(crate) workload: NetworkPeer,
    pub(crate) labels: &'a Map,
    pub(crate) ports: Vec<NamedPort>,
}

impl<'a> Pods<'a> {
    /// Returns the pods of an object, if it is a Pod or has a pod template.
    pub(crate) fn of(object: &'a Object, none: &'a Map) -> Option<Self> {
        let template = object.pod_template().filter(|template| template.path != ["template"])?;
        let PodTemplate { metadata, spec, .. } = template;
        spec.get("containers")?.as_list()?;
        Some(Self {
            workload: NetworkPeer::of(object),
            labels: metadata.and_then(|metadata| metadata.get("labels")?.as_map()).unwrap_or(none),
            ports: ports(spec),
        })
    }
}

/// Returns the namespace of an object; `default` if it has none.
pub(crate) fn namespace(object: &Object) -> &str {
    match object.namespace() {
        "" => "default",
        namespace => namespace,
    }
}

/// Returns name and kind of a pod's controller. Static pods, which a node controls, have none.
fn owner(pod: &Object) -> Option<(&str, &str)> {
    let owners = pod.at(&["metadata", "ownerReferences"])?.as_list()?;
    let owner = owners.iter().find(|owner| owner.get("controller").and_then(Value::as_bool) == Some(true))?;
    let kind = owner.get("kind").and_then(Value::as_str).filter(|kind| !kind.is_empty()).unwrap_or("Pod");
    let name = owner.get("name")?.as_str()?;
    (kind != "Node" && !name.is_empty()).then_some((name, kind))
}

/// Returns the ports of the containers that run at the same time.
fn ports(spec: &Value) -> Vec<NamedPort> {
    let list = |value: &'_ Value, key| value.get(key).and_then(Value::as_list).cloned().unwrap_or_default();
    let is_sidecar =
        |container: &Value| container.get("restartPolicy").and_then(Value::as_str) == Some("Always");
    let (first, then) = (list(spec, "initContainers"), list(spec, "containers"));
    let containers = first.iter().filter(|container| is_sidecar(container)).chain(then.iter());
    containers
        .flat_map(|container| list(container, "ports").into_vec())
        .filter_map(|port| NamedPort::of(&port))
        .collect()
}
