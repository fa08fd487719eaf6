//! `aqueduct helm template`: renders a chart as `helm template` does, without Helm.
//!
//! The flags are Helm's own, so a script only has to change the program name. Flags that only affect a cluster are
//! accepted and ignored. Flags that need a cluster or the network are rejected, with the reason.

mod ignored;
mod template;
mod usage;
mod values;

use std::collections::BTreeSet;
use std::fs::{File, OpenOptions, create_dir_all};
use std::io::{self, Read as _, Write as _};
use std::path::{Path, PathBuf};

use aqueduct_helm::hosts::System;
use aqueduct_helm::template::{CallSite, Host, Moment, Refusal};
use clap::{ArgAction, Args, Subcommand};

use ignored::Ignored;
use template::template_keeping;
pub(crate) use template::template_with;
pub use template::{TemplateError, TemplateOptions, TemplateOutput, read_file, template};
pub(crate) use usage::in_words_of_helm;
pub use values::{ReadFile, ValueOptions};

use super::{Failure, Outcome};

#[derive(Debug, Args)]
pub(crate) struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Render a chart's templates and print the manifests.
    #[command(args_override_self = true)]
    Template(Box<TemplateArguments>),
}

#[derive(Debug, Args)]
struct TemplateArguments {
    /// The release name, and the chart: a folder or a packaged chart.
    #[arg(value_name = "[NAME] CHART", required = true, num_args = 1..=2)]
    names: Vec<String>,
    /// The release namespace.
    #[arg(short, long, allow_hyphen_values = true)]
    namespace: Option<String>,
    #[command(flatten)]
    values: ValueArguments,
    #[command(flatten)]
    output: OutputArguments,
    #[command(flatten)]
    cluster: ClusterArguments,
    #[command(flatten)]
    ignored: Ignored,
    #[command(flatten)]
    refused: RefusedArguments,
}

#[derive(Debug, Args)]
struct ValueArguments {
    /// Read values from a file, or standard input for `-`; can be repeated.
    #[arg(short = 'f', long, value_name = "FILE", value_delimiter = ',')]
    values: Vec<String>,
    /// Set values: `key1=value1,key2=value2`; can be repeated.
    #[arg(long, value_name = "VALUES", allow_hyphen_values = true)]
    set: Vec<String>,
    /// Set string values: `key1=value1,key2=value2`.
    #[arg(long, value_name = "VALUES", allow_hyphen_values = true)]
    set_string: Vec<String>,
    /// Set values from files: `key1=path1,key2=path2`.
    #[arg(long, value_name = "VALUES", allow_hyphen_values = true)]
    set_file: Vec<String>,
    /// Set JSON values: `key1=json1,key2=json2`, or one JSON object.
    #[arg(long, value_name = "VALUES", allow_hyphen_values = true)]
    set_json: Vec<String>,
    /// Set a value to everything after the `=`, literally.
    #[arg(long, value_name = "VALUE", allow_hyphen_values = true)]
    set_literal: Vec<String>,
    /// Do not validate values against the charts' schemas.
    #[arg(long, action = ArgAction::Set, num_args = 0..=1, require_equals = true, default_missing_value = "true",
          default_value_t = false, hide_possible_values = true, hide_default_value = true, value_name = "BOOL", value_parser = parse_switch)]
    skip_schema_validation: bool,
}

#[derive(Debug, Args)]
struct OutputArguments {
    /// Also print the files in `crds/`.
    #[arg(long, action = ArgAction::Set, num_args = 0..=1, require_equals = true, default_missing_value = "true",
          default_value_t = false, hide_possible_values = true, hide_default_value = true, value_name = "BOOL", value_parser = parse_switch)]
    include_crds: bool,
    /// Omit test hooks.
    #[arg(long, action = ArgAction::Set, num_args = 0..=1, require_equals = true, default_missing_value = "true",
          default_value_t = false, hide_possible_values = true, hide_default_value = true, value_name = "BOOL", value_parser = parse_switch)]
    skip_tests: bool,
    /// Omit hooks.
    #[arg(long, action = ArgAction::Set, num_args = 0..=1, require_equals = true, default_missing_value = "true",
          default_value_t = false, hide_possible_values = true, hide_default_value = true, value_name = "BOOL", value_parser = parse_switch)]
    no_hooks: bool,
    /// Print only the manifests of this template, which can be a glob pattern; can be repeated.
    #[arg(short, long, value_name = "TEMPLATE")]
    show_only: Vec<String>,
    /// Write the manifests to files in this folder instead of standard output.
    #[arg(long, value_name = "FOLDER")]
    output_dir: Option<PathBuf>,
    /// Use the release name as the folder in `--output-dir`.
    #[arg(long, action = ArgAction::Set, num_args = 0..=1, require_equals = true, default_missing_value = "true",
          default_value_t = false, hide_possible_values = true, hide_default_value = true, value_name = "BOOL", value_parser = parse_switch)]
    release_name: bool,
    /// Generate the release name.
    #[arg(short, long, action = ArgAction::Set, num_args = 0..=1, require_equals = true,
          default_missing_value = "true", default_value_t = false, hide_possible_values = true,
          hide_default_value = true, value_name = "BOOL", value_parser = parse_switch)]
    generate_name: bool,
    /// Generate the release name from a template.
    #[arg(long, value_name = "TEMPLATE")]
    name_template: Option<String>,
    /// Also print documents that are not valid YAML.
    #[arg(long, action = ArgAction::Set, num_args = 0..=1, require_equals = true, default_missing_value = "true",
          hide_possible_values = true, value_name = "BOOL", value_parser = parse_switch)]
    debug: Option<bool>,
}

