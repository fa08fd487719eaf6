//! `aqueduct man`: prints or writes manual pages.

use std::path::PathBuf;

use clap::Args;

use super::{Failure, Outcome, print, write_file};
use crate::cli::definition;
use crate::terminal::Terminal;

#[derive(Debug, Args)]
pub(crate) struct Arguments {
    /// Write the pages of all commands to this folder.
    #[arg(long, value_name = "DIRECTORY")]
    output: Option<PathBuf>,
}

pub(crate) fn run(arguments: &Arguments, terminal: &Terminal) -> Result<Outcome, Failure> {
    let mut command = definition();
    command.build();
    let Some(folder) = &arguments.output else {
        print(terminal, &page(command)?)?;
        return Ok(Outcome::Done);
    };
    let mut open = vec![("aqueduct".to_owned(), command)];
    while let Some((name, command)) = open.pop() {
        for child in command.get_subcommands().filter(|child| child.get_name() != "help") {
            open.push((format!("{name}-{}", child.get_name()), child.clone()));
        }
        write_file(&folder.join(format!("{name}.1")), &page(command.name(name))?)?;
    }
    Ok(Outcome::Done)
}

fn page(command: clap::Command) -> Result<String, Failure> {
    let mut text = Vec::new();
    clap_mangen::Man::new(command).render(&mut text)?;
    Ok(String::from_utf8_lossy(&text).into_owned())
}
