//! The committed output as a cluster would take it: every reference leads somewhere, no secret stands in it,
//! and what it requests fits. Nothing here uses the checks of the compiler.

#![expect(clippy::panic, reason = "a test says what it found in the output by failing")]

mod references;
mod secrets;
mod stored_form;
mod sums;
mod tree;

use std::collections::{BTreeMap, BTreeSet};
use std::fs;

use aqueduct_manifest::{Object, Value, yaml};

use references::{broken, references};
use secrets::secrets;
use stored_form::left_out;
use sums::{beyond_quotas, by_namespace};
use tree::{ENVIRONMENTS, Stored, read, root};

/// Returns the nodes of an environment's pools as platform.toml declares them: count, cores and bytes.
fn pools(environment: &str) -> Vec<(f64, f64, f64)> {
    let text = fs::read_to_string(root().join("platform.toml")).expect("there is a platform.toml");
    let platform: toml::Table = text.parse().expect("platform.toml is TOML");
    let environments = platform["environments"].as_table().expect("environments are a table");
    let pools = environments[environment]["node-pools"].as_table().expect("pools are a table");
    // What an environment does not say is as in the one that it extends.
    let extended = environments[environment].get("extends").and_then(toml::Value::as_str);
    let field = |name: &str, pool: &toml::Value, field: &str| {
        let above = || Some(&environments[extended?]["node-pools"][name][field]);
        pool.get(field).or_else(above).cloned().expect("a pool has all its fields")
    };
    let names = extended.map(|name| environments[name]["node-pools"].as_table().expect("pools are a table"));
    let none = toml::Value::Table(toml::Table::new());
    let all: BTreeSet<&String> = pools.keys().chain(names.into_iter().flat_map(toml::Table::keys)).collect();
    all.into_iter()
        .map(|name| {
            let pool = pools.get(name).unwrap_or(&none);
            let count = field(name, pool, "count").as_integer().expect("a count is whole") as f64;
            let amount = |key: &str| {
                let value = field(name, pool, key);
                sums::amount(&Value::from(value.as_str().expect("an amount is a text")))
            };
            (count, amount("cpu"), amount("memory"))
        })
        .collect()
}

fn nodes(environment: &str) -> f64 {
    pools(environment).iter().map(|(count, _, _)| count).sum()
}

#[test]
fn every_reference_leads_somewhere() {
    for environment in ENVIRONMENTS {
        let objects = read(environment);
        let references = references(environment, &objects);
        let broken = broken(&references);
        println!("{environment}: {} of {} references", references.len() - broken.len(), references.len());
        assert!(references.len() > objects.len(), "{environment}: too few references to be all");
        assert!(broken.is_empty(), "{environment}: references lead nowhere:\n{}", broken.join("\n"));
    }
}

/// Takes away each object that something needs, one after the other, and sees that it is missed.
#[test]
fn what_is_needed_is_missed_when_it_is_gone() {
    let objects = read("dev");
    let whole = references("dev", &objects);
    let mut sole: BTreeMap<usize, usize> = BTreeMap::new();
    for reference in whole.iter().filter(|reference| !reference.outside) {
        if let [only] = reference.found.as_slice() {
            *sole.entry(*only).or_default() += 1;
        }
    }
    let kinds: BTreeSet<&str> = sole.keys().map(|at| objects[*at].object.kind()).collect();
    for kind in [
        "AppProject",
        "ClusterIssuer",
        "ClusterRole",
        "ConfigMap",
        "Deployment",
        "ExternalSecret",
        "IngressClass",
        "Issuer",
        "Namespace",
        "PersistentVolumeClaim",
        "Role",
        "Service",
        "ServiceAccount",
        "StatefulSet",
        "StorageClass",
    ] {
        assert!(kinds.contains(kind), "nothing needs any {kind}");
    }
    // One object of each kind is enough to show that its absence is seen; all of them would take minutes.
    let mut seen = BTreeSet::new();
    for (at, count) in sole {
        if !seen.insert(objects[at].object.kind().to_owned()) {
            continue;
        }
        let rest: Vec<Stored> = objects
            .iter()
            .enumerate()
            .filter(|(other, _)| *other != at)
            .map(|(_, stored)| Stored { path: stored.path.clone(), object: stored.object.clone() })
            .collect();
        let missed = broken(&references("dev", &rest));
        assert!(
            missed.len() >= count,
            "{}: {} of {count} references are missed",
            objects[at].path,
            missed.len()
        );
    }
}

/// Changes one field of one object and returns what breaks.
fn after(file: &str, from: &str, to: &str) -> Vec<String> {
    let mut objects = read("dev");
    let stored =
        objects.iter_mut().find(|stored| stored.path == file).unwrap_or_else(|| panic!("there is no {file}"));
    let text = yaml::write(&stored.object.map.clone().into());
    assert!(text.contains(from), "{file} has no {from}:\n{text}");
    let Ok(Value::Map(map)) = yaml::read(&text.replace(from, to)) else {
        panic!("{file} is no object any more")
    };
    stored.object = Object::new(map);
    broken(&references("dev", &objects))
}

