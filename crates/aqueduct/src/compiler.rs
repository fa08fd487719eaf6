//! Files in, rendered environments out: the whole compiler, without side effects.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use aqueduct_check::{Facts, Owner, Report, check};
use aqueduct_manifest::{Diagnostic, Files, Object, Place, Severity, Span, Value, yaml};
use aqueduct_model::types::{Date, KubernetesVersion, Name, Subdomain};
use aqueduct_model::{
    CheckLevel, Environment, Instance, Node, NodePool, Peer, Platform, Selection, Tenancy, plaintext,
    resolve, tenancies,
};
use aqueduct_render::argocd::ROOT;
use aqueduct_render::{
    Definitions, Inputs, Outline, Registry, RenderedComponent, RenderedObjects, Route, TENANCY, render,
};
use aqueduct_tree::{OutputScope, Tree, file_names};
use rayon::prelude::*;

use crate::baseline::{self, Baseline};
use crate::provenance::Provenance;
use crate::server;
use crate::shared::SharedClusters;
use crate::terraform::{VARIABLES_FILE, variables};

/// The files and folders of a platform that are always read; see [`read_sources`](crate::read_sources).
pub const SOURCES: &[&str] = &[
    "platform.toml",
    "aqueduct.lock",
    baseline::FILE,
    "tenants",
    "blueprints",
    "charts",
    "kustomizations",
    "vendor",
];

/// The result of compiling a platform.
#[derive(Debug)]
pub struct Compilation {
    /// The output folder, relative to the platform's folder.
    pub output: String,
    /// The rendered files; incomplete if any diagnostic is an error.
    pub tree: Tree,
    /// The components that were rendered.
    pub components: Vec<Outline>,
    /// The errors and warnings.
    pub diagnostics: Vec<Diagnostic>,
}

impl Compilation {
    /// Returns the compilation of a platform before anything is rendered.
    pub fn new(compiler: &Compiler<'_>) -> Self {
        Self {
            output: compiler.output().to_owned(),
            tree: Tree::of(compiler.scopes()),
            components: Vec::new(),
            diagnostics: Vec::new(),
        }
    }

    /// Adds an environment.
    pub fn add(&mut self, environment: RenderedEnvironment) {
        self.components.extend_from_slice(environment.outlines());
        let files = environment.into_files().into_par_iter();
        let files: Vec<_> =
            files.map(|file| (file.environment, file.path, file.content.into_bytes())).collect();
        let insert = |(environment, path, bytes): (Name, String, Vec<u8>)| {
            self.tree.insert(environment.as_str(), path, bytes)
        };
        let refused = files.into_iter().try_for_each(insert).err();
        self.diagnostics.extend(refused.map(|error| Diagnostic::error("output-path", error.to_string())));
    }

    /// Tells whether any error prevents the tree from being written.
    pub fn has_errors(&self) -> bool {
        self.diagnostics.iter().any(Diagnostic::is_error)
    }
}

/// A loaded platform, with the instances of the selected environments.
#[derive(Debug)]
pub struct Loaded {
    /// The platform.
    pub platform: Platform,
    /// All instances of the selected environments, of all tenants, since tenants refer to one another.
    pub instances: Vec<Instance>,
    /// The errors and warnings.
    pub diagnostics: Vec<Diagnostic>,
    pub(crate) baseline: Baseline,
}

/// An exception for a rule in the source.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Allowed {
    pub(crate) place: Place,
    pub(crate) rule: String,
    pub(crate) reason: String,
    pub(crate) until: Option<String>,
}

impl Loaded {
    /// Returns the exceptions of tenants and components, each place once.
    pub(crate) fn allowed(&self) -> BTreeSet<Allowed> {
        let of_tenants = tenancies(&self.platform, &Selection::default());
        let nodes = of_tenants.iter().map(|tenancy| tenancy.node.as_ref());
        let nodes = nodes.chain(self.instances.iter().map(|instance| &instance.common));
        let all = nodes.filter_map(|node| node.get("allow")?.as_list()).flatten();
        all.map(|node| {
            let text = |key| node.get(key).and_then(Node::as_str).map(str::to_owned);
            Allowed {
                place: node.origin.place.clone(),
                rule: text("rule").unwrap_or_default(),
                reason: text("reason").unwrap_or_default(),
                until: text("until"),
            }
        })
        .collect()
    }

