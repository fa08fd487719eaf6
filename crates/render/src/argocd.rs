//! What delivers the tree: a project a tenant, an Application a component, and the root Application that
//! makes them; or one ApplicationSet in their place.

use std::collections::{BTreeMap, BTreeSet};

use aqueduct_manifest::Object;
use aqueduct_model::types::Name;
use aqueduct_model::{ArgocdStyle, Environment, Platform, SyncPolicy as Sync, Tenancy};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta;
use rayon::prelude::*;

use crate::application::{
    AppProject, AppProjectSpec, Application, ApplicationSet, ApplicationSetSpec, ApplicationSpec,
    ApplicationTemplate, Automated, Backoff, Destination, Directory, Generator, GroupKind, ListGenerator,
    MatchExpression, ProjectRole, Retry, RollingStep, RollingSync, Source, Strategy, SyncPolicy,
    TemplateMetadata,
};
use crate::{CustomResource as _, Error, Outline, RenderedComponent, Scopes, application_name};

/// The name of the root Application, of its project, and of the folder of the delivery.
pub const ROOT: &str = "argocd";
const WAVE: &str = "aqueduct.dev/wave";

/// Returns what delivers the tenants: a folder for the root, and one for each tenant. The outlines are in order.
///
/// # Errors
/// A struct that has no place in a manifest.
pub fn objects(
    platform: &Platform,
    environment: &Environment,
    tenancies: &[&Tenancy],
    components: &[RenderedComponent],
    outlines: &[Outline],
    scopes: &Scopes<'_>,
) -> Result<Vec<RenderedComponent>, Error> {
    let delivery = Delivery { platform, environment };
    let applications = platform.argocd.style == ArgocdStyle::Applications;
    let mut by_tenant: BTreeMap<&str, Vec<&RenderedComponent>> = BTreeMap::new();
    for component in components {
        by_tenant.entry(component.tenant.as_str()).or_default().push(component);
    }
    let outlines: Vec<&Outline> = {
        let has_objects = |outline: &&Outline| {
            let of_tenant = by_tenant.get(outline.tenant.as_str()).map_or(&[][..], Vec::as_slice);
            let mut own =
                of_tenant.iter().filter(|one| one.component.as_deref() == Some(&*outline.component));
            own.any(|component| !component.objects.is_empty())
        };
        // Git keeps no empty folder, so Argo CD would find none.
        outlines.iter().filter(has_objects).collect()
    };
    let mut folders = Vec::new();
    let mut objects = vec![delivery.root()?, delivery.root_project()?];
    if !applications {
        objects.push(delivery.application_set(&outlines)?);
    }
    folders.push(delivery.folder(None, objects));
    let outlines_of: BTreeMap<&str, &[&Outline]> = outlines
        .chunk_by(|left, right| left.tenant == right.tenant)
        .filter_map(|chunk| Some((chunk.first()?.tenant.as_str(), chunk)))
        .collect();
    let of_tenants: Vec<RenderedComponent> = tenancies
        .par_iter()
        .map(|tenancy| {
            let tenant = tenancy.tenant.name.as_str();
            let components = by_tenant.get(tenant).map_or(&[][..], Vec::as_slice);
            let mut objects = vec![delivery.project(tenancy, components, scopes)?];
            if applications {
                for outline in outlines_of.get(tenant).copied().unwrap_or_default() {
                    objects.push(delivery.application(outline)?);
                }
            }
            Ok(delivery.folder(Some(tenant), objects))
        })
        .collect::<Result<_, Error>>()?;
    folders.extend(of_tenants);
    Ok(folders)
}

struct Delivery<'a> {
    platform: &'a Platform,
    environment: &'a Environment,
}

