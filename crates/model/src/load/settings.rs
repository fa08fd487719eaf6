//! `platform.toml`.

use std::collections::BTreeMap;
use std::sync::Arc;

use aqueduct_manifest::Diagnostic;

use crate::blueprint::ParameterFile;
use crate::document;
use crate::environment::EnvironmentFile;
use crate::node::{Layer, Node};
use crate::platform::PlatformFile;
use crate::types::Name;

use super::Loader;

const FILE: &str = "platform.toml";

impl Loader<'_> {
    pub(super) fn load_settings(&mut self) {
        if self.files.get(FILE).is_none() {
            self.diagnostics.push(
                Diagnostic::error("missing-file", "there is no `platform.toml`").at(FILE, None, "").hint(
                    "a platform starts with `platform.toml`: its name, its repository and its environments",
                ),
            );
        }
        let Some(mut node) = document::read(self.files, FILE, Layer::Platform, &mut self.diagnostics) else {
            return;
        };
        let mut declared = BTreeMap::new();
        if let (Some(file), _) = self.typed::<PlatformFile>(&node, "the platform") {
            self.platform.name = file.name;
            self.platform.repository = file.repository;
            self.platform.revision = file.revision.into();
            self.platform.output = file.output;
            self.platform.argocd = file.argocd;
            self.platform.services = file.services;
            self.platform.isolation = file.isolation;
            self.platform.pod_security = file.pod_security;
            self.platform.patches = file.patches;
            self.platform.labels = file.labels;
            self.platform.annotations = file.annotations;
            declared = file.values;
            self.platform.checks =
                file.checks.into_iter().map(|(rule, level)| (rule.into(), level)).collect();
        }
        let names = node.get("environments").and_then(Node::as_table).into_iter().flatten();
        self.platform.declared_environments = names.filter_map(|(name, _)| name.parse().ok()).collect();
        if let Some(environments) = node.get("environments")
            && environments.as_table().is_some_and(|table| table.is_empty())
        {
            self.diagnostics.push(environments.diagnostic("missing-key", "the platform has no environment"));
        }
        if let Some(defaults) = node.get("defaults") {
            self.check_defaults(defaults);
            self.platform.defaults = defaults.shared_tables();
        }
        for name in self.platform.declared_environments.clone() {
            self.load_environment(&mut node, name, &declared);
        }
        self.platform.node = Arc::new(node);
    }

    fn load_environment(
        &mut self,
        platform: &mut Node,
        name: Name,
        declared: &BTreeMap<Name, ParameterFile>,
    ) {
        let declarations = platform.get("values").cloned();
        let Some(node) = platform.get_mut("environments").and_then(|node| node.get_mut(name.as_str())) else {
            return;
        };
        if node.as_table().is_none() {
            return;
        }
        if let Some(defaults) = node.get_mut("defaults") {
            defaults.set_layer(Layer::Environment);
            self.check_defaults(defaults);
        }
        let node = Arc::new(node.clone());
        if let (Some(file), _) = self.typed::<EnvironmentFile>(&node, &format!("environment `{name}`")) {
            let defaults = node.get("defaults").map(Node::shared_tables).unwrap_or_default();
            let values = self.environment_values(&name, &node, declared, declarations.as_ref());
            let environment = file.into_environment(name.clone(), values, defaults, node);
            self.platform.environments.insert(name, Arc::new(environment));
        }
    }
}
