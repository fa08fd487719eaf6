//! Names follow the rules of their kind.
//!
//! Most names are DNS subdomains (253 characters: lower-case letters, digits, `-` and `.`). Those of Services
//! and Namespaces are DNS labels (63 characters, no dots), and a Service must not start with a digit. Roles
//! and bindings take almost anything. Source:
//! <https://kubernetes.io/docs/concepts/overview/working-with-objects/names/>.

use aqueduct_manifest::{is_dns_label, is_dns_subdomain};

use crate::facts::Entry;
use crate::index::Index;
use crate::report::Report;
use crate::rule::{Level, Rule};

pub(crate) const RULE: Rule = Rule {
    name: "object-name",
    summary: "a name breaks the rules of its kind",
    level: Level::Error,
    page: include_str!("object_name.md"),
    check: object_name,
};

fn object_name(index: &Index<'_>, report: &mut Report) {
    for entry in index.entries() {
        let is_hook = ["argocd.argoproj.io/hook", "helm.sh/hook"];
        let is_hook = is_hook.iter().any(|key| entry.object.annotation(key).is_some());
        // Argo CD generates the name of each run.
        let is_generated = entry.object.name().is_empty() && is_hook;
        let name = if is_generated { entry.name.trim_end_matches(['-', '.']) } else { entry.object.name() };
        if name.is_empty() {
            let generated = !entry.name.is_empty();
            let problem = if generated { "`generateName` instead of a name" } else { "no name" };
            let field = if generated { "generateName" } else { "name" };
            report.error(entry, ["metadata", field], format!("{} has {problem}", entry.title()));
        } else if let Some(problem) = problem(entry, name) {
            report.error(entry, ["metadata", "name"], format!("{} has a name that {problem}", entry.title()));
        }
    }
}

fn problem(entry: &Entry<'_>, name: &str) -> Option<String> {
    let (group, kind) = (entry.group, entry.kind);
    match (group, kind) {
        ("rbac.authorization.k8s.io", _) => {
            let is_segment = name != "." && name != ".." && !name.contains(['/', '%']);
            (!is_segment).then(|| "contains `/` or `%`".to_owned())
        }
        ("", "Service" | "Namespace") => {
            let first_digit = name.starts_with(|letter: char| letter.is_ascii_digit());
            if kind == "Service" && first_digit {
                return Some("starts with a digit".to_owned());
            }
            too_long(name, 63).or_else(|| not_dns(name, false))
        }
        // The name becomes a label value of its pods.
        ("batch", "Job") => too_long(name, 63).or_else(|| not_dns(name, true)),
        ("batch", "CronJob") => too_long(name, 52).or_else(|| not_dns(name, true)),
        // Pods of a StatefulSet have their revision in a label: the name and a hash.
        ("apps", "StatefulSet") => too_long(name, 52).or_else(|| not_dns(name, true)),
        _ => too_long(name, 253).or_else(|| not_dns(name, true)),
    }
}

fn too_long(name: &str, limit: usize) -> Option<String> {
    (name.len() > limit)
        .then(|| format!("has {} characters, {} more than fit", name.len(), name.len() - limit))
}

fn not_dns(name: &str, with_dots: bool) -> Option<String> {
    if is_dns_label(name) || with_dots && is_dns_subdomain(name) {
        return None;
    }
    let fits = |letter: char| letter.is_ascii_lowercase() || letter.is_ascii_digit() || letter == '-';
    let parts: Vec<&str> = if with_dots { name.split('.').collect() } else { vec![name] };
    if let Some(letter) = parts.iter().flat_map(|part| part.chars()).find(|letter| !fits(*letter)) {
        return Some(format!("contains {letter:?}; only lower-case letters, digits and `-` are allowed"));
    }
    let is_edged = parts.iter().any(|part| part.is_empty() || part.starts_with('-') || part.ends_with('-'));
    is_edged.then(|| "starts or ends with `-` or `.`".to_owned())
}

#[cfg(test)]
mod tests {
    use crate::testing::findings;

    #[test]
    fn names_follow_the_rules() {
        insta::assert_snapshot!(findings("object-name", "
apiVersion: v1
kind: ConfigMap
metadata: {name: Web_config, namespace: shop}
---
apiVersion: v1
kind: Service
metadata: {name: 1web, namespace: shop}
---
apiVersion: v1
kind: Service
metadata: {name: web.shop, namespace: shop}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: Role
metadata: {name: 'system:Reader', namespace: shop}
---
apiVersion: batch/v1
kind: CronJob
metadata: {name: a-name-that-leaves-no-room-for-the-eleven-characters-of-time, namespace: shop}
---
apiVersion: v1
kind: ConfigMap
metadata: {name: web-, namespace: shop}
---
apiVersion: v1
kind: ConfigMap
metadata: {generateName: web-, namespace: shop}
---
apiVersion: batch/v1
kind: Job
metadata: {generateName: web-, namespace: shop, annotations: {argocd.argoproj.io/hook: PreSync}}
"), @r"
        error: `ConfigMap shop/Web_config` has a name that contains 'W'; only lower-case letters, digits and `-` are allowed: 1.yaml at metadata.name
        error: `Service shop/1web` has a name that starts with a digit: 2.yaml at metadata.name
        error: `Service shop/web.shop` has a name that contains '.'; only lower-case letters, digits and `-` are allowed: 3.yaml at metadata.name
        error: `CronJob shop/a-name-that-leaves-no-room-for-the-eleven-characters-of-time` has a name that has 60 characters, 8 more than fit: 5.yaml at metadata.name
        error: `ConfigMap shop/web-` has a name that starts or ends with `-` or `.`: 6.yaml at metadata.name
        error: `ConfigMap shop/web-` has `generateName` instead of a name: 7.yaml at metadata.generateName
        ");
    }
}
