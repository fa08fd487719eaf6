//! `aqueduct reach`: shows which workloads can reach each other, and on which ports, under the network policies.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use aqueduct_manifest::{Diagnostic, Files, Object, Place, closest};
use aqueduct_model::Selection;
use aqueduct_model::types::Name;
use aqueduct_network::{ConnectionEnd, Ends, Network, NetworkPeer, PolicyName, graph, print};
use aqueduct_render::Registry;
use clap::{Args, ValueEnum};

use super::manifests::Manifests;
use super::{Failure, Outcome, next, read, tell, write_file};
use crate::Compiler;
use crate::terminal::Terminal;

#[derive(Debug, Args)]
pub(crate) struct Arguments {
    /// Read these manifests (files or folders) instead of a platform; `-` is standard input.
    #[arg(long, value_name = "PATH", num_args = 1.., conflicts_with = "environment")]
    manifests: Vec<PathBuf>,
    /// The environment; required if there are several.
    #[arg(short, long, value_name = "NAME")]
    environment: Option<Name>,
    /// Show only connections from TENANT/COMPONENT or TENANT (for manifests, NAMESPACE/NAME or NAMESPACE); `outside`
    /// stands for everything that is not a workload.
    #[arg(long, value_name = "TENANT/COMPONENT")]
    from: Option<String>,
    /// Show only connections to a component, in the same notation.
    #[arg(long, value_name = "TENANT/COMPONENT")]
    to: Option<String>,
    /// How to print the connections.
    #[arg(long, value_enum, default_value_t = Format::Table)]
    format: Format,
    /// Draw a graph of the connections into this SVG file instead.
    #[arg(long, value_name = "FILE", conflicts_with = "format")]
    graph: Option<PathBuf>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Format {
    /// A table, with one line for workloads that all policies treat alike; with both `--from` and `--to`, also the
    /// policies that decide.
    Table,
    /// One connection per line: `source => destination : ports`.
    List,
    /// A JSON list of `{"src", "dst", "conn"}`.
    Json,
}

/// A network, and the owners of its workloads.
struct View {
    network: Network,
    /// The workloads by the names that `--from` and `--to` accept.
    names: BTreeMap<String, BTreeSet<NetworkPeer>>,
    /// The source lines that define the policies.
    makers: BTreeMap<PolicyName, String>,
}

pub(crate) fn run(
    arguments: &Arguments,
    directory: &Path,
    registry: &Registry,
    terminal: &Terminal,
) -> Result<Outcome, Failure> {
    let view = match arguments.manifests.is_empty() {
        true => of_platform(arguments, directory, registry, terminal)?,
        false => of_manifests(arguments, terminal)?,
    };
    let Some(view) = view else { return Ok(Outcome::Failed) };
    let (from, to) = (view.ends(arguments.from.as_deref())?, view.ends(arguments.to.as_deref())?);
    if let Some(file) = &arguments.graph {
        write_file(file, &graph::svg(&view.network, &from, &to))?;
        terminal.say(&format!("wrote {}", file.display()));
        return Ok(Outcome::Done);
    }
    let connections =
        || view.network.connections().filter(|one| from.include(&one.from) && to.include(&one.to));
    let text = match arguments.format {
        Format::List => print::list(connections()),
        Format::Json => print::json(connections()),
        Format::Table => match (&from, &to) {
            (Ends::Workloads(from), Ends::Workloads(to)) => view.reasons(from, to),
            _ => print::table(&view.network, &from, &to),
        },
    };
    super::print(terminal, &text)?;
    Ok(Outcome::Done)
}

/// Renders an environment of a platform; `None` after reporting errors.
fn of_platform(
    arguments: &Arguments,
    directory: &Path,
    registry: &Registry,
    terminal: &Terminal,
) -> Result<Option<View>, Failure> {
    let files = read(directory, registry)?;
    let mut selection = Selection::default();
    selection.environments.extend(arguments.environment.clone());
    let mut compiler = Compiler::new(&files, registry, &selection);
    let environments = &compiler.platform().environments;
    if selection.environments.is_empty() && environments.len() > 1 {
        let names: Vec<String> = environments.keys().map(|name| format!("`{name}`")).collect();
        return Err(Failure::new("the platform has several environments")
            .hint(format!("choose one with `--environment`: {}", names.join(", "))));
    }
    let progress = terminal.progress();
    let mut view = None;
    while let Some(environment) = next(&mut compiler, &progress, "rendering") {
        view = compiler.facts(&environment).map(|facts| {
            let owned = facts.entries.iter().map(|entry| {
                (entry.object, entry.tenant.to_owned(), format!("{}/{}", entry.tenant, entry.component))
            });
            View::of(owned.collect(), &files)
        });
    }
    progress.finish_and_clear();
    let errors: Vec<Diagnostic> = compiler.finish().into_iter().filter(Diagnostic::is_error).collect();
    tell(&errors, &files, terminal);
    Ok(view.filter(|_| errors.is_empty()))
}

/// Reads manifests; `None` after reporting those that cannot be read.
fn of_manifests(arguments: &Arguments, terminal: &Terminal) -> Result<Option<View>, Failure> {
    let manifests = Manifests::read(&arguments.manifests)?;
    if !manifests.diagnostics.is_empty() {
        tell(&manifests.diagnostics, &manifests.files(), terminal);
        return Ok(None);
    }
    let objects = manifests.documents.iter().map(|document| &document.object);
    let owned = objects.map(|object| {
        let workload = NetworkPeer::of(object);
        let name = format!("{}/{}", workload.namespace, workload.name);
        (object, workload.namespace.to_string(), name)
    });
    Ok(Some(View::of(owned.collect(), &manifests.files())))
}

impl View {
    /// Returns the view of some objects, each with its owner's name and its own name.
    fn of(owned: Vec<(&Object, String, String)>, files: &Files) -> Self {
        let policies =
            owned.iter().filter_map(|(object, ..)| Some((PolicyName::of(object)?, object.origin.as_ref()?)));
        let makers = policies.map(|(policy, origin)| (policy, line(origin, files))).collect();
        let network = Network::of(owned.iter().map(|(object, ..)| *object));
        let known: BTreeSet<&NetworkPeer> = network.workloads().collect();
        let mut names: BTreeMap<String, BTreeSet<NetworkPeer>> = BTreeMap::new();
        for (object, owner, name) in owned {
            let workload = NetworkPeer::of(object);
            for name in [owner, name] {
                let workloads = names.entry(name).or_default();
                if known.contains(&workload) {
                    workloads.insert(workload.clone());
                }
            }
        }
        Self { network, names, makers }
    }

