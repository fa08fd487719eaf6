//! `aqueduct review`: what the changes since a revision do in the clusters of the platform.

mod base;

use std::collections::BTreeMap;
use std::path::Path;

use aqueduct_apiserver::Server;
use aqueduct_manifest::{Diagnostic, Object};
use aqueduct_render::Registry;
use aqueduct_review::{Apply, Review, print};
use clap::{Args, ValueEnum};

use super::check::minor;
use super::{Failure, Outcome, next, read, tell};
use crate::Compiler;
use crate::cli::SelectionArguments;
use crate::terminal::Terminal;

#[derive(Debug, Args)]
pub(crate) struct Arguments {
    /// The revision to compare with, from where it and the current commit have parted; the main branch by default.
    #[arg(long, value_name = "REVISION")]
    base: Option<String>,
    #[command(flatten)]
    selection: SelectionArguments,
    /// How to print the review.
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Format {
    /// What comes of the changes, the gravest first, then what differs, the same only once.
    Text,
    /// The same for the comment of a pull request, of at most 65,536 characters.
    Markdown,
    /// Every object and field, as `{"changes": [...]}`.
    Json,
}

/// The most characters that forges take for a comment.
const COMMENT: usize = 65_536;

/// The rendered objects of an environment, and the minor version of its Kubernetes.
#[derive(Default)]
struct Side {
    objects: Vec<Object>,
    kubernetes: String,
}

pub(crate) fn run(
    arguments: &Arguments,
    directory: &Path,
    registry: &Registry,
    terminal: &Terminal,
) -> Result<Outcome, Failure> {
    let folder = base::check_out(directory, arguments.base.as_deref())?;
    // A side that does not render would look deleted or new.
    let Some(new) = sides(directory, arguments, registry, terminal)? else { return Ok(Outcome::Failed) };
    let old = match folder.path().join("platform.toml").exists() {
        true => sides(folder.path(), arguments, registry, terminal)?,
        false => Some(BTreeMap::new()),
    };
    let Some(mut old) = old else {
        terminal.warn("error: the base does not render");
        return Ok(Outcome::Failed);
    };
    let mut found = Review::default();
    for (environment, side) in &new {
        let before = old.remove(environment).unwrap_or_default();
        let server = Server::new(minor(&side.kubernetes)?);
        found.add(
            environment,
            aqueduct_review::review(&server, &before.objects, &side.objects, Apply::Server),
        );
    }
    for (environment, side) in &old {
        let server = Server::new(minor(&side.kubernetes)?);
        found.add(environment, aqueduct_review::review(&server, &side.objects, &[], Apply::Server));
    }
    let text = match arguments.format {
        Format::Text => print::text(&found),
        Format::Markdown => print::markdown(&found, COMMENT),
        Format::Json => print::json(&found),
    };
    super::print(terminal, &text)?;
    if found.changes.is_empty() {
        if arguments.format == Format::Text {
            terminal.say("no differences");
        }
        return Ok(Outcome::Done);
    }
    Ok(Outcome::Found)
}

/// Renders the selected environments of a platform; `None` where that is not possible, which has been told.
fn sides(
    directory: &Path,
    arguments: &Arguments,
    registry: &Registry,
    terminal: &Terminal,
) -> Result<Option<BTreeMap<String, Side>>, Failure> {
    let files = read(directory, registry)?;
    let progress = terminal.progress();
    let selection = arguments.selection.selection();
    let is_selected = |tenant: &str| {
        selection.tenants.is_empty() || selection.tenants.iter().any(|name| name.as_str() == tenant)
    };
    let mut compiler = Compiler::new(&files, registry, &selection);
    let mut sides = BTreeMap::new();
    while let Some(rendered) = next(&mut compiler, &progress, "rendering") {
        if let Some(environment) = compiler.facts(&rendered) {
            let entries = environment.entries.iter().filter(|entry| is_selected(entry.tenant));
            let objects = entries.map(|entry| entry.object.clone()).collect();
            let kubernetes = environment.cluster.kubernetes.clone();
            sides.insert(environment.name.to_owned(), Side { objects, kubernetes });
        }
    }
    progress.finish_and_clear();
    let errors: Vec<Diagnostic> = compiler.finish().into_iter().filter(Diagnostic::is_error).collect();
    tell(&errors, &files, terminal);
    Ok(errors.is_empty().then_some(sides))
}
