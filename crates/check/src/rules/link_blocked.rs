//! Network policies let the traffic of links through.

use std::collections::{BTreeMap, BTreeSet};

use aqueduct_manifest::Value;
use aqueduct_network::{ConnectionEnd, NetworkPeer, Protocol, Verdict};

use crate::controller_label::ControllerLabel;
use crate::facts::{Entry, LinkFacts};
use crate::index::Index;
use crate::label_selector::LabelSelector;
use crate::pod::{Pod, list_at, text};
use crate::report::Report;
use crate::rule::{Level, Rule};

pub(crate) const RULE: Rule = Rule {
    name: "link-blocked",
    summary: "network policies block the traffic of a link",
    level: Level::Error,
    page: include_str!("link_blocked.md"),
    check: link_blocked,
};

const POLICIES: &str = "networking.k8s.io";

/// How many policies of one end a finding lists.
const NAMED: usize = 3;

fn link_blocked(index: &Index<'_>, report: &mut Report) {
    if index.links().is_empty() {
        return;
    }
    let mut pods: BTreeMap<(&str, &str), Vec<&Pod<'_>>> = BTreeMap::new();
    for pod in index.pods() {
        pods.entry((pod.entry.tenant, pod.entry.component)).or_default().push(pod);
    }
    let others = other_policies(index);
    let is_seen = |pod: &Pod<'_>| {
        let is_of_node = pod.spec.get("hostNetwork").and_then(Value::as_bool) == Some(true);
        let is_ruled_otherwise = others.contains("") || others.contains(pod.namespace());
        !(is_of_node || is_ruled_otherwise || index.is_open(&pod.entry))
    };
    for link in index.links() {
        let sources = pods.get(&link.from).map_or(&[][..], Vec::as_slice);
        let targets = targets(index, link);
        // The link may be used by pods that the component creates itself.
        let is_clear = |pod: &&Pod<'_>| is_seen(pod) && !index.may_create(&pod.entry, "pods");
        if targets.is_empty() || !sources.iter().all(is_clear) || !targets.iter().all(|one| is_seen(one.pod))
        {
            continue;
        }
        // It is unknown which pods use the link. It counts as blocked if none of them gets through.
        let blocked: Vec<Blocked<'_, '_>> =
            sources.iter().map_while(|source| blocked(index, source, &targets)).collect();
        if blocked.len() == sources.len()
            && let Some(first) = blocked.first()
        {
            tell(index, report, link, first);
        }
    }
}

/// Pods behind a link, and the port on which they receive its connections.
struct Target<'i, 'a> {
    pod: &'i Pod<'a>,
    protocol: Protocol,
    port: u16,
}

/// Pods that cannot reach others.
struct Blocked<'i, 'a> {
    source: &'i Pod<'a>,
    target: &'i Target<'i, 'a>,
}

/// Returns a target that pods cannot reach, if there is one.
fn blocked<'i, 'a>(
    index: &'i Index<'a>,
    source: &'i Pod<'a>,
    targets: &'i [Target<'i, 'a>],
) -> Option<Blocked<'i, 'a>> {
    let from = NetworkPeer::of(source.entry.object);
    let target = targets.iter().find(|target| {
        let ports = index.network().between(&from, &NetworkPeer::of(target.pod.entry.object));
        ports.is_some_and(|ports| !ports.has(target.protocol, target.port))
    })?;
    Some(Blocked { source, target })
}

/// Returns the pods behind a link: those of its Service, otherwise those that the endpoint declares. Returns none if
/// the target of the Service is unknown.
fn targets<'i, 'a>(index: &'i Index<'a>, link: &LinkFacts<'_>) -> Vec<Target<'i, 'a>> {
    let service = link.service.and_then(|(namespace, name)| index.get("", "Service", namespace, name));
    let Some(service) = service else {
        let selector = LabelSelector::equal_to(link.labels);
        let pods = index.selected(link.namespace, &selector);
        return pods.map(|pod| Target { pod, protocol: Protocol::Tcp, port: link.pod_port }).collect();
    };
    let Some(spec) = service.object.map.get("spec") else { return Vec::new() };
    let labels = spec.get("selector").and_then(Value::as_map).filter(|labels| !labels.is_empty());
    let is_meant = |port: &&Value| port.get("port").and_then(Value::as_i64) == Some(link.port.into());
    let meant = list_at(spec, "ports").iter().filter(is_meant);
    // Several protocols may share a number. Links use TCP.
    let Some(port) = meant.min_by_key(|port| !matches!(text(port, "protocol"), "" | "TCP")) else {
        return Vec::new();
    };
    let Some(labels) = labels else { return Vec::new() };
    let protocol = match text(port, "protocol") {
        "UDP" => Protocol::Udp,
        "SCTP" => Protocol::Sctp,
        _ => Protocol::Tcp,
    };
    // Clients of a headless Service connect to the pods themselves.
    let is_headless = text(spec, "clusterIP") == "None";
    let wanted =
        port.get("targetPort").filter(|target| !is_headless && !target.is_null()).or(port.get("port"));
    let Some(wanted) = wanted else { return Vec::new() };
    let selector = LabelSelector::plain(labels);
    let all: Vec<&Pod<'_>> = index.selected(service.namespace, &selector).collect();
    // Other pods that happen to have the labels, such as those of a hook, do not listen.
    let is_declared = all.iter().any(|pod| pod.has_port(wanted));
    let listening = all.into_iter().filter(|pod| !is_declared || pod.has_port(wanted));
    let targets = listening.filter_map(|pod| {
        let number = pod.port_number(wanted)?;
        Some(Target { pod, protocol, port: u16::try_from(number).ok()? })
    });
    targets.collect()
}

