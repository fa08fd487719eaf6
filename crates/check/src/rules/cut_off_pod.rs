//! Network policies allow the traffic that pods exist for.

use std::collections::{BTreeMap, BTreeSet};

use aqueduct_manifest::{Map, Value};

use crate::facts::{Entry, title};
use crate::index::Index;
use crate::label_selector::LabelSelector;
use crate::pod::{Pod, list_at, text};
use crate::report::Report;
use crate::rule::{Level, Rule};

pub(crate) const RULE: Rule = Rule {
    name: "cut-off-pod",
    summary: "network policies cut off a pod that must be reachable or needs the API server",
    level: Level::Error,
    page: include_str!("cut_off_pod.md"),
    check: cut_off_pod,
};

const POLICIES: &str = "networking.k8s.io";
const RIGHTS: &str = "rbac.authorization.k8s.io";

fn cut_off_pod(index: &Index<'_>, report: &mut Report) {
    let policies = Policies::new(index);
    if policies.of_pods.is_empty() {
        return;
    }
    let callers = callers(index);
    let accounts = accounts(index);
    for pod in index.pods() {
        let shut = policies.of(pod);
        if shut.is_empty() || pod.spec.get("hostNetwork").and_then(Value::as_bool) == Some(true) {
            continue;
        }
        let mut reasons = Vec::new();
        let mut fields: BTreeMap<&str, BTreeSet<i64>> = BTreeMap::new();
        if shut.iter().any(|policy| policy.ingress.is_some()) {
            let is_open =
                shut.iter().any(|policy| !policy.is_whole || !policy.ingress.unwrap_or_default().is_empty());
            let callers = callers.get(pod.entry.path).map_or(&[][..], Vec::as_slice);
            let (inside, outside): (Vec<_>, Vec<_>) = callers.iter().partition(|caller| caller.way.is_inside);
            let mut kept_out: Vec<&Caller> = outside;
            kept_out.retain(|caller| !shut.iter().any(|policy| policy.lets_in(index, pod, &caller.port)));
            if kept_out.is_empty() && !is_open {
                kept_out = inside;
            }
            for Caller { title, way, port } in kept_out {
                reasons.push(format!("{title} leads to its port `{}`", port_text(port)));
                fields.entry(way.field).or_default().extend(pod.port_number(port));
            }
        }
        let mut calls = false;
        if shut.iter().any(|policy| policy.egress.is_some())
            && let Some(binding) = account(pod).and_then(|account| accounts.get(&(pod.namespace(), account)))
            && !policies.others.contains(pod.namespace())
            && !shut.iter().any(|policy| policy.lets_out_to_the_api_server())
        {
            reasons.push(format!("{binding} grants it rights, but no policy lets it reach the API server"));
            calls = true;
        }
        if reasons.is_empty() {
            continue;
        }
        let message =
            format!("network policies cut off the pods of {}: {}", pod.entry.title(), reasons.join("; "));
        let mut lines: Vec<String> = fields
            .into_iter()
            .map(|(field, ports)| {
                let ports: Vec<String> = ports.iter().map(ToString::to_string).collect();
                format!("`{field} = [{}]`", ports.join(", "))
            })
            .collect();
        lines.extend(calls.then(|| "`api-server = true`".to_owned()));
        report
            .error(&pod.entry, ["metadata", "name"], message)
            .hint(format!(
                "declare it in the component: `[policies.{}]` with `pods = {{ {} }}` and {}",
                pod.entry.name,
                pod_labels(pod),
                lines.join(" and ")
            ))
            .hint("or set the tenant's `isolation` to `\"namespace\"` or `\"none\"`");
    }
}

/// The NetworkPolicies that select pods.
struct Policies<'a> {
    all: Vec<Policy<'a>>,
    /// The positions of the policies that select the pods of an object, by its path.
    of_pods: BTreeMap<&'a str, Vec<usize>>,
    /// The namespaces with policies of another kind.
    others: BTreeSet<&'a str>,
}

/// A NetworkPolicy, with its rules for each direction that it restricts.
struct Policy<'a> {
    /// Whether it selects every pod of its namespace.
    is_whole: bool,
    ingress: Option<&'a [Value]>,
    egress: Option<&'a [Value]>,
}

