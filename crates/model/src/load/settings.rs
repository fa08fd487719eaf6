//! `platform.toml`.

use std::collections::BTreeMap;
use std::sync::Arc;

use aqueduct_manifest::Diagnostic;

use crate::blueprint::ParameterFile;
use crate::delivery;
use crate::document;
use crate::environment::EnvironmentFile;
use crate::interpolate::{Names, Scope, check_names};
use crate::names::ROOT;
use crate::node::{Content, Layer, Node};
use crate::patch;
use crate::platform::PlatformFile;
use crate::types::Name;

use super::Loader;

const FILE: &str = "platform.toml";

impl Loader<'_> {
    pub(super) fn load_settings(&mut self) {
        if self.files.get(FILE).is_none() {
            self.diagnostics.push(
                Diagnostic::error("missing-file", "there is no `platform.toml`")
                    .at(FILE, None, "")
                    .hint("create `platform.toml` with the platform's name, repository and environments"),
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
            self.platform.path = file.path;
            self.platform.output = file.output;
            self.platform.argocd = file.argocd;
            self.platform.services = file.services;
            self.platform.isolation = file.isolation;
            self.platform.review = file.review;
            self.platform.pod_security = file.pod_security;
            self.diagnostics.extend(patch::check(&file.patches, &node));
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
        self.check_delivery(&mut node, false);
        self.platform.node = Arc::new(node);
        for name in self.platform.declared_environments.clone() {
            self.load_environment(name, &declared);
        }
    }

    /// Checks the `[delivery]` of the platform, an environment or a tenant on its own.
    pub(super) fn check_delivery(&mut self, table: &mut Node, is_tenant: bool) {
        if let Some(delivery) = table.get_mut("delivery") {
            check_names(delivery, Names::WithoutParameters, &mut self.diagnostics);
            delivery::check_keys(delivery, is_tenant, &mut self.diagnostics);
        }
    }

    fn load_environment(&mut self, name: Name, declared: &BTreeMap<Name, ParameterFile>) {
        let platform = Arc::clone(&self.platform.node);
        let lineage = self.lineage(&platform, &name);
        let own: Vec<Node> =
            lineage.iter().filter_map(|name| self.own_environment(&platform, name)).collect();
        let Some(node) = own.into_iter().reduce(|mut lower, node| {
            lower.merge(&node);
            lower
        }) else {
            return;
        };
        if let Some(from) = platform.find(&["environments", name.as_str(), "promoted-from"]) {
            let earlier = from.as_str().unwrap_or_default();
            if earlier == name.as_str() {
                let message = format!("environment `{name}` is promoted from itself");
                self.add_new(vec![from.diagnostic("reference-cycle", message)]);
            } else if earlier.parse::<Name>().is_ok() {
                self.check_environment(earlier, |code, message| from.diagnostic(code, message));
            }
        }
        let node = Arc::new(node);
        let (file, errors) = node.read_leniently::<EnvironmentFile>(&format!("environment `{name}`"));
        // A mistake in an environment is also in all environments that extend it, so it is reported once.
        self.add_new(errors);
        if let Some(file) = file {
            self.add_new(patch::check(&file.patches, &node));
            let values = self.environment_values(&name, &node, declared, platform.get("values"));
            let mut environment = file.into_environment(lineage, name.clone(), values, Arc::clone(&node));
            // An inherited value may refer to the environment itself.
            environment.promoted_from.take_if(|from| *from == environment.name);
            let scope = Scope {
                platform: self.platform.name.as_str(),
                environment: &environment,
                tenant: ROOT,
                namespace: self.platform.argocd.namespace.as_str(),
                component: ROOT,
                parameters: &BTreeMap::new(),
            };
            environment.delivery = delivery::of_tables([&platform, &node], &scope, &mut self.diagnostics);
            self.platform.environments.insert(name, Arc::new(environment));
        }
    }

    /// Returns the environment's own table; `None` if it is not a table.
    fn own_environment(&mut self, platform: &Node, name: &Name) -> Option<Node> {
        let mut node = platform.find(&["environments", name.as_str()])?.clone();
        node.as_table()?;
        if let Some(defaults) = node.get_mut("defaults") {
            defaults.set_layer(Layer::Environment);
            self.check_defaults(defaults);
        }
        if let Some(delivery) = node.get_mut("delivery") {
            delivery.set_layer(Layer::Environment);
        }
        self.check_delivery(&mut node, false);
        self.add_sync(&mut node);
        Some(node)
    }

    /// Moves `sync` of an environment into its delivery.
    fn add_sync(&mut self, node: &mut Node) {
        let Some(sync) = node.get("sync").cloned() else { return };
        let automatic = match sync.as_str() {
            Some("automatic") => true,
            Some("manual") => false,
            _ => return,
        };
        if let Some(twice) = node.find(&["delivery", "automatic"]) {
            let diagnostic =
                twice.key_diagnostic("duplicate-key", "`sync` and `delivery.automatic` set the same");
            self.diagnostics.push(sync.label(diagnostic, "also set here"));
            return;
        }
        let mut said = Node { content: Content::Boolean(automatic), ..sync };
        said.origin.layer = Layer::Environment;
        let delivery = node.with_only("delivery", node.with_only("automatic", said));
        node.merge(&delivery);
    }

    /// Returns the environments that one extends, from the base down, ending with itself.
    fn lineage(&mut self, platform: &Node, name: &Name) -> Vec<Name> {
        let mut lineage = vec![name.clone()];
        let mut at = name.clone();
        while let Some(extends) = platform.find(&["environments", at.as_str(), "extends"]) {
            // An invalid name is reported when the environment is read.
            let Some(lower) = extends.as_str().and_then(|text| text.parse::<Name>().ok()) else { break };
            if !self.check_environment(lower.as_str(), |code, message| extends.diagnostic(code, message)) {
                break;
            }
            if lineage.contains(&lower) {
                let message = format!("environment `{lower}` extends itself");
                self.add_new(vec![extends.diagnostic("reference-cycle", message)]);
                break;
            }
            lineage.push(lower.clone());
            at = lower;
        }
        lineage.reverse();
        lineage
    }

    /// Adds diagnostics, except those that are already known for the same place.
    pub(super) fn add_new(&mut self, diagnostics: Vec<Diagnostic>) {
        for one in diagnostics {
            if !self.diagnostics.iter().any(|known| known.code == one.code && known.labels == one.labels) {
                self.diagnostics.push(one);
            }
        }
    }
}
