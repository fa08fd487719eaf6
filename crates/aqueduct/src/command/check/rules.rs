//! The names that findings are reported under: the rules, and the server's checks.

use std::fmt::Write as _;

use aqueduct_check::{ALL, GROUPS, Rule, explain};
use aqueduct_manifest::closest;

use super::Failure;
use crate::command::manifests::UNREADABLE;
use crate::compiler::known_rules;
use crate::server::{ADMISSION, API, SERVER_RULES, ServerRule, server_rule};

/// The group of findings that belong to no rule: errors that keep a platform from being read or rendered.
pub(super) const PLATFORM: &str = "platform";

/// Returns the group of a rule.
pub(super) fn group_of(code: &str) -> &'static str {
    let of_server = if code == UNREADABLE { Some(API) } else { server_rule(code).map(ServerRule::group) };
    of_server.unwrap_or_else(|| ALL.iter().find(|rule| rule.name == code).map_or(PLATFORM, Rule::group))
}

/// Checks that there is such a rule or group.
pub(super) fn known(name: &str) -> Result<(), Failure> {
    let groups = GROUPS.iter().map(|(group, _)| *group).chain([ADMISSION]);
    let known: Vec<&str> = groups.chain(known_rules()).collect();
    if known.contains(&name) {
        return Ok(());
    }
    let failure = Failure::new(format!("there is no such rule or group: `{name}`"));
    Err(match closest(name, known) {
        Some(meant) => failure.hint(format!("did you mean `{meant}`?")),
        None => failure.hint("run `aqueduct check --list-rules` for all rules and groups"),
    })
}

/// Returns the one-line summary of a rule.
pub(super) fn summary(name: &str) -> Option<&'static str> {
    let of_rule = ALL.iter().find(|rule| rule.name == name).map(|rule| rule.summary);
    of_rule.or_else(|| server_rule(name).map(|rule| rule.summary))
}

/// Returns the documentation page of a rule.
pub(super) fn page(name: &str) -> Result<String, Failure> {
    if let Some(rule) = server_rule(name) {
        return Ok(explain(rule.name, rule.summary, rule.level, rule.page));
    }
    ALL.iter().find(|rule| rule.name == name).map(Rule::explain).ok_or_else(|| {
        let failure = Failure::new(format!("there is no such rule: `{name}`"));
        match closest(name, known_rules()) {
            Some(meant) => failure.hint(format!("did you mean `{meant}`?")),
            None => failure.hint("run `aqueduct check --list-rules` for all rules"),
        }
    })
}

/// Returns all rules as a table.
pub(super) fn list() -> String {
    let of_rules = ALL.iter().map(|rule| (rule.name, rule.group(), rule.level, rule.summary));
    let of_server = SERVER_RULES.iter().map(|rule| (rule.name, rule.group(), rule.level, rule.summary));
    let mut rows: Vec<_> = of_rules.chain(of_server).collect();
    rows.sort_unstable_by_key(|(name, ..)| *name);
    let width = |texts: &mut dyn Iterator<Item = usize>| texts.max().unwrap_or(0);
    let name_width = width(&mut rows.iter().map(|row| row.0.len()));
    let group_width = width(&mut rows.iter().map(|row| row.1.len()));
    let level_width = width(&mut rows.iter().map(|row| row.2.to_string().len()));
    let mut text =
        format!("{:name_width$}  {:group_width$}  {:level_width$}  SUMMARY\n", "RULE", "GROUP", "LEVEL");
    for (name, group, level, summary) in rows {
        // Writing to a text cannot fail.
        let _ = writeln!(text, "{name:name_width$}  {group:group_width$}  {level:level_width$}  {summary}");
    }
    text
}