    /// Drops the exceptions that have expired on a day, and warns about them.
    pub(crate) fn end_allowances(&mut self, day: &Date) {
        for Allowed { place, rule, until, .. } in self.allowed() {
            let ended = until.and_then(|until| until.parse().ok()).filter(|until: &Date| until < day);
            if let Some(until) = ended {
                let message = format!("the exception for `{rule}` expired on {until}");
                self.diagnostics.push(
                    Diagnostic::warning("allowance", message)
                        .label(place, "")
                        .hint("fix the findings and remove the exception, or set a later date"),
                );
            }
        }
        self.platform.end_allowances(day);
        for instance in &mut self.instances {
            instance.allow.retain(|allowance| allowance.holds_on(day));
            if !instance.tenancy.allow.iter().all(|allowance| allowance.holds_on(day)) {
                let tenancy = Arc::make_mut(&mut instance.tenancy);
                tenancy.allow.retain(|allowance| allowance.holds_on(day));
            }
        }
    }

    /// Returns only some of the tenants, with all diagnostics.
    pub(crate) fn of(&self, tenants: &BTreeSet<Name>) -> Self {
        let mut platform = self.platform.clone();
        platform.keep(tenants);
        let is_kept = |instance: &&Instance| tenants.contains(&instance.tenancy.tenant.name);
        let instances = self.instances.iter().filter(is_kept).cloned().collect();
        Self { platform, instances, diagnostics: self.diagnostics.clone(), baseline: self.baseline.clone() }
    }

    /// Sets the minor version of Kubernetes 1 of every environment.
    pub(crate) fn upgrade(&mut self, minor: u32) {
        for environment in self.platform.environments.values_mut() {
            Arc::make_mut(environment).kubernetes = KubernetesVersion { major: 1, minor, patch: None };
        }
        for instance in &mut self.instances {
            if let Some(environment) = self.platform.environments.get(&instance.environment.name) {
                instance.environment = Arc::clone(environment);
            }
        }
    }
}

/// Reads and resolves a platform.
pub fn load(files: &Files, registry: &Registry, selection: &Selection) -> Loaded {
    let loaded = aqueduct_model::load(files);
    let environments = Selection { environments: selection.environments.clone(), tenants: Vec::new() };
    let resolved = resolve(&loaded.platform, &registry.names(), &environments);
    let mut diagnostics = loaded.diagnostics;
    diagnostics.extend(resolved.diagnostics);
    diagnostics.extend(resolved.fragments.iter().flat_map(|fragment| registry.check(fragment)));
    for tenant in &selection.tenants {
        if !loaded.platform.tenants.contains_key(tenant) {
            let names = loaded.platform.tenants.keys().map(Name::as_str);
            diagnostics.push(
                Diagnostic::error("unknown-tenant", format!("there is no such tenant: `{tenant}`"))
                    .did_you_mean(tenant.as_str(), names),
            );
        }
    }
    let baseline = Baseline::of(files).unwrap_or_else(|refused| {
        diagnostics.push(refused);
        Baseline::default()
    });
    for name in loaded.platform.checks.keys() {
        let place = loaded.platform.node.find(&["checks", name]).unwrap_or(&loaded.platform.node);
        diagnostics
            .extend(unknown_rule(name).map(|found| found.at(place.origin.place.file.clone(), place.key, "")));
    }
    let of_instances = resolved.instances.iter().map(|instance| &instance.common);
    let of_tenants = loaded.platform.tenants.values().map(|tenant| tenant.node.as_ref());
    let allowed = of_tenants.chain(of_instances).filter_map(|node| node.get("allow")?.as_list()).flatten();
    for rule in allowed.filter_map(|allowance| allowance.get("rule")) {
        diagnostics.extend(rule.as_str().and_then(unknown_rule).map(|found| rule.label(found, "")));
    }
    let folder = loaded.platform.output.as_str().split('/').next().unwrap_or_default();
    if SOURCES.contains(&folder) || folder == ".git" {
        let place = loaded.platform.node.get("output").unwrap_or(&loaded.platform.node);
        let message = format!("`output` cannot be in `{folder}`: choose a separate folder");
        diagnostics.push(place.diagnostic("output-path", message));
    }
    // The fields of components are checked when each is rendered.
    let platform = loaded.platform;
    let files = platform.tenants.values().map(|tenant| &tenant.node).chain([&platform.node]);
    let parameters = platform.blueprints.values().flat_map(|blueprint| &blueprint.parameters);
    let defaults =
        parameters.filter_map(|(name, parameter)| Some((name.as_str(), parameter.default.as_ref()?)));
    let secrets = files.map(|node| ("", node)).chain(defaults).flat_map(|(name, node)| plaintext(name, node));
    diagnostics.extend(secrets.filter_map(|found| weighed(found, &platform)));
    Loaded { platform, instances: resolved.instances, diagnostics, baseline }
}