impl<'a> Policies<'a> {
    fn new(index: &Index<'a>) -> Self {
        let mut found = Self { all: Vec::new(), of_pods: BTreeMap::new(), others: BTreeSet::new() };
        for entry in index.entries() {
            if entry.kind.ends_with("NetworkPolicy") && entry.group != POLICIES {
                found.others.insert(entry.namespace);
            }
        }
        for entry in index.of_kind(POLICIES, "NetworkPolicy") {
            let Some(spec) = entry.object.map.get("spec") else { continue };
            let selector = spec.get("podSelector").map(LabelSelector::full).unwrap_or_default();
            for pod in index.selected(entry.namespace, &selector) {
                found.of_pods.entry(pod.entry.path).or_default().push(found.all.len());
            }
            let types = spec.get("policyTypes").and_then(Value::as_list);
            let shuts = |direction: &str, by_default: bool| {
                types.map_or(by_default, |types| types.iter().any(|one| one.as_str() == Some(direction)))
            };
            found.all.push(Policy {
                is_whole: selector.is_empty(),
                ingress: shuts("Ingress", true).then(|| list_at(spec, "ingress")),
                egress: shuts("Egress", spec.get("egress").is_some()).then(|| list_at(spec, "egress")),
            });
        }
        found
    }

    fn of(&self, pod: &Pod<'_>) -> Vec<&Policy<'a>> {
        let places = self.of_pods.get(pod.entry.path).into_iter().flatten();
        places.filter_map(|place| self.all.get(*place)).collect()
    }
}

impl Policy<'_> {
    /// Tells whether anything outside the tenant's own namespaces can reach a port of a pod.
    fn lets_in(&self, index: &Index<'_>, pod: &Pod<'_>, port: &Value) -> bool {
        self.ingress.unwrap_or_default().iter().any(|rule| {
            let peers = list_at(rule, "from");
            let opens = list_at(rule, "ports").is_empty()
                || list_at(rule, "ports").iter().any(|open| is_port(pod, open, port));
            opens && (peers.is_empty() || peers.iter().any(|peer| is_outside(index, pod, peer)))
        })
    }

    /// Tells whether pods can reach the API server, whose address belongs to no pod.
    fn lets_out_to_the_api_server(&self) -> bool {
        self.egress.unwrap_or_default().iter().any(|rule| {
            let (peers, ports) = (list_at(rule, "to"), list_at(rule, "ports"));
            let is_port = |port: &Value| match port.get("port") {
                Some(Value::Int(number)) => {
                    let end = port.get("endPort").and_then(Value::as_i64).unwrap_or(*number);
                    [443, 6443].iter().any(|wanted| (*number..=end).contains(wanted))
                }
                Some(_) => false,
                None => true,
            };
            let opens = ports.is_empty() || ports.iter().any(is_port);
            opens && (peers.is_empty() || peers.iter().any(|peer| peer.get("ipBlock").is_some()))
        })
    }
}

/// Tells whether a peer covers more than the pods of the tenant's own namespaces.
fn is_outside(index: &Index<'_>, pod: &Pod<'_>, peer: &Value) -> bool {
    let Some(namespaces) = peer.get("namespaceSelector") else { return peer.get("ipBlock").is_some() };
    let labels = namespaces.get("matchLabels").and_then(Value::as_map);
    let name = labels.and_then(|labels| labels.get("kubernetes.io/metadata.name")).and_then(Value::as_str);
    let own = index.tenant(pod.entry.tenant).map(|tenant| &tenant.namespaces);
    match name {
        // Pods selected individually may be those of the tenant's own controller.
        Some(name) => peer.get("podSelector").is_some() || own.is_none_or(|own| !own.contains(name)),
        None => true,
    }
}

/// Tells whether a policy's port covers a pod's port, given by name or number.
fn is_port(pod: &Pod<'_>, open: &Value, port: &Value) -> bool {
    let Some(first) = open.get("port") else { return true };
    match (pod.port_number(first), pod.port_number(port)) {
        (Some(first), Some(port)) => {
            (first..=open.get("endPort").and_then(Value::as_i64).unwrap_or(first)).contains(&port)
        }
        _ => true,
    }
}

fn port_text(port: &Value) -> String {
    match port {
        Value::String(name) => name.to_string(),
        number => number.as_i64().map(|number| number.to_string()).unwrap_or_default(),
    }
}

