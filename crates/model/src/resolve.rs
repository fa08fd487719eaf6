//! Resolving: from the platform to instances, one for each component of each tenant in each environment.

use aqueduct_manifest::Diagnostic;

use crate::instance::Instance;
use crate::platform::{Platform, Selection};

/// What resolving made of the platform.
#[derive(Clone, Debug)]
pub struct Resolved {
    /// The instances, in the order of environments, tenants and components.
    pub instances: Vec<Instance>,
    /// What is wrong with the components.
    pub diagnostics: Vec<Diagnostic>,
}

/// Merges the layers of the selected components.
pub fn resolve(_platform: &Platform, _kinds: &[&str], _selection: &Selection) -> Resolved {
    Resolved { instances: Vec::new(), diagnostics: Vec::new() }
}