/// Returns the names of all rules whose level a platform can set.
pub(crate) fn known_rules() -> impl Iterator<Item = &'static str> {
    aqueduct_check::ALL.iter().map(|rule| rule.name).chain(server::SERVER_RULES.iter().map(|rule| rule.name))
}

/// Compiles the selected part of a platform into a tree in memory.
pub fn compile(files: &Files, registry: &Registry, selection: &Selection) -> Compilation {
    let mut compiler = Compiler::new(files, registry, selection);
    let mut compilation = Compilation::new(&compiler);
    while let Some(environment) = compiler.render() {
        compilation.add(environment);
    }
    compilation.diagnostics.extend(compiler.finish());
    compilation
}

/// A loaded platform that renders its environments one after the other.
///
/// Each environment is rendered and checked on request, and its instances are freed with it, so that memory is never
/// needed for a large platform as a whole:
///
/// ```
/// use aqueduct::{Compiler, Files, Selection, stock};
///
/// let files: Files = [
///     ("platform.toml", "name = 'acme'\nrepository = 'https://example.com/acme'\n[environments.dev]\ndomain = 'acme.example'"),
///     ("tenants/shop/tenant.toml", ""),
/// ]
/// .map(|(path, text)| (path, text.as_bytes().to_vec()))
/// .into_iter()
/// .collect();
/// let registry = stock();
/// let selection = Selection::default();
/// let mut compiler = Compiler::new(&files, &registry, &selection);
/// let mut paths = Vec::new();
/// while let Some(environment) = compiler.render() {
///     paths.extend(environment.into_files().into_iter().map(|file| file.path));
/// }
/// assert!(compiler.finish().is_empty());
/// assert!(paths.contains(&"shop/tenant/namespace-shop.yaml".to_owned()));
/// ```
pub struct Compiler<'a> {
    files: &'a Files,
    registry: &'a Registry,
    selection: &'a Selection,
    inputs: Inputs<'a>,
    platform: Platform,
    /// The instances of the environments that are not rendered yet.
    instances: Vec<Instance>,
    /// The environments that are not rendered yet, the next one at the end.
    waiting: Vec<Arc<Environment>>,
    diagnostics: Vec<Diagnostic>,
    report: Report,
    /// The objects in clusters that several environments share.
    clusters: SharedClusters,
    /// The environments that could not be checked.
    unchecked: Vec<Name>,
    baseline: Baseline,
    is_checking: bool,
}

impl<'a> Compiler<'a> {
    /// Reads and resolves a platform. [`finish`](Self::finish) returns the diagnostics at the end.
    pub fn new(files: &'a Files, registry: &'a Registry, selection: &'a Selection) -> Self {
        Self::of(load(files, registry, selection), files, registry, selection)
    }

