//! Files in, tree out: the whole compiler as one pure function.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use aqueduct_check::{Report, check_environment};
use aqueduct_manifest::{Diagnostic, Files, Object, Place, Severity, Span};
use aqueduct_model::types::{Name, Subdomain};
use aqueduct_model::{
    CheckLevel, Environment, Instance, Node, Platform, Selection, Table, Tenancy, plaintext, resolve,
    tenancies,
};
use aqueduct_render::argocd::ROOT;
use aqueduct_render::{Inputs, Outline, Registry, Rendered, RenderedComponent, render};
use aqueduct_tree::{Scope, Tree, file_names};
use rayon::prelude::*;

use crate::sink::{Content, Sink};
use crate::terraform::{VARIABLES_FILE, variables};

/// The files and folders of a platform that are read in any case; see [`read_sources`](crate::read_sources).
pub const SOURCES: &[&str] =
    &["platform.toml", "aqueduct.lock", "tenants", "blueprints", "charts", "kustomizations", "vendor"];

/// What a platform compiles to.
#[derive(Debug)]
pub struct Compilation<T = Tree> {
    /// The folder of the output, below the platform's.
    pub output: String,
    /// The rendered files; only complete where no diagnostic is an error.
    pub tree: T,
    /// The components that were rendered.
    pub components: Vec<Outline>,
    /// What is wrong.
    pub diagnostics: Vec<Diagnostic>,
}

impl<T> Compilation<T> {
    /// Tells whether anything stops the tree from being written.
    pub fn has_errors(&self) -> bool {
        self.diagnostics.iter().any(Diagnostic::is_error)
    }
}

/// A platform that was read, and the instances of the selected environments.
#[derive(Debug)]
pub struct Loaded {
    /// The platform.
    pub platform: Platform,
    /// All instances of the selected environments; tenants are not selected yet, since they refer to one
    /// another.
    pub instances: Vec<Instance>,
    /// What is wrong.
    pub diagnostics: Vec<Diagnostic>,
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
        let message = format!("the output cannot lie in `{folder}`, which is not the compiler's to write");
        diagnostics.push(place.diagnostic("output-path", message));
    }
    // What components say is looked at where each of them is rendered.
    let platform = loaded.platform;
    let files = platform.tenants.values().map(|tenant| &tenant.node).chain([&platform.node]);
    let parameters = platform.blueprints.values().flat_map(|blueprint| &blueprint.parameters);
    let defaults =
        parameters.filter_map(|(name, parameter)| Some((name.as_str(), parameter.default.as_ref()?)));
    let secrets = files.map(|node| ("", node)).chain(defaults).flat_map(|(name, node)| plaintext(name, node));
    diagnostics.extend(secrets.filter_map(|found| weighed(found, &platform)));
    Loaded { platform, instances: resolved.instances, diagnostics }
}

/// Returns what there is to say of the name of a rule that does not exist.
fn unknown_rule(name: &str) -> Option<Diagnostic> {
    let names = || aqueduct_check::ALL.iter().map(|rule| rule.name);
    let unknown = !names().any(|known| known == name);
    unknown.then(|| {
        Diagnostic::error("unknown-rule", format!("there is no such rule: `{name}`"))
            .did_you_mean(name, names())
    })
}

/// Compiles the selected part of a platform.
///
/// `progress` is told each environment before it is rendered.
pub fn compile(
    files: &Files,
    registry: &Registry,
    selection: &Selection,
    progress: &dyn Fn(&str),
) -> Compilation {
    let begin = |_: &str, scopes| Ok(Tree::of(scopes));
    let compiled = compile_into(files, registry, selection, progress, &mut |_| {}, begin);
    match compiled {
        Ok(Compilation { output, tree, components, diagnostics }) => {
            Compilation { output, tree: tree.unwrap_or_default(), components, diagnostics }
        }
        Err(error) => Compilation {
            output: String::new(),
            tree: Tree::default(),
            components: Vec::new(),
            diagnostics: vec![Diagnostic::error("output-path", error.to_string())],
        },
    }
}

