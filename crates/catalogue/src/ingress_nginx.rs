//! `ingress-nginx`: the NGINX ingress controller, which routes outside traffic to the cluster's Ingresses.

use std::collections::BTreeMap;

use aqueduct_kinds::custom::{Certificate, CertificateSpec, Issuer, IssuerReference, IssuerSpec};
use aqueduct_kinds::workload::{
    CertificateField, LoadBalancer, Metrics, MetricsPort, Permission, Permissions, PortField, PortProtocol,
    PortTable, Probe, Probes, Resources, Scheduling, Security, Shutdown, Variable, VariableSource, Workload,
    load_balancer,
};
use aqueduct_kinds::{Service, constant};
use aqueduct_manifest::Object;
use aqueduct_model::types::{Image, Name};
use aqueduct_render::{Component, Context, CustomResource as _, Error, Offer, Site, object};
use k8s_openapi::api::admissionregistration::v1::{
    RuleWithOperations, ServiceReference, ValidatingWebhook, ValidatingWebhookConfiguration,
    WebhookClientConfig,
};
use k8s_openapi::api::core::v1::ConfigMap;
use k8s_openapi::api::networking::v1::{IngressClass, IngressClassSpec};
use schemars::JsonSchema;
use serde::Deserialize;

/// The NGINX ingress controller.
///
/// Renders a Deployment with its account and roles, a Service for the cluster and a LoadBalancer Service for outside
/// traffic, the IngressClass, the controller's ConfigMap, a ServiceMonitor, and the admission webhook that rejects
/// invalid Ingresses, with a certificate from its own authority in cert-manager; with two or more replicas, also a
/// PodDisruptionBudget. Set it as `ingress` in `[services]` of `platform.toml`, so that the network policies of all
/// tenants admit it.
///
/// It is an installation for a small cluster. For larger ones, use the project's chart:
///
/// ```toml
/// kind = "chart"
/// repository = "https://kubernetes.github.io/ingress-nginx"
/// name = "ingress-nginx"
/// version = "^4.13"
///
/// [values]
/// controller = { replicaCount = 3, metrics = { enabled = true } }
/// ```
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct IngressNginx {
    /// The image.
    #[serde(default = "image")]
    pub image: Image,
    /// The number of pods (default: 1).
    pub replicas: Option<u16>,
    /// The IngressClass (default: the environment's).
    pub class: Option<Name>,
    /// The cloud load balancer; `port` and `listen` have no effect.
    #[serde(default)]
    pub load_balancer: LoadBalancer,
    /// The controller's settings, such as `proxy-body-size`.
    #[serde(default)]
    pub configuration: BTreeMap<String, String>,
    /// CPU and memory of each pod.
    pub resources: Resources,
    /// Where the pods may run.
    #[serde(default)]
    pub scheduling: Scheduling,
}

// Above 1024, so that listening needs no privileges.
const HTTP: u16 = 8080;
const HTTPS: u16 = 8443;
const WEBHOOK: u16 = 9443;
const METRICS: u16 = 10254;
const CERTIFICATES: &str = "/usr/local/certificates";
const CONTROLLER: &str = "k8s.io/ingress-nginx";

fn image() -> Image {
    constant("registry.k8s.io/ingress-nginx/controller:v1.13.3")
}

fn number(port: u16) -> aqueduct_model::types::Port {
    constant(&port.to_string())
}

impl IngressNginx {
    fn class(&self, site: &Site<'_>) -> Option<String> {
        let environment = site.environment().ingress_class.as_ref();
        self.class.as_ref().map(ToString::to_string).or_else(|| environment.map(ToString::to_string))
    }

    fn authority(&self, site: &Site<'_>) -> String {
        format!("{}-authority", site.name())
    }

    /// Returns the ports for outside traffic.
    fn ports() -> BTreeMap<Name, PortField> {
        let port = |port, service| {
            PortField::Table(PortTable {
                port: number(port),
                service: Some(number(service)),
                protocol: PortProtocol::Tcp,
            })
        };
        BTreeMap::from([(constant("http"), port(HTTP, 80)), (constant("https"), port(HTTPS, 443))])
    }

