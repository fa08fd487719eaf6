//! The objects that deliver the tree: a project for each tenant, an Application for each component, and the root
//! Application that creates them.

use std::collections::{BTreeMap, BTreeSet};

use aqueduct_manifest::{KUBERNETES_APIS, KubernetesApi, Object};
use aqueduct_model::types::{Name, TargetCluster};
use aqueduct_model::{
    Delivery, Environment, IgnoredDifference, Instance, KindPattern, Order, Platform, Removal, Tenancy,
};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta;
use rayon::prelude::*;

use crate::application::{
    AppProject, AppProjectSpec, Application, ApplicationSource, ApplicationSpec, Automated, Backoff,
    Destination, Directory, GroupKind, Info, ProjectRole, ResourceIgnoreDifferences, SyncPolicy, SyncRetry,
};
use crate::differences::Differences;
use crate::owned::cluster_kinds;
use crate::render::folders_of;
use crate::{CustomResource as _, Error, Outline, RenderedComponent};

/// The folder with the objects that deliver the tree; in most environments also the name of the root Application and
/// its project.
pub const ROOT: &str = "argocd";
const WAVE: &str = "argocd.argoproj.io/sync-wave";
/// The label of manually synced Applications, with their wave.
const MANUAL_WAVE: &str = "aqueduct.dev/wave";
const COMPARE_OPTIONS: &str = "argocd.argoproj.io/compare-options";
/// The finalizer that keeps an Application or project until everything that it created is gone.
const FINALIZER: &str = "resources-finalizer.argocd.argoproj.io";

/// The input of delivery: an environment with everything that is rendered for it.
pub(crate) struct Delivered<'a> {
    pub(crate) platform: &'a Platform,
    pub(crate) environment: &'a Environment,
    pub(crate) tenancies: &'a [&'a Tenancy],
    pub(crate) instances: &'a [Instance],
    /// The folders of all components, in order.
    pub(crate) components: &'a [RenderedComponent],
    /// The outlines of all components, in order.
    pub(crate) outlines: &'a [Outline],
    /// The waves of tenants that are one Application.
    pub(crate) waves: &'a BTreeMap<&'a str, usize>,
    pub(crate) differences: Differences<'a>,
}

/// An Application to render.
struct Unit<'a> {
    name: String,
    tenancy: &'a Tenancy,
    delivery: &'a Delivery,
    folder: String,
    /// Whether the folder is a whole tenant's.
    is_whole: bool,
    namespace: &'a str,
    wave: usize,
    objects: Vec<&'a Object>,
    /// The differences that its components set to be ignored.
    ignored: Vec<&'a IgnoredDifference>,
}

impl<'a> Delivered<'a> {
    /// Returns the objects that deliver the tenants: a folder for the root, and one for each tenant.
    ///
    /// # Errors
    /// Returns an error for a struct that cannot be written as a manifest.
    pub(crate) fn folders(&self) -> Result<Vec<RenderedComponent>, Error> {
        let instances: BTreeMap<(&str, &str), &Instance> = self
            .instances
            .iter()
            .map(|one| ((one.tenancy.tenant.name.as_str(), one.component.as_str()), one))
            .collect();
        let mut folders = vec![self.folder(None, vec![self.root()?, self.root_project()?])];
        let of_tenants: Vec<RenderedComponent> = self
            .tenancies
            .par_iter()
            .map(|tenancy| {
                let units = self.units(tenancy, &instances);
                let mut objects = vec![self.project(tenancy, &units)?];
                for unit in &units {
                    objects.push(self.application(unit)?);
                }
                Ok(self.folder(Some(tenancy.tenant.name.as_str()), objects))
            })
            .collect::<Result<_, Error>>()?;
        folders.extend(of_tenants);
        Ok(folders)
    }

    fn folder(&self, tenant: Option<&str>, mut objects: Vec<Object>) -> RenderedComponent {
        objects.sort_by_cached_key(Object::key);
        RenderedComponent {
            tenant: ROOT.to_owned(),
            component: tenant.map(str::to_owned),
            file: "platform.toml".to_owned(),
            objects,
        }
    }