/// Returns pod labels as a TOML table: those in the workload's selector, if it has one.
fn pod_labels(pod: &Pod<'_>) -> String {
    let selector = pod.entry.object.at(&["spec", "selector", "matchLabels"]).and_then(Value::as_map);
    let labels: Option<&Map> = selector.or(pod.labels);
    let labels = labels.into_iter().flatten().filter_map(|(key, value)| Some((key, value.as_str()?)));
    labels.map(|(key, value)| format!("{key:?} = {value:?}")).collect::<Vec<_>>().join(", ")
}

/// How pods are reached: the field of `[policies]` that allows it, and whether the caller may be a pod of the tenant
/// itself.
#[derive(Clone, Copy)]
struct Way {
    field: &'static str,
    is_inside: bool,
}

const INGRESS: Way = Way { field: "from-ingress", is_inside: false };
const BALANCER: Way = Way { field: "from-outside", is_inside: false };
const WEBHOOK: Way = Way { field: "from-cluster", is_inside: false };
const SERVICE: Way = Way { field: "from-cluster", is_inside: true };

/// What leads to a port of a pod.
struct Caller {
    title: String,
    way: Way,
    /// The port of the container, by name or number.
    port: Value,
}

/// Returns what leads to pods from outside a tenant, by the path of the object that contains the pods.
fn callers<'a>(index: &Index<'a>) -> BTreeMap<&'a str, Vec<Caller>> {
    let mut found = BTreeMap::new();
    for entry in index.of_kind("networking.k8s.io", "Ingress") {
        let Some(spec) = entry.object.map.get("spec") else { continue };
        let paths = list_at(spec, "rules").iter().filter_map(|rule| rule.get("http"));
        let of_paths = paths.flat_map(|http| list_at(http, "paths")).filter_map(|path| path.get("backend"));
        let backends = spec.get("defaultBackend").into_iter().chain(of_paths);
        for service in backends.filter_map(|backend| backend.get("service")) {
            let port = service.at(&["port", "name"]).or_else(|| service.at(&["port", "number"]));
            through(index, &mut found, &entry, INGRESS, entry.namespace, text(service, "name"), port);
        }
    }
    for entry in index.of_kind("", "Service") {
        let is_balancer = entry.object.at(&["spec", "type"]).and_then(Value::as_str) == Some("LoadBalancer");
        let way = if is_balancer { BALANCER } else { SERVICE };
        through(index, &mut found, &entry, way, entry.namespace, entry.name, None);
    }
    let https = Value::Int(443);
    let mut webhook = |entry: &Entry<'a>, service: Option<&Value>| {
        let Some(service) = service else { return };
        let port = service.get("port").unwrap_or(&https);
        let (namespace, name) = (text(service, "namespace"), text(service, "name"));
        through(index, &mut found, entry, WEBHOOK, namespace, name, Some(port));
    };
    for kind in ["MutatingWebhookConfiguration", "ValidatingWebhookConfiguration"] {
        for entry in index.of_kind("admissionregistration.k8s.io", kind) {
            let webhooks = entry.object.map.get("webhooks").and_then(Value::as_list);
            for one in webhooks.into_iter().flatten() {
                webhook(&entry, one.at(&["clientConfig", "service"]));
            }
        }
    }
    for entry in index.of_kind("apiextensions.k8s.io", "CustomResourceDefinition") {
        webhook(&entry, entry.object.at(&["spec", "conversion", "webhook", "clientConfig", "service"]));
    }
    for entry in index.of_kind("apiregistration.k8s.io", "APIService") {
        webhook(&entry, entry.object.at(&["spec", "service"]));
    }
    found
}

/// Adds a caller to the pods behind one or all ports of a Service.
fn through<'a>(
    index: &Index<'a>,
    found: &mut BTreeMap<&'a str, Vec<Caller>>,
    caller: &Entry<'a>,
    way: Way,
    namespace: &str,
    name: &str,
    port: Option<&Value>,
) {
    let Some(service) = index.get("", "Service", namespace, name) else { return };
    let Some(spec) = service.object.map.get("spec") else { return };
    let Some(labels) = spec.get("selector").and_then(Value::as_map) else { return };
    let selector = LabelSelector::plain(labels);
    if selector.is_empty() {
        return;
    }
    let is_meant = |declared: &&Value| {
        port.is_none_or(|port| declared.get("name") == Some(port) || declared.get("port") == Some(port))
    };
    for declared in list_at(spec, "ports").iter().filter(is_meant) {
        let Some(target) = declared.get("targetPort").or_else(|| declared.get("port")) else { continue };
        for pod in index.selected(service.namespace, &selector) {
            let callers = found.entry(pod.entry.path).or_default();
            let title = caller.title();
            if !callers.iter().any(|known| known.title == title && known.port == *target) {
                callers.push(Caller { title, way, port: target.clone() });
            }
        }
    }
}

