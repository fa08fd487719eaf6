//! The rendered objects on one side of a change.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use aqueduct_apiserver::Server;
use aqueduct_check::{Entry, Facts, claimed_storage, requests};
use aqueduct_manifest::{Diagnostic, Files, Object, ObjectKey, Value};
use aqueduct_model::Selection;
use aqueduct_model::types::Name;
use aqueduct_render::Registry;
use aqueduct_render::argocd::ROOT;
use aqueduct_review::{Apply, Demand, Growth};

use super::base::{self, Checkout};
use crate::Compiler;
use crate::command::manifests::Manifests;
use crate::command::{Failure, next, tell};
use crate::compiler::Loaded;
use crate::cost::{costs, total};
use crate::terminal::Terminal;

/// The rendered objects of an environment, its Kubernetes version, and its monthly cost.
#[derive(Default)]
pub(super) struct Side {
    pub(super) objects: Vec<Object>,
    /// The objects of tenants that the change does not affect.
    pub(super) around: BTreeSet<ObjectKey>,
    pub(super) kubernetes: String,
    /// What each tenant requests, if known.
    demands: Option<BTreeMap<String, Demand>>,
    /// The monthly cost.
    monthly_cost: f64,
    pub(super) promoted_from: Option<String>,
    /// The objects that Argo CD replaces.
    replaced: BTreeSet<ObjectKey>,
}

impl Side {
    /// Returns the side on which an environment does not exist.
    pub(super) fn absent() -> Self {
        Self { demands: Some(BTreeMap::new()), ..Self::default() }
    }

    /// Returns how an object is applied. Argo CD patches what it does not replace, and a server-side apply gives the
    /// same result as a three-way merge here.
    pub(super) fn apply(&self, object: &Object) -> Apply {
        if self.replaced.contains(&object.key()) { Apply::Replace } else { Apply::Server }
    }
}

/// Returns the objects that Argo CD replaces, because of their own sync options or those of their Application.
fn replaced(environment: &Facts<'_>) -> BTreeSet<ObjectKey> {
    const REPLACE: &str = "Replace=true";
    let of_application = |entry: &Entry<'_>| {
        let options = entry.object.at(&["spec", "syncPolicy", "syncOptions"]).and_then(Value::as_list)?;
        let path = entry.object.at(&["spec", "source", "path"]).and_then(Value::as_str)?;
        let replaces = options.iter().any(|option| option.as_str() == Some(REPLACE));
        replaces.then(|| path.to_owned())
    };
    let entries = &environment.entries;
    let applications = entries.iter().filter(|entry| entry.tenant == ROOT && entry.kind == "Application");
    let paths: Vec<String> = applications.filter_map(of_application).collect();
    let is_replaced = |entry: &&Entry<'_>| {
        let options = entry.object.annotation("argocd.argoproj.io/sync-options").unwrap_or_default();
        let folder = entry.path.rsplit_once('/').map_or("", |(folder, _)| folder);
        // An Application reads the folder of a component or of a whole tenant.
        let is_below = |path: &String| {
            [folder, entry.tenant]
                .iter()
                .any(|read| path.strip_suffix(read).is_some_and(|before| before.ends_with('/')))
        };
        options.split(',').any(|option| option.trim() == REPLACE) || paths.iter().any(is_below)
    };
    entries.iter().filter(is_replaced).map(|entry| entry.object.key()).collect()
}

/// Reads the output that was committed with the base; `None` after reporting files that cannot be read.
pub(super) fn written(
    directory: &Path,
    commit: &str,
    selection: &Selection,
    terminal: &Terminal,
) -> Result<Option<Sides>, Failure> {
    let (folder, output) = base::check_out(directory, commit, Checkout::Output)?;
    if !folder.path().join(&output).exists() {
        let message = format!("the base has no output at `{output}`");
        return Err(Failure::new(message).hint("omit `--against output` to render its source"));
    }
    let manifests = Manifests::below(folder.path())?;
    // The objects of an unreadable manifest would look new.
    if !manifests.diagnostics.is_empty() {
        tell(&manifests.diagnostics, &manifests.files(), terminal);
        return Ok(None);
    }
    let mut sides = Sides::new();
    for (file, objects) in manifests.by_file() {
        let below = Path::new(&*file).strip_prefix(&output).unwrap_or(Path::new(""));
        let mut parts = below.iter().filter_map(|part| part.to_str());
        let (Some(environment), Some(tenant), Some(component)) = (parts.next(), parts.next(), parts.next())
        else {
            continue;
        };
        let owner = if tenant == ROOT { component } else { tenant };
        let name: Option<Name> = environment.parse().ok();
        if name.is_some_and(|name| selection.has_environment(&name)) && is_selected(selection, owner) {
            // Only the source contains the version, so the newest one is assumed.
            let side = || Side { kubernetes: format!("1.{}", Server::MINORS.end()), ..Side::default() };
            sides.entry(environment.to_owned()).or_insert_with(side).objects.extend(objects);
        }
    }
    Ok(Some(sides))
}

