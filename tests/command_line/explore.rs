//! The commands that say what there is: `list`, `schema`, `completions`, `man`, help and version.

use insta::assert_snapshot;

use crate::program::run;
use crate::{Platform, outcome};

#[test]
fn list() {
    let platform = Platform::new();
    platform.write(
        "tenants/shop/settings.toml",
        "kind = \"config\"\n\n[files.\"a.json\"]\ntext = \"{}\"\n\n[environments.prod]\nenabled = false\n",
    );
    let mut seen = platform.run("list");
    for options in ["--json", "--environment prod", "--tenant shop --json -e prod", "--tenant nobody"] {
        seen.push_str(&platform.run(&format!("list {options}")));
    }
    assert_snapshot!(seen);
}

#[test]
fn list_of_nothing() {
    let platform = Platform::new();
    std::fs::remove_dir_all(platform.root().join("tenants")).expect("the tenants can be removed");
    assert_snapshot!(platform.run("list") + &platform.run("list --json") + &platform.run("render"));
}

#[test]
fn schemas() {
    let platform = Platform::new();
    let all = run(&platform.root(), &["schema"]).done();
    let mut read = serde_json::Deserializer::from_str(&all).into_iter::<serde_json::Value>();
    let titles: Vec<String> =
        read.by_ref().map(|schema| schema.expect("a schema is JSON")["title"].to_string()).collect();
    assert_eq!(titles, ["\"Blueprint\"", "\"Component\"", "\"Platform\"", "\"Tenant\""]);

    run(&platform.root(), &["schema", "--output", "docs/schemas"]).done();
    for name in ["blueprint", "component", "platform", "tenant"] {
        let one = run(&platform.root(), &["schema", name]).done();
        assert_eq!(one, platform.text(&format!("docs/schemas/{name}.schema.json")));
    }
    assert_snapshot!(platform.run("schema tenants"));
}

#[test]
fn completions() {
    let folder = tempfile::tempdir().expect("there is room for a folder");
    for shell in ["bash", "elvish", "fish", "powershell", "zsh"] {
        let script = run(folder.path(), &["completions", shell]).done();
        for word in ["render", "overwrite-edited", "kustomize"] {
            assert!(script.contains(word), "the script for {shell} knows no `{word}`");
        }
    }
    assert_snapshot!(outcome(folder.path(), "completions tcsh"));
}

#[test]
fn manual() {
    let folder = tempfile::tempdir().expect("there is room for a folder");
    let page = run(folder.path(), &["man"]).done();
    assert!(page.contains(".TH aqueduct 1"), "{page}");
    run(folder.path(), &["man", "--output", "man"]).done();
    let mut pages: Vec<String> = std::fs::read_dir(folder.path().join("man"))
        .expect("the pages are there")
        .map(|entry| entry.expect("the folder can be listed").file_name().to_string_lossy().into_owned())
        .collect();
    pages.sort();
    assert_snapshot!(pages.join("\n"));
}

#[test]
fn help() {
    let folder = tempfile::tempdir().expect("there is room for a folder");
    let mut seen = outcome(folder.path(), "--help");
    for command in
        ["render", "diff", "review", "check", "list", "capacity", "export", "set", "init", "schema", "vendor"]
    {
        seen.push_str(&outcome(folder.path(), &format!("{command} --help")));
    }
    assert_snapshot!(seen);
}

#[test]
fn capacity() {
    let platform = Platform::new();
    let mut seen = platform.run("capacity");
    for options in ["--environment prod --json", "--environment nowhere"] {
        seen.push_str(&platform.run(&format!("capacity {options}")));
    }
    assert_snapshot!(seen);
}

#[test]
fn export() {
    assert_snapshot!(Platform::new().run("export terraform --environment prod"));
}

#[test]
fn version() {
    let folder = tempfile::tempdir().expect("there is room for a folder");
    let seen = run(folder.path(), &["--version"]).done();
    let rendered = "charts as Helm 4.3.2, kustomizations as Kustomize 5.8.1";
    assert_eq!(seen, format!("aqueduct {} ({rendered})\n", env!("CARGO_PKG_VERSION")));
}
