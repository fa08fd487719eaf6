//! Zalando's postgres operator: postgresql (acid.zalan.do/v1).
//! Source: <https://postgres-operator.readthedocs.io/en/latest/reference/cluster_manifest/>.

use std::collections::BTreeMap;

use aqueduct_render::CustomResource;
use k8s_openapi::api::core::v1::ResourceRequirements;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta;
use serde::Serialize;

/// A PostgreSQL cluster that the operator runs.
#[derive(Clone, Debug, Serialize)]
pub struct Postgresql {
    /// The metadata; the name must begin with the team's.
    pub metadata: ObjectMeta,
    /// The spec.
    pub spec: PostgresqlSpec,
}

impl CustomResource for Postgresql {
    const API_VERSION: &'static str = "acid.zalan.do/v1";
    const KIND: &'static str = "postgresql";
}

/// The size and content of the cluster.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct PostgresqlSpec {
    /// The team.
    pub team_id: String,
    /// The volume of each instance.
    pub volume: PostgresqlVolume,
    /// How many instances there are.
    pub number_of_instances: u16,
    /// The users, each with its rights.
    pub users: BTreeMap<String, Vec<String>>,
    /// The databases, each with its owner.
    pub databases: BTreeMap<String, String>,
    /// The version.
    pub postgresql: PostgresqlVersion,
    /// CPU and memory of each instance.
    pub resources: ResourceRequirements,
}

/// The volume of an instance.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct PostgresqlVolume {
    /// The size.
    pub size: String,
    /// The StorageClass.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub storage_class: Option<String>,
}

/// The version of PostgreSQL.
#[derive(Clone, Debug, Serialize)]
pub struct PostgresqlVersion {
    /// The major version.
    pub version: String,
}
