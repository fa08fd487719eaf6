//! Makes an output folder equal to a folder of rendered files, `<rendered>/<environment>/<path>`:
//! `cargo run --example emit -- <rendered> <output>`. Says what changed and how long the write took.

#![expect(clippy::print_stdout, reason = "it is a program")]

use std::error::Error;
use std::path::{Path, PathBuf};
use std::time::Instant;
use std::{env, fs};

use aqueduct_tree::{EmitOptions, Tree, emit};

fn main() -> Result<(), Box<dyn Error>> {
    let [rendered, output] = env::args_os()
        .skip(1)
        .map(PathBuf::from)
        .collect::<Vec<_>>()
        .try_into()
        .map_err(|_| "usage: emit <rendered> <output>")?;
    let mut tree = Tree::new();
    for environment in fs::read_dir(&rendered)? {
        let environment = environment?;
        let name = environment.file_name().into_string().map_err(|_| "a name is not UTF-8")?;
        add(&mut tree, &name, &environment.path(), "")?;
    }
    #[expect(clippy::disallowed_methods, reason = "the time is for people")]
    let start = Instant::now();
    let report = emit(&output, &tree, EmitOptions::default())?;
    println!(
        "{} created, {} updated, {} removed, {} unchanged in {:.3} s",
        report.created.len(),
        report.updated.len(),
        report.removed.len(),
        report.unchanged,
        start.elapsed().as_secs_f64()
    );
    Ok(())
}

fn add(tree: &mut Tree, environment: &str, folder: &Path, relative: &str) -> Result<(), Box<dyn Error>> {
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let name = entry.file_name().into_string().map_err(|_| "a name is not UTF-8")?;
        let child = if relative.is_empty() { name } else { format!("{relative}/{name}") };
        if entry.file_type()?.is_dir() {
            add(tree, environment, &entry.path(), &child)?;
        } else {
            tree.insert(environment, child, fs::read(entry.path())?)?;
        }
    }
    Ok(())
}
