//! Chart folders on disk: walked in Helm's order, following links and obeying `.helmignore`.

use std::io::Read;
use std::path::Path;
use std::sync::Arc;

use super::archive::{CHART_LIMIT, FILE_LIMIT};
use super::file::File;
use super::ignore::{Entry, IgnoreRules};
use crate::Error;

/// How deep folders may nest; this also ends links that form a cycle.
const DEPTH_LIMIT: usize = 64;

/// Reads the files of a chart folder. Their names are relative to it, with `/` between the parts.
pub(super) fn read(folder: &Path) -> Result<Vec<File>, Error> {
    let rules = match std::fs::read(folder.join(".helmignore")) {
        Ok(bytes) => IgnoreRules::parse(&String::from_utf8_lossy(&bytes))?,
        Err(_) => IgnoreRules::parse("")?,
    };
    let mut walk = Walk { rules, files: Vec::new(), budget: CHART_LIMIT };
    walk.folder(folder, "", 0)?;
    Ok(walk.files)
}

struct Walk {
    rules: IgnoreRules,
    files: Vec<File>,
    budget: u64,
}

impl Walk {
    fn folder(&mut self, folder: &Path, prefix: &str, depth: usize) -> Result<(), Error> {
        let fail =
            |cause: std::io::Error| Error::new(format!("open {}: {}", folder.display(), reason(&cause)));
        if depth > DEPTH_LIMIT {
            return Err(Error::new(format!("folders are nested too deep: {}", folder.display())));
        }
        let mut names = Vec::new();
        for entry in folder.read_dir().map_err(fail)? {
            names.push(entry.map_err(fail)?.file_name());
        }
        names.sort();
        for name in names {
            let Some(part) = name.to_str() else {
                return Err(Error::new(format!(
                    "a file name is not UTF-8: {}",
                    folder.join(&name).display()
                )));
            };
            let path = folder.join(part);
            let relative = format!("{prefix}{part}");
            let Ok(metadata) = path.metadata() else {
                if self.rules.ignores(&relative, Entry::File) {
                    continue;
                }
                return Err(Error::new(format!(
                    "error evaluating symlink {0}: lstat {0}: no such file or directory",
                    path.display()
                )));
            };
            if metadata.is_dir() {
                if !self.rules.ignores(&relative, Entry::Folder) {
                    self.folder(&path, &format!("{relative}/"), depth + 1)?;
                }
                continue;
            }
            if self.rules.ignores(&relative, Entry::File) {
                continue;
            }
            if !metadata.is_file() {
                return Err(Error::new(format!(
                    "cannot load irregular file {} as it has file mode type bits set",
                    path.display()
                )));
            }
            if metadata.len() > FILE_LIMIT {
                return Err(Error::new(format!(
                    "chart file {part:?} is larger than the maximum file size {FILE_LIMIT}"
                )));
            }
            let bytes = read_shared(&path, metadata.len())
                .map_err(|cause| Error::new(format!("error reading {relative}: {}", reason(&cause))))?;
            self.budget = self.budget.checked_sub(bytes.len() as u64).ok_or_else(|| {
                Error::new(format!("chart exceeds maximum decompressed size of {CHART_LIMIT} bytes"))
            })?;
            self.files.push(File::new(relative, bytes));
        }
        Ok(())
    }
}

/// Reads a file of the given length straight into its final buffer: charts often contain megabytes of definitions,
/// and allocating fresh memory takes longer than reading them.
fn read_shared(path: &Path, length: u64) -> std::io::Result<Arc<[u8]>> {
    let mut file = std::fs::File::open(path)?;
    let mut bytes: Arc<[u8]> = std::iter::repeat_n(0, usize::try_from(length).unwrap_or(0)).collect();
    let filled = Arc::get_mut(&mut bytes).is_some_and(|buffer| file.read_exact(buffer).is_ok());
    if filled && file.read(&mut [0])? == 0 {
        return Ok(bytes);
    }
    // The length has changed since the caller looked it up.
    std::fs::read(path).map(Arc::from)
}

/// Returns the reason for a failure in Unix wording.
pub fn reason(error: &std::io::Error) -> String {
    match error.kind() {
        std::io::ErrorKind::NotFound => "no such file or directory".to_owned(),
        std::io::ErrorKind::PermissionDenied => "permission denied".to_owned(),
        std::io::ErrorKind::IsADirectory => "is a directory".to_owned(),
        std::io::ErrorKind::NotADirectory => "not a directory".to_owned(),
        _ => error.to_string(),
    }
}
