//! How much agrees, and what is left out.

use std::collections::BTreeMap;

use crate::data::report;

/// The share of Applications, in thousandths, that agrees in everything.
const FLOOR: usize = 990;

#[derive(Default)]
pub(crate) struct Tally {
    /// How many Applications are compared, and how many of them agree.
    pub(crate) applications: Count,
    /// The same for everything else that is counted.
    pub(crate) others: Count,
    /// What is left out, by reason.
    left_out: BTreeMap<&'static str, usize>,
    messages: Vec<String>,
}

/// How many there are, and how many agree.
#[derive(Clone, Copy, Default)]
pub(crate) struct Count {
    pub(crate) all: usize,
    pub(crate) good: usize,
}

impl Count {
    pub(crate) fn add(&mut self, all: usize, good: usize) {
        self.all += all;
        self.good += good;
    }
}

impl Tally {
    /// Reports what disagrees.
    pub(crate) fn say(&mut self, message: String) {
        self.messages.push(message);
    }

    pub(crate) fn leave_out(&mut self, reason: &'static str) {
        *self.left_out.entry(reason).or_default() += 1;
    }

    pub(crate) fn add(&mut self, other: Self) {
        self.applications.add(other.applications.all, other.applications.good);
        self.others.add(other.others.all, other.others.good);
        for (reason, count) in other.left_out {
            *self.left_out.entry(reason).or_default() += count;
        }
        self.messages.extend(other.messages);
    }

    pub(crate) fn print(&self, name: &str, unit: &str) {
        let Self { applications, others, left_out, .. } = self;
        let mut line = format!(
            "{name}: {} of {} Applications agree, {} of {} {unit}",
            applications.good, applications.all, others.good, others.all
        );
        for (number, (reason, count)) in left_out.iter().enumerate() {
            let start = if number == 0 { "; left out: " } else { ", " };
            line.push_str(&format!("{start}{count} {reason}"));
        }
        report(&line);
    }

    /// Fails if too little agrees.
    #[expect(clippy::disallowed_methods, reason = "a variable says how many differences are shown")]
    pub(crate) fn close(&self) {
        let show = std::env::var("AQUEDUCT_SHOW").ok().and_then(|text| text.parse().ok()).unwrap_or(20);
        self.messages.iter().take(show).for_each(|message| report(message));
        let Count { all, good } = self.applications;
        assert!(all > 0 && good * 1_000 >= all * FLOOR, "{good} of {all} Applications");
        let Count { all, good } = self.others;
        assert!(good * 1_000 >= all * FLOOR, "{good} of {all} of what else is counted");
    }
}
