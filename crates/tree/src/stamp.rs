//! What a file's metadata shows about its content: as long as none of it changes, neither do the bytes.

use std::fs::Metadata;

/// A file system time: seconds and nanoseconds since the epoch.
pub(crate) type Time = (i64, i64);

/// The size, times and identity of a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Stamp {
    /// The length in bytes.
    pub(crate) size: u64,
    /// When the content was written.
    pub(crate) modified: Time,
    /// When the content or the metadata changed; no program can set it back.
    pub(crate) changed: Time,
    /// The identity in its file system.
    pub(crate) inode: u64,
}

impl Stamp {
    /// Returns the stamp of a file.
    #[cfg(unix)]
    pub(crate) fn of(metadata: &Metadata) -> Self {
        use std::os::unix::fs::MetadataExt;

        Self {
            size: metadata.size(),
            modified: (metadata.mtime(), metadata.mtime_nsec()),
            changed: (metadata.ctime(), metadata.ctime_nsec()),
            inode: metadata.ino(),
        }
    }

    /// Returns the stamp of a file.
    #[cfg(not(unix))]
    pub(crate) fn of(metadata: &Metadata) -> Self {
        use std::time::UNIX_EPOCH;

        let since = |time: std::io::Result<std::time::SystemTime>| {
            let elapsed = time.ok().and_then(|time| time.duration_since(UNIX_EPOCH).ok()).unwrap_or_default();
            (elapsed.as_secs().cast_signed(), elapsed.subsec_nanos().into())
        };
        Self {
            size: metadata.len(),
            modified: since(metadata.modified()),
            changed: since(metadata.created()),
            inode: 0,
        }
    }

    /// Returns the stamp as bytes, all numbers in a fixed order.
    pub(crate) fn bytes(&self) -> impl Iterator<Item = u8> {
        [
            self.size,
            self.modified.0.cast_unsigned(),
            self.modified.1.cast_unsigned(),
            self.changed.0.cast_unsigned(),
            self.changed.1.cast_unsigned(),
            self.inode,
        ]
        .into_iter()
        .flat_map(u64::to_le_bytes)
    }

    /// Returns the later of the two times.
    pub(crate) fn newest(&self) -> Time {
        self.modified.max(self.changed)
    }

    /// Tells whether both have the same content, if one was taken before the tool renamed or linked the file
    /// and one after. That only changes the time of change.
    pub(crate) fn same_content(&self, other: &Self) -> bool {
        Self { changed: other.changed, ..*self } == *other
    }
}
