//! A tenant reaches pods of another only if both agree.

use std::collections::{BTreeMap, BTreeSet};

use aqueduct_manifest::{Map, Value};
use aqueduct_network::{Crossing, NetworkPeer, Opening, Owners, PolicyName};

use crate::facts::{Entry, Owner};
use crate::index::Index;
use crate::pod::{Pod, list_at};
use crate::report::Report;
use crate::rule::{Level, Rule};

pub(crate) const RULE: Rule = Rule {
    name: "tenant-reachable",
    summary: "network policies let a tenant reach pods of another without both having agreed",
    level: Level::Error,
    page: include_str!("tenant_reachable.md"),
    check: tenant_reachable,
};

const POLICIES: &str = "networking.k8s.io";

/// How many of the tenants that one policy rule lets in are reported.
const NAMED: usize = 8;

fn tenant_reachable(index: &Index<'_>, report: &mut Report) {
    let promised = promised(index);
    if promised.is_empty() {
        return;
    }
    let mut pods: BTreeMap<NetworkPeer, Vec<&Pod<'_>>> = BTreeMap::new();
    for pod in index.pods() {
        pods.entry(NetworkPeer::of(pod.entry.object)).or_default().push(pod);
    }
    let tenants = Tenants { index, promised, pods };
    for opening in index.network().openings(&tenants, NAMED) {
        for (from, crossing) in &opening.from {
            tenants.tell(report, from, crossing, &opening);
        }
    }
}

/// Returns the namespaces that are isolated from other tenants, by their tenant's setting or by a policy.
fn promised<'a>(index: &Index<'a>) -> BTreeSet<&'a str> {
    let tenants = index.tenants().filter(|(_, tenant)| !tenant.system);
    let mut promised: BTreeSet<&str> =
        tenants.flat_map(|(_, tenant)| tenant.closed.iter().map(String::as_str)).collect();
    let refuses = |policy: &Entry<'_>| {
        let spec = policy.object.map.get("spec").unwrap_or(&Value::Null);
        let types = list_at(spec, "policyTypes");
        let is_ingress = types.is_empty() || types.iter().any(|one| one.as_str() == Some("Ingress"));
        let selector = spec.get("podSelector").and_then(Value::as_map);
        let is_whole = selector.is_none_or(|selector| selector.iter().all(|(_, part)| is_empty(part)));
        is_ingress && is_whole && list_at(spec, "ingress").is_empty()
    };
    let policies = index.of_kind(POLICIES, "NetworkPolicy").filter(refuses);
    promised.extend(policies.map(|policy| policy.namespace));
    promised
}

fn is_empty(part: &Value) -> bool {
    part.is_null()
        || part.as_list().is_some_and(|list| list.is_empty())
        || part.as_map().is_some_and(Map::is_empty)
}

/// The tenants of an environment and their pods.
struct Tenants<'i, 'a> {
    index: &'i Index<'a>,
    promised: BTreeSet<&'a str>,
    pods: BTreeMap<NetworkPeer, Vec<&'i Pod<'a>>>,
}

impl<'n, 'a> Owners<'n> for Tenants<'_, 'a> {
    type Owner = &'a str;

    fn owner(&self, workload: &'n NetworkPeer) -> Option<&'a str> {
        let pod = self.pods.get(workload)?.first()?;
        // Policies do not apply to pods on the host network.
        let is_of_node = pod.spec.get("hostNetwork").and_then(Value::as_bool) == Some(true);
        let is_system = self.tenant(pod.entry.tenant)?.system;
        (!is_of_node && !is_system).then_some(pod.entry.tenant)
    }

    fn is_agreed(&self, policy: &PolicyName) -> bool {
        self.policy(policy).is_some_and(|entry| self.index.is_of_tenancy(&entry))
    }

    fn are_strangers(&self, from: (&'a str, &NetworkPeer), to: (&'a str, &NetworkPeer)) -> bool {
        let Some(target) = self.tenant(to.0) else { return false };
        // Tenants that share a namespace are not isolated from each other in it.
        let is_shared = target.namespaces.contains(from.1.namespace.as_str());
        let is_promised = self.promised.contains(to.1.namespace.as_str());
        is_promised && !is_shared && !self.index.have_agreed(from.0, to.0)
    }
}

