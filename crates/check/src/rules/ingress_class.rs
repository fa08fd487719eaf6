//! An Ingress has a class that the cluster knows.

use crate::index::Index;
use crate::report::Report;
use crate::rule::{Level, Rule};

pub(crate) const RULE: Rule = Rule {
    name: "ingress-class",
    summary: "an Ingress has an unknown class",
    level: Level::Error,
    page: include_str!("ingress_class.md"),
    check: ingress_class,
};

/// The annotation for the class, from before the field existed.
const ANNOTATION: &str = "kubernetes.io/ingress.class";

fn ingress_class(index: &Index<'_>, report: &mut Report) {
    let listed = &index.cluster().ingress_classes;
    if listed.is_empty() {
        return;
    }
    for entry in index.of_kind("networking.k8s.io", "Ingress") {
        let fields = [&["spec", "ingressClassName"][..], &["metadata", "annotations", ANNOTATION]];
        let found = fields.iter().find_map(|field| entry.object.at(field));
        let Some((field, class)) = found.and_then(|class| Some((class, class.as_str()?))) else { continue };
        let rendered = index.names("networking.k8s.io", "IngressClass", "");
        if listed.contains(class) || rendered.contains(&class) {
            continue;
        }
        let message = format!("{} has a class that the cluster does not have: `{class}`", entry.title());
        report
            .error(&entry, field, message)
            .did_you_mean(class, listed.iter().map(String::as_str).chain(rendered));
    }
}

#[cfg(test)]
mod tests {
    use crate::testing::findings;

    #[test]
    fn a_class_must_be_known() {
        insta::assert_snapshot!(findings("ingress-class", "
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: {name: web, namespace: shop}
spec: {ingressClassName: ngnix}
---
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: {name: inside, namespace: shop, annotations: {kubernetes.io/ingress.class: internal}}
spec: {}
---
apiVersion: networking.k8s.io/v1
kind: IngressClass
metadata: {name: internal}
"), @r"
        error: `Ingress shop/web` has a class that the cluster does not have: `ngnix`: 1.yaml at spec.ingressClassName
          hint: did you mean `nginx`?
        ");
    }
}
