//! Copies of remote files and repositories, which the caller keeps.

/// Finds the copies of remote files and repositories.
pub trait Remotes {
    /// Returns the copy of what a remote name refers to.
    ///
    /// # Errors
    /// Fails if there is no usable copy, with a hint if there is one.
    fn find(&self, name: &str) -> std::result::Result<RemoteCopy, MissingCopy>;
}

/// The copy of a remote; its paths are those of the file system that the build reads.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RemoteCopy {
    /// The folder of the whole copy, which nothing in it may leave.
    pub root: String,
    /// The file that the name refers to, or the folder of the kustomization.
    pub path: String,
}

/// Why there is no copy of a remote.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MissingCopy {
    /// The message.
    pub message: String,
    /// What to do, if known.
    pub hint: Option<String>,
}
