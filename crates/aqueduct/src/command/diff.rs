//! `aqueduct diff`: shows what a render would change, object by object, and what it removes from the clusters; or
//! compares two sets of manifests.

mod manifests;

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use anstyle::{AnsiColor, Style};
use aqueduct_render::Registry;
use aqueduct_tree::{Summary, diff, summary, unified};
use clap::Args;

use super::{Failure, Outcome, compiled, print, read};
use crate::cli::SelectionArguments;
use crate::removal::removals;
use crate::terminal::Terminal;

#[derive(Debug, Args)]
pub(crate) struct Arguments {
    /// The old manifests: a file, a folder, or `-` for standard input [default: compare a render with the output].
    #[arg(value_name = "OLD", requires = "new", conflicts_with_all = ["summary", "SelectionArguments"])]
    old: Option<PathBuf>,
    /// The new manifests.
    #[arg(value_name = "NEW")]
    new: Option<PathBuf>,
    #[command(flatten)]
    between: manifests::ManifestArguments,
    #[command(flatten)]
    selection: SelectionArguments,
    /// Print only the summary by environment and tenant, and what the clusters delete.
    #[arg(long)]
    summary: bool,
}

pub(super) const ADDED: Style = AnsiColor::Green.on_default();
pub(super) const REMOVED: Style = AnsiColor::Red.on_default();
const PLACE: Style = AnsiColor::Cyan.on_default();
const HEADING: Style = Style::new().bold();

pub(crate) fn run(
    arguments: &Arguments,
    directory: &Path,
    registry: &Registry,
    terminal: &Terminal,
) -> Result<Outcome, Failure> {
    if let (Some(old), Some(new)) = (&arguments.old, &arguments.new) {
        return manifests::run(old, new, &arguments.between, terminal);
    }
    let files = read(directory, registry)?;
    let compilation = compiled(&files, registry, &arguments.selection.selection(), terminal);
    if compilation.has_errors() {
        return Ok(Outcome::Failed);
    }
    let output = directory.join(compilation.output.as_str());
    let differences = diff(&output, &compilation.tree)?;
    if differences.is_empty() {
        terminal.say("no differences");
        return Ok(Outcome::Done);
    }
    let mut text = String::new();
    if !arguments.summary {
        for difference in &differences {
            coloured(&mut text, &unified(difference));
        }
        text.push('\n');
    }
    table(&mut text, &summary(&differences));
    let removals = removals(&differences, &compilation.tree);
    if !removals.is_empty() {
        text.push('\n');
        text.push_str(&removals);
    }
    print(terminal, &text)?;
    Ok(Outcome::Found)
}

/// Adds a unified diff in colour. The signs at the line starts carry the same information.
fn coloured(text: &mut String, diff: &str) {
    for line in diff.lines() {
        let style = match line.as_bytes() {
            [b'+', b'+', b'+', ..] | [b'-', b'-', b'-', ..] => HEADING,
            [b'+', ..] => ADDED,
            [b'-', ..] => REMOVED,
            [b'@', ..] => PLACE,
            _ => Style::new(),
        };
        let _ = writeln!(text, "{style}{line}{style:#}");
    }
}

fn table(text: &mut String, summary: &Summary) {
    let _ = writeln!(text, "{HEADING}{}{HEADING:#}", summary.to_string().trim_end());
}