    /// Returns a compiler of a loaded platform.
    pub(crate) fn of(
        loaded: Loaded,
        files: &'a Files,
        registry: &'a Registry,
        selection: &'a Selection,
    ) -> Self {
        let Loaded { platform, mut instances, mut diagnostics, baseline } = loaded;
        diagnostics.retain(|found| !baseline.holds(found));
        let mut inputs = Inputs::new(files);
        let broken = diagnostics.iter().filter(|diagnostic| diagnostic.is_error());
        inputs.broken =
            broken.flat_map(|diagnostic| &diagnostic.labels).map(|label| label.place.file.clone()).collect();
        instances.sort_by(|left, right| key(left).cmp(&key(right)));
        let waiting = platform.environments.values().filter(|one| selection.has_environment(&one.name));
        let waiting = waiting.rev().cloned().collect();
        let (report, unchecked) = (Report::default(), Vec::new());
        Self {
            files,
            registry,
            selection,
            inputs,
            platform,
            instances,
            waiting,
            diagnostics,
            report,
            clusters: SharedClusters::default(),
            unchecked,
            baseline,
            is_checking: true,
        }
    }

    /// Turns off the checks.
    #[must_use]
    pub(crate) fn without_checks(self) -> Self {
        Self { is_checking: false, ..self }
    }

    /// Returns the platform.
    pub fn platform(&self) -> &Platform {
        &self.platform
    }

    /// Returns the folder of the output, below the platform's.
    pub fn output(&self) -> &str {
        self.platform.output.as_str()
    }

    /// Returns the part of the output that the selection covers.
    pub fn scopes(&self) -> Vec<OutputScope> {
        scopes(&self.platform, self.selection)
    }

    /// Returns the name of the next environment.
    pub fn upcoming(&self) -> Option<&Name> {
        self.waiting.last().map(|environment| &environment.name)
    }

    /// Tells whether any error has been found so far.
    pub fn has_errors(&self) -> bool {
        self.diagnostics.iter().any(Diagnostic::is_error)
    }

    /// Renders and checks the next environment.
    pub fn render(&mut self) -> Option<RenderedEnvironment> {
        let environment = self.waiting.pop()?;
        let all = tenancies_of(&self.platform, &environment);
        let borrowed: Vec<&Tenancy> = all.iter().map(AsRef::as_ref).collect();
        // Frees memory before the next environment is rendered.
        let end = self.instances.partition_point(|instance| instance.environment.name <= environment.name);
        let later = self.instances.split_off(end);
        let mine = std::mem::replace(&mut self.instances, later);
        let (files, registry, inputs, platform) = (self.files, self.registry, &self.inputs, &self.platform);
        let selected = |tenant: &Name| self.selection.has_tenant(tenant);
        let mut rendered = render(platform, &environment, &borrowed, &mine, registry, inputs, &selected);
        let found = std::mem::take(&mut rendered.diagnostics);
        let found = found.into_iter().filter_map(|found| weighed(found, platform));
        self.diagnostics.extend(found.filter(|found| !self.baseline.holds(found)));
        self.diagnostics.extend(self.clusters.add(platform, &environment, &rendered.components));
        let is_whole = borrowed.iter().all(|tenancy| selected(&tenancy.tenant.name));
        let rendered = RenderedEnvironment {
            paths: rendered.components.par_iter().map(paths_of).collect(),
            is_selected: rendered
                .components
                .iter()
                .map(|component| is_whole || is_selected(component, self.selection))
                .collect(),
            // The file for Terraform is in a folder that no Application reads.
            variables: variables(&environment).filter(|_| self.selection.tenants.is_empty()),
            definitions: inputs.definitions_of(&environment),
            environment,
            rendered,
        };
        // If errors leave objects out, the environment cannot be checked: the checks would blame the objects that
        // refer to them.
        if rendered.rendered.incomplete {
            self.unchecked.push(rendered.environment.name.clone());
        } else if self.is_checking && !self.diagnostics.iter().any(Diagnostic::is_error) {
            let facts = facts(platform, &borrowed, &rendered);
            let mut found = Report::default();
            let minor = rendered.environment.kubernetes.minor;
            let check = || check(&facts, aqueduct_check::ALL, &mut found);
            let ((), answers) = rayon::join(check, || server::ask(&facts, minor));
            server::add(facts.name, answers, &mut found);
            found.allow(&|rule, tenant, component| {
                let of_tenant = |tenancy: &&&Tenancy| tenancy.tenant.name.as_str() == tenant;
                let tenancy = borrowed.iter().find(of_tenant).map_or(&[][..], |tenancy| &tenancy.allow);
                let instance = mine.iter().find(|instance| {
                    instance.tenancy.tenant.name.as_str() == tenant
                        && instance.component.as_str() == component
                });
                tenancy.iter().any(|allowance| allowance.rule == rule)
                    || instance.is_some_and(|instance| instance.allows(rule))
            });
            found.retain(&|tenant: &str, component: &str| {
                let owner = if tenant == ROOT { component } else { tenant };
                let chosen = &self.selection.tenants;
                chosen.is_empty() || chosen.iter().any(|name| name.as_str() == owner)
            });
            let provenance = Provenance::new(
                (files, registry, inputs),
                (platform, &rendered.environment),
                &mine,
                (&rendered.rendered.components, &rendered.paths),
            );
            found.trace(|rule, subject| {
                if platform.checks.get(rule) != Some(&CheckLevel::Allow) {
                    provenance.point(subject);
                }
            });
            self.report.extend(found);
        }
        Some(rendered)
    }

