//! No secret is rendered in plain text.
//!
//! Every plain value in a Secret is a secret. Elsewhere, [`aqueduct_manifest::secret`] decides by form, name
//! and randomness.

use aqueduct_manifest::yaml::Step;
use aqueduct_manifest::{Map, Pointer, SmolStr, Value, format_smolstr, json, secret};
use hashbrown::HashSet;

use crate::index::Index;
use crate::report::Report;
use crate::rule::{Level, Rule};

pub(crate) const RULE: Rule = Rule {
    name: "plaintext-secret",
    summary: "a secret would be committed in plain text",
    level: Level::Error,
    page: include_str!("plaintext_secret.md"),
    check: plaintext_secret,
};

/// The maximum depth to which annotations with objects are followed.
const DEPTH: usize = 64;

fn plaintext_secret(index: &Index<'_>, report: &mut Report) {
    let mut clean = HashSet::new();
    for entry in index.entries() {
        let mut search = Search {
            index,
            namespace: entry.namespace,
            above: Vec::new(),
            path: Vec::new(),
            found: Vec::new(),
            clean: &mut clean,
        };
        match (entry.group, entry.kind) {
            // Texts of a definition describe fields. SealedSecrets and SOPS files are encrypted.
            ("apiextensions.k8s.io", "CustomResourceDefinition") | ("bitnami.com", "SealedSecret") => {
                continue;
            }
            ("", "Secret") if entry.object.map.contains_key("sops") => continue,
            _ => search.object(&entry.object.map),
        }
        let Some((first, ..)) = search.found.first() else { continue };
        let places = search
            .found
            .iter()
            .map(|(steps, what)| format!("`{}` ({what})", steps.join(".")))
            .collect::<Vec<_>>()
            .join(", ");
        report
            .error(
                entry,
                Pointer::new(first.iter().cloned()),
                format!("{} contains secrets in plain text: {places}", entry.title()),
            )
            .hint("read it from a store with an ExternalSecret, and refer to the Secret that this creates");
    }
}

/// A search through one object.
struct Search<'a, 'i, 'v> {
    index: &'i Index<'a>,
    namespace: &'a str,
    /// The steps to an object inside an annotation.
    above: Vec<SmolStr>,
    path: Vec<Step<'v>>,
    /// Where something was found, and what.
    found: Vec<(Vec<SmolStr>, String)>,
    /// Texts without a secret, with their names. Most are repeated in many objects.
    clean: &'i mut HashSet<(&'v str, &'v str)>,
}

impl<'v> Search<'_, '_, 'v> {
    fn object(&mut self, object: &'v Map) {
        let is_secret = object.get("kind").and_then(Value::as_str) == Some("Secret")
            && object.get("apiVersion").and_then(Value::as_str).is_none_or(|version| version == "v1");
        for (key, value) in object.iter() {
            self.path.push(Step::Key(key));
            if is_secret && matches!(key.as_str(), "data" | "stringData") {
                self.secret_data(value, key == "data");
            } else if key == "binaryData" {
                self.binary_data(value);
            } else {
                self.value(key, value);
            }
            self.path.pop();
        }
    }

    fn binary_data(&mut self, value: &'v Value) {
        for (key, value) in value.as_map().into_iter().flat_map(Map::iter) {
            if let Some(text) = value.as_str().and_then(secret::decoded) {
                self.path.push(Step::Key(key));
                self.unknown_text(key, &text);
                self.path.pop();
            }
        }
    }

    /// Every value in the data of a Secret counts as a secret.
    fn secret_data(&mut self, value: &'v Value, is_encoded: bool) {
        match value {
            Value::Map(map) => {
                for (key, value) in map.iter() {
                    self.path.push(Step::Key(key));
                    self.secret_data(value, is_encoded);
                    self.path.pop();
                }
            }
            Value::List(list) => {
                for (number, value) in list.iter().enumerate() {
                    self.path.push(Step::Index(number));
                    self.secret_data(value, is_encoded);
                    self.path.pop();
                }
            }
            Value::Null => {}
            other => {
                let text = other.as_str().map_or_else(|| json::write(other), str::to_owned);
                let plain = if is_encoded { secret::decoded(&text).unwrap_or(text) } else { text };
                let name = match self.path.last() {
                    Some(Step::Key(key)) => key,
                    _ => "",
                };
                if let Some(what) = secret::held(name, &plain) {
                    self.add(what);
                }
            }
        }
    }

