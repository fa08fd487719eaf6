//! Custom objects as the API server stores them: defaults that its schemas have inside of lists are written out.
//!
//! Argo CD compares what is stored with what is committed. It knows the defaults of Kubernetes' own kinds, and lets a
//! field pass that only the cluster has, but a list is compared whole.

use aqueduct_manifest::{Object, Value};

/// Where a schema has a default inside of a list: the path, with `[]` for each item, and the default.
type Default = (&'static str, &'static str);

/// The custom kinds of the output, each with the defaults inside of its lists.
///
/// Sources: the CRDs of Argo CD 3.2, cert-manager 1.19, External Secrets 0.20, Prometheus operator 0.86, Zalando's
/// postgres operator 1.15. Defaults are left out that stand inside of fields that nobody here writes.
const KINDS: &[(&str, &[Default])] = &[
    ("acid.zalan.do/v1 postgresql", &[]),
    ("argoproj.io/v1alpha1 AppProject", &[]),
    ("argoproj.io/v1alpha1 Application", &[]),
    ("cert-manager.io/v1 Certificate", &[]),
    (
        "cert-manager.io/v1 ClusterIssuer",
        &[
            ("spec.acme.solvers[].http01.gatewayHTTPRoute.parentRefs[].group", "gateway.networking.k8s.io"),
            ("spec.acme.solvers[].http01.gatewayHTTPRoute.parentRefs[].kind", "Gateway"),
            ("spec.acme.solvers[].http01.ingress.podTemplate.spec.imagePullSecrets[].name", ""),
        ],
    ),
    ("cert-manager.io/v1 Issuer", &[]),
    ("external-secrets.io/v1 ClusterSecretStore", &[]),
    (
        "external-secrets.io/v1 ExternalSecret",
        &[
            ("spec.data[].remoteRef.conversionStrategy", "Default"),
            ("spec.data[].remoteRef.decodingStrategy", "None"),
            ("spec.data[].remoteRef.metadataPolicy", "None"),
            ("spec.data[].sourceRef.generatorRef.apiVersion", "generators.external-secrets.io/v1alpha1"),
            ("spec.dataFrom[].extract.conversionStrategy", "Default"),
            ("spec.dataFrom[].extract.decodingStrategy", "None"),
            ("spec.dataFrom[].extract.metadataPolicy", "None"),
            ("spec.dataFrom[].find.conversionStrategy", "Default"),
            ("spec.dataFrom[].find.decodingStrategy", "None"),
            ("spec.target.template.templateFrom[].target", "Data"),
            ("spec.target.template.templateFrom[].configMap.items[].templateAs", "Values"),
            ("spec.target.template.templateFrom[].secret.items[].templateAs", "Values"),
        ],
    ),
    (
        "monitoring.coreos.com/v1 ServiceMonitor",
        &[
            ("spec.endpoints[].metricRelabelings[].action", "replace"),
            ("spec.endpoints[].relabelings[].action", "replace"),
            ("spec.endpoints[].authorization.credentials.name", ""),
            ("spec.endpoints[].basicAuth.password.name", ""),
            ("spec.endpoints[].basicAuth.username.name", ""),
            ("spec.endpoints[].bearerTokenSecret.name", ""),
        ],
    ),
];

/// Returns the defaults inside of lists that an object leaves to the cluster; `None` where its kind is not listed.
pub(crate) fn left_out(object: &Object) -> Option<Vec<String>> {
    let kind = format!("{} {}", object.api_version(), object.kind());
    let (_, defaults) = KINDS.iter().find(|(name, _)| *name == kind)?;
    let whole = Value::Map(object.map.clone());
    let missing = defaults.iter().filter(|(path, _)| lacks(&whole, path));
    Some(missing.map(|(path, default)| format!("{path}: {default}")).collect())
}

/// Tells whether any place that a path leads to has the parent of the field and lacks the field.
fn lacks(value: &Value, path: &str) -> bool {
    let (field, rest) = path.split_once('.').map_or((path, None), |(field, rest)| (field, Some(rest)));
    let below = value.get(field.trim_end_matches("[]"));
    let Some(rest) = rest else { return below.is_none() };
    match below {
        Some(Value::List(items)) if field.ends_with("[]") => items.iter().any(|item| lacks(item, rest)),
        Some(below) => lacks(below, rest),
        None => false,
    }
}
