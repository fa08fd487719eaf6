//! What is wrong with a platform or a command, and how that is said.

use std::process::Command;

use insta::assert_snapshot;

use crate::{Platform, outcome};

#[test]
fn no_platform() {
    let folder = tempfile::tempdir().expect("there is room for a folder");
    let mut seen = String::new();
    for command in
        ["render", "check", "list", "diff", "set shop/web replicas 2", "--directory missing render"]
    {
        seen.push_str(&outcome(folder.path(), command));
    }
    assert_snapshot!(seen);
}

#[test]
fn unknown_names() {
    let platform = Platform::new();
    let mut seen = String::new();
    for command in [
        "render -e prdo",
        "render -t shpo",
        "render -e prod -e qa",
        "render -e Not_A_Name",
        "check -t nobody",
        "diff -e nowhere",
    ] {
        seen.push_str(&platform.run(command));
    }
    assert_snapshot!(seen);
}

#[test]
fn unknown_words() {
    let platform = Platform::new();
    let mut seen = String::new();
    for command in [
        "",
        "rendre",
        "render --chekc",
        "render --check --stdout",
        "render --stdout --overwrite-edited",
        "check --format xml",
        "set shop/web",
    ] {
        seen.push_str(&platform.run(command));
    }
    assert_snapshot!(seen);
}

#[test]
fn misspelt_field() {
    let platform = Platform::new();
    platform.replace("tenants/shop/web.toml", "replicas = 3", "replcias = 3");
    assert_snapshot!(platform.run("check"));
}

#[test]
fn broken_toml() {
    let platform = Platform::new();
    platform.replace("platform.toml", "[environments.dev]", "[environments.dev");
    platform.write("tenants/shop/web.toml", "kind = \"service\"\nimage = \n");
    assert_snapshot!(platform.run("render"));
}

#[test]
fn text_that_is_not_unicode() {
    let platform = Platform::new();
    std::fs::write(platform.root().join("tenants/shop/web.toml"), b"kind = \"\xff\"\n")
        .expect("the file can be written");
    assert_snapshot!(platform.run("render"));
}

#[test]
fn several_at_once() {
    let platform = Platform::new();
    platform.replace("platform.toml", "kubernetes = \"1.33\"", "kubernetes = \"latest\"");
    platform.replace("tenants/shop/tenant.toml", "pods = 30", "pods = \"many\"");
    platform.write("tenants/shop/api.toml", "kind = \"servise\"\n");
    platform
        .write("tenants/shop/worker.toml", "kind = \"worker\"\nimage = \"a b\"\ndatabase = \"postgers\"\n");
    platform.write("tenants/kube-system/tenant.toml", "owners = []\n");
    assert_snapshot!(platform.run("render"));
}

#[test]
fn a_link_that_leads_nowhere() {
    let platform = Platform::new();
    platform.replace("tenants/shop/web.toml", "[ingress]", "[links]\napi = \"ap\"\n\n[ingress]");
    platform.write("tenants/shop/api.toml", "kind = \"config\"\n\n[files.\"a.json\"]\ntext = \"{}\"\n");
    assert_snapshot!(platform.run("render"));
}

/// What can be told of a component is told, even where the rest of it cannot be read.
#[test]
fn fields_and_links_at_once() {
    let platform = Platform::new();
    platform.replace("tenants/shop/web.toml", "replicas = 3", "replcias = 3\ndepends-on = [\"web\", \"db\"]");
    platform.replace("tenants/shop/web.toml", "[ingress]", "[links]\napi = \"ap\"\n\n[ingress]");
    platform.write(
        "tenants/shop/worker.toml",
        "kind = \"worker\"\nimage = \"a b\"\n\n[links]\nweb = \"web:grpc\"\nback = \"wbe\"\n",
    );
    assert_snapshot!(platform.run("render"));
}

#[test]
fn a_secret_in_the_source() {
    let platform = Platform::new();
    platform.replace(
        "tenants/shop/web.toml",
        "[ingress]",
        "[variables]\nDATABASE_PASSWORD = \"hunter2hunter2\"\n\n[ingress]",
    );
    assert_snapshot!(platform.run("render"));
}

#[cfg(unix)]
#[test]
fn a_folder_that_cannot_be_written() {
    let platform = Platform::new();
    platform.write("output", "a file where the output belongs\n");
    assert_snapshot!(platform.run("render"));
}

