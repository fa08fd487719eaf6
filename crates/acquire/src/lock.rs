//! `aqueduct.lock`: the exact charts and remotes that a platform renders with.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use aqueduct_kustomize::RemoteFolder;
use aqueduct_manifest::Files;
use serde::Deserialize;

use crate::{CHARTS, Error, KUSTOMIZATIONS, LOCK_FILE, WantedChart};

/// The format of the file.
const VERSION: u32 = 1;

/// Everything that is locked, each list sorted by its fields.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Lock {
    /// The charts.
    pub charts: Vec<LockedChart>,
    /// The remotes of kustomizations.
    pub remotes: Vec<LockedRemote>,
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
    /// The digest of its manifest in a registry, if it was requested by that; otherwise empty.
    #[serde(default)]
    pub manifest: String,
    /// The charts that were fetched into its `charts/` because the package did not contain them: the SHA-256
    /// of each packed chart by source, name and version.
    #[serde(default)]
    pub dependencies: BTreeMap<String, String>,
}

/// A remote of a kustomization as it was fetched.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LockedRemote {
    /// The name as written in the kustomization.
    pub name: String,
    /// Where it came from.
    pub source: String,
    /// The commit of a git repository; empty for a web file.
    #[serde(default)]
    pub commit: String,
    /// The SHA-256 of its files, as `sha256sum` lists them.
    pub sha256: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Document {
    version: u32,
    #[serde(default)]
    chart: Vec<LockedChart>,
    #[serde(default)]
    remote: Vec<LockedRemote>,
}

impl Lock {
    /// Reads the lock file among the files of a platform. Without one, nothing is locked.
    ///
    /// # Errors
    /// The errors of [`Lock::parse`].
    pub fn of(files: &Files) -> Result<Self, Error> {
        match files.get(LOCK_FILE).map(|bytes| std::str::from_utf8(bytes)) {
            None => Ok(Self::default()),
            Some(Ok(text)) => Self::parse(text),
            Some(Err(_)) => Err(Error::new(format!("cannot read {LOCK_FILE}: it is not UTF-8"))),
        }
    }

    /// Reads the file.
    ///
    /// # Errors
    /// A file that is not a lock file, or has a later format.
    pub fn parse(text: &str) -> Result<Self, Error> {
        let document: Document = toml::from_str(text).map_err(|error| {
            Error::new(format!("cannot read {LOCK_FILE}: {}", error.to_string().trim_end()))
                .with_hint("do not edit the file; `aqueduct vendor` writes it")
        })?;
        if document.version != VERSION {
            return Err(Error::new(format!(
                "cannot read {LOCK_FILE}: its format is {}, but this program knows only {VERSION}",
                document.version
            ))
            .with_hint("use the aqueduct version that wrote it, or a later one"));
        }
        for remote in &document.remote {
            // They become folder names and arguments of git.
            let is_hex = |text: &str| text.bytes().all(|byte| byte.is_ascii_hexdigit());
            let is_commit = matches!(remote.commit.len(), 0 | 40 | 64) && is_hex(&remote.commit);
            if remote.sha256.len() != 64 || !is_hex(&remote.sha256) || !is_commit {
                return Err(Error::new(format!(
                    "cannot read {LOCK_FILE}: invalid commit or SHA-256 of `{}`: `{}`, `{}`",
                    remote.name, remote.commit, remote.sha256
                ))
                .with_hint("do not edit the file; `aqueduct vendor` writes it"));
            }
        }
        let mut lock = Self { charts: document.chart, remotes: document.remote };
        lock.charts.sort();
        lock.remotes.sort();
        Ok(lock)
    }

    /// Returns the text of the file. The same entries give the same bytes.
    pub fn write(&self) -> String {
        let (mut charts, mut remotes) = (self.charts.clone(), self.remotes.clone());
        charts.sort();
        remotes.sort();
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
                // Writing to a string cannot fail.
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
        for remote in remotes {
            let fields = [
                ("name", &remote.name),
                ("source", &remote.source),
                ("commit", &remote.commit),
                ("sha256", &remote.sha256),
            ];
            text.push_str("\n[[remote]]\n");
            for (key, value) in fields.into_iter().filter(|(_, value)| !value.is_empty()) {
                let _ = writeln!(text, "{key} = {}", toml::Value::from(value.as_str()));
            }
        }
        text
    }

    /// Returns a remote by its name.
    pub fn remote(&self, name: &str) -> Option<&LockedRemote> {
        self.remotes.iter().find(|remote| remote.name == name)
    }

    /// Returns the folders of everything that is locked.
    pub(crate) fn folders(&self) -> BTreeSet<String> {
        let is_plain = |text: &str| !text.contains(['/', '\\']);
        let charts = self.charts.iter().filter(|chart| is_plain(&chart.name) && is_plain(&chart.version));
        charts.map(LockedChart::folder).chain(self.remotes.iter().map(LockedRemote::folder)).collect()
    }

    /// Returns the chart that a request is locked to.
    pub fn find(&self, request: &WantedChart) -> Option<&LockedChart> {
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
        format!("{CHARTS}/{}-{}", self.name, self.version)
    }
}

