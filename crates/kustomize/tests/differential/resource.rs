//! Random resources.

use crate::kustomization::Input;
use crate::random::Random;

/// Names, some of which read as numbers if unquoted.
pub(crate) const NAMES: [&str; 12] =
    ["web", "db", "api", "p-web", "web", "db", "api", "web", "12", "1e5", "1.10", "\"7\""];
pub(crate) const NAMESPACES: [&str; 4] = ["prod", "dev", "default", "kube-system"];
pub(crate) const KEYS: [&str; 5] = ["app", "env", "tier", "app.kubernetes.io/name", "a/b"];
pub(crate) const TEXTS: [&str; 8] =
    ["web", "prod", "\"1\"", "\"true\"", "\"null\"", "\"\"", "x-y", "\"a: b\""];
pub(crate) const IMAGES: [&str; 6] = [
    "nginx",
    "nginx:1.2",
    "host:5000/db@sha256:abc",
    "web:v1@sha256:def",
    "\"nginx:$(IMG)\"",
    "registry.io/web:2",
];
pub(crate) const KINDS: [(&str, &str); 22] = [
    ("apps/v1", "Deployment"),
    ("apps/v1", "StatefulSet"),
    ("apps/v1", "DaemonSet"),
    ("apps/v1", "ReplicaSet"),
    ("batch/v1", "Job"),
    ("batch/v1", "CronJob"),
    ("v1", "Pod"),
    ("v1", "Service"),
    ("v1", "ConfigMap"),
    ("v1", "Secret"),
    ("v1", "ServiceAccount"),
    ("v1", "Namespace"),
    ("v1", "PersistentVolumeClaim"),
    ("networking.k8s.io/v1", "Ingress"),
    ("networking.k8s.io/v1", "NetworkPolicy"),
    ("autoscaling/v2", "HorizontalPodAutoscaler"),
    ("policy/v1", "PodDisruptionBudget"),
    ("rbac.authorization.k8s.io/v1", "RoleBinding"),
    ("rbac.authorization.k8s.io/v1", "ClusterRole"),
    ("rbac.authorization.k8s.io/v1", "ClusterRoleBinding"),
    ("example.com/v1", "Foo"),
    ("apiextensions.k8s.io/v1", "CustomResourceDefinition"),
];

/// Indents the lines of a text.
pub(crate) fn indented(text: &str, by: usize) -> String {
    let pad = " ".repeat(by);
    text.lines()
        .map(|line| if line.is_empty() { "\n".to_owned() } else { format!("{pad}{line}\n") })
        .collect()
}

/// Returns some entries of a map, or an empty map.
pub(crate) fn entries(random: &mut Random) -> String {
    let mut text = String::new();
    let start = random.below(KEYS.len());
    for offset in 0..=random.below(2) {
        let key = KEYS.get((start + offset * 2) % KEYS.len()).copied().unwrap_or_default();
        text.push_str(&format!("{key}: {}\n", random.pick(&TEXTS)));
    }
    text
}

/// Returns the text of a YAML file with comments.
fn configuration(random: &mut Random) -> String {
    let mut text = random.maybe(20, "# top\n").to_owned();
    text.push_str(&random.maybe(15, "\n"));
    for part in ["a: 1", "b:", "  c: x", "l:", "- k: v", "- last", "z: end"] {
        let part = match part {
            "a: 1" => random.pick(&[
                "a: 1",
                "a: \"q\"",
                "a: [1,{x: y}]",
                "a: |\n  block\n  more",
                "a: >-\n  folded\n  text",
                "a:",
            ]),
            "  c: x" => {
                random.pick(&["  c: x", "  c: 'x'", "  c: 5", "  c: true", "  c:", "  d: {}\n  c: \"x\""])
            }
            "- k: v" => random.pick(&[
                "- k: v",
                "- k: v\n  m: n",
                "- - deep\n  - list",
                "  - wide: 1",
                "-",
                "- k:\n  - v",
            ]),
            "- last" if text.contains("wide: 1") => "  - last",
            part => part,
        };
        let indent = part.len() - part.trim_start().len();
        text.push_str(&random.maybe(10, "\n"));
        if random.chance(12) {
            text.push_str(&format!("{:indent$}# above\n", ""));
            // Below an element it would belong to a later one.
            let is_element = part.trim_start().starts_with('-');
            text.push_str(&random.maybe(if is_element { 0 } else { 20 }, "\n"));
        }
        text.push_str(part);
        text.push_str(&random.maybe(if part == "-" { 0 } else { 10 }, " # behind"));
        text.push('\n');
    }
    text.push_str(&random.maybe(10, "\n"));
    text + &random.maybe(10, "# end\n")
}

