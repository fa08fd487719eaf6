//! Argo CD's Application and AppProject (argoproj.io/v1alpha1).
//! Source: the CRDs of Argo CD 3, `manifests/crds` of argoproj/argo-cd.

use k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta;
use serde::Serialize;

use crate::CustomResource;

/// An Application: one folder of the tree, applied to one destination.
#[derive(Clone, Debug, Serialize)]
pub struct Application {
    /// The metadata.
    pub metadata: ObjectMeta,
    /// The spec.
    pub spec: ApplicationSpec,
}

impl CustomResource for Application {
    const API_VERSION: &'static str = "argoproj.io/v1alpha1";
    const KIND: &'static str = "Application";
}

/// What an Application applies, and where.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ApplicationSpec {
    /// The AppProject.
    pub project: String,
    /// The folder.
    pub source: ApplicationSource,
    /// The cluster and namespace.
    pub destination: Destination,
    /// How it is synced.
    pub sync_policy: SyncPolicy,
    /// The differences between the tree and the cluster that are ignored.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub ignore_differences: Vec<ResourceIgnoreDifferences>,
    /// Additional information for the web interface.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub info: Vec<Info>,
    /// How many old revisions are kept.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub revision_history_limit: Option<u16>,
}

/// A folder in a git repository.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ApplicationSource {
    /// The repository.
    #[serde(rename = "repoURL")]
    pub repo_url: String,
    /// The branch, tag or commit.
    pub target_revision: String,
    /// The folder.
    pub path: String,
    /// How the folder of plain manifests is read.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub directory: Option<Directory>,
}

/// How a folder of plain manifests is read.
#[derive(Clone, Debug, Serialize)]
pub struct Directory {
    /// Whether subfolders are read too.
    pub recurse: bool,
}

/// A cluster, by name or URL, and a namespace.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Destination {
    /// The name of the cluster.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// The URL of the cluster's API.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub server: Option<String>,
    /// The namespace.
    pub namespace: String,
}

/// How an Application is synced.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct SyncPolicy {
    /// Set if it is synced automatically.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub automated: Option<Automated>,
    /// The options, each as `Name=value`.
    pub sync_options: Vec<String>,
    /// How a failed sync is retried.
    pub retry: SyncRetry,
}

/// How a failed sync is retried.
#[derive(Clone, Debug, Serialize)]
pub struct SyncRetry {
    /// The number of retries.
    pub limit: i32,
    /// The delay between retries.
    pub backoff: Backoff,
    /// Whether a retry uses a newer commit instead of the one that failed.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub refresh: bool,
}

/// A delay that grows with each retry.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Backoff {
    /// The first delay.
    pub duration: String,
    /// The factor by which each delay is longer than the one before.
    pub factor: u16,
    /// The longest delay.
    pub max_duration: String,
}

/// What an automatic sync may do.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Automated {
    /// Whether objects that were removed from the tree are deleted.
    pub prune: bool,
    /// Whether changes made in the cluster are reverted.
    pub self_heal: bool,
    /// Whether all objects may be deleted at once.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub allow_empty: bool,
}

/// Differences between the tree and the cluster that are ignored.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ResourceIgnoreDifferences {
    /// The API group; empty for the core group.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub group: String,
    /// The kind.
    pub kind: String,
    /// The name; `None` for any.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// The namespace; `None` for any.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub namespace: Option<String>,
    /// The fields as JSON pointers.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub json_pointers: Vec<String>,
    /// The fields as jq expressions.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub jq_path_expressions: Vec<String>,
    /// The field managers whose fields are ignored.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub managed_fields_managers: Vec<String>,
}

/// A name and a value that the web interface shows.
#[derive(Clone, Debug, Serialize)]
pub struct Info {
    /// The name.
    pub name: String,
    /// The value.
    pub value: String,
}

/// What the Applications of a tenant may deploy, and where.
#[derive(Clone, Debug, Serialize)]
pub struct AppProject {
    /// The metadata.
    pub metadata: ObjectMeta,
    /// The spec.
    pub spec: AppProjectSpec,
}

impl CustomResource for AppProject {
    const API_VERSION: &'static str = "argoproj.io/v1alpha1";
    const KIND: &'static str = "AppProject";
}

/// The limits of an AppProject.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct AppProjectSpec {
    /// What it is for.
    pub description: String,
    /// The repositories that may be deployed from.
    pub source_repos: Vec<String>,
    /// The clusters and namespaces that may be deployed to.
    pub destinations: Vec<Destination>,
    /// The namespaces, other than Argo CD's own, that may contain Applications.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub source_namespaces: Vec<String>,
    /// The cluster-scoped kinds that may be deployed.
    pub cluster_resource_whitelist: Vec<GroupKind>,
    /// The namespaced kinds that may be deployed.
    pub namespace_resource_whitelist: Vec<GroupKind>,
    /// Who may do what.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub roles: Vec<ProjectRole>,
}

/// A kind of an API group.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct GroupKind {
    /// The group; empty for the core group.
    pub group: String,
    /// The kind.
    pub kind: String,
}

/// A role of an AppProject.
#[derive(Clone, Debug, Serialize)]
pub struct ProjectRole {
    /// The name.
    pub name: String,
    /// What it is for.
    pub description: String,
    /// The policies in Casbin's form.
    pub policies: Vec<String>,
    /// The groups of the single sign-on.
    pub groups: Vec<String>,
}
