//! Pods mount volume claims that exist.
//!
//! A StatefulSet's claim template replaces a volume with the same name.

use std::collections::BTreeSet;

use aqueduct_manifest::Value;

use crate::index::Index;
use crate::pod::{list_at, text};
use crate::report::Report;
use crate::rule::{Level, Rule};

pub(crate) const RULE: Rule = Rule {
    name: "claim-reference",
    summary: "a pod mounts a claim that does not exist",
    level: Level::Error,
    page: include_str!("claim_reference.md"),
    check: claim_reference,
};

fn claim_reference(index: &Index<'_>, report: &mut Report) {
    // The claims of StatefulSets by namespace, without the number at the end.
    let templates: BTreeSet<(&str, String)> = index
        .of_kind("apps", "StatefulSet")
        .flat_map(|set| {
            let spec = set.object.map.get("spec").unwrap_or(&Value::Null);
            let (namespace, set_name) = (set.namespace, set.name);
            list_at(spec, "volumeClaimTemplates").iter().filter_map(move |template| {
                let name = template.at(&["metadata", "name"])?.as_str()?;
                Some((namespace, format!("{name}-{set_name}")))
            })
        })
        .collect();
    for pod in index.pods() {
        let namespace = pod.namespace();
        if index.is_open(&pod.entry) {
            continue;
        }
        let own =
            pod.entry.object.map.get("spec").map_or(&[][..], |spec| list_at(spec, "volumeClaimTemplates"));
        let is_shadowed = |volume: &Value| {
            let name = Some(text(volume, "name"));
            own.iter().any(|template| template.at(&["metadata", "name"]).and_then(Value::as_str) == name)
        };
        for volume in pod.volumes().iter().filter(|volume| !is_shadowed(volume)) {
            let Some(claim) = volume.at(&["persistentVolumeClaim", "claimName"]).and_then(Value::as_str)
            else {
                continue;
            };
            let is_of_set = claim.rsplit_once('-').is_some_and(|(name, number)| {
                number.bytes().all(|byte| byte.is_ascii_digit())
                    && templates.contains(&(namespace, name.to_owned()))
            });
            if is_of_set || index.get("", "PersistentVolumeClaim", namespace, claim).is_some() {
                continue;
            }
            let title = pod.entry.title();
            report
                .error(
                    &pod.entry,
                    (volume, ["persistentVolumeClaim", "claimName"]),
                    format!("{title} mounts a claim that does not exist: `{claim}`"),
                )
                .did_you_mean(claim, index.names("", "PersistentVolumeClaim", namespace));
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::testing::findings;

    #[test]
    fn a_claim_must_exist() {
        insta::assert_snapshot!(findings("claim-reference", "
apiVersion: apps/v1
kind: Deployment
metadata: {name: web, namespace: shop}
spec:
  template:
    spec:
      containers: []
      volumes:
      - {name: a, persistentVolumeClaim: {claimName: dta}}
      - {name: b, persistentVolumeClaim: {claimName: data}}
      - {name: c, persistentVolumeClaim: {claimName: data-database-0}}
---
apiVersion: v1
kind: PersistentVolumeClaim
metadata: {name: data, namespace: shop}
---
apiVersion: apps/v1
kind: StatefulSet
metadata: {name: database, namespace: shop}
spec:
  volumeClaimTemplates: [{metadata: {name: data}}]
  template:
    spec:
      containers: []
      volumes:
      - {name: data, persistentVolumeClaim: {claimName: shadowed}}
"), @r"
        error: `Deployment shop/web` mounts a claim that does not exist: `dta`: 1.yaml at spec.template.spec.volumes[0].persistentVolumeClaim.claimName
          hint: did you mean `data`?
        ");
    }
}
