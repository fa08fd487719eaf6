//! `aqueduct export terraform`: exports an environment's infrastructure for Terraform.

use std::path::{Path, PathBuf};

use aqueduct_manifest::Diagnostic;
use aqueduct_model::Selection;
use aqueduct_model::types::Name;
use aqueduct_render::Registry;
use clap::{Args, Subcommand};

use super::{Failure, Outcome, print, read, tell, write_file};
use crate::compiler::load;
use crate::terminal::Terminal;
use crate::terraform::variables;

#[derive(Debug, Args)]
pub(crate) struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Print an environment's `terraform.tfvars.json`, as `render` writes it to the `terraform` folder.
    Terraform(TerraformArguments),
}

#[derive(Debug, Args)]
struct TerraformArguments {
    /// The environment; required if several have `infrastructure`.
    #[arg(short, long, value_name = "NAME")]
    environment: Option<Name>,
    /// Write to this file instead of standard output.
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,
}

pub(crate) fn run(
    arguments: &Arguments,
    directory: &Path,
    registry: &Registry,
    terminal: &Terminal,
) -> Result<Outcome, Failure> {
    let Command::Terraform(arguments) = &arguments.command;
    let files = read(directory, registry)?;
    let selection =
        Selection { environments: arguments.environment.iter().cloned().collect(), tenants: Vec::new() };
    let loaded = load(&files, registry, &selection);
    tell(&loaded.diagnostics, &files, terminal);
    if loaded.diagnostics.iter().any(Diagnostic::is_error) {
        return Ok(Outcome::Failed);
    }
    let environments =
        loaded.platform.environments.values().filter(|one| selection.has_environment(&one.name));
    let exported: Vec<(&Name, String)> =
        environments.filter_map(|environment| Some((&environment.name, variables(environment)?))).collect();
    let text = match exported.as_slice() {
        [(_, text)] => text,
        [] => {
            return Err(Failure::new("no environment has `infrastructure`")
                .hint("add a table `[environments.<name>.infrastructure]` to platform.toml"));
        }
        several => {
            let names: Vec<&str> = several.iter().map(|(name, _)| name.as_str()).collect();
            return Err(Failure::new("several environments have `infrastructure`")
                .hint(format!("choose one with `--environment`: {}", names.join(", "))));
        }
    };
    match &arguments.output {
        Some(path) => write_file(&directory.join(path), text)?,
        None => print(terminal, text)?,
    }
    Ok(Outcome::Done)
}