/// Compiles the selected part of a platform, shows each whole environment as the checks see it, and hands its
/// files over before the next one is rendered.
///
/// The sink is begun, with the folder of the output and the part of it that the files stand for, when the
/// first files are there; there are none after an error.
///
/// # Errors
/// What the sink refuses.
pub(crate) fn compile_into<S: Sink>(
    files: &Files,
    registry: &Registry,
    selection: &Selection,
    progress: &dyn Fn(&str),
    look: &mut dyn FnMut(&aqueduct_check::Environment<'_>),
    begin: impl Fn(&str, Vec<Scope>) -> Result<S, aqueduct_tree::Error>,
) -> Result<Compilation<Option<S>>, aqueduct_tree::Error> {
    let Loaded { platform, mut instances, mut diagnostics } = load(files, registry, selection);
    let mut sink: Option<S> = None;
    let mut components = Vec::new();
    let mut report = Report::default();
    let mut unchecked = Vec::new();
    let mut inputs = Inputs::new(files);
    let broken = diagnostics.iter().filter(|diagnostic| diagnostic.is_error());
    inputs.broken =
        broken.flat_map(|diagnostic| &diagnostic.labels).map(|label| label.place.file.clone()).collect();
    instances.sort_by(|left, right| key(left).cmp(&key(right)));
    let mut kinds: BTreeMap<Arc<str>, Span> = BTreeMap::new();
    for instance in &instances {
        kinds.entry(instance.file.clone()).or_insert(instance.spec.origin.place.span.unwrap_or_default());
    }
    for environment in platform.environments.values().filter(|one| selection.has_environment(&one.name)) {
        progress(environment.name.as_str());
        let only = Selection { environments: vec![environment.name.clone()], tenants: Vec::new() };
        let all = tenancies(&platform, &only);
        let all: Vec<&Tenancy> = all.iter().map(AsRef::as_ref).collect();
        // Each environment's instances are let go once it is rendered; the last one needs the room.
        let end = instances.partition_point(|instance| instance.environment.name <= environment.name);
        let later = instances.split_off(end);
        let mine = std::mem::replace(&mut instances, later);
        let selected = |tenant: &Name| selection.has_tenant(tenant);
        let mut rendered = render(&platform, environment, &all, &mine, registry, &inputs, &selected);
        let found = std::mem::take(&mut rendered.diagnostics);
        diagnostics.extend(found.into_iter().filter_map(|found| weighed(found, &platform)));
        let paths: Vec<Vec<String>> = rendered.components.par_iter().map(paths_of).collect();
        // An environment in which something is missing because of an error cannot be checked: it would be blamed
        // on those who refer to it.
        if rendered.incomplete {
            unchecked.push(environment.name.as_str());
        } else if !diagnostics.iter().any(Diagnostic::is_error) {
            let facts = facts(&platform, environment, &all, &rendered, &paths, inputs.definitions());
            check_environment(&facts, aqueduct_check::ALL, &mut report);
            report.locate(&|file, text| {
                let mut of_file = mine.iter().filter(|instance| *instance.file == *file);
                of_file.find_map(|instance| place_of(&instance.spec, text)).cloned()
            });
            report.allow(environment.name.as_str(), &|rule, tenant, component| {
                let of_tenant = |tenancy: &&&Tenancy| tenancy.tenant.name.as_str() == tenant;
                let tenancy = all.iter().find(of_tenant).map_or(&[][..], |tenancy| &tenancy.allow);
                let instance = mine.iter().find(|instance| {
                    instance.tenancy.tenant.name.as_str() == tenant
                        && instance.component.as_str() == component
                });
                tenancy.iter().any(|allowance| allowance.rule == rule)
                    || instance.is_some_and(|instance| instance.allows(rule))
            });
            look(&facts);
        }
        components.extend(rendered.outlines);
        if !diagnostics.iter().any(Diagnostic::is_error) {
            let components = rendered.components.into_iter().zip(paths);
            let is_whole = all.iter().all(|tenancy| selected(&tenancy.tenant.name));
            let of_selection =
                components.filter(|(component, _)| is_whole || is_selected(component, selection));
            let mut files = contents(of_selection);
            // What Terraform reads lies in a folder that no Application looks into.
            let variables = variables(environment).filter(|_| selection.tenants.is_empty());
            files
                .extend(variables.map(|text| (VARIABLES_FILE.to_owned(), Content::Bytes(text.into_bytes()))));
            if sink.is_none() {
                sink = Some(begin(platform.output.as_str(), scopes(&platform, selection))?);
            }
            if let Some(sink) = &mut sink {
                sink.add(environment.name.as_str(), files)?;
            }
        }
    }
    report.retain(&|tenant, component| {
        let owner = if tenant == ROOT { component } else { tenant };
        selection.tenants.is_empty() || selection.tenants.iter().any(|name| name.as_str() == owner)
    });
    if !unchecked.is_empty() {
        let names: Vec<String> = unchecked.iter().map(|name| format!("`{name}`")).collect();
        let message =
            format!("what is rendered in {} was not checked: other tenants have errors", names.join(", "));
        diagnostics
            .push(Diagnostic::warning("not-checked", message).hint("run without `--tenant` to see them"));
    }
    let found = report.into_diagnostics();
    diagnostics.extend(found.into_iter().filter_map(|found| weighed(found, &platform)));
    diagnostics.iter_mut().for_each(|diagnostic| point(diagnostic, files, &platform, &kinds));
    diagnostics.sort_by(|left, right| {
        let place = |diagnostic: &Diagnostic| diagnostic.labels.first().map(|label| label.place.clone());
        (place(left), left).cmp(&(place(right), right))
    });
    diagnostics.dedup_by(|later, earlier| same_mistake(later, earlier));
    // Without any environment everything in the output is stale.
    if sink.is_none() && !diagnostics.iter().any(Diagnostic::is_error) {
        sink = Some(begin(platform.output.as_str(), scopes(&platform, selection))?);
    }
    Ok(Compilation { output: platform.output.to_string(), tree: sink, components, diagnostics })
}

/// Tells whether two neighbouring diagnostics say the same of the same place, and names the environments of
/// both in the earlier one.
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
fn paths_of(component: &RenderedComponent) -> Vec<String> {
    let folder = component.folder();
    file_names(&component.objects).into_iter().map(|name| format!("{folder}/{name}")).collect()
}

/// Tells whether a component, or what delivers it, is part of a selection of tenants.
fn is_selected(component: &RenderedComponent, selection: &Selection) -> bool {
    let is_delivery = component.tenant == ROOT && component.file == "platform.toml";
    let owner = if is_delivery { component.component.as_deref() } else { Some(component.tenant.as_str()) };
    selection.tenants.iter().any(|name| Some(name.as_str()) == owner)
}

/// Returns the files of components, each with the paths of its objects.
fn contents(components: impl Iterator<Item = (RenderedComponent, Vec<String>)>) -> Vec<(String, Content)> {
    let files = |(component, paths): (RenderedComponent, Vec<String>)| {
        paths.into_iter().zip(component.objects.into_iter().map(Content::Object))
    };
    components.flat_map(files).collect()
}

/// Returns the objects of one environment and the facts around them, as the checks see them.
fn facts<'a>(
    platform: &Platform,
    environment: &'a Environment,
    tenancies: &[&Tenancy],
    rendered: &'a Rendered,
    paths: &'a [Vec<String>],
    definitions: &'a [Object],
) -> aqueduct_check::Environment<'a> {
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
    let mut tenants: BTreeMap<String, aqueduct_check::Tenant> = tenancies
        .iter()
        .map(|tenancy| {
            let namespaces = tenancy.namespaces.iter().map(ToString::to_string).collect();
            (
                tenancy.tenant.name.to_string(),
                aqueduct_check::Tenant { namespaces, system: tenancy.tenant.system },
            )
        })
        .collect();
    let existing = tenancies.iter().flat_map(|tenancy| {
        let namespaces = tenancy.namespaces.iter().map(ToString::to_string);
        namespaces.filter(|namespace| tenancy.is_existing(namespace))
    });
    // What delivers the tree lives in the namespace of Argo CD.
    tenants.insert(ROOT.to_owned(), aqueduct_check::Tenant { namespaces: BTreeSet::new(), system: true });
    let outside =
        ["default", "kube-node-lease", "kube-public", "kube-system", platform.argocd.namespace.as_str()];
    aqueduct_check::Environment {
        name: environment.name.as_str(),
        cluster: aqueduct_check::Cluster {
            kubernetes: environment.kubernetes.to_string(),
            apis: environment
                .apis
                .iter()
                .map(ToString::to_string)
                .chain(["argoproj.io/v1alpha1".to_owned()])
                .collect(),
            api_groups: environment.api_groups.keys().map(ToString::to_string).collect(),
            namespaces: outside.into_iter().map(str::to_owned).chain(existing).collect(),
            storage_classes: texts(&environment.storage_classes),
            ingress_classes: text(&environment.ingress_class),
            priority_classes: BTreeSet::new(),
            cluster_issuers: text(&environment.cluster_issuer),
            secret_stores: text(&environment.secret_store),
            node_pools: environment
                .node_pools
                .iter()
                .map(|(name, pool)| aqueduct_check::NodePool {
                    name: name.to_string(),
                    count: pool.count,
                    cpu_millis: pool.cpu.millicores(),
                    memory_bytes: pool.memory.bytes(),
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
        definitions,
    }
}

/// Gives a finding the weight that the platform gives its rule; `None` where the rule is allowed.
fn weighed(mut finding: Diagnostic, platform: &Platform) -> Option<Diagnostic> {
    match platform.checks.get(finding.code) {
        Some(CheckLevel::Allow) => return None,
        Some(CheckLevel::Warn) => finding.severity = Severity::Warning,
        Some(CheckLevel::Deny) => finding.severity = Severity::Error,
        None => {}
    }
    Some(finding)
}

/// Returns the place of the first field that says a text.
fn place_of<'a>(node: &'a Node, text: &str) -> Option<&'a Place> {
    if node.as_str() == Some(text) {
        return Some(&node.origin.place);
    }
    let fields = node.as_table().into_iter().flat_map(Table::values);
    fields.chain(node.as_list().into_iter().flatten()).find_map(|field| place_of(field, text))
}