/// The sides of all environments, by name.
pub(super) type Sides = BTreeMap<String, Side>;

fn is_selected(selection: &Selection, tenant: &str) -> bool {
    selection.tenants.is_empty() || selection.tenants.iter().any(|name| name.as_str() == tenant)
}

/// Returns the rendered environments of a platform, or the errors. If only a part is loaded, `followed` contains the
/// tenants that the change affects; the others are there as context.
pub(super) fn sides(
    loaded: Loaded,
    files: &Files,
    followed: Option<&BTreeSet<Name>>,
    selection: &Selection,
    registry: &Registry,
    terminal: &Terminal,
) -> Result<Sides, Vec<Diagnostic>> {
    let progress = terminal.progress();
    // The checks belong to `aqueduct check`, and an old base can break a newer rule.
    let mut compiler = Compiler::of(loaded, files, registry, selection).without_checks();
    let mut sides = Sides::new();
    while let Some(rendered) = next(&mut compiler, &progress, "rendering") {
        if let Some(environment) = compiler.facts(&rendered) {
            let entries = || environment.entries.iter().filter(|entry| is_selected(selection, owner(entry)));
            let stands_around =
                |entry: &&Entry<'_>| followed.is_some_and(|followed| !followed.contains(owner(entry)));
            let kubernetes = environment.cluster.kubernetes.clone();
            let side = Side {
                objects: entries().map(|entry| entry.object.clone()).collect(),
                around: entries().filter(stands_around).map(|entry| entry.object.key()).collect(),
                kubernetes,
                demands: Some(demands(&environment, selection)),
                monthly_cost: total(&costs(rendered.environment())),
                promoted_from: rendered.environment().promoted_from.as_ref().map(ToString::to_string),
                replaced: replaced(&environment),
            };
            sides.insert(environment.name.to_owned(), side);
        }
    }
    progress.finish_and_clear();
    let errors: Vec<Diagnostic> = compiler.finish().into_iter().filter(Diagnostic::is_error).collect();
    if errors.is_empty() { Ok(sides) } else { Err(errors) }
}

/// Returns what each selected tenant requests from an environment's nodes.
fn demands(environment: &Facts<'_>, selection: &Selection) -> BTreeMap<String, Demand> {
    let requests = requests(environment).into_iter().map(|request| {
        let demand = Demand {
            pods: request.pods,
            cpu_millis: request.cpu_millis,
            memory_bytes: request.memory_bytes,
            ..Demand::default()
        };
        (request.tenant, demand)
    });
    let claims = claimed_storage(environment).into_iter();
    let claims = claims.map(|(tenant, bytes)| (tenant, Demand { storage_bytes: bytes, ..Demand::default() }));
    let mut demands: BTreeMap<String, Demand> = BTreeMap::new();
    for (tenant, demand) in requests.chain(claims).filter(|(tenant, _)| is_selected(selection, tenant)) {
        let sum = demands.entry(tenant).or_default();
        *sum = sum.plus(demand);
    }
    demands
}

/// Returns how the tenants' requests and the environment's cost change; `None` if nothing differs, or one side is not
/// known.
pub(super) fn growth(environment: &str, old: &Side, new: &Side) -> Option<Growth> {
    let (before, after) = (old.demands.as_ref()?, new.demands.as_ref()?);
    let tenants: BTreeSet<&String> = before.keys().chain(after.keys()).collect();
    let differs = |tenant: &&&String| before.get(**tenant) != after.get(**tenant);
    let tenants: Vec<String> = tenants.iter().filter(differs).map(|tenant| (*tenant).clone()).collect();
    let sum = |side: &Side, demands: &BTreeMap<String, Demand>| {
        let sum = tenants.iter().filter_map(|tenant| demands.get(tenant)).copied();
        sum.fold(Demand { monthly_cost: side.monthly_cost, ..Demand::default() }, Demand::plus)
    };
    let (old, new) = (sum(old, before), sum(new, after));
    (old != new).then(|| Growth { environment: environment.to_owned(), tenants, old, new })
}

/// Returns the tenant that an object is for. The objects that deliver a tenant count as its own.
fn owner<'e>(entry: &Entry<'e>) -> &'e str {
    if entry.tenant == ROOT { entry.component } else { entry.tenant }
}