impl LockedRemote {
    /// Returns the folder of the copy, relative to the platform. Its name contains the remote's name, for
    /// people, and the digest of its content.
    pub fn folder(&self) -> String {
        let last = |path: &str| path.rsplit(['/', ':']).next().unwrap_or_default().to_owned();
        let label = match self.repository() {
            Some(repository) => {
                let mut label = last(repository.address.trim_end_matches(".git").trim_end_matches('/'));
                if !repository.folder.is_empty() {
                    label = format!("{label}-{}", last(&repository.folder));
                }
                label
            }
            None => {
                let name = Self::file_name(&self.name);
                name.rsplit_once('.').map_or(name.clone(), |(stem, _)| stem.to_owned())
            }
        };
        let digits = self.sha256.get(..12).unwrap_or_default();
        format!("{KUSTOMIZATIONS}/{}-{digits}", plain(&label, "remote"))
    }

    /// Returns the path of the remote in the copy: the folder of a kustomization, or a file.
    pub fn path(&self) -> String {
        match self.repository() {
            Some(repository) => repository.folder,
            None => Self::file_name(&self.name),
        }
    }

    fn repository(&self) -> Option<RemoteFolder> {
        if self.commit.is_empty() { None } else { RemoteFolder::parse(&self.name) }
    }

    /// Returns the name under which a web file is stored.
    pub(crate) fn file_name(address: &str) -> String {
        let path = address.split(['?', '#']).next().unwrap_or_default();
        plain(path.rsplit('/').next().unwrap_or_default(), "file")
    }
}

/// Returns a name that every file system accepts, or `otherwise` if nothing is left of it.
fn plain(name: &str, otherwise: &str) -> String {
    let letter = |at: char| if at.is_ascii_alphanumeric() || "-_.".contains(at) { at } else { '-' };
    let name: String = name.chars().map(letter).collect();
    let name = name.trim_matches(['.', '-']);
    // A digest follows, so truncating loses nothing.
    let name = name.get(name.len().saturating_sub(60)..).unwrap_or_default().trim_start_matches(['.', '-']);
    if name.is_empty() { otherwise.to_owned() } else { name.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::{Lock, LockedChart, LockedRemote};

    fn remote(name: &str, commit: &str) -> LockedRemote {
        LockedRemote {
            name: name.to_owned(),
            source: "https://github.com/org/repo".to_owned(),
            commit: commit.to_owned(),
            sha256: "0123456789abcdef".repeat(4),
        }
    }

    #[test]
    fn folders_of_remotes() {
        for (name, commit, folder, path) in [
            ("github.com/org/repo//a/base?ref=v1", "c", "repo-base", "a/base"),
            ("git@example.com:org/repo.git", "c", "repo", ""),
            ("https://example.com/org/r%20p/", "c", "r-20p", ""),
            ("https://raw.example.com/org/repo/v1/install.yaml", "", "install", "install.yaml"),
            ("https://raw.example.com/org/repo/v1/install.yaml", "c", "repo-install.yaml", "v1/install.yaml"),
            ("https://example.com/..%2f?a=/b", "", "2f", "2f"),
            ("https://example.com/", "", "file", "file"),
        ] {
            let remote = remote(name, commit);
            assert_eq!(remote.folder(), format!("vendor/kustomizations/{folder}-0123456789ab"), "{name}");
            assert_eq!(remote.path(), path, "{name}");
        }
    }

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
        let lock = Lock {
            charts: vec![chart("web", &[("oci://x y 1.0.0", "cc")]), chart("database", &[])],
            remotes: vec![remote("https://b.example.com/\"", ""), remote("github.com/a/b", &"d".repeat(40))],
        };
        let text = lock.write();
        let read = Lock::parse(&text).expect("it was written by us");
        assert_eq!(read.write(), text);
        assert_eq!(read.charts.iter().map(|chart| &*chart.name).collect::<Vec<_>>(), ["database", "web"]);
        assert_eq!(read.charts[1].dependencies.len(), 1);
        assert_eq!(
            read.remotes.iter().map(|remote| &*remote.commit).collect::<Vec<_>>(),
            ["d".repeat(40).as_str(), ""]
        );
    }

    #[test]
    fn what_is_no_lock() {
        for (text, expected) in [
            ("version = 2\n", "cannot read aqueduct.lock: its format is 2, but this program knows only 1"),
            ("version = 1\nchart = 3\n", "cannot read aqueduct.lock: "),
            ("version = 1\n[[chart]]\nname = \"a\"\n", "cannot read aqueduct.lock: "),
            ("", "cannot read aqueduct.lock: "),
            (
                "version = 1\n[[remote]]\nname = \"a\"\nsource = \"b\"\nsha256 = \"../..\"\n",
                "cannot read aqueduct.lock: invalid commit or SHA-256 of `a`: ``, `../..`",
            ),
            (
                "version = 1\n[[remote]]\nname = \"a\"\nsource = \"b\"\ncommit = \"--upload-pack=x\"\nsha256 = \"00\"\n",
                "cannot read aqueduct.lock: invalid commit or SHA-256 of `a`: `--upload-pack=x`, `00`",
            ),
        ] {
            let error = Lock::parse(text).expect_err(text);
            assert!(error.to_string().starts_with(expected), "{error}");
        }
    }
}
