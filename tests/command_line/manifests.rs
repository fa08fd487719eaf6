//! `check --manifests` and `reach`: folders of manifests that belong to no platform, and who reaches whom.

use insta::assert_snapshot;
use tempfile::TempDir;

use crate::{Platform, outcome, program};

/// A folder with a namespace that is whole, a list, lines of JSON, and what is no manifest.
fn folder() -> TempDir {
    let folder = tempfile::tempdir().expect("there is room for a folder");
    let write = |path: &str, text: &str| {
        let path = folder.path().join(path);
        std::fs::create_dir_all(path.parent().expect("a file is in a folder"))
            .expect("the folder can be made");
        std::fs::write(path, text).expect("the file can be written");
    };
    write("all/namespace.yaml", "apiVersion: v1\nkind: Namespace\nmetadata: {name: shop}\n");
    write(
        "all/web.yaml",
        "# A list.\napiVersion: v1\nkind: List\nitems:\n- apiVersion: v1\n  kind: Service\n  metadata: {name: web, namespace: shop}\n  spec:\n    selector: {app: nobody}\n    ports: [{port: 80}]\n- apiVersion: apps/v1\n  kind: Deployment\n  metadata: {name: web, namespace: shop}\n  spec:\n    selector: {matchLabels: {app: web}}\n    template:\n      metadata: {labels: {app: web}}\n      spec: {containers: [{name: web, image: 'nginx:1.29', ports: [{name: http, containerPort: 80}]}]}\n",
    );
    write(
        "all/other/unknown.yaml",
        "# An operator may know it.\napiVersion: example.com/v1\nkind: Unknown\nmetadata: {name: a, namespace: elsewhere}\n",
    );
    write(
        "all/more/policies.jsonl",
        concat!(
            r#"{"apiVersion": "networking.k8s.io/v1", "kind": "NetworkPolicy", "metadata": {"name": "web", "namespace": "shop"}, "spec": {"podSelector": {"matchLabels": {"app": "web"}}, "ingress": [{"from": [{"podSelector": {"matchLabels": {"app": "client"}}}], "ports": [{"port": "http"}]}]}}"#,
            "\n\n",
            r#"{"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "client", "namespace": "shop", "labels": {"app": "client"}}, "spec": {"containers": [{"name": "client", "image": "curl:8", "envFrom": [{"configMapRef": {"name": "missing"}}]}]}}"#,
            "\n",
        ),
    );
    write("all/values.yaml", "replicas: 2\n");
    write("all/notes.txt", "not: [a manifest\n");
    write("all/.hidden.yaml", "not: [a manifest\n");
    write("broken/a.yaml", "kind: [\n");
    write("broken/b.jsonl", "{\"kind\": \"Pod\"}\n{\"kind\": }\n");
    folder
}

#[test]
fn checks_of_a_folder() {
    let folder = folder();
    assert_snapshot!(
        outcome(folder.path(), "check --manifests all")
            + &outcome(
                folder.path(),
                "check --manifests all --rules references,service-selector --format json"
            )
            + &outcome(folder.path(), "check --manifests all --rules network --format github")
            + &outcome(folder.path(), "check --manifests all/namespace.yaml")
    );
}

/// The API server is asked about each object, and admission about what it accepts, in the order of the documents.
#[test]
fn what_a_server_would_refuse() {
    let folder = tempfile::tempdir().expect("there is room for a folder");
    let text = "\
apiVersion: v1
kind: Namespace
metadata:
  name: shop
  labels: {pod-security.kubernetes.io/enforce: baseline}
---
apiVersion: v1
kind: ResourceQuota
metadata: {name: pods, namespace: shop}
spec: {hard: {pods: '1'}}
---
apiVersion: v1
kind: List
items:
- apiVersion: v1
  kind: Service
  metadata: {name: web, namespace: shop}
  spec:
    ports:
    - port: 80
      targetPort: 99999
- apiVersion: v1
  kind: Pod
  metadata: {name: first, namespace: shop}
  spec: {containers: [{name: one, image: 'one:1'}]}
- apiVersion: v1
  kind: Pod
  metadata: {name: second, namespace: shop}
  spec: {containers: [{name: one, image: 'one:1'}]}
- apiVersion: v1
  kind: Pod
  metadata: {name: third, namespace: shop}
  spec: {hostNetwork: true, containers: [{name: one, image: 'one:1'}]}
";
    std::fs::write(folder.path().join("all.yaml"), text).expect("the file can be written");
    assert_snapshot!(
        outcome(folder.path(), "check --manifests all.yaml --rules api,admission")
            + &outcome(
                folder.path(),
                "check --manifests all.yaml --rules api --format json --kubernetes v1.30.2"
            )
            + &outcome(folder.path(), "check --manifests all.yaml --kubernetes 1.99")
            + &Platform::new().run("check --rules admission-quota")
    );
}

