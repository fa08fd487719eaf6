//! A custom program: the command line of `aqueduct` with one more kind.
//!
//! `cargo run --example bridge -- --directory examples/bridge render --stdout`

mod bridge;

use std::process::ExitCode;

fn main() -> ExitCode {
    aqueduct::Cli::new().component::<bridge::Bridge>().run()
}
