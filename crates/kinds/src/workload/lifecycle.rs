//! How containers end, and how a new version takes the place of the old one.

use aqueduct_model::types::Duration;
use schemars::JsonSchema;
use serde::Deserialize;

/// How the container ends when its pod is deleted.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Shutdown {
    /// A command that runs before the container is told to end, such as one that drains connections.
    #[serde(default)]
    pub command: Vec<String>,
    /// How long the container may take, the command included (default: 30 seconds).
    pub grace: Option<Duration>,
}

/// How a new version replaces the old one.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Rollout {
    /// Pod by pod, never fewer than before.
    #[default]
    Rolling,
    /// All old pods end before the first new one starts, for a single writer.
    Recreate,
}

/// A job that must succeed before a new version rolls out, such as a migration of the database.
#[derive(Clone, Debug, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct BeforeRollout {
    /// The command, run in the component's own image with its variables.
    pub command: Vec<String>,
    /// How long it may take (default: ten minutes).
    pub timeout: Option<Duration>,
}
