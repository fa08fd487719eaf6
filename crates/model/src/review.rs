//! `[review]` of `platform.toml`: the claims that every change must satisfy.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Deserialize;

use crate::types::Name;

/// How changes are reviewed.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct ReviewSettings {
    /// Claims that every change must satisfy; otherwise `aqueduct review` fails.
    #[serde(default)]
    pub claims: PlatformClaims,
}

/// The claims that every change must satisfy.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct PlatformClaims {
    /// The claims for all environments together.
    #[serde(rename = "..")]
    #[schemars(flatten)]
    pub claims: Claims,
    /// The only environments that may change.
    pub touched_environments: Option<Vec<Name>>,
    /// The claims for single environments, by name.
    #[serde(default)]
    pub environments: BTreeMap<Name, Claims>,
}

/// Claims about a change.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Claims {
    /// `false`: admission control gives no warnings and rejects no pods.
    pub admission: Option<bool>,
    /// `false`: the settings of Argo CD for reading, pruning, replacing and ordering do not change.
    pub argo_cd: Option<bool>,
    /// `false`: nothing changes at all.
    pub changes: Option<bool>,
    /// `false`: no volume claim, namespace or other object with data is removed.
    pub data_loss: Option<bool>,
    /// `false`: every Service keeps its pods.
    pub endpoints: Option<bool>,
    /// `false`: nothing new is reachable from outside.
    pub exposure: Option<bool>,
    /// `false`: no image is downgraded, changes its major version, or has a mutable tag.
    pub images: Option<bool>,
    /// `false`: no namespace lowers its Pod Security Standard.
    pub pod_security: Option<bool>,
    /// `false`: nothing changes here before it has changed in the environment of `promoted-from`.
    pub promotion: Option<bool>,
    /// `false`: no one gets additional permissions.
    pub rbac: Option<bool>,
    /// `false`: the connections between workloads stay the same.
    pub reachability: Option<bool>,
    /// `false`: no object has to be deleted and recreated.
    pub recreate: Option<bool>,
    /// `false`: the API server accepts every object.
    pub refused: Option<bool>,
    /// `false`: no object is removed.
    pub removals: Option<bool>,
    /// `false`: no pods are replaced.
    pub restarts: Option<bool>,
    /// The only kinds of objects that may change.
    pub touched_kinds: Option<Vec<String>>,
    /// The maximum increase of the monthly cost, in the currency of the prices.
    pub cost: Option<f64>,
}

impl Claims {
    /// Returns the effects that a change must not have, in the words of `--claim`.
    pub fn denied(&self) -> Vec<&'static str> {
        let all = [
            ("admission", self.admission),
            ("argo-cd", self.argo_cd),
            ("changes", self.changes),
            ("data-loss", self.data_loss),
            ("endpoints", self.endpoints),
            ("exposure", self.exposure),
            ("images", self.images),
            ("pod-security", self.pod_security),
            ("promotion", self.promotion),
            ("rbac", self.rbac),
            ("reachability", self.reachability),
            ("recreate", self.recreate),
            ("refused", self.refused),
            ("removals", self.removals),
            ("restarts", self.restarts),
        ];
        all.into_iter().filter(|(_, may)| *may == Some(false)).map(|(name, _)| name).collect()
    }
}
