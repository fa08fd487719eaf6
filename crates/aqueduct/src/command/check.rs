//! `aqueduct check`: what is wrong with the platform, without writing anything, and what the rules are.

mod finding;
mod manifests;
mod server;

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use aqueduct_apiserver::Server;
use aqueduct_check::{ALL, GROUPS, Rule};
use aqueduct_manifest::{Diagnostic, closest};
use aqueduct_render::{Registry, TENANCY};
use clap::{Args, ValueEnum};

use finding::{Finding, Named, Subject, position, workflow_command};
pub(crate) use server::minor;

use super::manifests::{Manifests, UNREADABLE};
use super::{Failure, Outcome, next, print, read, tell};
use crate::Compiler;
use crate::cli::SelectionArguments;
use crate::compiler::load;
use crate::server::{ADMISSION, API, group, names};
use crate::terminal::Terminal;

#[derive(Debug, Args)]
pub(crate) struct Arguments {
    #[command(flatten)]
    selection: SelectionArguments,
    /// Check these files and folders of manifests instead of a platform; `-` is standard input.
    #[arg(long, value_name = "PATH", num_args = 1.., conflicts_with_all = ["environments", "tenants"])]
    manifests: Vec<PathBuf>,
    /// The version of Kubernetes that is checked for, in place of that of each environment; of manifests, the latest
    /// one that is known.
    #[arg(long, value_name = "VERSION")]
    kubernetes: Option<String>,
    /// Only these rules and groups of rules; `api` is what the API server refuses, and `admission` what its admission
    /// refuses.
    #[arg(long, value_name = "GROUP|RULE", value_delimiter = ',')]
    rules: Vec<String>,
    /// How to print the findings.
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
    /// Explain a rule: why it exists, what to do, and how to allow what it finds.
    #[arg(long, value_name = "RULE", conflicts_with_all = ["environments", "tenants", "format"])]
    explain: Option<String>,
    /// List all rules with their groups and levels.
    #[arg(long, conflicts_with_all = ["explain", "environments", "tenants", "format"])]
    list_rules: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Format {
    /// Text for people, on standard error.
    Text,
    /// A JSON object with a list of findings, on standard output.
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
    for name in &arguments.rules {
        known(name)?;
    }
    if !arguments.manifests.is_empty() {
        return check_manifests(arguments, terminal);
    }
    let files = read(directory, registry)?;
    let progress = terminal.progress();
    let selection = arguments.selection.selection();
    let mut loaded = load(&files, registry, &selection);
    if let Some(version) = &arguments.kubernetes {
        loaded.upgrade(server::minor(version)?);
    }
    let mut compiler = Compiler::of(loaded, &files, registry, &selection);
    let mut outlines = Vec::new();
    while let Some(environment) = next(&mut compiler, &progress, "checking") {
        outlines.extend_from_slice(environment.outlines());
    }
    progress.finish_and_clear();
    let mut diagnostics = compiler.finish();
    // Whatever keeps the platform from being checked is told in any case.
    diagnostics.retain(|found| group_of(found.code) == PLATFORM || arguments.wants(found.code));
    let diagnostics = &diagnostics;
    match arguments.format {
        Format::Text => {
            tell(diagnostics, &files, terminal);
            if diagnostics.is_empty() {
                // What a tenant gets beside its components is not counted: nobody wrote it.
                let chosen = |tenant: &str| {
                    selection.tenants.is_empty()
                        || selection.tenants.iter().any(|name| name.as_str() == tenant)
                };
                let own = outlines.iter().filter(|one| one.component != TENANCY && chosen(&one.tenant));
                let instances = own.count();
                let plural = if instances == 1 { "" } else { "s" };
                terminal.say(&format!("{instances} instance{plural} of components, no findings"));
            }
        }
        Format::Json => {
            let place = |one: &Diagnostic| position(one.labels.first()?, &files);
            let findings: Vec<Finding<'_>> =
                diagnostics.iter().map(|one| Finding::new(one, place(one), None)).collect();
            print_json(terminal, &findings)?;
        }
        Format::Github => {
            let text: String = diagnostics.iter().map(|one| workflow_command(one, &files)).collect();
            print(terminal, &text)?;
        }
    }
    // What is wrong nowhere in the files is wrong with the command.
    let is_of_command = |found: &Diagnostic| found.is_error() && found.labels.is_empty();
    Ok(match diagnostics.iter().any(Diagnostic::is_error) {
        true if diagnostics.iter().any(is_of_command) => Outcome::Failed,
        true => Outcome::Found,
        false => Outcome::Done,
    })
}

/// The group of what is no rule: what keeps a platform from being read or rendered.
const PLATFORM: &str = "platform";

/// Returns the group that a finding belongs to, by its rule.
fn group_of(code: &str) -> &'static str {
    let of_server = if code == UNREADABLE { Some(API) } else { group(code) };
    of_server.unwrap_or_else(|| ALL.iter().find(|rule| rule.name == code).map_or(PLATFORM, Rule::group))
}

