//! Every reference from one object to another, found without the checks of the compiler.

use std::collections::BTreeSet;

use aqueduct_manifest::{Map, Object, Value};

use crate::tree::{Stored, containers, list, root, text};

/// A reference and what it leads to.
pub(crate) struct Reference {
    /// The file that refers.
    pub(crate) from: String,
    /// What it refers to, in words.
    pub(crate) to: String,
    /// The places of the objects that answer it; whoever refers to several needs only one.
    pub(crate) found: Vec<usize>,
    /// Whether something outside of the tree answers it.
    pub(crate) outside: bool,
}

/// Returns all references of an environment.
pub(crate) fn references(environment: &str, objects: &[Stored]) -> Vec<Reference> {
    let mut search = Search { environment, objects, found: Vec::new(), from: "" };
    for stored in objects {
        search.from = &stored.path;
        search.object(stored);
    }
    search.found
}

/// Returns the references that lead nowhere, a line each.
pub(crate) fn broken(references: &[Reference]) -> Vec<String> {
    let broken = references.iter().filter(|reference| reference.found.is_empty() && !reference.outside);
    broken.map(|reference| format!("{} -> {}", reference.from, reference.to)).collect()
}

/// The cluster has these before the first object of the tree.
const NAMESPACES: &[&str] = &["default", "kube-system"];
const CLUSTER_ROLES: &[&str] = &["admin", "cluster-admin", "edit", "view"];
/// Operators make these pods: the cluster's DNS, PostgreSQL, and the solvers of cert-manager.
const FOREIGN_PODS: &[&str] = &["k8s-app", "cluster-name", "acme.cert-manager.io/http01-solver"];

struct Search<'a> {
    environment: &'a str,
    objects: &'a [Stored],
    found: Vec<Reference>,
    from: &'a str,
}

impl<'a> Search<'a> {
    /// Records a reference to the objects that agree.
    fn refer(&mut self, to: String, agrees: impl Fn(&Stored) -> bool) {
        self.refer_outside(to, false, agrees);
    }

    fn refer_outside(&mut self, to: String, outside: bool, agrees: impl Fn(&Stored) -> bool) {
        let found =
            self.objects.iter().enumerate().filter(|(_, stored)| agrees(stored)).map(|(at, _)| at).collect();
        self.found.push(Reference { from: self.from.to_owned(), to, found, outside });
    }

    /// Records a reference by kind, namespace and name.
    fn named(&mut self, kind: &str, namespace: &str, name: &str) {
        self.refer(format!("{kind} {namespace}/{name}"), |stored| is(&stored.object, kind, namespace, name));
    }

    fn object(&mut self, stored: &'a Stored) {
        let object = &stored.object;
        let spec = object.map.get("spec");
        let namespace = object.namespace();
        if !namespace.is_empty() {
            self.namespace(namespace);
        }
        if let Some((pod, _)) = stored.pod() {
            self.pod(object, pod);
        }
        let Some(spec) = spec else {
            match object.kind() {
                "RoleBinding" | "ClusterRoleBinding" => self.binding(object),
                "ValidatingWebhookConfiguration" | "MutatingWebhookConfiguration" => {
                    for webhook in list(&Value::Map(object.map.clone()), &["webhooks"]) {
                        let service = |field| text(webhook, &["clientConfig", "service", field]).to_owned();
                        self.named("Service", &service("namespace"), &service("name"));
                    }
                }
                _ => {}
            }
            return;
        };
        match object.kind() {
            "Service" => self.service(namespace, spec),
            "Ingress" => self.ingress(object, namespace, spec),
            "StatefulSet" => {
                self.named("Service", namespace, text(spec, &["serviceName"]));
                for claim in list(spec, &["volumeClaimTemplates"]) {
                    self.named("StorageClass", "", text(claim, &["spec", "storageClassName"]));
                }
            }
            "PersistentVolumeClaim" => self.named("StorageClass", "", text(spec, &["storageClassName"])),
            "HorizontalPodAutoscaler" => {
                let target = |field| text(spec, &["scaleTargetRef", field]);
                self.named(target("kind"), namespace, target("name"));
            }
            "PodDisruptionBudget" => self.pods(namespace, spec.at(&["selector", "matchLabels"])),
            "ServiceMonitor" => self.monitor(namespace, spec),
            "NetworkPolicy" => self.policy(namespace, spec),
            "Certificate" => {
                let kind = text(spec, &["issuerRef", "kind"]);
                let namespace = if kind == "ClusterIssuer" { "" } else { namespace };
                self.named(kind, namespace, text(spec, &["issuerRef", "name"]));
            }
            "Issuer" if !text(spec, &["ca", "secretName"]).is_empty() => {
                self.secret(namespace, text(spec, &["ca", "secretName"]), None);
            }
            "ExternalSecret" => {
                // The store holds the access to the secrets themselves, so it is made by hand.
                let store = text(spec, &["secretStoreRef", "name"]);
                self.refer_outside(format!("ClusterSecretStore {store}"), store == "platform", |_| false);
            }
            "Application" => self.application(spec),
            _ => {}
        }
    }

