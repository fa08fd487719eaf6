//! The few disk operations, behind a trait so that tests can stop at any of them.
//!
//! No method follows a symbolic link at the end of its path. The survey makes sure that there is none on the
//! way to it.

use std::fs::{self, DirBuilder, Metadata, OpenOptions};
use std::io::{self, Read, Write};
use std::path::Path;

use crate::stamp::Stamp;

/// What is at a path.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Entry {
    /// A regular file.
    File(Stamp),
    /// A folder.
    Folder,
    /// A symbolic link, wherever it leads.
    Link,
    /// A device, a socket or a pipe.
    Special,
}

/// An entry of a folder.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Listed {
    /// The name.
    pub(crate) name: String,
    /// Whether it is a folder, not a link to one.
    pub(crate) is_folder: bool,
}

/// The operations that the tree needs.
pub(crate) trait FileSystem: Send + Sync {
    /// Returns what is at a path; `None` if there is nothing.
    fn entry(&self, path: &Path) -> io::Result<Option<Entry>>;
    /// Returns the bytes of a file. Anything else is an error, because it could be endless or block forever.
    fn read(&self, path: &Path) -> io::Result<Vec<u8>>;
    /// Returns the entries of a folder, by name.
    fn list(&self, path: &Path) -> io::Result<Vec<Listed>>;
    /// Creates a file that must not exist, and returns its stamp.
    fn create(&self, path: &Path, bytes: &[u8]) -> io::Result<Stamp>;
    /// Creates a folder that must not exist.
    fn create_folder(&self, path: &Path) -> io::Result<()>;
    /// Moves a file or a folder; a file is replaced.
    fn rename(&self, from: &Path, to: &Path) -> io::Result<()>;
    /// Gives a file a second name.
    fn link(&self, from: &Path, to: &Path) -> io::Result<()>;
    /// Exchanges two folders in one step; an error if the file system cannot.
    fn exchange(&self, left: &Path, right: &Path) -> io::Result<()>;
    /// Gives a folder the mode of another; an error if it cannot replace the other.
    fn liken(&self, folder: &Path, other: &Path) -> io::Result<()>;
    /// Removes a file.
    fn remove(&self, path: &Path) -> io::Result<()>;
    /// Removes an empty folder.
    fn remove_folder(&self, path: &Path) -> io::Result<()>;
    /// Removes a folder with its contents.
    fn remove_all(&self, path: &Path) -> io::Result<()>;
}

/// The real disk.
pub(crate) struct Disk;