impl Delivery<'_> {
    fn folder(&self, tenant: Option<&str>, mut objects: Vec<Object>) -> RenderedComponent {
        objects.sort_by_cached_key(Object::key);
        RenderedComponent {
            tenant: ROOT.to_owned(),
            component: tenant.map(str::to_owned),
            file: "platform.toml".to_owned(),
            objects,
        }
    }

    fn metadata(&self, name: String, tenant: &str, wave: Option<usize>) -> ObjectMeta {
        ObjectMeta {
            annotations: wave
                .map(|wave| BTreeMap::from([("argocd.argoproj.io/sync-wave".to_owned(), wave.to_string())])),
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

    fn source(&self, folder: &str, recurse: bool) -> Source {
        Source {
            repo_url: self.platform.repository.to_string(),
            target_revision: self.platform.revision.to_string(),
            path: format!("{}/{}/{folder}", self.platform.output, self.environment.name),
            // Argo CD keeps no `recurse: false`, and would find its own copy different for ever.
            directory: recurse.then_some(Directory { recurse }),
        }
    }

    fn sync_policy(&self) -> SyncPolicy {
        SyncPolicy {
            automated: (self.environment.sync == Sync::Automatic)
                .then_some(Automated { prune: true, self_heal: true }),
            sync_options: [
                "ApplyOutOfSyncOnly=true",
                "CreateNamespace=false",
                "PruneLast=true",
                "ServerSideApply=true",
            ]
            .map(str::to_owned)
            .to_vec(),
            // The first synchronisation of a cluster meets webhooks and operators that are still starting.
            retry: Retry { limit: 5, backoff: Backoff { duration: "10s", factor: 2, max_duration: "3m" } },
        }
    }

    fn spec(&self, project: &str, folder: &str, recurse: bool, namespace: &str) -> ApplicationSpec {
        ApplicationSpec {
            project: project.to_owned(),
            source: self.source(folder, recurse),
            destination: Destination {
                server: self.environment.cluster.to_string(),
                namespace: namespace.to_owned(),
            },
            sync_policy: self.sync_policy(),
            revision_history_limit: Some(3),
        }
    }

    /// The root Application holds itself: whoever applies it once never needs to again.
    fn root(&self) -> Result<Object, Error> {
        Application {
            metadata: self.metadata(ROOT.to_owned(), ROOT, None),
            spec: self.spec(ROOT, ROOT, true, self.platform.argocd.namespace.as_str()),
        }
        .object()
    }

    fn root_project(&self) -> Result<Object, Error> {
        let kinds = ["AppProject", "Application", "ApplicationSet"];
        AppProject {
            metadata: self.metadata(ROOT.to_owned(), ROOT, Some(0)),
            spec: AppProjectSpec {
                description: format!("The Applications and projects of {}", self.platform.name),
                source_repos: vec![self.platform.repository.to_string()],
                destinations: vec![Destination {
                    server: self.environment.cluster.to_string(),
                    namespace: self.platform.argocd.namespace.to_string(),
                }],
                cluster_resource_whitelist: Vec::new(),
                namespace_resource_whitelist: kinds
                    .map(|kind| GroupKind { group: "argoproj.io".to_owned(), kind: kind.to_owned() })
                    .to_vec(),
                roles: Vec::new(),
            },
        }
        .object()
    }

    /// A project admits exactly what the tenant renders: no other repository, namespace or kind.
    fn project(
        &self,
        tenancy: &Tenancy,
        components: &[&RenderedComponent],
        scopes: &Scopes<'_>,
    ) -> Result<Object, Error> {
        let tenant = &tenancy.tenant;
        let mut namespaces: BTreeSet<&str> = tenancy.namespaces.iter().map(Name::as_str).collect();
        let (mut cluster, mut namespaced) = (BTreeSet::new(), BTreeSet::new());
        for object in components.iter().flat_map(|component| &component.objects) {
            let kind = (object.group(), object.kind());
            if scopes.is_cluster_scoped(object) {
                cluster.insert(kind);
            } else {
                namespaced.insert(kind);
                namespaces.insert(object.namespace());
            }
        }
        let kinds = |kinds: BTreeSet<(&str, &str)>| {
            let kind =
                |(group, kind): (&str, &str)| GroupKind { group: group.to_owned(), kind: kind.to_owned() };
            kinds.into_iter().map(kind).collect()
        };
        let role = |owners: Vec<String>| ProjectRole {
            name: "owner".to_owned(),
            description: format!("Owners of {}: see and synchronise", tenant.name),
            policies: ["get", "sync"]
                .map(|action| format!("p, proj:{0}:owner, applications, {action}, {0}/*, allow", tenant.name))
                .to_vec(),
            groups: owners,
        };
        let groups: Vec<String> = tenant
            .owners
            .iter()
            .filter(|owner| !owner.starts_with("user:"))
            .map(|owner| owner.strip_prefix("group:").unwrap_or(owner).to_owned())
            .collect();
        AppProject {
            metadata: self.metadata(tenant.name.to_string(), tenant.name.as_str(), Some(0)),
            spec: AppProjectSpec {
                description: tenant.description.clone().unwrap_or_else(|| format!("Tenant {}", tenant.name)),
                source_repos: vec![self.platform.repository.to_string()],
                destinations: namespaces
                    .into_iter()
                    .map(|namespace| Destination {
                        server: self.environment.cluster.to_string(),
                        namespace: namespace.to_owned(),
                    })
                    .collect(),
                cluster_resource_whitelist: kinds(cluster),
                namespace_resource_whitelist: kinds(namespaced),
                roles: if groups.is_empty() { Vec::new() } else { vec![role(groups)] },
            },
        }
        .object()
    }

    fn application(&self, outline: &Outline) -> Result<Object, Error> {
        let (tenant, name) = (outline.tenant.as_str(), outline.component.as_str());
        Application {
            // Projects take wave 0 of the root, so the waves of the components come after it.
            metadata: self.metadata(application_name(tenant, name), tenant, Some(outline.wave + 1)),
            spec: self.spec(tenant, &format!("{tenant}/{name}"), false, &outline.namespace),
        }
        .object()
    }

    fn application_set(&self, outlines: &[&Outline]) -> Result<Object, Error> {
        let waves: BTreeSet<usize> = outlines.iter().map(|outline| outline.wave).collect();
        let elements = outlines
            .iter()
            .map(|outline| {
                BTreeMap::from([
                    ("name", application_name(&outline.tenant, &outline.component)),
                    ("tenant", outline.tenant.clone()),
                    ("component", outline.component.clone()),
                    ("namespace", outline.namespace.clone()),
                    ("wave", outline.wave.to_string()),
                ])
            })
            .collect();
        let steps = waves
            .iter()
            .map(|wave| RollingStep {
                match_expressions: vec![MatchExpression {
                    key: WAVE,
                    operator: "In",
                    values: vec![wave.to_string()],
                }],
            })
            .collect();
        // Steps of a rolling sync start the synchronisation themselves, so they exclude `automated`.
        let strategy = (self.environment.sync == Sync::Automatic)
            .then_some(Strategy { kind: "RollingSync", rolling_sync: RollingSync { steps } });
        let mut spec =
            self.spec("{{ .tenant }}", "{{ .tenant }}/{{ .component }}", false, "{{ .namespace }}");
        if strategy.is_some() {
            spec.sync_policy.automated = None;
        }
        ApplicationSet {
            metadata: self.metadata("components".to_owned(), ROOT, Some(1)),
            spec: ApplicationSetSpec {
                go_template: true,
                go_template_options: vec!["missingkey=error".to_owned()],
                generators: vec![Generator { list: ListGenerator { elements } }],
                strategy,
                template: ApplicationTemplate {
                    metadata: TemplateMetadata {
                        name: "{{ .name }}".to_owned(),
                        labels: BTreeMap::from([
                            ("app.kubernetes.io/part-of".to_owned(), "{{ .tenant }}".to_owned()),
                            ("aqueduct.dev/environment".to_owned(), self.environment.name.to_string()),
                            (WAVE.to_owned(), "{{ .wave }}".to_owned()),
                        ]),
                        finalizers: Vec::new(),
                    },
                    spec,
                },
            },
        }
        .object()
    }
}
