//! The objects beside the pods: account, roles, configuration, secrets, claims, certificate, monitor,
//! disruption budget, autoscaler, Ingress and load balancer.

use std::collections::BTreeMap;

use aqueduct_manifest::Object;
use aqueduct_model::types::{Name, Percentage};
use k8s_openapi::api::autoscaling::v2::{
    CrossVersionObjectReference, HorizontalPodAutoscaler, HorizontalPodAutoscalerSpec, MetricSpec,
    MetricTarget, ResourceMetricSource,
};
use k8s_openapi::api::core::v1::{PersistentVolumeClaim, Service, ServiceAccount, ServicePort, ServiceSpec};
use k8s_openapi::api::networking::v1::{
    HTTPIngressPath, HTTPIngressRuleValue, Ingress, IngressBackend, IngressRule, IngressServiceBackend,
    IngressSpec, IngressTLS, ServiceBackendPort,
};
use k8s_openapi::api::policy::v1::{PodDisruptionBudget, PodDisruptionBudgetSpec};
use k8s_openapi::api::rbac::v1::{
    ClusterRole, ClusterRoleBinding, PolicyRule, Role, RoleBinding, RoleRef, Subject,
};
use k8s_openapi::apimachinery::pkg::util::intstr::IntOrString;
use serde::Serialize;

use super::pod::claim_spec;
use super::{
    Autoscaling, Disruption, IngressField, IngressProtocol, LoadBalancer, Permissions, PullSecret, Rule,
    SecretField, Workload, config_map,
};
use crate::custom::{
    Certificate, CertificateSpec, ExternalSecret, IssuerReference, MonitorEndpoint, SecretTemplate,
    ServiceMonitor, ServiceMonitorSpec,
};
use crate::{Context, Error};

/// Returns the object of an authored struct.
///
/// # Errors
/// A struct that has no place in a manifest.
pub(crate) fn object<T: Serialize>(typed: &T) -> Result<Object, Error> {
    Object::from_typed(typed).map_err(|error| Error::field("", error.to_string()))
}

/// Returns what stands beside the pods of a workload, whatever runs them.
///
/// # Errors
/// A secret without a source, and what the environment lacks.
pub fn companions(
    context: &Context<'_>,
    workload: &Workload<'_>,
    texts: &BTreeMap<String, String>,
    claims_per_pod: bool,
) -> Result<Vec<Object>, Error> {
    let mut objects = vec![object(&ServiceAccount {
        automount_service_account_token: Some(false),
        metadata: context.metadata(context.name()),
        ..Default::default()
    })?];
    if let Some(permissions) = workload.permissions {
        objects.extend(roles(context, context.name(), permissions)?);
    }
    objects.extend(config_map(context, &format!("{}-files", context.name()), texts)?);
    for (name, secret) in workload.secrets {
        objects.extend(external_secret(context, name, secret)?);
    }
    objects.extend(workload.pull_secret.map(|pull| pull_secret(context, pull)).transpose()?.flatten());
    if !claims_per_pod {
        for (name, volume) in workload.volumes.iter().filter(|(_, volume)| volume.is_claim()) {
            let size = volume.size.as_ref().ok_or_else(|| {
                Error::path(&["volumes", name.as_str()], "a persistent volume needs a `size`")
            })?;
            objects.push(object(&PersistentVolumeClaim {
                metadata: context.metadata(format!("{}-{name}", context.name())),
                spec: Some(claim_spec(context, volume.class.as_ref().map(ToString::to_string), size)),
                ..Default::default()
            })?);
        }
    }
    objects.extend(certificate(context, workload)?);
    objects.extend(service_monitor(context, workload)?);
    Ok(objects)
}

