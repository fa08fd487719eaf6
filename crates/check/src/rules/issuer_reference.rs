//! Certificates refer to an issuer that exists.

use crate::facts::{Entry, title};
use crate::index::Index;
use crate::pod::text;
use crate::report::{Field, Report};
use crate::rule::{Level, Rule};

pub(crate) const RULE: Rule = Rule {
    name: "issuer-reference",
    summary: "a certificate refers to an unknown issuer",
    level: Level::Error,
    page: include_str!("issuer_reference.md"),
    check: issuer_reference,
};

fn issuer_reference(index: &Index<'_>, report: &mut Report) {
    for entry in index.of_kind("cert-manager.io", "Certificate") {
        let Some(reference) = entry.object.at(&["spec", "issuerRef"]) else { continue };
        // Issuers of another group belong to a different controller.
        if matches!(text(reference, "group"), "" | "cert-manager.io") {
            let kind = Some(text(reference, "kind")).filter(|kind| !kind.is_empty()).unwrap_or("Issuer");
            let field = (reference, ["name"]).into();
            check_issuer(index, report, &entry, (kind, text(reference, "name")), field);
        }
    }
    for (group, kind) in [("networking.k8s.io", "Ingress"), ("gateway.networking.k8s.io", "Gateway")] {
        for entry in index.of_kind(group, kind) {
            if entry
                .object
                .annotation("cert-manager.io/issuer-group")
                .is_some_and(|group| group != "cert-manager.io")
            {
                continue;
            }
            for (annotation, kind) in
                [("cert-manager.io/cluster-issuer", "ClusterIssuer"), ("cert-manager.io/issuer", "Issuer")]
            {
                if let Some(name) = entry.object.annotation(annotation) {
                    let field = ["metadata", "annotations", annotation].into();
                    check_issuer(index, report, &entry, (kind, name), field);
                }
            }
        }
    }
}

fn check_issuer(
    index: &Index<'_>,
    report: &mut Report,
    entry: &Entry<'_>,
    (kind, name): (&str, &str),
    field: Field<'_>,
) {
    let namespace = if kind == "Issuer" { entry.namespace } else { "" };
    let mut known: Vec<&str> = index.names("cert-manager.io", kind, namespace);
    if kind == "ClusterIssuer" {
        if index.cluster().cluster_issuers.is_empty() {
            return;
        }
        known.extend(index.cluster().cluster_issuers.iter().map(String::as_str));
    }
    if !known.contains(&name) && !index.is_outside(namespace) {
        let issuer = title(kind, namespace, name);
        let message = format!("{} refers to an issuer that does not exist: {issuer}", entry.title());
        report.error(entry, field, message).did_you_mean(name, known);
    }
}

#[cfg(test)]
mod tests {
    use crate::testing::findings;

    #[test]
    fn an_issuer_must_exist() {
        insta::assert_snapshot!(findings("issuer-reference", "
apiVersion: cert-manager.io/v1
kind: Certificate
metadata: {name: web, namespace: shop}
spec: {secretName: web, issuerRef: {name: own}}
---
apiVersion: cert-manager.io/v1
kind: Certificate
metadata: {name: other, namespace: bank}
spec: {secretName: web, issuerRef: {name: own}}
---
apiVersion: cert-manager.io/v1
kind: Issuer
metadata: {name: own, namespace: shop}
---
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: {name: web, namespace: shop, annotations: {cert-manager.io/cluster-issuer: letsencript}}
"), @r"
        error: `Certificate bank/other` refers to an issuer that does not exist: `Issuer bank/own`: 2.yaml at spec.issuerRef.name
        error: `Ingress shop/web` refers to an issuer that does not exist: `ClusterIssuer letsencript`: 4.yaml at metadata.annotations[cert-manager.io/cluster-issuer]
          hint: did you mean `letsencrypt`?
        ");
    }
}