/// What is about one object of a file is not said of the others, and of a namespace that is only named nothing is known.
#[test]
fn what_is_not_wrong() {
    let folder = tempfile::tempdir().expect("there is room for a folder");
    let workload = |name: &str| {
        format!(
            "apiVersion: apps/v1\nkind: Deployment\nmetadata: {{name: {name}, namespace: shop}}\nspec:\n  \
             selector: {{matchLabels: {{app: {name}}}}}\n  template:\n    metadata: {{labels: {{app: {name}}}}}\n    \
             spec:\n      containers:\n      - {{name: {name}, image: 'a:1', ports: [{{name: https, containerPort: 8443}}], \
             resources: {{requests: {{cpu: 1m, memory: 1Mi}}, limits: {{memory: 1Mi}}}}}}\n---\n"
        )
    };
    let others = "\
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: page, namespace: shop}
spec: {podSelector: {matchLabels: {app: page}}, policyTypes: [Ingress], ingress: [{ports: [{port: 3000}]}]}
---
apiVersion: v1
kind: Service
metadata: {name: operator, namespace: shop}
spec: {selector: {app: operator}, ports: [{port: 443, targetPort: https}]}
---
apiVersion: admissionregistration.k8s.io/v1
kind: ValidatingWebhookConfiguration
metadata: {name: operator}
webhooks:
- name: a.example.com
  clientConfig: {service: {name: operator, namespace: shop}}
  sideEffects: None
  admissionReviewVersions: [v1]
- name: b.example.com
  clientConfig: {service: {name: kubernetes, namespace: default, path: /apis/a}}
  sideEffects: None
  admissionReviewVersions: [v1]
---
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata: {name: operator, namespace: shop}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: view}
subjects: [{kind: ServiceAccount, name: somebody, namespace: elsewhere}]
---
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: none, namespace: elsewhere}
spec: {podSelector: {}, policyTypes: [Ingress]}
";
    let text = workload("page") + &workload("operator") + others;
    std::fs::write(folder.path().join("all.yaml"), text).expect("the file can be written");
    assert_snapshot!(outcome(folder.path(), "check --manifests all.yaml"));
}

#[test]
fn what_cannot_be_read() {
    let folder = folder();
    assert_snapshot!(
        outcome(folder.path(), "check --manifests broken")
            + &outcome(folder.path(), "reach --manifests broken")
            + &outcome(folder.path(), "check --manifests absent")
            + &outcome(folder.path(), "check --manifests all --rules referenecs")
            + &outcome(folder.path(), "check --manifests all --tenant shop")
    );
}

#[test]
fn reach_of_a_folder() {
    let folder = folder();
    let mut seen = String::new();
    for command in [
        "",
        " --format list",
        " --format json --from shop/client",
        " --from outside",
        " --from shop/client --to shop/web",
        " --from shop/web --to shop",
        " --to shop/wbe",
        " --to elsewhere/a",
        " --graph drawing.svg",
    ] {
        seen.push_str(&outcome(folder.path(), &format!("reach --manifests all{command}")));
    }
    assert_snapshot!(seen);
    let drawing = std::fs::read_to_string(folder.path().join("drawing.svg")).expect("the drawing is there");
    assert!(drawing.starts_with("<svg ") && drawing.contains(">client</text>"), "{drawing}");
}

#[test]
fn reach_of_a_platform() {
    let platform = Platform::new();
    platform.write(
        "tenants/shop/api.toml",
        "kind = \"service\"\nimage = \"ghcr.io/example/api:1\"\n\n[ports]\nhttp = 9000\n\n[links]\nweb = \"web\"\n\n\
         [resources]\nrequests = { cpu = \"50m\", memory = \"64Mi\" }\nlimits = { cpu = \"50m\", memory = \"64Mi\" }\n",
    );
    let mut seen = String::new();
    for command in [
        "reach",
        "reach --environment dev",
        "reach --environment dev --from shop/api --to shop/web",
        "reach --environment dev --to shop/none",
        "reach --environment nowhere",
    ] {
        seen.push_str(&platform.run(command));
    }
    assert_snapshot!(seen);
}

#[test]
fn standard_input() {
    let mut child = std::process::Command::new(env!("CARGO_BIN_EXE_aqueduct"))
        .args(["reach", "--format", "list", "--manifests", "-"])
        .stdin(std::process::Stdio::piped())
        .stdout(std::process::Stdio::piped())
        .spawn()
        .expect("the program starts");
    let pod = |name: &str| {
        format!(
            "{{\"apiVersion\": \"v1\", \"kind\": \"Pod\", \"metadata\": {{\"name\": \"{name}\"}}, \"spec\": {{\"containers\": []}}}}\n"
        )
    };
    let mut input = child.stdin.take().expect("the input is piped");
    std::io::Write::write_all(&mut input, (pod("a") + &pod("b")).as_bytes()).expect("the program reads");
    drop(input);
    let output = child.wait_with_output().expect("the program ends");
    assert_snapshot!(String::from_utf8(output.stdout).expect("the output is text"));
}

/// What another version of Kubernetes would refuse of a platform.
#[test]
fn what_an_upgrade_would_break() {
    let platform = Platform::new();
    platform.write("platform.toml", &platform.text("platform.toml").replace("1.33", "1.31"));
    platform.write("tenants/cluster/tenant.toml", "owners = [\"platform\"]\nsystem = true\n");
    platform.write("tenants/cluster/flow.toml", "kind = \"manifests\"\npath = \"flow.yaml\"\n");
    let schema = "apiVersion: flowcontrol.apiserver.k8s.io/v1beta3\nkind: FlowSchema\nmetadata: {name: slow}\nspec:\n  priorityLevelConfiguration: {name: global-default}\n";
    platform.write("tenants/cluster/flow.yaml", schema);
    assert_snapshot!(platform.run("check") + &platform.run("check --kubernetes 1.37"));
}

/// What is checked of manifests must not depend on how they are given.
#[test]
fn files_and_folders_are_alike() {
    let folder = folder();
    let files = "check --format json --manifests all/more/policies.jsonl all/namespace.yaml all/web.yaml all";
    let run = |command: &str| {
        let arguments: Vec<&str> = command.split_whitespace().collect();
        program::run(folder.path(), &arguments).stdout
    };
    assert_eq!(run(files), run("check --format json --manifests all"));
}
