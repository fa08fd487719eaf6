//! Versions of Kubernetes and its APIs.

use std::fmt;
use std::str::FromStr;

use aqueduct_manifest::{SmolStr, is_dns_label, is_dns_subdomain};

use crate::types::Invalid;
use crate::types::parsed::{Parsed, checked_text, parsed};

/// A Kubernetes version: a minor version such as `1.33`, or a patch version such as `1.33.4`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct KubernetesVersion {
    /// The major version.
    pub major: u32,
    /// The minor version.
    pub minor: u32,
    /// The patch version, if given.
    pub patch: Option<u32>,
}

impl FromStr for KubernetesVersion {
    type Err = Invalid;

    fn from_str(text: &str) -> Result<Self, Invalid> {
        let number = |text: &str| {
            if text.bytes().all(|byte| byte.is_ascii_digit()) { text.parse::<u32>().ok() } else { None }
        };
        let (minor, patch) = match text.rsplit_once('.') {
            Some((minor, patch)) if minor.contains('.') => (minor, Some(patch)),
            _ => (text, None),
        };
        let parse = || {
            let (major, minor) = minor.split_once('.')?;
            let patch = match patch {
                Some(patch) => Some(number(patch)?),
                None => None,
            };
            Some(Self { major: number(major)?, minor: number(minor)?, patch })
        };
        parse().ok_or_else(|| {
            Invalid::new(format!(
                "`{text}` is not a Kubernetes version: expected one such as `1.33` or `1.33.4`"
            ))
        })
    }
}

impl fmt::Display for KubernetesVersion {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{}.{}", self.major, self.minor)?;
        match self.patch {
            Some(patch) => write!(out, ".{patch}"),
            None => Ok(()),
        }
    }
}

impl Parsed for KubernetesVersion {
    const EXPECTED: &'static str = "a version in quotes such as `\"1.33\"`";

    fn from_text(text: &str) -> Option<Result<Self, Invalid>> {
        Some(text.parse())
    }
}

parsed!(KubernetesVersion, {
    "type": "string",
    "description": "A Kubernetes version, such as `1.33` or `1.33.4`.",
    "examples": ["1.33"],
    "pattern": "^[0-9]+\\.[0-9]+(\\.[0-9]+)?$"
});

/// An API that a cluster provides: `group/version`, or `group/version/Kind` for a single kind; the core
/// group is `v1`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ApiVersion(SmolStr);

impl ApiVersion {
    fn check(text: &str) -> Result<(), Invalid> {
        let version = |text: &str| text.starts_with('v') && is_dns_label(text);
        let kind = |text: &str| {
            text.starts_with(|letter: char| letter.is_ascii_uppercase())
                && text.bytes().all(|byte| byte.is_ascii_alphanumeric())
        };
        let valid = match text.split('/').collect::<Vec<_>>().as_slice() {
            [only] => version(only),
            ["v1", single] => kind(single),
            [group, last] => is_dns_subdomain(group) && version(last),
            [group, middle, last] => is_dns_subdomain(group) && version(middle) && kind(last),
            _ => false,
        };
        if valid {
            Ok(())
        } else {
            Err(Invalid::new(format!(
                "`{text}` is not an API: expected a group and version such as `cert-manager.io/v1`"
            )))
        }
    }

    /// Returns the group, empty for the core group.
    pub fn group(&self) -> &str {
        match self.0.split_once('/') {
            Some(("v1", _)) | None => "",
            Some((group, _)) => group,
        }
    }

    /// Returns the version.
    pub fn version(&self) -> &str {
        let rest = self.0.strip_prefix(self.group()).unwrap_or(&self.0);
        rest.trim_start_matches('/').split('/').next().unwrap_or_default()
    }

    /// Returns the kind, if only one is meant.
    pub fn kind(&self) -> Option<&str> {
        let last = self.0.rsplit('/').next()?;
        last.starts_with(|letter: char| letter.is_ascii_uppercase()).then_some(last)
    }
}

checked_text!(ApiVersion, "an API such as `\"cert-manager.io/v1\"`", {
    "type": "string",
    "description": "An API that the cluster provides: a group and version, such as `cert-manager.io/v1`, optionally with a kind.",
    "examples": ["v1"],
    "pattern": "^([a-z0-9][-a-z0-9.]*/)?v[a-z0-9]+(/[A-Z][A-Za-z0-9]*)?$"
});

#[cfg(test)]
mod tests {
    use super::*;
    use crate::types::parsed::tests::table;

    #[test]
    fn versions() {
        insta::assert_snapshot!(table::<KubernetesVersion>(&["1.33", "1.9", "1", "v1.33", "1.33.2", "1.33.2.1", "1.33.", "1.33.x", "1.+3", "", "."]), @r"
        1.33: ok
        1.9: ok
        1: ERROR `1` is not a Kubernetes version: expected one such as `1.33` or `1.33.4`
        v1.33: ERROR `v1.33` is not a Kubernetes version: expected one such as `1.33` or `1.33.4`
        1.33.2: ok
        1.33.2.1: ERROR `1.33.2.1` is not a Kubernetes version: expected one such as `1.33` or `1.33.4`
        1.33.: ERROR `1.33.` is not a Kubernetes version: expected one such as `1.33` or `1.33.4`
        1.33.x: ERROR `1.33.x` is not a Kubernetes version: expected one such as `1.33` or `1.33.4`
        1.+3: ERROR `1.+3` is not a Kubernetes version: expected one such as `1.33` or `1.33.4`
        : ERROR `` is not a Kubernetes version: expected one such as `1.33` or `1.33.4`
        .: ERROR `.` is not a Kubernetes version: expected one such as `1.33` or `1.33.4`
        ");
        let parse = |text: &str| text.parse::<KubernetesVersion>().expect("a valid version");
        assert!(parse("1.9") < parse("1.33") && parse("1.33") < parse("1.33.0"));
        assert_eq!(parse("1.33.4").to_string(), "1.33.4");
    }

    #[test]
    fn apis() {
        insta::assert_snapshot!(table::<ApiVersion>(&["cert-manager.io/v1", "v1", "v1/Pod", "apps/v1/Deployment", "cert-manager.io", "cert-manager.io/1", "a/v1/pod", "a/v1/B/c", ""]), @r"
        cert-manager.io/v1: ok
        v1: ok
        v1/Pod: ok
        apps/v1/Deployment: ok
        cert-manager.io: ERROR `cert-manager.io` is not an API: expected a group and version such as `cert-manager.io/v1`
        cert-manager.io/1: ERROR `cert-manager.io/1` is not an API: expected a group and version such as `cert-manager.io/v1`
        a/v1/pod: ERROR `a/v1/pod` is not an API: expected a group and version such as `cert-manager.io/v1`
        a/v1/B/c: ERROR `a/v1/B/c` is not an API: expected a group and version such as `cert-manager.io/v1`
        : ERROR `` is not an API: expected a group and version such as `cert-manager.io/v1`
        ");
        let parts = |text: &str| {
            let api: ApiVersion = text.parse().expect("a valid API");
            format!("{}|{}|{}", api.group(), api.version(), api.kind().unwrap_or("-"))
        };
        assert_eq!(parts("cert-manager.io/v1"), "cert-manager.io|v1|-");
        assert_eq!(parts("apps/v1/Deployment"), "apps|v1|Deployment");
        assert_eq!(parts("v1/Pod"), "|v1|Pod");
        assert_eq!(parts("v1"), "|v1|-");
    }
}