#[test]
fn colours_only_where_they_are_wanted() {
    let platform = Platform::new();
    platform.replace("tenants/shop/web.toml", "replicas = 3", "replcias = 3");
    let coloured = |variable: &str, value: &str| {
        let output = Command::new(env!("CARGO_BIN_EXE_aqueduct"))
            .arg("check")
            .current_dir(platform.root())
            .env_clear()
            .env(variable, value)
            .output()
            .expect("the program starts");
        assert_eq!(output.status.code(), Some(1));
        output.stderr.contains(&0x1b)
    };
    assert!(coloured("CLICOLOR_FORCE", "1"));
    assert!(!coloured("NO_COLOR", "1"));
    assert!(!coloured("TERM", "xterm-256color"), "standard error is no terminal");
}

#[test]
fn what_a_cluster_would_refuse() {
    let platform = Platform::new();
    let rest = "[resources]\nrequests = { cpu = \"10m\", memory = \"32Mi\" }\nlimits = { cpu = \"20m\", memory = \"64Mi\" }\n";
    let component = |name: &str, kind: &str, fields: &str| {
        platform.write(
            &format!("tenants/shop/{name}.toml"),
            &format!("kind = \"{kind}\"\nimage = \"ghcr.io/example/app:1\"\n{fields}{rest}"),
        );
    };
    component("folder", "worker", "volumes.data = { mount = \"data\" }\n");
    component("ports", "service", "ports = { admin = 8080, http = { port = 80, service = 8080 } }\n");
    component(
        "size",
        "stateful",
        "ports.http = 80\nvolumes.data = { mount = \"/data\", size = \"0\", persistent = true }\n",
    );
    component("variable", "worker", "variables = { \"A=B\" = \"c\" }\n");
    platform.replace("tenants/shop/web.toml", "requests = { cpu = \"50m\"", "requests = { cpu = \"1500m\"");
    platform.replace("tenants/shop/tenant.toml", "\"shop-developers\"", "\"shop-developers\", \"user:\"");
    platform.replace("platform.toml", "count = 2", "count = 2\nmonthly-price = -1.0");
    assert_snapshot!(platform.run("check"));
}

#[test]
fn what_tenants_share() {
    let platform = Platform::new();
    platform.replace("tenants/shop/tenant.toml", "pods = 30", "pods = 2");
    platform.write("tenants/bank/tenant.toml", "owners = [\"bankers\"]\n");
    platform.write("tenants/bank/web.toml", &platform.text("tenants/shop/web.toml"));
    assert_snapshot!(platform.run("check"));
}

#[test]
fn output_in_the_source() {
    let platform = Platform::new();
    let mut seen = String::new();
    let text = platform.text("platform.toml");
    for folder in ["tenants", "vendor/rendered", ".git/output"] {
        platform.write("platform.toml", &format!("output = \"{folder}\"\n{text}"));
        seen.push_str(&platform.run("render"));
    }
    assert_snapshot!(seen);
}

/// A pipe would be waited for without end.
#[test]
#[cfg(unix)]
fn what_is_no_file() {
    let platform = Platform::new();
    let shop = platform.root().join("tenants/shop");
    let made = Command::new("mkfifo").arg(shop.join("pipe.toml")).status().expect("mkfifo starts");
    assert!(made.success());
    let mut seen = platform.run("render");
    std::fs::remove_file(shop.join("pipe.toml")).expect("the pipe can be removed");
    std::os::unix::fs::symlink("..", shop.join("loop")).expect("a link can be made");
    seen.push_str(&platform.run("render"));
    assert_snapshot!(seen);
}

#[test]
fn what_is_part_of_no_instance() {
    let platform = Platform::new();
    platform.replace("tenants/shop/web.toml", "replicas = 3", "replcias = 3");
    let web = platform.text("tenants/shop/web.toml");
    platform.write("tenants/shop/web.toml", &format!("enabled = false\n{web}"));
    let defaults = "\n[defaults.worker]\nreplicas = \"x\"\nresources = { requests = { cpu = \"1\" } }\n";
    platform.write("platform.toml", &format!("{}{defaults}", platform.text("platform.toml")));
    platform.write(
        "blueprints/unused.toml",
        "[parameters.size]\ntype = \"string\"\n\n[components.app]\nkind = \"service\"\nimage = \"a b\"\n\
         replicas = \"${parameter.size}\"\n\n[components.app.environments.dev]\nports.http = 0\nprots.http = 80\n",
    );
    assert_snapshot!(platform.run("check"));
}

#[test]
fn labels_of_the_compiler() {
    let platform = Platform::new();
    let web = platform.text("tenants/shop/web.toml");
    let labels =
        "\n[labels]\n\"app.kubernetes.io/name\" = \"other\"\n\"app.kubernetes.io/version\" = \"2\"\n";
    platform.write("tenants/shop/web.toml", &format!("{web}{labels}"));
    assert_snapshot!(platform.run("check"));
}

