//! What delivers the tree: Argo CD's own install, and the two ways in which it learns of the components.

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

/// Renders a platform whose only component is Argo CD, and returns the objects as YAML or what is wrong.
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
    let digest = |platform: &str| -> Vec<String> {
        let (objects, diagnostics) = rendering::objects(&files(platform, ARGOCD));
        assert!(diagnostics.is_empty(), "{diagnostics:?}");
        let path = ["spec", "template", "metadata", "annotations", "aqueduct.dev/config-digest"];
        objects.iter().filter_map(|object| object.at(&path)?.as_str().map(str::to_owned)).collect()
    };
    let (applications, one_set) = (digest(PLATFORM), digest(&with_style("applicationset")));
    assert_eq!(applications.len(), 5, "each program has the digest");
    assert!(
        applications.iter().zip(&one_set).all(|(before, after)| before != after),
        "a set needs progressive syncs"
    );
}

#[test]
fn what_argocd_refuses() {
    let elsewhere =
        PLATFORM.replace("\n[environments.dev]", "\n[argocd]\nnamespace = \"gitops\"\n\n[environments.dev]");
    insta::assert_snapshot!("another_namespace", check(&elsewhere, ARGOCD));
    let ssh = PLATFORM.replace("https://example.com/shop.git", "git@example.com:shop.git");
    insta::assert_snapshot!("a_repository_behind_ssh", check(&ssh, ARGOCD));
    insta::assert_snapshot!("a_misspelt_field", check(PLATFORM, &ARGOCD.replace("redis =", "reddis =")));
    insta::assert_snapshot!(
        "no_secret_store",
        check(&PLATFORM.replace("secret-store = \"platform\"\n", ""), ARGOCD)
    );
}

fn with_style(style: &str) -> String {
    PLATFORM
        .replace("\n[environments.dev]", &format!("\n[argocd]\nstyle = \"{style}\"\n\n[environments.dev]"))
}

/// Returns what delivers the tree, folder by folder.
fn delivery(platform: &str) -> String {
    let (components, diagnostics) = rendering::components(&files(platform, ARGOCD));
    assert!(diagnostics.is_empty(), "{diagnostics:?}");
    let folders = components.iter().filter(|component| component.tenant == aqueduct_render::argocd::ROOT);
    folders.map(|folder| format!("# {}\n{}", folder.folder(), written(&folder.objects))).collect()
}

#[test]
fn one_application_for_each_component() {
    insta::assert_snapshot!(delivery(&with_style("applications")));
}

#[test]
fn one_application_set_for_all_components() {
    insta::assert_snapshot!(delivery(&with_style("applicationset")));
}

#[test]
fn a_set_leaves_manual_environments_to_people() {
    let manual = with_style("applicationset").replace("domain =", "sync = \"manual\"\ndomain =");
    let text = delivery(&manual);
    assert!(!text.contains("RollingSync") && !text.contains("automated:"), "{text}");
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

/// Returns the wave of each component of a platform in which a webhook judges ConfigMaps. Its Service stands in a
/// component of its own, which needs a ConfigMap itself.
fn waves_beside_a_webhook(policy: &str) -> String {
    let mut files = files(PLATFORM, ARGOCD);
    let config_map = "{apiVersion: v1, kind: ConfigMap, metadata: {name: a}}";
    let service = "{apiVersion: v1, kind: Service, metadata: {name: guard}, spec: {ports: [{port: 443}]}}";
    let mut add = |tenant: &str, component: &str, manifest: &str, more: &str| {
        files.insert(format!("tenants/{tenant}/tenant.toml"), b"owners = [\"operators\"]\n".as_slice());
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

/// Returns a peer of a policy in a word.
fn peer(peer: &Value) -> String {
    let text = |path: &[&str]| peer.at(path).and_then(Value::as_str).map(str::to_owned);
    text(&["podSelector", "matchLabels", "app.kubernetes.io/name"])
        .or_else(|| text(&["ipBlock", "cidr"]))
        .unwrap_or_else(|| "the cluster".to_owned())
}
