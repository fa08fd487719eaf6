//! `tenants/<tenant>/<component>.toml`, and the components of blueprints.

use std::collections::BTreeMap;
use std::sync::Arc;

use aqueduct_manifest::SmolStr;

use crate::blueprint::Blueprint;
use crate::component::{DeclaredComponent, Definition};
use crate::document;
use crate::interpolate::{Names, check_names};
use crate::node::{Content, Layer, Node};
use crate::tenant::Tenant;
use crate::types::Name;

use super::Loader;

/// What is known about a tenant's blueprint.
#[derive(Clone, Copy)]
pub(super) enum TenantBlueprint<'b> {
    None,
    Known(&'b Blueprint),
    /// There is a blueprint, but it is invalid.
    Broken,
}

impl Loader<'_> {
    /// Separates the overrides for environments from the other fields of a component.
    pub(super) fn definition(&mut self, mut node: Node) -> Option<Definition> {
        let layer = node.origin.layer.in_environment();
        let mut environments = BTreeMap::new();
        if let Some(overrides) = node.take("environments") {
            let kind = overrides.kind();
            let Content::Table(tables) = overrides.content else {
                let message = format!(
                    "`environments` of a component must contain a table for each environment, not {kind}"
                );
                self.diagnostics.push(
                    node.label(
                        aqueduct_manifest::Diagnostic::error("wrong-type", message)
                            .label(overrides.origin.place, ""),
                        "",
                    ),
                );
                return None;
            };
            for (environment, mut table) in tables {
                table.set_layer(layer);
                self.check_environment(&environment, |code, message| table.key_diagnostic(code, message));
                self.check_override(&environment, &table);
                environments.insert(environment, Arc::new(table));
            }
        }
        Some(Definition { node: Arc::new(node), environments: Arc::new(environments) })
    }

    fn check_override(&mut self, environment: &str, table: &Node) {
        if table.as_table().is_none() {
            let message = format!("`environments.{environment}` must be a table, not {}", table.kind());
            self.diagnostics.push(table.diagnostic("wrong-type", message));
        }
        if let Some(kind) = table.get("kind") {
            self.diagnostics.push(kind.key_diagnostic(
                "kind-in-environment",
                "a component must have the same kind in all environments",
            ));
        }
        if let Some(nested) = table.get("environments") {
            self.diagnostics.push(nested.key_diagnostic(
                "unknown-key",
                format!("`environments` cannot be nested in environment `{environment}`"),
            ));
        }
    }

    /// Reads the component files of a tenant, and adds the components that only its blueprint contains.
    pub(super) fn load_components(
        &mut self,
        tenant: &mut Tenant,
        blueprint: TenantBlueprint<'_>,
        paths: BTreeMap<Name, String>,
    ) {
        tenant.declared = paths.keys().cloned().collect();
        for (name, path) in paths {
            if let Some(component) = self.load_component(tenant, blueprint, &name, &path) {
                tenant.components.insert(name, component);
            }
        }
        let TenantBlueprint::Known(blueprint) = blueprint else { return };
        for (name, definition) in &blueprint.components {
            if tenant.declared.contains(name) {
                continue;
            }
            if let Some(kind) = self.kind(&definition.node) {
                let component = DeclaredComponent {
                    name: name.clone(),
                    kind,
                    file: blueprint.file.clone(),
                    blueprint: Some(definition.clone()),
                    own: None,
                };
                tenant.components.insert(name.clone(), component);
            }
        }
    }

    fn load_component(
        &mut self,
        tenant: &Tenant,
        blueprint: TenantBlueprint<'_>,
        name: &Name,
        path: &str,
    ) -> Option<DeclaredComponent> {
        let node = document::read(self.files, path, Layer::Component, &mut self.diagnostics)?;
        match blueprint {
            TenantBlueprint::None if tenant.sound => {
                check_names(&node, Names::WithoutParameters, &mut self.diagnostics);
            }
            TenantBlueprint::Known(blueprint) => {
                check_names(&node, Names::WithParameters(&blueprint.parameters), &mut self.diagnostics);
            }
            TenantBlueprint::None | TenantBlueprint::Broken => {
                check_names(&node, Names::AnyParameters, &mut self.diagnostics)
            }
        }
        let lower = match blueprint {
            TenantBlueprint::Known(blueprint) => blueprint.components.get(name),
            _ => None,
        };
        let kind = match (node.get("kind"), lower) {
            (Some(own), Some(lower)) => {
                let message =
                    format!("component `{name}` is defined twice: here and in the tenant's blueprint");
                let diagnostic = own.key_diagnostic("duplicate-component", message);
                let diagnostic = match lower.node.get("kind") {
                    Some(kind) => kind.label(diagnostic, "the blueprint's component"),
                    None => diagnostic,
                };
                self.diagnostics
                    .push(diagnostic.hint("remove `kind` to override fields of the blueprint's component"));
                return None;
            }
            (Some(_), None) => self.kind(&node)?,
            (None, Some(lower)) => self.kind(&lower.node)?,
            (None, None) => {
                // If the blueprint is invalid, the kind may be there.
                if tenant.sound && !matches!(blueprint, TenantBlueprint::Broken) {
                    self.report_missing_kind(tenant, blueprint, name, &node);
                }
                return None;
            }
        };
        let own = self.definition(node)?;
        self.check_tenant_environments(tenant, name, &own);
        Some(DeclaredComponent {
            name: name.clone(),
            kind,
            file: path.into(),
            blueprint: lower.cloned(),
            own: Some(own),
        })
    }

    fn report_missing_kind(
        &mut self,
        tenant: &Tenant,
        blueprint: TenantBlueprint<'_>,
        name: &Name,
        node: &Node,
    ) {
        let message = format!("component `{}/{name}` has no `kind`", tenant.name);
        let diagnostic = node.diagnostic("missing-key", message);
        self.diagnostics.push(match blueprint {
            TenantBlueprint::Known(blueprint) => diagnostic
                .hint(format!("blueprint `{}` has no component `{name}` to override", blueprint.name))
                .did_you_mean(name.as_str(), blueprint.components.keys().map(Name::as_str)),
            _ => diagnostic.hint("set a kind, such as `kind = \"service\"`"),
        });
    }

    /// Reports overrides for environments that the tenant is not in.
    fn check_tenant_environments(&mut self, tenant: &Tenant, name: &Name, own: &Definition) {
        // A tenant can be disabled for a while without changing its component files.
        if !tenant.sound || tenant.node.get("enabled").and_then(Node::as_bool) == Some(false) {
            return;
        }
        for (environment, table) in own.environments.iter() {
            let is_meant = |known: &Name| match self.platform.environments.get(known) {
                Some(known) => known.lineage.iter().any(|name| name.as_str() == environment),
                None => known.as_str() == environment,
            };
            let absent = !tenant.environments.iter().any(is_meant);
            if absent && self.platform.declared_environments.contains(environment.as_str()) {
                let message = format!(
                    "component `{}/{name}` has overrides for environment `{environment}`, but tenant `{}` is not in it",
                    tenant.name, tenant.name
                );
                let diagnostic = table.key_diagnostic("absent-environment", message);
                self.diagnostics.push(match tenant.node.get("environments") {
                    Some(environments) => environments.label(diagnostic, "the environments of the tenant"),
                    None => diagnostic,
                });
            }
        }
    }

    fn kind(&mut self, node: &Node) -> Option<SmolStr> {
        let kind = node.get("kind")?;
        match kind.as_str() {
            Some(text) => Some(text.into()),
            None => {
                self.diagnostics.push(
                    kind.diagnostic("wrong-type", format!("`kind` must be a string, not {}", kind.kind())),
                );
                None
            }
        }
    }
}