#[test]
fn a_broken_field_is_found() {
    let cases = [
        ("delivery/argocd/service-argocd-server.yaml", "targetPort: http", "targetPort: web"),
        ("delivery/argocd/service-argocd-server.yaml", "name: http", "name: web"),
        (
            "delivery/argocd/ingress-argocd-server.yaml",
            "ingressClassName: nginx",
            "ingressClassName: traefik",
        ),
        ("delivery/argocd/deployment-argocd-server.yaml", "key: server.insecure", "key: server.secure"),
        ("delivery/argocd/deployment-argocd-server.yaml", "key: auth", "key: password"),
        (
            "delivery/argocd/deployment-argocd-server.yaml",
            "serviceAccountName: argocd-server",
            "serviceAccountName: nobody",
        ),
        (
            "delivery/argocd/deployment-argocd-server.yaml",
            "name: home\n        - mountPath",
            "name: hearth\n        - mountPath",
        ),
        ("delivery/argocd/rolebinding-argocd-server.yaml", "kind: Role\n", "kind: ClusterRole\n"),
        (
            "delivery/argocd/statefulset-argocd-application-controller.yaml",
            "serviceName: argocd",
            "serviceName: cd",
        ),
        ("delivery/tenant/networkpolicy-argocd-redis.yaml", "name: argocd-repo-server", "name: argocd-git"),
        (
            "argocd/delivery/application-delivery-argocd.yaml",
            "output/dev/delivery/argocd",
            "output/dev/delivery/cd",
        ),
        ("argocd/delivery/application-delivery-argocd.yaml", "project: delivery", "project: deliveries"),
    ];
    for (file, from, to) in cases {
        assert!(!after(file, from, to).is_empty(), "`{to}` in {file} breaks nothing");
    }
}

#[test]
fn no_secret_stands_in_the_output() {
    for environment in ENVIRONMENTS {
        let found = secrets(&read(environment));
        assert!(found.is_empty(), "{environment}:\n{}", found.join("\n"));
    }
}

#[test]
fn a_secret_is_seen() {
    let object = |text: &str| {
        let Ok(Value::Map(map)) = yaml::read(text) else { panic!("not an object: {text}") };
        vec![Stored { path: "a.yaml".to_owned(), object: Object::new(map) }]
    };
    let pod = |variable: &str| {
        format!("kind: Deployment\nspec: {{template: {{spec: {{containers: [{{env: [{variable}]}}]}}}}}}\n")
    };
    let secret = [
        "kind: Secret\nstringData: {password: hunter2}\n".to_owned(),
        "kind: ConfigMap\ndata: {key: '-----BEGIN RSA PRIVATE KEY-----'}\n".to_owned(),
        "kind: ConfigMap\ndata: {url: 'postgres://shop:hunter2@database/shop'}\n".to_owned(),
        pod("{name: DB_PASSWORD, value: hunter2}"),
        pod("{name: API_TOKEN, value: abc}"),
    ];
    for text in secret {
        assert_eq!(secrets(&object(&text)).len(), 1, "{text}");
    }
    let harmless = [
        pod("{name: DB_PASSWORD, valueFrom: {secretKeyRef: {name: a, key: b}}}"),
        pod("{name: TOKEN_FILE, value: /run/token}"),
        pod("{name: DATABASE_URL, value: 'postgres://$(USER):$(PASSWORD)@database/shop'}"),
    ];
    for text in harmless {
        assert!(secrets(&object(&text)).is_empty(), "{text}");
    }
}

#[test]
fn custom_objects_are_written_as_they_are_stored() {
    for environment in ENVIRONMENTS {
        let objects = read(environment);
        let custom = objects.iter().filter(|stored| {
            let group = stored.object.group();
            group.contains('.') && !group.ends_with(".k8s.io")
        });
        let mut count = 0;
        for stored in custom {
            let left_out = left_out(&stored.object)
                .unwrap_or_else(|| panic!("{}: which defaults does this kind have?", stored.path));
            assert!(left_out.is_empty(), "{environment}/{}: {}", stored.path, left_out.join(", "));
            count += 1;
        }
        assert!(count > 100, "{environment}: too few custom objects: {count}");
    }
}

#[test]
fn a_default_that_is_left_out_is_seen() {
    let text = "{apiVersion: external-secrets.io/v1, kind: ExternalSecret, spec: {data: [{remoteRef: {key: a, metadataPolicy: None}}]}}";
    let Ok(Value::Map(map)) = yaml::read(text) else { panic!("not an object: {text}") };
    let left_out = left_out(&Object::new(map)).expect("the kind is known");
    assert_eq!(
        left_out,
        ["spec.data[].remoteRef.conversionStrategy: Default", "spec.data[].remoteRef.decodingStrategy: None"]
    );
}

