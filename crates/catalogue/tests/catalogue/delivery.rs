//! The delivery of the tree: Argo CD's own installation, and the two ways in which it finds the components.

use std::fmt::Write as _;

use aqueduct_manifest::{Files, Object, Value, yaml};

use super::rendering;

const PLATFORM: &str = r#"
name = "shop"
repository = "https://example.com/shop.git"

[environments.dev]
kubernetes = "1.33"
domain = "dev.example.com"
apis = ["cert-manager.io/v1", "external-secrets.io/v1"]
ingress-class = "nginx"
cluster-issuer = "letsencrypt"
secret-store = "platform"
"#;

const DELIVERY: &str =
    "owners = [\"operators\", \"user:anna@example.com\"]\nsystem = true\nnamespace = \"argocd\"\n";

const ARGOCD: &str = r#"
kind = "argocd"
host = "argocd.dev.example.com"

[remotes]
server = "dev/argocd"
repository = "dev/repository"
redis = "dev/redis"
"#;

fn files(platform: &str, argocd: &str) -> Files {
    let mut files = Files::new();
    files.insert("platform.toml", platform.as_bytes());
    files.insert("tenants/delivery/tenant.toml", DELIVERY.as_bytes());
    files.insert("tenants/delivery/argocd.toml", argocd.as_bytes());
    files
}

/// Renders a platform whose only component is Argo CD, and returns the objects as YAML or the errors.
fn check(platform: &str, argocd: &str) -> String {
    let (objects, diagnostics) = rendering::objects(&files(platform, argocd));
    if diagnostics.is_empty() {
        return written(&objects);
    }
    let mut text = String::new();
    for diagnostic in &diagnostics {
        let _ = writeln!(text, "{diagnostic}");
        for hint in &diagnostic.hints {
            let _ = writeln!(text, "  hint: {hint}");
        }
    }
    text
}

fn written(objects: &[Object]) -> String {
    let write = |object: &Object| format!("---\n{}", yaml::write(&object.map.clone().into()));
    objects.iter().map(write).collect()
}

#[test]
fn argocd_delivers_itself() {
    insta::assert_snapshot!(check(PLATFORM, ARGOCD));
}

#[test]
fn logins_of_a_provider_take_the_place_of_the_shared_one() {
    let argocd = format!(
        "{ARGOCD}\n[login]\nname = \"Company\"\nissuer = \"https://login.example.com\"\nclient = \"argocd\"\n"
    );
    let (objects, diagnostics) = rendering::objects(&files(PLATFORM, &argocd));
    assert!(diagnostics.is_empty(), "{diagnostics:?}");
    let of = |name: &str| objects.iter().filter(|object| object.name() == name).cloned().collect::<Vec<_>>();
    insta::assert_snapshot!(written(&of("argocd-cm")) + &written(&of("argocd-secret")));
}

#[test]
fn a_parameter_replaces_the_pods() {
    let digest = |argocd: &str| -> Vec<String> {
        let (objects, diagnostics) = rendering::objects(&files(PLATFORM, argocd));
        assert!(diagnostics.is_empty(), "{diagnostics:?}");
        let path = ["spec", "template", "metadata", "annotations", "aqueduct.dev/config-digest"];
        objects.iter().filter_map(|object| object.at(&path)?.as_str().map(str::to_owned)).collect()
    };
    let later = ARGOCD.replace("\nhost =", "\nsync-timeout = \"1h\"\nhost =");
    let (before, after) = (digest(ARGOCD), digest(&later));
    assert_eq!(before.len(), 5, "each program has the digest");
    assert!(before.iter().zip(&after).all(|(before, after)| before != after));
}

#[test]
fn repositories_behind_ssh() {
    let ssh = PLATFORM.replace("https://example.com/shop.git", "ssh://git@example.com:2222/shop.git");
    let argocd = ARGOCD.replace("\nhost =", "\nknown-hosts = \"example.com ssh-ed25519 AAAA\\n\"\nhost =");
    let (components, diagnostics) = rendering::components(&files(&ssh, &argocd));
    assert!(diagnostics.is_empty(), "{diagnostics:?}");
    let objects: Vec<Object> = components.into_iter().flat_map(|component| component.objects).collect();
    let names = ["argocd-repository", "argocd-ssh-known-hosts-cm", "argocd-repo-server"];
    let is_meant = |object: &&Object| {
        names.contains(&object.name())
            && ["ConfigMap", "Deployment", "ExternalSecret", "NetworkPolicy"].contains(&object.kind())
    };
    insta::assert_snapshot!(written(&objects.iter().filter(is_meant).cloned().collect::<Vec<_>>()));
}

