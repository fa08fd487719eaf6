//! A record of what a review compared and found, with which anyone can repeat it.

use std::collections::BTreeMap;

use aqueduct_manifest::{Hash, Object, Value, yaml};
use aqueduct_review::{Review, print};
use serde::{Deserialize, Serialize};

use super::side::Side;
use super::{Against, Failure};

/// The version of the certificate format.
const VERSION: u32 = 1;

/// A review that can be repeated and compared.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Certificate {
    version: u32,
    /// The version of the program.
    tool: String,
    /// The hash of the executable, which differs between builds of the same version.
    program: String,
    pub(super) base: State,
    /// What was compared with at the base.
    #[serde(default)]
    pub(super) against: Against,
    pub(super) head: State,
    /// The reviewed part of the platform.
    pub(super) selection: Selected,
    /// The Kubernetes version of each environment.
    kubernetes: BTreeMap<String, String>,
    pub(super) claims: Vec<Claimed>,
    /// The hash of the review as JSON.
    review: String,
}

/// One side of the comparison.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct State {
    /// The commit; `None` for uncommitted files.
    pub(super) commit: Option<String>,
    /// The hash of the rendered objects of each environment.
    environments: BTreeMap<String, String>,
}

/// The selected environments and tenants; empty lists select all.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Selected {
    pub(super) environments: Vec<String>,
    pub(super) tenants: Vec<String>,
}

/// A claim, and whether the change satisfies it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Claimed {
    pub(super) claim: String,
    holds: bool,
}

impl State {
    pub(super) fn new(commit: Option<String>, sides: &BTreeMap<String, Side>) -> Self {
        let hash = |side: &Side| {
            let write = |object: &Object| format!("---\n{}", yaml::write(&Value::Map(object.map.clone())));
            let text: String = side.objects.iter().map(write).collect();
            Hash::of(text.as_bytes()).to_string()
        };
        let environments = sides.iter().map(|(name, side)| (name.clone(), hash(side))).collect();
        Self { commit, environments }
    }
}

impl Certificate {
    pub(super) fn new(
        [base, head]: [State; 2],
        against: Against,
        selection: Selected,
        kubernetes: BTreeMap<String, String>,
        review: &Review,
    ) -> Result<Self, Failure> {
        let failed = |error: std::io::Error| Failure::new(format!("cannot read the executable: {error}"));
        let program = std::env::current_exe().and_then(std::fs::read).map_err(failed)?;
        let claims = review
            .claims
            .iter()
            .map(|judged| Claimed { claim: judged.claim.to_string(), holds: judged.broken_by.is_empty() });
        Ok(Self {
            version: VERSION,
            tool: env!("CARGO_PKG_VERSION").to_owned(),
            program: Hash::of(&program).to_string(),
            base,
            against,
            head,
            selection,
            kubernetes,
            claims: claims.collect(),
            review: Hash::of(print::json(review).as_bytes()).to_string(),
        })
    }

    pub(super) fn read(text: &str) -> Result<Self, Failure> {
        let found: Self = serde_json::from_str(text)
            .map_err(|error| Failure::new(format!("not a review certificate: {error}")))?;
        if found.version != VERSION {
            return Err(Failure::new(format!(
                "unsupported certificate version: {}, expected {VERSION}",
                found.version
            )));
        }
        Ok(found)
    }

    pub(super) fn write(&self) -> Result<String, Failure> {
        let text = serde_json::to_string_pretty(self).map_err(|error| Failure::new(error.to_string()))?;
        Ok(text + "\n")
    }

    /// Returns the differences from a repeated review. Of the program, only the version has to match.
    pub(super) fn differences(&self, again: &Self) -> Vec<String> {
        let mut found = Vec::new();
        if self.tool != again.tool {
            found.push(format!(
                "version {} wrote the certificate, but this is version {}",
                self.tool, again.tool
            ));
        }
        for (name, old, new) in [("base", &self.base, &again.base), ("head", &self.head, &again.head)] {
            if old.commit != new.commit {
                found.push(format!("the {name} commit is different"));
            }
            let names: std::collections::BTreeSet<&String> =
                old.environments.keys().chain(new.environments.keys()).collect();
            let differs = |name: &&&String| old.environments.get(**name) != new.environments.get(**name);
            let others = names.iter().filter(differs);
            found.extend(
                others.map(|environment| format!("the {name} renders different objects for `{environment}`")),
            );
        }
        if self.kubernetes != again.kubernetes {
            found.push("the environments have different Kubernetes versions".to_owned());
        }
        if self.claims != again.claims {
            found.push("the claims or their results are different".to_owned());
        }
        if found.is_empty() && self.review != again.review {
            found.push("the result of the review is different".to_owned());
        }
        found
    }

    /// Tells whether the same build of the program repeated the review.
    pub(super) fn is_of_program(&self, again: &Self) -> bool {
        self.program == again.program
    }
}
