//! One file of a chart in memory.

use std::fmt;
use std::sync::Arc;

/// A file of a chart.
#[derive(Clone)]
pub struct File {
    /// The path relative to the chart's folder, with `/` between the parts.
    pub name: Arc<str>,
    /// The contents, without a byte order mark.
    pub bytes: Arc<[u8]>,
}

impl File {
    pub(super) fn new(name: String, bytes: Arc<[u8]>) -> Self {
        let plain = bytes.strip_prefix(b"\xef\xbb\xbf").map(Arc::from);
        Self { name: name.into(), bytes: plain.unwrap_or(bytes) }
    }
}

impl fmt::Debug for File {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{} ({} bytes)", self.name, self.bytes.len())
    }
}
