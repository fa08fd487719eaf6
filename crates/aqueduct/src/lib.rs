//! The compiler as a library and the command-line kit around it.

use std::process::ExitCode;

/// The command line.
#[derive(Default)]
pub struct Cli {}

impl Cli {
    /// Returns the command line with the stock components.
    pub fn new() -> Self {
        Self {}
    }

    /// Runs the command line over the arguments of the process.
    pub fn run(self) -> ExitCode {
        ExitCode::from(2)
    }
}