#[test]
fn no_repository_to_start_with() {
    let folder = tempfile::tempdir().expect("there is room for a folder");
    let seen = outcome(folder.path(), "init demo --repository nowhere");
    assert!(!folder.path().join("demo").exists());
    assert_snapshot!(seen);
}

#[test]
fn values_that_nothing_can_come_of() {
    let platform = Platform::new();
    let text = platform.text("platform.toml");
    let cluster =
        "ingress-class = \"nginx\"\napis = [\"external-secrets.io/v1\"]\nsecret-store = \"platform\"";
    platform.write("platform.toml", &text.replace("ingress-class = \"nginx\"", cluster));
    let rest = "resources = { requests = { cpu = \"10m\", memory = \"32Mi\" }, limits = { cpu = \"20m\", memory = \"64Mi\" } }\n";
    let component = |name: &str, fields: &str| {
        platform.write(&format!("tenants/shop/{name}.toml"), &format!("{fields}{rest}"));
    };
    let database = "kind = \"postgres\"\nmode = \"in-cluster\"\nremote = \"shop\"\n";
    component("database", database);
    component("named", &format!("{database}user = \"3 x\"\n"));
    component(
        "backup",
        "kind = \"backup\"\nof = \"database\"\nschedule = \"0 1 * * *\"\nkeep-days = 0\nstorage = { size = \"1Gi\" }\n",
    );
    component("metrics", "kind = \"prometheus\"\nretention = \"0s\"\nstorage = { size = \"1Gi\" }\n");
    component(
        "worker",
        "kind = \"service\"\nimage = \"ghcr.io/example/app:1\"\nports.http = 80\nautoscaling = { min = 1, max = 2, memory = \"0%\" }\narguments = [\"--password=hunter2\"]\n",
    );
    assert_snapshot!(platform.run("check"));
}

#[test]
fn what_others_wrote_for_another_place() {
    let platform = Platform::new();
    platform.write("tenants/shop/manifests.toml", "kind = \"manifests\"\npath = \"namespace.yaml\"\n");
    platform
        .write("tenants/shop/namespace.yaml", "apiVersion: v1\nkind: Namespace\nmetadata:\n  name: shop\n");
    let seen = platform.run("check");
    platform.write("charts/strict/Chart.yaml", "apiVersion: v2\nname: strict\nversion: 1.0.0\n");
    platform.write(
        "charts/strict/values.schema.json",
        "{\"$ref\": \"https://schemas.example.com/values.schema.json\"}\n",
    );
    platform.write("tenants/shop/strict.toml", "kind = \"chart\"\npath = \"/charts/strict\"\n");
    assert_snapshot!(seen + &platform.run("check"));
}

/// What else is wrong with the line of a secret is told without that line.
#[test]
fn a_secret_beside_another_mistake() {
    let platform = Platform::new();
    platform.write("tenants/shop/raw.toml", "kind = \"manifests\"\npath = \"raw\"\n");
    let secret = "apiVersion: v1\nkind: Secret\nmetadata:\n  name: a\ndata: [Zq4-made-up-Wn81-value]\n";
    platform.write("tenants/shop/raw/secret.yaml", secret);
    let seen = platform.run("check");
    assert!(!seen.contains("made-up"), "{seen}");
    assert_snapshot!(seen);
}

#[test]
fn fields_of_a_workload_that_exclude_one_another() {
    let platform = Platform::new();
    platform.write(
        "tenants/shop/web.toml",
        "kind = \"service\"
image = \"ghcr.io/example/web:1.0.0\"
replicas = 2
autoscaling = { min = 3, max = 2, cpu = 80 }
disruption = { min-available = 1, max-unavailable = 1 }
affinity = { nodeAffinit = {} }
load-balancer = { port = \"none\" }
certificate = { mount = \"/tls\" }
[ports]
http = 8080
[resources]
requests = { cpu = \"2\", memory = \"64Mi\" }
limits = { cpu = \"1\", memory = \"32Mi\" }
[volumes.a]
mount = \"/a\"
size = \"1Gi\"
source = { configMap = { name = \"x\" } }
[volumes.b]
mount = \"a\"
persistent = true
[secrets.x]
remote = \"a\"
existing = \"b\"
[files.\"a.txt\"]
mount = \"/etc/a\"
text = \"a\"
source = \"a.txt\"
[files.\"b.txt\"]
mount = \"/etc/a\"
content = { b = 1 }
[probes]
readiness = { port = \"none\" }
[metrics]
port = \"none\"
[variables]
\"A=\" = 1
",
    );
    assert_snapshot!(platform.run("check"));
}