/// Returns the wave of each folder, as its Application has it.
fn waves(objects: &[Stored]) -> BTreeMap<String, i64> {
    let applications = objects.iter().filter(|stored| stored.object.kind() == "Application");
    applications
        .filter_map(|stored| {
            let path = stored.object.at(&["spec", "source", "path"])?.as_str()?;
            let manual = || stored.object.labels()?.get("aqueduct.dev/wave")?.as_str();
            let wave = stored.object.annotation("argocd.argoproj.io/sync-wave").or_else(manual)?;
            let folder = path.split('/').skip(2).collect::<Vec<_>>().join("/");
            Some((folder, wave.parse().expect("a wave is a number")))
        })
        .collect()
}

#[test]
fn ingresses_follow_the_webhook_that_admits_them() {
    for environment in ENVIRONMENTS {
        let objects = read(environment);
        let waves = waves(&objects);
        let folders = |kind: &str| -> BTreeSet<&str> {
            objects.iter().filter(|stored| stored.object.kind() == kind).map(Stored::folder).collect()
        };
        let webhooks = folders("ValidatingWebhookConfiguration");
        let ingresses = folders("Ingress");
        assert!(!webhooks.is_empty() && ingresses.len() > 5, "{environment}: {webhooks:?}, {ingresses:?}");
        // A tenant may be one Application.
        let wave = |folder: &str| {
            let tenant = folder.split('/').next().unwrap_or_default();
            waves.get(folder).or_else(|| waves.get(tenant)).expect("an Application leads to the folder")
        };
        for (webhook, ingress) in
            webhooks.iter().flat_map(|one| ingresses.iter().map(move |two| (*one, *two)))
        {
            assert!(wave(ingress) > wave(webhook), "{environment}: {ingress} does not follow {webhook}");
        }
    }
}

#[test]
fn requests_fit_the_quotas() {
    for environment in ENVIRONMENTS {
        let (compared, beyond) = beyond_quotas(&read(environment), nodes(environment));
        println!("{environment}: {} of {compared} bounds of quotas", compared - beyond.len());
        assert!(compared >= 20, "{environment}: too few quotas: {compared}");
        assert!(beyond.is_empty(), "{environment}:\n{}", beyond.join("\n"));
    }
}

#[test]
fn requests_fit_the_nodes() {
    for environment in ENVIRONMENTS {
        let sums = by_namespace(&read(environment), nodes(environment));
        let cpu: f64 = sums.values().map(|sum| sum.cpu / 1000.0).sum();
        let memory: f64 = sums.values().map(|sum| sum.memory).sum();
        let pools = pools(environment);
        let all_cpu: f64 = pools.iter().map(|(count, cpu, _)| count * cpu).sum();
        let all_memory: f64 = pools.iter().map(|(count, _, memory)| count * memory).sum();
        println!(
            "{environment}: {cpu:.2} of {all_cpu} cores, {:.1} of {:.1} GiB",
            memory / 2_f64.powi(30),
            all_memory / 2_f64.powi(30)
        );
        assert!(cpu > 1.0 && memory > 2_f64.powi(30), "{environment}: the sums are too small to be true");
        assert!(cpu <= all_cpu && memory <= all_memory, "{environment}: {cpu} cores, {memory} bytes");
    }
}

#[test]
fn a_quota_that_is_too_small_is_seen() {
    let mut objects = read("dev");
    let file = "delivery/tenant/resourcequota-quota.yaml";
    let quota = objects.iter_mut().find(|stored| stored.path == file).expect("delivery has a quota");
    quota.object.map.map_entry("spec").map_entry("hard").insert("requests.memory", "700Mi");
    assert_eq!(beyond_quotas(&objects, nodes("dev")).1.len(), 1);
}

/// Terraform's file lies in no folder that Argo CD reads.
#[test]
fn the_variables_of_terraform_are_no_manifest() {
    for environment in ENVIRONMENTS {
        let file = root().join("output").join(environment).join("terraform/terraform.tfvars.json");
        let text = fs::read_to_string(&file).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
        let variables: serde_json::Value = serde_json::from_str(&text).expect("the file is JSON");
        assert_eq!(variables["environment"], environment);
        let sources = read(environment)
            .into_iter()
            .filter(|stored| stored.object.kind() == "Application")
            .filter_map(|stored| {
                stored.object.at(&["spec", "source", "path"]).and_then(Value::as_str).map(str::to_owned)
            });
        let folder = format!("output/{environment}/terraform");
        for source in sources {
            assert!(!folder.starts_with(&source), "{source} would take {folder} for manifests");
        }
        let sums = fs::read_to_string(root().join("output").join(environment).join("aqueduct.sum"))
            .expect("there is a sum");
        assert!(sums.contains("  terraform/terraform.tfvars.json\n"), "{environment}: nobody owns the file");
    }
}
