//! `aqueduct vendor`: fetches and locks the remote charts of components, the remotes of their kustomizations, and the
//! remote definitions of environments.

use std::path::Path;

use aqueduct_acquire::{
    Assembly, Client, FOLDER, HostLogins, LOCK_FILE, Lock, Update, Wanted, WantedChart, vendor,
};
use aqueduct_kinds::{ChartRelease, Kustomization};
use aqueduct_kustomize::inventory;
use aqueduct_manifest::Diagnostic;
use aqueduct_model::Selection;
use aqueduct_render::{Component as _, Inputs, Registry, Site, is_address};
use clap::Args;

use super::{Failure, Outcome, read, tell};
use crate::compiler::load;
use crate::terminal::Terminal;

#[derive(Debug, Args)]
pub(crate) struct Arguments {
    /// Fetch the newest matching versions instead of the locked ones.
    #[arg(long)]
    update: bool,
}

pub(crate) fn run(
    arguments: &Arguments,
    directory: &Path,
    registry: &Registry,
    terminal: &Terminal,
) -> Result<Outcome, Failure> {
    let files = read(directory, registry)?;
    let loaded = load(&files, registry, &Selection::default());
    let mut diagnostics = loaded.diagnostics;
    let inputs = Inputs::new(&files);
    let mut wanted = Wanted::default();
    for instance in &loaded.instances {
        let site = Site { platform: &loaded.platform, instance, inputs: &inputs, part: None };
        diagnostics.extend(add(&mut wanted, &site).err().into_iter().flatten());
    }
    let sources = loaded.platform.environments.values().flat_map(|environment| &environment.api_sources);
    for source in sources.filter(|source| is_address(&source.name)) {
        wanted.files.entry(source.name.clone()).or_insert_with(|| source.place.clone());
    }
    diagnostics.sort();
    diagnostics.dedup();
    tell(&diagnostics, &files, terminal);
    if diagnostics.iter().any(Diagnostic::is_error) {
        return Ok(Outcome::Failed);
    }
    let progress = terminal.progress();
    progress.set_message("fetching");
    let update = if arguments.update { Update::Newest } else { Update::Keep };
    let fetched = credentials().and_then(|credentials| {
        vendor(directory, &files, &wanted, update, &Client::new(credentials)).map_err(|errors| {
            for error in &errors {
                let hint = error.hint().map(|hint| format!("\nhint: {hint}")).unwrap_or_default();
                terminal.warn(&format!("error: {error}{hint}"));
            }
            Failure::new("nothing was written")
        })
    });
    progress.finish_and_clear();
    let lock = fetched?;
    if lock == Lock::default() {
        terminal.say("there is nothing to fetch");
        return Ok(Outcome::Done);
    }
    for chart in &lock.charts {
        terminal.say(&format!("{} {} from {}", chart.name, chart.version, chart.source));
    }
    for remote in &lock.remotes {
        let commit = remote.commit.get(..12).map(|commit| format!(" at {commit}")).unwrap_or_default();
        terminal.say(&format!("{}{commit}", remote.name));
    }
    let counts = [(lock.charts.len(), "chart"), (lock.remotes.len(), "remote")];
    let counts = counts.iter().filter(|(count, _)| *count > 0);
    let counts: Vec<String> =
        counts.map(|(count, noun)| format!("{count} {noun}{}", if *count == 1 { "" } else { "s" })).collect();
    terminal.say(&format!("{} in {FOLDER}, locked in {LOCK_FILE}", counts.join(" and ")));
    Ok(Outcome::Done)
}

/// Adds the remote dependencies of an instance.
fn add(wanted: &mut Wanted, site: &Site<'_>) -> Result<(), Vec<Diagnostic>> {
    let instance = site.instance;
    let refuse = |error: aqueduct_render::Error| error.into_diagnostics(instance);
    if instance.kind == ChartRelease::KIND {
        let chart: ChartRelease = instance.spec.read(ChartRelease::KIND)?;
        let request = chart.request(site).map_err(refuse)?;
        if chart.is_validated() {
            wanted.validated.extend(request.clone());
        }
        wanted.charts.extend(request);
        if let Some(path) = &chart.path {
            let folder = site.source_folder("path", path).map_err(refuse)?;
            add_folder(wanted, site, folder, chart.is_validated()).map_err(refuse)?;
        }
    } else if instance.kind == Kustomization::KIND {
        let kustomization: Kustomization = instance.spec.read(Kustomization::KIND)?;
        let folder = site.source_path("path", &kustomization.path).map_err(refuse)?;
        // If it cannot be read, following the remotes reports the error.
        for chart in inventory(site.inputs.files, &folder).map(|found| found.charts).unwrap_or_default() {
            add_folder(wanted, site, chart, true).map_err(refuse)?;
        }
        wanted.kustomizations.insert(folder);
    }
    Ok(())
}

/// Adds the remote dependencies of a chart in a folder of the platform.
fn add_folder(
    wanted: &mut Wanted,
    site: &Site<'_>,
    folder: String,
    is_validated: bool,
) -> Result<(), aqueduct_render::Error> {
    let assembly = Assembly::of(site.inputs.files, &folder)
        .map_err(|error| aqueduct_render::Error::field("path", error.to_string()))?;
    let requests: Vec<WantedChart> = assembly.requests.into_iter().map(|(request, _)| request).collect();
    if is_validated {
        wanted.validated.extend(requests.iter().cloned());
        wanted.folders.extend(assembly.folders.into_iter().map(|(folder, _)| folder).chain([folder]));
    }
    wanted.charts.extend(requests);
    Ok(())
}

/// Returns the logins that `docker login` and `helm registry login` have saved.
#[expect(clippy::disallowed_methods, reason = "the user, not the platform, decides where logins are kept")]
fn credentials() -> Result<HostLogins, Failure> {
    let files = HostLogins::default_files(|name| std::env::var_os(name));
    HostLogins::read(&files).map_err(|error| Failure::new(error.to_string()))
}
