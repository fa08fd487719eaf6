//! Kills real writes at many moments and examines what is left.

mod memory;

use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::Duration;
use std::{env, fs, thread};

use aqueduct_tree::{EmitOptions, OutputScope, Tree, emit, status};

/// How many writes are killed.
const KILLS: u32 = 40;
const ENVIRONMENTS: [&str; 2] = ["dev", "prod"];

#[test]
fn a_killed_write_leaves_every_environment_old_or_new() {
    let folder = memory::folder();
    let trees = [generation(0), generation(1)];
    let rendered = [folder.path().join("rendered-0"), folder.path().join("rendered-1")];
    for (tree, rendered) in trees.iter().zip(&rendered) {
        for (environment, path, bytes) in tree.iter() {
            let path = rendered.join(environment).join(&**path);
            fs::create_dir_all(path.parent().expect("it is below a folder")).expect("folders can be made");
            fs::write(path, bytes).expect("files can be written");
        }
    }
    let output = folder.path().join("output");
    let program = program();
    let run = |rendered: &Path| {
        Command::new(&program)
            .args([rendered, &output])
            .stdout(Stdio::null())
            .spawn()
            .expect("the program can be started")
    };

    emit(&output, &trees[0], EmitOptions::default()).expect("it can be written");

    let (mut old, mut new) = (0, 0);
    for round in 0..KILLS {
        let [before, after] = if round % 2 == 0 { [0, 1] } else { [1, 0] };
        let mut child = run(&rendered[after]);
        // One half is killed anywhere, the other half from the moment at which it begins to stage.
        let pause = Duration::from_micros(u64::from(round * 37 % KILLS) * 500);
        if round % 4 < 2 {
            thread::sleep(pause * 4);
        } else {
            wait_for(&output.join(".aqueduct/staged"), &mut child);
            thread::sleep(pause);
        }
        // It may have ended by itself.
        child.kill().expect("it is our child");
        child.wait().expect("it ends");

        for environment in ENVIRONMENTS {
            let is = |tree: &Tree| {
                let tree = part(tree, environment);
                let status = status(&output, &tree).expect("the output can be read");
                status.is_clean() && status.unowned.is_empty()
            };
            let (is_old, is_new) = (is(&trees[before]), is(&trees[after]));
            assert!(is_old != is_new, "round {round}: {environment} is neither old nor new");
            old += usize::from(is_old);
            new += usize::from(is_new);
        }
        let next = &trees[after];
        emit(&output, next, EmitOptions { wait: Duration::ZERO, ..EmitOptions::default() })
            .expect("no lock is stale");
        assert!(status(&output, next).expect("the output can be read").is_clean(), "round {round}");
    }
    assert!(old > 0, "{old} old, {new} new");
}

/// Returns the part of a tree that belongs to one environment.
fn part(tree: &Tree, environment: &str) -> Tree {
    let mut part = Tree::of([OutputScope::Environment(environment.to_owned())]);
    for (path, bytes) in tree.files(environment) {
        part.insert(environment, Arc::clone(path), Arc::clone(bytes)).expect("the names are good");
    }
    part
}

/// Waits until the program has created a folder, or has ended.
fn wait_for(folder: &Path, child: &mut Child) {
    while !folder.exists() && child.try_wait().expect("it is our child").is_none() {
        thread::yield_now();
    }
}

/// Returns a tree that shares a part with the other generation: files change, appear and vanish.
fn generation(generation: usize) -> Tree {
    let mut tree = Tree::new();
    for environment in ENVIRONMENTS {
        for tenant in 0..10 {
            for component in 0..6 {
                if (tenant + component) % 5 == generation {
                    continue;
                }
                for file in 0..4 {
                    let text = match (tenant + file) % 3 {
                        0 => format!("{environment} {tenant} {component} {file}\n"),
                        _ => format!("{generation} {environment} {tenant} {component} {file}\n"),
                    };
                    let path = format!("tenant-{tenant}/component-{component}/file-{file}.yaml");
                    tree.insert(environment, path, text.repeat(20).into_bytes()).expect("the names are good");
                }
            }
        }
    }
    tree
}

/// Returns the example program, which `cargo test` builds unless it is told to run one test file only.
fn program() -> PathBuf {
    let tests = env::current_exe().expect("this program has a path");
    let profile = tests.parent().and_then(Path::parent).expect("tests lie in `deps` below the profile");
    let program = profile.join("examples").join("emit").with_extension(env::consts::EXE_EXTENSION);
    if !program.exists() {
        let built = Command::new(env!("CARGO"))
            .args(["build", "--package", env!("CARGO_PKG_NAME"), "--example", "emit"])
            .status()
            .expect("cargo can be started");
        assert!(built.success(), "the example program must build");
    }
    program
}