    fn namespace(&mut self, name: &str) {
        let outside = NAMESPACES.contains(&name);
        self.refer_outside(format!("Namespace {name}"), outside, |stored| {
            is(&stored.object, "Namespace", "", name)
        });
    }

    /// Records a reference to pods by labels.
    fn pods(&mut self, namespace: &str, labels: Option<&Value>) {
        let Some(labels) = labels.and_then(Value::as_map).filter(|labels| !labels.is_empty()) else { return };
        let outside = labels.keys().any(|key| FOREIGN_PODS.contains(&key.as_str()));
        self.refer_outside(format!("pods of {namespace} with {}", written(labels)), outside, |stored| {
            stored.object.namespace() == namespace && stored.pod().is_some_and(|(_, own)| has(own, labels))
        });
    }

    fn service(&mut self, namespace: &str, spec: &Value) {
        let Some(labels) = spec.get("selector").and_then(Value::as_map) else { return };
        for port in list(spec, &["ports"]) {
            let target = port.get("targetPort").or(port.get("port")).cloned().unwrap_or_default();
            let to = format!("port {target:?} of pods of {namespace} with {}", written(labels));
            let outside = labels.keys().any(|key| FOREIGN_PODS.contains(&key.as_str()));
            self.refer_outside(to, outside, |stored| {
                stored.object.namespace() == namespace
                    && stored.pod().is_some_and(|(pod, own)| has(own, labels) && listens(pod, &target))
            });
        }
    }

    fn ingress(&mut self, object: &Object, namespace: &str, spec: &Value) {
        self.named("IngressClass", "", text(spec, &["ingressClassName"]));
        for rule in list(spec, &["rules"]) {
            for path in list(rule, &["http", "paths"]) {
                let name = text(path, &["backend", "service", "name"]);
                let wanted = path.at(&["backend", "service", "port"]).cloned().unwrap_or_default();
                self.refer(format!("Service {namespace}/{name} with port {wanted:?}"), |stored| {
                    is(&stored.object, "Service", namespace, name)
                        && stored.object.map.get("spec").is_some_and(|spec| {
                            list(spec, &["ports"]).any(|port| {
                                (wanted.get("name").is_some() && wanted.get("name") == port.get("name"))
                                    || (wanted.get("number").is_some()
                                        && wanted.get("number") == port.get("port"))
                            })
                        })
                });
            }
        }
        // cert-manager makes the Secret of an Ingress that names an issuer.
        match object.annotation("cert-manager.io/cluster-issuer") {
            Some(issuer) => self.named("ClusterIssuer", "", issuer),
            None => {
                for tls in list(spec, &["tls"]) {
                    self.secret(namespace, text(tls, &["secretName"]), None);
                }
            }
        }
    }

