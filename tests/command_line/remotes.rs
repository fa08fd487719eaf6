//! What kustomizations take from git repositories: fetched by `vendor`, and held to it by everything else.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use insta::assert_snapshot;

use crate::Platform;
use crate::program::Run;

/// Tells whether git is there; says so where it is not.
#[expect(clippy::print_stdout, reason = "a test that is skipped is seen")]
pub(crate) fn has_git() -> bool {
    let found = Command::new("git").arg("--version").stdout(Stdio::null()).status().is_ok();
    if !found {
        println!("skipped: there is no program `git`");
    }
    found
}

/// Runs git away from the settings of whoever runs the tests, and always at the same moment.
pub(crate) fn git(folder: &Path, arguments: &[&str]) {
    let mut command = Command::new("git");
    for name in ["GIT_AUTHOR_NAME", "GIT_AUTHOR_EMAIL", "GIT_COMMITTER_NAME", "GIT_COMMITTER_EMAIL"] {
        command.env(name, "ann@example.com");
    }
    for name in ["GIT_AUTHOR_DATE", "GIT_COMMITTER_DATE"] {
        command.env(name, "2026-01-01T00:00:00Z");
    }
    command.env("GIT_CONFIG_GLOBAL", "/dev/null").env("GIT_CONFIG_NOSYSTEM", "1");
    command.env_remove("GIT_DIR").env_remove("GIT_INDEX_FILE").env_remove("GIT_WORK_TREE");
    let status = command.args(arguments).current_dir(folder).status().expect("git starts");
    assert!(status.success(), "git {arguments:?}");
}

/// Runs a command with the programs of this machine, and returns all that can be seen of it.
#[expect(clippy::disallowed_methods, reason = "where programs are is a matter of the machine")]
pub(crate) fn with_programs(platform: &Platform, command: &str) -> String {
    run(platform, command, &std::env::var_os("PATH").unwrap_or_default())
}

fn without_programs(platform: &Platform, command: &str) -> String {
    run(platform, command, platform.folder.path().join("nothing").as_os_str())
}

/// Runs a command, with settings of git in the folder `home`.
fn run(platform: &Platform, command: &str, path: &std::ffi::OsStr) -> String {
    let output = Command::new(env!("CARGO_BIN_EXE_aqueduct"))
        .args(command.split_whitespace())
        .current_dir(platform.root())
        .env_clear()
        .env("PATH", path)
        .env("HOME", platform.folder.path().join("home"))
        .output()
        .expect("the program starts");
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    let seen = Run {
        code: output.status.code().expect("the program ends by itself"),
        stdout: text(&output.stdout),
        stderr: text(&output.stderr),
    };
    shown(platform, &format!("$ aqueduct {command}\n{seen}"))
}

fn shown(platform: &Platform, text: &str) -> String {
    let folder = platform.folder.path();
    let real = folder.canonicalize().expect("the folder is there");
    let text = text.replace(&real.display().to_string(), "<folder>");
    let mut text = text.replace(&folder.display().to_string(), "<folder>");
    // What is underlined is as long as the name of the folder.
    while text.contains("^^") {
        text = text.replace("^^", "^");
    }
    text
}

/// Makes a repository beside the platform.
fn repository(platform: &Platform, name: &str) -> PathBuf {
    for (path, text) in [
        ("base/kustomization.yaml", "resources: [map.yaml, ../other]\n"),
        ("base/map.yaml", "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: page\ndata:\n  text: hello\n"),
        ("other/kustomization.yaml", "resources: [map.yaml]\n"),
        ("other/map.yaml", "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: other\n"),
    ] {
        platform.write(&format!("../{name}/{path}"), text);
    }
    let repository = platform.folder.path().join(name);
    git(&repository, &["init", "--quiet", "--initial-branch=main"]);
    git(&repository, &["add", "--all"]);
    git(&repository, &["commit", "--quiet", "--message", "first"]);
    git(&repository, &["tag", "v1"]);
    repository
}

/// Gives the platform a component with a kustomization.
fn with_kustomization(platform: &Platform, text: &str) {
    platform.write("kustomizations/page/kustomization.yaml", text);
    platform.write("tenants/shop/page.toml", "kind = \"kustomization\"\npath = \"/kustomizations/page\"\n");
}

/// A platform with a component whose kustomization names a repository.
fn platform() -> Platform {
    let platform = Platform::new();
    let upstream = repository(&platform, "upstream");
    let text = format!("namePrefix: my-\nresources:\n- file://{}//base?ref=v1\n", upstream.display());
    with_kustomization(&platform, &text);
    platform
}