/// Returns the roles that some permissions make, bound to the ServiceAccount of a name.
///
/// # Errors
/// A struct that has no place in a manifest.
pub(crate) fn roles(
    context: &Context<'_>,
    name: &str,
    permissions: &Permissions,
) -> Result<Vec<Object>, Error> {
    let subject = Subject {
        kind: "ServiceAccount".to_owned(),
        name: name.to_owned(),
        namespace: Some(context.namespace().to_owned()),
        ..Default::default()
    };
    let role_ref = |kind: &str, name: &str| RoleRef {
        api_group: "rbac.authorization.k8s.io".to_owned(),
        kind: kind.to_owned(),
        name: name.to_owned(),
    };
    let mut objects = Vec::new();
    if !permissions.rules.is_empty() {
        objects.push(object(&Role {
            metadata: context.metadata(name),
            rules: Some(permissions.rules.iter().map(policy_rule).collect()),
        })?);
        objects.push(object(&RoleBinding {
            metadata: context.metadata(name),
            role_ref: role_ref("Role", name),
            subjects: Some(vec![subject.clone()]),
        })?);
    }
    if !permissions.cluster_rules.is_empty() {
        // Cluster-scoped names are shared by all tenants.
        let name = crate::application_name(context.tenant(), name);
        objects.push(object(&ClusterRole {
            metadata: context.cluster_metadata(&name),
            rules: Some(permissions.cluster_rules.iter().map(policy_rule).collect()),
            ..Default::default()
        })?);
        objects.push(object(&ClusterRoleBinding {
            metadata: context.cluster_metadata(&name),
            role_ref: role_ref("ClusterRole", &name),
            subjects: Some(vec![subject]),
        })?);
    }
    Ok(objects)
}

fn policy_rule(rule: &Rule) -> PolicyRule {
    let some = |texts: &[String]| Some(texts.to_vec()).filter(|texts| !texts.is_empty());
    let groups = if rule.groups.is_empty() && rule.paths.is_empty() {
        vec![String::new()]
    } else {
        rule.groups.clone()
    };
    PolicyRule {
        api_groups: some(&groups),
        resources: some(&rule.resources),
        resource_names: some(&rule.names),
        non_resource_urls: some(&rule.paths),
        verbs: rule.verbs.clone(),
    }
}

/// Returns the name of the Secret behind a field.
pub(super) fn secret_name(context: &Context<'_>, name: &Name, secret: &SecretField) -> Result<String, Error> {
    let field = ["secrets", name.as_str()];
    match (&secret.remote, &secret.existing, &secret.component) {
        (Some(_), None, None) => Ok(format!("{}-{name}", context.name())),
        (None, Some(existing), None) => Ok(existing.to_string()),
        (None, None, Some(component)) => {
            let Some(neighbour) = context.link(&format!("secrets.{name}")) else {
                return Ok(component.to_string());
            };
            match &neighbour.offer().secret {
                Some((secret, _)) => Ok(secret.clone()),
                None => Err(Error::path(
                    &["secrets", name.as_str(), "component"],
                    format!("`{component}` offers no secret"),
                )
                .hint("name a component of kind `secret`")),
            }
        }
        _ => Err(Error::path(
            &field,
            format!("secret `{name}` needs exactly one of `remote`, `existing` and `component`"),
        )),
    }
}

fn external_secret(
    context: &Context<'_>,
    name: &Name,
    secret: &SecretField,
) -> Result<Option<Object>, Error> {
    let Some(remote) = &secret.remote else { return Ok(None) };
    if secret.keys.is_empty() {
        return Err(Error::path(&["secrets", name.as_str()], format!("secret `{name}` needs `keys`")));
    }
    let metadata = context.metadata(secret_name(context, name, secret)?);
    let keys = secret.keys.iter().map(|key| (key.clone(), key.clone()));
    ExternalSecret::new(metadata, secret_store(context, &["secrets", name.as_str()])?, remote, keys)
        .object()
        .map(Some)
}

/// Returns the secret store of the environment.
///
/// # Errors
/// An environment without one.
pub(crate) fn secret_store<'a>(context: &Context<'a>, field: &[&str]) -> Result<&'a str, Error> {
    let environment = context.site.environment();
    environment.secret_store.as_ref().map(|store| store.as_str()).ok_or_else(|| {
        Error::path(field, format!("environment {} has no `secret-store`", environment.name))
            .hint(format!("set `secret-store` of `[environments.{}]` in platform.toml", environment.name))
    })
}

