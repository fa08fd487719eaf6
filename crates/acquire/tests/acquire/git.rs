//! Git repositories that tests create with the program `git`, and a server for them.

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use tempfile::TempDir;

use crate::loopback::{Server, WantedChart, answer};

/// A repository with a working tree.
pub(crate) struct Repository {
    folder: TempDir,
    name: &'static str,
}

/// Returns git, independent of the user's settings, and always with the same date.
fn git(folder: &Path) -> Command {
    let mut command = Command::new("git");
    let person = ["GIT_AUTHOR_NAME", "GIT_AUTHOR_EMAIL", "GIT_COMMITTER_NAME", "GIT_COMMITTER_EMAIL"];
    for name in person {
        command.env(name, "ann@example.com");
    }
    command.env("GIT_AUTHOR_DATE", "2026-01-01T00:00:00Z").env("GIT_COMMITTER_DATE", "2026-01-01T00:00:00Z");
    command.env("GIT_CONFIG_GLOBAL", "/dev/null").env("GIT_CONFIG_NOSYSTEM", "1");
    command.env_remove("GIT_DIR").env_remove("GIT_INDEX_FILE").env_remove("GIT_WORK_TREE");
    command.current_dir(folder);
    command
}

/// Tells whether git is installed, and reports if it is not.
#[expect(clippy::print_stdout, reason = "a test that is skipped is seen")]
pub(crate) fn is_there() -> bool {
    let found = Command::new("git").arg("--version").stdout(Stdio::null()).status().is_ok();
    if !found {
        println!("skipped: there is no program `git`");
    }
    found
}

/// Tells whether git is installed with what serves repositories, and reports if it is not.
#[expect(clippy::print_stdout, reason = "a test that is skipped is seen")]
pub(crate) fn can_serve() -> bool {
    if !is_there() {
        return false;
    }
    let output = Command::new("git").arg("--exec-path").output().expect("git starts");
    let folder = PathBuf::from(String::from_utf8_lossy(&output.stdout).trim());
    let found = folder.join(format!("git-http-backend{}", std::env::consts::EXE_SUFFIX)).exists();
    if !found {
        println!("skipped: there is no program `git http-backend`");
    }
    found
}

impl Repository {
    /// Creates an empty repository.
    pub(crate) fn new(name: &'static str) -> Self {
        let folder = tempfile::tempdir().expect("a folder can be made");
        let repository = Self { folder, name };
        std::fs::create_dir(repository.path()).expect("a folder can be made");
        repository.run(&["init", "--quiet", "--initial-branch=main"]);
        // What public servers allow.
        repository.run(&["config", "uploadpack.allowAnySHA1InWant", "true"]);
        repository
    }

    pub(crate) fn path(&self) -> PathBuf {
        self.folder.path().join(self.name)
    }

    /// Returns its address on this machine.
    pub(crate) fn address(&self) -> String {
        format!("file://{}", self.path().display())
    }

    /// Runs a git command and returns its output.
    pub(crate) fn run(&self, arguments: &[&str]) -> String {
        let output = git(&self.path()).args(arguments).output().expect("git starts");
        assert!(output.status.success(), "git {arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8_lossy(&output.stdout).trim().to_owned()
    }

    /// Writes files and commits them.
    pub(crate) fn commit(&self, files: &[(&str, &str)]) -> String {
        for (path, text) in files {
            let path = self.path().join(path);
            std::fs::create_dir_all(path.parent().expect("a file is in a folder"))
                .expect("a folder can be made");
            std::fs::write(path, text).expect("a file can be written");
        }
        self.run(&["add", "--all"]);
        self.run(&["commit", "--quiet", "--message", "change"]);
        self.run(&["rev-parse", "HEAD"])
    }
}

/// Starts a server that serves repositories below `/git/<name>`, and passes all other requests to a function.
pub(crate) fn serve(
    repositories: &[&Repository],
    otherwise: impl Fn(&WantedChart) -> Vec<u8> + Send + Sync + 'static,
) -> Server {
    let folders: Vec<(String, PathBuf)> = repositories
        .iter()
        .map(|repository| (format!("/git/{}/", repository.name), repository.folder.path().to_path_buf()))
        .collect();
    Server::start(move |request| {
        match folders.iter().find(|(start, _)| request.path.starts_with(start.as_str())) {
            Some((_, root)) if request.path.contains("/info/refs") || request.method == "POST" => {
                backend(root, request)
            }
            _ => otherwise(request),
        }
    })
}

/// Answers like `git http-backend`.
fn backend(root: &Path, request: &WantedChart) -> Vec<u8> {
    let (path, query) = request.path.split_once('?').unwrap_or((&request.path, ""));
    let header = |name: &str| request.headers.get(name).cloned().unwrap_or_default();
    // The repositories have working trees.
    let path = path.trim_start_matches("/git").replacen('/', "\u{0}", 1).replacen('/', "/.git/", 1);
    let mut backend = git(root)
        .arg("http-backend")
        .env("GIT_PROJECT_ROOT", root)
        .env("GIT_HTTP_EXPORT_ALL", "1")
        .env("PATH_INFO", path.replace('\u{0}', "/"))
        .env("QUERY_STRING", query)
        .env("REQUEST_METHOD", &request.method)
        .env("CONTENT_TYPE", header("content-type"))
        .env("CONTENT_LENGTH", request.body.len().to_string())
        .env("HTTP_CONTENT_ENCODING", header("content-encoding"))
        .env("GIT_PROTOCOL", header("git-protocol"))
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("git starts");
    backend.stdin.take().expect("it is a pipe").write_all(&request.body).expect("git reads");
    let output = backend.wait_with_output().expect("git ends").stdout;
    let end = output.windows(4).position(|window| window == b"\r\n\r\n").expect("there are headers");
    let headers = String::from_utf8_lossy(&output[..end]).into_owned();
    let headers: Vec<(&str, &str)> = headers.lines().filter_map(|line| line.split_once(": ")).collect();
    let status = headers.iter().find(|(name, _)| *name == "Status").map_or("200 OK", |(_, status)| status);
    answer(status, &headers, &output[end + 4..])
}