/// Returns a kustomization with many ConfigMaps that contain such a text, in which a value is replaced.
pub(crate) fn texts(seed: u64) -> Input {
    let mut random = Random::new(seed);
    let (mut all, mut kustomization) = (String::new(), "resources: [all.yaml]\nreplacements:\n".to_owned());
    for number in 0..50 {
        let text = indented(&configuration(&mut random), 4);
        let separator = if number == 0 { "" } else { "---\n" };
        all.push_str(&format!(
            "{separator}apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: text-{number}\ndata:\n  conf.yaml: |\n{text}"
        ));
        let path = random.pick(&["a", "z", "l.0", "b.c", "b.new", "new.deep"]);
        let value = random.pick(&["new", "5", "true", "it''s: x", "# no", "", "two words"]);
        kustomization.push_str(&format!(
            "- sourceValue: '{value}'\n  targets:\n  - select: {{name: text-{number}}}\n    options: {{create: true}}\n    fieldPaths: ['data.conf\\.yaml.{path}']\n"
        ));
    }
    let files = [("all.yaml".to_owned(), all), ("kustomization.yaml".to_owned(), kustomization)].into();
    Input { folder: ".".to_owned(), files }
}

fn metadata(random: &mut Random, name: &str) -> String {
    let mut text = format!("metadata:\n  name: {name}\n");
    if random.chance(25) {
        text.push_str(&format!("  namespace: {}\n", random.pick(&NAMESPACES)));
    }
    text.push_str(&random.maybe(10, "  finalizers: [a, b]\n"));
    for field in ["labels", "annotations"] {
        if random.chance(30) {
            text.push_str(&format!("  {field}:\n{}", indented(&entries(random), 4)));
        } else if random.chance(4) {
            text.push_str(&format!("  {field}: {{}}\n"));
        }
    }
    text
}

fn container(random: &mut Random, name: &str) -> String {
    let mut text = format!("- name: {name}\n  image: {}\n", random.pick(&IMAGES));
    if random.chance(40) {
        text.push_str("  env:\n  - name: A\n    value: $(VAR)-x\n  - name: B\n    valueFrom:\n");
        let (field, name) = (random.pick(&["configMapKeyRef", "secretKeyRef"]), random.pick(&NAMES));
        text.push_str(&format!("      {field}:\n        name: {name}\n        key: k\n"));
    }
    if random.chance(25) {
        text.push_str(
            "  ports:\n  - containerPort: 80\n    protocol: TCP\n  - containerPort: 80\n    protocol: UDP\n",
        );
    }
    if random.chance(25) {
        text.push_str("  args: [\"--a\", \"$(VAR)\", \"b\"]\n");
    }
    if random.chance(20) {
        text.push_str(&format!("  envFrom:\n  - configMapRef:\n      name: {}\n", random.pick(&NAMES)));
    }
    if random.chance(20) {
        text.push_str("  resources: {limits: {cpu: 100m, memory: 1Gi}}\n");
    }
    text
}

/// Returns a pod template without its key.
fn template(random: &mut Random) -> String {
    let mut text = String::new();
    if random.chance(60) {
        text.push_str(&format!("metadata:\n  labels:\n{}", indented(&entries(random), 4)));
        if random.chance(30) {
            text.push_str(&format!("  annotations:\n{}", indented(&entries(random), 4)));
        }
    }
    text.push_str(&format!("spec:\n{}", indented(&pod(random), 2)));
    text
}

fn pod(random: &mut Random) -> String {
    let mut text = String::from("containers:\n");
    text.push_str(&container(random, "main"));
    if random.chance(30) {
        text.push_str(&container(random, "side"));
    }
    if random.chance(20) {
        text.push_str(&format!("initContainers:\n{}", container(random, "init")));
    }
    if random.chance(40) {
        let (map, secret) = (random.pick(&NAMES), random.pick(&NAMES));
        text.push_str(&format!(
            "volumes:\n- name: c\n  configMap:\n    name: {map}\n- name: s\n  secret:\n    secretName: {secret}\n"
        ));
    }
    if random.chance(25) {
        text.push_str(&format!("serviceAccountName: {}\n", random.pick(&NAMES)));
    }
    text.push_str(&random.maybe(10, "imagePullSecrets: [{name: db}, {name: web}]\n"));
    text.push_str(&random.maybe(10, "hostAliases:\n- ip: 1.2.3.4\n  hostnames: [b]\n"));
    if random.chance(15) {
        text.push_str(
            "topologySpreadConstraints:\n- topologyKey: zone\n  labelSelector:\n    matchLabels: {a: b}\n",
        );
    }
    text
}

fn workload(random: &mut Random, kind: &str) -> String {
    let mut text = String::from("spec:\n");
    if kind != "Job" && kind != "DaemonSet" && random.chance(50) {
        text.push_str(&format!("  replicas: {}\n", random.below(4)));
    }
    if kind != "Job" && random.chance(60) {
        text.push_str(&format!("  selector:\n    matchLabels:\n{}", indented(&entries(random), 6)));
    }
    if kind == "StatefulSet" {
        text.push_str(&format!("  serviceName: {}\n", random.pick(&NAMES)));
        if random.chance(60) {
            text.push_str("  volumeClaimTemplates:\n  - metadata:\n      name: data\n");
            text.push_str(&random.maybe(40, "      labels:\n        app: web\n"));
            text.push_str(
                &random.maybe(40, "  - metadata:\n      name: more\n    spec: {storageClassName: db}\n"),
            );
        }
    }
    text.push_str(&format!("  template:\n{}", indented(&template(random), 4)));
    text
}