#[test]
fn what_argocd_refuses() {
    let elsewhere =
        PLATFORM.replace("\n[environments.dev]", "\n[argocd]\nnamespace = \"gitops\"\n\n[environments.dev]");
    insta::assert_snapshot!("another_namespace", check(&elsewhere, ARGOCD));
    let ssh = PLATFORM.replace("https://example.com/shop.git", "git@example.com:shop.git");
    insta::assert_snapshot!("an_unknown_host", check(&ssh, ARGOCD));
    let git = PLATFORM.replace("https://example.com/shop.git", "git://example.com/shop.git");
    insta::assert_snapshot!("a_repository_without_logins", check(&git, ARGOCD));
    insta::assert_snapshot!("a_misspelt_field", check(PLATFORM, &ARGOCD.replace("redis =", "reddis =")));
    insta::assert_snapshot!(
        "no_secret_store",
        check(&PLATFORM.replace("secret-store = \"platform\"\n", ""), ARGOCD)
    );
}

/// Returns the objects that deliver the tree, folder by folder.
fn delivery(files: &Files) -> String {
    let (components, diagnostics) = rendering::components(files);
    assert!(diagnostics.is_empty(), "{diagnostics:?}");
    let folders = components.iter().filter(|component| component.tenant == aqueduct_render::argocd::ROOT);
    folders.map(|folder| format!("# {}\n{}", folder.folder(), written(&folder.objects))).collect()
}

#[test]
fn one_application_for_each_component() {
    insta::assert_snapshot!(delivery(&files(PLATFORM, ARGOCD)));
}

/// A platform with one tenant with manifests; `platform` and `tenant` are the rest of their files.
fn shop(platform: &str, tenant: &str, components: &[(&str, &str, &str)]) -> Files {
    let mut files = Files::new();
    files.insert(
        "platform.toml",
        format!("name = \"shop\"\nrepository = \"https://example.com/shop.git\"\n{platform}").as_bytes(),
    );
    files.insert("tenants/shop/tenant.toml", tenant.as_bytes());
    for (name, more, manifest) in components {
        let toml = format!("kind = \"manifests\"\npath = \"{name}.yaml\"\n{more}");
        files.insert(format!("tenants/shop/{name}.toml"), toml.as_bytes());
        files.insert(format!("tenants/shop/{name}.yaml"), manifest.as_bytes());
    }
    files
}

const DEV: &str = "[environments.dev]\ndomain = \"dev.example.com\"\n";
const CONFIG_MAP: &str = "{apiVersion: v1, kind: ConfigMap, metadata: {name: a}}";

#[test]
fn all_that_an_application_can_say() {
    let component = r#"
[delivery]
name = "legacy-shop"
automatic = true
prune = false
self-heal = false
allow-empty = true
sync-options = ["Replace=true", "PruneLast=false"]
removal = "background"
revision = "v2"
project = "legacy"
wave = -3
labels = { team = "shop" }
annotations = { "notifications.argoproj.io/subscribe.on-sync-failed.slack" = "${tenant.name}" }
info = { runbook = "https://example.com/${component.name}" }
history = 10
retry = { limit = -1, duration = "90s", factor = 3, max-duration = "1h", refresh = true }

[[delivery.ignore-differences]]
kind = "Deployment"
pointers = ["/spec/replicas"]

[[delivery.ignore-differences]]
group = "example.com"
kind = "Thing"
name = "a"
namespace = "shop"
jq = [".spec.list[]?.field"]
managers = ["kube-controller-manager"]
"#;
    insta::assert_snapshot!(delivery(&shop(
        DEV,
        "[delivery]\nautomatic = false\n",
        &[("said", component, CONFIG_MAP), ("silent", "", CONFIG_MAP),]
    )));
}

#[test]
fn one_argo_cd_for_two_clusters() {
    let platform = r#"
path = "deploy"
[delivery]
namespace = "applications"
[environments.eu]
domain = "eu.example.com"
cluster = "https://eu.example.com:6443"
revision = "release"
[environments.us]
extends = "eu"
cluster = "us"
repository = "git@example.com:shop-us.git"
path = "trees/us"
"#;
    let tenant = "owners = [\"shop\"]\n[environments.us.delivery]\nremoval = \"keep\"\n";
    insta::assert_snapshot!(delivery(&shop(platform, tenant, &[("config", "", CONFIG_MAP)])));
}

