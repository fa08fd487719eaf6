//! Platforms that Argo CD read before they moved in: what is rendered of them is what Helm and Kustomize print, but for labels.
//!
//! Each folder is one of them, with the files as they were and those of the platform beside them. In `argocd/` lie the
//! Applications as they were. Each is rendered as Argo CD renders it, and held against the folder that the Application
//! of the same name reads now.

mod application;
mod objects;

use std::path::{Path, PathBuf};

use self::application::{Application, made_by_set};
use self::objects::{prints, read};

#[path = "../program/mod.rs"]
mod program;

use program::run;

#[test]
fn example_apps() {
    moves_in("example-apps", 10);
}

#[test]
fn hub() {
    moves_in("hub", 5);
}

#[test]
fn cloud_starter() {
    moves_in("cloud-starter", 8);
}

#[test]
fn home_lab() {
    moves_in("home-lab", 30);
}

/// A chart that is gathered from others is rendered from copies, which nobody can open.
#[test]
fn a_field_of_a_gathered_chart_leads_to_where_it_is_written() {
    let folder = tempfile::tempdir().expect("there is room for a folder");
    let root = laid_out("home-lab", &folder);
    run(&root, &["render", "--quiet"]).done();
    let explain = |component| run(&root, &["explain", component, "Deployment", "spec.replicas"]).done();
    insta::assert_snapshot!(explain("lab/apps/games") + &explain("lab/apps/blog"), @r"
    Deployment.apps games/games: spec.replicas = 0
      rendered  output/lab/apps/games/deployment-games.yaml:14
      nearest   tenants/apps/games.toml:2:8  made by vendor/charts/app-3.4.0/templates/deployment.yaml:7
      written   vendor/charts/app-3.4.0/templates/deployment.yaml:7:3  template
    Deployment.apps blog/blog: spec.replicas = 2
      rendered  output/lab/apps/blog/deployment-blog.yaml:14
      source    library/site/templates/site.yaml:14:3  template `toolkit.override`
      before    vendor/charts/toolkit-2.1.0/templates/_workload.tpl:10:1  template `toolkit.workload`
      before    library/site/templates/site.yaml:1:1  template
    ");
}

/// Applications are in the cluster of Argo CD, whatever cluster their objects are in.
#[test]
fn applications_stand_in_a_namespace_of_the_cluster_of_argo_cd() {
    let folder = tempfile::tempdir().expect("there is room for a folder");
    let root = laid_out("hub", &folder);
    let file = root.join("tenants/platform/tenant.toml");
    let text = std::fs::read_to_string(&file).expect("the file is there");
    std::fs::write(&file, text.replace("\"shop-delivery\"", "\"delivery\""))
        .expect("the file can be written");
    let checked = run(&root, &["check", "--environment", "east"]);
    assert_eq!(checked.code, 1);
    insta::assert_snapshot!(checked.stderr, @r#"
    error[namespace-exists]: `Application shop-delivery/api-east` is in a namespace that does not exist: `shop-delivery`
     --> tenants/shop/tenant.toml:6:13
      |
    6 | namespace = "shop-delivery"
      |             ^^^^^^^^^^^^^^^ in `east`
      |
      = note: in output/east/argocd/shop/application-api-east.yaml: line 14

    1 error (for details, run `aqueduct check --explain RULE`)
    "#);
}

/// Renders and checks a platform, and compares every Application with what it was before.
fn moves_in(name: &str, applications: usize) {
    let folder = tempfile::tempdir().expect("there is room for a folder");
    let root = laid_out(name, &folder);
    let platform = platform(&root);
    let text = |key: &str| platform.get(key).and_then(toml::Value::as_str);
    let repository = if text("path").is_some() { folder.path() } else { &*root };
    let output = root.join(text("output").unwrap_or("output"));
    let checked = run(&root, &["check"]);
    assert!(checked.code == 0 && checked.stderr.contains("no findings"), "{checked}");
    run(&root, &["render", "--quiet"]).done();
    let now: Vec<Application> = applications_below(&output);
    carry(&platform, &output, repository);
    let mut before = applications_below(&root.join("argocd"));
    before.extend(of_sets(&root));
    for old in &before {
        let same: Vec<&Application> = now.iter().filter(|new| new.name == old.name).collect();
        assert_eq!(same.len(), 1, "{name}: Applications that are still called {}", old.name);
        let new = same[0];
        assert_eq!(new.destination, old.destination, "{name}: the destination of {}", old.name);
        let after = read(&text_below(&repository.join(&new.sources[0].path)));
        for (engine, text) in old.rendered(repository) {
            let printed = prints(&read(&text), &after, &old.namespace());
            assert_eq!(printed.0, printed.1, "{name}: {} by {engine} (left) and now (right)", old.name);
        }
    }
    assert_eq!(before.len(), applications, "Applications of {name}");
}

/// Copies a platform into a folder, as the repository is that it lies in.
fn laid_out(name: &str, folder: &tempfile::TempDir) -> PathBuf {
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/migrations").join(name);
    let platform = platform(&source);
    let root = folder.path().join(platform.get("path").and_then(toml::Value::as_str).unwrap_or(name));
    copy(&source, &root);
    root
}

/// Reads `platform.toml`.
fn platform(root: &Path) -> toml::Table {
    let text = std::fs::read_to_string(root.join("platform.toml")).expect("there is a platform");
    text.parse().expect("it is TOML")
}

/// Copies the trees of environments that have a folder of their own to there, as a job would that carries them away.
fn carry(platform: &toml::Table, output: &Path, repository: &Path) {
    let environments = platform.get("environments").and_then(toml::Value::as_table).into_iter().flatten();
    for (name, environment) in environments {
        if let Some(path) = environment.get("path").and_then(toml::Value::as_str) {
            copy(&output.join(name), &repository.join(path));
        }
    }
}

/// Returns the Applications below a folder, but those that only lead to others.
fn applications_below(folder: &Path) -> Vec<Application> {
    let objects = read(&text_below(folder));
    let found = objects.iter().filter(|object| object.kind() == "Application").map(Application::read);
    found.filter(|one| !one.is_root()).collect()
}

/// Returns the Applications that ApplicationSets made of folders.
fn of_sets(root: &Path) -> Vec<Application> {
    let sets = read(&text_below(&root.join("argocd")));
    sets.iter()
        .filter(|object| object.kind() == "ApplicationSet")
        .flat_map(|set| made_by_set(root, set))
        .collect()
}

/// Returns all manifests below a folder.
fn text_below(folder: &Path) -> String {
    let texts =
        files_below(folder).into_iter().map(|path| std::fs::read_to_string(path).expect("it is text"));
    texts.map(|text| format!("---\n{text}\n")).collect()
}

/// Returns all files below a folder whose name ends in `.yaml`, in order.
fn files_below(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).expect("the folder can be listed").flatten() {
        let path = entry.path();
        if path.is_dir() {
            found.extend(files_below(&path));
        } else if path.extension().is_some_and(|ending| ending == "yaml") {
            found.push(path);
        }
    }
    found.sort();
    found
}

/// Copies a folder.
fn copy(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).expect("a folder can be made");
    for entry in std::fs::read_dir(from).expect("the folder can be listed").flatten() {
        let (path, target): (PathBuf, PathBuf) = (entry.path(), to.join(entry.file_name()));
        if path.is_dir() {
            copy(&path, &target);
        } else {
            std::fs::copy(&path, &target).expect("a file can be copied");
        }
    }
}
