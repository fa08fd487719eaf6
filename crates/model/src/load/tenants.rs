//! `tenants/<tenant>/tenant.toml`, and the tenant in each environment.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use aqueduct_manifest::{Diagnostic, SmolStr};

use crate::delivery;
use crate::document;
use crate::environment::Environment;
use crate::interpolate::{Names, Scope, check_names, fill};
use crate::names::ROOT;
use crate::node::{Layer, Node};
use crate::patch;
use crate::tenancy::{NamespaceField, NamespaceSettings, NamespaceTable, Tenancy};
use crate::tenant::{Tenant, TenantEnvironments, TenantFile};
use crate::types::{Invalid, Name};

use super::Loader;
use super::components::TenantBlueprint;

impl Loader<'_> {
    pub(super) fn load_tenants(&mut self) {
        for folder in self.tenant_folders() {
            match folder.parse::<Name>() {
                Ok(name) => self.load_tenant(name),
                Err(error) => self.diagnostics.push(
                    Diagnostic::error("invalid-name", error.to_string())
                        .at(format!("tenants/{folder}"), None, "")
                        .hint("the folder name is the name of the tenant: rename the folder"),
                ),
            }
        }
    }

    /// Returns the folders in `tenants/` that contain TOML files, and reports TOML files outside of them.
    fn tenant_folders(&mut self) -> BTreeSet<String> {
        let mut folders = BTreeSet::new();
        for (path, _) in self.files.below("tenants") {
            let parts: Vec<&str> = path.split('/').skip(1).collect();
            match parts.as_slice() {
                [file] if file.ends_with(".toml") && !file.starts_with('.') => self.diagnostics.push(
                    Diagnostic::error("misplaced-file", "the file belongs to no tenant")
                        .at(path, None, "")
                        .hint("move it into the folder of a tenant: `tenants/<tenant>/`"),
                ),
                [folder, file] if file.ends_with(".toml") && !folder.starts_with('.') => {
                    folders.insert((*folder).to_owned());
                }
                _ => {}
            }
        }
        folders
    }

    fn load_tenant(&mut self, name: Name) {
        let folder = format!("tenants/{name}");
        if name.as_str() == ROOT {
            self.diagnostics.push(
                Diagnostic::error("reserved-name", format!("no tenant can have the name `{ROOT}`: the output uses that folder for the objects that deliver the tree"))
                    .at(format!("{folder}/tenant.toml"), None, "")
                    .hint(format!("rename the folder, for example to `tenants/delivery`, and set `namespace = \"{ROOT}\"` to keep its objects where they are")),
            );
            return;
        }
        let path = format!("{folder}/tenant.toml");
        let mut components = self.names_in(&folder, "component");
        components.remove("tenant");
        let mut tenant = Tenant {
            name,
            description: None,
            owners: Vec::new(),
            environments: Vec::new(),
            system: false,
            blueprint: None,
            components: BTreeMap::new(),
            file: path.as_str().into(),
            node: Arc::new(Node::empty_table(Layer::Tenant, path.as_str())),
            declared: BTreeSet::new(),
            sound: false,
        };
        if self.files.get(&path).is_none() {
            self.diagnostics.push(
                Diagnostic::error("missing-file", format!("tenant `{}` has no `tenant.toml`", tenant.name))
                    .at(path.as_str(), None, ""),
            );
        }
        let mut blueprint = TenantBlueprint::Broken;
        let known;
        if let Some(node) = document::read(self.files, &path, Layer::Tenant, &mut self.diagnostics) {
            self.read_tenant(&mut tenant, node);
            known = tenant.blueprint.as_ref().and_then(|name| self.platform.blueprints.get(name)).cloned();
            blueprint = match (&known, &tenant.blueprint) {
                (Some(blueprint), _) if blueprint.sound => TenantBlueprint::Known(blueprint),
                (None, None) => TenantBlueprint::None,
                _ => TenantBlueprint::Broken,
            };
        }
        self.load_components(&mut tenant, blueprint, components);
        let tenant = Arc::new(tenant);
        self.load_tenancies(&tenant, blueprint);
        self.platform.tenants.insert(tenant.name.clone(), tenant);
    }

    fn read_tenant(&mut self, tenant: &mut Tenant, mut node: Node) {
        if let Some(parameters) = node.get("parameters") {
            check_names(parameters, Names::WithoutComponent, &mut self.diagnostics);
        }
        if let Some(defaults) = node.get("defaults") {
            self.check_defaults(defaults);
        }
        self.check_delivery(&mut node, true);
        let overrides = node.get_mut("environments").and_then(Node::as_table_mut);
        for table in overrides.into_iter().flat_map(|table| table.values_mut()) {
            table.set_layer(Layer::TenantEnvironment);
            if let Some(parameters) = table.get("parameters") {
                check_names(parameters, Names::WithoutComponent, &mut self.diagnostics);
            }
            if let Some(defaults) = table.get("defaults") {
                self.check_defaults(defaults);
            }
            self.check_delivery(table, true);
        }
        let (file, sound) = self.typed::<TenantFile>(&node, &format!("tenant `{}`", tenant.name));
        tenant.node = Arc::new(node);
        let Some(file) = file else { return };
        tenant.sound = sound;
        tenant.description = file.description;
        for owner in tenant.node.get("owners").and_then(Node::as_list).unwrap_or_default() {
            if let Some("" | "user:" | "group:") = owner.as_str() {
                self.diagnostics.push(
                    owner
                        .diagnostic(
                            "invalid-value",
                            format!("an owner of tenant `{}` has no name", tenant.name),
                        )
                        .hint("set a group such as `shop-developers`, or a user such as `user:jane`"),
                );
            }
        }
        tenant.owners = file.owners.into_iter().map(SmolStr::from).collect();
        tenant.system = file.system;
        tenant.blueprint = file.blueprint;
        tenant.environments = self.tenant_environments(tenant, file.environments.as_ref(), file.enabled);
        self.check_blueprint(tenant);
    }

    /// Returns a namespace with the environment's suffix. Namespaces that exist once per cluster (Argo CD's and
    /// Kubernetes' own) get no suffix.
    fn suffixed(&mut self, namespace: Name, environment: &Environment, tenant: &Node) -> Name {
        let is_shared =
            namespace == self.platform.argocd.namespace || namespace.as_str().starts_with("kube-");
        let Some(suffix) = environment.namespace_suffix.as_ref().filter(|_| !is_shared) else {
            return namespace;
        };
        format!("{namespace}{suffix}").parse().unwrap_or_else(|error: Invalid| {
            let message = format!("in environment `{}`: {error}", environment.name);
            self.diagnostics.push(tenant.diagnostic("invalid-name", message));
            namespace
        })
    }

    /// Returns the environments that a tenant is in.
    fn tenant_environments(
        &mut self,
        tenant: &Tenant,
        written: Option<&TenantEnvironments>,
        enabled: Option<bool>,
    ) -> Vec<Name> {
        let node = tenant.node.clone();
        let places = node.get("environments");
        match written {
            Some(TenantEnvironments::Only(_)) => {
                for node in places.and_then(Node::as_list).unwrap_or_default() {
                    // An invalid name has already been reported.
                    if let Some(name) = node.as_str().filter(|text| text.parse::<Name>().is_ok()) {
                        self.check_environment(name, |code, message| node.diagnostic(code, message));
                    }
                }
            }
            Some(TenantEnvironments::Overrides(_)) => {
                for (name, node) in places.and_then(Node::as_table).into_iter().flatten() {
                    self.check_environment(name, |code, message| node.key_diagnostic(code, message));
                }
            }
            None => {}
        }
        let is_in = |name: &&Name| match written {
            Some(TenantEnvironments::Only(names)) => enabled.unwrap_or(true) && names.contains(name),
            _ => places
                .and_then(|places| {
                    let lineage = self.platform.environments.get(*name).map(|known| known.lineage.as_slice());
                    let mut names = lineage.unwrap_or(std::slice::from_ref(*name)).iter().rev();
                    names.find_map(|name| places.find(&[name.as_str(), "enabled"])?.as_bool())
                })
                .or(enabled)
                .unwrap_or(true),
        };
        self.platform.declared_environments.iter().filter(is_in).cloned().collect()
    }

    fn check_blueprint(&mut self, tenant: &Tenant) {
        match (&tenant.blueprint, tenant.node.get("blueprint")) {
            (Some(name), Some(node)) => {
                if !self.platform.blueprints.contains_key(name) && !self.broken_blueprints.contains(name) {
                    let names = self.platform.blueprints.keys().map(Name::as_str);
                    self.diagnostics.push(
                        node.diagnostic("unknown-blueprint", format!("there is no blueprint `{name}`"))
                            .did_you_mean(name.as_str(), names),
                    );
                }
            }
            _ => {
                if let Some(parameters) = tenant.node.get("parameters").filter(|_| tenant.sound) {
                    let message = format!("tenant `{}` sets parameters but has no blueprint", tenant.name);
                    self.diagnostics.push(parameters.key_diagnostic("unknown-parameter", message));
                }
            }
        }
    }

    fn load_tenancies(&mut self, tenant: &Arc<Tenant>, blueprint: TenantBlueprint<'_>) {
        for name in &tenant.environments {
            if let Some(environment) = self.platform.environments.get(name).cloned()
                && let Some(tenancy) = self.load_tenancy(tenant, environment, blueprint)
            {
                self.platform.tenancies.insert((name.clone(), tenant.name.clone()), Arc::new(tenancy));
            }
        }
    }

    fn load_tenancy(
        &mut self,
        tenant: &Arc<Tenant>,
        environment: Arc<Environment>,
        blueprint: TenantBlueprint<'_>,
    ) -> Option<Tenancy> {
        let mut node = tenant.node.as_ref().clone();
        let mut overrides = node.take("environments");
        for name in &environment.lineage {
            if let Some(overrides) = overrides.as_mut().and_then(|overrides| overrides.take(name.as_str())) {
                let origin = node.origin.clone();
                node.merge(&overrides);
                node.origin = origin;
                node.key = None;
            }
        }
        let (file, errors) = node.read_leniently::<TenantFile>(&format!("tenant `{}`", tenant.name));
        // The file has already been read, so only errors that result from merging are new.
        self.add_new(errors);
        let file = file?;
        self.add_new(file.limits.check(&node));
        self.add_new(meaningless(&node));
        self.add_new(patch::check(&file.patches, &node));
        let tables: Vec<NamespaceTable> =
            file.namespaces.into_iter().map(NamespaceField::into_parts).collect();
        let first_existing = tables.first().filter(|_| tables.iter().all(NamespaceTable::is_existing));
        let existing = first_existing.map(|table| table.name.clone());
        let first = file.namespace.or(existing).unwrap_or_else(|| tenant.name.clone());
        let mut namespaces = Vec::new();
        let mut namespace_settings = BTreeMap::new();
        let mut tables: Vec<NamespaceTable> =
            std::iter::once(NamespaceField::Name(first).into_parts()).chain(tables).collect();
        // An existing namespace keeps its name, without the suffix.
        let kept: Vec<Name> =
            tables.iter().filter(|table| table.is_existing()).map(|table| table.name.clone()).collect();
        for table in tables.iter_mut().filter(|table| !kept.contains(&table.name)) {
            table.name = self.suffixed(table.name.clone(), &environment, &node);
        }
        let platform = &self.platform;
        let pod_security = file.pod_security.or(environment.pod_security).or(platform.pod_security);
        for table in tables {
            if !namespaces.contains(&table.name) {
                namespaces.push(table.name.clone());
            }
            // The list may contain the first namespace too, to set its properties.
            let settings: &mut NamespaceSettings = namespace_settings.entry(table.name.clone()).or_default();
            settings.existing |= table.is_existing();
            settings.pod_security = table.pod_security.or(pod_security).unwrap_or_default();
            for layer in [&platform.labels, &environment.labels, &file.labels, &table.labels] {
                settings.labels.extend(layer.iter().map(|(key, value)| (key.clone(), value.clone())));
            }
            for layer in
                [&platform.annotations, &environment.annotations, &file.annotations, &table.annotations]
            {
                settings.annotations.extend(layer.iter().map(|(key, value)| (key.clone(), value.clone())));
            }
        }
        let level = environment.isolation.or(platform.isolation).unwrap_or_default();
        let mut parameters = match blueprint {
            TenantBlueprint::Known(blueprint) => self.parameters(&tenant.name, &node, blueprint),
            _ => BTreeMap::new(),
        };
        let scope = Scope {
            platform: self.platform.name.as_str(),
            environment: &environment,
            tenant: tenant.name.as_str(),
            namespace: namespaces.first().map(Name::as_str).unwrap_or_default(),
            component: "",
            parameters: &BTreeMap::new(),
        };
        let of_tenant = Scope { component: "tenant", ..scope };
        let tables = [self.platform.node.as_ref(), environment.node.as_ref(), &node];
        let delivery = delivery::of_tables(tables, &of_tenant, &mut self.diagnostics);
        for parameter in parameters.values_mut() {
            fill(Arc::make_mut(parameter), &scope, &mut self.diagnostics);
        }
        Some(Tenancy {
            tenant: tenant.clone(),
            environment,
            namespaces,
            namespace_settings,
            quota: file.quota,
            limits: file.limits,
            delivery,
            isolation: file.isolation.into_isolation(level),
            patches: file.patches,
            allow: file.allow,
            parameters,
            defaults: node.get("defaults").map(Node::shared_tables).unwrap_or_default(),
            node: Arc::new(node),
        })
    }
}

/// Reports settings for existing namespaces, which have no effect because nothing is rendered for them.
fn meaningless(tenant: &Node) -> Vec<Diagnostic> {
    let mut found = Vec::new();
    for table in tenant.get("namespaces").and_then(Node::as_list).unwrap_or_default() {
        if table.get("existing").and_then(Node::as_bool) != Some(true) {
            continue;
        }
        for (key, node) in ["labels", "annotations"].iter().filter_map(|key| Some((key, table.get(key)?))) {
            let name = table.get("name").and_then(Node::as_str).unwrap_or_default();
            let message =
                format!("`{key}` of namespace `{name}` have no effect: the namespace is not managed here");
            let diagnostic = node.key_diagnostic("excluded-key", message);
            found.push(diagnostic.hint("remove `existing = true` to render the namespace with its settings"));
        }
    }
    found
}
