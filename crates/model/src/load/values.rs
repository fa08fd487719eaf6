//! Checks `[environments.<name>.values]` against the types in the platform's `[values]`.

use std::collections::BTreeMap;
use std::sync::Arc;

use aqueduct_manifest::SmolStr;

use crate::blueprint::ParameterFile;
use crate::node::Node;
use crate::types::Name;

use super::Loader;

impl Loader<'_> {
    /// Returns the values of an environment, with defaults filled in, and reports those that do not match their
    /// declarations; `declarations` is the table of these.
    pub(super) fn environment_values(
        &mut self,
        environment: &Name,
        node: &Node,
        declared: &BTreeMap<Name, ParameterFile>,
        declarations: Option<&Node>,
    ) -> BTreeMap<SmolStr, Arc<Node>> {
        let given = node.get("values").and_then(Node::as_table).into_iter().flatten();
        let mut values: BTreeMap<SmolStr, Arc<Node>> =
            given.map(|(name, value)| (name.clone(), Arc::new(value.clone()))).collect();
        if declared.is_empty() {
            return values;
        }
        for (name, value) in &values {
            let Some(declaration) = declared.get(name.as_str()) else {
                let message = format!("value `{name}` is not declared");
                self.diagnostics.push(
                    value
                        .key_diagnostic("unknown-value", message)
                        .did_you_mean(name, declared.keys().map(Name::as_str))
                        .hint(format!("declare it in platform.toml: `[values.{name}]` with a `type`")),
                );
                continue;
            };
            if !declaration.kind.takes(value) {
                let (wanted, found) = (declaration.kind.describe(), value.kind());
                let message =
                    format!("value `{name}` of environment `{environment}` must be {wanted}, not {found}");
                self.diagnostics.push(value.diagnostic("wrong-type", message));
            }
        }
        for (name, ParameterFile { kind, .. }) in declared {
            let Some(declaration) = declarations.and_then(|table| table.get(name.as_str())) else { continue };
            match declaration.get("default") {
                _ if values.contains_key(name.as_str()) => {}
                Some(default) => {
                    if !kind.takes(default) {
                        let (wanted, found) = (kind.describe(), default.kind());
                        let message = format!("the default of value `{name}` must be {wanted}, not {found}");
                        self.diagnostics.push(default.diagnostic("wrong-type", message));
                    }
                    values.insert(SmolStr::from(name.as_str()), Arc::new(default.clone()));
                }
                None => {
                    let message = format!(
                        "environment `{environment}` does not set value `{name}`, which the platform declares"
                    );
                    let place = node.get("values").unwrap_or(node);
                    let diagnostic = place.key_diagnostic("missing-value", message);
                    self.diagnostics.push(declaration.label(diagnostic, "declared here"));
                }
            }
        }
        values
    }
}
