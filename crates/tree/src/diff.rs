//! The differences between two trees, object by object, as data and as text.

use std::collections::BTreeMap;
use std::fmt;
use std::path::Path;
use std::sync::Arc;

use aqueduct_manifest::line_diff;

use crate::disk::{Disk, FileSystem};
use crate::error::Error;
use crate::status::{State, status};
use crate::sum::SUM;
use crate::tree::{Tree, covers};

/// How many unchanged lines are shown around a change.
const CONTEXT: usize = 3;

/// A file, and so an object, that differs between two trees.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct FileDiff {
    /// The environment.
    pub environment: String,
    /// The path below the environment's folder.
    pub path: Arc<str>,
    /// The kind of the object; empty if unknown.
    pub kind: String,
    /// The name of the object; empty if unknown.
    pub name: String,
    /// The old text; `None` if the object is new.
    pub old: Option<String>,
    /// The new text; `None` if the object was removed.
    pub new: Option<String>,
}

impl FileDiff {
    fn new(environment: &str, path: &Arc<str>, old: Option<&[u8]>, new: Option<&[u8]>) -> Self {
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        let (old, new) = (old.map(text), new.map(text));
        let (kind, name) = new.as_deref().or(old.as_deref()).map(identity).unwrap_or_default();
        Self { environment: environment.to_owned(), path: Arc::clone(path), kind, name, old, new }
    }

    /// Returns the first folder of the path: the tenant, or `argocd`; empty if there is none.
    pub fn tenant(&self) -> &str {
        self.path.split_once('/').map_or("", |(tenant, _)| tenant)
    }

    /// Returns the second folder of the path: the component; empty if there is none.
    pub fn component(&self) -> &str {
        let rest = self.path.split_once('/').map_or("", |(_, rest)| rest);
        rest.split_once('/').map_or("", |(component, _)| component)
    }
}

/// Returns how the output folder would change if the tree were written, by environment and path.
///
/// # Errors
/// Files that cannot be read, and lists of hashes that the tool did not write.
pub fn diff(output: &Path, tree: &Tree) -> Result<Vec<FileDiff>, Error> {
    let mut diffs = Vec::new();
    for change in status(output, tree)?.changes {
        // The objects of these are up to date.
        if &*change.path == SUM || matches!(change.state, State::Unlisted | State::Converted) {
            continue;
        }
        let new = tree.get(&change.environment, &change.path);
        let old = match change.state {
            // It is not a file, and links are not followed.
            State::Missing | State::Blocked => None,
            _ => {
                let path = output.join(&change.environment).join(&*change.path);
                Some(Disk.read(&path).map_err(|source| Error::read(path, source))?)
            }
        };
        let new = new.map(AsRef::as_ref);
        diffs.push(FileDiff::new(&change.environment, &change.path, old.as_deref(), new));
    }
    Ok(diffs)
}

/// Returns how one tree differs from another, by environment and path. Files outside the newer tree's scopes
/// are assumed to stay.
pub fn compare(old: &Tree, new: &Tree) -> Vec<FileDiff> {
    let mut diffs = Vec::new();
    for (environment, path, bytes) in new.iter() {
        let before = old.get(environment, path);
        if before != Some(bytes) {
            diffs.push(FileDiff::new(environment, path, before.map(AsRef::as_ref), Some(bytes)));
        }
    }
    for (environment, path, bytes) in old.iter() {
        if new.get(environment, path).is_none() && covers(new.scopes(), environment, path) {
            diffs.push(FileDiff::new(environment, path, Some(bytes), None));
        }
    }
    diffs.sort();
    diffs
}

/// Returns the difference as a unified diff, with the headers that `git apply` reads.
pub fn unified(diff: &FileDiff) -> String {
    let header = |side: &str, text: &Option<String>| match text {
        Some(_) => format!("{side}/{}/{}", diff.environment, diff.path),
        None => "/dev/null".to_owned(),
    };
    let (old, new) = (diff.old.as_deref().unwrap_or_default(), diff.new.as_deref().unwrap_or_default());
    let hunks = line_diff(old, new, CONTEXT);
    let mut text = String::new();
    if !hunks.is_empty() {
        text = format!("--- {}\n+++ {}\n", header("a", &diff.old), header("b", &diff.new));
    }
    hunks.iter().for_each(|hunk| text.push_str(&hunk.to_string()));
    text
}

/// How many objects were added, changed and removed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Objects that are new.
    pub added: usize,
    /// Objects that changed.
    pub changed: usize,
    /// Objects that were removed.
    pub removed: usize,
}

/// The numbers of differences by environment and tenant.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Summary {
    /// The counts of each tenant in each environment.
    pub environments: BTreeMap<String, BTreeMap<String, Counts>>,
}

/// Counts the differences by environment and tenant.
pub fn summary(diffs: &[FileDiff]) -> Summary {
    let mut summary = Summary::default();
    for diff in diffs {
        let tenants = summary.environments.entry(diff.environment.clone()).or_default();
        let counts = tenants.entry(diff.tenant().to_owned()).or_default();
        match (&diff.old, &diff.new) {
            (None, _) => counts.added += 1,
            (Some(_), Some(_)) => counts.changed += 1,
            (Some(_), None) => counts.removed += 1,
        }
    }
    summary
}

impl fmt::Display for Counts {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let counted = [(self.added, "added"), (self.changed, "changed"), (self.removed, "removed")];
        let mut separator = "";
        for (count, word) in counted.into_iter().filter(|(count, _)| *count > 0) {
            write!(out, "{separator}{count} {word}")?;
            separator = ", ";
        }
        Ok(())
    }
}

impl fmt::Display for Summary {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (environment, tenants) in &self.environments {
            writeln!(out, "{environment}")?;
            let width = tenants.keys().map(|tenant| tenant.chars().count()).max().unwrap_or(0);
            for (tenant, counts) in tenants {
                writeln!(out, "  {tenant:width$}  {counts}")?;
            }
        }
        Ok(())
    }
}

/// Returns the kind and the name of an object, given the format of the writer: keys at the start of lines. A
/// text in another format, such as a hand-edited one, may hide them; they are only for people.
fn identity(text: &str) -> (String, String) {
    let plain = |value: &str| value.trim().trim_matches(['"', '\'']).to_owned();
    let (mut kind, mut name, mut in_metadata) = (String::new(), String::new(), false);
    for line in text.lines() {
        if let Some(value) = line.strip_prefix("kind: ") {
            kind = plain(value);
        }
        if line.starts_with(|first: char| !first.is_whitespace() && first != '-' && first != '#') {
            in_metadata = line.trim_end() == "metadata:";
        } else if let Some(value) = line.strip_prefix("  name: ").filter(|_| in_metadata) {
            name = plain(value);
        }
    }
    (kind, name)
}
