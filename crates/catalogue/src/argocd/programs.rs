//! The programs of Argo CD, each as an independent component. Source:
//! <https://github.com/argoproj/argo-cd/tree/v3.1.8/manifests/base>.

use std::collections::BTreeMap;

use aqueduct_kinds::workload::{
    Egress, FileField, IngressField, IngressProtocol, Metrics, MetricsPort, Permission, Permissions,
    PortField, PortProtocol, PortTable, Probe, Probes, Resources, Security, Variable, VariableSource,
    VolumeField, Workload,
};
use aqueduct_kinds::{Service, Stateful};
use aqueduct_manifest::Object;
use aqueduct_model::types::{Image, Name};
use aqueduct_render::{AnyComponent, Context, Error, Offer, Site};

use super::settings::{GENERAL, PARAMETERS, namespaces};
use super::{Argocd, constant, port_name, program};

/// The port of the repository server.
pub(super) const REPOSITORY: u16 = 8081;
/// The port of Redis.
pub(super) const REDIS: u16 = 6379;
const ARGOCD_USER: i64 = 999;

const RESOURCES: &[&str] = &["applications", "applicationsets", "appprojects"];

/// Returns the programs' endpoints and network policies: the server's endpoint, and a policy for each program.
pub(super) fn offer(argocd: &Argocd, site: &Site<'_>) -> Offer {
    let install = Install::new(argocd, site);
    let mut offer = Offer::default();
    let mut add = |name: &str, component: &dyn AnyComponent, callers: &[(&str, u16)]| {
        let name = program(site, name);
        let mut part = component.offer(&site.part(&name));
        let callers = callers.iter().map(|(caller, port)| (program(site, caller), vec![*port]));
        part.pod_groups.iter_mut().for_each(|part| part.from_groups.extend(callers.clone()));
        offer.pod_groups.extend(part.pod_groups);
        offer.endpoints.extend(part.endpoints);
    };
    add("server", &install.server(), &[]);
    add("application-controller", &install.controller(), &[]);
    add("applicationset-controller", &install.application_sets(), &[]);
    let callers = ["application-controller", "repo-server", "server"].map(|caller| (caller, REDIS));
    add("redis", &install.redis(), &callers);
    let callers =
        ["application-controller", "applicationset-controller", "server"].map(|caller| (caller, REPOSITORY));
    add("repo-server", &install.repository_server(), &callers);
    // Other components call the server only; the other programs are internal to Argo CD.
    offer.endpoints.truncate(1);
    offer
}

/// Returns the objects of all programs.
pub(super) fn objects(argocd: &Argocd, context: &Context<'_>) -> Result<Vec<Object>, Error> {
    let site = &context.site;
    let install = Install::new(argocd, site);
    let mut objects = context.part(&program(site, "server"), &install.server())?;
    objects.extend(context.part(&program(site, "application-controller"), &install.controller())?);
    objects.extend(context.part(&program(site, "applicationset-controller"), &install.application_sets())?);
    objects.extend(context.part(&program(site, "redis"), &install.redis())?);
    objects.extend(context.part(&program(site, "repo-server"), &install.repository_server())?);
    Ok(objects)
}

/// The fields of the component, and the shared settings of its programs.
struct Install<'a> {
    argocd: &'a Argocd,
    redis_secret: String,
    /// Whether any Applications are in namespaces other than Argo CD's.
    is_spread: bool,
    /// The port of the repository.
    repository: u16,
}

impl<'a> Install<'a> {
    fn new(argocd: &'a Argocd, site: &Site<'_>) -> Self {
        Self {
            argocd,
            redis_secret: argocd.redis_secret(site),
            is_spread: !namespaces(site).is_empty(),
            repository: super::repository_of(site).port(),
        }
    }

    fn redis_password(&self) -> (String, Variable) {
        (
            "REDIS_PASSWORD".to_owned(),
            Variable::From(VariableSource::Secret(format!("{}/auth", self.redis_secret))),
        )
    }

