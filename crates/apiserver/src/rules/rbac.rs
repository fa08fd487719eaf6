//! Roles and role bindings.

use crate::field::Field;
use crate::names;
use crate::report::Report;
use crate::rules::selector;

const GROUP: &str = "rbac.authorization.k8s.io";

pub(crate) fn role(root: &Field<'_>, report: &mut Report) {
    for rule in root.get("rules").items() {
        self::rule(&rule, report);
        let urls = rule.get("nonResourceURLs");
        if !urls.is_empty() {
            report.invalid(&urls, "namespaced rules cannot apply to non-resource URLs");
        }
    }
}

pub(crate) fn cluster_role(root: &Field<'_>, report: &mut Report) {
    for rule in root.get("rules").items() {
        self::rule(&rule, report);
    }
    let aggregation = root.get("aggregationRule");
    if !aggregation.is_set() {
        return;
    }
    let selectors = aggregation.get("clusterRoleSelectors");
    if selectors.is_empty() {
        report
            .required(&selectors, "at least one clusterRoleSelector required if aggregationRule is non-nil");
    }
    for wanted in selectors.items() {
        selector::labels(&wanted, report);
        if !selector::is_usable(&wanted) {
            report.invalid(&wanted, "invalid label selector.");
        }
    }
}

fn rule(rule: &Field<'_>, report: &mut Report) {
    let (verbs, groups, resources, urls) =
        (rule.get("verbs"), rule.get("apiGroups"), rule.get("resources"), rule.get("nonResourceURLs"));
    report.needs(&verbs);
    if !urls.is_empty() {
        if !groups.is_empty() || !resources.is_empty() || !rule.get("resourceNames").is_empty() {
            report.invalid(&urls, "rules cannot apply to both regular resources and non-resource URLs");
        }
        return;
    }
    if groups.is_empty() {
        report.required(&groups, "resource rules must supply at least one api group");
    }
    if resources.is_empty() {
        report.required(&resources, "resource rules must supply at least one resource");
    }
}

pub(crate) fn role_binding(root: &Field<'_>, report: &mut Report) {
    binding(root, &["Role", "ClusterRole"], report);
}

pub(crate) fn cluster_role_binding(root: &Field<'_>, report: &mut Report) {
    binding(root, &["ClusterRole"], report);
}

fn binding(root: &Field<'_>, kinds: &[&str], report: &mut Report) {
    let role = root.get("roleRef");
    report.default_or_one_of(&role.get("apiGroup"), &[GROUP]);
    report.one_of(&role.get("kind"), kinds);
    report.needs_format(&role.get("name"), names::path_segment);
    let is_cluster_wide = kinds.len() == 1;
    for subject in root.get("subjects").items() {
        let (name, kind, group) = (subject.get("name"), subject.get("kind"), subject.get("apiGroup"));
        report.needs(&name);
        match kind.text() {
            "ServiceAccount" => {
                report.optional_format(&name, names::subdomain);
                if !group.is_empty() {
                    report.unsupported(&group, &[""]);
                }
                if is_cluster_wide {
                    report.needs(&subject.get("namespace"));
                }
            }
            "User" | "Group" => report.default_or_one_of(&group, &[GROUP]),
            _ => report.unsupported(&kind, &["ServiceAccount", "User", "Group"]),
        }
    }
}