    fn value(&mut self, name: &'v str, value: &'v Value) {
        match value {
            Value::Map(map) => self.map(map),
            Value::List(list) => {
                let texts = list.iter().filter_map(Value::as_str);
                if let Some(what) = secret::arguments(texts) {
                    self.add(what);
                }
                for (number, value) in list.iter().enumerate() {
                    self.path.push(Step::Index(number));
                    self.value(name, value);
                    self.path.pop();
                }
            }
            Value::String(text) => self.text(name, text),
            _ => {}
        }
    }

    fn map(&mut self, map: &'v Map) {
        // A variable, a header or a parameter has its name beside its value.
        let named = map.get("name").and_then(Value::as_str).filter(|_| map.contains_key("value"));
        // Beside it is the source of the value, so this is only the key in the Secret.
        let is_taken = map.contains_key("remoteRef");
        for (key, value) in map.iter().filter(|(key, _)| !(is_taken && *key == "secretKey")) {
            self.path.push(Step::Key(key));
            match named {
                Some(name) if key == "value" => self.value(name, value),
                _ => self.value(key, value),
            }
            self.path.pop();
        }
    }

    fn text(&mut self, name: &'v str, text: &'v str) {
        if !self.clean.contains(&(name, text)) && !self.unknown_text(name, text) {
            self.clean.insert((name, text));
        }
    }

    /// Searches a text, and tells whether it may contain a secret.
    fn unknown_text(&mut self, name: &str, text: &str) -> bool {
        // kubectl stores the last applied object as a whole, including the values of a Secret.
        let is_applied = text.starts_with('{') && name.ends_with("last-applied-configuration");
        if is_applied
            && self.above.len() + self.path.len() < DEPTH
            && let Ok(Value::Map(applied)) = json::read(text)
        {
            let mut inner = Search {
                index: self.index,
                namespace: self.namespace,
                above: self.steps(),
                path: Vec::new(),
                found: Vec::new(),
                clean: &mut HashSet::new(),
            };
            inner.object(&applied);
            self.found.extend(inner.found);
            return true;
        }
        let Some(what) = secret::value(name, text) else { return is_applied };
        if self.index.get("", "Secret", self.namespace, text).is_none()
            && self.index.secrets().get(self.namespace, text).is_none()
        {
            self.add(what);
        }
        true
    }

    fn steps(&self) -> Vec<SmolStr> {
        let steps = self.path.iter().map(|step| match step {
            Step::Key(key) => SmolStr::from(*key),
            Step::Index(number) => format_smolstr!("{number}"),
        });
        self.above.iter().cloned().chain(steps).collect()
    }

    fn add(&mut self, what: String) {
        self.found.push((self.steps(), what));
    }
}

#[cfg(test)]
mod tests {
    use crate::testing::findings;

