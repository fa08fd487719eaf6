//! The wheel: built from this repository and installed into a fresh Python environment, it provides a working
//! program.
//!
//! The test requires maturin (from the variable `AQUEDUCT_MATURIN` or on `PATH`) and a Python with `venv`. If they
//! are missing, it reports that it was skipped.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

const ROOT: &str = env!("CARGO_MANIFEST_DIR");

/// Returns an installed program; prints a message if it is missing.
#[expect(clippy::print_stdout, reason = "a skipped test says so")]
#[expect(clippy::disallowed_methods, reason = "the environment says where maturin is")]
fn installed(program: &str, variable: Option<&str>) -> Option<PathBuf> {
    let path = variable.and_then(std::env::var_os).map_or_else(|| PathBuf::from(program), PathBuf::from);
    let works = Command::new(&path).arg("--version").output().is_ok_and(|output| output.status.success());
    if !works {
        println!("skipped: there is no program `{program}` to make a wheel with");
    }
    works.then_some(path)
}

/// Runs a command that must succeed and returns its output.
fn run(command: &mut Command) -> String {
    let Output { status, stdout, stderr } = command.output().expect("the program starts");
    assert!(status.success(), "{command:?}: {status}\n{}", String::from_utf8_lossy(&stderr));
    String::from_utf8(stdout).expect("the output is text")
}

/// Returns the only wheel in a folder.
fn wheel_in(folder: &Path) -> PathBuf {
    let entries = std::fs::read_dir(folder).expect("the folder can be listed");
    let mut wheels: Vec<PathBuf> =
        entries.map(|entry| entry.expect("the folder can be listed").path()).collect();
    assert_eq!(wheels.len(), 1, "{wheels:?}");
    wheels.remove(0)
}

#[test]
fn installs_a_program_that_renders() {
    let Some(maturin) = installed("maturin", Some("AQUEDUCT_MATURIN")) else { return };
    let Some(python) = installed("python3", None) else { return };
    let folder = tempfile::tempdir().expect("there is room for a folder");
    let wheels = folder.path().join("wheels");
    // The program for the tests is already built; without its symbols it is small enough to pack.
    run(Command::new(maturin)
        .args(["build", "--locked", "--profile", "dev", "--strip", "--auditwheel", "skip"])
        .args(["--compatibility", "linux", "--compression-method", "stored", "--out"])
        .arg(&wheels)
        .current_dir(ROOT));
    let environment = folder.path().join("environment");
    run(Command::new(python).args(["-m", "venv"]).arg(&environment));
    let programs = environment.join(if cfg!(windows) { "Scripts" } else { "bin" });
    run(Command::new(programs.join("pip"))
        .args(["install", "--no-index", "--no-deps"])
        .arg(wheel_in(&wheels)));

    let aqueduct = || {
        let mut command = Command::new(programs.join("aqueduct"));
        command.current_dir(folder.path()).env_clear();
        command
    };
    let version = run(aqueduct().arg("--version"));
    assert!(version.starts_with(&format!("aqueduct {} (", env!("CARGO_PKG_VERSION"))), "{version}");
    run(aqueduct().args(["init", "shop"]));
    run(aqueduct().args(["--directory", "shop", "render"]));
    let rendered = folder.path().join("shop/output/prod/shop/web/deployment-web.yaml");
    assert!(rendered.exists(), "there is no {}", rendered.display());
}
