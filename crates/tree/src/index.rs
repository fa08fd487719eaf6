//! A cache of hashes by stamp, so that an unchanged tree is compared without reading its files.
//!
//! It works like git's index: a hash is trusted while the file's stamp is the recorded one and older than the
//! index itself. A file that was changed in the same clock tick in which the index was written may have the
//! old stamp, so such files are read again. Deleting the index costs time and nothing else.

use std::collections::BTreeMap;
use std::path::Path;

use aqueduct_manifest::Hash;
use rayon::prelude::*;

use crate::disk::{Entry, FileSystem};
use crate::stamp::{Stamp, Time};

/// The first bytes of the file, changed with the format.
const MAGIC: &[u8] = b"aqueduct index 1\n";

/// The hashes of the files on disk when they were last looked at.
#[derive(Default)]
pub(crate) struct Index {
    environments: BTreeMap<String, Known>,
    written: Option<Time>,
}

/// What is known about an environment's files, by path.
type Known = BTreeMap<Box<str>, (Stamp, Hash)>;

impl Index {
    /// Reads the index; an absent or damaged one is empty.
    pub(crate) fn read(files: &dyn FileSystem, path: &Path) -> Self {
        let Ok(Some(Entry::File(stamp))) = files.entry(path) else { return Self::default() };
        let environments = files.read(path).ok().and_then(|bytes| parse(&bytes)).unwrap_or_default();
        Self { environments, written: Some(stamp.modified) }
    }

    /// Returns the hash of a file, if its stamp proves that it was not changed.
    pub(crate) fn hash(&self, environment: &str, path: &str, stamp: &Stamp) -> Option<Hash> {
        let (known, hash) = self.environments.get(environment)?.get(path)?;
        (known == stamp && stamp.newest() < self.written?).then_some(*hash)
    }

    /// Returns what is known about an environment's files.
    pub(crate) fn known(&self, environment: &str) -> impl Iterator<Item = (&str, &(Stamp, Hash))> {
        self.environments.get(environment).into_iter().flatten().map(|(path, known)| (&**path, known))
    }

    /// Returns the environments in it.
    pub(crate) fn environments(&self) -> impl Iterator<Item = &str> {
        self.environments.keys().map(String::as_str)
    }
}

/// An index to be written.
pub(crate) struct IndexWriter {
    bytes: Vec<u8>,
}

impl Default for IndexWriter {
    fn default() -> Self {
        Self { bytes: MAGIC.to_vec() }
    }
}

impl IndexWriter {
    /// Adds an environment.
    pub(crate) fn environment(&mut self, name: &str, files: &BTreeMap<&str, (Stamp, Hash)>) {
        self.text(name.as_bytes());
        let mut section = Self { bytes: Vec::with_capacity(files.len().saturating_mul(160)) };
        for (path, (stamp, hash)) in files {
            section.text(path.as_bytes());
            section.bytes.extend(stamp.bytes());
            section.bytes.extend_from_slice(&hash.0);
        }
        self.text(&section.bytes);
    }

    /// Returns the bytes of the file, ending with a hash of everything before it.
    pub(crate) fn finish(mut self) -> Vec<u8> {
        let hash = Hash::of(&self.bytes);
        self.bytes.extend_from_slice(&hash.0);
        self.bytes
    }

    fn text(&mut self, text: &[u8]) {
        self.bytes.extend_from_slice(&(text.len() as u64).to_le_bytes());
        self.bytes.extend_from_slice(text);
    }
}

fn parse(bytes: &[u8]) -> Option<BTreeMap<String, Known>> {
    let (body, hash) = bytes.split_last_chunk::<32>()?;
    if Hash::of(body).0 != *hash {
        return None;
    }
    let mut cursor = Cursor(body.strip_prefix(MAGIC)?);
    let mut sections = Vec::new();
    while !cursor.0.is_empty() {
        sections.push((cursor.text()?.to_owned(), Cursor(cursor.bytes()?)));
    }
    sections.into_par_iter().map(|(name, section)| Some((name, parse_section(section)?))).collect()
}

fn parse_section(mut cursor: Cursor<'_>) -> Option<Known> {
    // Sorted already, so the map is built in one go.
    let mut files = Vec::with_capacity(cursor.0.len() / 160);
    while !cursor.0.is_empty() {
        let path = cursor.text()?.into();
        let stamp = Stamp {
            size: cursor.number()?,
            modified: (cursor.number()?.cast_signed(), cursor.number()?.cast_signed()),
            changed: (cursor.number()?.cast_signed(), cursor.number()?.cast_signed()),
            inode: cursor.number()?,
        };
        files.push((path, (stamp, Hash(cursor.chunk()?))));
    }
    Some(files.into_iter().collect())
}

/// The bytes left to read.
struct Cursor<'a>(&'a [u8]);

impl<'a> Cursor<'a> {
    fn chunk<const N: usize>(&mut self) -> Option<[u8; N]> {
        let (chunk, rest) = self.0.split_first_chunk::<N>()?;
        self.0 = rest;
        Some(*chunk)
    }

    fn number(&mut self) -> Option<u64> {
        self.chunk().map(u64::from_le_bytes)
    }

    fn bytes(&mut self) -> Option<&'a [u8]> {
        let length = usize::try_from(self.number()?).ok()?;
        let (bytes, rest) = self.0.split_at_checked(length)?;
        self.0 = rest;
        Some(bytes)
    }

    fn text(&mut self) -> Option<&'a str> {
        std::str::from_utf8(self.bytes()?).ok()
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::{IndexWriter, parse};
    use crate::stamp::Stamp;
    use aqueduct_manifest::Hash;

    #[test]
    fn round_trip_and_damage() {
        let stamp = Stamp { size: 7, modified: (-1, 5), changed: (9, 3), inode: 11 };
        let mut writer = IndexWriter::default();
        writer.environment("dev", &BTreeMap::from([("a/b.yaml", (stamp, Hash::of(b"x")))]));
        writer.environment("prod", &BTreeMap::new());
        let bytes = writer.finish();
        let read = parse(&bytes).expect("it was written by the writer");
        assert_eq!(read.len(), 2);
        assert_eq!(read["dev"]["a/b.yaml"], (stamp, Hash::of(b"x")));
        for at in 0..bytes.len() {
            assert!(parse(&bytes[..at]).is_none());
            let mut damaged = bytes.clone();
            damaged[at] ^= 1;
            assert!(parse(&damaged).is_none());
        }
    }
}
