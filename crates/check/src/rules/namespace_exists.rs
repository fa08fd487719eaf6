//! Every object is in a namespace that exists.

use crate::index::Index;
use crate::report::Report;
use crate::rule::{Level, Rule};

pub(crate) const RULE: Rule = Rule {
    name: "namespace-exists",
    summary: "an object is in a namespace that does not exist",
    level: Level::Error,
    page: include_str!("namespace_exists.md"),
    check: namespace_exists,
};

fn namespace_exists(index: &Index<'_>, report: &mut Report) {
    for entry in index.entries() {
        let namespace = entry.namespace;
        if namespace.is_empty()
            || index.is_outside(namespace)
            || index.owner(namespace).is_some()
            || index.get("", "Namespace", "", namespace).is_some()
        {
            continue;
        }
        report
            .error(
                entry,
                ["metadata", "namespace"],
                format!("{} is in a namespace that does not exist: `{namespace}`", entry.title()),
            )
            .did_you_mean(namespace, index.names("", "Namespace", ""));
    }
}

#[cfg(test)]
mod tests {
    use crate::testing::findings;

    #[test]
    fn the_namespace_must_exist() {
        insta::assert_snapshot!(findings("namespace-exists", "
apiVersion: v1
kind: ConfigMap
metadata: {name: a, namespace: monitorin}
---
apiVersion: v1
kind: Namespace
metadata: {name: monitoring}
---
apiVersion: v1
kind: ConfigMap
metadata: {name: b, namespace: monitoring}
---
apiVersion: v1
kind: ConfigMap
metadata: {name: c, namespace: kube-system}
"), @r"
        error: `ConfigMap monitorin/a` is in a namespace that does not exist: `monitorin`: 1.yaml at metadata.namespace
          hint: did you mean `monitoring`?
        ");
    }
}
