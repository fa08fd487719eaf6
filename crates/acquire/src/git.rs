//! Git repositories, fetched with the program `git` as Kustomize does. Credential helpers, ssh agents and the
//! user's settings work as usual.

use std::fs::File;
use std::io::{self, Read as _, Seek as _};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use aqueduct_kustomize::RemoteFolder;
use tempfile::TempDir;

use crate::Error;

/// The default time limit of a command, if the name of the repository sets none.
const PATIENCE: Duration = Duration::from_secs(300);
/// How often a running command is polled.
const PAUSE: Duration = Duration::from_millis(10);

/// Variables that would redirect a command to another repository. They are set, for example, while git runs a
/// hook.
const FOREIGN: [&str; 9] = [
    "GIT_ALTERNATE_OBJECT_DIRECTORIES",
    "GIT_COMMON_DIR",
    "GIT_DIR",
    "GIT_INDEX_FILE",
    "GIT_NAMESPACE",
    "GIT_OBJECT_DIRECTORY",
    "GIT_PREFIX",
    "GIT_SHALLOW_FILE",
    "GIT_WORK_TREE",
];

/// Settings without which other machines could get other bytes.
const SETTINGS: [&str; 6] = [
    "core.autocrlf=false",
    "core.eol=lf",
    "core.symlinks=true",
    "filter.lfs.process=",
    "filter.lfs.required=false",
    "filter.lfs.smudge=",
];

/// A commit of a repository, checked out in a temporary folder.
#[derive(Debug)]
pub(crate) struct Clone {
    folder: TempDir,
    /// The commit.
    pub(crate) commit: String,
}

impl Clone {
    /// Fetches a commit, or the current commit of the repository's reference.
    pub(crate) fn fetch(repository: &RemoteFolder, commit: Option<&str>) -> Result<Self, Error> {
        let address = &repository.address;
        let fail = |failure: Failure| failure.error(format!("cannot fetch {address}"));
        check(&repository.reference)?;
        let folder = tempfile::tempdir().map_err(|error| fail(Failure::new(error.to_string())))?;
        let git = Git { folder: folder.path(), patience: repository.timeout.unwrap_or(PATIENCE) };
        git.run(&["init", "--quiet", "--template="]).map_err(fail)?;
        git.run(&["remote", "add", "origin", address]).map_err(fail)?;
        let reference = if repository.reference.is_empty() { "HEAD" } else { &repository.reference };
        let found = match commit {
            None => git.fetch(reference).map_err(fail)?,
            // A server may refuse to send a commit by itself. The reference may still point to it.
            Some(commit) => match git.fetch(commit) {
                Err(failure) if failure.is_absent => match git.fetch(reference) {
                    Ok(found) if found == commit => found,
                    _ => {
                        let error = failure.error(format!("cannot fetch the locked commit of {address}"));
                        return Err(
                            error.with_hint("run `aqueduct vendor --update` to take what is there now")
                        );
                    }
                },
                fetched => fetched.map_err(fail)?,
            },
        };
        git.run(&["checkout", "--quiet", "--detach", &found]).map_err(fail)?;
        if repository.submodules && folder.path().join(".gitmodules").exists() {
            git.run(&["submodule", "--quiet", "update", "--init", "--recursive"]).map_err(fail)?;
        }
        Ok(Self { folder, commit: found })
    }

    /// Returns the folder with the files.
    pub(crate) fn path(&self) -> PathBuf {
        self.folder.path().to_path_buf()
    }
}

/// Refuses what git would take for an option or for more than a name.
fn check(reference: &str) -> Result<(), Error> {
    let is_odd = |letter: char| letter.is_whitespace() || letter.is_control() || "~^:?*[\\".contains(letter);
    if reference.starts_with(['-', '+']) || reference.contains(is_odd) {
        return Err(Error::new(format!("not a branch, tag or commit: `{reference}`")));
    }
    Ok(())
}

/// Runs git in a folder.
struct Git<'a> {
    folder: &'a Path,
    patience: Duration,
}

