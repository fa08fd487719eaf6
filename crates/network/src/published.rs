//! What Ingresses and Routes publish: the ports of workloads to which a controller forwards.

use std::collections::BTreeMap;

use aqueduct_manifest::{LabelSelector, Map, Object, SmolStr, Value};

use crate::ports::{NamedPort, Ports, Protocol, port_number};
use crate::workload::namespace;

/// The Services of a set of objects by namespace and name.
pub(crate) type Services<'a> = BTreeMap<(&'a str, &'a str), &'a Object>;

/// A Service port to which a controller forwards, and the pods behind it.
#[derive(Debug)]
pub(crate) struct Published<'a> {
    /// The namespace of the pods.
    pub(crate) namespace: &'a str,
    selector: LabelSelector,
    targets: Vec<Target<'a>>,
}

/// A port of pods.
#[derive(Clone, Copy, Debug)]
enum Target<'a> {
    Name(&'a str),
    Number(u16),
}

/// The Service port that a backend refers to.
enum Wanted<'a> {
    /// All of them.
    Any,
    /// By its name.
    Name(&'a str),
    /// By its number, or that of the pods.
    Number(u16),
    /// By name, by number or by the pods' name for it, as in Routes.
    Target(Target<'a>),
}

impl<'a> Published<'a> {
    /// Returns what an Ingress or a Route publishes; empty for other kinds.
    pub(crate) fn of(object: &'a Object, services: &Services<'a>) -> Vec<Self> {
        let namespace = namespace(object);
        let backends = match (object.group(), object.kind()) {
            ("networking.k8s.io", "Ingress") => backends_of_ingress(object),
            ("route.openshift.io", "Route") => backends_of_route(object),
            _ => Vec::new(),
        };
        let published = backends.into_iter().filter_map(|(name, wanted)| {
            let spec = services.get(&(namespace, name))?.map.get("spec")?;
            let labels = spec.get("selector").and_then(Value::as_map).filter(|labels| !labels.is_empty())?;
            Some(Self { namespace, selector: LabelSelector::plain(labels), targets: targets(spec, &wanted) })
        });
        published.collect()
    }

    /// Returns the declared ports on which pods receive connections.
    pub(crate) fn ports(&self, labels: &Map, declared: &[NamedPort]) -> Ports {
        let mut ports = Ports::default();
        if !self.selector.matches(labels) {
            return ports;
        }
        for port in declared.iter().filter(|port| port.protocol == Protocol::Tcp) {
            let is_meant = self.targets.iter().any(|target| match target {
                Target::Name(name) => port.name == *name,
                Target::Number(number) => port.number == *number,
            });
            if is_meant {
                ports.add(Protocol::Tcp, port.number, port.number);
            }
        }
        ports
    }
}

/// Returns the backends of an Ingress: the name of a Service and the port.
fn backends_of_ingress(ingress: &Object) -> Vec<(&str, Wanted<'_>)> {
    let Some(spec) = ingress.map.get("spec") else { return Vec::new() };
    let rules = spec.get("rules").and_then(Value::as_list).map_or(&[][..], |list| list);
    let paths = rules.iter().flat_map(|rule| {
        let paths = rule.at(&["http", "paths"]).and_then(Value::as_list);
        paths.map_or(&[][..], |list| list).iter().filter_map(|path| path.get("backend"))
    });
    let backends = spec.get("defaultBackend").into_iter().chain(paths);
    let named = backends.filter_map(|backend| {
        let service = backend.get("service")?;
        let port = |key| service.at(&["port", key]);
        let wanted = match (port("name").and_then(Value::as_str), port("number").and_then(port_number)) {
            (Some(name), _) if !name.is_empty() => Wanted::Name(name),
            (_, Some(number)) => Wanted::Number(number),
            _ => Wanted::Any,
        };
        Some((service.get("name")?.as_str()?, wanted))
    });
    named.collect()
}

/// Returns the backends of a Route: the name of a Service and the port.
fn backends_of_route(route: &Object) -> Vec<(&str, Wanted<'_>)> {
    let Some(spec) = route.map.get("spec") else { return Vec::new() };
    let others = spec.get("alternateBackends").and_then(Value::as_list).map_or(&[][..], |list| list);
    let backends = spec.get("to").into_iter().chain(others);
    let named = backends.filter_map(|backend| {
        let kind = backend.get("kind").and_then(Value::as_str).unwrap_or("");
        let wanted =
            spec.at(&["port", "targetPort"]).and_then(Target::of).map_or(Wanted::Any, Wanted::Target);
        matches!(kind, "" | "Service").then_some((backend.get("name")?.as_str()?, wanted))
    });
    named.collect()
}

/// Returns the pod ports that a Service maps a port to: all of them, or the first that fits.
fn targets<'a>(spec: &'a Value, wanted: &Wanted<'_>) -> Vec<Target<'a>> {
    let ports = spec.get("ports").and_then(Value::as_list).map_or(&[][..], |list| list);
    let mut targets = ports.iter().filter_map(|port| {
        let number = port.get("port").and_then(port_number);
        let name = port.get("name").and_then(Value::as_str).filter(|name| !name.is_empty());
        let stated = port.get("targetPort").and_then(Target::of);
        let fits = match wanted {
            Wanted::Any => true,
            Wanted::Name(wanted) => name == Some(*wanted),
            Wanted::Number(wanted) | Wanted::Target(Target::Number(wanted)) => {
                number == Some(*wanted) || matches!(stated, Some(Target::Number(stated)) if stated == *wanted)
            }
            Wanted::Target(Target::Name(wanted)) => {
                name == Some(*wanted) || matches!(stated, Some(Target::Name(stated)) if stated == *wanted)
            }
        };
        let target = stated.or_else(|| number.map(Target::Number))?;
        fits.then_some(target)
    });
    match wanted {
        Wanted::Any => targets.collect(),
        _ => targets.next().into_iter().collect(),
    }
}

impl<'a> Target<'a> {
    fn of(value: &'a Value) -> Option<Self> {
        match value {
            Value::String(name) if !name.is_empty() => Some(Self::Name(name)),
            other => port_number(other).map(Self::Number),
        }
    }
}

/// Returns the Services among objects.
pub(crate) fn services<'a>(objects: &[&'a Object]) -> Services<'a> {
    let all = objects.iter().filter(|object| object.kind() == "Service" && object.group().is_empty());
    all.map(|object| ((namespace(object), object.name()), *object)).collect()
}

/// The namespace in which the controller is assumed to run; no policy refers to it by name.
pub(crate) const CONTROLLER_NAMESPACE: SmolStr = SmolStr::new_static("ingress-controller-ns");