    fn pod(&mut self, object: &Object, pod: &'a Value) {
        let namespace = object.namespace();
        let account = text(pod, &["serviceAccountName"]);
        if !account.is_empty() && account != "default" {
            self.named("ServiceAccount", namespace, account);
        }
        for pull in list(pod, &["imagePullSecrets"]) {
            self.secret(namespace, text(pull, &["name"]), Some(".dockerconfigjson"));
        }
        let mut volumes: BTreeSet<&str> = BTreeSet::new();
        if let Some(spec) = object.map.get("spec") {
            volumes.extend(
                list(spec, &["volumeClaimTemplates"]).map(|claim| text(claim, &["metadata", "name"])),
            );
        }
        for volume in list(pod, &["volumes"]) {
            volumes.insert(text(volume, &["name"]));
            if let Some(claim) = volume.get("persistentVolumeClaim") {
                self.named("PersistentVolumeClaim", namespace, text(claim, &["claimName"]));
            }
            self.volume(namespace, volume);
            for source in list(volume, &["projected", "sources"]) {
                self.volume(namespace, source);
            }
        }
        for container in containers(pod) {
            for mount in list(container, &["volumeMounts"]) {
                let name = text(mount, &["name"]);
                let known = volumes.contains(name);
                self.refer_outside(format!("volume {name} of its own"), known, |_| false);
            }
            for variable in list(container, &["env"]) {
                let from = |field| variable.at(&["valueFrom", field]).filter(|from| !is_optional(from));
                if let Some(from) = from("secretKeyRef") {
                    self.secret(namespace, text(from, &["name"]), Some(text(from, &["key"])));
                }
                if let Some(from) = from("configMapKeyRef") {
                    self.config_map(namespace, text(from, &["name"]), Some(text(from, &["key"])));
                }
            }
            for source in list(container, &["envFrom"]) {
                if let Some(from) = source.get("secretRef").filter(|from| !is_optional(from)) {
                    self.secret(namespace, text(from, &["name"]), None);
                }
                if let Some(from) = source.get("configMapRef").filter(|from| !is_optional(from)) {
                    self.config_map(namespace, text(from, &["name"]), None);
                }
            }
            for probe in ["livenessProbe", "readinessProbe", "startupProbe"] {
                for way in ["httpGet", "tcpSocket", "grpc"] {
                    let Some(port) = container.at(&[probe, way, "port"]) else { continue };
                    let known = port.as_str().is_none() || listens(pod, port);
                    self.refer_outside(format!("port {port:?} of its own"), known, |_| false);
                }
            }
        }
    }

    fn volume(&mut self, namespace: &str, volume: &Value) {
        let keys = |source: &Value| {
            list(source, &["items"]).map(|item| text(item, &["key"]).to_owned()).collect::<Vec<_>>()
        };
        if let Some(source) = volume.get("configMap").filter(|source| !is_optional(source)) {
            let name = text(source, &["name"]);
            self.config_map(namespace, name, None);
            keys(source).iter().for_each(|key| self.config_map(namespace, name, Some(key)));
        }
        if let Some(source) = volume.get("secret").filter(|source| !is_optional(source)) {
            let name = [text(source, &["secretName"]), text(source, &["name"])].concat();
            self.secret(namespace, &name, None);
            keys(source).iter().for_each(|key| self.secret(namespace, &name, Some(key)));
        }
    }

    fn config_map(&mut self, namespace: &str, name: &str, key: Option<&str>) {
        self.refer(format!("ConfigMap {namespace}/{name} {}", key.unwrap_or_default()), |stored| {
            let data = |field| stored.object.map.get(field).and_then(Value::as_map);
            let holds = |key| {
                [data("data"), data("binaryData")].into_iter().flatten().any(|data| data.contains_key(key))
            };
            is(&stored.object, "ConfigMap", namespace, name) && key.is_none_or(holds)
        });
    }

    /// Records a reference to whoever makes a Secret.
    fn secret(&mut self, namespace: &str, name: &str, key: Option<&str>) {
        // Zalando's operator writes the login of each user of its clusters.
        let operator =
            name.strip_suffix(".credentials.postgresql.acid.zalan.do").and_then(|rest| rest.rsplit_once('.'));
        self.refer(format!("Secret {namespace}/{name} {}", key.unwrap_or_default()), |stored| {
            let object = &stored.object;
            if object.namespace() != namespace {
                return false;
            }
            let spec = object.map.get("spec");
            let at = |path: &[&str]| spec.map_or("", |spec| text(spec, path)).to_owned();
            match object.kind() {
                "Secret" => object.name() == name,
                "Certificate" => {
                    at(&["secretName"]) == name
                        && key.is_none_or(|key| ["tls.crt", "tls.key", "ca.crt"].contains(&key))
                }
                "postgresql" => operator.is_some_and(|(_, cluster)| cluster == object.name()),
                "ExternalSecret" => {
                    at(&["target", "name"]) == name && key.is_none_or(|key| makes(object, key))
                }
                _ => false,
            }
        });
    }

