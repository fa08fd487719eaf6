//! `blueprints/<name>.toml`.

use std::collections::BTreeMap;
use std::sync::Arc;

use aqueduct_manifest::SmolStr;

use crate::blueprint::{Blueprint, BlueprintFile, Parameter};
use crate::document;
use crate::interpolate::{Names, check_names};
use crate::node::{Layer, Node};
use crate::types::Name;

use super::Loader;

impl Loader<'_> {
    pub(super) fn load_blueprints(&mut self) {
        for (name, path) in self.names_in("blueprints", "blueprint") {
            match self.load_blueprint(name.clone(), &path) {
                Some(blueprint) => {
                    self.platform.blueprints.insert(name, Arc::new(blueprint));
                }
                None => {
                    self.broken_blueprints.insert(name);
                }
            }
        }
    }

    /// Reads a blueprint as far as possible; `None` if it is not valid TOML.
    fn load_blueprint(&mut self, name: Name, path: &str) -> Option<Blueprint> {
        let mut node = document::read(self.files, path, Layer::Blueprint, &mut self.diagnostics)?;
        let (file, mut sound) = self.typed::<BlueprintFile>(&node, &format!("blueprint `{name}`"));
        let file = file?;
        let nodes = node.take("parameters");
        let mut parameters = BTreeMap::new();
        for (key, declared) in file.parameters {
            let Some(node) = nodes.as_ref().and_then(|nodes| nodes.get(key.as_str())) else { continue };
            let parameter = Parameter {
                kind: declared.kind,
                default: node.get("default").cloned().map(Arc::new),
                description: declared.description,
                node: Arc::new(node.clone()),
            };
            self.check_default(key.as_str(), &parameter);
            parameters.insert(SmolStr::from(key), parameter);
        }
        let names = if sound { Names::WithParameters(&parameters) } else { Names::AnyParameters };
        let mut nodes = node.take("components");
        let mut components = BTreeMap::new();
        for component in file.components.into_keys() {
            let Some(node) = nodes.as_mut().and_then(|nodes| nodes.take(component.as_str())) else {
                continue;
            };
            check_names(&node, names, &mut self.diagnostics);
            if node.get("kind").is_none() {
                let message = format!("component `{component}` of blueprint `{name}` has no `kind`");
                self.diagnostics.push(node.diagnostic("missing-key", message));
                sound = false;
            }
            match self.definition(node) {
                Some(definition) => {
                    components.insert(component, definition);
                }
                None => sound = false,
            }
        }
        Some(Blueprint {
            name,
            description: file.description,
            parameters,
            components,
            file: path.into(),
            sound,
        })
    }

    fn check_default(&mut self, name: &str, parameter: &Parameter) {
        let Some(default) = &parameter.default else { return };
        check_names(default, Names::WithoutComponent, &mut self.diagnostics);
        if !parameter.kind.takes(default) {
            let message = format!(
                "the default of parameter `{name}` must be {}, not {}",
                parameter.kind.describe(),
                default.kind()
            );
            self.diagnostics.push(default.diagnostic("wrong-type", message));
        }
    }

    /// Checks the blueprint parameters that a tenant sets in one environment, and returns their values.
    pub(super) fn parameters(
        &mut self,
        tenant: &Name,
        node: &Node,
        blueprint: &Blueprint,
    ) -> BTreeMap<SmolStr, Arc<Node>> {
        let mut values = BTreeMap::new();
        let given = node.get("parameters");
        for (name, parameter) in &blueprint.parameters {
            match given.and_then(|given| given.get(name)) {
                Some(value) if parameter.kind.takes(value) => {
                    values.insert(name.clone(), Arc::new(value.clone()));
                }
                Some(value) => self.diagnostics.push(parameter.node.label(
                    value.diagnostic(
                        "wrong-type",
                        format!(
                            "parameter `{name}` of tenant `{tenant}` must be {}, not {}",
                            parameter.kind.describe(),
                            value.kind()
                        ),
                    ),
                    "declared here",
                )),
                None => match &parameter.default {
                    Some(default) => {
                        values.insert(name.clone(), default.clone());
                    }
                    None => {
                        let message = format!(
                            "tenant `{tenant}` does not set parameter `{name}`, which blueprint `{}` requires",
                            blueprint.name
                        );
                        let place = node.get("blueprint").unwrap_or(node);
                        self.diagnostics.push(
                            parameter
                                .node
                                .label(place.diagnostic("missing-parameter", message), "declared here"),
                        );
                    }
                },
            }
        }
        for (name, value) in given.and_then(Node::as_table).into_iter().flatten() {
            if !blueprint.parameters.contains_key(name) {
                let message = format!("blueprint `{}` has no parameter `{name}`", blueprint.name);
                let known = blueprint.parameters.keys().map(SmolStr::as_str);
                self.diagnostics
                    .push(value.key_diagnostic("unknown-parameter", message).did_you_mean(name, known));
            }
        }
        values
    }
}