    /// Returns an environment as the checks see it; `None` if errors prevented the checks.
    pub(crate) fn facts<'b>(&'b self, rendered: &'b RenderedEnvironment) -> Option<Facts<'b>> {
        if self.has_errors() || rendered.rendered.incomplete {
            return None;
        }
        let all = tenancies_of(&self.platform, &rendered.environment);
        let borrowed: Vec<&Tenancy> = all.iter().map(AsRef::as_ref).collect();
        Some(facts(&self.platform, &borrowed, rendered))
    }

    /// Returns all diagnostics in the order of the files. Those that several environments share are merged.
    pub fn finish(self) -> Vec<Diagnostic> {
        let Self {
            files,
            platform,
            mut diagnostics,
            report,
            unchecked,
            baseline,
            selection,
            is_checking,
            ..
        } = self;
        let is_whole = selection.environments.is_empty() && selection.tenants.is_empty();
        let is_checked = is_checking && unchecked.is_empty() && !diagnostics.iter().any(Diagnostic::is_error);
        if !unchecked.is_empty() {
            let names: Vec<String> = unchecked.iter().map(|name| format!("`{name}`")).collect();
            let message =
                format!("the checks did not run in {}: other tenants have errors", names.join(", "));
            diagnostics
                .push(Diagnostic::warning("not-checked", message).hint("run without `--tenant` to see them"));
        }
        let found = report.into_diagnostics();
        let found = found.into_iter().filter_map(|found| weighed(found, &platform));
        diagnostics.extend(found.filter(|found| !baseline.holds(found)));
        if is_whole && is_checked {
            diagnostics.extend(baseline.gone());
        }
        diagnostics.iter_mut().for_each(|diagnostic| point(diagnostic, files));
        diagnostics.sort_by(|left, right| {
            let place = |diagnostic: &Diagnostic| diagnostic.labels.first().map(|label| label.place.clone());
            (place(left), left).cmp(&(place(right), right))
        });
        diagnostics.dedup_by(|later, earlier| same_mistake(later, earlier));
        diagnostics
    }
}

/// The rendered objects of one environment.
pub struct RenderedEnvironment {
    environment: Arc<Environment>,
    rendered: RenderedObjects,
    /// The paths of the objects of each component.
    paths: Vec<Vec<String>>,
    /// Whether each component is in the selection.
    is_selected: Vec<bool>,
    /// The variables for Terraform.
    variables: Option<String>,
    /// The definitions of custom resources in this environment.
    definitions: Arc<Definitions>,
}