/// Returns the ServiceAccounts that have rights, by namespace and name, each with a binding that grants them.
fn accounts<'a>(index: &Index<'a>) -> BTreeMap<(&'a str, &'a str), String> {
    let mut found = BTreeMap::new();
    for kind in ["ClusterRoleBinding", "RoleBinding"] {
        for entry in index.of_kind(RIGHTS, kind) {
            let subjects = entry.object.map.get("subjects").and_then(Value::as_list);
            for subject in subjects.into_iter().flatten().filter(|one| text(one, "kind") == "ServiceAccount")
            {
                let namespace = Some(text(subject, "namespace")).filter(|namespace| !namespace.is_empty());
                let account = (namespace.unwrap_or(entry.namespace), text(subject, "name"));
                found.entry(account).or_insert_with(|| title(entry.kind, entry.namespace, entry.name));
            }
        }
    }
    found
}

/// Returns the ServiceAccount whose token the pods mount.
fn account<'a>(pod: &Pod<'a>) -> Option<&'a str> {
    let has_token = pod.spec.get("automountServiceAccountToken").and_then(Value::as_bool) != Some(false);
    let names = ["serviceAccountName", "serviceAccount"].map(|field| text(pod.spec, field));
    has_token.then(|| names.into_iter().find(|name| !name.is_empty()).unwrap_or("default"))
}

#[cfg(test)]
mod tests {
    use crate::testing::findings;

    const DENY: &str = "
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: deny-all, namespace: shop}
spec: {podSelector: {}, policyTypes: [Ingress, Egress]}
---
";

    const BACK: &str = "
apiVersion: apps/v1
kind: Deployment
metadata: {name: back, namespace: shop}
spec:
  selector: {matchLabels: {app: back}}
  template:
    metadata: {labels: {app: back}}
    spec: {serviceAccountName: back, containers: [{name: main, ports: [{name: http, containerPort: 8080}]}]}
