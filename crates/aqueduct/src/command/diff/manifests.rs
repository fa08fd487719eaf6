//! The differences between two sets of manifests, and their effects in a cluster.

use std::path::Path;

use aqueduct_apiserver::Server;
use aqueduct_manifest::Object;
use aqueduct_review::{Apply, review};
use clap::{Args, ValueEnum};

use crate::command::check::minor;
use crate::command::face::{self, Format};
use crate::command::manifests::Manifests;
use crate::command::{Failure, Outcome, tell};
use crate::terminal::Terminal;

#[derive(Debug, Args)]
pub(super) struct ManifestArguments {
    /// How to print the differences.
    #[arg(long, value_enum, default_value_t = Format::Text, requires = "new")]
    format: Format,
    /// How the manifests are applied, which decides what the server rejects and which fields remain.
    #[arg(long, value_enum, default_value_t = By::Server, requires = "new")]
    apply: By,
    /// The Kubernetes version of the cluster.
    #[arg(long, value_name = "VERSION", default_value = "1.37", requires = "new")]
    kubernetes: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum By {
    /// Server-side apply, as in Argo CD with `ServerSideApply=true` and in `kubectl apply --server-side`.
    Server,
    /// Replacement of whole objects, as in Argo CD with `Replace=true` and in `kubectl replace`.
    Replace,
}

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
    // An unreadable manifest would look deleted.
    if !is_readable {
        return Ok(Outcome::Failed);
    }
    let apply = match arguments.apply {
        By::Server => Apply::Server,
        By::Replace => Apply::Replace,
    };
    let [old, new] = &sides;
    let found = review(&Server::new(minor), old, new, &|_| apply);
    face::show(&found, arguments.format, &|| "What this change does".to_owned(), terminal)
}
