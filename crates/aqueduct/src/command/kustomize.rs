//! `aqueduct kustomize build`: builds a kustomization as `kustomize build` does, without Kustomize.
//!
//! The flags are Kustomize's own, so a script only has to change the program name. Charts are rendered in this
//! process too, and remotes are read from the vendor folder of the surrounding platform. A kustomization that needs
//! other programs or the network is rejected, with the reason.

use std::cell::OnceCell;
use std::path::{Path, PathBuf};

use aqueduct_acquire::{FOLDER, LOCK_FILE, Lock, verify_remote};
use aqueduct_helm::UserValues;
use aqueduct_helm::hosts::System;
use aqueduct_kustomize::{
    ChartInflator, ChartProblem, ChartRequest, Disk, Error, LoadRestrictor, MissingCopy, Options, RemoteCopy,
    Remotes, Reorder, build, file_names, to_yaml,
};
use aqueduct_manifest::{Files, Object};
use clap::{Arg, ArgAction, ArgMatches, Args, FromArgMatches, Subcommand, ValueEnum};

use super::helm::{TemplateOptions, template_with};
use super::{Failure, Outcome, print, write_file};
use crate::terminal::Terminal;

#[derive(Debug, Args)]
pub(crate) struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Build a kustomization and print its objects.
    Build(Box<BuildArguments>),
}

#[derive(Debug, Args)]
struct BuildArguments {
    /// The folder that contains the kustomization.
    #[arg(value_name = "DIR", default_value = ".")]
    folder: String,
    /// Write to this file, or if it is a folder, one file per object in it.
    #[arg(short, long, value_name = "PATH")]
    output: Option<PathBuf>,
    /// Which files a kustomization can refer to.
    #[arg(long, alias = "load_restrictor", value_enum, default_value = "LoadRestrictionsRootOnly")]
    load_restrictor: Restrictor,
    /// The order of the objects, unless the kustomization sets one [default: legacy].
    #[arg(long, value_enum)]
    reorder: Option<Order>,
    /// Render the charts in kustomizations.
    #[arg(long, alias = "enable_helm", action = ArgAction::Set, num_args = 0..=1, require_equals = true,
          default_missing_value = "true", default_value_t = false, value_parser = truth, hide_default_value = true,
          value_name = "BOOL")]
    enable_helm: bool,
    /// Add the label `app.kubernetes.io/managed-by` to all objects.
    #[arg(long, alias = "enable_managedby_label", action = ArgAction::Set, num_args = 0..=1, require_equals = true,
          default_missing_value = "true", default_value_t = false, value_parser = truth, hide_default_value = true,
          value_name = "BOOL")]
    enable_managedby_label: bool,
    /// An API version that charts see; can be repeated.
    #[arg(long, alias = "helm_api_versions", value_name = "VERSION", value_delimiter = ',')]
    helm_api_versions: Vec<String>,
    /// The Kubernetes version that charts see.
    #[arg(long, alias = "helm_kube_version", value_name = "VERSION")]
    helm_kube_version: Option<String>,
    #[command(flatten)]
    ignored: IgnoredArguments,
}

/// Which files a kustomization can refer to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Restrictor {
    /// Files in its own folder and below.
    #[value(name = "LoadRestrictionsRootOnly")]
    RootOnly,
    /// Any file.
    #[value(name = "LoadRestrictionsNone")]
    None,
}

/// The order of the objects.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Order {
    /// Sorted by kind.
    Legacy,
    /// As loaded.
    None,
}

/// Flags that only affect functions, plugins and an external Helm. A kustomization with a function or a plugin is
/// rejected whatever they are set to.
#[derive(Debug)]
struct IgnoredArguments;

/// The ignored flags: both spellings, the kind of value, and the help.
const IGNORED: &[(&str, &str, Ignored, &str)] = &[
    ("as-current-user", "as_current_user", Ignored::Switch, "Run functions as the current user"),
    ("enable-alpha-plugins", "enable_alpha_plugins", Ignored::Switch, "Enable plugins"),
    ("enable-exec", "enable_exec", Ignored::Switch, "Enable executable functions"),
    ("enable-star", "enable_star", Ignored::Switch, "Enable Starlark functions"),
    ("env", "env", Ignored::Texts, "Environment variables for functions"),
    ("helm-command", "helm_command", Ignored::Text, "The Helm program that renders charts"),
    ("helm-debug", "helm_debug", Ignored::Switch, "Show the output of that program"),
    ("mount", "mount", Ignored::Texts, "Storage mounts for functions"),
    ("network", "network", Ignored::Switch, "Allow functions to use the network"),
    ("network-name", "network_name", Ignored::Text, "The network of functions"),
    ("stack-trace", "stack_trace", Ignored::Switch, "Show a stack trace on errors"),
];

