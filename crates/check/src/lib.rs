//! Checks over the rendered platform: references, policy, capacity.
//!
//! 1. The caller passes [`Facts`]: the rendered objects of an environment, and what its cluster provides in addition.
//! 2. An [`Index`] is built from them once.
//! 3. Every [`Rule`] of [`ALL`] looks at the index and reports what it finds.
//! 4. Findings that several environments share become one diagnostic.
//!
//! A rule reports only what the objects themselves show. It does not check what only a running cluster knows:
//! pods and Secrets that an operator creates, or objects in namespaces that are not rendered.

mod controller_label;
mod demand;
mod facts;
mod fields;
mod index;
mod label_selector;
mod nodes;
mod pod;
mod pod_reference;
mod produced;
mod report;
mod rollout;
mod rule;
mod rules;
#[cfg(test)]
mod testing;

pub use demand::{PeakRequest, claimed_storage, requests};
pub use facts::{ClusterFacts, Entry, Facts, LinkFacts, Owner, Peers, PoolFacts};
pub use index::Index;
pub use report::{Field, Finding, Report, Subject};
pub use rule::{ALL, GROUPS, Level, Rule, explain};
pub use rules::pod_security::insecure_field;

use rayon::prelude::*;

/// Runs rules over one environment and adds their findings to a report. A caller need not keep the objects of
/// all environments in memory at once.
pub fn check(facts: &Facts<'_>, rules: &[Rule], report: &mut Report) {
    let index = Index::new(facts);
    let reports: Vec<Report> = rules
        .par_iter()
        .map(|rule| {
            let mut report = Report::of(rule.name, facts.name);
            (rule.check)(&index, &mut report);
            report
        })
        .collect();
    reports.into_iter().for_each(|one| report.extend(one));
}
