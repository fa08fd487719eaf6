//! Bindings refer to roles and accounts that exist.

use aqueduct_manifest::Value;

use crate::facts::{Entry, title};
use crate::index::Index;
use crate::pod::text;
use crate::report::Report;
use crate::rule::{Level, Rule};

pub(crate) const RULE: Rule = Rule {
    name: "role-reference",
    summary: "a binding refers to an unknown role or account",
    level: Level::Error,
    page: include_str!("role_reference.md"),
    check: role_reference,
};

const GROUP: &str = "rbac.authorization.k8s.io";

fn role_reference(index: &Index<'_>, report: &mut Report) {
    for kind in ["RoleBinding", "ClusterRoleBinding"] {
        for entry in index.of_kind(GROUP, kind) {
            check_role(index, report, &entry);
            check_subjects(index, report, &entry);
        }
    }
}

fn check_role(index: &Index<'_>, report: &mut Report, entry: &Entry<'_>) {
    let Some(reference) = entry.object.map.get("roleRef") else { return };
    let (kind, name) = (text(reference, "kind"), text(reference, "name"));
    let namespace = if kind == "Role" { entry.namespace } else { "" };
    let is_builtin =
        matches!(name, "view" | "edit" | "admin" | "cluster-admin") || name.starts_with("system:");
    if (kind == "ClusterRole" && is_builtin)
        || index.is_outside(namespace)
        || index.get(GROUP, kind, namespace, name).is_some()
    {
        return;
    }
    let role = title(kind, namespace, name);
    report
        .error(
            entry,
            (reference, ["name"]),
            format!("{} refers to a role that does not exist: {role}", entry.title()),
        )
        .did_you_mean(name, index.names(GROUP, kind, namespace));
}

fn check_subjects(index: &Index<'_>, report: &mut Report, entry: &Entry<'_>) {
    let subjects = entry.object.map.get("subjects").and_then(Value::as_list);
    for subject in subjects.into_iter().flatten() {
        let (kind, name, namespace) =
            (text(subject, "kind"), text(subject, "name"), text(subject, "namespace"));
        let namespace = if namespace.is_empty() { entry.namespace } else { namespace };
        if kind != "ServiceAccount"
            || name == "default"
            || index.is_open(entry)
            || index.is_outside(namespace)
            || index.get("", kind, namespace, name).is_some()
        {
            continue;
        }
        let account = title(kind, namespace, name);
        report
            .error(
                entry,
                (subject, ["name"]),
                format!("{} refers to an account that does not exist: {account}", entry.title()),
            )
            .did_you_mean(name, index.names("", kind, namespace));
    }
}

#[cfg(test)]
mod tests {
    use crate::testing::findings;

    #[test]
    fn roles_and_accounts_must_exist() {
        insta::assert_snapshot!(findings("role-reference", "
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata: {name: web, namespace: shop}
roleRef: {kind: Role, name: reeder}
subjects: [{kind: ServiceAccount, name: web}, {kind: Group, name: team}, {kind: ServiceAccount, name: x, namespace: kube-system}]
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRoleBinding
metadata: {name: web}
roleRef: {kind: ClusterRole, name: view}
subjects: [{kind: ServiceAccount, name: shop, namespace: bank}]
---
apiVersion: rbac.authorization.k8s.io/v1
kind: Role
metadata: {name: reader, namespace: shop}
---
apiVersion: v1
kind: ServiceAccount
metadata: {name: web, namespace: shop}
"), @r"
        error: `RoleBinding shop/web` refers to a role that does not exist: `Role shop/reeder`: 1.yaml at roleRef.name
          hint: did you mean `reader`?
        error: `ClusterRoleBinding web` refers to an account that does not exist: `ServiceAccount bank/shop`: 2.yaml at subjects[0].name
        ");
    }
}
