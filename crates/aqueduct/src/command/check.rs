//! `aqueduct check`: reports problems of a platform or of manifests, and lists and explains the rules.

mod allowed;
mod finding;
mod junit;
mod manifests;
mod rules;
mod sarif;
mod server;

use std::path::{Path, PathBuf};

use aqueduct_apiserver::Server;
use aqueduct_manifest::{Diagnostic, Files, Position};
use aqueduct_model::types::Date;
use aqueduct_render::{Registry, TENANCY};
use clap::{Args, ValueEnum};

use finding::{Finding, Named, Subject, position, workflow_command};
use manifests::Found;
use rules::{PLATFORM, group_of};
pub(crate) use server::minor;

use super::manifests::{Document, Manifests};
use super::{Failure, Outcome, next, print, read, tell, write_file};
use crate::Compiler;
use crate::baseline::{self, Baseline};
use crate::cli::SelectionArguments;
use crate::compiler::load;
use crate::terminal::Terminal;

#[derive(Debug, Args)]
pub(crate) struct Arguments {
    #[command(flatten)]
    selection: SelectionArguments,
    /// Check these manifests (files or folders) instead of a platform; `-` is standard input.
    #[arg(long, value_name = "PATH", num_args = 1.., conflicts_with_all = ["environments", "tenants"])]
    manifests: Vec<PathBuf>,
    /// The Kubernetes version to check against [default: the version of each environment; for manifests, the latest
    /// supported].
    #[arg(long, value_name = "VERSION")]
    kubernetes: Option<String>,
    /// Run only these rules and groups; `api` covers what the API server rejects, `admission` what its admission
    /// control rejects.
    #[arg(long, value_name = "GROUP|RULE", value_delimiter = ',')]
    rules: Vec<String>,
    /// How to print the findings.
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
    /// Explain a rule: why it exists, how to fix its findings, and how to allow them.
    #[arg(long, value_name = "RULE", conflicts_with_all = ["environments", "tenants", "format"])]
    explain: Option<String>,
    /// List all rules with their groups and levels.
    #[arg(long, conflicts_with_all = ["explain", "environments", "tenants", "format"])]
    list_rules: bool,
    /// List the allowed findings: where each is allowed, until when, and why.
    #[arg(long, conflicts_with_all = ["explain", "list_rules", "manifests", "environments", "tenants"])]
    allowed: bool,
    /// Record the current findings in `aqueduct.baseline`, so that they are not reported again.
    #[arg(long, conflicts_with_all = ["explain", "list_rules", "allowed", "manifests", "environments", "tenants", "rules", "kubernetes", "format"])]
    write_baseline: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Format {
    /// Human-readable text, on standard error.
    Text,
    /// A JSON object with a list of findings, on standard output.
    Json,
    /// A SARIF log for code scanning, on standard output.
    Sarif,
    /// Workflow commands that GitHub shows as annotations in a pull request, on standard output.
    Github,
    /// JUnit XML that CI servers show as test results, on standard output.
    Junit,
}

pub(crate) fn run(
    arguments: &Arguments,
    directory: &Path,
    registry: &Registry,
    terminal: &Terminal,
) -> Result<Outcome, Failure> {
    if let Some(name) = &arguments.explain {
        print(terminal, &rules::page(name)?)?;
        return Ok(Outcome::Done);
    }
    if arguments.list_rules {
        print(terminal, &rules::list())?;
        return Ok(Outcome::Done);
    }
    for name in &arguments.rules {
        rules::known(name)?;
    }
    if !arguments.manifests.is_empty() {
        return check_manifests(arguments, terminal);
    }
    let files = read(directory, registry)?;
    let progress = terminal.progress();
    let selection = arguments.selection.selection();
    let mut loaded = load(&files, registry, &selection);
    if arguments.allowed {
        tell(&loaded.diagnostics, &files, terminal);
        print(terminal, &allowed::allowed(&loaded, &files, arguments.format)?)?;
        return Ok(Outcome::Done);
    }
    if arguments.write_baseline {
        loaded.baseline = Baseline::default();
    }
    loaded.end_allowances(&today()?);
    let known = loaded.baseline.known().count();
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
    if arguments.write_baseline {
        return write_baseline(&diagnostics, directory, &files, terminal);
    }
    // Errors that keep the platform from being checked are reported whatever `--rules` says.
    diagnostics.retain(|found| group_of(found.code) == PLATFORM || arguments.wants(found.code));
    // Errors come first, since some readers (such as GitHub's annotations) cut the list off. Otherwise the files give
    // the order.
    diagnostics.sort_by_key(|found| found.severity);
    let diagnostics = &diagnostics;
    match arguments.format {
        Format::Text => {
            tell(diagnostics, &files, terminal);
            if diagnostics.is_empty() {
                // The objects of the tenant itself are not counted, since nobody wrote them as a component.
                let chosen = |tenant: &str| {
                    selection.tenants.is_empty()
                        || selection.tenants.iter().any(|name| name.as_str() == tenant)
                };
                let own = outlines.iter().filter(|one| one.component != TENANCY && chosen(&one.tenant));
                let instances = own.count();
                let plural = if instances == 1 { "" } else { "s" };
                let others = match known {
                    0 => String::new(),
                    known => format!(" except the {known} in {}", baseline::FILE),
                };
                terminal.say(&format!("{instances} component instance{plural}, no findings{others}"));
            }
        }
        format => {
            let placed: Vec<_> = diagnostics
                .iter()
                .map(|one| (one, one.labels.first().and_then(|label| position(label, &files))))
                .collect();
            let findings = || placed.iter().map(|(one, place)| Finding::new(one, *place, None)).collect();
            print_findings(format, &placed, findings, &files, terminal)?;
        }
    }
    // An error without a place in the files is an error in the command line.
    let is_of_command = |found: &Diagnostic| found.is_error() && found.labels.is_empty();
    Ok(match diagnostics.iter().any(Diagnostic::is_error) {
        true if diagnostics.iter().any(is_of_command) => Outcome::Failed,
        true => Outcome::Found,
        false => Outcome::Done,
    })
}

/// Returns today's date.
fn today() -> Result<Date, Failure> {
    let day = jiff::Timestamp::now().to_zoned(jiff::tz::TimeZone::UTC).date();
    day.to_string().parse().map_err(|error| Failure::new(format!("the clock is wrong: {error}")))
}

/// Writes the baseline, or reports the errors that prevent it.
fn write_baseline(
    diagnostics: &[Diagnostic],
    directory: &Path,
    files: &Files,
    terminal: &Terminal,
) -> Result<Outcome, Failure> {
    match allowed::baseline_of(diagnostics) {
        Ok((text, count)) => {
            write_file(&directory.join(baseline::FILE), &text)?;
            let plural = if count == 1 { "" } else { "s" };
            terminal.say(&format!("{}: {count} finding{plural}", baseline::FILE));
            Ok(Outcome::Done)
        }
        Err(found) => {
            tell(&found, files, terminal);
            Err(Failure::new(
                "no baseline was written: fix the errors that keep the platform from rendering first",
            ))
        }
    }
}

/// Prints findings in a machine-readable format.
fn print_findings<'a>(
    format: Format,
    placed: &[(&Diagnostic, Option<Position>)],
    findings: impl FnOnce() -> Vec<Finding<'a>>,
    files: &Files,
    terminal: &Terminal,
) -> Result<(), Failure> {
    let failed = |error: serde_json::Error| Failure::new(error.to_string());
    let text = match format {
        Format::Text | Format::Json => finding::json(&findings()).map_err(failed)?,
        Format::Sarif => sarif::sarif(placed).map_err(failed)?,
        Format::Github => placed.iter().map(|(one, _)| workflow_command(one, files)).collect(),
        Format::Junit => junit::junit(placed),
    };
    print(terminal, &text)
}

impl Arguments {
    /// Tells whether `--rules` selects a rule.
    fn wants(&self, rule: &str) -> bool {
        self.rules.is_empty() || self.rules.iter().any(|name| name == rule || name == group_of(rule))
    }
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
        format => {
            let placed: Vec<_> =
                found.iter().map(|one| (&one.diagnostic, one.position(&manifests))).collect();
            let findings = || found.iter().map(|one| of_manifest(one, &manifests)).collect();
            print_findings(format, &placed, findings, &manifests.files(), terminal)?;
        }
    }
    Ok(if diagnostics().any(Diagnostic::is_error) { Outcome::Found } else { Outcome::Done })
}

/// Returns a finding together with its document.
fn of_manifest<'a>(found: &'a Found, manifests: &'a Manifests) -> Finding<'a> {
    let subject = |document: &'a Document| Subject {
        document: document.number,
        object: Named {
            api_version: document.object.api_version(),
            kind: document.object.kind(),
            namespace: document.object.namespace(),
            name: document.object.name(),
        },
        field: &found.field,
        reason: found.reason,
    };
    let document = found.document.map(|number| &manifests.documents[number]);
    Finding::new(&found.diagnostic, found.position(manifests), document.map(subject))
}