/// Returns the namespaces with other kinds of policies; the empty one stands for policies over all
/// namespaces.
fn other_policies<'a>(index: &Index<'a>) -> BTreeSet<&'a str> {
    let is_other = |entry: &&Entry<'_>| entry.kind.ends_with("NetworkPolicy") && entry.group != POLICIES;
    index.entries().iter().filter(is_other).map(|entry| entry.namespace).collect()
}

/// Tells whether policies of a namespace select by labels that only controllers add to pods.
fn is_ruled_by_controllers(index: &Index<'_>, namespace: &str, pods: [&Pod<'_>; 2]) -> bool {
    let is_added = |key: &str| pods.iter().any(|pod| ControllerLabel::of(&pod.entry, key, None).is_some());
    let names_added = |selector: &Value| {
        let labels = selector.get("matchLabels").and_then(Value::as_map).into_iter().flatten();
        let expressions = list_at(selector, "matchExpressions").iter();
        labels.map(|(key, _)| key.as_str()).chain(expressions.map(|one| text(one, "key"))).any(is_added)
    };
    index.in_namespace(POLICIES, "NetworkPolicy", namespace).any(|policy| {
        let Some(spec) = policy.object.map.get("spec") else { return false };
        let rules = [("ingress", "from"), ("egress", "to")].into_iter().flat_map(|(rules, peers)| {
            list_at(spec, rules).iter().flat_map(move |rule| list_at(rule, peers))
        });
        rules.chain([spec]).filter_map(|one| one.get("podSelector")).any(names_added)
    })
}

/// Tells whether a policy selects every pod of its namespace.
fn is_whole(policy: &Entry<'_>) -> bool {
    policy.object.at(&["spec", "podSelector"]).map(LabelSelector::full).unwrap_or_default().is_empty()
}

fn tell(index: &Index<'_>, report: &mut Report, link: &LinkFacts<'_>, blocked: &Blocked<'_, '_>) {
    let Blocked { source, target: Target { pod, protocol, port } } = blocked;
    let (from, to) = (NetworkPeer::of(source.entry.object), NetworkPeer::of(pod.entry.object));
    let explained = index.network().explain(&ConnectionEnd::Workload(&from), &ConnectionEnd::Workload(&to));
    let Some(explained) = explained else { return };
    let is_open = |end: &Pod<'_>| is_ruled_by_controllers(index, end.namespace(), [source, pod]);
    if is_open(source) || is_open(pod) {
        return;
    }
    let is_shut = |verdict: &Verdict<'_>| {
        !verdict.policies.is_empty() && !verdict.policies.values().any(|ports| ports.has(*protocol, *port))
    };
    let ends =
        [(&explained.egress, "out", "does not let it out"), (&explained.ingress, "in", "does not let it in")];
    let (mut reasons, mut policies) = (Vec::new(), Vec::new());
    for (verdict, way, shown) in ends.into_iter().filter(|(verdict, ..)| is_shut(verdict)) {
        let all: Vec<Entry<'_>> = verdict
            .policies
            .keys()
            .filter_map(|one| index.get(POLICIES, "NetworkPolicy", &one.namespace, &one.name))
            .collect();
        // If some policies select only these pods, one of them is the one to change.
        let (whole, own): (Vec<_>, Vec<_>) = all.into_iter().partition(is_whole);
        let all = if own.is_empty() { whole } else { own };
        let names: Vec<String> = all.iter().take(NAMED).map(Entry::title).collect();
        let (verb, more) = match all.len() {
            1 => ("does", String::new()),
            count if count > NAMED => ("do", format!(" and {} more", count - NAMED)),
            _ => ("do", String::new()),
        };
        reasons.push(format!("{}{more} {verb} not let it {way}", names.join(", ")));
        policies.extend(all.into_iter().take(NAMED).map(|one| (one, shown)));
    }
    let message = format!(
        "network policies block the link to `{}`: {} does not reach {protocol} port {port} of {}: {}",
        link.target,
        source.entry.title(),
        pod.entry.title(),
        reasons.join("; ")
    );
    let finding = report.error_at(link.place, link.from, message);
    for (policy, shown) in policies {
        finding.also(&policy, ["spec", "podSelector"], shown);
    }
    let (tenant, component) = link.to;
    let meant = LabelSelector::equal_to(link.labels);
    if *port != link.pod_port {
        finding.hint(format!(
            "the endpoint `{}` of `{tenant}/{component}` declares that its pods listen on port {}: set `container-port = {port}`",
            link.endpoint, link.pod_port
        ));
    } else if !index.selected(link.namespace, &meant).any(|other| other.entry.path == pod.entry.path) {
        finding.hint(format!(
            "the endpoint `{}` of `{tenant}/{component}` selects other pods: set its `pods` to the labels of these",
            link.endpoint
        ));
    } else {
        finding.hint("allow the port in a policy of the end that blocks it");
    }
}