/// The value that an ignored flag takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Ignored {
    /// None, or a boolean after `=`.
    Switch,
    Text,
    Texts,
}

impl Args for IgnoredArguments {
    fn augment_args(command: clap::Command) -> clap::Command {
        let arguments = IGNORED.iter().map(|(name, other, takes, help)| {
            let argument = Arg::new(*name)
                .long(*name)
                .alias(*other)
                .help(*help)
                .help_heading("Accepted but ignored, since no program is run");
            let argument = if *name == "env" { argument.short('e') } else { argument };
            match takes {
                Ignored::Switch => argument
                    .action(ArgAction::Set)
                    .num_args(0..=1)
                    .require_equals(true)
                    .default_missing_value("true")
                    .value_parser(truth)
                    .value_name("BOOL"),
                Ignored::Text => argument.value_name("TEXT"),
                Ignored::Texts => argument.action(ArgAction::Append).value_name("TEXT"),
            }
        });
        command.args(arguments)
    }

    fn augment_args_for_update(command: clap::Command) -> clap::Command {
        Self::augment_args(command)
    }
}

impl FromArgMatches for IgnoredArguments {
    fn from_arg_matches(_: &ArgMatches) -> Result<Self, clap::Error> {
        Ok(Self)
    }

    fn update_from_arg_matches(&mut self, _: &ArgMatches) -> Result<(), clap::Error> {
        Ok(())
    }
}

/// Parses a boolean as Go's `strconv.ParseBool` does.
fn truth(text: &str) -> Result<bool, String> {
    match text {
        "1" | "t" | "T" | "true" | "TRUE" | "True" => Ok(true),
        "0" | "f" | "F" | "false" | "FALSE" | "False" => Ok(false),
        _ => Err("expected `true` or `false`".to_owned()),
    }
}

pub(crate) fn run(arguments: &Arguments, directory: &Path, terminal: &Terminal) -> Result<Outcome, Failure> {
    let Command::Build(arguments) = &arguments.command;
    let charts = NativeCharts { directory, arguments };
    let remotes = Vendored::around(&directory.join(&arguments.folder), directory);
    let options = Options {
        load_restrictor: match arguments.load_restrictor {
            Restrictor::RootOnly => LoadRestrictor::RootOnly,
            Restrictor::None => LoadRestrictor::None,
        },
        reorder: match arguments.reorder {
            None => Reorder::Unspecified,
            Some(Order::Legacy) => Reorder::Legacy,
            Some(Order::None) => Reorder::None,
        },
        enable_helm: arguments.enable_helm,
        managed_by_label: arguments.enable_managedby_label,
        trace: false,
        remotes: Some(&remotes),
        charts: Some(&charts),
    };
    let built = match build(&Disk::new(directory), &arguments.folder, &options) {
        Ok(built) => built,
        Err(error) => return Ok(refuse(&error, terminal)),
    };
    for warning in &built.warnings {
        terminal.say(warning);
    }
    match &arguments.output {
        None => match to_yaml(&built.objects) {
            Ok(text) => print(terminal, &text)?,
            Err(error) => return Ok(refuse(&error, terminal)),
        },
        Some(output) => write(&directory.join(output), &built.objects)?,
    }
    Ok(Outcome::Done)
}

/// Reports why nothing was built. The exit code is 1, as for Kustomize.
fn refuse(error: &Error, terminal: &Terminal) -> Outcome {
    let place = error.spot().map(|spot| format!(": {spot}")).unwrap_or_default();
    terminal.warn(&format!("Error: {error}{place}"));
    if let Some(hint) = error.hint() {
        terminal.warn(&format!("hint: {hint}"));
    }
    Outcome::Found
}

