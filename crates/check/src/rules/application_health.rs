//! Argo CD assesses the health of Applications. Otherwise their waves do not wait.

use aqueduct_manifest::Value;

use crate::index::Index;
use crate::report::Report;
use crate::rule::{Level, Rule};

pub(crate) const RULE: Rule = Rule {
    name: "application-health",
    summary: "Argo CD does not assess the health of Applications",
    level: Level::Warning,
    page: include_str!("application_health.md"),
    check: application_health,
};

/// The setting of one kind, and the older setting for all kinds.
const OF_KIND: &str = "resource.customizations.health.argoproj.io_Application";
const OF_ALL: &str = "resource.customizations";

fn application_health(index: &Index<'_>, report: &mut Report) {
    if index.of_kind("argoproj.io", "Application").next().is_none() {
        return;
    }
    for entry in index.of_kind("", "ConfigMap").filter(|entry| entry.name == "argocd-cm") {
        let text = |key: &str| entry.object.at(&["data", key]).and_then(Value::as_str);
        let is_assessed = text(OF_KIND).is_some()
            || text(OF_ALL).is_some_and(|all| all.contains("argoproj.io/Application"));
        if !is_assessed {
            let message = format!(
                "{} does not assess the health of Applications, so no wave waits for the previous one",
                entry.title()
            );
            report.warning(&entry, ["data", OF_KIND], message).hint(format!("set `{OF_KIND}`"));
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::testing::findings;

    const APPLICATION: &str = "
apiVersion: argoproj.io/v1alpha1
kind: Application
metadata: {name: web, namespace: argocd}
---
";

    #[test]
    fn waves_that_do_not_wait() {
        let settings = "
apiVersion: v1
kind: ConfigMap
metadata: {name: argocd-cm, namespace: argocd}
data: {}
---
apiVersion: v1
kind: ConfigMap
metadata: {name: argocd-cm, namespace: one}
data: {resource.customizations.health.argoproj.io_Application: 'hs = {}'}
---
apiVersion: v1
kind: ConfigMap
metadata: {name: argocd-cm, namespace: older}
data: {resource.customizations: 'argoproj.io/Application: {health.lua: hs = {}}'}
";
        insta::assert_snapshot!(findings("application-health", &format!("{APPLICATION}{settings}")), @r"
        warning: `ConfigMap argocd/argocd-cm` does not assess the health of Applications, so no wave waits for the previous one: 2.yaml at data[resource.customizations.health.argoproj.io_Application]
          hint: set `resource.customizations.health.argoproj.io_Application`
        ");
        assert_eq!(findings("application-health", settings), "");
    }
}
