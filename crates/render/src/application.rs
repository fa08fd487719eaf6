//! Argo CD's Application, ApplicationSet and AppProject (argoproj.io/v1alpha1).
//! Source: the CRDs of Argo CD 3, `manifests/crds` of argoproj/argo-cd.

use std::collections::BTreeMap;

use k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta;
use serde::Serialize;

use crate::CustomResource;

/// One folder of the tree, applied to one place.
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
    pub source: Source,
    /// The cluster and namespace.
    pub destination: Destination,
    /// How it is synchronised.
    pub sync_policy: SyncPolicy,
    /// How many old revisions are kept.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub revision_history_limit: Option<u16>,
}

/// A folder of a Git repository.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Source {
    /// The repository.
    #[serde(rename = "repoURL")]
    pub repo_url: String,
    /// The branch, tag or commit.
    pub target_revision: String,
    /// The folder.
    pub path: String,
    /// That the folder holds plain manifests.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub directory: Option<Directory>,
}

/// How a folder of plain manifests is read.
#[derive(Clone, Debug, Serialize)]
pub struct Directory {
    /// Whether folders below it are read too.
    pub recurse: bool,
}

/// A cluster and a namespace.
#[derive(Clone, Debug, Serialize)]
pub struct Destination {
    /// The URL of the cluster's API.
    pub server: String,
    /// The namespace.
    pub namespace: String,
}

/// How an Application is synchronised.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct SyncPolicy {
    /// Present where it is synchronised without anybody's word.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub automated: Option<Automated>,
    /// The options, each as `Name=value`.
    pub sync_options: Vec<String>,
    /// How a failed synchronisation is tried again.
    pub retry: Retry,
}

/// How a failed synchronisation is tried again.
#[derive(Clone, Debug, Serialize)]
pub struct Retry {
    /// How often.
    pub limit: u16,
    /// How long to wait in between.
    pub backoff: Backoff,
}

/// A wait that grows from try to try.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Backoff {
    /// The first wait.
    pub duration: &'static str,
    /// How many times longer each wait is than the one before.
    pub factor: u16,
    /// The longest wait.
    pub max_duration: &'static str,
}

/// What automatic synchronisation may do.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Automated {
    /// Whether what left the tree leaves the cluster.
    pub prune: bool,
    /// Whether changes made in the cluster are undone.
    pub self_heal: bool,
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

/// The bounds of an AppProject.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct AppProjectSpec {
    /// What it is for.
    pub description: String,
    /// The repositories that may be deployed from.
    pub source_repos: Vec<String>,
    /// The clusters and namespaces that may be deployed to.
    pub destinations: Vec<Destination>,
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

/// A template that makes one Application for each element of a list.
#[derive(Clone, Debug, Serialize)]
pub struct ApplicationSet {
    /// The metadata.
    pub metadata: ObjectMeta,
    /// The spec.
    pub spec: ApplicationSetSpec,
}

impl CustomResource for ApplicationSet {
    const API_VERSION: &'static str = "argoproj.io/v1alpha1";
    const KIND: &'static str = "ApplicationSet";
}

/// The list and the template.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ApplicationSetSpec {
    /// That the template is a Go template.
    pub go_template: bool,
    /// Options of the Go template.
    pub go_template_options: Vec<String>,
    /// What the elements come from.
    pub generators: Vec<Generator>,
    /// In which order the Applications are synchronised.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub strategy: Option<Strategy>,
    /// The Application, with parameters.
    pub template: ApplicationTemplate,
}

/// One generator.
#[derive(Clone, Debug, Serialize)]
pub struct Generator {
    /// A list written out.
    pub list: ListGenerator,
}

/// A list of parameter sets.
#[derive(Clone, Debug, Serialize)]
pub struct ListGenerator {
    /// The parameter sets.
    pub elements: Vec<BTreeMap<&'static str, String>>,
}

/// The Application of an ApplicationSet.
#[derive(Clone, Debug, Serialize)]
pub struct ApplicationTemplate {
    /// The metadata.
    pub metadata: TemplateMetadata,
    /// The spec.
    pub spec: ApplicationSpec,
}

/// The metadata of a templated Application.
#[derive(Clone, Debug, Serialize)]
pub struct TemplateMetadata {
    /// The name.
    pub name: String,
    /// The labels.
    pub labels: BTreeMap<String, String>,
    /// What must happen before it goes away.
    pub finalizers: Vec<String>,
}

/// The order of an ApplicationSet.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Strategy {
    /// Always `RollingSync`.
    #[serde(rename = "type")]
    pub kind: &'static str,
    /// The steps.
    pub rolling_sync: RollingSync,
}

/// Steps, each of which must be healthy before the next.
#[derive(Clone, Debug, Serialize)]
pub struct RollingSync {
    /// The steps.
    pub steps: Vec<RollingStep>,
}

/// One step.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct RollingStep {
    /// The Applications that it means.
    pub match_expressions: Vec<MatchExpression>,
}

/// A condition over a label.
#[derive(Clone, Debug, Serialize)]
pub struct MatchExpression {
    /// The label.
    pub key: &'static str,
    /// `In` or `NotIn`.
    pub operator: &'static str,
    /// The values.
    pub values: Vec<String>,
}