    fn service(&self, site: &Site<'_>) -> Service {
        let name = site.name();
        let field = |path: &str| Variable::From(VariableSource::Field(path.to_owned()));
        let mut ports = Self::ports();
        ports.insert(constant("webhook"), PortField::Number(number(WEBHOOK)));
        let healthy = |delay: &str, failures| Probe {
            path: Some(constant("/healthz")),
            port: Some(constant("metrics")),
            delay: Some(constant(delay)),
            period: Some(constant("10s")),
            failures: Some(failures),
            ..Probe::default()
        };
        Service {
            replicas: self.replicas,
            ..Service::new(Workload {
                arguments: vec![
                    "/nginx-ingress-controller".to_owned(),
                    format!("--http-port={HTTP}"),
                    format!("--https-port={HTTPS}"),
                    format!("--publish-service=$(POD_NAMESPACE)/{name}-load-balancer"),
                    format!("--election-id={name}-leader"),
                    format!("--controller-class={CONTROLLER}"),
                    format!("--ingress-class={}", self.class(site).unwrap_or_default()),
                    format!("--configmap=$(POD_NAMESPACE)/{name}"),
                    format!("--validating-webhook=:{WEBHOOK}"),
                    format!("--validating-webhook-certificate={CERTIFICATES}/tls.crt"),
                    format!("--validating-webhook-key={CERTIFICATES}/tls.key"),
                    "--enable-metrics=true".to_owned(),
                ],
                ports,
                variables: BTreeMap::from([
                    ("POD_NAME".to_owned(), field("metadata.name")),
                    ("POD_NAMESPACE".to_owned(), field("metadata.namespace")),
                    ("LD_PRELOAD".to_owned(), Variable::Text("/usr/local/lib/libmimalloc.so".to_owned())),
                ]),
                probes: Probes {
                    liveness: Some(healthy("10s", 5)),
                    readiness: Some(healthy("10s", 3)),
                    startup: None,
                },
                // Connections are drained until the load balancer knows that the pod is gone.
                shutdown: Some(Shutdown {
                    command: vec!["/wait-shutdown".to_owned()],
                    grace: Some(constant("5m")),
                }),
                metrics: Some(Metrics {
                    port: MetricsPort::Number(number(METRICS)),
                    path: None,
                    interval: None,
                }),
                permissions: Some(permissions(name)),
                security: Security {
                    // The server's user and group in the image.
                    user: Some(101),
                    group: Some(82),
                    // The controller writes nginx.conf and certificates next to the image's files.
                    writable_root: true,
                    // The executables have this capability set, and could not start without it.
                    capabilities: vec!["NET_BIND_SERVICE".to_owned()],
                    host: false,
                },
                certificate: Some(CertificateField {
                    issuer: Some(constant(&self.authority(site))),
                    names: vec![constant(&format!("{name}.{}.svc", site.namespace()))],
                    mount: CERTIFICATES.to_owned(),
                }),
                scheduling: self.scheduling.clone(),
                ..Workload::new(self.image.clone(), self.resources.clone())
            })
        }
    }

    /// Returns the authority for the webhook's certificate: the self-signed issuer, its certificate, and the issuer
    /// that uses it. It outlives the certificates that it signs, so that the API server never sees both change at
    /// once.
    fn authority_objects(&self, context: &Context<'_>) -> Result<Vec<Object>, Error> {
        let (root, authority) = (format!("{}-root", context.name()), self.authority(&context.site));
        Ok(vec![
            Issuer { metadata: context.metadata(&root), spec: IssuerSpec::SelfSigned {} }.object()?,
            Certificate {
                metadata: context.metadata(&authority),
                spec: CertificateSpec {
                    secret_name: authority.clone(),
                    issuer_ref: IssuerReference { name: root, kind: "Issuer" },
                    common_name: Some(authority.clone()),
                    is_authority: true,
                    duration: Some("43800h"),
                    ..Default::default()
                },
            }
            .object()?,
            Issuer {
                metadata: context.metadata(&authority),
                spec: IssuerSpec::Ca { secret_name: authority },
            }
            .object()?,
        ])
    }