    #[test]
    fn values_do_not_belong_in_git() {
        insta::assert_snapshot!(findings("plaintext-secret", "
apiVersion: v1
kind: Secret
metadata: {name: a, namespace: shop}
data: {password: aHVudGVyMg==, empty: '', flag: dHJ1ZQ==}
stringData: {user: me, open: '<password>'}
---
apiVersion: v1
kind: Secret
metadata: {name: b, namespace: shop, annotations: {kubernetes.io/service-account.name: x}}
type: kubernetes.io/service-account-token
---
apiVersion: v1
kind: Secret
metadata: {name: c, namespace: shop}
data: [hunter2]
---
apiVersion: v1
kind: Secret
metadata: {name: d, namespace: shop}
stringData: {a: 'ENC[AES256_GCM,data:p673w==,type:str]'}
sops: {version: 3.8.1}
---
apiVersion: bitnami.com/v1alpha1
kind: SealedSecret
metadata: {name: e, namespace: shop}
spec: {encryptedData: {password: AgBy3i4OJSWK+PiTySYZZA9rO43cGDEq}}
"), @r"
        error: `Secret shop/a` contains secrets in plain text: `data.password` (a value of a Secret): 1.yaml at data.password
          hint: read it from a store with an ExternalSecret, and refer to the Secret that this creates
        error: `Secret shop/c` contains secrets in plain text: `data.0` (a value of a Secret): 3.yaml at data[0]
          hint: read it from a store with an ExternalSecret, and refer to the Secret that this creates
        ");
    }

    #[test]
    fn nor_do_they_elsewhere() {
        insta::assert_snapshot!(findings("plaintext-secret", r#"
apiVersion: v1
kind: ConfigMap
metadata: {name: a, namespace: shop}
data:
  DB_PASSWORD: hunter2
  secretName: shop-login
  PASSWORD_FILE: /run/secrets/password
  url: postgres://shop:hunter2@database/shop
  settings: "[database]
host = database
password = hunter2
"
  json: '{"auths": {"ghcr.io": {"auth": "c2hvcDpodW50ZXIy"}}}'
binaryData: {blob: cGFzc3dvcmQ9aHVudGVyMg==}
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: web, namespace: shop}
spec:
  template:
    metadata: {annotations: {example.com/token: ghp_0123456789abcdefghij}}
    spec:
      containers:
      - name: web
        args: [--password=hunter2, --api-key, hunter2, --password-file=/run/secret]
        command: [sh, -c, 'PGPASSWORD=hunter2 psql']
        env:
        - {name: API_TOKEN, value: hunter2}
        - {name: REDIS_PASSWORD, valueFrom: {secretKeyRef: {name: a, key: password}}}
        - {name: OTHER_PASSWORD, value: $(REDIS_PASSWORD)}
        - {name: ADMIN_PASSWORD, value: login}
---
apiVersion: v1
kind: Secret
metadata:
  name: login
  namespace: shop
  annotations:
    kubectl.kubernetes.io/last-applied-configuration: '{"kind":"Secret","stringData":{"password":"hunter2"}}'
---
apiVersion: external-secrets.io/v1
kind: ExternalSecret
metadata: {name: b, namespace: shop}
spec:
  target: {template: {data: {password: hunter2, login: '{{ .login }}'}}}
  data: [{secretKey: password, remoteRef: {key: shop, property: password}}, {secretKey: argocd-k8s-2f9d8c7b6a-token, remoteRef: {key: shop, property: token}}]
"#), @r"
        error: `ConfigMap shop/a` contains secrets in plain text: `binaryData.blob` (the value of `password`), `data.DB_PASSWORD` (the value of `DB_PASSWORD`), `data.json` (a registry login), `data.settings` (the value of `password`), `data.url` (a password in a URL): 1.yaml at binaryData.blob
          hint: read it from a store with an ExternalSecret, and refer to the Secret that this creates
        error: `Deployment shop/web` contains secrets in plain text: `spec.template.metadata.annotations.example.com/token` (a GitHub token), `spec.template.spec.containers.0.args` (the value of `api-key`), `spec.template.spec.containers.0.args.0` (the value of `password`), `spec.template.spec.containers.0.command.2` (the value of `PGPASSWORD`), `spec.template.spec.containers.0.env.0.value` (the value of `API_TOKEN`): 2.yaml at spec.template.metadata.annotations[example.com/token]
          hint: read it from a store with an ExternalSecret, and refer to the Secret that this creates
        error: `Secret shop/login` contains secrets in plain text: `metadata.annotations.kubectl.kubernetes.io/last-applied-configuration.stringData.password` (a value of a Secret): 3.yaml at metadata.annotations[kubectl.kubernetes.io/last-applied-configuration].stringData.password
          hint: read it from a store with an ExternalSecret, and refer to the Secret that this creates
        error: `ExternalSecret shop/b` contains secrets in plain text: `spec.target.template.data.password` (the value of `password`): 4.yaml at spec.target.template.data.password
          hint: read it from a store with an ExternalSecret, and refer to the Secret that this creates
        ");
    }
}
