//! Something creates the TLS Secret of an Ingress.

use aqueduct_manifest::Value;

use crate::index::Index;
use crate::pod::{list_at, text};
use crate::produced::Keys;
use crate::report::Report;
use crate::rule::{Level, Rule};

pub(crate) const RULE: Rule = Rule {
    name: "ingress-tls",
    summary: "nothing creates the TLS Secret of an Ingress",
    level: Level::Error,
    page: include_str!("ingress_tls.md"),
    check: ingress_tls,
};

fn ingress_tls(index: &Index<'_>, report: &mut Report) {
    let secrets = index.secrets();
    for entry in index.of_kind("networking.k8s.io", "Ingress") {
        let namespace = entry.namespace;
        if index.is_outside(namespace) || index.may_create(&entry, "secrets") {
            continue;
        }
        let spec = entry.object.map.get("spec").unwrap_or(&Value::Null);
        let named = list_at(spec, "tls").iter().map(|tls| (tls, text(tls, "secretName")));
        for (tls, name) in named.filter(|(_, name)| !name.is_empty()) {
            match secrets.get(namespace, name) {
                None => {
                    report
                        .error(
                            &entry,
                            (tls, ["secretName"]),
                            format!("{} has a TLS Secret that nothing creates: `{name}`", entry.title()),
                        )
                        .hint("annotate it with `cert-manager.io/cluster-issuer`, or add a Certificate")
                        .did_you_mean(name, secrets.names(namespace));
                }
                Some(Keys::Known(keys)) if !keys.contains("tls.crt") || !keys.contains("tls.key") => {
                    let message = format!(
                        "{} has a TLS Secret without `tls.crt` and `tls.key`: `{name}`",
                        entry.title()
                    );
                    report.error(&entry, (tls, ["secretName"]), message);
                }
                Some(_) => {}
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::testing::findings;

    #[test]
    fn a_certificate_must_be_made() {
        insta::assert_snapshot!(findings("ingress-tls", "
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: {name: web, namespace: shop}
spec: {tls: [{secretName: nobody}, {secretName: certificate}, {secretName: wrong}]}
---
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: {name: annotated, namespace: shop, annotations: {cert-manager.io/cluster-issuer: letsencrypt}}
spec: {tls: [{secretName: annotated-tls}]}
---
apiVersion: cert-manager.io/v1
kind: Certificate
metadata: {name: web, namespace: shop}
spec: {secretName: certificate}
---
apiVersion: v1
kind: Secret
metadata: {name: wrong, namespace: shop}
"), @r"
        error: `Ingress shop/web` has a TLS Secret that nothing creates: `nobody`: 1.yaml at spec.tls[0].secretName
          hint: annotate it with `cert-manager.io/cluster-issuer`, or add a Certificate
        error: `Ingress shop/web` has a TLS Secret without `tls.crt` and `tls.key`: `wrong`: 1.yaml at spec.tls[2].secretName
        ");
    }
}