#[derive(Debug, Args)]
struct ClusterArguments {
    /// The Kubernetes version that templates see.
    #[arg(long, value_name = "VERSION")]
    kube_version: Option<String>,
    /// An API version that templates see, such as `monitoring.coreos.com/v1`; can be repeated.
    #[arg(short, long, value_name = "VERSION", value_delimiter = ',')]
    api_versions: Vec<String>,
    /// Render an upgrade instead of an installation.
    #[arg(long, action = ArgAction::Set, num_args = 0..=1, require_equals = true, default_missing_value = "true",
          default_value_t = false, hide_possible_values = true, hide_default_value = true, value_name = "BOOL", value_parser = parse_switch)]
    is_upgrade: bool,
}

/// The flags that need a cluster, the network or another program.
#[derive(Debug, Args)]
struct RefusedArguments {
    #[arg(long, hide = true, action = ArgAction::Set, num_args = 0..=1, require_equals = true,
          default_missing_value = "true", default_value_t = false, value_parser = parse_switch)]
    enable_dns: bool,
    #[arg(long, hide = true)]
    post_renderer: Option<String>,
    #[arg(long, hide = true)]
    repo: Option<String>,
    #[arg(long, hide = true, action = ArgAction::Set, num_args = 0..=1, require_equals = true,
          default_missing_value = "true", default_value_t = false, value_parser = parse_switch)]
    validate: bool,
    #[arg(long, hide = true, action = ArgAction::Set, num_args = 0..=1, require_equals = true,
          default_missing_value = "true", default_value_t = false, value_parser = parse_switch)]
    verify: bool,
}

impl RefusedArguments {
    /// Rejects the first unsupported flag, with the reason.
    fn check(&self) -> Result<(), Failure> {
        let given = |text: &Option<String>| text.as_ref().is_some_and(|text| !text.is_empty());
        let refusals = [
            (given(&self.post_renderer), "--post-renderer", "it runs another program: pipe the output to it"),
            (given(&self.repo), "--repo", "it fetches charts: vendor them first"),
            (self.validate, "--validate", "it needs a cluster: `aqueduct check` validates without one"),
            (self.verify, "--verify", "it needs a keyring: `aqueduct vendor` locks charts by their digests"),
        ];
        match refusals.into_iter().find(|(given, _, _)| *given) {
            Some((_, flag, reason)) => Err(Failure::new(format!("`{flag}` is not supported: {reason}"))),
            None => Ok(()),
        }
    }
}

/// Parses the value of a switch, in all spellings that Go accepts.
fn parse_switch(text: &str) -> Result<bool, String> {
    match text {
        "1" | "t" | "T" | "true" | "TRUE" | "True" => Ok(true),
        "0" | "f" | "F" | "false" | "FALSE" | "False" => Ok(false),
        _ => Err(format!("strconv.ParseBool: parsing {text:?}: invalid syntax")),
    }
}

/// Returns an environment variable that Helm reads too.
#[expect(clippy::disallowed_methods, reason = "only `helm template` reads it, never a platform render")]
fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|value| !value.is_empty())
}

pub(crate) fn run(arguments: &Arguments) -> Result<Outcome, Failure> {
    let Command::Template(arguments) = &arguments.command;
    arguments.refused.check()?;
    if let Some(message) = arguments.ignored.wrong() {
        return Ok(fail(message));
    }
    let mut machine = Machine { system: System::new(), knows_names: arguments.refused.enable_dns };
    let options = options(arguments);
    let mut chart = None;
    let result =
        template_keeping(&options, || options.values.merge(&read_values_file), &mut machine, &mut chart);
    // The process is about to exit, so freeing the chart would be wasted work.
    std::mem::forget(chart);
    match result {
        Ok(output) => {
            write_files(&output.files)?;
            print_bytes(&output.stdout)?;
            Ok(Outcome::Done)
        }
        Err(failure) => {
            print_bytes(&failure.stdout)?;
            Ok(fail(&failure.error))
        }
    }
}