/// Writes a file, or one file per object in a folder, and never outside of it, whatever the objects' names.
fn write(output: &Path, objects: &[Object]) -> Result<(), Failure> {
    let text = |objects: &[Object]| to_yaml(objects).map_err(|error| Failure::new(error.to_string()));
    if !output.is_dir() {
        return write_file(output, &text(objects)?);
    }
    let names = file_names(objects);
    let mut texts = Vec::new();
    for (name, object) in names.iter().zip(objects) {
        if name.contains(['/', '\\']) || name.contains(char::is_control) {
            let what = format!("{}/{}", object.kind(), object.name());
            return Err(Failure::new(format!(
                "`{}` is not a valid file name: {}",
                name.escape_debug(),
                what.escape_debug()
            ))
            .hint("omit `--output`, or write to a single file"));
        }
        let path = output.join(name);
        if path.symlink_metadata().is_ok_and(|found| !found.is_file()) {
            return Err(Failure::new(format!(
                "not overwritten, since it is not a regular file: {}",
                path.display()
            ))
            .hint("remove it, or write to an empty folder"));
        }
        texts.push((path, text(std::slice::from_ref(object))?));
    }
    texts.iter().try_for_each(|(path, text)| write_file(path, text))
}

/// The vendored copies of the platform that a kustomization belongs to, read on first use.
struct Vendored {
    platform: Option<PathBuf>,
    content: OnceCell<Result<(Files, Lock), MissingCopy>>,
}

impl Vendored {
    /// Finds the lock file in a folder or above it; if the first path is not a folder, starting from the command's
    /// directory.
    fn around(folder: &Path, directory: &Path) -> Self {
        let start = [folder, directory].into_iter().find_map(|folder| folder.canonicalize().ok());
        let platform = start.and_then(|start| {
            start.ancestors().find(|folder| folder.join(LOCK_FILE).is_file()).map(Path::to_path_buf)
        });
        Self { platform, content: OnceCell::new() }
    }

    fn read(platform: &Path) -> Result<(Files, Lock), MissingCopy> {
        let files = Files::read(platform, &[LOCK_FILE, FOLDER]).map_err(|error| MissingCopy {
            message: format!("{error} in {}: {}", platform.display(), error.source),
            hint: None,
        })?;
        let lock = Lock::of(&files).map_err(|error| MissingCopy {
            message: error.to_string(),
            hint: error.hint().map(str::to_owned),
        })?;
        Ok((files, lock))
    }
}

impl Remotes for Vendored {
    fn find(&self, name: &str) -> Result<RemoteCopy, MissingCopy> {
        let Some(platform) = &self.platform else {
            return Err(MissingCopy {
                message: format!("remote `{name}` is not fetched while building"),
                hint: Some(format!(
                    "no {LOCK_FILE} in this folder or above it: in a platform, run `aqueduct vendor`; \
                     elsewhere, put a local copy next to the kustomization and refer to its path"
                )),
            });
        };
        let content = self.content.get_or_init(|| Self::read(platform));
        let (files, lock) = content.as_ref().map_err(Clone::clone)?;
        let remote = verify_remote(files, lock, name).map_err(|error| MissingCopy {
            hint: match lock.remote(name) {
                Some(_) => error.hint().map(str::to_owned),
                None => Some(
                    "refer to it from the kustomization of a component, and run `aqueduct vendor`".to_owned(),
                ),
            },
            message: error.to_string(),
        })?;
        let root = format!("{}/{}", platform.display(), remote.folder());
        Ok(RemoteCopy { path: format!("{root}/{}", remote.path()), root })
    }
}

/// Renders charts in this process.
struct NativeCharts<'a> {
    directory: &'a Path,
    arguments: &'a BuildArguments,
}

impl ChartInflator for NativeCharts<'_> {
    fn inflate(&self, request: &ChartRequest<'_>) -> Result<String, ChartProblem> {
        let api_versions = request.api_versions.iter().map(|version| (*version).to_owned());
        let options = TemplateOptions {
            name: (!request.release_name.is_empty()).then(|| request.release_name.to_owned()),
            chart: self.directory.join(request.folder),
            namespace: if request.namespace.is_empty() { "default" } else { request.namespace }.to_owned(),
            name_template: request.name_template.map(str::to_owned),
            include_crds: request.include_crds,
            skip_tests: request.skip_tests,
            no_hooks: request.skip_hooks,
            kube_version: request
                .kube_version
                .map(str::to_owned)
                .or_else(|| self.arguments.helm_kube_version.clone()),
            api_versions: api_versions.chain(self.arguments.helm_api_versions.iter().cloned()).collect(),
            ..TemplateOptions::default()
        };
        let mut values = UserValues::new();
        request.values.iter().for_each(|more| values.add(more));
        let output = template_with(&options, || Ok(values.into_map()), &mut System::new());
        let output = output.map_err(|failure| failure.error.to_string())?;
        String::from_utf8(output.stdout).map_err(|_| "the manifests are not UTF-8".to_owned().into())
    }
}
