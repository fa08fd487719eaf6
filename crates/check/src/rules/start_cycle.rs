//! No components wait for each other to start.

use crate::index::Index;
use crate::report::Report;
use crate::rule::{Level, Rule};

pub(crate) const RULE: Rule = Rule {
    name: "start-cycle",
    summary: "components need each other, so none of them can start first",
    level: Level::Warning,
    page: include_str!("start_cycle.md"),
    check: start_cycle,
};

fn start_cycle(index: &Index<'_>, report: &mut Report) {
    for (members, place) in index.cycles() {
        let Some(first) = members.first() else { continue };
        let names: Vec<String> =
            members.iter().map(|(tenant, component)| format!("`{tenant}/{component}`")).collect();
        let message = format!("{} need each other, so none of them can start first", names.join(", "));
        report
            .warning_at(place, *first, message)
            .hint("remove a dependency that one of them can start without, or let its program wait");
    }
}
