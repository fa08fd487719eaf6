//! Bindings of a tenant grant no rights to accounts of another.

use aqueduct_manifest::Value;

use crate::facts::{Entry, title};
use crate::index::Index;
use crate::pod::text;
use crate::report::Report;
use crate::rule::{Level, Rule};

pub(crate) const RULE: Rule = Rule {
    name: "tenant-rbac",
    summary: "a binding grants rights to accounts of another tenant",
    level: Level::Error,
    page: include_str!("tenant_rbac.md"),
    check: tenant_rbac,
};

const GROUP: &str = "rbac.authorization.k8s.io";

/// Groups and users that include accounts of all tenants, or anonymous people.
/// Source: <https://kubernetes.io/docs/reference/access-authn-authz/rbac/#default-roles-and-role-bindings>.
const EVERYBODY: &[(&str, &str)] = &[
    ("Group", "system:authenticated"),
    ("Group", "system:serviceaccounts"),
    ("Group", "system:unauthenticated"),
    ("User", "system:anonymous"),
];

fn tenant_rbac(index: &Index<'_>, report: &mut Report) {
    for kind in ["RoleBinding", "ClusterRoleBinding"] {
        for entry in index.of_kind(GROUP, kind) {
            if index.tenant(entry.tenant).is_none_or(|tenant| tenant.system) {
                continue;
            }
            let subjects = entry.object.map.get("subjects").and_then(Value::as_list);
            for subject in subjects.into_iter().flatten() {
                check_subject(index, report, &entry, subject);
            }
        }
    }
}

fn check_subject(index: &Index<'_>, report: &mut Report, entry: &Entry<'_>, subject: &Value) {
    let (kind, name) = (text(subject, "kind"), text(subject, "name"));
    let (whose, account) = match namespace_of(entry, subject) {
        Some(namespace) => {
            let Some(owner) = index.stranger(entry.tenant, namespace) else { return };
            let of = if kind == "ServiceAccount" { namespace } else { "" };
            (format!("tenant `{owner}`"), title(kind, of, name))
        }
        None if EVERYBODY.contains(&(kind, name)) => ("every tenant".to_owned(), title(kind, "", name)),
        None => return,
    };
    report
        .error(entry, subject, format!("{} grants rights to accounts of {whose}: {account}", entry.title()))
        .hint("bind one of the tenant's own accounts, or move a program that serves several tenants to a system tenant");
}

/// Returns the namespace of the ServiceAccounts that a subject covers, if they are all in one.
fn namespace_of<'a>(entry: &Entry<'a>, subject: &'a Value) -> Option<&'a str> {
    let name = text(subject, "name");
    match text(subject, "kind") {
        "ServiceAccount" => {
            Some(text(subject, "namespace")).filter(|name| !name.is_empty()).or(Some(entry.namespace))
        }
        "User" => Some(name.strip_prefix("system:serviceaccount:")?.split_once(':')?.0),
        "Group" => name.strip_prefix("system:serviceaccounts:"),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use crate::testing::findings;

    /// Returns the findings for a binding of the tenant `shop` to a subject.
    fn check(kind: &str, subject: &str) -> String {
        let namespace = if kind == "RoleBinding" { ", namespace: shop" } else { "" };
        findings(
            "tenant-rbac",
            &format!(
                "apiVersion: rbac.authorization.k8s.io/v1\nkind: {kind}\nmetadata: {{name: web{namespace}, labels: {{tenant: shop}}}}\n\
                 roleRef: {{kind: ClusterRole, name: edit}}\nsubjects: [{subject}]\n"
            ),
        )
    }

    #[test]
    fn accounts_of_another_tenant() {
        insta::assert_snapshot!(check("RoleBinding", "{kind: ServiceAccount, name: ledger, namespace: bank}"), @r"
        error: `RoleBinding shop/web` grants rights to accounts of tenant `bank`: `ServiceAccount bank/ledger`: 1.yaml at subjects[0]
          hint: bind one of the tenant's own accounts, or move a program that serves several tenants to a system tenant
        ");
        insta::assert_snapshot!(check("ClusterRoleBinding", "{kind: User, name: 'system:serviceaccount:bank:ledger'}"), @r"
        error: `ClusterRoleBinding web` grants rights to accounts of tenant `bank`: `User system:serviceaccount:bank:ledger`: 1.yaml at subjects[0]
          hint: bind one of the tenant's own accounts, or move a program that serves several tenants to a system tenant
        ");
        insta::assert_snapshot!(check("RoleBinding", "{kind: Group, name: 'system:serviceaccounts:bank'}"), @r"
        error: `RoleBinding shop/web` grants rights to accounts of tenant `bank`: `Group system:serviceaccounts:bank`: 1.yaml at subjects[0]
          hint: bind one of the tenant's own accounts, or move a program that serves several tenants to a system tenant
        ");
        insta::assert_snapshot!(check("RoleBinding", "{kind: Group, name: 'system:serviceaccounts'}"), @r"
        error: `RoleBinding shop/web` grants rights to accounts of every tenant: `Group system:serviceaccounts`: 1.yaml at subjects[0]
          hint: bind one of the tenant's own accounts, or move a program that serves several tenants to a system tenant
        ");
    }

    #[test]
    fn own_accounts_people_and_those_that_serve_all() {
        for subject in [
            "{kind: ServiceAccount, name: web}",
            "{kind: ServiceAccount, name: web, namespace: shop}",
            "{kind: ServiceAccount, name: scraper, namespace: platform}",
            "{kind: ServiceAccount, name: garbage, namespace: kube-system}",
            "{kind: Group, name: bank}",
            "{kind: Group, name: 'system:serviceaccounts:shop'}",
            "{kind: User, name: 'system:kube-scheduler'}",
            "{}",
        ] {
            assert_eq!(check("RoleBinding", subject), "", "{subject}");
        }
        insta::assert_snapshot!(findings("tenant-rbac", "
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata: {name: web, namespace: shop, labels: {tenant: platform}}
roleRef: {kind: ClusterRole, name: edit}
subjects: [{kind: ServiceAccount, name: ledger, namespace: bank}]
"), @"");
    }
}
