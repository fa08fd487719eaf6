//! A wanted chart and its source.

use std::fmt;

use aqueduct_helm::functions::semver::{Constraints, Version};

use crate::Error;

/// A chart that a platform needs.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct WantedChart {
    /// The name of the chart.
    pub name: String,
    /// Where it comes from.
    pub source: ChartSource,
    /// The version, a version range, or the digest of a manifest (`sha256:…`) in a registry; empty for the
    /// newest.
    pub version: String,
}

/// The source of a chart.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum ChartSource {
    /// A chart repository: the address of the folder with `index.yaml`.
    Repository(String),
    /// A repository in an OCI registry: host and path, without the chart name.
    Registry {
        /// The host, with its port if it has one.
        host: String,
        /// The path between the host and the chart name; may be empty.
        path: String,
    },
}

impl ChartSource {
    /// Parses an address: `https://…` or `oci://…`.
    ///
    /// # Errors
    /// Any other address, and one with credentials.
    pub fn parse(address: &str) -> Result<Self, Error> {
        let address = address.trim().trim_end_matches('/');
        let rest = address.split_once("://").map_or("", |(_, rest)| rest);
        let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
        if authority.contains('@') {
            return Err(Error::new("an address must not contain credentials").with_hint(
                "put them in the Docker configuration with `docker login` or `helm registry login`",
            ));
        }
        if let Some(rest) = address.strip_prefix("oci://") {
            let (host, path) = rest.split_once('/').unwrap_or((rest, ""));
            if !host.is_empty() {
                return Ok(Self::Registry { host: host.to_owned(), path: path.to_owned() });
            }
        }
        let is_web = address.starts_with("https://") || address.starts_with("http://");
        if is_web && !authority.is_empty() {
            return Ok(Self::Repository(address.to_owned()));
        }
        Err(Error::new(format!("not the address of a chart repository: `{address}`"))
            .with_hint("an address starts with `https://` or `oci://`"))
    }
}

impl fmt::Display for ChartSource {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Repository(address) => out.write_str(address),
            Self::Registry { host, path } if path.is_empty() => write!(out, "oci://{host}"),
            Self::Registry { host, path } => write!(out, "oci://{host}/{path}"),
        }
    }
}

impl fmt::Display for WantedChart {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let version = if self.version.is_empty() { "*" } else { &self.version };
        write!(out, "`{} {version}` of {}", self.name, self.source)
    }
}

impl WantedChart {
    /// Returns the digest that is requested instead of a version.
    pub(crate) fn digest(&self) -> Option<&str> {
        self.version.starts_with("sha256:").then_some(&self.version)
    }

    /// Tells whether a version matches the request.
    pub(crate) fn allows(&self, version: &str) -> bool {
        if self.digest().is_some() || self.version == version {
            return true;
        }
        let range = if self.version.is_empty() { "*" } else { &self.version };
        match (Version::parse(version), Constraints::parse(range)) {
            (Ok(version), Ok(range)) => range.check(&version),
            _ => false,
        }
    }

    /// Returns the newest version that matches the request. The exact text of the request comes first.
    pub(crate) fn newest<'a>(&self, versions: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
        versions
            .into_iter()
            .filter(|version| self.allows(version))
            .filter_map(|text| Some((text == self.version, Version::parse(text).ok()?, text)))
            .max_by(|(left_exact, left, left_text), (right_exact, right, right_text)| {
                // Versions that differ only in build metadata are equal. The text decides, so that the choice
                // is always the same.
                (left_exact, left, left_text).cmp(&(right_exact, right, right_text))
            })
            .map(|(_, _, text)| text)
    }

    /// Checks that the name is valid in a folder name and in the path of an address.
    pub(crate) fn check(&self) -> Result<(), Error> {
        let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.');
        if self.name.is_empty() || !self.name.bytes().all(plain) || self.name.starts_with('.') {
            return Err(Error::new(format!("not a chart name: `{}`", self.name)));
        }
        let is_range = self.version.is_empty() || Constraints::parse(&self.version).is_ok();
        if self.digest().is_none() && !is_range {
            return Err(Error::new(format!(
                "not a version or version range for chart `{}`: `{}`",
                self.name, self.version
            )));
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::{ChartSource, WantedChart};

    #[test]
    fn addresses() {
        for (address, expected) in [
            ("https://charts.example.com/stable/", Some("https://charts.example.com/stable")),
            ("oci://registry.example.com:5000/a/b", Some("oci://registry.example.com:5000/a/b")),
            ("oci://registry.example.com", Some("oci://registry.example.com")),
            ("oci://", None),
            ("https://", None),
            ("ftp://example.com", None),
            ("charts/web", None),
            ("https://user:password@example.com", None),
            ("oci://token@example.com/a", None),
        ] {
            let actual = ChartSource::parse(address).ok().map(|source| source.to_string());
            assert_eq!(actual.as_deref(), expected, "{address}");
        }
    }

    #[test]
    fn the_newest_version() {
        let versions = ["1.0.0", "1.2.0", "v1.3.0", "2.0.0-rc.1", "1.2.0+a", "nonsense"];
        for (range, expected) in [
            ("", Some("v1.3.0")),
            ("^1.0.0", Some("v1.3.0")),
            ("~1.2", Some("1.2.0+a")),
            ("1.2.0", Some("1.2.0")),
            ("v1.3.0", Some("v1.3.0")),
            (">=2.0.0-0", Some("2.0.0-rc.1")),
            ("^3", None),
        ] {
            let source = ChartSource::parse("https://example.com").expect("it is an address");
            let request = WantedChart { name: "c".to_owned(), source, version: range.to_owned() };
            assert_eq!(request.newest(versions), expected, "{range}");
        }
    }
}
