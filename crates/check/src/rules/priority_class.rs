//! Pods have a priority class that the cluster knows.

use crate::index::Index;
use crate::pod::text;
use crate::report::Report;
use crate::rule::{Level, Rule};

pub(crate) const RULE: Rule = Rule {
    name: "priority-class",
    summary: "a pod has an unknown priority class",
    level: Level::Error,
    page: include_str!("priority_class.md"),
    check: priority_class,
};

const OF_KUBERNETES: [&str; 2] = ["system-cluster-critical", "system-node-critical"];

fn priority_class(index: &Index<'_>, report: &mut Report) {
    let listed = &index.cluster().priority_classes;
    if listed.is_empty() {
        return;
    }
    for pod in index.pods() {
        let class = text(pod.spec, "priorityClassName");
        if class.is_empty()
            || OF_KUBERNETES.contains(&class)
            || listed.contains(class)
            || index.get("scheduling.k8s.io", "PriorityClass", "", class).is_some()
        {
            continue;
        }
        let known =
            listed.iter().map(String::as_str).chain(index.names("scheduling.k8s.io", "PriorityClass", ""));
        let title = pod.entry.title();
        report
            .error(
                &pod.entry,
                (pod.spec, ["priorityClassName"]),
                format!("{title} has a priority class that the cluster does not have: `{class}`"),
            )
            .did_you_mean(class, known);
    }
}

#[cfg(test)]
mod tests {
    use crate::testing::findings;

    #[test]
    fn a_class_must_be_known() {
        insta::assert_snapshot!(findings("priority-class", "
apiVersion: v1
kind: Pod
metadata: {name: a, namespace: shop}
spec: {containers: [], priorityClassName: importent}
---
apiVersion: v1
kind: Pod
metadata: {name: b, namespace: shop}
spec: {containers: [], priorityClassName: system-node-critical}
"), @r"
        error: `Pod shop/a` has a priority class that the cluster does not have: `importent`: 1.yaml at spec.priorityClassName
          hint: did you mean `important`?
        ");
    }
}