impl<'a> Tenants<'_, 'a> {
    fn tenant(&self, name: &str) -> Option<&'a Owner> {
        self.index.tenant(name)
    }

    fn policy(&self, policy: &PolicyName) -> Option<Entry<'a>> {
        self.index.get(POLICIES, "NetworkPolicy", &policy.namespace, &policy.name)
    }

    /// Reports a tenant that is let in.
    fn tell(&self, report: &mut Report, from: &str, crossing: &Crossing<'_>, opening: &Opening<'_, &'a str>) {
        let first = |workload| self.pods.get(workload).and_then(|pods| pods.first());
        let (Some(source), Some(target)) = (first(crossing.source), first(crossing.target)) else { return };
        let to = opening.to;
        let ports = match crossing.ports.is_all() {
            true => "every port".to_owned(),
            false => crossing.ports.to_string(),
        };
        let message = |opener: String| {
            let (source, target) = (source.entry.title(), target.entry.title());
            format!(
                "tenant `{from}` reaches tenant `{to}` without both having agreed: {source} reaches {target} on {ports}, {opener}"
            )
        };
        let patched = self.index.patched_policies(target.namespace());
        let rule = opening.rule.and_then(|(name, at)| Some((self.policy(name)?, at)));
        let finding = match &rule {
            Some((policy, at)) => {
                let message = message(format!("allowed by {}", policy.title()));
                let spec = policy.object.map.get("spec").unwrap_or(&Value::Null);
                match patched.iter().find(|(name, _)| *name == policy.name) {
                    Some((_, place)) => report.error_at(place, (policy.tenant, policy.component), message),
                    None => report.error(policy, list_at(spec, "ingress").get(*at).unwrap_or(spec), message),
                }
            }
            None => {
                let message = message("no policy isolates it".to_owned());
                match patched.first() {
                    Some((_, place)) => report.error_at(place, (to, target.entry.component), message),
                    None => report.error(&target.entry, ["metadata", "name"], message),
                }
            }
        };
        let mut lacking = Vec::new();
        if self.tenant(to).is_some_and(|tenant| !tenant.allow_from.include(from)) {
            lacking.push(format!("`{from}` to `allow-from` in tenants/{to}/tenant.toml"));
        }
        if self.tenant(from).is_some_and(|tenant| !tenant.allow_to.include(to)) {
            lacking.push(format!("`{to}` to `allow-to` in tenants/{from}/tenant.toml"));
        }
        finding.hint(format!(
            "restrict the policy to the intended pods and link the components, or add {} under `[isolation]`",
            lacking.join(" and ")
        ));
        if opening.has_more {
            finding.hint("more tenants are let in than are listed here");
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::testing::findings;

    /// The pods of three tenants; the first is isolated from all others.
    const TENANTS: &str = "
{kind: Tenant, name: bank, closed: [bank], allowFrom: [depot]}
---
{kind: Tenant, name: depot, allowTo: [shop]}
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: ledger, namespace: bank}
spec: {template: {metadata: {labels: {app: ledger}}, spec: {containers: [{name: ledger, ports: [{name: http, containerPort: 8080}]}]}}}
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: web, namespace: shop}
spec: {template: {metadata: {labels: {app: web}}, spec: {containers: [{name: web}]}}}
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: store, namespace: depot}
spec: {template: {metadata: {labels: {app: store}}, spec: {containers: [{name: store}]}}}
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: scraper, namespace: platform}
spec: {template: {metadata: {labels: {app: scraper}}, spec: {containers: [{name: scraper}]}}}
";

    /// Returns the findings for policies, each with its component, namespace and rules.
    fn check(tenants: &str, policies: &[(&str, &str, &str)]) -> String {
        let mut documents = tenants.to_owned();
        for (number, (component, namespace, spec)) in policies.iter().enumerate() {
            documents += &format!(
                "---\napiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata: {{name: p{number}, namespace: {namespace}, labels: {{component: {component}}}}}\nspec: {spec}\n"
            );
        }
        findings("tenant-reachable", &documents)
    }

    const SHUT: (&str, &str, &str) = ("tenant", "bank", "{podSelector: {}}");
    const WIDE: (&str, &str, &str) = (
        "ledger",
        "bank",
        "{podSelector: {}, ingress: [{from: [{namespaceSelector: {}}], ports: [{port: http}]}]}",
    );

    #[test]
    fn a_rule_lets_strangers_in() {
        insta::assert_snapshot!(check(TENANTS, &[SHUT]), @"");
        insta::assert_snapshot!(check(TENANTS, &[SHUT, WIDE]), @r"
        error: tenant `depot` reaches tenant `bank` without both having agreed: `Deployment depot/store` reaches `Deployment bank/ledger` on TCP 8080, allowed by `NetworkPolicy bank/p1`: 8.yaml at spec.ingress[0]
          hint: restrict the policy to the intended pods and link the components, or add `bank` to `allow-to` in tenants/depot/tenant.toml under `[isolation]`
        error: tenant `shop` reaches tenant `bank` without both having agreed: `Deployment shop/web` reaches `Deployment bank/ledger` on TCP 8080, allowed by `NetworkPolicy bank/p1`: 8.yaml at spec.ingress[0]
          hint: restrict the policy to the intended pods and link the components, or add `shop` to `allow-from` in tenants/bank/tenant.toml under `[isolation]`
        ");
        insta::assert_snapshot!(check(TENANTS, &[]), @r"
        error: tenant `depot` reaches tenant `bank` without both having agreed: `Deployment depot/store` reaches `Deployment bank/ledger` on every port, no policy isolates it: 3.yaml at metadata.name
          hint: restrict the policy to the intended pods and link the components, or add `bank` to `allow-to` in tenants/depot/tenant.toml under `[isolation]`
        error: tenant `shop` reaches tenant `bank` without both having agreed: `Deployment shop/web` reaches `Deployment bank/ledger` on every port, no policy isolates it: 3.yaml at metadata.name
          hint: restrict the policy to the intended pods and link the components, or add `shop` to `allow-from` in tenants/bank/tenant.toml under `[isolation]`
        ");
    }

    #[test]
    fn both_ends_have_to_open_it() {
        let in_shop =
            ("web", "shop", "{podSelector: {}, policyTypes: [Egress], egress: [{ports: [{port: 443}]}]}");
        insta::assert_snapshot!(check(TENANTS, &[SHUT, WIDE, in_shop]), @r"
        error: tenant `depot` reaches tenant `bank` without both having agreed: `Deployment depot/store` reaches `Deployment bank/ledger` on TCP 8080, allowed by `NetworkPolicy bank/p1`: 8.yaml at spec.ingress[0]
          hint: restrict the policy to the intended pods and link the components, or add `bank` to `allow-to` in tenants/depot/tenant.toml under `[isolation]`
        ");
    }

    #[test]
    fn what_links_and_fields_open_is_agreed() {
        let of_links = (
            "tenant",
            "bank",
            "{podSelector: {}, ingress: [{from: [{namespaceSelector: {}}], ports: [{port: 8080}]}]}",
        );
        insta::assert_snapshot!(check(TENANTS, &[SHUT, of_links, WIDE]), @"");
        let more = (
            "ledger",
            "bank",
            "{podSelector: {}, ingress: [{from: [{namespaceSelector: {}}], ports: [{port: 8000, endPort: 8090}]}]}",
        );
        insta::assert_snapshot!(check(TENANTS, &[SHUT, of_links, more]), @r"
        error: tenant `depot` reaches tenant `bank` without both having agreed: `Deployment depot/store` reaches `Deployment bank/ledger` on TCP 8000-8079,8081-8090, allowed by `NetworkPolicy bank/p2`: 9.yaml at spec.ingress[0]
          hint: restrict the policy to the intended pods and link the components, or add `bank` to `allow-to` in tenants/depot/tenant.toml under `[isolation]`
        error: tenant `shop` reaches tenant `bank` without both having agreed: `Deployment shop/web` reaches `Deployment bank/ledger` on TCP 8000-8079,8081-8090, allowed by `NetworkPolicy bank/p2`: 9.yaml at spec.ingress[0]
          hint: restrict the policy to the intended pods and link the components, or add `shop` to `allow-from` in tenants/bank/tenant.toml under `[isolation]`
        ");
    }

    #[test]
    fn tenants_that_are_open_have_promised_nothing() {
        let open = TENANTS.replace("closed: [bank], ", "");
        insta::assert_snapshot!(check(&open, &[WIDE]), @"");
        insta::assert_snapshot!(check(&open, &[("ledger", "bank", SHUT.2), WIDE]), @r"
        error: tenant `depot` reaches tenant `bank` without both having agreed: `Deployment depot/store` reaches `Deployment bank/ledger` on TCP 8080, allowed by `NetworkPolicy bank/p1`: 8.yaml at spec.ingress[0]
          hint: restrict the policy to the intended pods and link the components, or add `bank` to `allow-to` in tenants/depot/tenant.toml under `[isolation]`
        error: tenant `shop` reaches tenant `bank` without both having agreed: `Deployment shop/web` reaches `Deployment bank/ledger` on TCP 8080, allowed by `NetworkPolicy bank/p1`: 8.yaml at spec.ingress[0]
          hint: restrict the policy to the intended pods and link the components, or add `shop` to `allow-from` in tenants/bank/tenant.toml under `[isolation]`
        ");
        let shared = TENANTS.replace("allowFrom: [depot]", "namespaces: [bank, shop, depot]");
        insta::assert_snapshot!(check(&shared, &[SHUT, WIDE]), @"");
    }

    #[test]
    fn few_are_named_of_many() {
        let mut many = TENANTS.to_owned();
        for number in 10..30 {
            many += &format!(
                "---\n{{kind: Tenant, name: t{number}}}\n---\napiVersion: v1\nkind: Pod\nmetadata: {{name: one, namespace: t{number}}}\nspec: {{containers: [{{name: one}}]}}\n"
            );
        }
        let found = check(&many, &[SHUT, WIDE]);
        assert_eq!(found.matches("error:").count(), 8, "{found}");
        assert_eq!(found.matches("more tenants are let in").count(), 8, "{found}");
    }
}
