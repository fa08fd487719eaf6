//! Claims about a change, such as `no restarts in prod`, and what breaks them.

use std::fmt::{self, Display, Formatter};

use crate::compare::Review;
use crate::consequence::Effect;
use crate::print::title;

/// What somebody claims about a change.
#[derive(Clone, Debug, PartialEq)]
pub struct Claim {
    /// What is claimed.
    pub what: What,
    /// The environments that it applies to; all if empty.
    pub environments: Vec<String>,
}

/// The content of a claim.
#[derive(Clone, Debug, PartialEq)]
pub enum What {
    /// The change has no such effect.
    No(ClaimSubject),
    /// Only these environments have changes.
    Environments(Vec<String>),
    /// Only objects of these kinds change.
    Kinds(Vec<String>),
    /// The monthly cost grows by at most this much.
    Cost(f64),
}

/// The effects that a claim can exclude.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ClaimSubject {
    /// Any change.
    Changes,
    /// Objects that are removed.
    Removals,
    /// A consequence.
    Consequence(Effect),
    /// Connections between workloads that are opened, closed or changed.
    Reachability,
}

impl ClaimSubject {
    /// All, each with the word that claims use.
    pub const ALL: [(&'static str, Self); 15] = [
        ("admission", Self::Consequence(Effect::Admission)),
        ("argo-cd", Self::Consequence(Effect::ArgoCd)),
        ("changes", Self::Changes),
        ("data-loss", Self::Consequence(Effect::DataLoss)),
        ("endpoints", Self::Consequence(Effect::Endpoints)),
        ("exposure", Self::Consequence(Effect::Exposure)),
        ("images", Self::Consequence(Effect::Image)),
        ("pod-security", Self::Consequence(Effect::PodSecurity)),
        ("promotion", Self::Consequence(Effect::Promotion)),
        ("rbac", Self::Consequence(Effect::Rbac)),
        ("reachability", Self::Reachability),
        ("recreate", Self::Consequence(Effect::Recreate)),
        ("refused", Self::Consequence(Effect::Refused)),
        ("removals", Self::Removals),
        ("restarts", Self::Consequence(Effect::Restart)),
    ];

    fn word(self) -> &'static str {
        Self::ALL.iter().find(|(_, subject)| *subject == self).map_or("", |(word, _)| word)
    }
}

/// Example claims for error messages.
const FORMS: &str = "`no restarts in prod`, `only environments dev, staging`, `only kinds ConfigMap in prod`, \
                         `cost at most 50 in prod`";

impl std::str::FromStr for Claim {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let words: Vec<&str> = text.split([' ', ',']).filter(|word| !word.is_empty()).collect();
        let end = words.iter().rposition(|word| *word == "in").unwrap_or(words.len());
        let (said, environments) = (&words[..end], words.get(end + 1..).unwrap_or_default());
        let owned = |words: &[&str]| words.iter().map(|word| (*word).to_owned()).collect::<Vec<_>>();
        let environments = owned(environments);
        if end < words.len() && environments.is_empty() {
            return Err(format!("`{text}` has no environment after `in`"));
        }
        let what = match said {
            ["no", word] => {
                let found = ClaimSubject::ALL.iter().find(|(known, _)| known == word);
                let words: Vec<&str> = ClaimSubject::ALL.iter().map(|(word, _)| *word).collect();
                let unknown = || format!("`{word}` cannot be claimed; use one of {}", words.join(", "));
                What::No(found.ok_or_else(unknown)?.1)
            }
            ["only", "environments", names @ ..] if !names.is_empty() && environments.is_empty() => {
                What::Environments(owned(names))
            }
            ["only", "kinds", names @ ..] if !names.is_empty() => What::Kinds(owned(names)),
            ["cost", "at", "most", amount] => match amount.parse::<f64>() {
                Ok(amount) if amount.is_finite() => What::Cost(amount),
                _ => return Err(format!("`{amount}` is not an amount of money")),
            },
            _ => return Err(format!("`{text}` is not a claim; examples: {FORMS}")),
        };
        Ok(Self { what, environments })
    }
}

impl Display for Claim {
    fn fmt(&self, out: &mut Formatter<'_>) -> fmt::Result {
        match &self.what {
            What::No(subject) => write!(out, "no {}", subject.word())?,
            What::Environments(names) => write!(out, "only environments {}", names.join(", "))?,
            What::Kinds(kinds) => write!(out, "only kinds {}", kinds.join(", "))?,
            What::Cost(amount) => write!(out, "cost at most {amount}")?,
        }
        match self.environments.is_empty() {
            true => Ok(()),
            false => write!(out, " in {}", self.environments.join(", ")),
        }
    }
}

