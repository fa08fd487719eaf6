//! The list of what the tool owns in one environment, in the format of `sha256sum -c`.
//!
//! It is committed next to the files, so that ownership travels with the tree: a checkout elsewhere knows
//! which files may be pruned and which were edited by hand.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::hash::Hash;
use crate::path;

/// The name of the list in an environment's folder.
pub const SUM: &str = "aqueduct.sum";

/// The hashes of an environment's files by their path below its folder.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Sum {
    pub(crate) entries: BTreeMap<Arc<str>, Hash>,
}

/// A line that is not one of ours.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct BadLine {
    /// The line, from 1.
    pub(crate) line: usize,
    /// What is wrong with it.
    pub(crate) what: &'static str,
}

impl Sum {
    /// Reads the list.
    pub(crate) fn parse(bytes: &[u8]) -> Result<Self, BadLine> {
        let bad = |line: usize, what| BadLine { line, what };
        let text = std::str::from_utf8(bytes).map_err(|error| {
            let before = bytes.iter().take(error.valid_up_to());
            bad(before.filter(|byte| **byte == b'\n').count() + 1, "not UTF-8")
        })?;
        let mut entries = Vec::with_capacity(bytes.len() / 120);
        let mut number = 0;
        for line in text.split_terminator('\n') {
            number += 1;
            let (hash, path) = line
                .split_once("  ")
                .and_then(|(hash, path)| Some((Hash::parse(hash.as_bytes())?, path)))
                .ok_or(bad(number, "not a hash, two spaces and a path"))?;
            if let Some(rule) = path::broken_path(path) {
                return Err(bad(number, rule));
            }
            entries.push((Arc::<str>::from(path), hash));
        }
        let listed = entries.len();
        let entries: BTreeMap<_, _> = entries.into_iter().collect();
        if entries.len() != listed {
            return Err(bad(number, "a path is listed twice"));
        }
        Ok(Self { entries })
    }

    /// Returns the list as text, in the byte order of the paths.
    pub(crate) fn text(&self) -> Vec<u8> {
        let mut text = Vec::with_capacity(self.entries.len().saturating_mul(128));
        for (path, hash) in &self.entries {
            hash.write_hex(&mut text);
            text.extend_from_slice(b"  ");
            text.extend_from_slice(path.as_bytes());
            text.push(b'\n');
        }
        text
    }
}

#[cfg(test)]
mod tests {
    use super::{BadLine, Sum};
    use crate::hash::Hash;

    #[test]
    fn round_trip() {
        let mut sum = Sum::default();
        sum.entries.insert("b/c d.yaml".into(), Hash::of(b"1"));
        sum.entries.insert("a.yaml".into(), Hash::of(b"2"));
        let text = sum.text();
        assert_eq!(Sum::parse(&text).as_ref(), Ok(&sum));
        assert!(text.ends_with(b"  b/c d.yaml\n"));
    }

    #[test]
    fn bad_lines() {
        let hash = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
        let check =
            |text: String, line, what| assert_eq!(Sum::parse(text.as_bytes()), Err(BadLine { line, what }));
        check(format!("{hash}  a\n<<<<<<< HEAD\n"), 2, "not a hash, two spaces and a path");
        check(format!("{hash}  ../a\n"), 1, "a path must not hold `.` or `..`");
        check(format!("{hash}  a\r\n"), 1, "a path must not hold backslashes or control characters");
        check(format!("{hash}  a\n{hash}  a\n"), 2, "a path is listed twice");
        assert_eq!(Sum::parse(b"\n\xff"), Err(BadLine { line: 2, what: "not UTF-8" }));
    }
}