/// Returns the name of the Secret with the registry's login.
pub(super) fn pull_secret_name(context: &Context<'_>, pull: &PullSecret) -> String {
    pull.existing.as_ref().map_or_else(|| format!("{}-pull", context.name()), ToString::to_string)
}

fn pull_secret(context: &Context<'_>, pull: &PullSecret) -> Result<Option<Object>, Error> {
    let remote = match (&pull.remote, &pull.existing) {
        (Some(remote), None) => remote,
        (None, Some(_)) => return Ok(None),
        _ => {
            return Err(Error::field(
                "pull-secret",
                "a pull secret needs exactly one of `remote` and `existing`",
            ));
        }
    };
    let key = ".dockerconfigjson";
    let store = secret_store(context, &["pull-secret"])?;
    let metadata = context.metadata(pull_secret_name(context, pull));
    let mut secret =
        ExternalSecret::new(metadata, store, remote, [("login".to_owned(), key[1..].to_owned())]);
    secret.spec.target.template = Some(SecretTemplate {
        kind: "kubernetes.io/dockerconfigjson",
        metadata: None,
        data: BTreeMap::from([(key.to_owned(), "{{ .login }}".to_owned())]),
    });
    secret.object().map(Some)
}

fn certificate(context: &Context<'_>, workload: &Workload<'_>) -> Result<Option<Object>, Error> {
    let Some(field) = workload.certificate else { return Ok(None) };
    let issuer_ref = match (&field.issuer, &context.environment().cluster_issuer) {
        (Some(issuer), _) => IssuerReference { name: issuer.to_string(), kind: "Issuer" },
        (None, Some(issuer)) => IssuerReference { name: issuer.to_string(), kind: "ClusterIssuer" },
        (None, None) => {
            return Err(Error::field(
                "certificate",
                "neither `issuer` nor the environment's `cluster-issuer` is set",
            ));
        }
    };
    let headless = format!("{}-headless", context.name());
    let mut dns_names =
        vec![context.host(context.name()), context.host(&headless), format!("*.{}", context.host(&headless))];
    dns_names.extend(field.names.iter().map(ToString::to_string));
    let name = format!("{}-certificate", context.name());
    Certificate {
        metadata: context.metadata(&name),
        spec: CertificateSpec {
            secret_name: name,
            issuer_ref,
            dns_names,
            usages: vec!["digital signature", "key encipherment", "server auth", "client auth"],
            ..Default::default()
        },
    }
    .object()
    .map(Some)
}

fn service_monitor(context: &Context<'_>, workload: &Workload<'_>) -> Result<Option<Object>, Error> {
    let (Some(port), Some(offer)) = (workload.metrics_port(), workload.part(&context.site).metrics) else {
        return Ok(None);
    };
    // Without the operator the annotations of the pods say the same.
    if !context.provides(ServiceMonitor::API_VERSION) {
        return Ok(None);
    }
    let interval = workload.metrics.and_then(|metrics| metrics.interval.as_ref()).map(ToString::to_string);
    ServiceMonitor {
        metadata: context.metadata(context.name()),
        spec: ServiceMonitorSpec {
            selector: context.label_selector(),
            endpoints: vec![MonitorEndpoint { port, path: offer.path, interval }],
        },
    }
    .object()
    .map(Some)
}

