//! Writes everything that was fetched: complete folders are swapped in, and the lock file comes last.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io::{self, Write as _};
use std::path::Path;

use crate::{Error, FOLDER, LOCK_FILE, Lock, names};

/// The prefix of folders with files that are not in place yet.
const STAGING: &str = ".fetched-";

/// The files of one folder.
#[derive(Debug)]
pub(crate) struct Package {
    pub(crate) folder: String,
    pub(crate) files: BTreeMap<String, Vec<u8>>,
}

/// Returns the files of a package to be stored.
///
/// # Errors
/// A name that must not get into the repository. Then nothing of the package does.
pub(crate) fn kept(mut files: BTreeMap<String, Vec<u8>>) -> Result<BTreeMap<String, Vec<u8>>, Error> {
    files.keys().try_for_each(|path| names::check(path)).map_err(Error::new)?;
    // The git attributes of another repository must not affect this one.
    files.retain(|path, _| !names::is_attributes(path));
    Ok(files)
}

/// Writes packages and the new lock file, and removes what only the old lock file lists.
pub(crate) fn write(root: &Path, old: &Lock, new: &Lock, packages: &[Package]) -> Result<(), Error> {
    let fail = |error: io::Error| Error::new(format!("cannot write {FOLDER}: {error}"));
    if !packages.is_empty() {
        fs::create_dir_all(root.join(FOLDER)).map_err(fail)?;
        remove_remains(&root.join(FOLDER)).map_err(fail)?;
        // On the same file system, so that whole folders can be renamed.
        let staging = tempfile::Builder::new().prefix(STAGING).tempdir_in(root.join(FOLDER)).map_err(fail)?;
        let staged = |folder: &str| staging.path().join(folder.replace('/', "-"));
        for package in packages {
            for (path, bytes) in &package.files {
                let path = staged(&package.folder).join(path);
                if let Some(folder) = path.parent() {
                    fs::create_dir_all(folder).map_err(fail)?;
                }
                fs::write(&path, bytes).map_err(fail)?;
            }
        }
        let folders: BTreeSet<&str> = packages.iter().map(|package| package.folder.as_str()).collect();
        for folder in folders {
            let target = root.join(folder);
            if target.symlink_metadata().is_ok() {
                fs::rename(&target, staged(&format!("{folder}.old"))).map_err(fail)?;
            } else if let Some(parent) = target.parent() {
                fs::create_dir_all(parent).map_err(fail)?;
            }
            fs::rename(staged(folder), &target).map_err(fail)?;
        }
    }
    write_lock(root, new)?;
    // Only what the old lock file owned is removed, and only once the new one no longer lists it.
    for folder in old.folders().difference(&new.folders()) {
        if root.join(folder).is_dir() {
            fs::remove_dir_all(root.join(folder)).map_err(fail)?;
            for above in Path::new(folder).ancestors().skip(1).filter(|above| above.parent().is_some()) {
                // It is only removed if it is empty.
                let _ = fs::remove_dir(root.join(above));
            }
        }
    }
    Ok(())
}

/// Removes the remains of a run that was interrupted while it wrote.
fn remove_remains(folder: &Path) -> io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        if entry.file_name().to_string_lossy().starts_with(STAGING) {
            fs::remove_dir_all(entry.path())?;
        }
    }
    Ok(())
}

fn write_lock(root: &Path, lock: &Lock) -> Result<(), Error> {
    let fail = |error: io::Error| Error::new(format!("cannot write {LOCK_FILE}: {error}"));
    let (path, text) = (root.join(LOCK_FILE), lock.write());
    let old = fs::read_to_string(&path).ok();
    if old.as_deref() == Some(&text) || (old.is_none() && *lock == Lock::default()) {
        return Ok(());
    }
    let mut file = tempfile::NamedTempFile::new_in(root).map_err(fail)?;
    file.write_all(text.as_bytes()).map_err(fail)?;
    readable(file.as_file()).map_err(fail)?;
    file.persist(&path).map_err(|error| fail(error.error))?;
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
