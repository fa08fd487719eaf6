//! What differs between two sets of manifests, and what comes of it in a cluster.

use std::fmt::Write as _;
use std::path::Path;

use anstyle::{AnsiColor, Style};
use aqueduct_apiserver::Server;
use aqueduct_manifest::Object;
use aqueduct_review::{Apply, html, print, review};
use clap::{Args, ValueEnum};

use crate::command::check::minor;
use crate::command::manifests::Manifests;
use crate::command::{Failure, Outcome, tell};
use crate::terminal::Terminal;

#[derive(Debug, Args)]
pub(super) struct ManifestArguments {
    /// How to print what differs.
    #[arg(long, value_enum, default_value_t = Format::Text, requires = "new")]
    format: Format,
    /// How the manifests reach the cluster, which decides what is refused and what stays.
    #[arg(long, value_enum, default_value_t = By::Server, requires = "new")]
    apply: By,
    /// The version of Kubernetes that the manifests are for.
    #[arg(long, value_name = "VERSION", default_value = "1.37", requires = "new")]
    kubernetes: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Format {
    /// What comes of it, the gravest first, then what differs, the same only once.
    Text,
    /// Every object and field, as `{"changes": [...]}`.
    Json,
    /// One page that needs no network, with search, filters and pictures.
    Html,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum By {
    /// A server-side apply, as of Argo CD with `ServerSideApply=true` and `kubectl apply --server-side`.
    Server,
    /// A replace of whole objects, as of Argo CD with `Replace=true` and `kubectl replace`.
    Replace,
}

const WARNING: Style = AnsiColor::Yellow.on_default();

pub(super) fn run(
    old: &Path,
    new: &Path,
    arguments: &ManifestArguments,
    terminal: &Terminal,
) -> Result<Outcome, Failure> {
    let minor = minor(&arguments.kubernetes)?;
    if old == Path::new("-") && new == Path::new("-") {
        return Err(Failure::new("only one side can be standard input"));
    }
    let mut sides: [Vec<Object>; 2] = Default::default();
    let mut is_readable = true;
    for (side, path) in sides.iter_mut().zip([old, new]) {
        let manifests = Manifests::read(&[path.to_path_buf()])?;
        if !manifests.diagnostics.is_empty() {
            tell(&manifests.diagnostics, &manifests.files(), terminal);
            is_readable = false;
        }
        side.extend(manifests.documents.into_iter().map(|document| document.object));
    }
    // What cannot be read would look deleted.
    if !is_readable {
        return Ok(Outcome::Failed);
    }
    let apply = match arguments.apply {
        By::Server => Apply::Server,
        By::Replace => Apply::Replace,
    };
    let [old, new] = &sides;
    let found = review(&Server::new(minor), old, new, apply);
    let text = match arguments.format {
        Format::Text => coloured(&print::text(&found)),
        Format::Json => print::json(&found),
        Format::Html => html(&found, "What this change does"),
    };
    crate::command::print(terminal, &text)?;
    if found.changes.is_empty() {
        if arguments.format == Format::Text {
            terminal.say("no differences");
        }
        return Ok(Outcome::Done);
    }
    Ok(Outcome::Found)
}

/// Colours lines by their signs, which say the same.
fn coloured(text: &str) -> String {
    let mut coloured = String::new();
    for line in text.lines() {
        let style = match line.as_bytes() {
            [b'!', ..] => WARNING,
            [b'+', ..] | [b' ', b' ', b' ', b' ', b'+', ..] => super::ADDED,
            [b'-', ..] | [b' ', b' ', b' ', b' ', b'-', ..] => super::REMOVED,
            _ => Style::new(),
        };
        let _ = writeln!(coloured, "{style}{line}{style:#}");
    }
    coloured
}
