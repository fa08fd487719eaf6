//! `aqueduct render`: writes the tree, or tells whether it is fresh.

use std::fmt::Write as _;
use std::path::Path;

use aqueduct_render::Registry;
use aqueduct_tree::{Change, Options, Report, emit, status};
use clap::Args;

use super::{Failure, Outcome, compiled, print};
use crate::cli::SelectionArguments;
use crate::terminal::Terminal;

#[derive(Debug, Args)]
pub(crate) struct Arguments {
    #[command(flatten)]
    selection: SelectionArguments,
    /// Write nothing; exit with 1 and a short list where the output is stale.
    #[arg(long, conflicts_with = "stdout")]
    check: bool,
    /// Print the objects as one stream of YAML instead of writing them.
    #[arg(long)]
    stdout: bool,
    /// Overwrite files of the output that somebody has edited.
    #[arg(long, conflicts_with_all = ["check", "stdout"])]
    overwrite_edited: bool,
}

/// How many stale files are named before the rest is counted.
const NAMED: usize = 20;

pub(crate) fn run(
    arguments: &Arguments,
    directory: &Path,
    registry: &Registry,
    terminal: &Terminal,
) -> Result<Outcome, Failure> {
    let compilation = compiled(directory, registry, &arguments.selection.selection(), terminal)?;
    if compilation.has_errors() {
        terminal.say("nothing was written");
        return Ok(Outcome::Failed);
    }
    let output = directory.join(compilation.output.as_str());
    if arguments.stdout {
        let mut text = String::new();
        for (environment, path, bytes) in compilation.tree.iter() {
            let _ = writeln!(text, "---\n# {environment}/{path}");
            text.push_str(&String::from_utf8_lossy(bytes));
        }
        print(terminal, &text)?;
        return Ok(Outcome::Done);
    }
    if arguments.check {
        let status = status(&output, &compilation.tree)?;
        if status.is_clean() {
            terminal.say(&format!("{} files are up to date", compilation.tree.len()));
            return Ok(Outcome::Done);
        }
        print(terminal, &stale(&status.changes))?;
        terminal.say(&format!("the output is stale: {} of {} files; run `aqueduct render`", status.changes.len(), compilation.tree.len()));
        return Ok(Outcome::Found);
    }
    let progress = terminal.progress();
    progress.set_message("writing");
    let options = Options { overwrite_edited: arguments.overwrite_edited, ..Options::default() };
    let report = emit(&output, &compilation.tree, options);
    progress.finish_and_clear();
    terminal.say(&told(&report?, compilation.tree.len()));
    Ok(Outcome::Done)
}

fn stale(changes: &[Change]) -> String {
    let mut text = String::new();
    for change in changes.iter().take(NAMED) {
        let _ = writeln!(text, "{change}");
    }
    if changes.len() > NAMED {
        let _ = writeln!(text, "… and {} more", changes.len() - NAMED);
    }
    text
}

fn told(report: &Report, files: usize) -> String {
    if report.is_unchanged() {
        return format!("{files} files, nothing changed");
    }
    let counts = [
        (report.created.len(), "created"),
        (report.updated.len(), "updated"),
        (report.removed.len(), "removed"),
        (report.adopted.len(), "adopted"),
        (report.unchanged, "unchanged"),
    ];
    let parts: Vec<String> =
        counts.iter().filter(|(count, _)| *count > 0).map(|(count, word)| format!("{count} {word}")).collect();
    let finished = if report.finished { "; the work of an interrupted run was finished first" } else { "" };
    format!("{files} files: {}{finished}", parts.join(", "))
}
