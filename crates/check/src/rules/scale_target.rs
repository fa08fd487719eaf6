//! An autoscaler scales something that exists.

use crate::facts::title;
use crate::index::Index;
use crate::pod::text;
use crate::report::Report;
use crate::rule::{Level, Rule};

pub(crate) const RULE: Rule = Rule {
    name: "scale-target",
    summary: "an autoscaler has a target that does not exist",
    level: Level::Error,
    page: include_str!("scale_target.md"),
    check: scale_target,
};

/// The kinds that scale, the field with their target, and the kind of a target without one.
const SCALERS: &[(&str, &str, &str, &str, &str)] = &[
    ("autoscaling", "HorizontalPodAutoscaler", "scaleTargetRef", "", ""),
    ("autoscaling.k8s.io", "VerticalPodAutoscaler", "targetRef", "", ""),
    ("keda.sh", "ScaledObject", "scaleTargetRef", "apps/v1", "Deployment"),
];

fn scale_target(index: &Index<'_>, report: &mut Report) {
    for (group, kind, field, default_version, default_kind) in SCALERS {
        for entry in index.of_kind(group, kind) {
            let Some(reference) = entry.object.at(&["spec", field]) else { continue };
            let or = |written: &'static str, default: &'static str| {
                Some(text(reference, written)).filter(|text| !text.is_empty()).unwrap_or(default).to_owned()
            };
            let (api_version, target_kind) = (or("apiVersion", default_version), or("kind", default_kind));
            let name = text(reference, "name");
            let target_group = api_version.rsplit_once('/').map_or("", |(group, _)| group);
            let namespace = entry.namespace;
            if index.is_outside(namespace) || index.get(target_group, &target_kind, namespace, name).is_some()
            {
                continue;
            }
            let target = title(&target_kind, namespace, name);
            report
                .error(
                    &entry,
                    (reference, ["name"]),
                    format!("{} has a target that does not exist: {target}", entry.title()),
                )
                .did_you_mean(name, index.names(target_group, &target_kind, namespace));
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::testing::findings;

    #[test]
    fn a_target_must_exist() {
        insta::assert_snapshot!(findings("scale-target", "
apiVersion: autoscaling/v2
kind: HorizontalPodAutoscaler
metadata: {name: web, namespace: shop}
spec: {scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: wbe}}
---
apiVersion: keda.sh/v1alpha1
kind: ScaledObject
metadata: {name: web, namespace: shop}
spec: {scaleTargetRef: {name: web}}
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: web, namespace: shop}
"), @r"
        error: `HorizontalPodAutoscaler shop/web` has a target that does not exist: `Deployment shop/wbe`: 1.yaml at spec.scaleTargetRef.name
          hint: did you mean `web`?
        ");
    }
}
