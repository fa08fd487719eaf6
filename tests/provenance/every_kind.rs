//! Every kind with a fault in each field that a rule can find one in, and where each finding points.

use aqueduct::{Files, stock};

use crate::bridge::Bridge;
use crate::{PLATFORM, findings};

/// More than any node has.
const SIZE: &str = "[resources]\nrequests = { cpu = \"50\", memory = \"64Gi\" }\nlimits = { cpu = \"60\", memory = \"96Gi\" }\n";
/// A disk of a class that is not there.
const DISK: &str = "storage = { size = \"9Ti\", class = \"absent\" }\n";
/// A priority that is not there.
const CLASS: &str = "scheduling = { priority-class = \"absent\" }\n";
/// A host that somebody else has, and a class that is not there.
const INGRESS: &str = "ingress = { host = \"taken.example.com\", class = \"absent\", tls = false }\n";

/// Fields of programs, with their faults.
const PROGRAM: &str = r#"
image = "web:latest"
pull-secret = { existing = "absent-login" }
[ports]
http = 8080
[secrets.key]
existing = "absent-key"
keys = ["KEY"]
[security]
user = 0
[certificate]
issuer = "absent"
names = ["web.example.com"]
mount = "/tls"
[metrics]
port = "http"
[scheduling]
priority-class = "absent"
"#;
const NODE: &str = "[volumes]\nhost = { mount = \"/host\", node = \"/var/log\" }\n";
const VOLUME: &str =
    "[volumes]\ndata = { mount = \"/data\", size = \"9Ti\", persistent = true, class = \"absent\" }\n";

/// A kind, and its fields with faults.
struct Case {
    kind: &'static str,
    fields: String,
    /// Others that it refers to.
    others: &'static [(&'static str, &'static str)],
}

fn case(kind: &'static str, fields: &[&str]) -> Case {
    Case { kind, fields: fields.concat(), others: &[] }
}

const STORE: &[(&str, &str)] = &[(
    "store.toml",
    "kind = \"elasticsearch\"\nremote = \"prod/store\"\n[resources]\nrequests = { cpu = \"100m\", memory = \"1Gi\" }\nlimits = { cpu = \"1\", memory = \"1Gi\" }\n",
)];
const CACHE: &[(&str, &str)] = &[(
    "store.toml",
    "kind = \"redis\"\nremote = \"prod/store\"\n[resources]\nrequests = { cpu = \"100m\", memory = \"1Gi\" }\nlimits = { cpu = \"1\", memory = \"1Gi\" }\n",
)];
const LOGS: &[(&str, &str)] = &[(
    "store.toml",
    "kind = \"loki\"\nstorage = { size = \"1Gi\" }\n[resources]\nrequests = { cpu = \"100m\", memory = \"1Gi\" }\nlimits = { cpu = \"1\", memory = \"1Gi\" }\n",
)];

fn cases() -> Vec<Case> {
    let image = "image = \"web:latest\"\n";
    let remote = "remote = \"prod/web\"\n";
    let scaled = "autoscaling = { min = 2, max = 90, cpu = 80 }\n";
    let receiver = "receiver = \"team\"\n[receivers.team]\nslack = { channel = \"#a\", secret = \"url\" }\n";
    vec![
        case("service", &[scaled, INGRESS, PROGRAM, NODE, SIZE]),
        case("worker", &["replicas = 90\n", PROGRAM, NODE, SIZE]),
        case("stateful", &["replicas = 90\n", INGRESS, PROGRAM, VOLUME, SIZE]),
        case("daemon", &[PROGRAM, NODE, SIZE]),
        case("job", &[PROGRAM, NODE, SIZE]),
        case("cron-job", &["schedule = \"0 3 * * *\"\n", PROGRAM, NODE, SIZE]),
        case("redis", &[image, remote, DISK, CLASS, SIZE]),
        case("postgres", &["mode = \"in-cluster\"\n", image, remote, DISK, CLASS, SIZE]),
        case("etcd", &[image, DISK, CLASS, SIZE]),
        case("elasticsearch", &[image, remote, DISK, CLASS, SIZE]),
        Case {
            others: CACHE,
            ..case("backup", &["of = \"store\"\nschedule = \"0 3 * * *\"\n", image, DISK, SIZE])
        },
        case("config", &["[files.\"a.conf\"]\ntext = \"a\"\n"]),
        case("secret", &[remote, "keys = [\"KEY\"]\n"]),
        case("alertmanager", &[image, remote, DISK, CLASS, receiver, SIZE]),
        case(
            "argocd",
            &[
                image,
                "redis-image = \"redis:latest\"\nhost = \"taken.example.com\"\nremotes = { server = \"a\", redis = \"b\" }\n",
                CLASS,
                "[resources]\n",
                "controller = { requests = { cpu = \"50\", memory = \"1Gi\" }, limits = { cpu = \"60\", memory = \"1Gi\" } }\n",
                "repository-server = { requests = { cpu = \"50\", memory = \"1Gi\" }, limits = { cpu = \"60\", memory = \"1Gi\" } }\n",
                "server = { requests = { cpu = \"50\", memory = \"1Gi\" }, limits = { cpu = \"60\", memory = \"1Gi\" } }\n",
                "application-sets = { requests = { cpu = \"50\", memory = \"1Gi\" }, limits = { cpu = \"60\", memory = \"1Gi\" } }\n",
                "redis = { requests = { cpu = \"50\", memory = \"1Gi\" }, limits = { cpu = \"60\", memory = \"1Gi\" } }\n",
            ],
        ),
        Case {
            others: STORE,
            ..case("fluent-bit", &["to = \"store:http\"\nnamespaces = [\"shop\"]\n", image, CLASS, SIZE])
        },
        case("grafana", &[image, remote, DISK, CLASS, INGRESS, SIZE]),
        case("ingress-nginx", &[image, "replicas = 2\nclass = \"web\"\n", CLASS, SIZE]),
        Case {
            others: STORE,
            ..case("kibana", &["elasticsearch = \"store:http\"\n", image, remote, INGRESS, CLASS, SIZE])
        },
        case("kube-state-metrics", &[image, CLASS, SIZE]),
        case("loki", &[image, "retention = \"7d\"\n", DISK, CLASS, SIZE]),
        case("node-exporter", &[image, CLASS, SIZE]),
        case("prometheus", &[image, DISK, CLASS, SIZE]),
        Case { others: LOGS, ..case("promtail", &["to = \"store:http\"\n", image, CLASS, SIZE]) },
        Case {
            others: CACHE,
            ..case("bridge", &[image, "chain = \"darwinia\"\n[targets]\nstore = \"store:redis\"\n", SIZE])
        },
    ]
}

