//! How containers end, and how a new version replaces the old one.

use aqueduct_model::types::Duration;
use schemars::JsonSchema;
use serde::Deserialize;

/// How the container ends when its pod is deleted.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Shutdown {
    /// A command that runs before the container is stopped, for example to drain connections.
    #[serde(default)]
    pub command: Vec<String>,
    /// How long the container may take to end, including the command (default: 30 seconds).
    pub grace: Option<Duration>,
}

/// How a new version replaces the old one.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Rollout {
    /// Pod by pod, with never fewer than before.
    #[default]
    Rolling,
    /// All old pods end before the first new one starts, so that there is only one writer.
    Recreate,
}

/// A job that must succeed before a new version rolls out, such as a database migration.
#[derive(Clone, Debug, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct BeforeRollout {
    /// The command, which runs in the component's own image with its variables.
    pub command: Vec<String>,
    /// How long it may take (default: ten minutes).
    pub timeout: Option<Duration>,
}