fn subjects(random: &mut Random) -> String {
    let mut text = String::from("subjects:\n");
    for _ in 0..=random.below(2) {
        let name = if random.chance(40) { "default" } else { random.pick(&NAMES) };
        text.push_str(&format!("- kind: ServiceAccount\n  name: {name}\n"));
        if random.chance(70) {
            text.push_str(&format!("  namespace: {}\n", random.pick(&NAMESPACES)));
        }
    }
    text
}

/// Returns the fields of a kind besides its metadata.
fn body(random: &mut Random, kind: &str) -> String {
    let name = random.pick(&NAMES);
    match kind {
        "Deployment" | "StatefulSet" | "DaemonSet" | "ReplicaSet" | "Job" => workload(random, kind),
        "CronJob" => format!(
            "spec:\n  jobTemplate:\n    spec:\n      template:\n{}",
            indented(&template(random), 8)
        ),
        "Pod" => format!("spec:\n{}", indented(&pod(random), 2)),
        "Service" => {
            let mut text = String::from("spec:\n  ports:\n  - port: 80\n    targetPort: http\n");
            if random.chance(60) {
                text.push_str(&format!("  selector:\n{}", indented(&entries(random), 4)));
            }
            text
        }
        "ConfigMap" if random.chance(15) => format!(
            "data:\n  k: {}\n  folded: >-\n    one\n     more\n\n    two\n  literal: |\n    a: 1\n",
            random.pick(&TEXTS)
        ),
        "ConfigMap" => format!(
            "data:\n  k: {}\n  url: http://{name}.prod:80/x\n{}",
            random.pick(&TEXTS),
            if random.chance(40) { format!("  conf.yaml: |\n{}", indented(&configuration(random), 4)) } else { String::new() }
        ),
        "Secret" if random.chance(20) => {
            "stringData: &all\n  k: &k v\n  l: *k\nmore:\n  <<: *all\n  k: own\n".to_owned()
        }
        "Secret" => "stringData:\n  k: v\n".to_owned(),
        "PersistentVolumeClaim" => format!("spec:\n  volumeName: {name}\n  accessModes: [ReadWriteOnce]\n"),
        "Ingress" => format!(
            "spec:\n  tls:\n  - secretName: {name}\n    hosts: [\"$(HOST)\"]\n  rules:\n  - host: a.b\n    http:\n      paths:\n      - path: /\n        backend:\n          service:\n            name: {name}\n            port: {{number: 80}}\n"
        ),
        "NetworkPolicy" => {
            "spec:\n  podSelector:\n    matchLabels: {app: web}\n  ingress:\n  - from:\n    - podSelector:\n        matchLabels: {app: db}\n".to_owned()
        }
        "HorizontalPodAutoscaler" => format!(
            "spec:\n  scaleTargetRef:\n    apiVersion: apps/v1\n    kind: {}\n    name: {name}\n",
            random.pick(&["Deployment", "StatefulSet"])
        ),
        "PodDisruptionBudget" => "spec:\n  minAvailable: 1\n  selector:\n    matchLabels:\n      app: web\n".to_owned(),
        "RoleBinding" | "ClusterRoleBinding" => format!(
            "roleRef:\n  apiGroup: rbac.authorization.k8s.io\n  kind: ClusterRole\n  name: {name}\n{}",
            subjects(random)
        ),
        "ClusterRole" => format!("rules:\n- verbs: [get]\n  resources: [secrets]\n  resourceNames: [{name}, x]\n"),
        "Foo" => format!(
            "spec:\n  ref: {{name: {name}, kind: Service}}\n  image: {}\n  list:\n  - name: a\n    v: 1\n  - name: b\n    v: 2\n  labels: {{x: y}}\n",
            random.pick(&IMAGES)
        ),
        _ => String::new(),
    }
}

/// Returns a resource, and its kind, API version and name.
pub(crate) fn resource(random: &mut Random) -> (String, Named) {
    let (api_version, kind) = KINDS.get(random.below(KINDS.len())).copied().unwrap_or_default();
    let name = random.pick(&NAMES).to_owned();
    let metadata = metadata(random, &name);
    let text = format!("apiVersion: {api_version}\nkind: {kind}\n{metadata}{}", body(random, kind));
    (text, Named { api_version: api_version.to_owned(), kind: kind.to_owned(), name })
}

/// What identifies a created resource.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Named {
    pub(crate) api_version: String,
    pub(crate) kind: String,
    pub(crate) name: String,
}
