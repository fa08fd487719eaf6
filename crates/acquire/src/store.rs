//! Everything that a platform takes from elsewhere, fetched at once and stored with it.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use aqueduct_manifest::{Files, Place};

use crate::copies::Copies;
use crate::schemas::{contents, named_by_chart};
use crate::write::{Package, write};
use crate::{Client, Error, LOCK_FILE, Lock, LockedChart, WantedChart, verify};

/// What a platform takes from elsewhere.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Wanted {
    /// The charts.
    pub charts: BTreeSet<WantedChart>,
    /// The folders of kustomizations whose remotes are needed, relative to the platform.
    pub kustomizations: BTreeSet<String>,
    /// The addresses of web files, each with the place that refers to it.
    pub files: BTreeMap<String, Place>,
    /// Those of the charts whose values are checked against their schemas.
    pub validated: BTreeSet<WantedChart>,
    /// The folders of the platform's own charts whose values are checked against their schemas.
    pub folders: BTreeSet<String>,
}

/// What happens to charts and remotes that are already locked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Update {
    /// They stay locked as they are.
    Keep,
    /// They are replaced by the newest version that matches, or by what is at the source now.
    Newest,
}

/// Makes the vendored files match what is wanted, and returns what is locked now. `files` are those of the
/// platform's folder, including its lock file and everything that is vendored.
///
/// What is locked, present and unaltered is not fetched. Everything is fetched before anything is written,
/// and the lock file is written last.
///
/// # Errors
/// Everything that could not be fetched. Then nothing on disk has changed.
pub fn vendor(
    root: &Path,
    files: &Files,
    wanted: &Wanted,
    update: Update,
    client: &Client,
) -> Result<Lock, Vec<Error>> {
    let old = Lock::of(files).map_err(|error| vec![error])?;
    let mut errors = Vec::new();
    let mut charts: BTreeSet<LockedChart> = BTreeSet::new();
    let mut packages: Vec<Package> = Vec::new();
    let mut schemas: BTreeMap<String, Place> = BTreeMap::new();
    for request in &wanted.charts {
        let locked = if update == Update::Keep { old.find(request) } else { None };
        if let Some(chart) = locked
            && verify(files, &old, request).is_ok()
        {
            charts.insert(chart.clone());
            if wanted.validated.contains(request) {
                schemas.extend(named_by_chart(&chart.folder(), contents(files, &chart.folder())));
            }
            continue;
        }
        match fetch(client, request, locked) {
            Ok((chart, package)) => {
                if wanted.validated.contains(request) {
                    let folder = package.folder.as_str();
                    let contents =
                        package.files.iter().map(|(path, bytes)| (path.as_str(), bytes.as_slice()));
                    schemas.extend(named_by_chart(folder, contents));
                }
                charts.insert(chart);
                packages.push(package);
            }
            Err(error) => errors.push(error),
        }
    }
    for (left, right) in charts.iter().zip(charts.iter().skip(1)) {
        if left.folder() == right.folder() {
            errors.push(Error::new(format!(
                "two charts need the same folder {}: from {} and from {}",
                left.folder(),
                left.source,
                right.source
            )));
        }
    }
    let mut copies = Copies::new(files, &old, update, client);
    for folder in &wanted.folders {
        schemas.extend(named_by_chart(folder, contents(files, folder)));
    }
    copies.gather(&wanted.kustomizations, &wanted.files, schemas);
    errors.append(&mut copies.errors);
    packages.append(&mut copies.packages);
    if !errors.is_empty() {
        return Err(errors);
    }
    let new = Lock { charts: charts.into_iter().collect(), remotes: copies.locked.into_iter().collect() };
    write(root, &old, &new, &packages).map_err(|error| vec![error])?;
    Ok(new)
}

/// Fetches a chart. If it is locked, it must match the lock.
fn fetch(
    client: &Client,
    request: &WantedChart,
    locked: Option<&LockedChart>,
) -> Result<(LockedChart, Package), Error> {
    let Some(locked) = locked else { return client.fetch(request) };
    // A digest is exact and more specific than the version.
    let version = request.digest().unwrap_or(&locked.version).to_owned();
    let (chart, package) = client.fetch(&WantedChart { version, ..request.clone() })?;
    if chart != *locked {
        return Err(Error::new(format!(
            "chart {request} does not match the lock: {} {} has changed at its source",
            locked.name, locked.version
        ))
        .with_hint(format!("if the change is intended, remove the chart from {LOCK_FILE} and run again")));
    }
    Ok((chart, package))
}
