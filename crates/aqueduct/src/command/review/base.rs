//! The platform at a revision, in a temporary folder. The working tree and git's index do not change.

use std::ffi::OsStr;
use std::io::{self, Write as _};
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::Arc;

use aqueduct_manifest::{FileError, Files};
use sha1::{Digest as _, Sha1};
use tempfile::TempDir;

use crate::command::Failure;
use crate::compiler::SOURCES;
use crate::sources::{is_standing, need_more, others};

/// The possible names of the main branch.
const MAIN: [&str; 5] = ["origin/HEAD", "origin/main", "origin/master", "main", "master"];

/// Returns the merge base of the current commit and a revision, or the main branch if there is no revision.
pub(super) fn parting(directory: &Path, revision: Option<&str>) -> Result<String, Failure> {
    let git = Git { directory };
    let commit = match revision {
        Some(revision) => git.commit(revision)?,
        None => MAIN.iter().find_map(|name| git.commit(name).ok()).ok_or_else(|| {
            Failure::new("there is no main branch to compare with").hint("set a revision with `--base`")
        })?,
    };
    Ok(git.run(&["merge-base", "HEAD", &commit], None).unwrap_or(commit))
}

/// Returns the current commit, if the platform's sources have no changes since then.
pub(super) fn current(directory: &Path, output: &str) -> Result<Option<String>, Failure> {
    let git = Git { directory };
    let output = format!(":(exclude){output}");
    let status = ["status", "--porcelain", "--untracked-files=all", "--", ".", &output];
    if git.run(&status, None)?.is_empty() { git.commit("HEAD").map(Some) } else { Ok(None) }
}

/// Returns the files of a platform at a commit, reading from git only those that differ from its folder; `None` if
/// that is not possible without checking out all of them.
///
/// git identifies each file by a hash, which shows which files differ.
pub(super) fn differing(directory: &Path, commit: &str, head: &Files) -> Result<Option<Files>, Failure> {
    if !head.iter().all(|(path, _)| is_standing(path)) {
        return Ok(None);
    }
    let root = Git { directory };
    let (prefix, top) = (root.run(&["rev-parse", "--show-prefix"], None)?, root.top()?);
    let git = Git { directory: Path::new(&top) };
    let tree = format!("{commit}:{}", prefix.trim_end_matches('/'));
    let Some(entries) = git.tree(&[&tree])? else { return Ok(None) };
    let mut others = others(directory);
    others.extend(entries.into_iter().map(|entry| entry.path).filter(|name| !is_standing(name)));
    let mut asked = vec!["-r", &tree];
    asked.extend(SOURCES);
    let Some(entries) = git.tree(&asked)? else { return Ok(None) };
    let mut base = Files::new();
    let mut missing = Vec::new();
    for entry in entries {
        if !entry.is_plain_file() {
            return Ok(None);
        }
        match head.get(&entry.path).filter(|bytes| blob(bytes) == entry.id) {
            Some(bytes) => base.insert(entry.path, Arc::clone(bytes)),
            None => missing.push(entry),
        }
    }
    if !missing.is_empty() {
        let folder = tempfile::tempdir().map_err(unwritable)?;
        let index = tempfile::tempdir().map_err(unwritable)?;
        let index = index.path().join("index");
        let index = Some(index.as_os_str());
        let lines: String = missing.iter().map(Entry::line).collect();
        git.read(&["update-index", "-z", "--index-info"], index, lines.as_bytes())?;
        git.run(&["checkout-index", "--force", "--all", &into(folder.path())], index)?;
        let paths: Vec<&str> = missing.iter().map(|entry| entry.path.as_str()).collect();
        base.read_more(folder.path(), &paths).map_err(unreadable)?;
    }
    Ok((!need_more(&base, &others)).then_some(base))
}

/// Returns git's hash of a file's content.
fn blob(bytes: &[u8]) -> String {
    let mut hash = Sha1::new();
    hash.update(format!("blob {}\0", bytes.len()));
    hash.update(bytes);
    hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect()
}

/// An entry of a git tree.
struct Entry {
    mode: String,
    id: String,
    path: String,
}

impl Entry {
    /// Parses a line of `git ls-tree`.
    fn read(line: &str) -> Option<Self> {
        let (what, path) = line.split_once('\t')?;
        let mut words = what.split(' ').map(str::to_owned);
        let (mode, id) = (words.next()?, words.nth(1)?);
        Some(Self { mode, id, path: path.to_owned() })
    }

    /// Returns the line that adds the entry to a git index.
    fn line(&self) -> String {
        format!("{} {}\t{}\0", self.mode, self.id, self.path)
    }

    /// Tells whether it is a regular file, not a symbolic link or submodule.
    fn is_plain_file(&self) -> bool {
        self.mode.starts_with("100")
    }
}

fn into(folder: &Path) -> String {
    format!("--prefix={}/", folder.display())
}

fn unwritable(error: io::Error) -> Failure {
    Failure::new(format!("cannot write the base: {error}"))
}

fn unreadable(error: FileError) -> Failure {
    Failure::new(format!("cannot read the base: {error}"))
}

