//! `init` and `render`: what is written, and what is refused.

use std::fs::File;
use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::{Command, Stdio};

use insta::assert_snapshot;

use crate::{Platform, outcome};

#[test]
fn from_nothing() {
    let folder = tempfile::tempdir().expect("there is room for a folder");
    let mut seen = outcome(folder.path(), "init demo --repository https://git.example.com/platform.git");
    for command in ["render", "render", "render --check", "check", "list", "diff"] {
        seen.push_str(&outcome(&folder.path().join("demo"), command));
    }
    seen.push_str(&outcome(folder.path(), "init demo"));
    assert_snapshot!(seen);
}

#[test]
fn files() {
    assert_snapshot!(Platform::rendered().files());
}

#[test]
fn names_of_folders() {
    let folder = tempfile::tempdir().expect("there is room for a folder");
    let seen =
        outcome(folder.path(), "init Not_A_Name") + &outcome(folder.path(), "init Not_A_Name --name proper");
    assert_snapshot!(seen);
}

#[test]
fn check_names_what_is_stale() {
    let platform = Platform::rendered();
    platform.replace("tenants/shop/web.toml", "http = 8080", "http = 8081");
    platform.remove("output/dev/shop/web/service-web.yaml");
    let before = platform.text("output/prod/shop/web/deployment-web.yaml");
    let seen = platform.run("render --check") + &platform.run("render --check --quiet");
    assert_eq!(before, platform.text("output/prod/shop/web/deployment-web.yaml"));
    assert_snapshot!(seen + &platform.run("render") + &platform.run("render --check"));
}

#[test]
fn check_before_the_first_render() {
    assert_snapshot!(Platform::new().run("render --check"));
}

#[test]
fn standard_output() {
    let platform = Platform::new();
    assert_snapshot!(platform.run("render --stdout --environment prod --tenant shop"));
    assert!(!platform.root().join("output").exists(), "`--stdout` wrote the output");
}

#[test]
fn parts() {
    let platform = Platform::new();
    let mut seen = platform.run("render --environment dev");
    seen.push_str(&platform.run("render --check"));
    seen.push_str(&platform.run("render --environment prod --tenant shop"));
    seen.push_str(&platform.run("render -e prod"));
    seen.push_str(&platform.run("render --check"));
    assert_snapshot!(seen);
}

#[test]
fn what_is_no_longer_there_is_removed() {
    let platform = Platform::rendered();
    platform.replace(
        "tenants/shop/web.toml",
        "[ingress]\nhost = \"shop.${environment.domain}\"\ntls = false\n",
        "",
    );
    let seen = platform.run("render");
    assert!(!platform.root().join("output/dev/shop/web/ingress-web.yaml").exists());
    assert_snapshot!(seen);
}

#[test]
fn edited_output_is_kept() {
    let platform = Platform::rendered();
    let path = "output/prod/shop/web/deployment-web.yaml";
    platform.replace(path, "replicas: 3", "replicas: 30");
    let mut seen = platform.run("render --check");
    seen.push_str(&platform.run("render"));
    assert!(platform.text(path).contains("replicas: 30"), "the edit was lost");
    seen.push_str(&platform.run("render --overwrite-edited"));
    assert!(platform.text(path).contains("replicas: 3\n"), "the edit was kept");
    assert_snapshot!(seen);
}

#[test]
fn foreign_files_are_kept() {
    let platform = Platform::new();
    platform.write("output/prod/shop/web/deployment-web.yaml", "mine: true\n");
    platform.write("output/prod/shop/web/notes.yaml", "also: mine\n");
    let seen = platform.run("render");
    assert_eq!(platform.text("output/prod/shop/web/deployment-web.yaml"), "mine: true\n");
    platform.remove("output/prod/shop/web/deployment-web.yaml");
    let seen = seen + &platform.run("render") + &platform.run("render --check");
    assert_eq!(platform.text("output/prod/shop/web/notes.yaml"), "also: mine\n");
    assert_snapshot!(seen);
}

#[test]
fn strays_are_named() {
    let platform = Platform::rendered();
    platform.write("output/prod/shop/web/stray.yaml", "kind: ConfigMap\n");
    platform.write("output/prod/README.md", "# Not for Argo CD\n");
    assert_snapshot!(platform.run("render --check") + &platform.run("render --check --quiet"));
}

#[test]
fn nothing_is_written_where_anything_is_wrong() {
    let platform = Platform::rendered();
    let before = platform.text("output/dev/shop/web/deployment-web.yaml");
    platform.replace("tenants/shop/web.toml", "http = 8080", "http = 8081");
    platform.write("tenants/shop/api.toml", "kind = \"service\"\n");
    let seen = platform.run("render");
    assert_eq!(before, platform.text("output/dev/shop/web/deployment-web.yaml"));
    assert_snapshot!(seen);
}

#[test]
fn a_second_run_waits_and_says_so() {
    let platform = Platform::rendered();
    platform.replace("tenants/shop/web.toml", "http = 8080", "http = 8081");
    let lock = File::options().write(true).open(platform.root().join("output/.aqueduct/lock"));
    let lock = lock.expect("the first run left its lock behind");
    lock.lock().expect("nobody holds it");
    let mut second = Command::new(env!("CARGO_BIN_EXE_aqueduct"))
        .arg("render")
        .current_dir(platform.root())
        .env_clear()
        .stderr(Stdio::piped())
        .spawn()
        .expect("the program starts");
    let mut lines = BufReader::new(second.stderr.take().expect("standard error is a pipe")).lines();
    let first = lines.next().expect("the second run says something").expect("it is text");
    assert!(first.starts_with("waiting: "), "{first}");
    drop(lock);
    let rest: Vec<String> = lines.map(|line| line.expect("it is text")).collect();
    assert!(second.wait().expect("the program ends").success(), "{rest:?}");
    assert_eq!(rest, ["31 files: 6 updated, 25 unchanged"]);
}

/// Git keeps no empty folder, so Argo CD must not look for one.
#[test]
fn a_component_without_objects_has_no_application() {
    let platform = Platform::new();
    platform.write("tenants/shop/nothing.toml", "kind = \"manifests\"\npath = \"nothing.yaml\"\n");
    platform.write("tenants/shop/nothing.yaml", "# none yet\n");
    platform.run("render");
    let applications = |root: &Path| -> Vec<String> {
        let folder = std::fs::read_dir(root.join("output/dev/argocd/shop")).expect("the folder is there");
        let mut names: Vec<String> = folder
            .map(|entry| entry.expect("it can be read").file_name().to_string_lossy().into_owned())
            .collect();
        names.sort();
        names
    };
    assert_eq!(
        applications(&platform.root()),
        ["application-shop-tenant.yaml", "application-shop-web.yaml", "appproject-shop.yaml"]
    );
}

#[test]
fn a_tenant_that_is_switched_off() {
    let platform = Platform::rendered();
    let text = platform.text("tenants/shop/tenant.toml");
    platform.write("tenants/shop/tenant.toml", &format!("enabled = false\n{text}"));
    let mut seen = platform.run("list");
    seen.push_str(&platform.run("render --check"));
    seen.push_str(&platform.run("render"));
    assert_snapshot!(seen);
}