#[test]
fn environments_of_one_cluster() {
    let platform = "[environments.dev]\ndomain = \"dev.example.com\"\nnamespace-suffix = \"-dev\"\n[environments.test]\nextends = \"dev\"\nnamespace-suffix = \"-test\"\n";
    let files = shop(platform, "[isolation]\nallow-from = [\"shop\"]\n", &[("config", "", CONFIG_MAP)]);
    let (components, diagnostics) = rendering::components(&files);
    assert!(diagnostics.is_empty(), "{diagnostics:?}");
    let objects: Vec<Object> = components.into_iter().flat_map(|component| component.objects).collect();
    let is_meant = |object: &&Object| {
        ["Namespace", "ConfigMap"].contains(&object.kind()) || object.name() == "allow-from"
    };
    insta::assert_snapshot!(written(&objects.iter().filter(is_meant).cloned().collect::<Vec<_>>()));
}

#[test]
fn a_tenant_in_one_order() {
    let job = "{apiVersion: batch/v1, kind: Job, metadata: {generateName: before-, annotations: {argocd.argoproj.io/hook: PreSync}}}";
    let mut files = shop(
        DEV,
        "[delivery]\norder = \"always\"\n",
        &[
            ("first", "", CONFIG_MAP),
            (
                "second",
                "depends-on = [\"first\"]\n[[delivery.ignore-differences]]\nkind = \"ConfigMap\"\npointers = [\"/data\"]\n",
                &format!("{}\n---\n{}", CONFIG_MAP.replace("name: a", "name: b"), job),
            ),
        ],
    );
    files.insert("tenants/other/tenant.toml", b"system = true\n".as_slice());
    files.insert("tenants/other/base.toml", b"kind = \"manifests\"\npath = \"a.yaml\"\n".as_slice());
    files.insert("tenants/other/a.yaml", CONFIG_MAP.as_bytes());
    files.insert(
        "tenants/shop/third.toml",
        b"kind = \"manifests\"\npath = \"third.yaml\"\ndepends-on = [\"other/base\"]\n".as_slice(),
    );
    files.insert("tenants/shop/third.yaml", b"{apiVersion: v1, kind: Secret, metadata: {name: c, annotations: {argocd.argoproj.io/sync-wave: \"-1\"}}}".as_slice());
    let (components, diagnostics) = rendering::components(&files);
    assert!(diagnostics.is_empty(), "{diagnostics:?}");
    let mut text = String::new();
    for object in components.iter().flat_map(|component| &component.objects) {
        let wave = object.annotation("argocd.argoproj.io/sync-wave").unwrap_or("-");
        let hook = object.annotation("argocd.argoproj.io/hook").unwrap_or_default();
        let _ = writeln!(text, "{wave} {} {} {hook}", object.kind(), object.name());
    }
    insta::assert_snapshot!(text + &delivery(&files));
}

#[test]
fn what_changes_in_the_cluster_is_left_alone() {
    let workload = "
{apiVersion: apps/v1, kind: Deployment, metadata: {name: web}, spec: {replicas: 3}}
---
{apiVersion: apps/v1, kind: Deployment, metadata: {name: free}, spec: {replicas: 3}}
---
{apiVersion: apps/v1, kind: StatefulSet, metadata: {name: store}, spec: {replicas: 3}}
---
{apiVersion: keda.sh/v1alpha1, kind: ScaledObject, metadata: {name: store}, spec: {scaleTargetRef: {kind: StatefulSet, name: store}}}
";
    let scaler = "{apiVersion: autoscaling/v2, kind: HorizontalPodAutoscaler, metadata: {name: web}, spec: {scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: web}}}";
    let definition = "
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: {name: things.example.com}
spec:
  group: example.com
  scope: Namespaced
  names: {kind: Thing, plural: things}
  versions:
  - {name: v1, schema: {openAPIV3Schema: {properties: {spec: {properties: {items: {items: {properties: {mode: {type: string, default: fast}}}}}}}}}}
";
    let thing = "{apiVersion: example.com/v1, kind: Thing, metadata: {name: a}, spec: {items: [{name: a}]}}";
    let files = shop(
        DEV,
        "[delivery]\ncluster-kinds = [\"apiextensions.k8s.io/*\"]\n",
        &[
            ("definition", "", definition),
            ("scaler", "", scaler),
            ("thing", "", thing),
            ("workload", "", workload),
        ],
    );
    insta::assert_snapshot!(delivery(&files));
}

#[test]
fn what_a_tenant_may_not_own() {
    let roles = "
{apiVersion: rbac.authorization.k8s.io/v1, kind: ClusterRole, metadata: {name: a}}
---
{apiVersion: rbac.authorization.k8s.io/v1, kind: ClusterRole, metadata: {name: b}}
---
{apiVersion: rbac.authorization.k8s.io/v1, kind: ClusterRoleBinding, metadata: {name: a}}
---
{apiVersion: v1, kind: Secret, metadata: {name: a}}
";
    let tenant = "[delivery]\nkinds = [\"ConfigMap\", \"*.k8s.io/*\"]\ncluster-kinds = [\"rbac.authorization.k8s.io/ClusterRoleBinding\"]\n";
    let (_, diagnostics) = rendering::components(&shop(DEV, tenant, &[("roles", "", roles)]));
    let text =
        |diagnostic: &aqueduct_manifest::Diagnostic| format!("{diagnostic}\n  {:?}\n", diagnostic.hints);
    insta::assert_snapshot!(diagnostics.iter().map(text).collect::<String>());
}