    /// Returns variables with parameters of Argo CD, and the login of its Redis.
    fn with_redis(&self, parameters: &[(&str, &str)]) -> BTreeMap<String, Variable> {
        let mut variables = variables(parameters);
        variables.extend([self.redis_password()]);
        variables
    }

    fn server(&self) -> Service {
        // People view the state here, but change it in the repository.
        let mut cluster_rules = vec![
            rule(&["*"], &["*"], &["get"]),
            rule(&[""], &["events"], &["list"]),
            rule(&[""], &["pods", "pods/log"], &["get"]),
        ];
        if self.is_spread {
            let verbs = ["create", "get", "list", "watch", "update", "patch", "delete"];
            cluster_rules.push(rule(&["argoproj.io"], &["applications"], &verbs));
        }
        let http =
            PortTable { port: constant("8080"), service: Some(constant("80")), protocol: PortProtocol::Tcp };
        Service {
            ingress: Some(IngressField {
                host: self.argocd.host.clone(),
                path: None,
                port: Some(port_name("http")),
                protocol: IngressProtocol::Http,
                tls: None,
                class: None,
                annotations: BTreeMap::new(),
            }),
            replicas: self.argocd.replicas,
            ..Service::new(Workload {
                ports: BTreeMap::from([(port_name("http"), PortField::Table(http))]),
                variables: self.with_redis(&[
                    ("ARGOCD_APPLICATION_NAMESPACES", "application.namespaces"),
                    ("ARGOCD_SERVER_INSECURE", "server.insecure"),
                    ("ARGOCD_SERVER_LOGFORMAT", "server.log.format"),
                    ("ARGOCD_SERVER_REPO_SERVER", "repo.server"),
                    ("REDIS_SERVER", "redis.server"),
                ]),
                probes: health("http", "/healthz"),
                metrics: metrics("8083"),
                permissions: Some(Permissions {
                    rules: vec![
                        rule(
                            &[""],
                            &["configmaps", "secrets"],
                            &["create", "get", "list", "watch", "update", "patch", "delete"],
                        ),
                        rule(
                            &["argoproj.io"],
                            RESOURCES,
                            &["create", "get", "list", "watch", "update", "patch", "delete"],
                        ),
                        rule(&[""], &["events"], &["create", "list"]),
                    ],
                    cluster_rules,
                }),
                // The login provider is outside the cluster.
                egress: vec![Egress { cidr: None, ports: vec![constant("443")] }],
                ..self.workload(self.argocd.image.clone(), "argocd-server", &self.argocd.resources.server)
            })
        }
    }

    fn repository_server(&self) -> Service {
        let mut variables = self.with_redis(&[
            ("ARGOCD_REPO_SERVER_LOGFORMAT", "reposerver.log.format"),
            ("REDIS_SERVER", "redis.server"),
        ]);
        variables.extend([reconciliation()]);
        // Commits are not signed, so no keyring is needed.
        variables.insert("ARGOCD_GPG_ENABLED".to_owned(), Variable::Switch(false));
        Service {
            replicas: self.argocd.replicas,
            ..Service::new(Workload {
                ports: BTreeMap::from([(
                    port_name("grpc"),
                    PortField::Number(constant(&REPOSITORY.to_string())),
                )]),
                variables,
                probes: health("metrics", "/healthz"),
                metrics: metrics("8084"),
                volumes: BTreeMap::from([
                    (constant("home"), scratch("/home/argocd", "64Mi")),
                    // The clones of repositories.
                    (constant("clones"), scratch("/tmp", "4Gi")),
                ]),
                files: self.known_hosts(),
                egress: vec![Egress { cidr: None, ports: vec![constant(&self.repository.to_string())] }],
                ..self.workload(
                    self.argocd.image.clone(),
                    "argocd-repo-server",
                    &self.argocd.resources.repository_server,
                )
            })
        }
    }