/// Returns the disruption budget; `None` for a single replica, whose node could never be drained.
///
/// # Errors
/// Both bounds at once, and one that no drain could keep.
pub fn disruption_budget(
    context: &Context<'_>,
    disruption: Option<&Disruption>,
    replicas: u16,
) -> Result<Option<Object>, Error> {
    if replicas < 2 {
        return Ok(None);
    }
    let (min, max) = match disruption {
        Some(Disruption { min_available: Some(_), max_unavailable: Some(_) }) => {
            return Err(Error::field(
                "disruption",
                "`min-available` and `max-unavailable` exclude each other",
            ));
        }
        Some(Disruption { min_available: Some(min), .. }) if *min >= replicas => {
            return Err(Error::field(
                "disruption.min-available",
                format!("with {replicas} replicas no node could ever be drained: `{min}`"),
            ));
        }
        Some(disruption) => (disruption.min_available, disruption.max_unavailable),
        None => (None, None),
    };
    let number = |number: u16| IntOrString::Int(number.into());
    object(&PodDisruptionBudget {
        metadata: context.metadata(context.name()),
        spec: Some(PodDisruptionBudgetSpec {
            min_available: min.map(number),
            max_unavailable: min.is_none().then(|| number(max.unwrap_or(1))),
            selector: Some(context.label_selector()),
            ..Default::default()
        }),
        ..Default::default()
    })
    .map(Some)
}

/// Returns the autoscaler of a Deployment or StatefulSet.
///
/// # Errors
/// No aim, and bounds that cross.
pub fn scaler(context: &Context<'_>, kind: &str, autoscaling: &Autoscaling) -> Result<Object, Error> {
    if autoscaling.min > autoscaling.max || autoscaling.min == 0 {
        let message = format!("`min` must be at least 1 and at most `max`: `{}`", autoscaling.min);
        return Err(Error::field("autoscaling.min", message));
    }
    let metric = |name: &str, aim: &Percentage| MetricSpec {
        type_: "Resource".to_owned(),
        resource: Some(ResourceMetricSource {
            name: name.to_owned(),
            target: MetricTarget {
                type_: "Utilization".to_owned(),
                average_utilization: Some(aim.get().into()),
                ..Default::default()
            },
        }),
        ..Default::default()
    };
    let cpu = autoscaling.cpu.as_ref().map(|aim| metric("cpu", aim));
    let memory = autoscaling.memory.as_ref().map(|aim| metric("memory", aim));
    let metrics: Vec<MetricSpec> = cpu.into_iter().chain(memory).collect();
    if metrics.is_empty() {
        return Err(Error::field("autoscaling", "autoscaling needs `cpu` or `memory` to aim for"));
    }
    object(&HorizontalPodAutoscaler {
        metadata: context.metadata(context.name()),
        spec: Some(HorizontalPodAutoscalerSpec {
            max_replicas: autoscaling.max.into(),
            metrics: Some(metrics),
            min_replicas: Some(autoscaling.min.into()),
            scale_target_ref: CrossVersionObjectReference {
                api_version: Some("apps/v1".to_owned()),
                kind: kind.to_owned(),
                name: context.name().to_owned(),
            },
            ..Default::default()
        }),
        ..Default::default()
    })
}

