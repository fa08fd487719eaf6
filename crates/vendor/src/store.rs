//! Vendored charts on disk: fetched as a whole, swapped in as a whole.

use std::collections::BTreeSet;
use std::fs;
use std::io::{self, Write as _};
use std::path::Path;

use aqueduct_manifest::Files;

use crate::fetch::Package;
use crate::{Client, Error, FOLDER, LOCK_FILE, Lock, LockedChart, Request, verify};

/// What becomes of charts that are locked already.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Update {
    /// They stay as they are locked.
    Keep,
    /// The newest version that fits takes their place.
    Newest,
}

/// Makes the vendored charts of a platform those that are asked for, and returns what is locked now.
///
/// What is locked, there and unaltered is not fetched. Everything is fetched before anything is written,
/// and the lock file is written last.
///
/// # Errors
/// Everything that could not be fetched; then nothing has changed on disk.
pub fn vendor(
    root: &Path,
    requests: &[Request],
    update: Update,
    client: &Client,
) -> Result<Lock, Vec<Error>> {
    let old = read_lock(root).map_err(|error| vec![error])?;
    let files = Files::read(root, &[FOLDER])
        .map_err(|error| vec![Error::new(format!("cannot read {FOLDER}: {error}"))])?;
    let mut errors = Vec::new();
    let mut charts: BTreeSet<LockedChart> = BTreeSet::new();
    let mut packages: Vec<Package> = Vec::new();
    for request in requests {
        let locked = if update == Update::Keep { old.find(request) } else { None };
        if let Some(chart) = locked
            && verify(&files, &old, request).is_ok()
        {
            charts.insert(chart.clone());
            continue;
        }
        match fetch(client, request, locked) {
            Ok(package) => {
                charts.insert(package.chart.clone());
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
    if !errors.is_empty() {
        return Err(errors);
    }
    let new = Lock { charts: charts.into_iter().collect() };
    write(root, &old, &new, &packages).map_err(|error| vec![error])?;
    Ok(new)
}

/// Fetches a chart; one that is locked has to be what was locked.
fn fetch(client: &Client, request: &Request, locked: Option<&LockedChart>) -> Result<Package, Error> {
    let Some(locked) = locked else { return client.fetch(request) };
    // A digest is exact already, and says more than the version.
    let version = request.digest().unwrap_or(&locked.version).to_owned();
    let package = client.fetch(&Request { version, ..request.clone() })?;
    if package.chart != *locked {
        return Err(Error::new(format!(
            "chart {request} is not what was locked: {} {} has changed at its source",
            locked.name, locked.version
        ))
        .with_hint(format!("if the change is meant, take the chart out of {LOCK_FILE} and run again")));
    }
    Ok(package)
}

fn read_lock(root: &Path) -> Result<Lock, Error> {
    match fs::read_to_string(root.join(LOCK_FILE)) {
        Ok(text) => Lock::parse(&text),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Lock::default()),
        Err(error) => Err(Error::new(format!("cannot read {LOCK_FILE}: {error}"))),
    }
}

fn write(root: &Path, old: &Lock, new: &Lock, packages: &[Package]) -> Result<(), Error> {
    let fail = |error: io::Error| Error::new(format!("cannot write {FOLDER}: {error}"));
    let parent = root.join(FOLDER);
    if !packages.is_empty() {
        fs::create_dir_all(&parent).map_err(fail)?;
        // On the same file system, so that whole folders can be moved.
        let staging = tempfile::Builder::new().prefix(".fetched-").tempdir_in(&parent).map_err(fail)?;
        for package in packages {
            let name = format!("{}-{}", package.chart.name, package.chart.version);
            for (path, bytes) in &package.files {
                let path = staging.path().join(&name).join(path);
                if let Some(folder) = path.parent() {
                    fs::create_dir_all(folder).map_err(fail)?;
                }
                fs::write(&path, bytes).map_err(fail)?;
            }
        }
        for package in packages {
            let name = format!("{}-{}", package.chart.name, package.chart.version);
            let target = root.join(package.chart.folder());
            if target.symlink_metadata().is_ok() {
                fs::rename(&target, staging.path().join(format!("{name}.old"))).map_err(fail)?;
            }
            fs::rename(staging.path().join(&name), &target).map_err(fail)?;
        }
    }
    let text = new.write();
    let path = root.join(LOCK_FILE);
    if fs::read_to_string(&path).ok().as_deref() != Some(&text) {
        let fail = |error: io::Error| Error::new(format!("cannot write {LOCK_FILE}: {error}"));
        let mut file = tempfile::NamedTempFile::new_in(root).map_err(fail)?;
        file.write_all(text.as_bytes()).map_err(fail)?;
        readable(file.as_file()).map_err(fail)?;
        file.persist(&path).map_err(|error| fail(error.error))?;
    }
    // Only what the old lock file owned is removed, and only once the new one no longer names it.
    let kept: BTreeSet<String> = new.charts.iter().map(LockedChart::folder).collect();
    for chart in &old.charts {
        let folder = chart.folder();
        let is_plain = !chart.name.contains(['/', '\\']) && !chart.version.contains(['/', '\\']);
        if is_plain && !kept.contains(&folder) && root.join(&folder).is_dir() {
            fs::remove_dir_all(root.join(&folder)).map_err(fail)?;
        }
    }
    Ok(())
}

#[cfg(unix)]
fn readable(file: &fs::File) -> io::Result<()> {
    use std::os::unix::fs::PermissionsExt as _;
    file.set_permissions(fs::Permissions::from_mode(0o644))
}

#[cfg(not(unix))]
fn readable(_file: &fs::File) -> io::Result<()> {
    Ok(())
}