/// Prints an error as Helm does, including its line breaks.
pub(crate) fn fail(message: impl std::fmt::Display) -> Outcome {
    // If standard error is closed, there is nowhere left to report to.
    let _ = writeln!(io::stderr(), "Error: {message}");
    Outcome::Failed
}

fn options(arguments: &TemplateArguments) -> TemplateOptions {
    let (name, chart) = match arguments.names.as_slice() {
        [name, chart, ..] => (Some(name.clone()), chart.as_str()),
        [chart] => (None, chart.as_str()),
        [] => (None, ""),
    };
    let TemplateArguments { values, output, cluster, .. } = arguments;
    let namespace = arguments.namespace.clone().or_else(|| variable("HELM_NAMESPACE")).unwrap_or_default();
    let wants_debug = || variable("HELM_DEBUG").is_some_and(|value| parse_switch(&value) == Ok(true));
    TemplateOptions {
        name,
        chart: PathBuf::from(chart),
        namespace: if namespace.is_empty() { "default".to_owned() } else { namespace },
        values: ValueOptions {
            files: values.values.clone(),
            json: values.set_json.clone(),
            set: values.set.clone(),
            strings: values.set_string.clone(),
            set_files: values.set_file.clone(),
            literals: values.set_literal.clone(),
        },
        generate_name: output.generate_name,
        name_template: output.name_template.clone(),
        include_crds: output.include_crds,
        skip_tests: output.skip_tests,
        no_hooks: output.no_hooks,
        is_upgrade: cluster.is_upgrade,
        show_only: output.show_only.clone(),
        kube_version: cluster.kube_version.clone(),
        api_versions: cluster.api_versions.clone(),
        skip_schema_validation: values.skip_schema_validation,
        output_dir: output.output_dir.clone(),
        use_release_name: output.release_name,
        debug: output.debug.unwrap_or_else(wants_debug),
    }
}

/// Reads a values file, or standard input for `-`.
fn read_values_file(path: &str) -> Result<Vec<u8>, String> {
    if path.trim() == "-" {
        let mut bytes = Vec::new();
        io::stdin()
            .read_to_end(&mut bytes)
            .map_err(|error| format!("cannot read standard input: {error}"))?;
        return Ok(bytes);
    }
    if path.contains("://") {
        return Err(format!("{path} is a URL: values are read from local files only"));
    }
    read_file(path)
}

/// Writes the files of `--output-dir`, with all documents of a template in one file.
fn write_files(files: &[(PathBuf, Vec<u8>)]) -> Result<(), Failure> {
    let mut written: BTreeSet<&Path> = BTreeSet::new();
    for (path, content) in files {
        let fail = |error: io::Error| Failure::new(format!("cannot write {}: {error}", path.display()));
        if let Some(folder) = path.parent() {
            create_dir_all(folder).map_err(fail)?;
        }
        let mut file = if written.insert(path) {
            File::create(path).map_err(fail)?
        } else {
            OpenOptions::new().append(true).open(path).map_err(fail)?
        };
        file.write_all(content).map_err(fail)?;
    }
    Ok(())
}

/// Writes manifests unchanged. A closed pipe is not an error.
fn print_bytes(bytes: &[u8]) -> Result<(), Failure> {
    let mut output = io::stdout().lock();
    match output.write_all(bytes).and_then(|()| output.flush()) {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => Err(error.into()),
        _ => Ok(()),
    }
}

/// The local machine, and whether `--enable-dns` was given.
struct Machine {
    system: System,
    knows_names: bool,
}

impl Host for Machine {
    fn now(&mut self, site: &CallSite) -> Result<Moment, Refusal> {
        self.system.now(site)
    }

    fn time_zone(&self) -> &str {
        self.system.time_zone()
    }

    fn random(&mut self, site: &CallSite, buffer: &mut [u8]) -> Result<(), Refusal> {
        self.system.random(site, buffer)
    }

    fn resolve(&mut self, site: &CallSite, name: &str) -> Result<String, Refusal> {
        if !self.knows_names {
            return Ok(String::new());
        }
        let function = site.function;
        Err(Refusal(format!(
            "`{function}` does not look up {name:?}: the output would depend on the network"
        )))
    }
}