---
apiVersion: v1
kind: Service
metadata: {name: back, namespace: shop}
spec: {selector: {app: back}, ports: [{name: http, port: 80, targetPort: http}]}
---
";

    const INGRESS: &str = "
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: {name: back, namespace: shop}
spec: {rules: [{http: {paths: [{backend: {service: {name: back, port: {number: 80}}}}]}}]}
---
";

    fn check(parts: &[&str]) -> String {
        findings("cut-off-pod", parts.concat().trim_end().trim_end_matches("---"))
    }

    fn policy(spec: &str) -> String {
        format!(
            "apiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata: {{name: back, namespace: shop}}\nspec: {{podSelector: {{matchLabels: {{app: back}}}}, {spec}}}\n---\n"
        )
    }

    #[test]
    fn what_an_ingress_leads_to_is_reached() {
        insta::assert_snapshot!(check(&[BACK, INGRESS]), @"");
        insta::assert_snapshot!(check(&[DENY, BACK, INGRESS]), @r#"
        error: network policies cut off the pods of `Deployment shop/back`: `Ingress shop/back` leads to its port `http`: 2.yaml at metadata.name
          hint: declare it in the component: `[policies.back]` with `pods = { "app" = "back" }` and `from-ingress = [8080]`
          hint: or set the tenant's `isolation` to `"namespace"` or `"none"`
        "#);
        let own = policy(
            "ingress: [{from: [{namespaceSelector: {matchLabels: {kubernetes.io/metadata.name: shop}}}]}]",
        );
        insta::assert_snapshot!(check(&[DENY, &own, BACK, INGRESS]), @r#"
        error: network policies cut off the pods of `Deployment shop/back`: `Ingress shop/back` leads to its port `http`: 3.yaml at metadata.name
          hint: declare it in the component: `[policies.back]` with `pods = { "app" = "back" }` and `from-ingress = [8080]`
          hint: or set the tenant's `isolation` to `"namespace"` or `"none"`
        "#);
        let other = policy("ingress: [{from: [{namespaceSelector: {}}], ports: [{port: 9000}]}]");
        insta::assert_snapshot!(check(&[DENY, &other, BACK, INGRESS]), @r#"
        error: network policies cut off the pods of `Deployment shop/back`: `Ingress shop/back` leads to its port `http`: 3.yaml at metadata.name
          hint: declare it in the component: `[policies.back]` with `pods = { "app" = "back" }` and `from-ingress = [8080]`
          hint: or set the tenant's `isolation` to `"namespace"` or `"none"`
        "#);
        let right = policy("ingress: [{from: [{namespaceSelector: {}}], ports: [{port: 8080}]}]");
        insta::assert_snapshot!(check(&[DENY, &right, BACK, INGRESS]), @"");
        let range = policy(
            "ingress: [{from: [{ipBlock: {cidr: 10.0.0.0/8}}], ports: [{port: 8000, endPort: 8100}]}]",
        );
        insta::assert_snapshot!(check(&[DENY, &range, BACK, INGRESS]), @"");
    }

    #[test]
    fn a_service_that_no_policy_is_about() {
        insta::assert_snapshot!(check(&[DENY, BACK]), @r#"
        error: network policies cut off the pods of `Deployment shop/back`: `Service shop/back` leads to its port `http`: 2.yaml at metadata.name
          hint: declare it in the component: `[policies.back]` with `pods = { "app" = "back" }` and `from-cluster = [8080]`
          hint: or set the tenant's `isolation` to `"namespace"` or `"none"`
        "#);
        insta::assert_snapshot!(check(&[DENY, &policy("ingress: []"), BACK]), @"");
    }

    #[test]
    fn webhooks_and_load_balancers_are_reached() {
        let webhook = "
apiVersion: admissionregistration.k8s.io/v1
kind: ValidatingWebhookConfiguration
metadata: {name: hook}
webhooks: [{name: a.example.com, clientConfig: {service: {name: back, namespace: shop, port: 80}}}]
---
";
        insta::assert_snapshot!(check(&[DENY, BACK, webhook]), @r#"
        error: network policies cut off the pods of `Deployment shop/back`: `ValidatingWebhookConfiguration hook` leads to its port `http`: 2.yaml at metadata.name
          hint: declare it in the component: `[policies.back]` with `pods = { "app" = "back" }` and `from-cluster = [8080]`
          hint: or set the tenant's `isolation` to `"namespace"` or `"none"`
        "#);
        let balancer = BACK.replace("spec: {selector", "spec: {type: LoadBalancer, selector");
        insta::assert_snapshot!(check(&[DENY, &balancer]), @r#"
        error: network policies cut off the pods of `Deployment shop/back`: `Service shop/back` leads to its port `http`: 2.yaml at metadata.name
          hint: declare it in the component: `[policies.back]` with `pods = { "app" = "back" }` and `from-outside = [8080]`
          hint: or set the tenant's `isolation` to `"namespace"` or `"none"`
        "#);
        insta::assert_snapshot!(check(&[DENY, &balancer.replace("spec: {serviceAcc", "spec: {hostNetwork: true, serviceAcc")]), @"");
    }

    #[test]
    fn who_has_rights_reaches_the_api_server() {
        let binding = "
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata: {name: back, namespace: shop}
roleRef: {kind: Role, name: back}
subjects: [{kind: ServiceAccount, name: back}]
---
";
        let policy = |egress: &str| policy(&format!("egress: {egress}, policyTypes: [Ingress, Egress]"));
        insta::assert_snapshot!(check(&[DENY, &policy("[]"), BACK, binding]), @r#"
        error: network policies cut off the pods of `Deployment shop/back`: `RoleBinding shop/back` grants it rights, but no policy lets it reach the API server: 3.yaml at metadata.name
          hint: declare it in the component: `[policies.back]` with `pods = { "app" = "back" }` and `api-server = true`
          hint: or set the tenant's `isolation` to `"namespace"` or `"none"`
        "#);
        insta::assert_snapshot!(check(&[DENY, &policy("[{to: [{ipBlock: {cidr: 0.0.0.0/0}}], ports: [{port: 6443}]}]"), BACK, binding]), @"");
        let cilium = "
apiVersion: cilium.io/v2
kind: CiliumNetworkPolicy
metadata: {name: back, namespace: shop}
---
";
        insta::assert_snapshot!(check(&[DENY, &policy("[]"), cilium, BACK, binding]), @"");
    }
}
