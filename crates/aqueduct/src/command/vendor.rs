//! `aqueduct vendor`: fetches the charts that components take from elsewhere, and locks them.

use std::collections::BTreeSet;
use std::path::Path;

use aqueduct_manifest::Diagnostic;
use aqueduct_model::Selection;
use aqueduct_render::{Component as _, Inputs, Registry, Site, kinds};
use aqueduct_vendor::{Client, Credentials, FOLDER, LOCK_FILE, Request, Update, vendor};
use clap::Args;

use super::{Failure, Outcome, read, tell};
use crate::compile::load;
use crate::terminal::Terminal;

#[derive(Debug, Args)]
pub(crate) struct Arguments {
    /// Fetch the newest versions that fit, not those that are locked.
    #[arg(long)]
    update: bool,
}

pub(crate) fn run(
    arguments: &Arguments,
    directory: &Path,
    registry: &Registry,
    terminal: &Terminal,
) -> Result<Outcome, Failure> {
    let files = read(directory)?;
    let loaded = load(&files, registry, &Selection::default());
    let mut diagnostics = loaded.diagnostics;
    let inputs = Inputs::new(&files);
    let mut requests: BTreeSet<Request> = BTreeSet::new();
    for instance in loaded.instances.iter().filter(|instance| instance.kind == kinds::Chart::KIND) {
        let site = Site { platform: &loaded.platform, instance, inputs: &inputs, part: None };
        match instance.spec.read::<kinds::Chart>(kinds::Chart::KIND) {
            Ok(chart) => match chart.request(&site) {
                Ok(request) => requests.extend(request),
                Err(error) => diagnostics.extend(error.into_diagnostics(instance)),
            },
            Err(found) => diagnostics.extend(found),
        }
    }
    diagnostics.sort();
    diagnostics.dedup();
    tell(&diagnostics, &files, terminal);
    if diagnostics.iter().any(Diagnostic::is_error) {
        return Ok(Outcome::Failed);
    }
    let requests: Vec<Request> = requests.into_iter().collect();
    let progress = terminal.progress();
    progress.set_message("fetching charts");
    let update = if arguments.update { Update::Newest } else { Update::Keep };
    let fetched = credentials().and_then(|credentials| {
        vendor(directory, &requests, update, &Client::new(credentials)).map_err(|errors| {
            for error in &errors {
                let hint = error.hint().map(|hint| format!("\nhint: {hint}")).unwrap_or_default();
                terminal.warn(&format!("error: {error}{hint}"));
            }
            Failure::new("nothing was written")
        })
    });
    progress.finish_and_clear();
    let lock = fetched?;
    for chart in &lock.charts {
        terminal.say(&format!("{} {} from {}", chart.name, chart.version, chart.source));
    }
    terminal.say(&format!("{} charts in {FOLDER}, locked in {LOCK_FILE}", lock.charts.len()));
    Ok(Outcome::Done)
}

/// Returns the logins that `docker login` and `helm registry login` wrote down.
#[expect(
    clippy::disallowed_methods,
    reason = "where logins are kept is a matter of the person, not of the platform"
)]
fn credentials() -> Result<Credentials, Failure> {
    let files = Credentials::default_files(|name| std::env::var_os(name));
    Credentials::read(&files).map_err(|error| Failure::new(error.to_string()))
}
