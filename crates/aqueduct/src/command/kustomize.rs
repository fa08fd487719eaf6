//! `aqueduct kustomize build`: builds a kustomization as `kustomize build` does, without Kustomize.
//!
//! The flags are Kustomize's own, so that a script changes one word. Charts are rendered in this process
//! too, and remotes are read from the vendor folder of the platform around the kustomization; what would run
//! other programs or fetch from the network is refused with the reason.

use std::cell::OnceCell;
use std::path::{Path, PathBuf};

use aqueduct_helm::{TemplateOptions, ValueOptions, template};
use aqueduct_kustomize::{
    ChartInflator, ChartRequest, Disk, Error, LoadRestrictor, MissingCopy, Options, RemoteCopy, Remotes,
    Reorder, build, file_names, to_yaml,
};
use aqueduct_manifest::{Files, Object, Value, yaml};
use aqueduct_vendor::{FOLDER, LOCK_FILE, Lock, verify_remote};
use clap::{ArgAction, Args, Subcommand, ValueEnum};

use super::helm::Machine;
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
    /// The folder with the kustomization.
    #[arg(value_name = "DIR", default_value = ".")]
    folder: String,
    /// Write to this file, or each object to a file of its own in this folder.
    #[arg(short, long, value_name = "PATH")]
    output: Option<PathBuf>,
    /// Which files a kustomization may name.
    #[arg(long, value_enum, default_value = "LoadRestrictionsRootOnly")]
    load_restrictor: Restrictor,
    /// The order of the objects, where the kustomization does not say; sorted by kind unless given.
    #[arg(long, value_enum)]
    reorder: Option<Order>,
    /// Render the charts that kustomizations name.
    #[arg(long, action = ArgAction::Set, num_args = 0..=1, require_equals = true, default_missing_value = "true",
          default_value_t = false, hide_possible_values = true, hide_default_value = true, value_name = "BOOL")]
    enable_helm: bool,
    /// Label everything with `app.kubernetes.io/managed-by`.
    #[arg(long, action = ArgAction::Set, num_args = 0..=1, require_equals = true, default_missing_value = "true",
          default_value_t = false, hide_possible_values = true, hide_default_value = true, value_name = "BOOL")]
    enable_managedby_label: bool,
    /// An API version that charts see; may be given several times.
    #[arg(long, value_name = "VERSION", value_delimiter = ',')]
    helm_api_versions: Vec<String>,
    /// The version of Kubernetes that charts see.
    #[arg(long, value_name = "VERSION")]
    helm_kube_version: Option<String>,
    #[command(flatten)]
    ignored: IgnoredArguments,
    #[command(flatten)]
    refused: RefusedArguments,
}

/// Which files a kustomization may name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Restrictor {
    /// Those in its own folder and below.
    #[value(name = "LoadRestrictionsRootOnly")]
    RootOnly,
    /// Any.
    #[value(name = "LoadRestrictionsNone")]
    None,
}

/// The order of the objects.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Order {
    /// By kind.
    Legacy,
    /// As they were loaded.
    None,
}

/// What only matters to functions and to another Helm.
#[derive(Debug, Args)]
struct IgnoredArguments {
    #[arg(long, hide = true)]
    as_current_user: bool,
    #[arg(short, long, hide = true)]
    env: Vec<String>,
    #[arg(long, hide = true)]
    helm_command: Option<String>,
    #[arg(long, hide = true)]
    helm_debug: bool,
    #[arg(long, hide = true)]
    mount: Vec<String>,
    #[arg(long, hide = true)]
    network_name: Option<String>,
    #[arg(long, hide = true)]
    stack_trace: bool,
}

/// What would run other programs.
#[derive(Debug, Args)]
struct RefusedArguments {
    #[arg(long, hide = true)]
    enable_alpha_plugins: bool,
    #[arg(long, hide = true)]
    enable_exec: bool,
    #[arg(long, hide = true)]
    enable_star: bool,
    #[arg(long, hide = true)]
    network: bool,
}

