//! What can go wrong with the tree on disk: what, where, and what to do about it.

use std::error;
use std::fmt;
use std::io;
use std::path::{Path, PathBuf};

use aqueduct_manifest::Diagnostic;

/// A failure to read or write the tree.
#[derive(Debug)]
pub struct Error {
    kind: ErrorKind,
    path: PathBuf,
    source: Option<io::Error>,
}

/// What went wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ErrorKind {
    /// A file or folder cannot be read.
    Read,
    /// A file or folder cannot be written; the tree is unchanged.
    Write,
    /// The run stopped after it began to change the tree; the next run finishes it.
    HalfWritten,
    /// The tree was written except for some paths that changed at that moment and were kept.
    Changed(Vec<RefusedPath>),
    /// Another run holds the lock.
    Locked {
        /// Who holds it, in words.
        holder: String,
    },
    /// A symbolic link is in the place of one of the tool's own files.
    Link,
    /// A folder, a device or a pipe is in the place of one of the tool's own files.
    NoFile,
    /// A name that must not be in the tree.
    BadName {
        /// The rule that it breaks.
        rule: &'static str,
    },
    /// Two rendered files claim the same path, or one claims a folder of the other.
    Clash,
    /// A list of hashes that the tool did not write.
    BadSum {
        /// The line, starting at 1.
        line: usize,
        /// What is wrong with it.
        what: &'static str,
    },
    /// Some paths must not be touched; the tree is unchanged.
    Refused(Vec<RefusedPath>),
}

/// A path that must not be touched.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct RefusedPath {
    /// The path below the output folder, such as `dev/shop/web/deployment-web.yaml`.
    pub path: String,
    /// What is there.
    pub kind: ProblemKind,
}

/// What is in the way.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum ProblemKind {
    /// A file that the tool wrote and somebody changed.
    Edited,
    /// A file that the tool did not write.
    Foreign,
    /// A symbolic link.
    Link,
    /// A folder where a file belongs.
    Folder,
    /// A device, a socket or a pipe.
    Special,
}

impl ProblemKind {
    /// Returns the stable name of the problem for diagnostics.
    pub fn code(self) -> &'static str {
        match self {
            Self::Edited => "edited-file",
            Self::Foreign => "foreign-file",
            Self::Link => "symbolic-link",
            Self::Folder => "folder-in-the-way",
            Self::Special => "special-file",
        }
    }

    fn hint(self) -> &'static str {
        match self {
            Self::Edited => {
                "move the edit into the source, then restore the file or render with `--overwrite-edited`"
            }
            Self::Foreign => "aqueduct did not write this file: move or delete it",
            Self::Link => "links are never followed: replace it with its target, or delete it",
            Self::Folder => "a file belongs here: move or delete the folder",
            Self::Special => "a file belongs here: delete it",
        }
    }
}

impl fmt::Display for ProblemKind {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(match self {
            Self::Edited => "edited by hand",
            Self::Foreign => "not written by aqueduct",
            Self::Link => "a symbolic link",
            Self::Folder => "a folder where a file belongs",
            Self::Special => "neither a file nor a folder",
        })
    }
}

impl fmt::Display for RefusedPath {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{}: {}", self.kind, self.path)
    }
}

impl Error {
    pub(crate) fn new(kind: ErrorKind, path: impl Into<PathBuf>) -> Self {
        Self { kind, path: path.into(), source: None }
    }

    pub(crate) fn read(path: impl Into<PathBuf>, source: io::Error) -> Self {
        Self { kind: ErrorKind::Read, path: path.into(), source: Some(source) }
    }

    pub(crate) fn write(path: impl Into<PathBuf>, source: io::Error) -> Self {
        Self { kind: ErrorKind::Write, path: path.into(), source: Some(source) }
    }

    pub(crate) fn half_written(path: impl Into<PathBuf>, source: io::Error) -> Self {
        Self { kind: ErrorKind::HalfWritten, path: path.into(), source: Some(source) }
    }

    /// Returns what went wrong.
    pub fn kind(&self) -> &ErrorKind {
        &self.kind
    }

    /// Returns where.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Returns the paths that must not be touched, in order; empty for other failures.
    pub fn problems(&self) -> &[RefusedPath] {
        match &self.kind {
            ErrorKind::Refused(problems) | ErrorKind::Changed(problems) => problems,
            _ => &[],
        }
    }

    /// Returns a hint.
    pub fn hint(&self) -> Option<&'static str> {
        match &self.kind {
            ErrorKind::HalfWritten => Some("run the same command again to finish"),
            ErrorKind::Locked { .. } => Some("wait for it to finish, or stop it"),
            ErrorKind::Link => Some("links are never followed: delete it"),
            ErrorKind::NoFile => Some("a file belongs here: delete it"),
            ErrorKind::BadSum { .. } => Some("restore the file from git"),
            ErrorKind::Write => Some("the tree is unchanged"),
            ErrorKind::Read
            | ErrorKind::BadName { .. }
            | ErrorKind::Clash
            | ErrorKind::Refused(_)
            | ErrorKind::Changed(_) => None,
        }
    }

    /// Returns the failure as findings: one for each path in the way, or one for anything else.
    pub fn diagnostics(&self) -> Vec<Diagnostic> {
        if let ErrorKind::Refused(problems) | ErrorKind::Changed(problems) = &self.kind {
            return problems
                .iter()
                .map(|problem| {
                    let path = self.path.join(&problem.path).display().to_string();
                    Diagnostic::error(problem.kind.code(), format!("{}: {path}", problem.kind))
                        .at(path, None, "")
                        .hint(problem.kind.hint())
                })
                .collect();
        }
        let message = match &self.source {
            Some(source) => format!("{self}: {source}"),
            None => self.to_string(),
        };
        let diagnostic = Diagnostic::error("output", message).at(self.path.display().to_string(), None, "");
        vec![match self.hint() {
            Some(hint) => diagnostic.hint(hint),
            None => diagnostic,
        }]
    }
}

impl fmt::Display for Error {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let path = self.path.display();
        match &self.kind {
            ErrorKind::Read => write!(out, "cannot read: {path}"),
            ErrorKind::Write => write!(out, "cannot write: {path}"),
            ErrorKind::HalfWritten => write!(out, "stopped while changing the tree: {path}"),
            ErrorKind::Locked { holder } => write!(out, "another run is writing the tree, {holder}: {path}"),
            ErrorKind::Link => write!(out, "a symbolic link is in the way: {path}"),
            ErrorKind::NoFile => write!(out, "not a plain file: {path}"),
            ErrorKind::BadName { rule } => write!(out, "{rule}: {}", path.to_string().escape_debug()),
            ErrorKind::Clash => write!(out, "two rendered files claim one path: {path}"),
            ErrorKind::BadSum { line, what } => {
                write!(out, "cannot use the list of hashes, {what}: {path}:{line}")
            }
            ErrorKind::Refused(problems) => {
                let count = problems.len();
                let noun = if count == 1 { "file" } else { "files" };
                write!(out, "{path} has {count} {noun} that would be overwritten")?;
                problems.iter().try_for_each(|problem| write!(out, "\n  {problem}"))
            }
            ErrorKind::Changed(problems) => {
                let count = problems.len();
                let noun = if count == 1 { "file" } else { "files" };
                write!(out, "{path} has {count} {noun} that changed during the run; they were kept")?;
                problems.iter().try_for_each(|problem| write!(out, "\n  {problem}"))
            }
        }
    }
}

impl error::Error for Error {
    fn source(&self) -> Option<&(dyn error::Error + 'static)> {
        self.source.as_ref().map(|source| source as _)
    }
}