impl RenderedEnvironment {
    /// Returns the environment.
    pub fn environment(&self) -> &Environment {
        &self.environment
    }

    /// Returns a summary of each rendered component, without its objects.
    pub fn outlines(&self) -> &[Outline] {
        &self.rendered.outlines
    }

    /// Returns the files of the selected tenants.
    pub fn into_files(self) -> Vec<RenderedFile> {
        let Self { environment, rendered, paths, is_selected, variables, .. } = self;
        let file = |path, content| RenderedFile { environment: environment.name.clone(), path, content };
        let components = rendered.components.into_iter().zip(paths).zip(is_selected);
        let mut files: Vec<RenderedFile> = components
            .filter(|(_, is_selected)| *is_selected)
            .flat_map(|((component, paths), _)| paths.into_iter().zip(component.objects))
            .map(|(path, object)| file(path, FileContent::Object(object)))
            .collect();
        files.extend(variables.map(|text| file(VARIABLES_FILE.to_owned(), FileContent::Text(text))));
        files
    }
}

/// A file of the output.
pub struct RenderedFile {
    /// The environment.
    pub environment: Name,
    /// The path in the environment's folder.
    pub path: String,
    /// Its content.
    pub content: FileContent,
}

/// The content of a rendered file.
pub enum FileContent {
    /// One object, to be written as YAML.
    Object(Object),
    /// Anything else.
    Text(String),
}

impl FileContent {
    /// Returns the bytes of the file.
    pub fn into_bytes(self) -> Vec<u8> {
        match self {
            Self::Object(object) => yaml::write(&Value::Map(object.map)),
            Self::Text(text) => text,
        }
        .into_bytes()
    }
}

/// Returns the tenants of an environment.
fn tenancies_of(platform: &Platform, environment: &Environment) -> Vec<Arc<Tenancy>> {
    tenancies(platform, &Selection { environments: vec![environment.name.clone()], tenants: Vec::new() })
}

/// Tells whether two neighbouring diagnostics report the same mistake at the same place, and if so, lists the
/// environments of both in the earlier one.
fn same_mistake(later: &Diagnostic, earlier: &mut Diagnostic) -> bool {
    if later == earlier {
        return true;
    }
    let (Some(one), Some(other)) = (earlier.labels.first(), later.labels.first()) else { return false };
    let (text, more) = (one.text.clone(), other.text.clone());
    let mut merged = earlier.clone();
    merged.labels[0].text.clone_from(&more);
    let Some(environment) = more.strip_prefix("in ") else { return false };
    if merged != *later || !text.starts_with("in ") {
        return false;
    }
    earlier.labels[0].text = format!("{text}, {environment}");
    true
}

fn key(instance: &Instance) -> (&Name, &Name, &Name) {
    (&instance.environment.name, &instance.tenancy.tenant.name, &instance.component)
}

/// Returns the path of each object of a component.
pub(crate) fn paths_of(component: &RenderedComponent) -> Vec<String> {
    let folder = component.folder();
    file_names(&component.objects).into_iter().map(|name| format!("{folder}/{name}")).collect()
}

/// Tells whether a selection of tenants contains a component, or the tenant that it delivers.
fn is_selected(component: &RenderedComponent, selection: &Selection) -> bool {
    let is_delivery = component.tenant == ROOT && component.file == "platform.toml";
    let owner = if is_delivery { component.component.as_deref() } else { Some(component.tenant.as_str()) };
    selection.tenants.iter().any(|name| Some(name.as_str()) == owner)
}

/// Returns the namespaces, other than Argo CD's own, that contain Applications, if Argo CD runs in a different
/// cluster than the environment and that cluster has these namespaces.
fn namespaces_of_applications(
    platform: &Platform,
    environment: &Environment,
    delivered: &[&Tenancy],
) -> BTreeSet<String> {
    if environment.cluster.is_local() {
        return BTreeSet::new();
    }
    let is_there =
        |other: &Environment| other.cluster.is_local() && other.deliverer() == environment.deliverer();
    let there: BTreeSet<Name> = tenancies(platform, &Selection::default())
        .iter()
        .filter(|tenancy| is_there(&tenancy.environment))
        .flat_map(|tenancy| tenancy.namespaces.clone())
        .collect();
    let named = delivered.iter().filter_map(|tenancy| tenancy.delivery.namespace.as_ref());
    named.filter(|namespace| there.contains(*namespace)).map(ToString::to_string).collect()
}

