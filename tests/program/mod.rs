//! The program under test: the real binary, run in a folder.

use std::fmt;
use std::path::Path;
use std::process::Command;

/// What a run gave: its exit code and both streams.
pub(crate) struct Run {
    /// The exit code.
    pub(crate) code: i32,
    /// What came on standard output.
    pub(crate) stdout: String,
    /// What came on standard error.
    pub(crate) stderr: String,
}

/// Runs `aqueduct` with arguments in a folder, away from the variables of whoever runs the tests.
pub(crate) fn run(directory: &Path, arguments: &[&str]) -> Run {
    let output = Command::new(env!("CARGO_BIN_EXE_aqueduct"))
        .args(arguments)
        .current_dir(directory)
        .env_clear()
        .output()
        .expect("the program starts");
    Run {
        code: output.status.code().expect("the program ends by itself"),
        stdout: String::from_utf8(output.stdout).expect("standard output is text"),
        stderr: String::from_utf8(output.stderr).expect("standard error is text"),
    }
}

impl Run {
    /// Returns what came on standard output of a run that must succeed.
    pub(crate) fn done(self) -> String {
        assert_eq!(self.code, 0, "the program failed:\n{self}");
        self.stdout
    }
}

impl fmt::Display for Run {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(out, "exit code: {}", self.code)?;
        for (name, text) in [("standard output", &self.stdout), ("standard error", &self.stderr)] {
            if !text.is_empty() {
                writeln!(out, "--- {name}\n{}", text.trim_end_matches('\n'))?;
            }
        }
        Ok(())
    }
}