    /// Returns the Applications of a tenant: one for each component with objects, or one for all.
    fn units(&self, tenancy: &'a Tenancy, instances: &BTreeMap<(&str, &str), &'a Instance>) -> Vec<Unit<'a>> {
        let tenant = tenancy.tenant.name.as_str();
        let components = &self.components[folders_of(self.components, tenant)];
        let start = self.outlines.partition_point(|one| one.tenant.as_str() < tenant);
        let outlines = self.outlines[start..].iter().take_while(|one| one.tenant == tenant);
        let unit = Unit {
            name: self.platform.tenant_application(tenancy),
            tenancy,
            delivery: &tenancy.delivery,
            folder: tenant.to_owned(),
            is_whole: true,
            namespace: tenancy.namespace().as_str(),
            wave: 0,
            objects: Vec::new(),
            ignored: tenancy.delivery.ignore_differences.iter().collect(),
        };
        if tenancy.delivery.order == Order::Always {
            let of_components =
                instances.range((tenant, "")..).take_while(|((owner, _), _)| *owner == tenant);
            let mut ignored = unit.ignored.clone();
            for one in of_components.flat_map(|(_, instance)| &instance.delivery.ignore_differences) {
                if !ignored.contains(&one) {
                    ignored.push(one);
                }
            }
            let objects = components.iter().flat_map(|component| &component.objects).collect();
            let wave = self.waves.get(tenant).copied().unwrap_or_default();
            return vec![Unit { wave, objects, ignored, ..unit }];
        }
        let of_outline = |outline: &'a Outline| {
            let component =
                components.iter().find(|one| one.component.as_deref() == Some(&*outline.component))?;
            // git does not store empty folders, so Argo CD would not find one.
            let objects: Vec<&Object> = component.objects.iter().collect();
            let instance = instances.get(&(tenant, outline.component.as_str())).copied();
            let delivery = instance.map_or(&*tenancy.delivery, |instance| &instance.delivery);
            (!objects.is_empty()).then(|| Unit {
                name: instance.map_or_else(|| unit.name.clone(), |one| self.platform.application(one)),
                delivery,
                folder: format!("{tenant}/{}", outline.component),
                is_whole: false,
                namespace: &outline.namespace,
                wave: outline.wave,
                objects,
                ignored: delivery.ignore_differences.iter().collect(),
                ..unit
            })
        };
        outlines.filter_map(of_outline).collect()
    }

    fn metadata(&self, name: String, tenant: &str, wave: Option<i64>) -> ObjectMeta {
        ObjectMeta {
            annotations: wave.map(|wave| BTreeMap::from([(WAVE.to_owned(), wave.to_string())])),
            labels: Some(BTreeMap::from([
                ("app.kubernetes.io/part-of".to_owned(), tenant.to_owned()),
                ("app.kubernetes.io/managed-by".to_owned(), "aqueduct".to_owned()),
                ("aqueduct.dev/environment".to_owned(), self.environment.name.to_string()),
            ])),
            name: Some(name),
            namespace: Some(self.platform.argocd.namespace.to_string()),
            ..Default::default()
        }
    }

    fn repository(&self) -> String {
        self.environment.repository.as_ref().unwrap_or(&self.platform.repository).to_string()
    }

    fn source(&self, delivery: &Delivery, folder: &str, recurse: bool) -> ApplicationSource {
        let revision = delivery.revision.as_deref().or(self.environment.revision.as_deref());
        let tree = match (&self.environment.path, &self.platform.path) {
            (Some(path), _) => path.to_string(),
            (None, Some(path)) => format!("{path}/{}/{}", self.platform.output, self.environment.name),
            (None, None) => format!("{}/{}", self.platform.output, self.environment.name),
        };
        ApplicationSource {
            repo_url: self.repository(),
            target_revision: revision.unwrap_or(&self.platform.revision).to_owned(),
            path: format!("{tree}/{folder}"),
            // Argo CD drops `recurse: false`, and would then always report a difference.
            directory: recurse.then_some(Directory { recurse }),
        }
    }

    /// The root Application contains itself, so it has to be applied only once. It has no finalizer, so deleting it
    /// deletes nothing else. It prunes in reverse wave order, so that a project outlives its Applications.
    fn root(&self) -> Result<Object, Error> {
        let delivery = &self.environment.delivery;
        let name = self.platform.root_name(self.environment);
        let mut metadata = self.metadata(name.clone(), ROOT, None);
        decorate(&mut metadata, delivery);
        Application {
            metadata,
            spec: ApplicationSpec {
                project: name,
                source: self.source(delivery, ROOT, true),
                destination: destination(&TargetCluster::local(), self.platform.argocd.namespace.as_str()),
                sync_policy: sync_policy(delivery, &[]),
                ignore_differences: Vec::new(),
                info: Vec::new(),
                revision_history_limit: Some(delivery.history),
            },
        }
        .object()
    }

    fn root_project(&self) -> Result<Object, Error> {
        let argocd = &self.platform.argocd.namespace;
        let own = self.tenancies.iter().filter_map(|tenancy| tenancy.delivery.namespace.as_ref());
        let namespaces: BTreeSet<&Name> = own.chain([argocd]).collect();
        AppProject {
            metadata: self.metadata(self.platform.root_name(self.environment), ROOT, Some(0)),
            spec: AppProjectSpec {
                description: format!("The Applications and projects of {}", self.platform.name),
                source_repos: vec![self.repository()],
                destinations: namespaces
                    .into_iter()
                    .map(|namespace| destination(&TargetCluster::local(), namespace.as_str()))
                    .collect(),
                source_namespaces: Vec::new(),
                cluster_resource_whitelist: Vec::new(),
                namespace_resource_whitelist: ["AppProject", "Application"]
                    .map(|kind| GroupKind { group: "argoproj.io".to_owned(), kind: kind.to_owned() })
                    .to_vec(),
                roles: Vec::new(),
            },
        }
        .object()
    }

    /// A project permits all kinds that the tenant may own, not only those that it owns now. Argo CD ignores objects
    /// that a project does not permit, so a list that shrinks with the tree would leave the last object of a kind
    /// behind.
    fn project(&self, tenancy: &Tenancy, units: &[Unit<'_>]) -> Result<Object, Error> {
        let tenant = &tenancy.tenant;
        let delivery = &tenancy.delivery;
        let name = self.platform.project_name(tenancy);
        // A system tenant may have objects in other tenants' namespaces.
        let namespaces: BTreeSet<&str> =
            if tenant.system { ["*"].into() } else { tenancy.namespaces.iter().map(Name::as_str).collect() };
        let argocd = &self.platform.argocd.namespace;
        let source = delivery.namespace.as_ref().filter(|namespace| *namespace != argocd);
        let role = |owners: Vec<String>| ProjectRole {
            name: "owner".to_owned(),
            description: format!("Owners of {}: see and synchronise", tenant.name),
            policies: ["get", "sync"]
                .map(|action| format!("p, proj:{name}:owner, applications, {action}, {name}/*, allow"))
                .to_vec(),
            groups: owners,
        };
        let groups: Vec<String> = tenant
            .owners
            .iter()
            .filter(|owner| !owner.starts_with("user:"))
            .map(|owner| owner.strip_prefix("group:").unwrap_or(owner).to_owned())
            .collect();
        let mut metadata = self.metadata(name.clone(), tenant.name.as_str(), Some(0));
        if units.iter().any(|unit| unit.delivery.removal != Removal::Keep) {
            metadata.finalizers = Some(vec![FINALIZER.to_owned()]);
        }
        AppProject {
            metadata,
            spec: AppProjectSpec {
                description: tenant.description.clone().unwrap_or_else(|| format!("Tenant {}", tenant.name)),
                source_repos: vec![self.repository()],
                destinations: namespaces
                    .into_iter()
                    .map(|namespace| destination(&self.environment.cluster, namespace))
                    .collect(),
                source_namespaces: source.into_iter().map(Name::to_string).collect(),
                cluster_resource_whitelist: group_kinds(&cluster_kinds(tenancy)),
                namespace_resource_whitelist: group_kinds(&delivery.kinds),
                roles: if groups.is_empty() { Vec::new() } else { vec![role(groups)] },
            },
        }
        .object()
    }

    fn application(&self, unit: &Unit<'_>) -> Result<Object, Error> {
        let Unit { tenancy, delivery, .. } = unit;
        let tenant = tenancy.tenant.name.as_str();
        // Projects are in wave 0 of the root, so the waves of the components start after it.
        let wave = delivery.wave.map_or(i64::try_from(unit.wave + 1).unwrap_or(i64::MAX), i64::from);
        // The root waits for each wave to become healthy, but a manual sync can take any time.
        let mut metadata = self.metadata(unit.name.clone(), tenant, delivery.automatic.then_some(wave));
        if !delivery.automatic {
            let labels = metadata.labels.get_or_insert_default();
            labels.insert(MANUAL_WAVE.to_owned(), wave.to_string());
        }
        if self.differences.completes_lists(unit.objects.iter().copied()) {
            let annotations = metadata.annotations.get_or_insert_default();
            annotations.insert(COMPARE_OPTIONS.to_owned(), "ServerSideDiff=true".to_owned());
        }
        decorate(&mut metadata, delivery);
        if let Some(namespace) = &delivery.namespace {
            metadata.namespace = Some(namespace.to_string());
        }
        metadata.finalizers = match delivery.removal {
            Removal::Delete => Some(vec![FINALIZER.to_owned()]),
            Removal::Background => Some(vec![format!("{FINALIZER}/background")]),
            Removal::Keep => None,
        };
        let scaled = self.differences.ignored(unit.objects.iter().copied());
        let mut options = vec!["PruneLast=true"];
        if !scaled.is_empty() {
            // A sync for another reason would still write the number in the tree.
            options.push("RespectIgnoreDifferences=true");
        }
        let mut ignore_differences: Vec<ResourceIgnoreDifferences> =
            unit.ignored.iter().map(|one| ignored(one, &unit.objects)).collect();
        ignore_differences.extend(scaled);
        Application {
            metadata,
            spec: ApplicationSpec {
                project: delivery
                    .project
                    .as_ref()
                    .map_or_else(|| self.platform.project_name(tenancy), Name::to_string),
                source: self.source(delivery, &unit.folder, unit.is_whole),
                destination: destination(&self.environment.cluster, unit.namespace),
                sync_policy: sync_policy(delivery, &options),
                ignore_differences,
                info: delivery
                    .info
                    .iter()
                    .map(|(name, value)| Info { name: name.clone(), value: value.clone() })
                    .collect(),
                revision_history_limit: Some(delivery.history),
            },
        }
        .object()
    }
}

