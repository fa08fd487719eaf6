//! `aqueduct.lock`: the exact charts that a platform renders with.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use serde::Deserialize;

use crate::{Error, FOLDER, LOCK_FILE, Request};

/// The format of the file.
const VERSION: u32 = 1;

/// All locked charts, in the order of their names, versions and sources.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Lock {
    /// The charts.
    pub charts: Vec<LockedChart>,
}

/// A chart as it was fetched.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LockedChart {
    /// The name.
    pub name: String,
    /// The exact version.
    pub version: String,
    /// Where it came from.
    pub source: String,
    /// The SHA-256 of its files, as `sha256sum` lists them.
    pub sha256: String,
    /// The SHA-256 of the packed chart that was fetched.
    pub archive: String,
    /// The digest of its manifest in a registry, where it was asked for by that; else empty.
    #[serde(default)]
    pub manifest: String,
    /// The charts that were fetched into its `charts/` because the package came without them: the
    /// SHA-256 of each packed chart by source, name and version.
    #[serde(default)]
    pub dependencies: BTreeMap<String, String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Document {
    version: u32,
    #[serde(default)]
    chart: Vec<LockedChart>,
}

impl Lock {
    /// Reads the file.
    ///
    /// # Errors
    /// What is no lock file, or one of a later format.
    pub fn parse(text: &str) -> Result<Self, Error> {
        let document: Document = toml::from_str(text).map_err(|error| {
            Error::new(format!("cannot read {LOCK_FILE}: {}", error.to_string().trim_end()))
                .with_hint("the file is written by `aqueduct vendor`, not by hand")
        })?;
        if document.version != VERSION {
            return Err(Error::new(format!(
                "cannot read {LOCK_FILE}: it has format {}, and this program knows {VERSION}",
                document.version
            ))
            .with_hint("use the version of aqueduct that wrote it, or a later one"));
        }
        let mut lock = Self { charts: document.chart };
        lock.charts.sort();
        Ok(lock)
    }

    /// Writes the file: the same charts, the same bytes.
    pub fn write(&self) -> String {
        let mut charts = self.charts.clone();
        charts.sort();
        let mut text = format!("# Written by `aqueduct vendor`; commit it.\nversion = {VERSION}\n");
        for chart in charts {
            let fields = [
                ("name", &chart.name),
                ("version", &chart.version),
                ("source", &chart.source),
                ("sha256", &chart.sha256),
                ("archive", &chart.archive),
            ];
            text.push_str("\n[[chart]]\n");
            for (key, value) in fields {
                // Writing to a text cannot fail.
                let _ = writeln!(text, "{key} = {}", toml::Value::from(value.as_str()));
            }
            if !chart.manifest.is_empty() {
                let _ = writeln!(text, "manifest = {}", toml::Value::from(chart.manifest.as_str()));
            }
            if !chart.dependencies.is_empty() {
                text.push_str("\n[chart.dependencies]\n");
                for (key, value) in &chart.dependencies {
                    let key = toml::Value::from(key.as_str());
                    let _ = writeln!(text, "{key} = {}", toml::Value::from(value.as_str()));
                }
            }
        }
        text
    }

    /// Returns the chart that a request is locked to.
    pub fn find(&self, request: &Request) -> Option<&LockedChart> {
        let source = request.source.to_string();
        let digest = request.digest().unwrap_or_default();
        let same = |chart: &&LockedChart| {
            chart.name == request.name && chart.source == source && chart.manifest == digest
        };
        let candidates = self.charts.iter().filter(same);
        let newest = request.newest(candidates.clone().map(|chart| chart.version.as_str()))?;
        candidates.clone().find(|chart| chart.version == newest)
    }
}

impl LockedChart {
    /// Returns the folder of the chart, relative to the platform.
    pub fn folder(&self) -> String {
        format!("{FOLDER}/{}-{}", self.name, self.version)
    }
}

#[cfg(test)]
mod tests {
    use super::{Lock, LockedChart};

    #[test]
    fn what_is_written_is_read() {
        let chart = |name: &str, dependencies: &[(&str, &str)]| LockedChart {
            name: name.to_owned(),
            version: "1.2.3+\"b\"".to_owned(),
            source: "https://charts.example.com".to_owned(),
            sha256: "aa".to_owned(),
            archive: "bb".to_owned(),
            manifest: if dependencies.is_empty() { "sha256:dd".to_owned() } else { String::new() },
            dependencies: dependencies
                .iter()
                .map(|(key, value)| ((*key).to_owned(), (*value).to_owned()))
                .collect(),
        };
        let lock = Lock { charts: vec![chart("web", &[("oci://x y 1.0.0", "cc")]), chart("database", &[])] };
        let text = lock.write();
        let read = Lock::parse(&text).expect("it was written by us");
        assert_eq!(read.write(), text);
        assert_eq!(read.charts.iter().map(|chart| &*chart.name).collect::<Vec<_>>(), ["database", "web"]);
        assert_eq!(read.charts[1].dependencies.len(), 1);
    }

    #[test]
    fn what_is_no_lock() {
        for (text, expected) in [
            ("version = 2\n", "cannot read aqueduct.lock: it has format 2, and this program knows 1"),
            ("version = 1\nchart = 3\n", "cannot read aqueduct.lock: "),
            ("version = 1\n[[chart]]\nname = \"a\"\n", "cannot read aqueduct.lock: "),
            ("", "cannot read aqueduct.lock: "),
        ] {
            let error = Lock::parse(text).expect_err(text);
            assert!(error.to_string().starts_with(expected), "{error}");
        }
    }
}
