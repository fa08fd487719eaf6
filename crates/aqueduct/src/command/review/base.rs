//! The platform as it was at a revision, in a folder of its own. The work tree and git's index stay as they are.

use std::ffi::OsStr;
use std::path::Path;
use std::process::{Command, Stdio};

use tempfile::TempDir;

use crate::command::Failure;

/// What the main branch is called, if nobody says so.
const MAIN: [&str; 5] = ["origin/HEAD", "origin/main", "origin/master", "main", "master"];

/// Returns the commit where a revision and the current commit have parted; the main branch where none is named.
pub(super) fn parting(directory: &Path, revision: Option<&str>) -> Result<String, Failure> {
    let git = Git { directory };
    let commit = match revision {
        Some(revision) => git.commit(revision)?,
        None => MAIN.iter().find_map(|name| git.commit(name).ok()).ok_or_else(|| {
            Failure::new("there is no main branch to compare with").hint("`--base` names a revision")
        })?,
    };
    Ok(git.run(&["merge-base", "HEAD", &commit], None).unwrap_or(commit))
}

/// Returns the current commit, where the platform's files are those of it.
pub(super) fn current(directory: &Path) -> Result<Option<String>, Failure> {
    let git = Git { directory };
    let changed = git.run(&["status", "--porcelain", "--untracked-files=all", "--", "."], None)?;
    if changed.is_empty() { git.commit("HEAD").map(Some) } else { Ok(None) }
}

/// Writes the files that a platform had at a commit.
pub(super) fn check_out(directory: &Path, commit: &str) -> Result<TempDir, Failure> {
    let git = Git { directory };
    let commit = git.commit(commit)?;
    let prefix = git.run(&["rev-parse", "--show-prefix"], None)?;
    let failed = |error: std::io::Error| Failure::new(format!("cannot write the base: {error}"));
    let folder = tempfile::tempdir().map_err(failed)?;
    let index = tempfile::tempdir().map_err(failed)?;
    let index = index.path().join("index");
    let tree = format!("{commit}:{}", prefix.trim_end_matches('/'));
    // A folder that the commit does not have is an empty platform.
    if git.run(&["rev-parse", "--verify", "--quiet", "--end-of-options", &tree], None).is_ok() {
        // In a folder below it, git would write only what lies there.
        let root = git.run(&["rev-parse", "--show-toplevel"], None)?;
        let git = Git { directory: Path::new(&root) };
        git.run(&["read-tree", &tree], Some(index.as_os_str()))?;
        let into = format!("--prefix={}/", folder.path().display());
        git.run(&["checkout-index", "--all", "--force", &into], Some(index.as_os_str()))?;
    }
    Ok(folder)
}

/// The program git in the folder of the platform.
struct Git<'a> {
    directory: &'a Path,
}

impl Git<'_> {
    /// Returns the commit of a revision.
    fn commit(&self, revision: &str) -> Result<String, Failure> {
        let name = format!("{revision}^{{commit}}");
        self.run(&["rev-parse", "--verify", "--quiet", "--end-of-options", &name], None).map_err(|_| {
            Failure::new(format!("there is no such revision: `{revision}`"))
                .hint("a shallow clone lacks it: `git fetch origin` the branch, or clone with its history")
        })
    }

    fn run(&self, arguments: &[&str], index: Option<&OsStr>) -> Result<String, Failure> {
        let mut command = Command::new("git");
        command.arg("-C").arg(self.directory).args(arguments).stdin(Stdio::null());
        // A hook that runs this has its own repository in mind.
        for name in ["GIT_DIR", "GIT_INDEX_FILE", "GIT_PREFIX", "GIT_WORK_TREE"] {
            command.env_remove(name);
        }
        command.env("GIT_TERMINAL_PROMPT", "0").env("LC_ALL", "C");
        if let Some(index) = index {
            command.env("GIT_INDEX_FILE", index);
        }
        let output = command.output().map_err(|error| {
            Failure::new(format!("git does not start: {error}")).hint("install git, or put it on the PATH")
        })?;
        if output.status.success() {
            return Ok(String::from_utf8_lossy(&output.stdout).trim().to_owned());
        }
        let words = String::from_utf8_lossy(&output.stderr);
        let first = words.lines().next().unwrap_or("it says nothing");
        Err(Failure::new(format!("git {} failed: {first}", arguments.first().unwrap_or(&""))))
    }
}
