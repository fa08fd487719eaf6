//! The list of the files that the tool owns in one environment, in the format of `sha256sum -c`.
//!
//! It is committed next to the files, so that ownership travels with the tree: a checkout elsewhere knows
//! which files may be pruned and which were edited by hand.
//!
//! A list may contain several hashes of a file. Two merged branches each bring theirs. A write that replaces
//! file after file lists the old and the new hash while it lasts. If the file has any of these hashes, the
//! tool wrote it, and the next write renews the list.

use std::collections::BTreeMap;
use std::sync::Arc;

use aqueduct_manifest::{Hash, hex};

use crate::path;

/// The name of the list in an environment's folder.
pub const SUM: &str = "aqueduct.sum";

/// The start of the lines that git writes around a merge conflict.
pub(crate) const MARKS: [&str; 4] = ["<<<<<<<", "|||||||", "=======", ">>>>>>>"];

/// The hashes of an environment's files by their path below its folder.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Sum {
    pub(crate) entries: BTreeMap<Arc<str>, Hash>,
    /// The additional hashes of files that have several.
    others: BTreeMap<Arc<str>, Vec<Hash>>,
}

/// A line that the tool did not write.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct BadLine {
    /// The line, starting at 1.
    pub(crate) line: usize,
    /// What is wrong with it.
    pub(crate) what: &'static str,
}

impl Sum {
    /// Parses the list, even if git converted it or left conflict markers in it.
    pub(crate) fn parse(bytes: &[u8]) -> Result<Self, BadLine> {
        let bad = |line: usize, what| BadLine { line, what };
        let text = std::str::from_utf8(bytes).map_err(|error| {
            let before = bytes.iter().take(error.valid_up_to());
            bad(before.filter(|byte| **byte == b'\n').count() + 1, "not UTF-8")
        })?;
        let mut entries = Vec::with_capacity(bytes.len() / 120);
        for (line, number) in text.lines().zip(1..) {
            if MARKS.iter().any(|mark| line.starts_with(mark)) {
                continue;
            }
            let (hash, path) = line
                .split_once("  ")
                .and_then(|(hash, path)| Some((Hash::parse(hash.as_bytes())?, path)))
                .ok_or(bad(number, "not a hash, two spaces and a path"))?;
            if let Some(rule) = path::broken_path(path) {
                return Err(bad(number, rule));
            }
            entries.push((Arc::<str>::from(path), hash));
        }
        let mut sum = Self::default();
        if entries.is_sorted_by(|(left, _), (right, _)| left < right) {
            // The tool writes it sorted, so the map is built in one go.
            sum.entries = entries.into_iter().collect();
        } else {
            sum.extend(entries);
        }
        Ok(sum)
    }

    /// Adds files, each with a hash in addition to the known ones.
    pub(crate) fn extend(&mut self, files: impl IntoIterator<Item = (Arc<str>, Hash)>) {
        for (path, hash) in files {
            if !self.wrote(&path, hash) {
                match self.entries.get(&path) {
                    Some(_) => self.others.entry(path).or_default().push(hash),
                    None => {
                        self.entries.insert(path, hash);
                    }
                }
            }
        }
    }

    /// Returns all files, each with all its hashes.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (&Arc<str>, Hash)> {
        self.entries.iter().flat_map(|(path, hash)| {
            std::iter::once(hash)
                .chain(self.others.get(path).into_iter().flatten())
                .map(move |hash| (path, *hash))
        })
    }

    /// Tells whether the tool wrote a file with this hash.
    pub(crate) fn wrote(&self, path: &str, hash: Hash) -> bool {
        self.entries.get(path) == Some(&hash)
            || self.others.get(path).is_some_and(|hashes| hashes.contains(&hash))
    }

    /// Returns the list as text, in the byte order of the paths.
    pub(crate) fn text(&self) -> Vec<u8> {
        let mut text = Vec::with_capacity(self.entries.len().saturating_mul(128));
        for (path, hash) in self.iter() {
            text.extend_from_slice(hex(&hash.0).as_bytes());
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
    use aqueduct_manifest::Hash;

    fn sum(files: &[(&str, &[u8])]) -> Sum {
        let mut sum = Sum::default();
        sum.extend(files.iter().map(|(path, bytes)| ((*path).into(), Hash::of(bytes))));
        sum
    }

    #[test]
    fn round_trip() {
        let sum = sum(&[("b/c d.yaml", b"1"), ("a.yaml", b"2"), ("a.yaml", b"3"), ("a.yaml", b"2")]);
        let text = sum.text();
        assert_eq!(text.iter().filter(|byte| **byte == b'\n').count(), 3);
        assert_eq!(Sum::parse(&text).as_ref(), Ok(&sum));
        assert!(text.ends_with(b"  b/c d.yaml\n"));
        assert!(sum.wrote("a.yaml", Hash::of(b"2")) && sum.wrote("a.yaml", Hash::of(b"3")));
        assert!(!sum.wrote("a.yaml", Hash::of(b"1")) && !sum.wrote("c.yaml", Hash::of(b"2")));
    }

    #[test]
    fn what_git_makes_of_a_list() {
        let ours = sum(&[("a.yaml", b"1"), ("b.yaml", b"1")]);
        let text = |sum: &Sum| String::from_utf8(sum.text()).expect("a list is text");
        assert_eq!(Sum::parse(text(&ours).replace('\n', "\r\n").as_bytes()).as_ref(), Ok(&ours));
        let theirs = sum(&[("a.yaml", b"2"), ("c.yaml", b"2")]);
        let conflict = format!(
            "<<<<<<< HEAD\n{}||||||| 1234567\n=======\n{}>>>>>>> branch\n",
            text(&ours),
            text(&theirs)
        );
        let both = sum(&[("a.yaml", b"1"), ("a.yaml", b"2"), ("b.yaml", b"1"), ("c.yaml", b"2")]);
        assert_eq!(Sum::parse(conflict.as_bytes()), Ok(both));
    }

    #[test]
    fn bad_lines() {
        let hash = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
        let check =
            |text: String, line, what| assert_eq!(Sum::parse(text.as_bytes()), Err(BadLine { line, what }));
        check(format!("{hash}  a\n<<<<<< HEAD\n"), 2, "not a hash, two spaces and a path");
        check(format!("{hash}  ../a\n"), 1, "a path must not contain `.` or `..`");
        check(format!("{hash}  a\u{7}\n"), 1, "a path must not contain backslashes or control characters");
        assert_eq!(Sum::parse(b"\n\xff"), Err(BadLine { line: 2, what: "not UTF-8" }));
    }
}
