//! The cluster knows the kind of every object.

use std::collections::BTreeSet;

use aqueduct_manifest::{KUBERNETES_APIS, KubernetesApi, Value};

use crate::facts::Entry;
use crate::index::Index;
use crate::pod::{list_at, text};
use crate::report::Report;
use crate::rule::{Level, Rule};

pub(crate) const RULE: Rule = Rule {
    name: "api-provided",
    summary: "an object has a kind that the cluster does not know",
    level: Level::Error,
    page: include_str!("api_provided.md"),
    check: api_provided,
};

/// What the user of a chart can do about the API that it picks.
const CHOICE: &str = "the chart picks it: set the value that decides, list the APIs that its templates check for in `api-versions`, or use a chart version that has";

/// Tells whether a chart template rendered an object.
fn is_of_a_chart(entry: &Entry<'_>) -> bool {
    entry.object.origin.as_ref().is_some_and(|origin| origin.file.contains("/templates/"))
}

fn api_provided(index: &Index<'_>, report: &mut Report) {
    let defined = defined(index);
    let minor = minor(&index.cluster().kubernetes);
    for entry in index.entries() {
        let (api_version, kind) = (entry.object.api_version(), entry.kind);
        let cluster = index.cluster();
        if cluster.apis.contains(api_version)
            || cluster.apis.contains(&format!("{api_version}/{kind}"))
            || cluster.api_groups.contains(entry.group)
            || defined.contains(&(api_version.to_owned(), kind.to_owned()))
        {
            continue;
        }
        let served = |api: &&KubernetesApi| api.version == api_version && api.kinds.contains(&kind);
        let title = || entry.title();
        match KUBERNETES_APIS.iter().find(served) {
            Some(KubernetesApi { since, until, instead, .. }) => {
                let Some(minor) = minor else { continue };
                if minor >= *until {
                    let message = format!(
                        "{} needs an API that was removed in Kubernetes 1.{until}: `{api_version}`",
                        title()
                    );
                    let finding = report.error(entry, ["apiVersion"], message);
                    match (is_of_a_chart(entry), *instead) {
                        (true, "") => finding
                            .hint("set the chart value that leaves it out, or delete it with `patches`"),
                        (true, instead) => finding.hint(format!("{CHOICE} `{instead}`")),
                        (false, "") => finding,
                        (false, instead) => finding.hint(format!("use `{instead}`")),
                    };
                } else if minor < *since {
                    let message = format!(
                        "{} needs an API that was added in Kubernetes 1.{since}: `{api_version}`",
                        title()
                    );
                    let finding = report.error(entry, ["apiVersion"], message);
                    if is_of_a_chart(entry) {
                        finding.hint(format!("{CHOICE} one that Kubernetes 1.{minor} has"));
                    }
                }
            }
            None if KUBERNETES_APIS.iter().any(|api| api.version == api_version) => {
                let kinds =
                    KUBERNETES_APIS.iter().filter(|api| api.version == api_version).flat_map(|api| api.kinds);
                let homes = KUBERNETES_APIS
                    .iter()
                    .filter(|api| api.kinds.contains(&kind) && api.until == KubernetesApi::NEVER);
                let finding = report.error(
                    entry,
                    ["kind"],
                    format!("{} has a kind that `{api_version}` does not have", title()),
                );
                match homes.map(|api| api.version).next() {
                    Some(home) => finding.hint(format!("use `{home}`")),
                    None => finding.did_you_mean(kind, kinds.copied()),
                };
            }
            None => {
                let homes = KUBERNETES_APIS
                    .iter()
                    .filter(|api| api.kinds.contains(&kind) && api.until == KubernetesApi::NEVER);
                let message =
                    format!("{} needs an API that the cluster does not have: `{api_version}`", title());
                let finding = report.error(entry, ["apiVersion"], message);
                match homes.map(|api| api.version).next() {
                    Some(home) => finding.hint(format!("use `{home}`")),
                    None => finding
                        .hint(format!(
                            "render its CustomResourceDefinition, or list `{api_version}` in the environment's `apis`"
                        ))
                        .did_you_mean(api_version, index.cluster().apis.iter().map(String::as_str)),
                };
            }
        }
    }
}

/// Returns the kinds that rendered CustomResourceDefinitions define.
fn defined(index: &Index<'_>) -> BTreeSet<(String, String)> {
    let mut defined = BTreeSet::new();
    for entry in index.of_kind("apiextensions.k8s.io", "CustomResourceDefinition") {
        let Some(spec) = entry.object.map.get("spec") else { continue };
        let kind = spec.at(&["names", "kind"]).and_then(Value::as_str).unwrap_or("");
        let served = list_at(spec, "versions");
        let served =
            served.iter().filter(|version| version.get("served").and_then(Value::as_bool) != Some(false));
        for version in served.map(|version| text(version, "name")).chain([text(spec, "version")]) {
            defined.insert((format!("{}/{version}", text(spec, "group")), kind.to_owned()));
        }
    }
    defined
}

/// Returns the minor version of `1.33`, `v1.33.2` and the like.
fn minor(version: &str) -> Option<u32> {
    let rest = version.trim_start_matches('v').strip_prefix("1.")?;
    let digits = rest.find(|letter: char| !letter.is_ascii_digit()).map_or(rest, |end| &rest[..end]);
    digits.parse().ok()
}

#[cfg(test)]
mod tests {
    use crate::testing::findings;

    #[test]
    fn kinds_must_be_known() {
        insta::assert_snapshot!(findings("api-provided", "
apiVersion: networking.k8s.io/v1beta1
kind: Ingress
metadata: {name: old, namespace: shop}
---
apiVersion: resource.k8s.io/v1
kind: ResourceClaim
metadata: {name: new, namespace: shop}
---
apiVersion: acid.zalan.do/v1
kind: postgresql
metadata: {name: unknown, namespace: shop}
---
apiVersion: app/v1
kind: Deployment
metadata: {name: wrong, namespace: shop}
---
apiVersion: example.com/v1
kind: Thing
metadata: {name: defined, namespace: shop}
---
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: {name: things.example.com}
spec: {group: example.com, names: {kind: Thing}, versions: [{name: v1, served: true}]}
---
apiVersion: cert-manager.io/v1
kind: Certificate
metadata: {name: listed, namespace: shop}
---
apiVersion: v1
kind: Deployment
metadata: {name: moved, namespace: shop}
---
apiVersion: apps/v1
kind: Deploiment
metadata: {name: typo, namespace: shop}
"), @r"
        error: `Ingress shop/old` needs an API that was removed in Kubernetes 1.22: `networking.k8s.io/v1beta1`: 1.yaml at apiVersion
          hint: use `networking.k8s.io/v1`
        error: `ResourceClaim shop/new` needs an API that was added in Kubernetes 1.34: `resource.k8s.io/v1`: 2.yaml at apiVersion
        error: `postgresql shop/unknown` needs an API that the cluster does not have: `acid.zalan.do/v1`: 3.yaml at apiVersion
          hint: render its CustomResourceDefinition, or list `acid.zalan.do/v1` in the environment's `apis`
        error: `Deployment shop/wrong` needs an API that the cluster does not have: `app/v1`: 4.yaml at apiVersion
          hint: use `apps/v1`
        error: `Deployment shop/moved` has a kind that `v1` does not have: 8.yaml at kind
          hint: use `apps/v1`
        error: `Deploiment shop/typo` has a kind that `apps/v1` does not have: 9.yaml at kind
          hint: did you mean `Deployment`?
        ");
    }
}
