//! Copies of what lies elsewhere, as the caller keeps them.

/// Knows where copies of remote files and repositories lie.
pub trait Remotes {
    /// Returns the copy of what a remote name stands for.
    ///
    /// # Errors
    /// Why there is none that may be used, and what to do.
    fn find(&self, name: &str) -> std::result::Result<RemoteCopy, MissingCopy>;
}

/// The copy of a remote, by paths of the file system that is built from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RemoteCopy {
    /// The folder of the whole copy, which nothing in it may leave.
    pub root: String,
    /// The file that the name stands for, or the folder of the kustomization.
    pub path: String,
}

/// Why there is no copy of a remote.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MissingCopy {
    /// The message.
    pub message: String,
    /// What to do, where that is known.
    pub hint: Option<String>,
}