const GUARD: &str = r#"
apiVersion: admissionregistration.k8s.io/v1
kind: ValidatingWebhookConfiguration
metadata: {name: guard}
webhooks:
- name: guard.example.com
  failurePolicy: POLICY
  clientConfig: {service: {name: guard, namespace: guard}}
  rules:
  - {apiGroups: [""], apiVersions: [v1], operations: [CREATE], resources: [configmaps]}
"#;

/// Returns the wave of each component of a platform in which a webhook validates ConfigMaps. Its Service is in a
/// separate component, which needs a ConfigMap itself.
fn waves_beside_a_webhook(policy: &str) -> String {
    let mut files = files(PLATFORM, ARGOCD);
    let config_map = "{apiVersion: v1, kind: ConfigMap, metadata: {name: a}}";
    let service = "{apiVersion: v1, kind: Service, metadata: {name: guard}, spec: {ports: [{port: 443}]}}";
    let mut add = |tenant: &str, component: &str, manifest: &str, more: &str| {
        files.insert(
            format!("tenants/{tenant}/tenant.toml"),
            b"delivery = { cluster-kinds = [\"*\"] }\n".as_slice(),
        );
        let toml = format!("kind = \"manifests\"\npath = \"{component}.yaml\"\n{more}");
        files.insert(format!("tenants/{tenant}/{component}.toml"), toml.as_bytes());
        files.insert(format!("tenants/{tenant}/{component}.yaml"), manifest.as_bytes());
    };
    add("guard", "registration", &GUARD.replace("POLICY", policy), "");
    add("guard", "server", service, "depends-on = [\"settings\"]\n");
    add("guard", "settings", config_map, "");
    add("shop", "config", config_map, "");
    add("shop", "storage", "{apiVersion: v1, kind: PersistentVolumeClaim, metadata: {name: a}}", "");
    let (components, diagnostics) = rendering::components(&files);
    assert!(diagnostics.is_empty(), "{diagnostics:?}");
    let mut text = String::new();
    for object in components.iter().flat_map(|component| &component.objects) {
        let wave = object.annotation("argocd.argoproj.io/sync-wave");
        if object.kind() == "Application"
            && let Some(wave) = wave
        {
            let _ = writeln!(text, "{wave} {}", object.name());
        }
    }
    text
}

#[test]
fn what_a_webhook_admits_follows_it() {
    insta::assert_snapshot!("a_webhook_that_must_answer", waves_beside_a_webhook("Fail"));
    insta::assert_snapshot!("a_webhook_that_may_be_silent", waves_beside_a_webhook("Ignore"));
}

#[test]
fn each_program_reaches_what_it_needs_and_no_more() {
    let (components, diagnostics) = rendering::components(&files(PLATFORM, ARGOCD));
    assert!(diagnostics.is_empty(), "{diagnostics:?}");
    let objects = components.into_iter().flat_map(|component| component.objects);
    let policies: Vec<Object> = objects.filter(|object| object.kind() == "NetworkPolicy").collect();
    let mut text = String::new();
    for policy in policies.iter().filter(|policy| policy.name().starts_with("argocd-")) {
        for direction in ["ingress", "egress"] {
            for rule in policy.at(&["spec", direction]).and_then(Value::as_list).into_iter().flatten() {
                let side = if direction == "ingress" { "from" } else { "to" };
                let peers = rule.get(side).and_then(Value::as_list).into_iter().flatten().map(peer);
                let ports = rule.get("ports").and_then(Value::as_list).into_iter().flatten();
                let ports: Vec<String> =
                    ports.filter_map(|port| Some(port.get("port")?.as_i64()?.to_string())).collect();
                let _ = writeln!(
                    text,
                    "{} {side} {}: {}",
                    policy.name(),
                    peers.collect::<Vec<_>>().join(", "),
                    ports.join(" ")
                );
            }
        }
    }
    insta::assert_snapshot!(text);
}

/// Returns a peer of a policy as one word.
fn peer(peer: &Value) -> String {
    let text = |path: &[&str]| peer.at(path).and_then(Value::as_str).map(str::to_owned);
    text(&["podSelector", "matchLabels", "app.kubernetes.io/name"])
        .or_else(|| text(&["ipBlock", "cidr"]))
        .unwrap_or_else(|| "the cluster".to_owned())
}
