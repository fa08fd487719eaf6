//! The command line: the arguments of `aqueduct`.

use std::ffi::OsString;
use std::io::{self, Write as _};
use std::path::PathBuf;
use std::process::ExitCode;

use aqueduct_model::Selection;
use aqueduct_model::types::Name;
use aqueduct_render::{Component, Registry};
use clap::{Args, CommandFactory, Parser, Subcommand};

use crate::terminal::Terminal;
use crate::{command, stock};

/// A command-line program around the compiler, with the stock kinds and any kinds added to them.
#[derive(Clone, Debug)]
pub struct Cli {
    registry: Registry,
}

impl Default for Cli {
    fn default() -> Self {
        Self { registry: stock() }
    }
}

impl Cli {
    /// Returns the command line with the stock kinds.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a kind of component. It replaces a stock kind of the same name.
    #[must_use]
    pub fn component<T: Component>(self) -> Self {
        Self { registry: self.registry.with::<T>() }
    }

    /// Runs the command in the arguments of the process. The exit code is 0 if it succeeded, 1 if it found something
    /// or something differs, and 2 if it could not run.
    pub fn run(self) -> ExitCode {
        self.run_with(std::env::args_os())
    }

    /// Runs a command given as arguments. The first argument is the program name.
    pub fn run_with(self, arguments: impl IntoIterator<Item = OsString>) -> ExitCode {
        let arguments: Vec<OsString> = arguments.into_iter().collect();
        if let [_, word] = arguments.as_slice()
            && (word == "--version" || word == "-V")
        {
            // The same text as the full command line prints, without building that first.
            let _ = writeln!(io::stdout(), "{NAME} {VERSION}");
            return ExitCode::SUCCESS;
        }
        // Helm and Kustomize exit with 1 for every error, so their replacements do too.
        let is_helm = arguments.get(1).is_some_and(|word| word == "helm");
        let stands_in = is_helm || arguments.get(1).is_some_and(|word| word == "kustomize");
        match Arguments::read(arguments, is_helm) {
            Ok(arguments) => command::run(&arguments, &self.registry),
            Err(error) if is_helm && let Some(message) = command::helm::in_words_of_helm(&error) => {
                command::helm::fail(message);
                ExitCode::from(1)
            }
            Err(error) => {
                // Help and the version go to standard output, usage errors to standard error.
                let _ = error.print();
                match error.exit_code() {
                    0 => ExitCode::SUCCESS,
                    _ if stands_in => ExitCode::from(1),
                    _ => ExitCode::from(2),
                }
            }
        }
    }
}

/// Returns the definition of the whole command line, for completions and manual pages.
pub(crate) fn definition() -> clap::Command {
    Arguments::command()
}

const NAME: &str = "aqueduct";

/// The version, with the versions of Helm and Kustomize whose output this program reproduces.
const VERSION: &str =
    concat!(env!("CARGO_PKG_VERSION"), " (charts as Helm 4.3.2, kustomizations as Kustomize 5.8.1)");

/// A compiler for Kubernetes platforms: typed TOML in, a hydrated tree for Argo CD out.
#[derive(Debug, Parser)]
#[command(name = NAME, version = VERSION, max_term_width = 100)]
pub(crate) struct Arguments {
    /// The platform's folder, which contains `platform.toml`.
    #[arg(short = 'C', long, global = true, value_name = "DIRECTORY", default_value = ".")]
    pub(crate) directory: PathBuf,
    /// Print errors only.
    #[arg(short, long, global = true)]
    pub(crate) quiet: bool,
    #[command(subcommand)]
    pub(crate) command: Command,
}

impl Arguments {
    /// Parses a command line. `is_helm` tells whether it begins with `helm`.
    fn read(words: Vec<OsString>, is_helm: bool) -> Result<Self, clap::Error> {
        // Errors and help come from the full command line.
        if is_helm
            && let Ok(HelmAlone { command: AloneCommand::Helm(command) }) = HelmAlone::try_parse_from(&words)
        {
            return Ok(Self { directory: ".".into(), quiet: false, command: Command::Helm(command) });
        }
        Self::try_parse_from(words)
    }

    pub(crate) fn terminal(&self) -> Terminal {
        Terminal::new(self.quiet)
    }
}

/// The command line with `helm` alone. Scripts run it once per chart, and building the other commands takes longer
/// than rendering a small chart.
#[derive(Debug, Parser)]
struct HelmAlone {
    #[command(subcommand)]
    command: AloneCommand,
}

#[derive(Debug, Subcommand)]
enum AloneCommand {
    Helm(command::helm::Arguments),
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Compile the platform and write its output.
    Render(command::render::Arguments),
    /// Show what a render would change, object by object, or compare two sets of manifests.
    Diff(command::diff::Arguments),
    /// Show what the changes since a revision do in a cluster.
    Review(command::review::Arguments),
    /// Compile the platform and report problems, without writing anything.
    Check(command::check::Arguments),
    /// Show where a field of a rendered object comes from.
    Explain(command::explain::Arguments),
    /// Show what one line of a source file affects in the output.
    Impact(command::impact::Arguments),
    /// Show which workloads can reach each other, and on which ports, under the network policies.
    Reach(command::reach::Arguments),
    /// List the components of all tenants and environments.
    List(command::list::Arguments),
    /// Show how much of the nodes the pods request, and what each environment costs.
    Capacity(command::capacity::Arguments),
    /// Export an environment's infrastructure for another program, such as Terraform.
    Export(command::export::Arguments),
    /// Change one field of a component's TOML file, keeping comments and layout.
    Set(command::set::Arguments),
    /// Create a new platform that is ready to render.
    Init(command::init::Arguments),
    /// Print the JSON Schemas of the TOML files, or write them to a folder.
    Schema(command::schema::Arguments),
    /// Fetch and lock the remote dependencies of charts and kustomizations.
    Vendor(command::vendor::Arguments),
    /// Render charts as Helm does.
    Helm(command::helm::Arguments),
    /// Build kustomizations as Kustomize does.
    Kustomize(command::kustomize::Arguments),
    /// Print a shell completion script.
    Completions(command::completions::Arguments),
    /// Print the manual page, or write the pages of all commands to a folder.
    Man(command::man::Arguments),
}

/// The part of the platform that a command works on.
#[derive(Clone, Debug, Default, Args)]
pub(crate) struct SelectionArguments {
    /// Limit to this environment; can be repeated.
    #[arg(short, long = "environment", value_name = "NAME")]
    environments: Vec<Name>,
    /// Limit to this tenant; can be repeated.
    #[arg(short, long = "tenant", value_name = "NAME")]
    tenants: Vec<Name>,
}

impl SelectionArguments {
    pub(crate) fn selection(&self) -> Selection {
        Selection { environments: self.environments.clone(), tenants: self.tenants.clone() }
    }
}

#[cfg(test)]
mod tests {
    use super::{NAME, VERSION, definition};

    #[test]
    fn the_version_is_what_the_whole_command_line_says() {
        assert_eq!(definition().render_version(), format!("{NAME} {VERSION}\n"));
    }
}
