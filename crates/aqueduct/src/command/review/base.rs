//! The platform as it was at a revision, in a folder of its own. The work tree and git's index stay as they are.

use std::ffi::OsStr;
use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Stdio};

use aqueduct_manifest::Files;
use tempfile::TempDir;

use crate::command::Failure;
use crate::compiler::SOURCES;
use crate::sources::need_more;

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

/// Which files of a commit are written.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Checkout {
    /// All but the output.
    Source,
    /// The output alone.
    Output,
}

/// Writes files that a platform had at a commit, and returns their folder and the name of the output in it.
pub(super) fn check_out(
    directory: &Path,
    commit: &str,
    part: Checkout,
) -> Result<(TempDir, String), Failure> {
    let git = Git { directory };
    let commit = git.commit(commit)?;
    let prefix = git.run(&["rev-parse", "--show-prefix"], None)?;
    let failed = |error: std::io::Error| Failure::new(format!("cannot write the base: {error}"));
    let folder = tempfile::tempdir().map_err(failed)?;
    let index = tempfile::tempdir().map_err(failed)?;
    let index = index.path().join("index");
    let tree = format!("{commit}:{}", prefix.trim_end_matches('/'));
    let platform = git.run(&["show", &format!("{commit}:{prefix}platform.toml")], None).unwrap_or_default();
    let output = toml::from_str(&platform)
        .ok()
        .and_then(|table: toml::Table| Some(table.get("output")?.as_str()?.to_owned()));
    let output = output.unwrap_or_else(|| "output".to_owned());
    // A folder that the commit does not have is an empty platform.
    if git.run(&["rev-parse", "--verify", "--quiet", "--end-of-options", &tree], None).is_ok() {
        // In a folder below it, git would write only what lies there.
        let root = git.run(&["rev-parse", "--show-toplevel"], None)?;
        let git = Git { directory: Path::new(&root) };
        let index = Some(index.as_os_str());
        git.run(&["read-tree", &tree], index)?;
        let paths = git.read(&["ls-files", "-z"], index, &[])?;
        let top = |path: &[u8]| {
            let end = path.iter().position(|byte| matches!(byte, 0 | b'/')).unwrap_or(path.len());
            String::from_utf8_lossy(&path[..end]).into_owned()
        };
        let below = format!("{output}/").into_bytes();
        let (written, source): (Vec<&[u8]>, Vec<&[u8]>) =
            paths.split_inclusive(|byte| *byte == 0).partition(|path| path.starts_with(&below));
        let into = format!("--prefix={}/", folder.path().display());
        let write = |paths: &[&[u8]]| {
            git.read(&["checkout-index", "--force", "-z", "--stdin", &into], index, &paths.concat())
        };
        if part == Checkout::Output {
            write(&written)?;
        } else {
            // A platform is often a small part of its repository.
            let (first, others): (Vec<&[u8]>, Vec<&[u8]>) =
                source.into_iter().partition(|path| SOURCES.contains(&top(path).as_str()));
            write(&first)?;
            let files = Files::read(folder.path(), SOURCES)
                .map_err(|error| Failure::new(format!("cannot read the base: {error}")))?;
            if need_more(&files, &others.iter().map(|path| top(path)).collect()) {
                write(&others)?;
            }
        }
    }
    Ok((folder, output))
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

    /// Returns what git prints, without the space around it.
    fn run(&self, arguments: &[&str], index: Option<&OsStr>) -> Result<String, Failure> {
        Ok(String::from_utf8_lossy(&self.read(arguments, index, &[])?).trim().to_owned())
    }

    /// Returns what git prints when it gets some input.
    fn read(&self, arguments: &[&str], index: Option<&OsStr>, input: &[u8]) -> Result<Vec<u8>, Failure> {
        let mut command = Command::new("git");
        command.arg("-C").arg(self.directory).args(arguments);
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        // A hook that runs this has its own repository in mind.
        for name in ["GIT_DIR", "GIT_INDEX_FILE", "GIT_PREFIX", "GIT_WORK_TREE"] {
            command.env_remove(name);
        }
        command.env("GIT_TERMINAL_PROMPT", "0").env("LC_ALL", "C");
        if let Some(index) = index {
            command.env("GIT_INDEX_FILE", index);
        }
        let failed = |error: std::io::Error| {
            Failure::new(format!("git does not start: {error}")).hint("install git, or put it on the PATH")
        };
        let mut child = command.spawn().map_err(failed)?;
        if let Some(mut stdin) = child.stdin.take() {
            // What git says about input that it does not take is read below.
            let _ = stdin.write_all(input);
        }
        let output = child.wait_with_output().map_err(failed)?;
        if output.status.success() {
            return Ok(output.stdout);
        }
        let words = String::from_utf8_lossy(&output.stderr);
        let first = words.lines().next().unwrap_or("it says nothing");
        Err(Failure::new(format!("git {} failed: {first}", arguments.first().unwrap_or(&""))))
    }
}
