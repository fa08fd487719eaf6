//! The claims about a change, from the command line and from `platform.toml`.

use std::collections::BTreeMap;

use aqueduct_model::{Claims, PlatformClaims, Selection};
use aqueduct_review::{Claim, What};

use super::Failure;

/// Parses the claims of the command line.
pub(super) fn given(texts: &[String]) -> Result<Vec<Claim>, Failure> {
    texts.iter().map(|text| text.parse().map_err(|error: String| Failure::new(error))).collect()
}

/// Returns the claims of a platform.
pub(super) fn of(claims: &PlatformClaims) -> Vec<Claim> {
    let mut all = listed(&claims.claims, &[]);
    if let Some(names) = &claims.touched_environments {
        let names = names.iter().map(ToString::to_string).collect();
        all.push(Claim { what: What::Environments(names), environments: Vec::new() });
    }
    for (environment, claims) in &claims.environments {
        all.extend(listed(claims, &[environment.to_string()]));
    }
    all
}

fn listed(claims: &Claims, environments: &[String]) -> Vec<Claim> {
    let denied = claims.denied().into_iter().filter_map(|word| format!("no {word}").parse::<Claim>().ok());
    let denied = denied.map(|claim| claim.what);
    let kinds = claims.touched_kinds.clone().map(What::Kinds);
    let cost = claims.cost.map(What::Cost);
    let all = denied.chain(kinds).chain(cost);
    all.map(|what| Claim { what, environments: environments.to_vec() }).collect()
}

/// Returns each claim once, in the order in which they are given.
pub(super) fn distinct(claims: Vec<Claim>) -> Vec<Claim> {
    let mut distinct: Vec<Claim> = Vec::new();
    for claim in claims {
        if !distinct.contains(&claim) {
            distinct.push(claim);
        }
    }
    distinct
}

/// Returns the claims that can be judged, without those about environments that are not selected.
///
/// # Errors
/// Returns an error for a claim about an environment that does not exist, since it could never be broken.
pub(super) fn judgeable(
    mut claims: Vec<Claim>,
    environments: &BTreeMap<String, String>,
    selection: &Selection,
) -> Result<Vec<Claim>, Failure> {
    let is_left_out = |name: &String| {
        !selection.environments.is_empty()
            && !selection.environments.iter().any(|known| known.as_str() == name)
    };
    for claim in &claims {
        let unknown =
            claim.environments.iter().find(|name| !environments.contains_key(*name) && !is_left_out(name));
        if let Some(name) = unknown {
            return Err(Failure::new(format!(
                "claim `{claim}` refers to an environment that does not exist: `{name}`"
            )));
        }
    }
    claims.retain(|claim| claim.environments.is_empty() || !claim.environments.iter().all(is_left_out));
    Ok(claims)
}