impl FileSystem for Disk {
    fn entry(&self, path: &Path) -> io::Result<Option<Entry>> {
        let metadata = match fs::symlink_metadata(path) {
            Ok(metadata) => metadata,
            Err(error) if matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory) => {
                return Ok(None);
            }
            Err(error) => return Err(error),
        };
        let kind = metadata.file_type();
        Ok(Some(if kind.is_symlink() {
            Entry::Link
        } else if kind.is_dir() {
            Entry::Folder
        } else if kind.is_file() {
            Entry::File(Stamp::of(&metadata))
        } else {
            Entry::Special
        }))
    }

    fn read(&self, path: &Path) -> io::Result<Vec<u8>> {
        let mut options = OpenOptions::new();
        options.read(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::custom_flags(
            &mut options,
            rustix::fs::OFlags::NOFOLLOW.union(rustix::fs::OFlags::NONBLOCK).bits().cast_signed(),
        );
        let mut file = options.open(path)?;
        let metadata = file.metadata()?;
        if !metadata.is_file() {
            return Err(io::Error::new(io::ErrorKind::InvalidInput, "not a plain file"));
        }
        let mut bytes = Vec::new();
        bytes.try_reserve_exact(usize::try_from(metadata.len()).unwrap_or(usize::MAX))?;
        file.read_to_end(&mut bytes)?;
        Ok(bytes)
    }

    fn list(&self, path: &Path) -> io::Result<Vec<Listed>> {
        let mut listed = Vec::new();
        for entry in fs::read_dir(path)? {
            let entry = entry?;
            listed.push(Listed {
                name: entry.file_name().to_string_lossy().into_owned(),
                is_folder: entry.file_type()?.is_dir(),
            });
        }
        listed.sort_by(|left, right| left.name.cmp(&right.name));
        Ok(listed)
    }

    fn create(&self, path: &Path, bytes: &[u8]) -> io::Result<Stamp> {
        let mut options = OpenOptions::new();
        options.write(true).create_new(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, FILE_MODE);
        let mut file = options.open(path)?;
        file.write_all(bytes)?;
        let mut metadata = file.metadata()?;
        if correct_mode(&metadata, FILE_MODE, |permissions| file.set_permissions(permissions))? {
            metadata = file.metadata()?;
        }
        Ok(Stamp::of(&metadata))
    }

    fn create_folder(&self, path: &Path) -> io::Result<()> {
        let mut builder = DirBuilder::new();
        #[cfg(unix)]
        std::os::unix::fs::DirBuilderExt::mode(&mut builder, FOLDER_MODE);
        builder.create(path)?;
        let metadata = fs::symlink_metadata(path)?;
        correct_mode(&metadata, FOLDER_MODE, |permissions| fs::set_permissions(path, permissions))?;
        Ok(())
    }

    fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        fs::rename(from, to)
    }

    fn link(&self, from: &Path, to: &Path) -> io::Result<()> {
        fs::hard_link(from, to)
    }

    #[cfg(target_os = "linux")]
    fn exchange(&self, left: &Path, right: &Path) -> io::Result<()> {
        use rustix::fs::{CWD, RenameFlags, renameat_with};

        Ok(renameat_with(CWD, left, CWD, right, RenameFlags::EXCHANGE)?)
    }

    #[cfg(not(target_os = "linux"))]
    fn exchange(&self, _left: &Path, _right: &Path) -> io::Result<()> {
        Err(io::ErrorKind::Unsupported.into())
    }

    #[cfg(unix)]
    fn liken(&self, folder: &Path, other: &Path) -> io::Result<()> {
        use std::os::unix::fs::{MetadataExt, PermissionsExt};

        let (made, wanted) = (fs::symlink_metadata(folder)?, fs::symlink_metadata(other)?);
        let mode = wanted.permissions().mode();
        let same_owner = (made.uid(), made.gid()) == (wanted.uid(), wanted.gid());
        // An old folder that nobody may write to could not be removed.
        if !same_owner || mode & 0o700 != 0o700 {
            return Err(io::ErrorKind::PermissionDenied.into());
        }
        if made.permissions().mode() != mode {
            fs::set_permissions(folder, wanted.permissions())?;
        }
        Ok(())
    }

    #[cfg(not(unix))]
    fn liken(&self, _folder: &Path, _other: &Path) -> io::Result<()> {
        Ok(())
    }

    fn remove(&self, path: &Path) -> io::Result<()> {
        fs::remove_file(path)
    }

    fn remove_folder(&self, path: &Path) -> io::Result<()> {
        fs::remove_dir(path)
    }

    fn remove_all(&self, path: &Path) -> io::Result<()> {
        fs::remove_dir_all(path)
    }
}

const FILE_MODE: u32 = 0o644;
const FOLDER_MODE: u32 = 0o755;

/// Sets the mode if the process's umask removed bits, so that a tree does not depend on who wrote it, and
/// tells whether it did.
#[cfg(unix)]
fn correct_mode(
    metadata: &Metadata,
    mode: u32,
    set: impl FnOnce(fs::Permissions) -> io::Result<()>,
) -> io::Result<bool> {
    use std::os::unix::fs::PermissionsExt;

    let found = metadata.permissions().mode();
    if found & 0o777 == mode {
        return Ok(false);
    }
    set(fs::Permissions::from_mode((found & 0o7000) | mode))?;
    Ok(true)
}

#[cfg(not(unix))]
fn correct_mode(
    _metadata: &Metadata,
    _mode: u32,
    _set: impl FnOnce(fs::Permissions) -> io::Result<()>,
) -> io::Result<bool> {
    Ok(false)
}