/// Returns the objects of one environment and the facts around them, as the checks see them.
fn facts<'a>(platform: &Platform, tenancies: &[&Tenancy], rendered: &'a RenderedEnvironment) -> Facts<'a> {
    let RenderedEnvironment { environment, rendered, paths, definitions, .. } = rendered;
    let entries = rendered
        .components
        .par_iter()
        .zip(paths)
        .flat_map_iter(|(component, paths)| {
            component.objects.iter().zip(paths).map(move |(object, path)| {
                let name = component.component.as_deref().unwrap_or(&component.tenant);
                aqueduct_check::Entry::new(&component.tenant, name, path, object)
            })
        })
        .collect();
    let texts = |names: &BTreeSet<Subdomain>| names.iter().map(ToString::to_string).collect();
    let text = |name: &Option<Subdomain>| name.iter().map(ToString::to_string).collect();
    let mut tenants: BTreeMap<String, Owner> =
        tenancies.iter().map(|tenancy| (tenancy.tenant.name.to_string(), tenant(tenancy))).collect();
    let existing = tenancies.iter().flat_map(|tenancy| {
        let namespaces = tenancy.namespaces.iter().map(ToString::to_string);
        namespaces.filter(|namespace| tenancy.is_existing(namespace))
    });
    // The objects that deliver the tree are in Argo CD's namespace.
    let root = Owner { system: true, ..Owner::default() };
    tenants.insert(ROOT.to_owned(), root);
    let outside =
        ["default", "kube-node-lease", "kube-public", "kube-system", platform.argocd.namespace.as_str()];
    let of_applications = namespaces_of_applications(platform, environment, tenancies);
    Facts {
        name: environment.name.as_str(),
        cluster: aqueduct_check::ClusterFacts {
            kubernetes: environment.kubernetes.to_string(),
            apis: environment
                .apis
                .iter()
                .map(ToString::to_string)
                .chain(["argoproj.io/v1alpha1".to_owned()])
                // A bare version would cover the kinds of other definitions too.
                .chain(definitions.apis.iter().filter(|api| api.matches('/').count() == 2).cloned())
                .collect(),
            api_groups: environment.api_groups.keys().map(ToString::to_string).collect(),
            namespaces: outside
                .into_iter()
                .map(str::to_owned)
                .chain(existing)
                .chain(of_applications)
                .collect(),
            storage_classes: texts(&environment.storage_classes),
            ingress_classes: text(&environment.ingress_class),
            priority_classes: BTreeSet::new(),
            cluster_issuers: text(&environment.cluster_issuer),
            secret_stores: text(&environment.secret_store),
            node_pools: environment
                .node_pools
                .iter()
                .map(|(name, pool)| aqueduct_check::PoolFacts {
                    name: name.to_string(),
                    count: pool.count,
                    cpu_millis: pool.cpu.millicores(),
                    memory_bytes: pool.memory.bytes(),
                    labels: environment.pool_selector(name).into_iter().chain(stated(pool)).collect(),
                })
                .collect(),
        },
        tenants,
        entries,
        waves: rendered
            .outlines
            .iter()
            .map(|outline| ((outline.tenant.as_str(), outline.component.as_str()), outline.wave))
            .collect(),
        cycles: rendered.cycles.iter().map(|(members, place)| (names(members), place)).collect(),
        links: rendered.routes.iter().map(link).collect(),
        tenancy: TENANCY,
        patched: rendered
            .patched
            .iter()
            .map(|((namespace, name), place)| ((namespace.as_str(), name.as_str()), place))
            .collect(),
        definitions: &definitions.objects,
    }
}