#[test]
fn vendored_and_rendered() {
    if !has_git() {
        return;
    }
    let platform = platform();
    let mut seen = String::new();
    seen += &without_programs(&platform, "render");
    seen += &without_programs(&platform, "kustomize build kustomizations/page");
    seen += &without_programs(&platform, "vendor");
    seen += &with_programs(&platform, "vendor");
    seen += &shown(&platform, &platform.text("aqueduct.lock"));
    // From here on there is neither a repository nor a program that could fetch it.
    std::fs::rename(platform.folder.path().join("upstream"), platform.folder.path().join("gone"))
        .expect("a folder can be moved");
    seen += &without_programs(&platform, "vendor");
    seen += &without_programs(&platform, "render --quiet");
    seen += &platform.text("output/prod/shop/page/configmap-my-page.yaml");
    seen += &without_programs(&platform, "kustomize build kustomizations/page");
    assert_snapshot!(seen);
}

#[test]
fn altered_missing_and_no_longer_named() {
    if !has_git() {
        return;
    }
    let platform = platform();
    with_programs(&platform, "vendor");
    let copies = platform.root().join("vendor/kustomizations");
    let mut copies: Vec<_> = copies.read_dir().expect("it is there").flatten().collect();
    let copy = copies.remove(0).file_name().into_string().expect("it is UTF-8");
    let mut seen = String::new();
    platform.replace(&format!("vendor/kustomizations/{copy}/base/map.yaml"), "hello", "altered");
    seen += &without_programs(&platform, "check");
    seen += &without_programs(&platform, "kustomize build kustomizations/page");
    std::fs::remove_dir_all(platform.root().join("vendor")).expect("a folder can be removed");
    seen += &without_programs(&platform, "diff");
    seen += &with_programs(&platform, "vendor");
    seen += &without_programs(&platform, "check --quiet");
    platform.write("aqueduct.lock", "version = 2\n");
    seen += &without_programs(&platform, "render");
    seen += &without_programs(&platform, "kustomize build kustomizations/page");
    platform.remove("aqueduct.lock");
    platform.remove("tenants/shop/page.toml");
    std::fs::remove_dir_all(platform.root().join("vendor")).expect("a folder can be removed");
    seen += &without_programs(&platform, "vendor");
    assert!(!platform.root().join("aqueduct.lock").exists(), "nothing is locked");
    assert_snapshot!(seen);
}

#[cfg(unix)]
#[test]
fn git_is_used_as_it_is_set_up() {
    use std::os::unix::fs::PermissionsExt as _;

    if !has_git() {
        return;
    }
    let platform = Platform::new();
    repository(&platform, "servers/org/repo.git");
    let servers = platform.folder.path().join("servers");
    let ssh = platform.folder.path().join("ssh");
    // The last argument is what the other side is to run; the path in it is absolute in an address with a scheme.
    let script = format!(
        "#!/bin/sh\nfor last; do :; done\ncd '{}' && eval \"$(echo \"$last\" | sed \"s, '/, ',\")\"\n",
        servers.display()
    );
    platform.write("../ssh", &script);
    std::fs::set_permissions(&ssh, std::fs::Permissions::from_mode(0o755)).expect("the file is ours");
    let settings = format!(
        "[url \"file://{}/\"]\n\tinsteadOf = https://github.com/\n[core]\n\tautocrlf = true\n\tsshCommand = {}\n[ssh]\n\tvariant = ssh\n",
        servers.display(),
        ssh.display(),
    );
    platform.write("../home/.gitconfig", &settings);
    with_kustomization(&platform, "resources:\n- github.com/org/repo//base?ref=v1\n- second\n- third\n");
    for (folder, name) in [
        ("second", "git@git.example.com:org/repo.git//base"),
        ("third", "ssh://git@git.example.com/org/repo.git//base?ref=main"),
    ] {
        platform.write(
            &format!("kustomizations/page/{folder}/kustomization.yaml"),
            &format!("nameSuffix: -{folder}\nresources: ['{name}']\n"),
        );
    }
    let mut seen = with_programs(&platform, "vendor");
    seen += &shown(&platform, &platform.text("aqueduct.lock"));
    seen += &without_programs(&platform, "kustomize build kustomizations/page");
    platform.write(
        "../ssh",
        "#!/bin/sh\necho 'git@git.example.com: Permission denied (publickey).' >&2\nexit 255\n",
    );
    platform.remove("aqueduct.lock");
    seen += &with_programs(&platform, "vendor");
    assert_snapshot!(seen);
}
