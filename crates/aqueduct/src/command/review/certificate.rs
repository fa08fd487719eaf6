//! What a review has looked at and found, for anybody to do again.

use std::collections::BTreeMap;

use aqueduct_manifest::{Hash, Object, Value, yaml};
use aqueduct_review::{Review, print};
use serde::{Deserialize, Serialize};

use super::side::Side;
use super::{Against, Failure};

/// The form of the certificate.
const VERSION: u32 = 1;

/// A review, so that it can be done again and compared.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Certificate {
    version: u32,
    /// The version of the program.
    tool: String,
    /// The hash of the program. Another build of the same version has another one.
    program: String,
    pub(super) base: State,
    /// What stood for the base.
    #[serde(default)]
    pub(super) against: Against,
    pub(super) head: State,
    /// What was reviewed, where it is not all.
    pub(super) selection: Selected,
    /// The minor version of Kubernetes that the objects of each environment were held against.
    kubernetes: BTreeMap<String, String>,
    pub(super) claims: Vec<Claimed>,
    /// The hash of the review as JSON.
    review: String,
}

/// One side of the comparison.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct State {
    /// The commit; none where the files are those of no commit.
    pub(super) commit: Option<String>,
    /// The hash of the rendered objects of each environment.
    environments: BTreeMap<String, String>,
}

/// The selected environments and tenants; all where there are none.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Selected {
    pub(super) environments: Vec<String>,
    pub(super) tenants: Vec<String>,
}

/// A claim, and whether it holds.
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
        let failed = |error: std::io::Error| Failure::new(format!("cannot read the program: {error}"));
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
            .map_err(|error| Failure::new(format!("this is no certificate of a review: {error}")))?;
        if found.version != VERSION {
            return Err(Failure::new(format!(
                "this certificate has form {}, and this program knows {VERSION}",
                found.version
            )));
        }
        Ok(found)
    }

    pub(super) fn write(&self) -> Result<String, Failure> {
        let text = serde_json::to_string_pretty(self).map_err(|error| Failure::new(error.to_string()))?;
        Ok(text + "\n")
    }

    /// Says what is not the same in a review that was done again; the program only has to have the same version.
    pub(super) fn differences(&self, again: &Self) -> Vec<String> {
        let mut found = Vec::new();
        if self.tool != again.tool {
            found.push(format!("it was made by version {}, and this is {}", self.tool, again.tool));
        }
        for (name, old, new) in [("base", &self.base, &again.base), ("head", &self.head, &again.head)] {
            if old.commit != new.commit {
                found.push(format!("the {name} is another commit"));
            }
            let names: std::collections::BTreeSet<&String> =
                old.environments.keys().chain(new.environments.keys()).collect();
            let differs = |name: &&&String| old.environments.get(**name) != new.environments.get(**name);
            let others = names.iter().filter(differs);
            found.extend(
                others.map(|environment| format!("`{environment}` of the {name} renders to other objects")),
            );
        }
        if self.kubernetes != again.kubernetes {
            found.push("the environments have other versions of Kubernetes".to_owned());
        }
        if self.claims != again.claims {
            found.push("the claims, or what holds of them, are not the same".to_owned());
        }
        if found.is_empty() && self.review != again.review {
            found.push("the review says something else".to_owned());
        }
        found
    }

    /// Tells whether the very same program did it again.
    pub(super) fn is_of_program(&self, again: &Self) -> bool {
        self.program == again.program
    }
}
