//! No two workloads of a namespace have the same selector.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry::{Occupied, Vacant};

use crate::index::Index;
use crate::label_selector::LabelSelector;
use crate::report::Report;
use crate::rule::{Level, Rule};

pub(crate) const RULE: Rule = Rule {
    name: "workload-selector",
    summary: "two workloads have the same selector",
    level: Level::Warning,
    page: include_str!("workload_selector.md"),
    check: workload_selector,
};

fn workload_selector(index: &Index<'_>, report: &mut Report) {
    let mut owners = BTreeMap::new();
    for pod in index.pods() {
        let entry = pod.entry;
        // The control plane generates the selectors of Jobs.
        if !matches!((entry.group, entry.kind), ("apps", _) | ("argoproj.io", "Rollout")) {
            continue;
        }
        let Some(selector) = entry.object.at(&["spec", "selector"]).map(LabelSelector::full) else {
            continue;
        };
        let selector = selector.sorted();
        if selector.is_empty() {
            continue;
        }
        let text = selector.text();
        match owners.entry((entry.namespace, selector)) {
            Vacant(place) => {
                place.insert(entry);
            }
            Occupied(first) if (first.get().kind, first.get().name) != (entry.kind, entry.name) => {
                let (title, other) = (entry.title(), first.get().title());
                report
                    .warning(
                        &entry,
                        ["spec", "selector"],
                        format!("{title} has the same selector as {other}: {text}"),
                    )
                    .hint("give each a label of its own, in its selector and on its pods")
                    .also(first.get(), ["spec", "selector"], "the other one");
            }
            Occupied(_) => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::testing::findings;

    #[test]
    fn each_workload_has_its_own_pods() {
        insta::assert_snapshot!(findings("workload-selector", "
apiVersion: apps/v1
kind: Deployment
metadata: {name: web, namespace: shop}
spec: {selector: {matchLabels: {app: web, tier: a}}, template: {spec: {containers: []}}}
---
apiVersion: apps/v1
kind: StatefulSet
metadata: {name: web2, namespace: shop}
spec: {selector: {matchLabels: {tier: a, app: web}}, template: {spec: {containers: []}}}
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: web, namespace: bank}
spec: {selector: {matchLabels: {app: web, tier: a}}, template: {spec: {containers: []}}}
---
apiVersion: apps/v1
kind: DaemonSet
metadata: {name: other, namespace: shop}
spec: {selector: {matchLabels: {app: web}}, template: {spec: {containers: []}}}
---
apiVersion: batch/v1
kind: Job
metadata: {name: one, namespace: shop}
spec: {template: {spec: {containers: []}}}
---
apiVersion: batch/v1
kind: Job
metadata: {name: two, namespace: shop}
spec: {template: {spec: {containers: []}}}
"), @r"
        warning: `StatefulSet shop/web2` has the same selector as `Deployment shop/web`: app=web,tier=a: 2.yaml at spec.selector
          hint: give each a label of its own, in its selector and on its pods
        ");
    }
}
