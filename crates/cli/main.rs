//! The program `aqueduct`: the command-line kit with the stock components.

use std::process::ExitCode;

fn main() -> ExitCode {
    aqueduct::Cli::new().run()
}
