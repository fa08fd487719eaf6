//! What git does to a platform between two renders: other line ends, and merges.

use std::path::Path;

use insta::assert_snapshot;

use crate::Platform;
use crate::remotes::{git, has_git};

/// Commits all that there is.
fn commit(platform: &Platform) {
    git(&platform.root(), &["add", "--all"]);
    git(&platform.root(), &["commit", "--quiet", "--message", "x"]);
}

fn repository() -> Option<Platform> {
    has_git().then(|| {
        let platform = Platform::rendered();
        git(&platform.root(), &["init", "--quiet", "--initial-branch=main"]);
        platform
    })
}

/// Checks all files out as git does on Windows.
fn check_out_again(platform: &Platform) {
    git(&platform.root(), &["config", "core.autocrlf", "true"]);
    git(&platform.root(), &["rm", "-r", "--quiet", "--cached", "."]);
    git(&platform.root(), &["reset", "--quiet", "--hard"]);
}

#[test]
fn line_ends_stay() {
    let Some(platform) = repository() else { return };
    commit(&platform);
    check_out_again(&platform);
    assert_snapshot!(platform.run("render --check"));
}

#[test]
fn line_ends_that_git_converted() {
    let Some(platform) = repository() else { return };
    platform.remove(".gitattributes");
    commit(&platform);
    check_out_again(&platform);
    let seen = platform.run("render --check") + &platform.run("diff") + &platform.run("render");
    assert_snapshot!(seen + &platform.run("render --check"));
}

#[test]
fn rules_of_ones_own_stay() {
    let folder = tempfile::tempdir().expect("there is room for a folder");
    std::fs::write(folder.path().join(".gitattributes"), "*.png binary").expect("it can be written");
    crate::outcome(folder.path(), "init --name demo .");
    let text = std::fs::read_to_string(folder.path().join(".gitattributes")).expect("it is there");
    assert_snapshot!(text);
}

/// Two branches that add a component each change the same lists of hashes, and the policies of what both call.
#[test]
fn merged_branches() {
    let Some(platform) = repository() else { return };
    commit(&platform);
    let git = |arguments: &[&str]| git(&platform.root(), arguments);
    for branch in ["one", "two"] {
        git(&["checkout", "--quiet", "-b", branch, "main"]);
        platform.write(&format!("tenants/shop/{branch}.toml"), COMPONENT);
        platform.run("render");
        commit(&platform);
    }
    git(&["merge", "--quiet", "--no-edit", "one"]);
    let seen = platform.run("render") + &platform.run("render --check");
    assert!(!Path::new(&platform.root()).join("output/.aqueduct/staged").exists());
    assert_snapshot!(seen);
}

const COMPONENT: &str = "kind = \"service\"\nimage = \"registry.example.com/a:v1\"\nports = { http = 8080 }\n\
    [resources]\nrequests = { cpu = \"50m\", memory = \"64Mi\" }\nlimits = { cpu = \"1\", memory = \"64Mi\" }\n";