impl Arguments {
    /// Tells whether a rule was asked for.
    fn wants(&self, rule: &str) -> bool {
        self.rules.is_empty() || self.rules.iter().any(|name| name == rule || name == group_of(rule))
    }
}

/// Checks that there is such a rule or group.
fn known(name: &str) -> Result<(), Failure> {
    let of_server = [ADMISSION].into_iter().chain(names());
    let groups = GROUPS.iter().map(|(group, _)| *group);
    let known: Vec<&str> = groups.chain(ALL.iter().map(|rule| rule.name)).chain(of_server).collect();
    if known.contains(&name) {
        return Ok(());
    }
    let failure = Failure::new(format!("there is no such rule or group: `{name}`"));
    Err(match closest(name, known) {
        Some(meant) => failure.hint(format!("did you mean `{meant}`?")),
        None => failure.hint("`aqueduct check --list-rules` lists all rules and their groups"),
    })
}

/// Checks manifests without a platform.
fn check_manifests(arguments: &Arguments, terminal: &Terminal) -> Result<Outcome, Failure> {
    let latest = *Server::MINORS.end();
    let minor = arguments.kubernetes.as_deref().map_or(Ok(latest), server::minor)?;
    let manifests = Manifests::read(&arguments.manifests)?;
    let found = manifests::check(&manifests, minor, &|rule| arguments.wants(rule));
    let diagnostics = || found.iter().map(|one| &one.diagnostic);
    match arguments.format {
        Format::Text => {
            let diagnostics: Vec<Diagnostic> = diagnostics().cloned().collect();
            tell(&diagnostics, &manifests.files(), terminal);
            if diagnostics.is_empty() {
                let count = manifests.documents.len();
                let plural = if count == 1 { "" } else { "s" };
                terminal.say(&format!("{count} object{plural}, no findings"));
            }
        }
        Format::Json => {
            let findings: Vec<Finding<'_>> = found
                .iter()
                .map(|one| {
                    let document = one.document.map(|number| &manifests.documents[number]);
                    let subject = document.map(|document| Subject {
                        document: document.number,
                        object: Named {
                            api_version: document.object.api_version(),
                            kind: document.object.kind(),
                            namespace: document.object.namespace(),
                            name: document.object.name(),
                        },
                        field: &one.field,
                        reason: one.reason,
                    });
                    Finding::new(
                        &one.diagnostic,
                        document.map(|document| document.position(&one.field)),
                        subject,
                    )
                })
                .collect();
            print_json(terminal, &findings)?;
        }
        Format::Github => {
            let files = manifests.files();
            let text: String = diagnostics().map(|one| workflow_command(one, &files)).collect();
            print(terminal, &text)?;
        }
    }
    Ok(if diagnostics().any(Diagnostic::is_error) { Outcome::Found } else { Outcome::Done })
}

fn print_json(terminal: &Terminal, findings: &[Finding<'_>]) -> Result<(), Failure> {
    print(terminal, &finding::json(findings).map_err(|error| Failure::new(error.to_string()))?)
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
    let group_width = GROUPS.iter().map(|(group, _)| group.len()).max().unwrap_or(0);
    let mut text =
        format!("{:name_width$}  {:group_width$}  {:level_width$}  SUMMARY\n", "RULE", "GROUP", "LEVEL");
    for rule in ALL {
        let Rule { name, level, summary, .. } = rule;
        let group = rule.group();
        let _ = writeln!(text, "{name:name_width$}  {group:group_width$}  {level:level_width$}  {summary}");
    }
    text
}