/// Returns the labels that a node pool sets on its nodes.
fn stated(pool: &NodePool) -> impl Iterator<Item = (String, String)> {
    pool.labels.iter().map(|(key, value)| (key.to_string(), value.to_string()))
}

/// Returns a tenant as the checks see it.
fn tenant(tenancy: &Tenancy) -> Owner {
    let peers = |peers: &[Peer]| match peers.contains(&Peer::Any) {
        true => aqueduct_check::Peers::Any,
        false => aqueduct_check::Peers::Only(peers.iter().map(ToString::to_string).collect()),
    };
    let closed = tenancy.namespaces.iter().filter(|namespace| tenancy.has_policies(namespace.as_str()));
    Owner {
        namespaces: tenancy.namespaces.iter().map(ToString::to_string).collect(),
        system: tenancy.tenant.system,
        closed: closed.map(ToString::to_string).collect(),
        allow_from: peers(&tenancy.isolation.allow_from),
        allow_to: peers(&tenancy.isolation.allow_to),
    }
}

fn names(members: &[(String, String)]) -> Vec<(&str, &str)> {
    members.iter().map(|(tenant, component)| (tenant.as_str(), component.as_str())).collect()
}

/// Returns a link as the checks see it.
fn link(route: &Route) -> aqueduct_check::LinkFacts<'_> {
    let service = route.host.as_deref().and_then(|host| {
        let (service, rest) = host.split_once('.')?;
        let (namespace, rest) = rest.split_once('.')?;
        (rest == "svc" || rest.starts_with("svc.")).then_some((namespace, service))
    });
    aqueduct_check::LinkFacts {
        from: (&route.from.0, &route.from.1),
        to: (&route.to.0, &route.to.1),
        target: &route.target,
        place: &route.place,
        endpoint: &route.endpoint,
        service,
        port: route.port,
        namespace: &route.pods.namespace,
        labels: &route.pods.labels,
        pod_port: route.pods.port,
    }
}

/// Returns an error for the name of a rule that does not exist.
fn unknown_rule(name: &str) -> Option<Diagnostic> {
    let unknown = !known_rules().any(|known| known == name);
    unknown.then(|| {
        Diagnostic::error("unknown-rule", format!("there is no such rule: `{name}`"))
            .did_you_mean(name, known_rules())
    })
}

/// Gives a finding the level that the platform sets for its rule; `None` if the platform allows the rule.
pub(crate) fn weighed(mut finding: Diagnostic, platform: &Platform) -> Option<Diagnostic> {
    match platform.checks.get(finding.code) {
        Some(CheckLevel::Allow) => return None,
        Some(CheckLevel::Warn) => finding.severity = Severity::Warning,
        Some(CheckLevel::Deny) => finding.severity = Severity::Error,
        None => {}
    }
    Some(finding)
}

/// Points a finding about a whole source file to its start.
fn point(finding: &mut Diagnostic, files: &Files) {
    let places = finding.labels.iter_mut().map(|label| &mut label.place);
    for place in places.filter(|place| place.span.is_none()) {
        let has_lines = files.text(&place.file).is_some_and(|text| !text.is_empty());
        place.span = has_lines.then_some(Span::default());
    }
}

/// Returns the parts of the output that a selection covers.
fn scopes(platform: &Platform, selection: &Selection) -> Vec<OutputScope> {
    if selection.environments.is_empty() && selection.tenants.is_empty() {
        return vec![OutputScope::Everything];
    }
    let environments = platform.environments.keys().filter(|name| selection.has_environment(name));
    if selection.tenants.is_empty() {
        return environments.map(|name| OutputScope::Environment(name.to_string())).collect();
    }
    let mut scopes = Vec::new();
    for environment in environments {
        for tenant in &selection.tenants {
            for folder in [tenant.to_string(), format!("{}/{tenant}", aqueduct_render::argocd::ROOT)] {
                scopes.push(OutputScope::Folder { environment: environment.to_string(), folder });
            }
        }
    }
    scopes
}
