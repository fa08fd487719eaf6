//! `aqueduct completions`: prints a shell completion script.

use clap::Args;
use clap_complete::Shell;

use super::{Failure, Outcome, print};
use crate::cli::definition;
use crate::terminal::Terminal;

#[derive(Debug, Args)]
pub(crate) struct Arguments {
    /// The shell to complete in.
    shell: Shell,
}

pub(crate) fn run(arguments: &Arguments, terminal: &Terminal) -> Result<Outcome, Failure> {
    let mut script = Vec::new();
    clap_complete::generate(arguments.shell, &mut definition(), "aqueduct", &mut script);
    print(terminal, &String::from_utf8_lossy(&script))?;
    Ok(Outcome::Done)
}
