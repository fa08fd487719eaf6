//! The ConfigMaps and Secrets that will exist: rendered ones and those that a controller creates from a
//! rendered object, with their keys as far as known.

use std::collections::{BTreeMap, BTreeSet};

use aqueduct_manifest::{Map, Value};

use crate::facts::Entry;
use crate::index::Index;
use crate::pod::{list_at, text};

/// The keys of an object.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Keys {
    /// These and no others.
    Known(BTreeSet<String>),
    /// Whatever its creator puts in.
    Unknown,
}

/// Objects by namespace and name.
#[derive(Debug, Default)]
pub(crate) struct Produced {
    objects: BTreeMap<(String, String), Keys>,
    /// The names that exist in every namespace.
    everywhere: BTreeMap<String, Keys>,
}

impl Produced {
    /// Returns the keys of an object, if it will exist.
    pub(crate) fn get(&self, namespace: &str, name: &str) -> Option<&Keys> {
        let here = self.objects.get(&(namespace.to_owned(), name.to_owned()));
        here.or_else(|| self.everywhere.get(name))
    }

    /// Returns the names in a namespace, for suggestions.
    pub(crate) fn names(&self, namespace: &str) -> impl Iterator<Item = &str> {
        let start = (namespace.to_owned(), String::new());
        let of_namespace = self.objects.range(start..).take_while(move |((other, _), _)| other == namespace);
        of_namespace.map(|((_, name), _)| name.as_str())
    }

    /// Returns all ConfigMaps.
    pub(crate) fn config_maps(index: &Index<'_>) -> Self {
        let mut produced = Self::default();
        // Kubernetes puts this one into every namespace.
        produced.everywhere.insert("kube-root-ca.crt".into(), known(["ca.crt"]));
        for entry in index.of_kind("", "ConfigMap") {
            produced.add(entry.namespace, entry.name, keys_of(&entry, &["data", "binaryData"]));
        }
        for entry in index.of_kind("trust.cert-manager.io", "Bundle") {
            produced.everywhere.insert(entry.name.to_owned(), Keys::Unknown);
        }
        produced
    }

    /// Returns all Secrets.
    pub(crate) fn secrets(index: &Index<'_>) -> Self {
        let mut produced = Self::default();
        for entry in index.entries() {
            produced.add_secrets_of(entry);
        }
        produced
    }

    fn add(&mut self, namespace: &str, name: &str, keys: Keys) {
        if name.is_empty() {
            return;
        }
        let place = (namespace.to_owned(), name.to_owned());
        // If two things create the same Secret, each may add keys.
        let keys = if self.objects.contains_key(&place) { Keys::Unknown } else { keys };
        self.objects.insert(place, keys);
    }

    fn add_secrets_of(&mut self, entry: &Entry<'_>) {
        let (namespace, name) = (entry.namespace, entry.name);
        let spec = entry.object.map.get("spec").unwrap_or(&Value::Null);
        if let Some(reference) = spec.get("writeConnectionSecretToRef") {
            let namespace =
                Some(text(reference, "namespace")).filter(|text| !text.is_empty()).unwrap_or(namespace);
            self.add(namespace, text(reference, "name"), Keys::Unknown);
        }
        match (entry.group, entry.kind) {
            ("", "Secret") => self.add(namespace, name, keys_of(entry, &["data", "stringData"])),
            ("external-secrets.io", "ExternalSecret") => {
                let target = spec.at(&["target", "name"]).and_then(Value::as_str).unwrap_or(name);
                self.add(namespace, target, external_keys(spec));
            }
            ("external-secrets.io", "ClusterExternalSecret") => {
                let target = spec.at(&["externalSecretSpec", "target", "name"]).and_then(Value::as_str);
                let target = target.or_else(|| spec.get("externalSecretName")?.as_str()).unwrap_or(name);
                self.everywhere.insert(target.to_owned(), Keys::Unknown);
            }
            ("bitnami.com", "SealedSecret") => {
                let target =
                    spec.at(&["template", "metadata", "name"]).and_then(Value::as_str).unwrap_or(name);
                let mut keys = map_keys(spec.get("encryptedData"));
                keys.extend(map_keys(spec.at(&["template", "data"])));
                self.add(namespace, target, Keys::Known(keys));
            }
            ("cert-manager.io", "Certificate") => {
                let has_more =
                    spec.get("keystores").is_some() || spec.get("additionalOutputFormats").is_some();
                let keys = if has_more { Keys::Unknown } else { known(["tls.crt", "tls.key", "ca.crt"]) };
                self.add(namespace, text(spec, "secretName"), keys);
            }
            ("networking.k8s.io", "Ingress") if is_certified(entry) => {
                for tls in list_at(spec, "tls") {
                    self.add(namespace, text(tls, "secretName"), known(["tls.crt", "tls.key", "ca.crt"]));
                }
            }
            ("gateway.networking.k8s.io", "Gateway") if is_certified(entry) => {
                for tls in list_at(spec, "listeners").iter().filter_map(|listener| listener.get("tls")) {
                    for reference in list_at(tls, "certificateRefs") {
                        self.add(namespace, text(reference, "name"), known(["tls.crt", "tls.key", "ca.crt"]));
                    }
                }
            }
            ("acid.zalan.do", "postgresql") => self.add_zalando(namespace, name, spec),
            ("postgresql.cnpg.io", "Cluster") => {
                self.add_suffixed(namespace, name, &["-app", "-superuser", "-ca", "-server", "-replication"]);
            }
            ("rabbitmq.com", "RabbitmqCluster") => self.add_suffixed(namespace, name, &["-default-user"]),
            ("kafka.strimzi.io", "KafkaUser") => self.add(namespace, name, Keys::Unknown),
            ("kafka.strimzi.io", "Kafka") => {
                self.add_suffixed(namespace, name, &["-cluster-ca-cert", "-clients-ca-cert"]);
            }
            ("elasticsearch.k8s.elastic.co", "Elasticsearch") => {
                self.add_suffixed(namespace, name, &["-es-elastic-user", "-es-http-certs-public"]);
            }
            ("kibana.k8s.elastic.co", "Kibana") => {
                self.add_suffixed(namespace, name, &["-kb-http-certs-public"])
            }
            ("secrets.hashicorp.com", _) => {
                let target = spec.at(&["destination", "name"]).and_then(Value::as_str).unwrap_or("");
                self.add(namespace, target, Keys::Unknown);
            }
            _ => {}
        }
    }