    /// Returns the host keys as the file that the repository server reads.
    fn known_hosts(&self) -> BTreeMap<String, FileField> {
        let file = |keys: &String| FileField {
            mount: "/app/config/ssh".to_owned(),
            text: Some(keys.clone()),
            content: None,
            source: None,
        };
        self.argocd.known_hosts.iter().map(|keys| ("ssh_known_hosts".to_owned(), file(keys))).collect()
    }

    fn controller(&self) -> Stateful {
        let mut variables = self.with_redis(&[
            ("ARGOCD_APPLICATION_NAMESPACES", "application.namespaces"),
            ("ARGOCD_APPLICATION_CONTROLLER_SYNC_TIMEOUT", "controller.sync.timeout.seconds"),
            ("ARGOCD_APPLICATION_CONTROLLER_LOGFORMAT", "controller.log.format"),
            ("ARGOCD_APPLICATION_CONTROLLER_REPO_SERVER", "repo.server"),
            ("REDIS_SERVER", "redis.server"),
        ]);
        variables.extend([reconciliation()]);
        variables.insert("ARGOCD_CONTROLLER_REPLICAS".to_owned(), Variable::Integer(1));
        variables.insert("KUBECACHEDIR".to_owned(), Variable::Text("/tmp/kubecache".to_owned()));
        Stateful::new(Workload {
            arguments: vec!["/usr/local/bin/argocd-application-controller".to_owned()],
            ports: BTreeMap::from([(port_name("metrics"), PortField::Number(constant("8082")))]),
            variables,
            probes: health("metrics", "/healthz"),
            metrics: Some(Metrics {
                port: MetricsPort::Name(port_name("metrics")),
                path: None,
                interval: None,
            }),
            volumes: home(),
            permissions: Some(Permissions {
                rules: vec![
                    rule(&[""], &["configmaps", "secrets"], &["get", "list", "watch"]),
                    rule(
                        &["argoproj.io"],
                        RESOURCES,
                        &["create", "get", "list", "watch", "update", "patch", "delete"],
                    ),
                    rule(&[""], &["events"], &["create", "list"]),
                    rule(&["apps"], &["deployments"], &["get", "list", "watch"]),
                ],
                // It applies everything in the tree, including roles. Projects limit what each tenant may contain.
                cluster_rules: vec![
                    rule(&["*"], &["*"], &["*"]),
                    Permission {
                        groups: Vec::new(),
                        resources: Vec::new(),
                        names: Vec::new(),
                        paths: vec!["*".to_owned()],
                        verbs: vec!["*".to_owned()],
                    },
                ],
            }),
            security: user(),
            scheduling: self.argocd.scheduling.clone(),
            ..Workload::new(self.argocd.image.clone(), self.argocd.resources.controller.clone())
        })
    }

    fn application_sets(&self) -> Service {
        let mut variables = variables(&[
            ("ARGOCD_APPLICATIONSET_CONTROLLER_LOGFORMAT", "applicationsetcontroller.log.format"),
            ("ARGOCD_APPLICATIONSET_CONTROLLER_REPO_SERVER", "repo.server"),
        ]);
        variables.insert(
            "NAMESPACE".to_owned(),
            Variable::From(VariableSource::Field("metadata.namespace".to_owned())),
        );
        Service::new(Workload {
            ports: BTreeMap::from([(port_name("webhook"), PortField::Number(constant("7000")))]),
            variables,
            metrics: metrics("8080"),
            permissions: Some(Permissions {
                rules: vec![
                    rule(
                        &["argoproj.io"],
                        &["applications", "applicationsets", "applicationsets/finalizers"],
                        &["create", "delete", "get", "list", "patch", "update", "watch"],
                    ),
                    rule(&["argoproj.io"], &["appprojects"], &["get", "list", "watch"]),
                    rule(&["argoproj.io"], &["applicationsets/status"], &["get", "patch", "update"]),
                    rule(&[""], &["events"], &["create", "get", "list", "patch", "watch"]),
                    rule(&[""], &["configmaps", "secrets"], &["get", "list", "watch"]),
                    rule(
                        &["coordination.k8s.io"],
                        &["leases"],
                        &["create", "delete", "get", "list", "patch", "update", "watch"],
                    ),
                ],
                cluster_rules: Vec::new(),
            }),
            ..self.workload(
                self.argocd.image.clone(),
                "argocd-applicationset-controller",
                &self.argocd.resources.application_sets,
            )
        })
    }