/// Returns the Ingress that leads to a Service of the component's name.
///
/// # Errors
/// A port that the component lacks, and TLS without anybody who signs.
pub fn ingress(
    context: &Context<'_>,
    workload: &Workload<'_>,
    field: &IngressField,
) -> Result<Object, Error> {
    let (port, _) = workload.port(field.port.as_ref()).ok_or_else(|| match &field.port {
        Some(port) => Error::field("ingress.port", format!("there is no port of this name: `{port}`")),
        None => Error::field("ingress", "an Ingress needs one of `ports`"),
    })?;
    let environment = context.environment();
    let mut annotations = BTreeMap::new();
    match field.protocol {
        IngressProtocol::Http => {}
        IngressProtocol::Https => {
            annotations.insert("nginx.ingress.kubernetes.io/backend-protocol".to_owned(), "HTTPS".to_owned());
        }
        IngressProtocol::Grpc => {
            annotations.insert("nginx.ingress.kubernetes.io/backend-protocol".to_owned(), "GRPC".to_owned());
        }
    }
    let tls = field.tls.unwrap_or(true);
    if tls {
        let issuer = environment.cluster_issuer.as_ref().ok_or_else(|| {
            Error::field(
                "ingress",
                format!(
                    "environment {} has no `cluster-issuer` to sign the host's certificate",
                    environment.name
                ),
            )
            .hint("set `cluster-issuer` of the environment, or `tls = false`")
        })?;
        annotations.insert("cert-manager.io/cluster-issuer".to_owned(), issuer.to_string());
    }
    annotations.extend(field.annotations.clone());
    let host = field.host.to_string();
    let mut metadata = context.metadata(context.name());
    metadata.annotations = Some(annotations).filter(|annotations| !annotations.is_empty());
    object(&Ingress {
        metadata,
        spec: Some(IngressSpec {
            ingress_class_name: field
                .class
                .as_ref()
                .map(ToString::to_string)
                .or_else(|| environment.ingress_class.as_ref().map(ToString::to_string)),
            tls: tls.then(|| {
                vec![IngressTLS {
                    hosts: Some(vec![host.clone()]),
                    secret_name: Some(format!("{}-tls", context.name())),
                }]
            }),
            rules: Some(vec![IngressRule {
                host: Some(host),
                http: Some(HTTPIngressRuleValue {
                    paths: vec![HTTPIngressPath {
                        path: Some(field.path.as_ref().map_or_else(|| "/".to_owned(), ToString::to_string)),
                        path_type: "Prefix".to_owned(),
                        backend: IngressBackend {
                            service: Some(IngressServiceBackend {
                                name: context.name().to_owned(),
                                port: Some(ServiceBackendPort { name: Some(port), ..Default::default() }),
                            }),
                            ..Default::default()
                        },
                    }],
                }),
            }]),
            ..Default::default()
        }),
        ..Default::default()
    })
}

/// Returns the Service of type LoadBalancer in front of the component's pods.
///
/// # Errors
/// A port that the component lacks.
pub fn load_balancer(
    context: &Context<'_>,
    workload: &Workload<'_>,
    field: &LoadBalancer,
) -> Result<Object, Error> {
    let mut ports: Vec<ServicePort> = super::service_ports(workload);
    // A metrics port with a number of its own is for the cluster, not for the world.
    ports.retain(|port| workload.ports.keys().any(|name| port.name.as_deref() == Some(name.as_str())));
    if let Some(port) = &field.port {
        ports.retain(|known| known.name.as_deref() == Some(port.as_str()));
        if ports.is_empty() {
            return Err(Error::field(
                "load-balancer.port",
                format!("there is no port of this name: `{port}`"),
            ));
        }
    }
    if let Some(listen) = &field.listen {
        if ports.len() != 1 {
            return Err(Error::field(
                "load-balancer.listen",
                "`listen` needs `port`, since the component has several ports",
            ));
        }
        ports.iter_mut().for_each(|port| port.port = listen.get().into());
    }
    let name = format!("{}-load-balancer", context.name());
    let prefix = "service.beta.kubernetes.io/do-loadbalancer";
    let mut annotations = BTreeMap::from([
        (format!("{prefix}-name"), format!("{}-{}", context.environment().name, context.application())),
        (format!("{prefix}-protocol"), field.protocol.clone().unwrap_or_else(|| "tcp".to_owned())),
        (format!("{prefix}-size-unit"), field.size.unwrap_or(1).to_string()),
    ]);
    if let Some(certificate) = &field.certificate {
        annotations.insert(format!("{prefix}-certificate-name"), certificate.clone());
        annotations.insert(format!("{prefix}-redirect-http-to-https"), "true".to_owned());
    }
    annotations.extend(field.annotations.clone());
    let mut metadata = context.metadata(name);
    metadata.annotations = Some(annotations);
    object(&Service {
        metadata,
        spec: Some(ServiceSpec {
            type_: Some("LoadBalancer".to_owned()),
            external_traffic_policy: Some("Local".to_owned()),
            load_balancer_source_ranges: Some(
                field.allow.iter().map(ToString::to_string).collect::<Vec<_>>(),
            )
            .filter(|ranges| !ranges.is_empty()),
            ports: Some(ports),
            selector: Some(context.selector()),
            ..Default::default()
        }),
        ..Default::default()
    })
}