/// Points a finding about a whole source file at the line that says the kind, one about the quota of a tenant at
/// the quota, and any other at the start of the file.
fn point(finding: &mut Diagnostic, files: &Files, platform: &Platform, kinds: &BTreeMap<Arc<str>, Span>) {
    let is_quota = finding.code == "quota";
    for place in finding.labels.iter_mut().map(|label| &mut label.place).filter(|place| place.span.is_none())
    {
        let tenant = || platform.tenants.values().find(|tenant| tenant.file == place.file);
        place.span = match kinds.get(&place.file) {
            None if is_quota => tenant().and_then(|tenant| tenant.node.get("quota")?.origin.place.span),
            kind => kind.copied(),
        };
        let has_lines = files.text(&place.file).is_some_and(|text| !text.is_empty());
        place.span = place.span.or_else(|| has_lines.then_some(Span::default()));
    }
}

/// Returns the part of the output that a selection stands for.
fn scopes(platform: &Platform, selection: &Selection) -> Vec<Scope> {
    if selection.environments.is_empty() && selection.tenants.is_empty() {
        return vec![Scope::Everything];
    }
    let environments = platform.environments.keys().filter(|name| selection.has_environment(name));
    if selection.tenants.is_empty() {
        return environments.map(|name| Scope::Environment(name.to_string())).collect();
    }
    let mut scopes = Vec::new();
    for environment in environments {
        for tenant in &selection.tenants {
            for folder in [tenant.to_string(), format!("{}/{tenant}", aqueduct_render::argocd::ROOT)] {
                scopes.push(Scope::Folder { environment: environment.to_string(), folder });
            }
        }
    }
    scopes
}
