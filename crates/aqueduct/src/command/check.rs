//! `aqueduct check`: what is wrong with the platform, without writing anything, and what the rules are.

use std::fmt::Write as _;
use std::path::Path;

use aqueduct_check::{ALL, Rule};
use aqueduct_manifest::{Diagnostic, Files, Label, Position, closest};
use aqueduct_render::{Registry, TENANCY};
use clap::{Args, ValueEnum};
use serde::Serialize;

use super::{Failure, Outcome, print, read, tell};
use crate::cli::SelectionArguments;
use crate::compile::compile_into;
use crate::terminal::Terminal;

#[derive(Debug, Args)]
pub(crate) struct Arguments {
    #[command(flatten)]
    selection: SelectionArguments,
    /// How to print the findings.
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
    /// Explain a rule: why it exists, what to do, and how to allow what it finds.
    #[arg(long, value_name = "RULE", conflicts_with_all = ["environments", "tenants", "format"])]
    explain: Option<String>,
    /// List all rules with their levels.
    #[arg(long, conflicts_with_all = ["explain", "environments", "tenants", "format"])]
    list_rules: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Format {
    /// Text for people, on standard error.
    Text,
    /// A JSON list, on standard output.
    Json,
    /// Workflow commands, on standard output, which GitHub shows as annotations of a pull request.
    Github,
}

pub(crate) fn run(
    arguments: &Arguments,
    directory: &Path,
    registry: &Registry,
    terminal: &Terminal,
) -> Result<Outcome, Failure> {
    if let Some(name) = &arguments.explain {
        print(terminal, &rule(name)?.explain())?;
        return Ok(Outcome::Done);
    }
    if arguments.list_rules {
        print(terminal, &list_of_rules())?;
        return Ok(Outcome::Done);
    }
    let files = read(directory, registry)?;
    let progress = terminal.progress();
    let selection = arguments.selection.selection();
    let message = |environment: &str| progress.set_message(format!("checking {environment}"));
    let compilation = compile_into(&files, registry, &selection, &message, &mut |_| {}, |_, _| Ok(()));
    progress.finish_and_clear();
    let compilation = compilation?;
    let diagnostics = &compilation.diagnostics;
    match arguments.format {
        Format::Text => {
            tell(diagnostics, &files, terminal);
            if diagnostics.is_empty() {
                // What a tenant gets beside its components is not counted: nobody wrote it.
                let chosen = |tenant: &str| {
                    selection.tenants.is_empty()
                        || selection.tenants.iter().any(|name| name.as_str() == tenant)
                };
                let components = compilation.components.iter();
                let own = components.filter(|one| one.component != TENANCY && chosen(&one.tenant));
                let instances = own.count();
                let plural = if instances == 1 { "" } else { "s" };
                terminal.say(&format!("{instances} instance{plural} of components, no findings"));
            }
        }
        Format::Json => {
            let findings: Vec<Finding<'_>> =
                diagnostics.iter().map(|one| Finding::new(one, &files)).collect();
            let text =
                serde_json::to_string_pretty(&findings).map_err(|error| Failure::new(error.to_string()))?;
            print(terminal, &(text + "\n"))?;
        }
        Format::Github => {
            let text: String = diagnostics.iter().map(|one| workflow_command(one, &files)).collect();
            print(terminal, &text)?;
        }
    }
    // What is wrong nowhere in the files is wrong with the command.
    let is_of_command = |found: &Diagnostic| found.is_error() && found.labels.is_empty();
    Ok(match compilation.has_errors() {
        true if diagnostics.iter().any(is_of_command) => Outcome::Failed,
        true => Outcome::Found,
        false => Outcome::Done,
    })
}

/// Returns the rule of a name.
fn rule(name: &str) -> Result<&'static Rule, Failure> {
    ALL.iter().find(|rule| rule.name == name).ok_or_else(|| {
        let failure = Failure::new(format!("there is no such rule: `{name}`"));
        match closest(name, ALL.iter().map(|rule| rule.name)) {
            Some(meant) => failure.hint(format!("did you mean `{meant}`?")),
            None => failure.hint("`aqueduct check --list-rules` lists all rules"),
        }
    })
}

/// Returns the rules as a table.
fn list_of_rules() -> String {
    let name_width = ALL.iter().map(|rule| rule.name.len()).max().unwrap_or(0);
    let level_width = ALL.iter().map(|rule| rule.level.to_string().len()).max().unwrap_or(0);
    let mut text = format!("{:name_width$}  {:level_width$}  SUMMARY\n", "RULE", "LEVEL");
    for Rule { name, level, summary, .. } in ALL {
        let _ = writeln!(text, "{name:name_width$}  {level:level_width$}  {summary}");
    }
    text
}

/// A diagnostic with its first place as line and column.
#[derive(Serialize)]
struct Finding<'a> {
    #[serde(flatten)]
    diagnostic: &'a Diagnostic,
    #[serde(skip_serializing_if = "Option::is_none")]
    file: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    position: Option<Position>,
}

impl<'a> Finding<'a> {
    fn new(diagnostic: &'a Diagnostic, files: &Files) -> Self {
        let label = diagnostic.labels.first();
        let position = label.and_then(|label| position(label, files));
        Self { diagnostic, file: label.map(|label| label.place.file.as_ref()), position }
    }
}

fn position(label: &Label, files: &Files) -> Option<Position> {
    Some(label.place.span?.position(files.text(&label.place.file)?))
}

/// Source: <https://docs.github.com/actions/reference/workflow-commands-for-github-actions>.
fn workflow_command(diagnostic: &Diagnostic, files: &Files) -> String {
    let escape = |text: &str| text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A");
    let property = |text: &str| escape(text).replace(':', "%3A").replace(',', "%2C");
    let level = if diagnostic.is_error() { "error" } else { "warning" };
    let mut properties = vec![format!("title={}", property(diagnostic.code))];
    if let Some(label) = diagnostic.labels.first() {
        properties.push(format!("file={}", property(&label.place.file)));
        if let Some(position) = position(label, files) {
            properties.push(format!("line={},col={}", position.line, position.column));
        }
    }
    let hints: String = diagnostic.hints.iter().map(|hint| format!("\nhint: {hint}")).collect();
    format!("::{level} {}::{}\n", properties.join(","), escape(&format!("{}{hints}", diagnostic.message)))
}