/// Which files of a commit to write.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Checkout {
    /// All except the output.
    Source,
    /// Only the output.
    Output,
}

/// Writes the files of a platform at a commit into a temporary folder. Returns that folder, and the output's path in
/// it.
pub(super) fn check_out(
    directory: &Path,
    commit: &str,
    part: Checkout,
) -> Result<(TempDir, String), Failure> {
    let git = Git { directory };
    let commit = git.commit(commit)?;
    let prefix = git.run(&["rev-parse", "--show-prefix"], None)?;
    let folder = tempfile::tempdir().map_err(unwritable)?;
    let index = tempfile::tempdir().map_err(unwritable)?;
    let index = index.path().join("index");
    let tree = format!("{commit}:{}", prefix.trim_end_matches('/'));
    let platform = git.run(&["show", &format!("{commit}:{prefix}platform.toml")], None).unwrap_or_default();
    let output = toml::from_str(&platform)
        .ok()
        .and_then(|table: toml::Table| Some(table.get("output")?.as_str()?.to_owned()));
    let output = output.unwrap_or_else(|| "output".to_owned());
    // A folder that the commit does not contain is an empty platform.
    if git.run(&["rev-parse", "--verify", "--quiet", "--end-of-options", &tree], None).is_ok() {
        // From a subfolder, git would write only the files below it.
        let top = git.top()?;
        let git = Git { directory: Path::new(&top) };
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
        let into = into(folder.path());
        let write = |paths: &[&[u8]]| {
            git.read(&["checkout-index", "--force", "-z", "--stdin", &into], index, &paths.concat())
        };
        if part == Checkout::Output {
            write(&written)?;
        } else {
            // A platform is often a small part of its repository, so other files are written only if it needs them.
            let (first, others): (Vec<&[u8]>, Vec<&[u8]>) =
                source.into_iter().partition(|path| SOURCES.contains(&top(path).as_str()));
            write(&first)?;
            let files = Files::read(folder.path(), SOURCES).map_err(unreadable)?;
            if need_more(&files, &others.iter().map(|path| top(path)).collect()) {
                write(&others)?;
            }
        }
    }
    Ok((folder, output))
}

/// The git program, run in the platform's folder.
struct Git<'a> {
    directory: &'a Path,
}

impl Git<'_> {
    /// Returns the commit that a revision refers to.
    fn commit(&self, revision: &str) -> Result<String, Failure> {
        let name = format!("{revision}^{{commit}}");
        self.run(&["rev-parse", "--verify", "--quiet", "--end-of-options", &name], None).map_err(|_| {
            Failure::new(format!("there is no such revision: `{revision}`"))
                .hint("in a shallow clone, run `git fetch origin BRANCH`, or clone with the full history")
        })
    }

    /// Returns the root of the working tree.
    fn top(&self) -> Result<String, Failure> {
        self.run(&["rev-parse", "--show-toplevel"], None)
    }

    /// Returns the entries of a tree; `None` if it does not exist or contains names that are not UTF-8.
    fn tree(&self, arguments: &[&str]) -> Result<Option<Vec<Entry>>, Failure> {
        let all = [&["ls-tree", "-z", "--full-tree"], arguments].concat();
        let Ok(printed) = self.read(&all, None, &[]) else { return Ok(None) };
        let Ok(text) = String::from_utf8(printed) else { return Ok(None) };
        Ok(text.split_terminator('\0').map(Entry::read).collect())
    }

    /// Returns git's output, trimmed.
    fn run(&self, arguments: &[&str], index: Option<&OsStr>) -> Result<String, Failure> {
        Ok(String::from_utf8_lossy(&self.read(arguments, index, &[])?).trim().to_owned())
    }

    /// Returns git's output for some input.
    fn read(&self, arguments: &[&str], index: Option<&OsStr>, input: &[u8]) -> Result<Vec<u8>, Failure> {
        let mut command = Command::new("git");
        command.arg("-C").arg(self.directory).args(arguments);
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        // In a git hook, these variables refer to the hook's repository.
        for name in ["GIT_DIR", "GIT_INDEX_FILE", "GIT_PREFIX", "GIT_WORK_TREE"] {
            command.env_remove(name);
        }
        command.env("GIT_TERMINAL_PROMPT", "0").env("LC_ALL", "C");
        if let Some(index) = index {
            command.env("GIT_INDEX_FILE", index);
        }
        let failed = |error: std::io::Error| {
            Failure::new(format!("cannot start git: {error}")).hint("install git, or add it to the PATH")
        };
        let mut child = command.spawn().map_err(failed)?;
        if let Some(mut stdin) = child.stdin.take() {
            // If git rejects the input, its error is read below.
            let _ = stdin.write_all(input);
        }
        let output = child.wait_with_output().map_err(failed)?;
        if output.status.success() {
            return Ok(output.stdout);
        }
        let words = String::from_utf8_lossy(&output.stderr);
        let first = words.lines().next().unwrap_or("no error message");
        Err(Failure::new(format!("git {} failed: {first}", arguments.first().unwrap_or(&""))))
    }
}
