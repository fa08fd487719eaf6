//! What rendered objects of any component need from each other before they work: definitions, stores, issuers,
//! classes, and the secrets, settings, claims and accounts of pods.

use aqueduct_manifest::{Object, Value, is_native};

/// An object by group, kind, namespace and name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Thing<'o> {
    group: &'o str,
    kind: &'o str,
    namespace: &'o str,
    pub(crate) name: &'o str,
}

/// The kind that defines others; its objects are listed here by the group and kind that they define.
pub(crate) const DEFINITION: &str = "CustomResourceDefinition";

const SECRETS: &str = "external-secrets.io";
const CERTIFICATES: &str = "cert-manager.io";

/// Returns what an object in a namespace provides to others.
pub(crate) fn provided<'o>(object: &'o Object, namespace: &'o str) -> Option<Thing<'o>> {
    let (group, kind, name) = (object.group(), object.kind(), object.name());
    let text = |path: &[&str]| object.at(path).and_then(Value::as_str).filter(|text| !text.is_empty());
    let secret = |name| Some(Thing { group: "", kind: "Secret", namespace, name });
    match (group, kind) {
        ("apiextensions.k8s.io", DEFINITION) => {
            let (group, name) = (text(&["spec", "group"])?, text(&["spec", "names", "kind"])?);
            Some(Thing { group, kind: DEFINITION, namespace: "", name })
        }
        ("", "ConfigMap" | "PersistentVolumeClaim" | "Secret" | "ServiceAccount")
        | (SECRETS, "SecretStore")
        | (CERTIFICATES, "Issuer") => Some(Thing { group, kind, namespace, name }),
        ("storage.k8s.io", "StorageClass")
        | ("scheduling.k8s.io", "PriorityClass")
        | ("node.k8s.io", "RuntimeClass")
        | ("networking.k8s.io", "IngressClass")
        | (SECRETS, "ClusterSecretStore")
        | (CERTIFICATES, "ClusterIssuer") => Some(Thing { group, kind, namespace: "", name }),
        (SECRETS, "ExternalSecret") => secret(text(&["spec", "target", "name"]).unwrap_or(name)),
        (CERTIFICATES, "Certificate") => secret(text(&["spec", "secretName"])?),
        ("bitnami.com", "SealedSecret") => secret(name),
        _ => None,
    }
}

/// Returns what an object in a namespace needs from others.
pub(crate) fn needed<'o>(object: &'o Object, namespace: &'o str) -> Vec<Thing<'o>> {
    let mut needed = Needs { namespace, found: Vec::new() };
    let (group, kind) = (object.group(), object.kind());
    if !is_native(group) {
        needed.found.push(Thing { group, kind: DEFINITION, namespace: "", name: kind });
    }
    let text = |path: &[&str]| object.at(path).and_then(Value::as_str);
    let spec = object.map.get("spec");
    match (group, kind) {
        (SECRETS, "ExternalSecret" | "PushSecret") => {
            let is_of_cluster = text(&["spec", "secretStoreRef", "kind"]) == Some("ClusterSecretStore");
            let kind = if is_of_cluster { "ClusterSecretStore" } else { "SecretStore" };
            needed.of(SECRETS, kind, is_of_cluster, text(&["spec", "secretStoreRef", "name"]));
        }
        (CERTIFICATES, "Certificate") => {
            let is_of_cluster = text(&["spec", "issuerRef", "kind"]) == Some("ClusterIssuer");
            let kind = if is_of_cluster { "ClusterIssuer" } else { "Issuer" };
            needed.of(CERTIFICATES, kind, is_of_cluster, text(&["spec", "issuerRef", "name"]));
        }
        ("networking.k8s.io", "Ingress") => {
            needed.of("networking.k8s.io", "IngressClass", true, text(&["spec", "ingressClassName"]));
            for (annotation, kind) in [("cluster-issuer", "ClusterIssuer"), ("issuer", "Issuer")] {
                let name = object.annotation(&format!("{CERTIFICATES}/{annotation}"));
                needed.of(CERTIFICATES, kind, kind == "ClusterIssuer", name);
            }
        }
        ("", "PersistentVolumeClaim") => needed.claim(spec),
        _ => {}
    }
    for claim in items(spec, "volumeClaimTemplates") {
        needed.claim(claim.get("spec"));
    }
    if let Some(template) = object.pod_template() {
        needed.pod(template.spec);
    }
    needed.found
}

/// The needs within a namespace.
struct Needs<'o> {
    namespace: &'o str,
    found: Vec<Thing<'o>>,
}

impl<'o> Needs<'o> {
    fn of(&mut self, group: &'o str, kind: &'o str, is_of_cluster: bool, name: Option<&'o str>) {
        let namespace = if is_of_cluster { "" } else { self.namespace };
        self.found.extend(name.map(|name| Thing { group, kind, namespace, name }));
    }

    fn claim(&mut self, spec: Option<&'o Value>) {
        let class = spec.and_then(|spec| text(spec, &["storageClassName"]));
        self.of("storage.k8s.io", "StorageClass", true, class);
    }

    fn pod(&mut self, spec: &'o Value) {
        self.of("scheduling.k8s.io", "PriorityClass", true, text(spec, &["priorityClassName"]));
        self.of("node.k8s.io", "RuntimeClass", true, text(spec, &["runtimeClassName"]));
        self.of("", "ServiceAccount", false, text(spec, &["serviceAccountName"]));
        for secret in items(Some(spec), "imagePullSecrets") {
            self.of("", "Secret", false, text(secret, &["name"]));
        }
        for volume in items(Some(spec), "volumes") {
            self.of(
                "",
                "PersistentVolumeClaim",
                false,
                text(volume, &["persistentVolumeClaim", "claimName"]),
            );
            self.source(volume.get("configMap"), "ConfigMap", "name");
            self.source(volume.get("secret"), "Secret", "secretName");
            for source in items(volume.get("projected"), "sources") {
                self.source(source.get("configMap"), "ConfigMap", "name");
                self.source(source.get("secret"), "Secret", "name");
            }
        }
        for container in ["initContainers", "containers"].iter().flat_map(|list| items(Some(spec), list)) {
            for source in items(Some(container), "envFrom") {
                self.source(source.get("configMapRef"), "ConfigMap", "name");
                self.source(source.get("secretRef"), "Secret", "name");
            }
            for source in
                items(Some(container), "env").iter().filter_map(|variable| variable.get("valueFrom"))
            {
                self.source(source.get("configMapKeyRef"), "ConfigMap", "name");
                self.source(source.get("secretKeyRef"), "Secret", "name");
            }
        }
    }

    /// Adds a source of settings, which pods wait for unless it is optional.
    fn source(&mut self, source: Option<&'o Value>, kind: &'o str, field: &str) {
        let needed = source.filter(|source| source.get("optional").and_then(Value::as_bool) != Some(true));
        self.of("", kind, false, needed.and_then(|source| text(source, &[field])));
    }
}

fn items<'o>(value: Option<&'o Value>, list: &str) -> &'o [Value] {
    value.and_then(|value| value.get(list)?.as_list()).map_or(&[], |list| list)
}

fn text<'o>(value: &'o Value, path: &[&str]) -> Option<&'o str> {
    value.at(path).and_then(Value::as_str)
}
