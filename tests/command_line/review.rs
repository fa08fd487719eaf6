//! `review`: what the changes since a revision do.

use insta::assert_snapshot;

use crate::Platform;
use crate::remotes::{git, has_git};

/// Makes a platform of one commit, in a repository of which it is all.
fn repository() -> Option<Platform> {
    has_git().then(|| {
        let platform = Platform::new();
        git(&platform.root(), &["init", "--quiet", "--initial-branch=main"]);
        git(&platform.root(), &["add", "--all"]);
        git(&platform.root(), &["commit", "--quiet", "--message", "x"]);
        platform
    })
}

/// What is not committed counts, and neither it nor the index is touched.
#[test]
fn of_a_change() {
    let Some(platform) = repository() else { return };
    platform.replace("tenants/shop/web.toml", "replicas = 3", "replicas = 4");
    platform.replace("tenants/shop/web.toml", "tls = false", "tls = false\npath = \"/shop\"");
    let before = platform.files();
    let mut seen = String::new();
    for options in [
        "",
        "--environment prod --format markdown",
        "--tenant shop --base HEAD --environment dev --format json",
    ] {
        seen.push_str(&platform.run(&format!("review {options}")));
    }
    assert_eq!(platform.files(), before);
    assert_snapshot!(seen);
}

/// The base is where the branches have parted: what the main branch did since is not undone.
#[test]
fn of_a_branch() {
    let Some(platform) = repository() else { return };
    git(&platform.root(), &["switch", "--quiet", "--create", "branch"]);
    git(&platform.root(), &["switch", "--quiet", "main"]);
    platform.replace("tenants/shop/web.toml", "replicas = 3", "replicas = 5");
    git(&platform.root(), &["commit", "--quiet", "--all", "--message", "x"]);
    git(&platform.root(), &["switch", "--quiet", "branch"]);
    let nothing = platform.run("review --quiet") + &platform.run("review --format markdown");
    platform.remove("tenants/shop/web.toml");
    assert_snapshot!(nothing + &platform.run("review"));
}

/// A side that does not render is no deletion of everything.
#[test]
fn that_is_not_possible() {
    let Some(platform) = repository() else { return };
    let seen = platform.run("review --base nowhere") + &platform.run("review --base=--all");
    platform.write("tenants/shop/web.toml", "kind = \"servise\"\n");
    let seen = seen + &platform.run("review");
    git(&platform.root(), &["commit", "--quiet", "--all", "--message", "x"]);
    git(&platform.root(), &["checkout", "--quiet", "HEAD~1", "--", "tenants"]);
    assert_snapshot!(seen + &platform.run("review --base HEAD"));
}