/// Adds the labels and annotations from the source.
fn decorate(metadata: &mut ObjectMeta, delivery: &Delivery) {
    let labels = delivery.labels.iter().map(|(key, value)| (key.to_string(), value.to_string()));
    metadata.labels.get_or_insert_default().extend(labels);
    if !delivery.annotations.is_empty() {
        let annotations = delivery.annotations.iter().map(|(key, value)| (key.to_string(), value.clone()));
        metadata.annotations.get_or_insert_default().extend(annotations);
    }
}

fn destination(cluster: &TargetCluster, namespace: &str) -> Destination {
    let (server, name) = match cluster {
        TargetCluster::Server(url) => (Some(url.to_string()), None),
        TargetCluster::Name(name) => (None, Some(name.to_string())),
    };
    Destination { name, server, namespace: namespace.to_owned() }
}

/// The sync options of every Application.
const OF_ALL: [&str; 3] = ["ApplyOutOfSyncOnly=true", "CreateNamespace=false", "ServerSideApply=true"];

/// Returns how an Application is synced: the options of all Applications, those of this one, and those in the source;
/// each overrides the ones before.
fn sync_policy(delivery: &Delivery, own: &[&str]) -> SyncPolicy {
    let written = delivery.sync_options.iter().map(|option| option.as_str());
    let options: BTreeMap<&str, &str> = OF_ALL
        .into_iter()
        .chain(own.iter().copied())
        .chain(written)
        .filter_map(|option| option.split_once('='))
        .collect();
    let retry = &delivery.retry;
    SyncPolicy {
        automated: delivery.automatic.then_some(Automated {
            prune: delivery.prune,
            self_heal: delivery.self_heal,
            allow_empty: delivery.allow_empty,
        }),
        sync_options: options.into_iter().map(|(name, value)| format!("{name}={value}")).collect(),
        retry: SyncRetry {
            limit: retry.limit,
            backoff: Backoff {
                duration: retry.duration.to_go(),
                factor: retry.factor,
                max_duration: retry.max_duration.to_go(),
            },
            refresh: retry.refresh,
        },
    }
}