    /// Only a cache: lost data is read again from the repository and the cluster.
    fn redis(&self) -> Service {
        let arguments =
            ["redis-server", "--save", "", "--appendonly", "no", "--requirepass", "$(REDIS_PASSWORD)"];
        Service::new(Workload {
            arguments: arguments.map(str::to_owned).to_vec(),
            ports: BTreeMap::from([(port_name("redis"), PortField::Number(constant(&REDIS.to_string())))]),
            variables: BTreeMap::from([self.redis_password()]),
            volumes: BTreeMap::from([(constant("data"), scratch("/data", "128Mi"))]),
            security: user(),
            scheduling: self.argocd.scheduling.clone(),
            ..Workload::new(self.argocd.redis_image.clone(), self.argocd.resources.redis.clone())
        })
    }

    /// Returns the common parts of the programs that run as Deployments.
    fn workload(&self, image: Image, command: &str, resources: &Resources) -> Workload {
        Workload {
            arguments: vec![format!("/usr/local/bin/{command}")],
            volumes: home(),
            security: user(),
            scheduling: self.argocd.scheduling.clone(),
            ..Workload::new(image, resources.clone())
        }
    }
}

/// Returns variables with parameters of Argo CD.
fn variables(parameters: &[(&str, &str)]) -> BTreeMap<String, Variable> {
    parameters
        .iter()
        .map(|(name, key)| {
            ((*name).to_owned(), Variable::From(VariableSource::ConfigMap(format!("{PARAMETERS}/{key}"))))
        })
        .collect()
}

/// Returns the polling interval of the repository, which the programs only read from this variable.
fn reconciliation() -> (String, Variable) {
    let key = format!("{GENERAL}/timeout.reconciliation");
    ("ARGOCD_RECONCILIATION_TIMEOUT".to_owned(), Variable::From(VariableSource::ConfigMap(key)))
}

fn rule(groups: &[&str], resources: &[&str], verbs: &[&str]) -> Permission {
    let texts = |texts: &[&str]| texts.iter().map(|text| (*text).to_owned()).collect();
    Permission {
        groups: texts(groups),
        resources: texts(resources),
        names: Vec::new(),
        paths: Vec::new(),
        verbs: texts(verbs),
    }
}

fn metrics(port: &str) -> Option<Metrics> {
    Some(Metrics { port: MetricsPort::Number(constant(port)), path: None, interval: None })
}

fn health(port: &str, path: &str) -> Probes {
    let probe = |delay: &str, period: &str| Probe {
        path: Some(constant(path)),
        port: Some(port_name(port)),
        delay: Some(constant(delay)),
        period: Some(constant(period)),
        timeout: Some(constant("5s")),
        ..Probe::default()
    };
    Probes { liveness: Some(probe("30s", "30s")), readiness: Some(probe("5s", "10s")), startup: None }
}

fn scratch(mount: &str, size: &str) -> VolumeField {
    VolumeField { size: Some(constant(size)), ..VolumeField::scratch(mount) }
}

fn home() -> BTreeMap<Name, VolumeField> {
    BTreeMap::from([(constant("home"), scratch("/home/argocd", "64Mi"))])
}

/// The user in the images of both Argo CD and Redis.
fn user() -> Security {
    Security { user: Some(ARGOCD_USER), ..Security::default() }
}