    /// Adds the Secrets of the Zalando operator: one per user, with `_` written as `-`.
    fn add_zalando(&mut self, namespace: &str, cluster: &str, spec: &Value) {
        let mut users: BTreeSet<String> = ["postgres".to_owned(), "standby".to_owned()].into();
        users.extend(map_keys(spec.get("users")));
        for database in map_keys(spec.get("preparedDatabases")) {
            users.extend(["owner", "reader", "writer"].map(|role| format!("{database}_{role}_user")));
        }
        for user in users {
            // A user may belong to another namespace: `namespace.user`.
            let (namespace, plain) = user.split_once('.').unwrap_or((namespace, &user));
            let user = plain.replace('_', "-");
            let name = format!("{user}.{cluster}.credentials.postgresql.acid.zalan.do");
            self.add(namespace, &name, known(["username", "password"]));
        }
    }

    fn add_suffixed(&mut self, namespace: &str, name: &str, suffixes: &[&str]) {
        for suffix in suffixes {
            self.add(namespace, &format!("{name}{suffix}"), Keys::Unknown);
        }
    }
}

/// Tells whether cert-manager creates the certificates of an Ingress or a Gateway.
pub(crate) fn is_certified(entry: &Entry<'_>) -> bool {
    ["cert-manager.io/cluster-issuer", "cert-manager.io/issuer", "kubernetes.io/tls-acme"]
        .iter()
        .any(|annotation| entry.object.annotation(annotation).is_some())
}

fn external_keys(spec: &Value) -> Keys {
    let template = spec.at(&["target", "template"]);
    if template.is_some_and(|template| !list_at(template, "templateFrom").is_empty()) {
        return Keys::Unknown;
    }
    let replaces = template.is_some_and(|template| text(template, "mergePolicy") != "Merge");
    let data = map_keys(template.and_then(|template| template.get("data")));
    if replaces && !data.is_empty() {
        return Keys::Known(data);
    }
    if !list_at(spec, "dataFrom").is_empty() {
        return Keys::Unknown;
    }
    let mut keys = data;
    keys.extend(list_at(spec, "data").iter().map(|item| text(item, "secretKey").to_owned()));
    Keys::Known(keys)
}

fn keys_of(entry: &Entry<'_>, fields: &[&str]) -> Keys {
    Keys::Known(fields.iter().flat_map(|field| map_keys(entry.object.map.get(field))).collect())
}

fn map_keys(value: Option<&Value>) -> BTreeSet<String> {
    value.and_then(Value::as_map).into_iter().flat_map(Map::keys).map(|key| key.to_string()).collect()
}

fn known<const N: usize>(keys: [&str; N]) -> Keys {
    Keys::Known(keys.into_iter().map(str::to_owned).collect())
}
