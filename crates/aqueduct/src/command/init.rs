//! `aqueduct init`: creates a new platform that is ready to render.

use std::path::{Path, PathBuf};

use aqueduct_model::types::{Name, Repository};
use aqueduct_render::Registry;
use clap::Args;

use super::{Failure, Outcome, schema, write_file};
use crate::terminal::Terminal;

#[derive(Debug, Args)]
pub(crate) struct Arguments {
    /// The folder of the platform [default: the current folder].
    folder: Option<PathBuf>,
    /// The name of the platform [default: the folder's name].
    #[arg(long)]
    name: Option<Name>,
    /// The git repository that Argo CD reads.
    #[arg(long, default_value = "https://github.com/example/platform")]
    repository: Repository,
    /// Also create a tenant for operators, with cert-manager as a chart for `aqueduct vendor` to fetch.
    #[arg(long)]
    operators: bool,
}

/// The files of a new platform, by path. `NAME`, `REPOSITORY` and `HEALTH` are placeholders.
const FILES: &[(&str, &str)] = &[
    ("platform.toml", include_str!("init/platform.toml")),
    ("tenants/shop/tenant.toml", include_str!("init/tenant.toml")),
    ("tenants/shop/web.toml", include_str!("init/web.toml")),
];

/// The files of the tenant for operators.
const OPERATORS: &[(&str, &str)] = &[
    ("tenants/operators/tenant.toml", include_str!("init/operators/tenant.toml")),
    ("tenants/operators/cert-manager.toml", include_str!("init/operators/cert-manager.toml")),
];

/// The definitions of its operators, which a cluster needs before Argo CD applies the tree.
const DEFINITIONS: &str =
    "https://github.com/cert-manager/cert-manager/releases/download/v1.16.2/cert-manager.crds.yaml";

/// Files that are written only if they do not exist: how to start, and the health checks for Argo CD.
const ADVICE: &[(&str, &str)] = &[
    ("README.md", include_str!("init/README.md")),
    ("docs/argocd-cm.yaml", include_str!("init/argocd-cm.yaml")),
];

/// The attributes that git needs for a platform. The user's own rules can come before them.
const ATTRIBUTES: &str = include_str!("init/gitattributes");

pub(crate) fn run(
    arguments: &Arguments,
    directory: &Path,
    registry: &Registry,
    terminal: &Terminal,
) -> Result<Outcome, Failure> {
    let folder =
        arguments.folder.as_ref().map_or_else(|| directory.to_owned(), |folder| directory.join(folder));
    let name = match &arguments.name {
        Some(name) => name.clone(),
        None => {
            let full = std::path::absolute(&folder).map_err(|error| Failure::new(error.to_string()))?;
            let name = full.file_name().unwrap_or_default().to_string_lossy().to_lowercase();
            name.parse().map_err(|_| {
                Failure::new(format!("the folder name is not a valid platform name: `{name}`"))
                    .hint("set one with `--name`")
            })?
        }
    };
    let operators = if arguments.operators { OPERATORS } else { &[] };
    let files: Vec<&(&str, &str)> = FILES.iter().chain(operators).collect();
    let taken: Vec<&str> =
        files.iter().map(|(path, _)| *path).filter(|path| folder.join(path).exists()).collect();
    if !taken.is_empty() {
        return Err(Failure::new(format!("{} already has {}", folder.display(), taken.join(", ")))
            .hint("choose an empty folder, or remove these files"));
    }
    let health: String =
        aqueduct_catalogue::APPLICATION_HEALTH.lines().map(|line| format!("    {line}\n")).collect();
    let advice = ADVICE.iter().filter(|(path, _)| !folder.join(path).exists());
    for (path, text) in files.into_iter().chain(advice) {
        let text = text.replace("NAME", name.as_str()).replace("REPOSITORY", arguments.repository.as_str());
        let text = text.replace("HEALTH", &health);
        let text = if arguments.operators { with_operators(&text) } else { text };
        write_file(&folder.join(path), &text)?;
    }
    let attributes = folder.join(".gitattributes");
    let own = match std::fs::read_to_string(&attributes) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => String::new(),
        read => {
            read.map_err(|error| Failure::new(format!("cannot read {}: {error}", attributes.display())))?
        }
    };
    if !own.contains(ATTRIBUTES) {
        let gap = if own.is_empty() || own.ends_with('\n') { "" } else { "\n" };
        write_file(&attributes, &format!("{own}{gap}{ATTRIBUTES}"))?;
    }
    // The first line of each file points editors to its schema.
    schema::write(registry, &folder.join("docs/schemas"))?;
    let folder: PathBuf = folder.components().collect();
    let next =
        if arguments.operators { "`aqueduct vendor`, then `aqueduct render`" } else { "`aqueduct render`" };
    terminal.say(&format!("created platform {name} in {}; next, run {next}", folder.display()));
    Ok(Outcome::Done)
}

/// Adds to a file what operators need: the APIs of each environment, and how to apply their definitions to a cluster.
fn with_operators(text: &str) -> String {
    let class = "ingress-class = \"nginx\"\n";
    let apis = format!("{class}apis = [{{ definitions = \"{DEFINITIONS}\" }}]\n");
    let start = "Install Argo CD, and configure the health check of Applications";
    let commands = format!(
        "Apply the definitions of the operators, which `apis` in `platform.toml` lists and `aqueduct vendor` fetched:\n\n```sh\nkubectl apply --server-side --recursive --filename vendor/kustomizations\n```\n\n{start}"
    );
    text.replace(class, &apis).replace(start, &commands)
}
