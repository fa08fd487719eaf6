//! The commands, one file each with its arguments and its action.

pub(crate) mod capacity;
pub(crate) mod check;
pub(crate) mod completions;
pub(crate) mod diff;
pub(crate) mod explain;
pub(crate) mod export;
mod face;
pub(crate) mod helm;
pub(crate) mod impact;
pub(crate) mod init;
pub(crate) mod kustomize;
pub(crate) mod list;
pub(crate) mod man;
mod manifests;
pub(crate) mod reach;
pub(crate) mod render;
pub(crate) mod review;
pub(crate) mod schema;
pub(crate) mod set;
pub(crate) mod vendor;

use std::io::{self, Write};
use std::path::Path;
use std::process::ExitCode;

use aqueduct_manifest::{Diagnostic, Files};
use aqueduct_model::Selection;
use aqueduct_render::Registry;
use indicatif::ProgressBar;

use crate::cli::{Arguments, Command};
use crate::terminal::Terminal;
use crate::{Compilation, Compiler, RenderedEnvironment, read_sources, report, summary};

/// How a command ended, which decides the exit code.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// It succeeded.
    Done,
    /// It found something, or something differs.
    Found,
    /// It could not run.
    Failed,
}

/// Why a command could not run, beyond the diagnostics that it has already reported.
#[derive(Debug)]
pub(crate) struct Failure {
    message: String,
    hint: Option<String>,
}

impl Failure {
    pub(crate) fn new(message: impl Into<String>) -> Self {
        Self { message: message.into(), hint: None }
    }

    pub(crate) fn hint(self, hint: impl Into<String>) -> Self {
        Self { hint: Some(hint.into()), ..self }
    }
}

impl From<aqueduct_tree::Error> for Failure {
    fn from(error: aqueduct_tree::Error) -> Self {
        let failure = Self::new(with_causes(&error));
        if let Some(hint) = error.hint() {
            return failure.hint(hint);
        }
        // Each kind of path conflict has its own hint.
        let mut hints: Vec<String> = error.diagnostics().into_iter().flat_map(|found| found.hints).collect();
        hints.sort();
        hints.dedup();
        if hints.is_empty() { failure } else { failure.hint(hints.join("\nhint: ")) }
    }
}

impl From<aqueduct_manifest::FileError> for Failure {
    fn from(error: aqueduct_manifest::FileError) -> Self {
        Self::new(with_causes(&error))
    }
}

impl From<io::Error> for Failure {
    fn from(error: io::Error) -> Self {
        Self::new(format!("cannot write the output: {error}"))
    }
}

/// Returns an error and all its causes on one line.
fn with_causes(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        text.push_str(": ");
        text.push_str(&cause.to_string());
        source = cause.source();
    }
    text
}

/// What to do if git converted the line endings of a checkout.
pub(crate) const CONVERTED: &str = "hint: git converted line endings to CRLF: add `* -text` to \
     `.gitattributes` and run `git add --renormalize .`";

/// Where to read more about the rule in brackets at the start of a finding.
const EXPLAIN: &str = " (for details, run `aqueduct check --explain RULE`)";

/// Runs a command.
pub(crate) fn run(arguments: &Arguments, registry: &Registry) -> ExitCode {
    let terminal = arguments.terminal();
    let directory = arguments.directory.as_path();
    let outcome = match &arguments.command {
        Command::Render(command) => render::run(command, directory, registry, &terminal),
        Command::Diff(command) => diff::run(command, directory, registry, &terminal),
        Command::Review(command) => review::run(command, directory, registry, &terminal),
        Command::Check(command) => check::run(command, directory, registry, &terminal),
        Command::Explain(command) => explain::run(command, directory, registry, &terminal),
        Command::Impact(command) => impact::run(command, directory, registry, &terminal),
        Command::Reach(command) => reach::run(command, directory, registry, &terminal),
        Command::List(command) => list::run(command, directory, registry, &terminal),
        Command::Capacity(command) => capacity::run(command, directory, registry, &terminal),
        Command::Export(command) => export::run(command, directory, registry, &terminal),
        Command::Set(command) => set::run(command, directory, registry, &terminal),
        Command::Init(command) => init::run(command, directory, registry, &terminal),
        Command::Schema(command) => schema::run(command, directory, registry, &terminal),
        Command::Vendor(command) => vendor::run(command, directory, registry, &terminal),
        Command::Helm(command) => helm::run(command),
        Command::Kustomize(command) => kustomize::run(command, directory, &terminal),
        Command::Completions(command) => completions::run(command, &terminal),
        Command::Man(command) => man::run(command, &terminal),
    };
    let stands_in = matches!(&arguments.command, Command::Helm(_) | Command::Kustomize(_));
    match outcome {
        Ok(Outcome::Done) => ExitCode::SUCCESS,
        Ok(Outcome::Found) => ExitCode::from(1),
        // Helm and Kustomize have no other exit code for errors.
        Ok(Outcome::Failed) | Err(_) => failed(outcome, &terminal, if stands_in { 1 } else { 2 }),
    }
}

