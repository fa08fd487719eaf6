//! Clusters, as Argo CD knows them.

use std::fmt;
use std::str::FromStr;

use aqueduct_manifest::SmolStr;

use crate::types::name::check_length;
use crate::types::parsed::{Parsed, parsed};
use crate::types::{Invalid, Url};

/// A cluster as Argo CD knows it: by the URL of its API server, or by its name.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum TargetCluster {
    /// The URL of the API server.
    Server(Url),
    /// The name, as in the cluster's Secret in Argo CD.
    Name(SmolStr),
}

impl TargetCluster {
    /// Returns the cluster that Argo CD itself runs in.
    pub fn local() -> Self {
        Self::Server("https://kubernetes.default.svc".parse().expect("the URL is valid"))
    }

    /// Tells whether this is the cluster that Argo CD itself runs in.
    pub fn is_local(&self) -> bool {
        match self {
            Self::Server(url) => url.host() == "kubernetes.default.svc",
            Self::Name(name) => name == "in-cluster",
        }
    }
}

impl FromStr for TargetCluster {
    type Err = Invalid;

    fn from_str(text: &str) -> Result<Self, Invalid> {
        if text.contains("://") {
            return text.parse().map(Self::Server);
        }
        check_length("cluster", text, 253)?;
        if text.contains(|letter: char| letter.is_whitespace() || letter.is_control()) {
            return Err(Invalid::new(format!(
                "`{text}` is not a cluster: expected the URL of its API server, or its name in Argo CD"
            )));
        }
        Ok(Self::Name(text.into()))
    }
}

impl fmt::Display for TargetCluster {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Server(url) => url.fmt(out),
            Self::Name(name) => out.pad(name),
        }
    }
}

impl Parsed for TargetCluster {
    const EXPECTED: &'static str = "the URL of an API server, or the name of a cluster";

    fn from_text(text: &str) -> Option<Result<Self, Invalid>> {
        Some(text.parse())
    }
}

parsed!(TargetCluster, {
    "type": "string",
    "description": "A cluster as Argo CD knows it: the URL of its API server, or its name.",
    "pattern": "^\\S+$"
});

#[cfg(test)]
mod tests {
    use super::*;
    use crate::types::parsed::tests::table;

    #[test]
    fn clusters() {
        insta::assert_snapshot!(table::<TargetCluster>(&[
            "https://kubernetes.default.svc", "https://prod.example.com:6443", "in-cluster", "prod-eu", "a b", "https://", "",
        ]), @r"
        https://kubernetes.default.svc: ok
        https://prod.example.com:6443: ok
        in-cluster: ok
        prod-eu: ok
        a b: ERROR `a b` is not a cluster: expected the URL of its API server, or its name in Argo CD
        https://: ERROR `https://` is not a valid URL: expected a scheme and a host, such as `https://example.org`
        : ERROR the cluster must not be empty
        ");
        let is_local = |text: &str| text.parse().is_ok_and(|cluster: TargetCluster| cluster.is_local());
        assert!(is_local("in-cluster") && is_local("https://kubernetes.default.svc:443"));
        assert!(!is_local("prod") && !is_local("https://prod.example.com"));
    }
}
