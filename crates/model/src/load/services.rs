//! Checks that the shared components in `[services]` exist.

use crate::node::Node;
use crate::types::{Name, Reference};

use super::Loader;

impl Loader<'_> {
    /// Reports shared components that do not exist.
    pub(super) fn check_services(&mut self) {
        let platform = self.platform.node.clone();
        for node in
            platform.get("services").and_then(Node::as_table).into_iter().flat_map(|table| table.values())
        {
            // An invalid reference has already been reported.
            let Some(Ok(reference)) = node.as_str().map(str::parse::<Reference>) else { continue };
            let Some(name) = &reference.tenant else {
                let message = format!("`{reference}` has no tenant: expected `tenant/{reference}`");
                self.diagnostics.push(node.diagnostic("unknown-reference", message));
                continue;
            };
            let Some(tenant) = self.platform.tenants.get(name) else {
                let names = self.platform.tenants.keys().map(Name::as_str);
                self.diagnostics.push(
                    node.diagnostic("unknown-tenant", format!("there is no tenant `{name}`"))
                        .did_you_mean(name.as_str(), names),
                );
                continue;
            };
            let known = tenant.components.contains_key(&reference.component)
                || tenant.declared.contains(&reference.component);
            if tenant.sound && !known {
                let names = tenant.components.keys().map(Name::as_str);
                self.diagnostics.push(
                    node.diagnostic(
                        "unknown-reference",
                        format!("tenant `{name}` has no component `{}`", reference.component),
                    )
                    .did_you_mean(reference.component.as_str(), names),
                );
            }
        }
    }
}