fn ignored(written: &IgnoredDifference, objects: &[&Object]) -> ResourceIgnoreDifferences {
    let group = written.group.clone().unwrap_or_else(|| group_of(&written.kind, objects).to_owned());
    ResourceIgnoreDifferences {
        group,
        kind: written.kind.clone(),
        name: written.name.clone(),
        namespace: written.namespace.clone(),
        json_pointers: written.pointers.iter().map(ToString::to_string).collect(),
        jq_path_expressions: written.jq.clone(),
        managed_fields_managers: written.managers.clone(),
    }
}

/// Returns the group of a kind by its name: from one of some objects, or Kubernetes' own.
fn group_of<'a>(kind: &str, objects: &[&'a Object]) -> &'a str {
    if let Some(object) = objects.iter().find(|object| object.kind() == kind) {
        return object.group();
    }
    let is_served = |api: &&KubernetesApi| api.until == KubernetesApi::NEVER && api.kinds.contains(&kind);
    let known = KUBERNETES_APIS.iter().find(is_served);
    known.and_then(|api| api.version.rsplit_once('/')).map_or("", |(group, _)| group)
}

fn group_kinds(patterns: &[KindPattern]) -> Vec<GroupKind> {
    let kind = |one: &KindPattern| GroupKind { group: one.group.to_string(), kind: one.kind.to_string() };
    patterns.iter().map(kind).collect()
}