#[cfg(test)]
mod tests {
    use crate::testing::findings;

    /// Two components of two tenants, and the Service of the second.
    const ENDS: &str = "
apiVersion: apps/v1
kind: Deployment
metadata: {name: web, namespace: shop, labels: {component: web}}
spec: {template: {metadata: {labels: {app: web}}, spec: {containers: [{name: web}]}}}
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: ledger, namespace: bank, labels: {component: ledger}}
spec: {template: {metadata: {labels: {app: ledger}}, spec: {containers: [{name: ledger, ports: [{name: http, containerPort: 8080}]}]}}}
---
apiVersion: v1
kind: Service
metadata: {name: ledger, namespace: bank, labels: {component: ledger}}
spec: {selector: {app: ledger}, ports: [{port: 80, targetPort: http}]}
---
";

    const LINK: &str = "{kind: Link, from: shop/web, to: bank/ledger, service: ledger, port: 80, podPort: 8080, pods: {app: ledger}}";

    /// A policy that denies all ingress.
    const SHUT: &str = "bank: {podSelector: {}}";

    /// Returns the findings for a link under policies, each with its namespace.
    fn check(link: &str, policies: &[&str]) -> String {
        let mut documents = format!("{ENDS}{link}\n");
        for (number, policy) in policies.iter().enumerate() {
            let (namespace, spec) = policy.split_once(": ").expect("a policy has a namespace");
            documents += &format!(
                "---\napiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata: {{name: p{number}, namespace: {namespace}}}\nspec: {spec}\n"
            );
        }
        findings("link-blocked", &documents)
    }

    #[test]
    fn each_end_can_shut_it() {
        let check = |policies: &[&str]| check(LINK, policies);
        insta::assert_snapshot!(check(&[]), @"");
        insta::assert_snapshot!(check(&[SHUT]), @r"
        error: network policies block the link to `bank/ledger`: `Deployment shop/web` does not reach TCP port 8080 of `Deployment bank/ledger`: `NetworkPolicy bank/p0` does not let it in: 4.yaml
          hint: allow the port in a policy of the end that blocks it
        ");
        let open = "bank: {podSelector: {matchLabels: {app: ledger}}, ingress: [{from: [{namespaceSelector: {matchLabels: {kubernetes.io/metadata.name: shop}}}], ports: [{port: http}]}]}";
        insta::assert_snapshot!(check(&[SHUT, open]), @"");
        insta::assert_snapshot!(check(&[SHUT, open, "shop: {podSelector: {}, policyTypes: [Egress]}"]), @r"
        error: network policies block the link to `bank/ledger`: `Deployment shop/web` does not reach TCP port 8080 of `Deployment bank/ledger`: `NetworkPolicy shop/p2` does not let it out: 4.yaml
          hint: allow the port in a policy of the end that blocks it
        ");
    }

    #[test]
    fn the_hint_says_what_the_endpoint_lacks() {
        insta::assert_snapshot!(check(&LINK.replace("podPort: 8080, ", ""), &[SHUT]), @r"
        error: network policies block the link to `bank/ledger`: `Deployment shop/web` does not reach TCP port 8080 of `Deployment bank/ledger`: `NetworkPolicy bank/p0` does not let it in: 4.yaml
          hint: the endpoint `http` of `bank/ledger` declares that its pods listen on port 80: set `container-port = 8080`
        ");
        insta::assert_snapshot!(check(&LINK.replace("app: ledger", "app: books"), &[SHUT]), @r"
        error: network policies block the link to `bank/ledger`: `Deployment shop/web` does not reach TCP port 8080 of `Deployment bank/ledger`: `NetworkPolicy bank/p0` does not let it in: 4.yaml
          hint: the endpoint `http` of `bank/ledger` selects other pods: set its `pods` to the labels of these
        ");
    }

    #[test]
    fn what_is_not_seen_is_not_blocked() {
        let check = |more: &str| check(LINK, &[SHUT, more]);
        let controllers = "bank: {podSelector: {matchLabels: {pod-template-hash: x}}, ingress: [{}]}";
        insta::assert_snapshot!(check(controllers), @"");
    }
}