/// A claim and its verdict.
#[derive(Clone, Debug, PartialEq)]
pub struct Judged {
    /// The claim.
    pub claim: Claim,
    /// What breaks it, one line each; empty if it holds.
    pub broken_by: Vec<String>,
}

impl Claim {
    /// Judges the claim.
    pub fn judge(&self, review: &Review) -> Judged {
        let is_meant = |environment: &str| {
            self.environments.is_empty() || self.environments.iter().any(|name| name == environment)
        };
        let changes = || review.changes.iter().filter(|change| is_meant(&change.environment));
        let broken_by = match &self.what {
            What::No(ClaimSubject::Changes) => changes().map(title).collect(),
            What::No(ClaimSubject::Removals) => changes()
                .filter(|change| change.is_removal())
                .map(|change| format!("{} is removed", title(change)))
                .collect(),
            What::No(ClaimSubject::Consequence(name)) => changes()
                .flat_map(|change| change.consequences.iter().map(move |one| (change, one)))
                .filter(|(_, one)| one.name == *name)
                .map(|(change, one)| format!("{}: {}", title(change), one.message))
                .collect(),
            What::No(ClaimSubject::Reachability) => {
                let environment = |line: &str| line.split_once(": ").map_or("", |(name, _)| name).to_owned();
                review.connections.iter().filter(|line| is_meant(&environment(line))).cloned().collect()
            }
            What::Environments(names) => {
                let is_other = |environment: &str| !names.iter().any(|name| name == environment);
                changes().filter(|change| is_other(&change.environment)).map(title).collect()
            }
            What::Kinds(kinds) => {
                let is_other = |kind: &str| !kinds.iter().any(|known| known == kind);
                changes().filter(|change| is_other(change.object.kind())).map(title).collect()
            }
            What::Cost(most) => {
                let meant = review.demands.iter().filter(|growth| is_meant(&growth.environment));
                let more = meant
                    .map(|growth| (&*growth.environment, growth.new.monthly_cost - growth.old.monthly_cost));
                let more: Vec<(&str, f64)> = more.filter(|(_, more)| *more != 0.0).collect();
                let sum: f64 = more.iter().map(|(_, more)| more).sum();
                let names: Vec<&str> = more.iter().map(|(name, _)| *name).collect();
                match sum > *most {
                    true => vec![format!("costs {sum:.2} more a month in {}", names.join(", "))],
                    false => Vec::new(),
                }
            }
        };
        Judged { claim: self.clone(), broken_by }
    }
}

#[cfg(test)]
mod tests {
    use super::Claim;

    #[test]
    fn claims_are_read() {
        let read = |text: &str| match text.parse::<Claim>() {
            Ok(claim) => claim.to_string(),
            Err(error) => format!("ERROR {error}"),
        };
        let lines: Vec<String> = [
            "no restarts in prod",
            "no data-loss",
            "no  reachability in prod,staging",
            "only environments dev staging",
            "only kinds ConfigMap, Deployment in prod",
            "cost at most 12.5 in prod",
            "no reboots",
            "no restarts in",
            "only environments",
            "only environments dev in prod",
            "cost at most NaN",
            "restarts",
            "",
        ]
        .iter()
        .map(|text| format!("{text}: {}", read(text)))
        .collect();
        insta::assert_snapshot!(lines.join("\n"), @r"
        no restarts in prod: no restarts in prod
        no data-loss: no data-loss
        no  reachability in prod,staging: no reachability in prod, staging
        only environments dev staging: only environments dev, staging
        only kinds ConfigMap, Deployment in prod: only kinds ConfigMap, Deployment in prod
        cost at most 12.5 in prod: cost at most 12.5 in prod
        no reboots: ERROR `reboots` cannot be claimed; use one of admission, argo-cd, changes, data-loss, endpoints, exposure, images, pod-security, promotion, rbac, reachability, recreate, refused, removals, restarts
        no restarts in: ERROR `no restarts in` has no environment after `in`
        only environments: ERROR `only environments` is not a claim; examples: `no restarts in prod`, `only environments dev, staging`, `only kinds ConfigMap in prod`, `cost at most 50 in prod`
        only environments dev in prod: ERROR `only environments dev in prod` is not a claim; examples: `no restarts in prod`, `only environments dev, staging`, `only kinds ConfigMap in prod`, `cost at most 50 in prod`
        cost at most NaN: ERROR `NaN` is not an amount of money
        restarts: ERROR `restarts` is not a claim; examples: `no restarts in prod`, `only environments dev, staging`, `only kinds ConfigMap in prod`, `cost at most 50 in prod`
        : ERROR `` is not a claim; examples: `no restarts in prod`, `only environments dev, staging`, `only kinds ConfigMap in prod`, `cost at most 50 in prod`
        ");
    }
}
