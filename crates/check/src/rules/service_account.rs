//! Pods use a ServiceAccount that exists.

use crate::index::Index;
use crate::pod::text;
use crate::report::Report;
use crate::rule::{Level, Rule};

pub(crate) const RULE: Rule = Rule {
    name: "service-account",
    summary: "a pod uses an unknown ServiceAccount",
    level: Level::Error,
    page: include_str!("service_account.md"),
    check: service_account,
};

fn service_account(index: &Index<'_>, report: &mut Report) {
    for pod in index.pods() {
        let names = ["serviceAccountName", "serviceAccount"].map(|field| (field, text(pod.spec, field)));
        let Some((field, name)) = names.into_iter().find(|(_, name)| !name.is_empty()) else { continue };
        let namespace = pod.namespace();
        if name == "default"
            || index.is_open(&pod.entry)
            || index.get("", "ServiceAccount", namespace, name).is_some()
        {
            continue;
        }
        let message = format!("{} uses a ServiceAccount that does not exist: `{name}`", pod.entry.title());
        report
            .error(&pod.entry, (pod.spec, [field]), message)
            .did_you_mean(name, index.names("", "ServiceAccount", namespace));
    }
}

#[cfg(test)]
mod tests {
    use crate::testing::findings;

    #[test]
    fn an_account_must_exist() {
        insta::assert_snapshot!(findings("service-account", "
apiVersion: apps/v1
kind: Deployment
metadata: {name: web, namespace: shop}
spec: {template: {spec: {containers: [], serviceAccountName: wbe}}}
---
apiVersion: batch/v1
kind: CronJob
metadata: {name: night, namespace: shop}
spec: {jobTemplate: {spec: {template: {spec: {containers: [], serviceAccountName: web}}}}}
---
apiVersion: v1
kind: ServiceAccount
metadata: {name: web, namespace: shop}
"), @r"
        error: `Deployment shop/web` uses a ServiceAccount that does not exist: `wbe`: 1.yaml at spec.template.spec.serviceAccountName
          hint: did you mean `web`?
        ");
    }
}
