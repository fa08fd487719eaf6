//! `aqueduct render`: writes the output, or checks that it is up to date.

use std::fmt::{Display, Write as _};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use aqueduct_manifest::{Diagnostic, Files};
use aqueduct_model::Selection;
use aqueduct_render::Registry;
use aqueduct_tree::{
    Emission, EmitOptions, EmitReport, ErrorKind, FileChange, InputKey, State, made_from, status,
};
use clap::Args;
use rayon::prelude::*;
use sha2::{Digest, Sha256};

use super::{CONVERTED, Failure, Outcome, compiled, next, print, read, tell};
use crate::cli::SelectionArguments;
use crate::terminal::Terminal;
use crate::{Compiler, RenderedFile};

#[derive(Debug, Args)]
pub(crate) struct Arguments {
    #[command(flatten)]
    selection: SelectionArguments,
    /// Write nothing; if the output is stale, list the files and exit with 1.
    #[arg(long, conflicts_with = "stdout")]
    check: bool,
    /// Print the objects as one YAML stream instead of writing them.
    #[arg(long)]
    stdout: bool,
    /// Overwrite output files that were edited by hand.
    #[arg(long, conflicts_with_all = ["check", "stdout"])]
    overwrite_edited: bool,
}

/// How many files are listed before the rest is only counted.
const NAMED: usize = 20;

pub(crate) fn run(
    arguments: &Arguments,
    directory: &Path,
    registry: &Registry,
    terminal: &Terminal,
) -> Result<Outcome, Failure> {
    let selection = arguments.selection.selection();
    let files = read(directory, registry)?;
    // If this program has already rendered these files as a whole, the output is up to date without a comparison.
    // `--check` also looks for stray files, so it has no such shortcut.
    let input = (selection == Selection::default()).then(|| input_key(&files)).flatten();
    if let (Some(key), false, false) = (&input, arguments.stdout, arguments.check)
        && let Some(count) = made_from(&directory.join(output_folder(&files)), key)
    {
        terminal.say(&unchanged(count));
        return Ok(Outcome::Done);
    }
    if !arguments.stdout && !arguments.check {
        return write(arguments, directory, &files, registry, &selection, input.as_ref(), terminal);
    }
    let compilation = compiled(&files, registry, &selection, terminal);
    if compilation.has_errors() {
        return Ok(Outcome::Failed);
    }
    if arguments.stdout {
        let mut text = String::new();
        let objects = compilation.tree.iter().filter(|(_, path, _)| path.ends_with(".yaml"));
        for (environment, path, bytes) in objects {
            let _ = writeln!(text, "---\n# {environment}/{path}");
            text.push_str(&String::from_utf8_lossy(bytes));
        }
        print(terminal, &text)?;
        return Ok(Outcome::Done);
    }
    let status = status(&directory.join(compilation.output.as_str()), &compilation.tree)?;
    if let Some(warning) = strays(&status.unowned) {
        terminal.say(&warning);
    }
    if status.is_clean() {
        terminal.say(&format!("{} files are up to date", compilation.tree.len()));
        return Ok(Outcome::Done);
    }
    print(terminal, &stale(&status.changes))?;
    let extra = status.changes.iter().filter(|change| change.state == State::Extra).count();
    terminal.say(&format!(
        "the output is stale: {} of {} files; run `aqueduct render`",
        status.changes.len(),
        compilation.tree.len() + extra
    ));
    if status.changes.iter().any(|change| change.state == State::Converted) {
        terminal.warn(CONVERTED);
    }
    Ok(Outcome::Found)
}

