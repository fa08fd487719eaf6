//! `aqueduct init`: a new platform that renders at once.

use std::path::{Path, PathBuf};

use aqueduct_model::types::{Name, Repository};
use aqueduct_render::Registry;
use clap::Args;

use super::{Failure, Outcome, schema, write_file};
use crate::terminal::Terminal;

#[derive(Debug, Args)]
pub(crate) struct Arguments {
    /// The folder (default: the current one).
    folder: Option<PathBuf>,
    /// The name of the platform (default: the folder's).
    #[arg(long)]
    name: Option<Name>,
    /// The Git repository that Argo CD reads.
    #[arg(long, default_value = "https://github.com/example/platform")]
    repository: Repository,
    /// Also make a tenant of operators, with cert-manager; `aqueduct vendor` fetches it.
    #[arg(long)]
    operators: bool,
}

/// The files of a new platform, by path; `NAME`, `REPOSITORY` and `HEALTH` are replaced.
const FILES: &[(&str, &str)] = &[
    ("platform.toml", include_str!("init/platform.toml")),
    ("tenants/shop/tenant.toml", include_str!("init/tenant.toml")),
    ("tenants/shop/web.toml", include_str!("init/web.toml")),
];

/// The files of the tenant of operators.
const OPERATORS: &[(&str, &str)] = &[
    ("tenants/operators/tenant.toml", include_str!("init/operators/tenant.toml")),
    ("tenants/operators/cert-manager.toml", include_str!("init/operators/cert-manager.toml")),
];

/// The definitions of its operators, which have to be in a cluster before the tree is.
const DEFINITIONS: &str =
    "https://github.com/cert-manager/cert-manager/releases/download/v1.16.2/cert-manager.crds.yaml";

/// What a platform is not without, where nobody has it: how to start, and what Argo CD is told of health.
const ADVICE: &[(&str, &str)] = &[
    ("README.md", include_str!("init/README.md")),
    ("docs/argocd-cm.yaml", include_str!("init/argocd-cm.yaml")),
];

/// What git is told of a platform; rules of one's own may stand before it.
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
                Failure::new(format!("the folder's name is no name for a platform: `{name}`"))
                    .hint("give one with `--name`")
            })?
        }
    };
    let operators = if arguments.operators { OPERATORS } else { &[] };
    let files: Vec<&(&str, &str)> = FILES.iter().chain(operators).collect();
    let taken: Vec<&str> =
        files.iter().map(|(path, _)| *path).filter(|path| folder.join(path).exists()).collect();
    if !taken.is_empty() {
        return Err(Failure::new(format!("{} already has {}", folder.display(), taken.join(", ")))
            .hint("`init` makes a new platform in an empty folder"));
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
    // The first lines of the files lead editors there.
    schema::write(registry, &folder.join("docs/schemas"))?;
    let folder: PathBuf = folder.components().collect();
    let next =
        if arguments.operators { "`aqueduct vendor`, then `aqueduct render`" } else { "`aqueduct render`" };
    terminal.say(&format!("made platform {name} in {}; next: {next}", folder.display()));
    Ok(Outcome::Done)
}

/// Adds to a file what operators need: the APIs of each environment, and how their definitions come into a cluster.
fn with_operators(text: &str) -> String {
    let class = "ingress-class = \"nginx\"\n";
    let apis = format!("{class}apis = [{{ definitions = \"{DEFINITIONS}\" }}]\n");
    let start = "Argo CD, and the health of its Applications";
    let commands = format!(
        "The definitions of the operators, which `apis` in `platform.toml` names and `aqueduct vendor` fetched:\n\n```sh\nkubectl apply --server-side --recursive --filename vendor/kustomizations\n```\n\n{start}"
    );
    text.replace(class, &apis).replace(start, &commands)
}