    fn webhook(&self, context: &Context<'_>) -> Result<Object, Error> {
        let texts = |texts: &[&str]| Some(texts.iter().map(|text| (*text).to_owned()).collect());
        let mut metadata = context.cluster_metadata(context.application());
        metadata.annotations = Some(BTreeMap::from([(
            "cert-manager.io/inject-ca-from".to_owned(),
            format!("{}/{}-certificate", context.namespace(), context.name()),
        )]));
        object(&ValidatingWebhookConfiguration {
            metadata,
            webhooks: Some(vec![ValidatingWebhook {
                name: "validate.nginx.ingress.kubernetes.io".to_owned(),
                admission_review_versions: vec!["v1".to_owned()],
                client_config: WebhookClientConfig {
                    service: Some(ServiceReference {
                        name: context.name().to_owned(),
                        namespace: context.namespace().to_owned(),
                        path: Some("/networking/v1/ingresses".to_owned()),
                        port: Some(WEBHOOK.into()),
                    }),
                    ..Default::default()
                },
                failure_policy: Some("Fail".to_owned()),
                match_policy: Some("Equivalent".to_owned()),
                rules: Some(vec![RuleWithOperations {
                    api_groups: texts(&["networking.k8s.io"]),
                    api_versions: texts(&["v1"]),
                    operations: texts(&["CREATE", "UPDATE"]),
                    resources: texts(&["ingresses"]),
                    scope: None,
                }]),
                side_effects: "None".to_owned(),
                ..Default::default()
            }]),
        })
    }
}

/// The permissions of the controller: reading the cluster, and a few writes.
fn permissions(name: &str) -> Permissions {
    let rule = |group: &str, resources: &[&str], verbs: &[&str]| Permission {
        groups: vec![group.to_owned()],
        resources: resources.iter().map(|resource| (*resource).to_owned()).collect(),
        verbs: verbs.iter().map(|verb| (*verb).to_owned()).collect(),
        ..Permission::default()
    };
    let read = &["get", "list", "watch"];
    Permissions {
        rules: vec![
            rule("coordination.k8s.io", &["leases"], &["create"]),
            Permission {
                names: vec![format!("{name}-leader")],
                ..rule("coordination.k8s.io", &["leases"], &["get", "update"])
            },
        ],
        cluster_rules: vec![
            rule(
                "",
                &["configmaps", "endpoints", "namespaces", "nodes", "pods", "secrets", "services"],
                read,
            ),
            rule("", &["events"], &["create", "patch"]),
            rule("coordination.k8s.io", &["leases"], &["list", "watch"]),
            rule("discovery.k8s.io", &["endpointslices"], read),
            rule("networking.k8s.io", &["ingressclasses", "ingresses"], read),
            rule("networking.k8s.io", &["ingresses/status"], &["update"]),
        ],
    }
}

impl Component for IngressNginx {
    const KIND: &'static str = "ingress-nginx";

    fn offer(&self, site: &Site<'_>) -> Offer {
        let mut offer = Component::offer(&self.service(site), site);
        let ranges: Vec<String> = self.load_balancer.allow.iter().map(ToString::to_string).collect();
        for group in &mut offer.pod_groups {
            group.from_outside.extend([HTTP, HTTPS].map(|port| (port, ranges.clone())));
            // The API server connects from an address that is not known here.
            group.from_outside.push((WEBHOOK, Vec::new()));
            // Pods that call a public host reach it here without leaving the cluster.
            group.from_cluster.extend([HTTP, HTTPS]);
            group.to_cluster = true;
        }
        offer
    }

    fn render(&self, context: &Context<'_>) -> Result<Vec<Object>, Error> {
        let class = self.class(&context.site).ok_or_else(|| {
            let environment = &context.environment().name;
            Error::field("class", format!("neither `class` nor the `ingress-class` of {environment} is set"))
        })?;
        if !context.provides(Certificate::API_VERSION) {
            return Err(Error::field(
                "",
                format!(
                    "the admission webhook needs `{}`, which {} does not provide",
                    Certificate::API_VERSION,
                    context.environment().name
                ),
            )
            .hint("install cert-manager and add its API to `apis` of the environment"));
        }
        let service = self.service(&context.site);
        let mut objects = Component::render(&service, context)?;
        let workload = Workload { ports: Self::ports(), metrics: None, ..service.workload };
        objects.push(load_balancer(context, &workload, &self.load_balancer)?);
        let default = context.environment().ingress_class.as_ref().is_some_and(|name| name.as_str() == class);
        let mut metadata = context.cluster_metadata(class);
        metadata.annotations = default.then(|| {
            BTreeMap::from([("ingressclass.kubernetes.io/is-default-class".to_owned(), "true".to_owned())])
        });
        objects.push(object(&IngressClass {
            metadata,
            spec: Some(IngressClassSpec { controller: Some(CONTROLLER.to_owned()), parameters: None }),
        })?);
        objects.push(object(&ConfigMap {
            metadata: context.metadata(context.name()),
            data: Some(self.configuration.clone()),
            ..Default::default()
        })?);
        objects.extend(self.authority_objects(context)?);
        objects.push(self.webhook(context)?);
        Ok(objects)
    }
}