    fn binding(&mut self, object: &Object) {
        let binding = Value::Map(object.map.clone());
        let role = |field| text(&binding, &["roleRef", field]).to_owned();
        let (kind, name) = (role("kind"), role("name"));
        let namespace = if kind == "Role" { object.namespace() } else { "" };
        let outside = kind == "ClusterRole" && CLUSTER_ROLES.contains(&name.as_str());
        self.refer_outside(format!("{kind} {namespace}/{name}"), outside, |stored| {
            is(&stored.object, &kind, namespace, &name)
        });
        for subject in
            list(&binding, &["subjects"]).filter(|subject| text(subject, &["kind"]) == "ServiceAccount")
        {
            self.named("ServiceAccount", text(subject, &["namespace"]), text(subject, &["name"]));
        }
    }

    fn monitor(&mut self, namespace: &str, spec: &Value) {
        let Some(labels) = spec.at(&["selector", "matchLabels"]).and_then(Value::as_map) else { return };
        for endpoint in list(spec, &["endpoints"]) {
            let port = text(endpoint, &["port"]);
            self.refer(
                format!("Service of {namespace} with {} and port {port}", written(labels)),
                |stored| {
                    stored.object.kind() == "Service"
                        && stored.object.namespace() == namespace
                        && has(stored.object.labels(), labels)
                        && stored.object.map.get("spec").is_some_and(|spec| {
                            list(spec, &["ports"]).any(|known| text(known, &["name"]) == port)
                        })
                },
            );
        }
    }

    fn policy(&mut self, namespace: &str, spec: &Value) {
        self.pods(namespace, spec.at(&["podSelector", "matchLabels"]));
        for (direction, side) in [("ingress", "from"), ("egress", "to")] {
            for rule in list(spec, &[direction]) {
                for peer in list(rule, &[side]) {
                    let other =
                        text(peer, &["namespaceSelector", "matchLabels", "kubernetes.io/metadata.name"]);
                    if !other.is_empty() {
                        self.namespace_of_peer(other);
                    }
                    let everywhere = peer.get("namespaceSelector").is_some() && other.is_empty();
                    let namespace = if other.is_empty() { namespace } else { other };
                    if !everywhere {
                        self.pods(namespace, peer.at(&["podSelector", "matchLabels"]));
                    }
                }
            }
        }
    }

    /// The namespaces of operators are outside of the tree.
    fn namespace_of_peer(&mut self, name: &str) {
        let outside = NAMESPACES.contains(&name) || name == "postgres-operator";
        self.refer_outside(format!("Namespace {name}"), outside, |stored| {
            is(&stored.object, "Namespace", "", name)
        });
    }

    fn application(&mut self, spec: &Value) {
        self.named("AppProject", "argocd", text(spec, &["project"]));
        let path = text(spec, &["source", "path"]);
        let inside = path.strip_prefix(&format!("output/{}/", self.environment)).unwrap_or("nowhere");
        let exists = root().join(path).is_dir();
        self.refer(format!("folder {path}"), |stored| {
            exists && (stored.folder() == inside || stored.folder().starts_with(&format!("{inside}/")))
        });
    }
}

fn is(object: &Object, kind: &str, namespace: &str, name: &str) -> bool {
    object.kind() == kind && object.namespace() == namespace && object.name() == name
}

fn has(own: Option<&Map>, wanted: &Map) -> bool {
    own.is_some_and(|own| wanted.iter().all(|(key, value)| own.get(key) == Some(value)))
}

fn is_optional(source: &Value) -> bool {
    source.get("optional").and_then(Value::as_bool) == Some(true)
}

/// Tells whether an ExternalSecret puts a key into its Secret.
fn makes(object: &Object, key: &str) -> bool {
    let Some(spec) = object.map.get("spec") else { return false };
    match spec.at(&["target", "template", "data"]).and_then(Value::as_map) {
        Some(data) => data.contains_key(key),
        None => list(spec, &["data"]).any(|entry| text(entry, &["secretKey"]) == key),
    }
}

/// Tells whether a container of a pod declares a port, by name or number.
fn listens(pod: &Value, port: &Value) -> bool {
    containers(pod).flat_map(|container| list(container, &["ports"])).any(|declared| match port.as_str() {
        Some(name) => text(declared, &["name"]) == name,
        None => declared.get("containerPort") == Some(port),
    })
}

fn written(labels: &Map) -> String {
    let pairs = labels.iter().map(|(key, value)| format!("{key}={}", value.as_str().unwrap_or_default()));
    pairs.collect::<Vec<_>>().join(",")
}