impl Git<'_> {
    /// Fetches a reference or a commit, and returns the commit.
    fn fetch(&self, name: &str) -> Result<String, Failure> {
        let fetched = self.run(&["fetch", "--quiet", "--depth=1", "--no-tags", "origin", name]);
        if let Err(failure) = fetched {
            let says = |words: &[&str]| words.iter().any(|words| failure.cause.contains(words));
            if says(&["not our ref", "unadvertised object"]) {
                let absent = Failure::new(format!("the server does not offer the commit `{name}`"));
                return Err(Failure { is_absent: true, ..absent });
            }
            if !says(&["couldn't find remote ref"]) {
                return Err(failure);
            }
            let is_short = name.len() < 40 && name.bytes().all(|byte| byte.is_ascii_hexdigit());
            return Err(Failure {
                hint: is_short.then_some("a commit needs all of its 40 digits"),
                ..Failure::new(format!("no such branch or tag: `{name}`"))
            });
        }
        self.run(&["rev-parse", "--verify", "--quiet", "FETCH_HEAD^{commit}"])
    }

    fn run(&self, arguments: &[&str]) -> Result<String, Failure> {
        let lost = |error: io::Error| Failure::new(error.to_string());
        // Files instead of pipes, because background processes of git, such as an ssh master, keep pipes
        // open.
        let (mut output, mut words) =
            (tempfile::tempfile().map_err(lost)?, tempfile::tempfile().map_err(lost)?);
        let mut command = Command::new("git");
        command.args(SETTINGS.iter().flat_map(|setting| ["-c", setting])).args(arguments);
        command.current_dir(self.folder).stdin(Stdio::null());
        command.stdout(output.try_clone().map_err(lost)?).stderr(words.try_clone().map_err(lost)?);
        for name in FOREIGN {
            command.env_remove(name);
        }
        command.env("GIT_TERMINAL_PROMPT", "0").env("GIT_LFS_SKIP_SMUDGE", "1").env("LC_ALL", "C");
        let mut child = command.spawn().map_err(|error| match error.kind() {
            io::ErrorKind::NotFound => Failure {
                hint: Some("install git or add it to the PATH"),
                ..Failure::new("`git` is not on the PATH".to_owned())
            },
            _ => Failure::new(format!("cannot start git: {error}")),
        })?;
        let mut waited = Duration::ZERO;
        let status = loop {
            match child.try_wait().map_err(lost)? {
                Some(status) => break status,
                None if waited >= self.patience => {
                    // It may have ended just now, which is fine.
                    let _ = child.kill().and_then(|()| child.wait());
                    let seconds = self.patience.as_secs_f32();
                    return Err(Failure {
                        hint: Some("add `timeout=<seconds>` after the `?` of its name to wait longer"),
                        ..Failure::new(format!("git did not finish within {seconds} seconds"))
                    });
                }
                None => {
                    std::thread::sleep(PAUSE);
                    waited += PAUSE;
                }
            }
        };
        if status.success() {
            Ok(text(&mut output).trim().to_owned())
        } else {
            Err(Failure::of(&text(&mut words)))
        }
    }
}

fn text(file: &mut File) -> String {
    let mut bytes = Vec::new();
    // Output that cannot be read back is not shown.
    let _ = file.rewind().and_then(|()| file.read_to_end(&mut bytes));
    String::from_utf8_lossy(&bytes).into_owned()
}

/// Returns git's message without logins in addresses (such as those of submodules) and without terminal
/// control sequences.
fn without_logins(line: &str) -> String {
    let mut parts = line.split("://");
    let mut told = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let end = part.find(|letter: char| letter == '/' || letter.is_whitespace()).unwrap_or(part.len());
        let (authority, rest) = part.split_at(end);
        let host = authority.rsplit_once('@').map_or(authority, |(_, host)| host);
        told.extend(["://", host, rest]);
    }
    told.replace(char::is_control, " ")
}

/// Why a git command failed, and a hint.
struct Failure {
    cause: String,
    hint: Option<&'static str>,
    /// Whether the server answers that it does not have the commit or does not send it.
    is_absent: bool,
}

impl Failure {
    fn new(cause: String) -> Self {
        Self { cause, hint: None, is_absent: false }
    }

    /// Returns the failure that git reports.
    fn of(words: &str) -> Self {
        // General remarks of git.
        let asides = [
            "hint:",
            "warning:",
            "Could not read from remote",
            "Please make sure",
            "and the repository exists",
        ];
        let is_aside = |line: &str| line.is_empty() || asides.iter().any(|aside| line.starts_with(aside));
        let told =
            words.lines().map(|line| line.trim().trim_start_matches("fatal: ").trim_start_matches("error: "));
        let cause = told
            .filter(|line| !is_aside(line))
            .take(2)
            .map(|line| without_logins(line.trim_end_matches('.')))
            .collect::<Vec<_>>()
            .join("; ");
        let refusals = [
            "Access denied",
            "Authentication failed",
            "Permission denied",
            "could not read Password",
            "could not read Username",
            "returned error: 401",
            "returned error: 403",
            "terminal prompts disabled",
        ];
        let refused = refusals.iter().any(|refusal| words.contains(refusal));
        let hint = "set up git's login: a credential helper for https, or a key for ssh";
        let cause = if cause.is_empty() { "git failed".to_owned() } else { cause };
        Self { hint: refused.then_some(hint), ..Self::new(cause) }
    }

    fn error(self, attempt: String) -> Error {
        let error = Error::new(self.cause).context(attempt);
        match self.hint {
            Some(hint) => error.with_hint(hint),
            None => error,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Failure, check};

    #[test]
    fn references_that_are_given_to_git() {
        for reference in ["", "v1", "feature/x-1.2+3", "refs/tags/v1"] {
            assert!(check(reference).is_ok(), "{reference}");
        }
        for reference in ["--upload-pack=x", "+main", "a:b", "a b", "main~1", "a\n"] {
            assert!(check(reference).is_err(), "{reference}");
        }
    }

    #[test]
    fn what_git_says() {
        let told = |words: &str| {
            let Failure { cause, hint, .. } = Failure::of(words);
            (cause, hint.is_some())
        };
        let words = "git@example.com: Permission denied (publickey).\nfatal: Could not read from remote repository.\n\nPlease make sure you have the correct access rights\nand the repository exists.\n";
        assert_eq!(told(words), ("git@example.com: Permission denied (publickey)".to_owned(), true));
        let words = "remote: Repository not found.\nfatal: repository 'https://example.com/a/' not found\n";
        let expected = "remote: Repository not found; repository 'https://example.com/a/' not found";
        assert_eq!(told(words), (expected.to_owned(), false));
        assert_eq!(told("\n"), ("git failed".to_owned(), false));
        let words = "fatal: clone of 'https://ann:s3cret@example.com/a' into 'b'\u{1b}[2J failed\n";
        let expected = "clone of 'https://example.com/a' into 'b' [2J failed";
        assert_eq!(told(words), (expected.to_owned(), false));
    }
}
