//! Answers to a chart's calls for time and randomness: different in each round, but the same in each run.

use std::collections::BTreeMap;

use aqueduct_helm::template::{CallSite, Host, Moment, Refusal};
use sha2::{Digest, Sha256};

/// The seconds between the times of two rounds, a little over 19 years, so that every part of a date changes.
const STEP: i64 = 612_345_677;

/// The place of a call in a template.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Call {
    /// The path of the template, starting at the top chart.
    pub(super) template: String,
    /// The line, from 1.
    pub(super) line: u32,
    /// The column in bytes, from 0.
    pub(super) column: u32,
    /// The function.
    pub(super) function: &'static str,
}

impl From<&CallSite> for Call {
    fn from(site: &CallSite) -> Self {
        Self {
            template: site.template.to_string(),
            line: site.line,
            column: site.column,
            function: site.function,
        }
    }
}

/// A host that answers by round and counts the calls.
pub(super) struct Answers<'a> {
    round: u32,
    /// The place that the round applies to; all others get the answers of the first round.
    only: Option<&'a Call>,
    /// The number of calls from each place.
    pub(super) asked: BTreeMap<Call, u64>,
}

impl<'a> Answers<'a> {
    /// Returns the answers of a round, for one place or for all.
    pub(super) fn new(round: u32, only: Option<&'a Call>) -> Self {
        Self { round, only, asked: BTreeMap::new() }
    }

    /// Counts a call and returns the round of its answer.
    fn round(&mut self, place: &Call) -> u32 {
        *self.asked.entry(place.clone()).or_default() += 1;
        if self.only.is_none_or(|only| only == place) { self.round } else { 0 }
    }
}

impl Host for Answers<'_> {
    fn now(&mut self, site: &CallSite) -> Result<Moment, Refusal> {
        let round = self.round(&Call::from(site));
        Ok(Moment { seconds: i64::from(round) * STEP, nanoseconds: round * 123_456_789 % 1_000_000_000 })
    }

    /// The bytes for a place are the same in each run, whatever calls came before.
    fn random(&mut self, site: &CallSite, buffer: &mut [u8]) -> Result<(), Refusal> {
        let place = Call::from(site);
        let round = self.round(&place);
        let start = Sha256::new()
            .chain_update(&place.template)
            .chain_update([place.line, place.column, round].map(u32::to_be_bytes).concat())
            .chain_update(self.asked.get(&place).copied().unwrap_or_default().to_be_bytes());
        for (number, chunk) in (0_u64..).zip(buffer.chunks_mut(32)) {
            let bytes = start.clone().chain_update(number.to_be_bytes()).finalize();
            chunk.iter_mut().zip(bytes).for_each(|(to, from)| *to = from);
        }
        Ok(())
    }

    fn searches_keys(&self) -> bool {
        false
    }
}
