//! Loading: from files to the typed platform.
//!
//! Every file is parsed once. An invalid file is reported and skipped, and its missing content causes no further
//! errors, so that one mistake is one message.

mod blueprints;
mod components;
mod namespaces;
mod services;
mod settings;
mod tenants;
mod values;

use std::collections::{BTreeMap, BTreeSet};

use aqueduct_manifest::{Diagnostic, Files};
use schemars::JsonSchema;
use serde::de::DeserializeOwned;

use crate::interpolate::{Names, check_names};
use crate::node::Node;
use crate::platform::Platform;
use crate::types::Name;

/// The result of loading.
#[derive(Clone, Debug)]
pub struct LoadedPlatform {
    /// The platform, as far as its files are valid.
    pub platform: Platform,
    /// The errors in the files, in the order of files and lines.
    pub diagnostics: Vec<Diagnostic>,
}

/// Reads `platform.toml`, `tenants/` and `blueprints/`.
pub fn load(files: &Files) -> LoadedPlatform {
    let mut loader = Loader {
        files,
        platform: Platform::empty(),
        broken_blueprints: BTreeSet::new(),
        diagnostics: Vec::new(),
    };
    loader.load_settings();
    loader.load_blueprints();
    loader.load_tenants();
    loader.check_namespaces();
    loader.check_peers();
    loader.check_services();
    LoadedPlatform { platform: loader.platform, diagnostics: in_order(loader.diagnostics) }
}

/// Sorts diagnostics by file and line and removes duplicates. A text that is read for several environments has the
/// same mistakes in all of them.
pub(crate) fn in_order(mut diagnostics: Vec<Diagnostic>) -> Vec<Diagnostic> {
    diagnostics.sort_by(|left, right| (&left.labels, left).cmp(&(&right.labels, right)));
    diagnostics.dedup();
    diagnostics
}

/// The state of loading.
struct Loader<'a> {
    files: &'a Files,
    platform: Platform,
    /// The names of invalid blueprints.
    broken_blueprints: BTreeSet<Name>,
    diagnostics: Vec<Diagnostic>,
}

impl Loader<'_> {
    /// Returns the paths of the TOML files directly in a folder, by name without the extension, and reports invalid
    /// names.
    fn names_in(&mut self, folder: &str, what: &str) -> BTreeMap<Name, String> {
        let mut names = BTreeMap::new();
        for (path, _) in self.files.below(folder) {
            let Some(file) = path.get(folder.len() + 1..) else { continue };
            let Some(stem) =
                file.strip_suffix(".toml").filter(|stem| !stem.contains('/') && !stem.starts_with('.'))
            else {
                continue;
            };
            match stem.parse::<Name>() {
                Ok(name) => {
                    names.insert(name, path.to_owned());
                }
                Err(error) => self.diagnostics.push(
                    Diagnostic::error("invalid-name", error.to_string())
                        .at(path, None, "")
                        .hint(format!("the file name is the name of the {what}: rename the file")),
                ),
            }
        }
        names
    }

    /// Reports an environment that the platform does not have; `node` refers to it.
    fn check_environment(
        &mut self,
        name: &str,
        diagnostic: impl FnOnce(&'static str, String) -> Diagnostic,
    ) -> bool {
        let known = self.platform.declared_environments.contains(name);
        if !known {
            let names = self.platform.declared_environments.iter().map(Name::as_str);
            self.diagnostics.push(
                diagnostic("unknown-environment", format!("the platform has no environment `{name}`"))
                    .did_you_mean(name, names),
            );
        }
        known
    }

    /// Checks `[defaults.<kind>]` tables, as far as possible without knowing the kinds.
    fn check_defaults(&mut self, defaults: &Node) {
        check_names(defaults, Names::AnyParameters, &mut self.diagnostics);
        for (kind, fields) in defaults.as_table().into_iter().flatten() {
            for key in ["kind", "environments"] {
                if let Some(node) = fields.get(key) {
                    let message =
                        format!("`{key}` cannot have a default, but the defaults of kind `{kind}` set it");
                    self.diagnostics.push(node.key_diagnostic("unknown-key", message));
                }
            }
        }
    }

    /// Reads a node as a type as far as possible, reports its errors, and tells whether it has none.
    fn typed<T: DeserializeOwned + JsonSchema + 'static>(
        &mut self,
        node: &Node,
        what: &str,
    ) -> (Option<T>, bool) {
        let (value, diagnostics) = node.read_leniently(what);
        let sound = diagnostics.is_empty();
        self.diagnostics.extend(diagnostics);
        (value, sound)
    }
}