/// Reports why a command could not run.
fn failed(outcome: Result<Outcome, Failure>, terminal: &Terminal, code: u8) -> ExitCode {
    if let Err(failure) = outcome {
        terminal.warn(&format!("error: {}", failure.message));
        if let Some(hint) = failure.hint {
            terminal.warn(&format!("hint: {hint}"));
        }
    }
    ExitCode::from(code)
}

/// Reads the files of a platform.
pub(crate) fn read(directory: &Path, registry: &Registry) -> Result<Files, Failure> {
    let files = read_sources(directory, registry)?;
    if files.get("platform.toml").is_none() {
        return Err(Failure::new(format!("there is no platform.toml in {}", directory.display())).hint(
            "run `aqueduct init` to create a platform, or use `--directory` to choose another folder",
        ));
    }
    Ok(files)
}

/// Compiles the selected part of a platform and reports its diagnostics.
pub(crate) fn compiled(
    files: &Files,
    registry: &Registry,
    selection: &Selection,
    terminal: &Terminal,
) -> Compilation {
    let progress = terminal.progress();
    let mut compiler = Compiler::new(files, registry, selection);
    let mut compilation = Compilation::new(&compiler);
    while let Some(environment) = next(&mut compiler, &progress, "rendering") {
        compilation.add(environment);
    }
    compilation.diagnostics.extend(compiler.finish());
    progress.finish_and_clear();
    tell(&compilation.diagnostics, files, terminal);
    compilation
}

/// Renders the next environment, and shows its name as progress.
pub(crate) fn next(
    compiler: &mut Compiler<'_>,
    progress: &ProgressBar,
    verb: &str,
) -> Option<RenderedEnvironment> {
    progress.set_message(format!("{verb} {}", compiler.upcoming()?));
    compiler.render()
}

/// Reports diagnostics: errors always, warnings unless `--quiet` is set.
pub(crate) fn tell(diagnostics: &[Diagnostic], files: &Files, terminal: &Terminal) {
    let (errors, warnings): (Vec<_>, Vec<_>) = diagnostics.iter().cloned().partition(Diagnostic::is_error);
    let styled = terminal.is_styled();
    if !errors.is_empty() {
        terminal.warn(&report(&errors, files, styled));
    }
    if !warnings.is_empty() {
        let gap = if errors.is_empty() { "" } else { "\n" };
        terminal.say(&format!("{gap}{}", report(&warnings, files, styled)));
    }
    if let Some(summary) = summary(diagnostics) {
        let is_of_rule = |found: &Diagnostic| aqueduct_check::ALL.iter().any(|rule| rule.name == found.code);
        let more = if diagnostics.iter().any(is_of_rule) { EXPLAIN } else { "" };
        terminal.say(&format!("\n{summary}{more}"));
    }
}

/// Splits `FILE:LINE`.
fn file_and_line(text: &str) -> Option<(&str, u32)> {
    let (file, line) = text.rsplit_once(':')?;
    Some((file, line.parse().ok()?))
}

/// Returns data as JSON with a final newline.
fn json(data: &impl serde::Serialize) -> Result<String, Failure> {
    let text = serde_json::to_string_pretty(data).map_err(|error| Failure::new(error.to_string()))?;
    Ok(text + "\n")
}

/// Writes data to standard output. A closed pipe is not an error.
pub(crate) fn print(terminal: &Terminal, text: &str) -> Result<(), Failure> {
    let mut output = terminal.output();
    match output.write_all(text.as_bytes()).and_then(|()| output.flush()) {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => Err(error.into()),
        _ => Ok(()),
    }
}

/// Writes a file that people read or edit, and creates its folder.
pub(crate) fn write_file(path: &Path, text: &str) -> Result<(), Failure> {
    let fail = |error: io::Error| Failure::new(format!("cannot write {}: {error}", path.display()));
    let folder = path.parent().unwrap_or(Path::new("."));
    std::fs::create_dir_all(folder).map_err(fail)?;
    // The file is replaced atomically.
    let mut file = tempfile::NamedTempFile::new_in(folder).map_err(fail)?;
    file.write_all(text.as_bytes()).map_err(fail)?;
    if let Ok(metadata) = std::fs::metadata(path) {
        file.as_file().set_permissions(metadata.permissions()).map_err(fail)?;
    } else {
        readable(file.as_file()).map_err(fail)?;
    }
    file.persist(path).map_err(|error| fail(error.error))?;
    Ok(())
}

#[cfg(unix)]
fn readable(file: &std::fs::File) -> io::Result<()> {
    use std::os::unix::fs::PermissionsExt as _;
    file.set_permissions(std::fs::Permissions::from_mode(0o644))
}

#[cfg(not(unix))]
fn readable(_file: &std::fs::File) -> io::Result<()> {
    Ok(())
}
