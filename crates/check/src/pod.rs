//! Pod templates, wherever they are: in built-in workloads, in bare Pods, and in custom kinds with a template
//! at `spec.template` (Argo Rollouts, OpenKruise and the like).

use aqueduct_manifest::{List, Map, PodTemplate, Quantity, Value};

use crate::facts::Entry;
use crate::report::Field;

/// A pod template of a rendered object.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Pod<'a> {
    /// The object that contains it.
    pub(crate) entry: Entry<'a>,
    /// The metadata of the pods.
    pub(crate) metadata: Option<&'a Value>,
    /// The labels of the pods.
    pub(crate) labels: Option<&'a Map>,
    /// The specification of the pods.
    pub(crate) spec: &'a Value,
}

/// A container of a pod template.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Container<'a> {
    /// The name; empty if missing.
    pub(crate) name: &'a str,
    /// When it runs.
    pub(crate) role: Role,
    /// The whole container.
    pub(crate) value: &'a Value,
}

/// When a container runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Role {
    /// Before the others, and then it ends.
    Initial,
    /// From its position among the init containers on: an init container that restarts.
    Sidecar,
    /// Together with the other main containers.
    Main,
}

impl<'a> Pod<'a> {
    /// Returns the pod template of an object, if it has one.
    pub(crate) fn of(entry: Entry<'a>) -> Option<Self> {
        let template = entry.object.pod_template().filter(|template| template.path != ["template"])?;
        let PodTemplate { metadata, spec, .. } = template;
        spec.get("containers")?.as_list()?;
        let labels = metadata.and_then(|metadata| metadata.get("labels")?.as_map());
        Some(Self { entry, metadata, labels, spec })
    }

    /// Returns the namespace that the pods run in.
    pub(crate) fn namespace(&self) -> &'a str {
        self.entry.namespace
    }

    /// Returns init containers, then containers, in order.
    pub(crate) fn containers(&self) -> impl Iterator<Item = Container<'a>> + use<'a> {
        let list = |field| list_at(self.spec, field);
        let initial = list("initContainers").iter().map(|value| match text(value, "restartPolicy") {
            "Always" => (Role::Sidecar, value),
            _ => (Role::Initial, value),
        });
        let main = list("containers").iter().map(|value| (Role::Main, value));
        initial.chain(main).map(|(role, value)| Container { name: text(value, "name"), role, value })
    }

    /// Returns the field with the request for a resource in the first main container.
    pub(crate) fn request(&self, resource: &str) -> Field<'a> {
        let main = self.containers().find(|container| container.role == Role::Main);
        (main.map_or(self.spec, |container| container.value), ["resources", "requests", resource]).into()
    }

    /// Returns the volumes.
    pub(crate) fn volumes(&self) -> &'a [Value] {
        list_at(self.spec, "volumes")
    }

    /// Tells whether a container has a port of this name or number.
    pub(crate) fn has_port(&self, port: &Value) -> bool {
        self.containers().flat_map(|container| list_at(container.value, "ports")).any(|declared| match port {
            Value::String(name) => declared.get("name").and_then(Value::as_str) == Some(name),
            number => declared.get("containerPort") == Some(number),
        })
    }

    /// Returns the number of a port, given by number or by a container's port name.
    pub(crate) fn port_number(&self, port: &Value) -> Option<i64> {
        let Value::String(name) = port else { return port.as_i64() };
        let mut declared = self.containers().flat_map(|container| list_at(container.value, "ports"));
        declared.find(|declared| text(declared, "name") == name.as_str())?.get("containerPort")?.as_i64()
    }

    /// Returns the names of all container ports.
    pub(crate) fn port_names(&self) -> impl Iterator<Item = &'a str> + use<'a> {
        self.containers()
            .flat_map(|container| list_at(container.value, "ports"))
            .filter_map(|port| port.get("name").and_then(Value::as_str))
    }
}

impl Container<'_> {
    /// Returns `resources.<of>.<resource>`.
    pub(crate) fn amount(&self, of: &str, resource: &str) -> Option<Quantity> {
        Quantity::read(self.value.at(&["resources", of, resource])?)
    }
}

/// Returns the list under a key; default: empty.
pub(crate) fn list_at<'a>(value: &'a Value, key: &str) -> &'a [Value] {
    value.get(key).and_then(Value::as_list).map_or(&[], |list: &List| list)
}

/// Returns the text under a key; default: empty.
pub(crate) fn text<'a>(value: &'a Value, key: &str) -> &'a str {
    value.get(key).and_then(Value::as_str).unwrap_or("")
}