impl RefusedArguments {
    /// Returns the first flag that cannot be honoured, and why.
    fn check(&self) -> Result<(), Failure> {
        let refusals = [
            (self.enable_alpha_plugins, "--enable-alpha-plugins", "plugins are programs, and none is run"),
            (self.enable_exec, "--enable-exec", "functions are programs, and none is run"),
            (self.enable_star, "--enable-star", "functions are programs, and none is run"),
            (self.network, "--network", "nothing is fetched while building"),
        ];
        match refusals.into_iter().find(|(given, _, _)| *given) {
            Some((_, flag, reason)) => Err(Failure::new(format!("`{flag}` is not supported: {reason}"))
                .hint("render the output of such functions once and name it as a resource")),
            None => Ok(()),
        }
    }
}

pub(crate) fn run(arguments: &Arguments, directory: &Path, terminal: &Terminal) -> Result<Outcome, Failure> {
    let Command::Build(arguments) = &arguments.command;
    arguments.refused.check()?;
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
        None => print(terminal, &to_yaml(&built.objects))?,
        Some(output) => write(&directory.join(output), &built.objects)?,
    }
    Ok(Outcome::Done)
}

/// Tells why nothing was built; the process ends with 1, as Kustomize does.
fn refuse(error: &Error, terminal: &Terminal) -> Outcome {
    let place = error.located().map(|(_, place)| format!(": {place}")).unwrap_or_default();
    terminal.warn(&format!("Error: {error}{place}"));
    if let Some(hint) = error.hint() {
        terminal.warn(&format!("hint: {hint}"));
    }
    Outcome::Found
}

fn write(output: &Path, objects: &[Object]) -> Result<(), Failure> {
    if !output.is_dir() {
        return write_file(output, &to_yaml(objects));
    }
    for (name, object) in file_names(objects).iter().zip(objects) {
        write_file(&output.join(name), &to_yaml(std::slice::from_ref(object)))?;
    }
    Ok(())
}

/// The copies of the platform that a kustomization belongs to; read when the first one is asked for.
struct Vendored {
    platform: Option<PathBuf>,
    content: OnceCell<Result<(Files, Lock), MissingCopy>>,
}

impl Vendored {
    /// Finds the lock file in a folder or above it; of what is no folder, in and above the one that the
    /// command runs in.
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
                    "there is no {LOCK_FILE} in this folder or above it: in a platform, `aqueduct vendor` fetches \
                     the remotes of its components; elsewhere, put a copy beside it and name its path"
                )),
            });
        };
        let content = self.content.get_or_init(|| Self::read(platform));
        let (files, lock) = content.as_ref().map_err(Clone::clone)?;
        let remote = verify_remote(files, lock, name).map_err(|error| MissingCopy {
            hint: match lock.remote(name) {
                Some(_) => error.hint().map(str::to_owned),
                None => Some(
                    "`aqueduct vendor` fetches and locks what the kustomizations of components name"
                        .to_owned(),
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
    fn inflate(&self, request: &ChartRequest<'_>) -> Result<String, String> {
        let texts: Vec<String> =
            request.values.iter().map(|values| yaml::write(&Value::Map(values.clone()))).collect();
        let names: Vec<String> =
            (0..texts.len()).map(|number| format!("values of the kustomization {number}")).collect();
        let read_values = |name: &str| {
            let place = names.iter().position(|known| known == name);
            let text = place.and_then(|place| texts.get(place));
            text.map(|text| text.clone().into_bytes()).ok_or_else(|| format!("{name}: no such values"))
        };
        let api_versions = request.api_versions.iter().map(|version| (*version).to_owned());
        let options = TemplateOptions {
            name: (!request.release_name.is_empty()).then(|| request.release_name.to_owned()),
            chart: self.directory.join(request.folder),
            namespace: if request.namespace.is_empty() { "default" } else { request.namespace }.to_owned(),
            values: ValueOptions { files: names.clone(), ..ValueOptions::default() },
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
        let output = template(&options, &read_values, &mut Machine::new());
        let output = output.map_err(|failure| failure.error.to_string())?;
        String::from_utf8(output.stdout).map_err(|_| "the manifests are not UTF-8".to_owned())
    }
}
