//! Permissions of components in the Kubernetes API.

use aqueduct_manifest::Object;
use aqueduct_render::{Context, Error, object};
use k8s_openapi::api::rbac::v1::{
    ClusterRole, ClusterRoleBinding, PolicyRule, Role, RoleBinding, RoleRef, Subject,
};
use schemars::JsonSchema;
use serde::Deserialize;

/// What the component may do with the Kubernetes API.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Permissions {
    /// Rules within the namespace.
    #[serde(default)]
    pub rules: Vec<Permission>,
    /// Rules for the whole cluster.
    #[serde(default)]
    pub cluster_rules: Vec<Permission>,
}

/// One permission.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Permission {
    /// The API groups (default: the core group).
    #[serde(default)]
    pub groups: Vec<String>,
    /// The resources, such as `pods`.
    #[serde(default)]
    pub resources: Vec<String>,
    /// The object names (default: all objects).
    #[serde(default)]
    pub names: Vec<String>,
    /// The URL paths, for rules that are not about resources.
    #[serde(default)]
    pub paths: Vec<String>,
    /// The verbs, such as `get`.
    pub verbs: Vec<String>,
}

/// Returns the roles for some permissions, bound to a ServiceAccount.
///
/// # Errors
/// Returns an error for a struct that cannot be written as a manifest.
pub(crate) fn roles(
    context: &Context<'_>,
    name: &str,
    permissions: &Permissions,
) -> Result<Vec<Object>, Error> {
    let subject = Subject {
        kind: "ServiceAccount".to_owned(),
        name: name.to_owned(),
        namespace: Some(context.namespace().to_owned()),
        ..Default::default()
    };
    let role_ref = |kind: &str, name: &str| RoleRef {
        api_group: "rbac.authorization.k8s.io".to_owned(),
        kind: kind.to_owned(),
        name: name.to_owned(),
    };
    let mut objects = Vec::new();
    if !permissions.rules.is_empty() {
        objects.push(object(&Role {
            metadata: context.metadata(name),
            rules: Some(permissions.rules.iter().map(policy_rule).collect()),
        })?);
        objects.push(object(&RoleBinding {
            metadata: context.metadata(name),
            role_ref: role_ref("Role", name),
            subjects: Some(vec![subject.clone()]),
        })?);
    }
    if !permissions.cluster_rules.is_empty() {
        // All tenants, and all environments in a cluster, share cluster-scoped names.
        let suffix =
            context.environment().namespace_suffix.as_ref().map(ToString::to_string).unwrap_or_default();
        let name = aqueduct_render::application_name(context.tenant(), &format!("{name}{suffix}"));
        objects.push(object(&ClusterRole {
            metadata: context.cluster_metadata(&name),
            rules: Some(permissions.cluster_rules.iter().map(policy_rule).collect()),
            ..Default::default()
        })?);
        objects.push(object(&ClusterRoleBinding {
            metadata: context.cluster_metadata(&name),
            role_ref: role_ref("ClusterRole", &name),
            subjects: Some(vec![subject]),
        })?);
    }
    Ok(objects)
}

fn policy_rule(rule: &Permission) -> PolicyRule {
    let some = |texts: &[String]| Some(texts.to_vec()).filter(|texts| !texts.is_empty());
    let groups = if rule.groups.is_empty() && rule.paths.is_empty() {
        vec![String::new()]
    } else {
        rule.groups.clone()
    };
    PolicyRule {
        api_groups: some(&groups),
        resources: some(&rule.resources),
        resource_names: some(&rule.names),
        non_resource_urls: some(&rule.paths),
        verbs: rule.verbs.clone(),
    }
}
