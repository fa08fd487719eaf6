//! The command line: what may be written behind `aqueduct`.

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

/// A program around the compiler, with the stock kinds and those that are added.
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

    /// Adds a kind of component; a stock kind of the same name is replaced.
    #[must_use]
    pub fn component<T: Component>(self) -> Self {
        Self { registry: self.registry.with::<T>() }
    }

    /// Runs the command that the process was started with: 0 where it is done, 1 where it found something
    /// or something differs, 2 where it could not run.
    pub fn run(self) -> ExitCode {
        self.run_with(std::env::args_os())
    }

    /// Runs a command given as arguments, the first one being the name of the program.
    pub fn run_with(self, arguments: impl IntoIterator<Item = OsString>) -> ExitCode {
        let arguments: Vec<OsString> = arguments.into_iter().collect();
        if let [_, word] = arguments.as_slice()
            && (word == "--version" || word == "-V")
        {
            // As the whole command line says it, without defining that first.
            let _ = writeln!(io::stdout(), "{NAME} {VERSION}");
            return ExitCode::SUCCESS;
        }
        // Helm and Kustomize end with 1 whatever is wrong, and so does what stands in for them.
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

/// The version, and those of the programs whose output is made here too.
const VERSION: &str =
    concat!(env!("CARGO_PKG_VERSION"), " (charts as Helm 4.3.2, kustomizations as Kustomize 5.8.1)");

/// A compiler for Kubernetes platforms: typed TOML in, a hydrated tree for Argo CD out.
#[derive(Debug, Parser)]
#[command(name = NAME, version = VERSION, max_term_width = 100)]
pub(crate) struct Arguments {
    /// The platform's folder, which holds `platform.toml`.
    #[arg(short = 'C', long, global = true, value_name = "DIRECTORY", default_value = ".")]
    pub(crate) directory: PathBuf,
    /// Say nothing but errors.
    #[arg(short, long, global = true)]
    pub(crate) quiet: bool,
    #[command(subcommand)]
    pub(crate) command: Command,
}

impl Arguments {
    /// Reads the words of a command line, of which it is known whether they begin with `helm`.
    fn read(words: Vec<OsString>, is_helm: bool) -> Result<Self, clap::Error> {
        // What is wrong, and help, are worded by the whole command line.
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

/// The command line with the one command that is started chart by chart: to define all others takes longer than a
/// small chart does.
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
    /// Show what a render would change, object by object, or what differs between manifests.
    Diff(command::diff::Arguments),
    /// Show what the changes since a revision do in the clusters.
    Review(command::review::Arguments),
    /// Compile the platform and report what is wrong, without writing anything.
    Check(command::check::Arguments),
    /// Tell where a field of a rendered object comes from.
    Explain(command::explain::Arguments),
    /// Tell what changes in the output with one line of a source.
    Impact(command::impact::Arguments),
    /// Show which workload reaches which, on which ports, by the network policies.
    Reach(command::reach::Arguments),
    /// List the components of all tenants and environments.
    List(command::list::Arguments),
    /// Show what the pods request of the nodes, and what the environments cost.
    Capacity(command::capacity::Arguments),
    /// Print what an environment stands on for another program, such as Terraform.
    Export(command::export::Arguments),
    /// Change one field of a component's TOML file; comments and layout stay.
    Set(command::set::Arguments),
    /// Make a new platform that renders at once.
    Init(command::init::Arguments),
    /// Print the JSON Schemas of the TOML files, or write them to a folder.
    Schema(command::schema::Arguments),
    /// Fetch what charts and kustomizations take from elsewhere, and lock it.
    Vendor(command::vendor::Arguments),
    /// Render charts as Helm does.
    Helm(command::helm::Arguments),
    /// Build kustomizations as Kustomize does.
    Kustomize(command::kustomize::Arguments),
    /// Print a script that completes commands in a shell.
    Completions(command::completions::Arguments),
    /// Print the manual page, or write the pages of all commands to a folder.
    Man(command::man::Arguments),
}

/// Which part of the platform is meant.
#[derive(Clone, Debug, Default, Args)]
pub(crate) struct SelectionArguments {
    /// Only this environment; may be given several times.
    #[arg(short, long = "environment", value_name = "NAME")]
    environments: Vec<Name>,
    /// Only this tenant; may be given several times.
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