    /// Returns the connection ends that a name refers to.
    fn ends(&self, name: Option<&str>) -> Result<Ends, Failure> {
        let Some(name) = name else { return Ok(Ends::All) };
        if name == "outside" {
            return Ok(Ends::Outside);
        }
        match self.names.get(name) {
            Some(workloads) if !workloads.is_empty() => Ok(Ends::Workloads(workloads.clone())),
            Some(_) => Err(Failure::new(format!("`{name}` has no pods"))),
            None => {
                let failure = Failure::new(format!("there is no such workload: `{name}`"));
                let with_pods = self.names.iter().filter(|(_, workloads)| !workloads.is_empty());
                Err(match closest(name, with_pods.map(|(name, _)| name.as_str())) {
                    Some(meant) => failure.hint(format!("did you mean `{meant}`?")),
                    None => failure.hint("omit `--from` and `--to` to show all workloads"),
                })
            }
        }
    }

    /// Returns the ports between workloads (even if there are none), with the policies that decide and the lines that
    /// define them.
    fn reasons(&self, from: &BTreeSet<NetworkPeer>, to: &BTreeSet<NetworkPeer>) -> String {
        let mut text = String::new();
        let pairs = from.iter().flat_map(|from| to.iter().map(move |to| (from, to)));
        for (from, to) in pairs.filter(|(from, to)| from != to) {
            let Some(explanation) =
                self.network.explain(&ConnectionEnd::Workload(from), &ConnectionEnd::Workload(to))
            else {
                continue;
            };
            text.push_str(&format!("{from} => {to} : {explanation}\n"));
            let deciding = explanation.egress.deciding().chain(explanation.ingress.deciding());
            let deciding: BTreeSet<&PolicyName> = deciding.map(|(policy, _)| policy).collect();
            for (policy, maker) in deciding.into_iter().filter_map(|policy| self.makers.get_key_value(policy))
            {
                text.push_str(&format!("  {policy} is defined at {maker}\n"));
            }
        }
        text
    }
}

/// Returns the file and line where a place starts.
fn line(place: &Place, files: &Files) -> String {
    let line = place.span.and_then(|span| Some(span.position(files.text(&place.file)?).line));
    line.map_or_else(|| place.file.to_string(), |line| format!("{}:{line}", place.file))
}