/// Renders environment by environment into temporary files, which all replace the output at the end.
fn write(
    arguments: &Arguments,
    directory: &Path,
    files: &Files,
    registry: &Registry,
    selection: &Selection,
    input: Option<&InputKey>,
    terminal: &Terminal,
) -> Result<Outcome, Failure> {
    let options = EmitOptions { overwrite_edited: arguments.overwrite_edited, ..EmitOptions::default() };
    let mut compiler = Compiler::new(files, registry, selection);
    let (output, scopes) = (directory.join(compiler.output()), compiler.scopes());
    let begin = || {
        let begin = |options| Emission::begin(&output, scopes.iter().cloned(), options);
        match begin(EmitOptions { wait: Duration::ZERO, ..options }) {
            Err(error) if matches!(error.kind(), ErrorKind::Locked { .. }) => {
                terminal.say(&format!("waiting: {error}"));
                begin(options)
            }
            begun => begun,
        }
    };
    let progress = terminal.progress();
    let mut begun = None;
    while let Some(environment) = next(&mut compiler, &progress, "rendering") {
        if !compiler.has_errors() {
            let emission = match &begun {
                Some(emission) => emission,
                None => begun.insert(begin()?),
            };
            environment.into_files().into_par_iter().try_for_each(|file| {
                let RenderedFile { environment, path, content } = file;
                emission.add(environment.as_str(), &path, &content.into_bytes())
            })?;
        }
    }
    progress.finish_and_clear();
    let diagnostics = compiler.finish();
    tell(&diagnostics, files, terminal);
    if diagnostics.iter().any(Diagnostic::is_error) {
        terminal.say("nothing was written");
        return Ok(Outcome::Failed);
    }
    // Without environments, everything in the output is stale.
    let emission = match begun {
        Some(emission) => emission,
        None => begin()?,
    };
    // A tree with warnings is rendered again next time, so that the warnings are repeated.
    let report = emission.commit(input.filter(|_| diagnostics.is_empty()))?;
    terminal.say(&told(&report));
    if report.converted > 0 {
        terminal.say(CONVERTED);
    }
    Ok(Outcome::Done)
}

fn unchanged(files: usize) -> String {
    format!("{files} files, nothing changed")
}

/// Returns the output folder, reading only `platform.toml`.
fn output_folder(files: &Files) -> String {
    let platform = files.get("platform.toml").map(|bytes| ("platform.toml", Arc::clone(bytes)));
    aqueduct_model::load(&platform.into_iter().collect()).platform.output.to_string()
}

/// Returns the key of everything that decides the output: the files and this program.
fn input_key(files: &Files) -> Option<InputKey> {
    let program = std::env::current_exe().ok()?;
    let metadata = program.metadata().ok()?;
    let modified = metadata.modified().ok()?.duration_since(std::time::UNIX_EPOCH).ok()?;
    let mut hash = Sha256::new();
    let mut add = |bytes: &[u8]| {
        hash.update((bytes.len() as u64).to_le_bytes());
        hash.update(bytes);
    };
    add(env!("CARGO_PKG_VERSION").as_bytes());
    add(program.as_os_str().as_encoded_bytes());
    add(&metadata.len().to_le_bytes());
    add(&modified.as_nanos().to_le_bytes());
    for (path, bytes) in files.iter() {
        add(path.as_bytes());
        add(bytes);
    }
    Some(hash.finalize().into())
}

fn stale(changes: &[FileChange]) -> String {
    listed(changes.iter())
}

/// Returns a warning about manifests in the output that this program did not write, since Argo CD would apply them.
fn strays(unowned: &[String]) -> Option<String> {
    let is_manifest = |path: &&String| [".yaml", ".yml", ".json"].iter().any(|ending| path.ends_with(ending));
    let manifests: Vec<&String> = unowned.iter().filter(is_manifest).collect();
    if manifests.is_empty() {
        return None;
    }
    let list: String = listed(manifests.iter()).lines().map(|line| format!("  {line}\n")).collect();
    Some(format!(
        "warning: Argo CD would apply manifests in the output that aqueduct did not write:\n{list}hint: move them into a component of kind `manifests`, or delete them"
    ))
}

/// Returns one line for each of the first few items, and one that counts the rest.
fn listed<T: Display>(items: impl ExactSizeIterator<Item = T>) -> String {
    let mut text = String::new();
    let more = items.len().saturating_sub(NAMED);
    for item in items.take(NAMED) {
        let _ = writeln!(text, "{item}");
    }
    if more > 0 {
        let _ = writeln!(text, "… and {more} more");
    }
    text
}

fn told(report: &EmitReport) -> String {
    let written = [&report.created, &report.updated, &report.adopted].map(Vec::len);
    let files = written.iter().sum::<usize>() + report.unchanged;
    if report.is_unchanged() {
        return unchanged(files);
    }
    let counts = [
        (report.created.len(), "created"),
        (report.updated.len(), "updated"),
        (report.removed.len(), "removed"),
        (report.adopted.len(), "adopted"),
        (report.unchanged, "unchanged"),
    ];
    let parts: Vec<String> = counts
        .iter()
        .filter(|(count, _)| *count > 0)
        .map(|(count, word)| format!("{count} {word}"))
        .collect();
    format!("{files} files: {}", parts.join(", "))
}
