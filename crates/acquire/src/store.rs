//! What a platform takes from elsewhere, fetched as a whole and kept beside it.

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
    /// The folders of the kustomizations whose remotes are wanted, relative to the platform.
    pub kustomizations: BTreeSet<String>,
    /// The addresses of files of the web, each with the place that names it.
    pub files: BTreeMap<String, Place>,
    /// Those of the charts whose values are held against their schemas.
    pub validated: BTreeSet<WantedChart>,
    /// The folders of charts of the platform's own of which the same is true.
    pub folders: BTreeSet<String>,
}

/// What becomes of charts and remotes that are locked already.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Update {
    /// They stay as they are locked.
    Keep,
    /// The newest version that fits, or what is at the source now, takes their place.
    Newest,
}

/// Makes what is vendored that which is wanted, and returns what is locked now. The files are those of the
/// platform's folder, with its lock file and all that is vendored.
///
/// What is locked, there and unaltered is not fetched. Everything is fetched before anything is written,
/// and the lock file is written last.
///
/// # Errors
/// Everything that could not be fetched; then nothing has changed on disk.
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
                "two charts would be {}: from {} and from {}",
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

/// Fetches a chart; one that is locked has to be what was locked.
fn fetch(
    client: &Client,
    request: &WantedChart,
    locked: Option<&LockedChart>,
) -> Result<(LockedChart, Package), Error> {
    let Some(locked) = locked else { return client.fetch(request) };
    // A digest is exact already, and says more than the version.
    let version = request.digest().unwrap_or(&locked.version).to_owned();
    let (chart, package) = client.fetch(&WantedChart { version, ..request.clone() })?;
    if chart != *locked {
        return Err(Error::new(format!(
            "chart {request} is not what was locked: {} {} has changed at its source",
            locked.name, locked.version
        ))
        .with_hint(format!("if the change is meant, take the chart out of {LOCK_FILE} and run again")));
    }
    Ok((chart, package))
}
