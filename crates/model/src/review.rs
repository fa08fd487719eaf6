//! `[review]` of `platform.toml`: what every change is claimed to be.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Deserialize;

use crate::types::Name;

/// How changes are reviewed.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct ReviewSettings {
    /// What must be true of every change; `aqueduct review` fails if it is not.
    #[serde(default)]
    pub claims: PlatformClaims,
}

/// What must hold of every change.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct PlatformClaims {
    /// In all environments together.
    #[serde(rename = "..")]
    #[schemars(flatten)]
    pub claims: Claims,
    /// The only environments that may change.
    pub touched_environments: Option<Vec<Name>>,
    /// In one environment, by its name.
    #[serde(default)]
    pub environments: BTreeMap<Name, Claims>,
}

/// Claims about a change.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Claims {
    /// `false`: admission warns of nothing that it let pass, and refuses no pods.
    pub admission: Option<bool>,
    /// `false`: Argo CD reads, prunes, replaces and orders as before.
    pub argo_cd: Option<bool>,
    /// `false`: nothing differs at all.
    pub changes: Option<bool>,
    /// `false`: no claim, namespace or other holder of data goes.
    pub data_loss: Option<bool>,
    /// `false`: every Service keeps its pods.
    pub endpoints: Option<bool>,
    /// `false`: nothing is opened to the outside.
    pub exposure: Option<bool>,
    /// `false`: no image is downgraded, takes another major version, or has a tag that moves.
    pub images: Option<bool>,
    /// `false`: no namespace asks for a lower Pod Security Standard.
    pub pod_security: Option<bool>,
    /// `false`: nothing changes before the environment has it that this one is promoted from.
    pub promotion: Option<bool>,
    /// `false`: nobody may do more than before.
    pub rbac: Option<bool>,
    /// `false`: the same workloads reach the same workloads.
    pub reachability: Option<bool>,
    /// `false`: no object has to be deleted and made anew.
    pub recreate: Option<bool>,
    /// `false`: the API server takes every object.
    pub refused: Option<bool>,
    /// `false`: no object is removed.
    pub removals: Option<bool>,
    /// `false`: no pods are made anew.
    pub restarts: Option<bool>,
    /// The only kinds of objects that may differ.
    pub touched_kinds: Option<Vec<String>>,
    /// By how much a month may cost more than before, in the currency of the prices.
    pub cost: Option<f64>,
}

impl Claims {
    /// Returns what must not come of a change, in the words of `--claim`.
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