/// What others of the tenant have, so that something can be in conflict with it.
const TAKEN: &str = "kind = \"service\"\nimage = \"taken:1\"\n[ports]\nhttp = 8080\n[ingress]\nhost = \"taken.example.com\"\nclass = \"absent\"\ntls = false\n[resources]\nrequests = { cpu = \"100m\", memory = \"64Mi\" }\nlimits = { cpu = \"500m\", memory = \"128Mi\" }\n";

fn platform(case: &Case) -> Files {
    let mut files = Files::new();
    let more = "[environments.prod]\nsecret-store = \"vault\"\ncluster-issuer = \"letsencrypt\"\napis = [\"cert-manager.io/v1\"]\n";
    files.insert("platform.toml", PLATFORM.replace("[environments.prod]\n", more).into_bytes());
    // Argo CD runs in a namespace of its own; in that one, a cluster makes more than is rendered.
    let namespace = if case.kind == "argocd" { "namespace = \"argocd\"\n" } else { "" };
    let tenant = "owners = [\"shop\"]\nsystem = true\npod-security = \"restricted\"\n[quota]\ncpu = \"1\"\nmemory = \"1Gi\"\nstorage = \"1Gi\"\npods = 1\n";
    files.insert("tenants/shop/tenant.toml", format!("{namespace}{tenant}").into_bytes());
    files.insert("tenants/shop/taken.toml", TAKEN.as_bytes());
    files.insert("tenants/shop/own.toml", format!("kind = \"{}\"\n{}", case.kind, case.fields).into_bytes());
    for (path, text) in case.others {
        files.insert(format!("tenants/shop/{path}"), text.as_bytes());
    }
    files
}

/// Returns the findings about the component itself, and about what its tenant has for all.
fn own(findings: &str) -> String {
    let mut kept = String::new();
    let mut finding = String::new();
    for line in findings.lines().chain([""]) {
        if !line.starts_with("  ") {
            if finding.contains("shop/own") || finding.contains("shop/tenant.toml") {
                kept.push_str(&finding);
            }
            finding.clear();
        }
        finding.push_str(line);
        finding.push('\n');
    }
    kept
}

#[test]
fn every_kind_is_pointed_at() {
    let mut shown = String::new();
    for case in cases() {
        shown.push_str(&format!("# {}\n{}\n", case.kind, own(&findings(&platform(&case)))));
    }
    insta::assert_snapshot!(shown);
}

/// Kinds whose objects come from files of their own.
pub(crate) const FOREIGN: [&str; 4] = ["chart", "kustomization", "manifests", "template"];

#[test]
fn no_kind_is_forgotten() {
    let cases = cases();
    let registry = stock().with::<Bridge>();
    let missing = registry.names().into_iter().filter(|name| cases.iter().all(|case| case.kind != *name));
    assert_eq!(missing.collect::<Vec<_>>(), FOREIGN);
}
