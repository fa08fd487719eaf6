//! What a write does to the output folder, and what it refuses to do.

use std::fs;
use std::os::unix::fs::{MetadataExt, PermissionsExt, symlink};
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use aqueduct_tree::{
    Emission, Error, ErrorKind, Options, Report, Scope, State, Tree, diff, emit, made_from, status, summary,
    unified,
};
use tempfile::TempDir;

const OVERWRITE: Options = Options { overwrite_edited: true, wait: Duration::ZERO };

/// Builds a tree from `<environment>/<path>` and text.
fn tree(files: &[(&str, &str)]) -> Tree {
    fill(Tree::new(), files)
}

fn fill(mut tree: Tree, files: &[(&str, &str)]) -> Tree {
    for (path, text) in files {
        let (environment, path) = path.split_once('/').expect("tests name an environment");
        tree.insert(environment, path, text.as_bytes()).expect("tests use good names");
    }
    tree
}

/// The platform that most tests begin with.
fn shop() -> Tree {
    tree(&[
        ("dev/argocd/root.yaml", "kind: Application\nmetadata:\n  name: root\n"),
        ("dev/shop/web/deployment-web.yaml", "kind: Deployment\nmetadata:\n  name: web\nspec: 1\n"),
        ("dev/shop/web/service-web.yaml", "kind: Service\nmetadata:\n  name: web\n"),
        ("prod/shop/web/deployment-web.yaml", "kind: Deployment\nmetadata:\n  name: web\nspec: 3\n"),
    ])
}

fn output() -> (TempDir, std::path::PathBuf) {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let output = folder.path().join("output");
    (folder, output)
}

/// Returns all files of the output but the tool's own, `<path>=<text>`.
fn files(output: &Path) -> Vec<String> {
    let mut found = Vec::new();
    collect(output, "", &mut found);
    found.sort();
    found
}

fn collect(output: &Path, relative: &str, found: &mut Vec<String>) {
    for entry in fs::read_dir(output.join(relative)).expect("the folder is there") {
        let entry = entry.expect("it can be listed");
        let name = entry.file_name().into_string().expect("names are text");
        let child = if relative.is_empty() { name.clone() } else { format!("{relative}/{name}") };
        if entry.file_type().expect("it has a type").is_dir() {
            if name != ".aqueduct" {
                found.push(format!("{child}/"));
                collect(output, &child, found);
            }
        } else {
            found.push(format!("{child}={}", fs::read_to_string(entry.path()).expect("it can be read")));
        }
    }
}

fn read(output: &Path, path: &str) -> String {
    fs::read_to_string(output.join(path)).expect("the file is there")
}

fn write(output: &Path, path: &str, text: &str) {
    let path = output.join(path);
    fs::create_dir_all(path.parent().expect("it is below the output")).expect("folders can be made");
    fs::write(path, text).expect("the file can be written");
}

/// Writes a tree that must be accepted.
fn accept(output: &Path, tree: &Tree) -> Report {
    let report = emit(output, tree, Options::default()).expect("the tree can be written");
    assert_sums(output, tree);
    let status = status(output, tree).expect("the output can be read");
    assert!(status.is_clean(), "{status:?}");
    report
}

/// Writes a tree that must be refused without any change, and returns the error as people see it.
fn refuse(output: &Path, tree: &Tree) -> String {
    let before = files(output);
    let error = emit(output, tree, Options::default()).expect_err("the tree must be refused");
    assert_eq!(files(output), before);
    assert!(!output.join(".aqueduct/staged").exists());
    message(output, &error)
}

fn message(output: &Path, error: &Error) -> String {
    let mut text = error.to_string();
    if let Some(source) = std::error::Error::source(error) {
        text = format!("{text}: {source}");
    }
    for diagnostic in error.diagnostics() {
        text = format!("{text}\n{diagnostic}");
        for hint in &diagnostic.hints {
            text = format!("{text}\nhint: {hint}");
        }
    }
    text.replace(output.to_str().expect("the path is text"), "output")
}

/// Runs the real `sha256sum -c` in every environment.
fn assert_sums(output: &Path, tree: &Tree) {
    for environment in tree.environments() {
        let checked = Command::new("sha256sum")
            .args(["--check", "--strict", "aqueduct.sum"])
            .current_dir(output.join(environment))
            .output()
            .expect("sha256sum is installed");
        assert!(checked.status.success(), "{}", String::from_utf8_lossy(&checked.stdout));
    }
}

#[test]
fn a_cold_write_and_a_write_of_nothing() {
    let (_folder, output) = output();
    let report = accept(&output, &shop());
    assert_eq!(report.created.len(), 4);
    let mode =
        |path: &str| fs::metadata(output.join(path)).expect("it is there").permissions().mode() & 0o777;
    assert_eq!(mode("dev/shop/web/service-web.yaml"), 0o644);
    assert_eq!(mode("dev/aqueduct.sum"), 0o644);
    assert_eq!(mode("dev/shop/web"), 0o755);

    let stamps = |output: &Path| {
        ["dev/shop/web/service-web.yaml", "dev/aqueduct.sum", "prod/shop"].map(|path| {
            let metadata = fs::metadata(output.join(path)).expect("it is there");
            (metadata.ino(), metadata.mtime_nsec(), metadata.ctime_nsec())
        })
    };
    let before = stamps(&output);
    let report = accept(&output, &shop());
    assert!(report.is_unchanged());
    assert_eq!(report.unchanged, 4);
    assert_eq!(stamps(&output), before);
    assert!(!output.join(".aqueduct/staged").exists());
    assert_eq!(read(&output, ".aqueduct/.gitignore"), "*\n");
}

#[test]
fn a_change_touches_only_what_changes() {
    let (_folder, output) = output();
    accept(&output, &shop());
    let untouched = fs::metadata(output.join("dev/argocd/root.yaml")).expect("it is there").ino();
    let next = tree(&[
        ("dev/argocd/root.yaml", "kind: Application\nmetadata:\n  name: root\n"),
        ("dev/shop/api/service-api.yaml", "new"),
        ("dev/shop/web/deployment-web.yaml", "changed"),
    ]);
    let report = accept(&output, &next);
    insta::assert_debug_snapshot!(report, @r#"
    Report {
        created: [
            "dev/shop/api/service-api.yaml",
        ],
        updated: [
            "dev/shop/web/deployment-web.yaml",
        ],
        removed: [
            "dev/shop/web/service-web.yaml",
            "prod/shop/web/deployment-web.yaml",
        ],
        adopted: [],
        unchanged: 1,
        converted: 0,
    }
    "#);
    assert_eq!(fs::metadata(output.join("dev/argocd/root.yaml")).expect("it is there").ino(), untouched);
    assert!(!output.join("prod").exists(), "an environment that is gone leaves no folder");
    assert!(accept(&output, &next).is_unchanged());
}

#[test]
fn an_empty_tree_removes_all_that_is_owned() {
    let (_folder, output) = output();
    accept(&output, &shop());
    write(&output, "dev/shop/notes.txt", "mine");
    emit(&output, &Tree::new(), Options::default()).expect("it can be removed");
    assert_eq!(files(&output), ["dev/", "dev/shop/", "dev/shop/notes.txt=mine"]);
}

#[test]
fn a_scope_leaves_the_rest_alone() {
    let (_folder, output) = output();
    accept(&output, &tree(&[("dev/a/x", "1"), ("dev/ab/x", "1"), ("dev/b/x", "1"), ("prod/a/x", "1")]));
    let scope = |folder: &str| Scope::Folder { environment: "dev".into(), folder: folder.into() };
    let part = fill(Tree::of([scope("a")]), &[("dev/a/y", "2")]);
    let report = accept(&output, &part);
    assert_eq!(report.removed, ["dev/a/x"]);
    assert_eq!(report.created, ["dev/a/y"]);
    let listed: Vec<_> =
        read(&output, "dev/aqueduct.sum").lines().map(|line| line[66..].to_owned()).collect();
    assert_eq!(listed, ["a/y", "ab/x", "b/x"]);
    assert_eq!(read(&output, "prod/a/x"), "1");

    accept(&output, &Tree::of([Scope::Environment("prod".into())]));
    assert!(!output.join("prod").exists());
    let report = accept(&output, &Tree::of([]));
    assert!(report.is_unchanged());
    let all = tree(&[("dev/a/y", "2"), ("dev/ab/x", "1"), ("dev/b/x", "1")]);
    assert!(accept(&output, &all).is_unchanged(), "parts add up to the whole");
}

#[test]
fn edited_files_are_refused_until_asked_for() {
    let (_folder, output) = output();
    accept(&output, &shop());
    write(&output, "dev/shop/web/deployment-web.yaml", "edited");
    write(&output, "prod/shop/web/deployment-web.yaml", "edited");
    let next = tree(&[("dev/shop/web/deployment-web.yaml", "kind: Deployment\n")]);
    insta::assert_snapshot!(refuse(&output, &next), @r"
    2 paths hold what must not be overwritten: output
      edited by hand: dev/shop/web/deployment-web.yaml
      edited by hand: prod/shop/web/deployment-web.yaml
    error: edited by hand: output/dev/shop/web/deployment-web.yaml
    hint: move the edit into the source, then restore the file or render with `--overwrite-edited`
    error: edited by hand: output/prod/shop/web/deployment-web.yaml
    hint: move the edit into the source, then restore the file or render with `--overwrite-edited`
    ");
    emit(&output, &next, OVERWRITE).expect("edits may be overwritten");
    assert_eq!(read(&output, "dev/shop/web/deployment-web.yaml"), "kind: Deployment\n");
    assert!(!output.join("prod").exists());
    assert!(accept(&output, &next).is_unchanged());
}

#[test]
fn an_edit_of_the_same_size_at_the_same_time_is_seen() {
    let (_folder, output) = output();
    let path = "dev/shop/web/service-web.yaml";
    for round in 0..20 {
        accept(&output, &tree(&[(path, &format!("text {round:2}"))]));
        write(&output, path, &format!("edit {round:2}"));
        let next = tree(&[(path, &format!("text {round:2}"))]);
        assert_eq!(status(&output, &next).expect("it can be read").changes[0].state, State::Edited);
        assert!(refuse(&output, &next).contains("edited by hand"));
        write(&output, path, &format!("text {round:2}"));
    }
}

#[test]
fn a_missing_file_is_restored_and_a_lost_cache_costs_nothing() {
    let (_folder, output) = output();
    accept(&output, &shop());
    fs::remove_file(output.join("dev/shop/web/service-web.yaml")).expect("it can be removed");
    assert_eq!(accept(&output, &shop()).created, ["dev/shop/web/service-web.yaml"]);
    fs::remove_dir_all(output.join(".aqueduct")).expect("it can be removed");
    assert!(accept(&output, &shop()).is_unchanged());
    write(&output, ".aqueduct/index", "damaged");
    assert!(accept(&output, &shop()).is_unchanged());
}

#[test]
fn foreign_files_are_refused_or_adopted() {
    let (_folder, output) = output();
    write(&output, "dev/shop/web/service-web.yaml", "foreign");
    write(&output, "dev/shop/web/other.yaml", "foreign");
    insta::assert_snapshot!(refuse(&output, &shop()), @r"
    1 path holds what must not be overwritten: output
      not written by aqueduct: dev/shop/web/service-web.yaml
    error: not written by aqueduct: output/dev/shop/web/service-web.yaml
    hint: aqueduct did not write this file: move or delete it
    ");
    emit(&output, &shop(), OVERWRITE).expect_err("it is not an edit");
    write(&output, "dev/shop/web/service-web.yaml", "kind: Service\nmetadata:\n  name: web\n");
    let report = accept(&output, &shop());
    assert_eq!(report.adopted, ["dev/shop/web/service-web.yaml"]);
    assert_eq!(read(&output, "dev/shop/web/other.yaml"), "foreign");
    assert_eq!(status(&output, &shop()).expect("it can be read").unowned, ["dev/shop/web/other.yaml"]);
}

#[test]
fn planted_links_are_never_followed() {
    let plant = |link: &str, target: &str| {
        let (folder, output) = output();
        accept(&output, &tree(&[("dev/shop/web/old.yaml", "old"), ("dev/shop/web/stale.yaml", "old")]));
        let victim = folder.path().join("victim");
        write(&victim, "web/stale.yaml", "old");
        write(&victim, "stale.yaml", "old");
        let link = if link.is_empty() { output.clone() } else { output.join(link) };
        if link.is_dir() {
            fs::remove_dir_all(&link).expect("it can be removed");
        } else if link.exists() {
            fs::remove_file(&link).expect("it can be removed");
        }
        symlink(victim.join(target), &link).expect("links can be made");
        let before = files(&victim);
        let next = tree(&[("dev/shop/web/old.yaml", "new"), ("dev/shop/web/new.yaml", "new")]);
        let error = emit(&output, &next, OVERWRITE).expect_err("links are refused");
        assert_eq!(files(&victim), before);
        assert!(!output.join(".aqueduct/staged").exists());
        message(&output, &error)
    };
    insta::assert_snapshot!(plant("dev/shop/web/old.yaml", "stale.yaml"), @r"
    1 path holds what must not be overwritten: output
      a symbolic link: dev/shop/web/old.yaml
    error: a symbolic link: output/dev/shop/web/old.yaml
    hint: links are never followed: replace it by what it leads to, or delete it
    ");
    assert!(plant("dev/shop/web/new.yaml", "nowhere").contains("a symbolic link: dev/shop/web/new.yaml"));
    assert!(
        plant("dev/shop/web/stale.yaml", "stale.yaml").contains("a symbolic link: dev/shop/web/stale.yaml")
    );
    assert!(plant("dev/shop/web", "web").contains("a symbolic link: dev/shop/web\n"));
    assert!(plant("dev/shop", "").contains("a symbolic link: dev/shop\n"));
    assert!(plant("dev", "").contains("a symbolic link: dev\n"));
    insta::assert_snapshot!(plant(".aqueduct", "web"), @r"
    a symbolic link is in the way: output/.aqueduct
    error: a symbolic link is in the way: output/.aqueduct
    hint: links are never followed: delete it
    ");
    assert!(
        plant(".aqueduct/lock", "lock").starts_with("a symbolic link is in the way: output/.aqueduct/lock")
    );
    assert!(plant("dev/aqueduct.sum", "web").contains("output/dev/aqueduct.sum"));
    assert!(plant("", "web").starts_with("a symbolic link is in the way: output\n"));
}

#[test]
fn folders_and_files_make_room_for_one_another() {
    let (_folder, output) = output();
    let file = tree(&[("dev/a", "1"), ("dev/b/c", "1")]);
    let folder = tree(&[("dev/a/x/y", "1"), ("dev/a/z", "1"), ("dev/b", "1")]);
    accept(&output, &file);
    accept(&output, &folder);
    accept(&output, &file);
    assert!(accept(&output, &file).is_unchanged());
    write(&output, "dev/b/mine", "mine");
    assert!(refuse(&output, &folder).contains("a folder where a file belongs: dev/b\n"));
    fs::remove_file(output.join("dev/b/mine")).expect("it can be removed");
    write(&output, "dev/a", "edited");
    assert!(refuse(&output, &folder).contains("edited by hand: dev/a\n"));
}

#[test]
fn damaged_lists_are_refused() {
    let (_folder, output) = output();
    accept(&output, &shop());
    let sum = read(&output, "dev/aqueduct.sum");
    write(&output, "dev/aqueduct.sum", &sum.replacen('\n', "\nmine\n", 1));
    insta::assert_snapshot!(refuse(&output, &shop()), @r"
    cannot use the list of hashes, not a hash, two spaces and a path: output/dev/aqueduct.sum:2
    error: cannot use the list of hashes, not a hash, two spaces and a path: output/dev/aqueduct.sum:2
    hint: restore the file from git
    ");
    let outside = output.parent().expect("it has one").join("outside");
    fs::write(&outside, "").expect("it can be written");
    let empty = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
    write(&output, "dev/aqueduct.sum", &format!("{empty}  ../../outside\n"));
    assert!(refuse(&output, &Tree::new()).contains("a path must not hold `.` or `..`"));
    assert!(outside.exists());
    fs::remove_file(output.join("dev/aqueduct.sum")).expect("it can be removed");
    assert_eq!(accept(&output, &shop()).adopted.len(), 3);
}

/// Makes a pipe, which nobody ever writes to.
fn pipe(path: &Path) {
    if path.exists() {
        fs::remove_file(path).expect("it can be removed");
    }
    assert!(Command::new("mkfifo").arg(path).status().is_ok_and(|status| status.success()));
}

#[test]
fn pipes_are_never_read() {
    let (_folder, output) = output();
    accept(&output, &shop());
    for name in ["index", "input", "scratch", "staged", "committed"] {
        pipe(&output.join(".aqueduct").join(name));
        assert_eq!(made_from(&output, &[1; 32]), None);
        assert!(accept(&output, &shop()).is_unchanged(), "{name}");
    }
    let refused = |path: &str| {
        let before = fs::read(output.join(path)).expect("it is there");
        pipe(&output.join(path));
        let error = emit(&output, &shop(), Options::default()).expect_err("it is refused");
        fs::remove_file(output.join(path)).expect("it can be removed");
        fs::write(output.join(path), before).expect("it can be written");
        message(&output, &error)
    };
    insta::assert_snapshot!(refused("dev/aqueduct.sum"), @r"
    not a plain file: output/dev/aqueduct.sum
    error: not a plain file: output/dev/aqueduct.sum
    hint: a file belongs here: delete it
    ");
    insta::assert_snapshot!(refused(".aqueduct/lock"), @r"
    not a plain file: output/.aqueduct/lock
    error: not a plain file: output/.aqueduct/lock
    hint: a file belongs here: delete it
    ");
    insta::assert_snapshot!(refused("dev/shop/web/service-web.yaml"), @r"
    1 path holds what must not be overwritten: output
      neither a file nor a folder: dev/shop/web/service-web.yaml
    error: neither a file nor a folder: output/dev/shop/web/service-web.yaml
    hint: a file belongs here: delete it
    ");
    assert!(accept(&output, &shop()).is_unchanged());
}

#[test]
fn what_lies_in_the_folder_of_the_tool_decides_nothing() {
    let (folder, output) = output();
    accept(&output, &shop());
    write(&output, "README.md", "mine");
    write(folder.path(), "victim/file", "mine");
    symlink(folder.path().join("victim"), output.join(".aqueduct/link")).expect("links can be made");
    for planted in ["committed", "staged", "scratch", "other"] {
        write(&output, &format!(".aqueduct/{planted}/README.md"), "planted");
        write(&output, &format!(".aqueduct/{planted}/dev/aqueduct.sum"), "planted");
        write(&output, &format!(".aqueduct/{planted}/dev/shop/web/service-web.yaml"), "planted");
        assert_eq!(made_from(&output, &[1; 32]), None);
        let before = files(&output);
        assert!(accept(&output, &shop()).is_unchanged(), "{planted}");
        assert_eq!(files(&output), before);
    }
    let mut left: Vec<_> = fs::read_dir(output.join(".aqueduct"))
        .expect("it is there")
        .map(|entry| entry.expect("it can be listed").file_name().into_string().expect("names are text"))
        .collect();
    left.sort();
    assert_eq!(left, [".gitignore", "index", "lock"]);
    assert_eq!(read(folder.path(), "victim/file"), "mine");
}

#[test]
fn a_change_as_a_whole_keeps_all_that_is_not_its_own() {
    let (_folder, output) = output();
    accept(&output, &shop());
    write(&output, "dev/shop/web/notes.txt", "mine");
    write(&output, "dev/mine/deep/notes.txt", "mine");
    fs::create_dir(output.join("dev/shop/empty")).expect("it can be made");
    fs::set_permissions(output.join("dev/shop"), fs::Permissions::from_mode(0o775)).expect("it is ours");
    symlink("nowhere", output.join("dev/shop/link")).expect("links can be made");
    pipe(&output.join("dev/shop/pipe"));
    let inode = |path: &str| fs::metadata(output.join(path)).expect("it is there").ino();
    let same = ["dev/argocd/root.yaml", "dev/shop/web/notes.txt", "dev/mine/deep/notes.txt", "dev/shop/pipe"];
    let before = (same.map(inode), inode("dev"), inode("prod"));
    let next = tree(&[
        ("dev/argocd/root.yaml", "kind: Application\nmetadata:\n  name: root\n"),
        ("dev/argocd/shop.yaml", "new"),
        ("dev/shop/web/deployment-web.yaml", "changed"),
        ("prod/shop/web/deployment-web.yaml", "kind: Deployment\nmetadata:\n  name: web\nspec: 3\n"),
    ]);
    accept(&output, &next);
    assert_eq!(same.map(inode), before.0);
    assert!(inode("dev") != before.1 && inode("prod") == before.2, "the changed folder is another one");
    assert_eq!(
        fs::metadata(output.join("dev/shop")).expect("it is there").permissions().mode() & 0o777,
        0o775
    );
    assert!(output.join("dev/shop/empty").is_dir());
    assert_eq!(fs::read_link(output.join("dev/shop/link")).expect("it is there"), Path::new("nowhere"));
    assert_eq!(read(&output, "dev/shop/web/notes.txt"), "mine");
    assert!(!output.join("dev/shop/web/service-web.yaml").exists());
    assert!(accept(&output, &next).is_unchanged());
    assert_eq!(same.map(inode), before.0);
}

#[test]
fn the_smallest_folder_changes() {
    let (_folder, output) = output();
    let all = |web: &str, api: &str| {
        tree(&[
            ("dev/shop/web/a", web),
            ("dev/shop/web/b", web),
            ("dev/shop/web/same", "1"),
            ("dev/shop/api/a", api),
            ("dev/bank/a", "1"),
        ])
    };
    accept(&output, &all("1", "1"));
    let inode = |path: &str| fs::metadata(output.join(path)).expect("it is there").ino();
    let folders = ["dev", "dev/shop", "dev/shop/web", "dev/shop/api", "dev/bank"];
    let same = |before: [u64; 5]| {
        let pairs = folders.map(inode).into_iter().zip(before);
        pairs.map(|(left, right)| left == right).collect::<Vec<_>>()
    };
    let before = folders.map(inode);
    accept(&output, &all("2", "1"));
    assert_eq!(same(before), [true, true, false, true, true]);
    let before = folders.map(inode);
    accept(&output, &all("2", "2"));
    assert_eq!(same(before), [true; 5], "one file takes its place by itself");
    accept(&output, &all("3", "3"));
    assert_eq!(same(before), [true, false, false, false, true]);
    accept(&output, &tree(&[("dev/shop/api/a", "3"), ("dev/bank/a", "1")]));
    assert_eq!(
        files(&output).iter().filter(|path| path.ends_with('/')).count(),
        4,
        "an empty folder is gone"
    );
}

#[test]
fn a_checkout_that_git_converted_is_mended() {
    let (_folder, output) = output();
    accept(&output, &shop());
    let convert = |path: &str| {
        let text = read(&output, path).replace('\n', "\r\n");
        write(&output, path, &text);
    };
    let gone = "prod/shop/web/deployment-web.yaml";
    let paths =
        ["dev/aqueduct.sum", "dev/shop/web/service-web.yaml", "dev/shop/web/deployment-web.yaml", gone];
    paths.into_iter().for_each(convert);
    write(&output, "dev/shop/web/deployment-web.yaml", "kind: Deployment\r\nmine\r\n");
    let next = tree(&[
        ("dev/argocd/root.yaml", "kind: Application\nmetadata:\n  name: root\n"),
        ("dev/shop/web/deployment-web.yaml", "kind: Deployment\nmetadata:\n  name: web\nspec: 1\n"),
        ("dev/shop/web/service-web.yaml", "kind: Service\nmetadata:\n  name: web\n"),
    ]);
    let changes = status(&output, &next).expect("it can be read").changes;
    let changes: Vec<_> = changes.iter().map(ToString::to_string).collect();
    insta::assert_snapshot!(changes.join("\n"), @r"
    edited by hand: dev/shop/web/deployment-web.yaml
    CRLF line ends: dev/shop/web/service-web.yaml
    extra: prod/shop/web/deployment-web.yaml
    ");
    assert!(refuse(&output, &next).contains("edited by hand: dev/shop/web/deployment-web.yaml\n"));
    write(&output, "dev/shop/web/deployment-web.yaml", "kind: Deployment\nmetadata:\n  name: web\nspec: 1\n");
    let report = accept(&output, &next);
    assert_eq!((report.converted, report.updated.len(), report.removed), (1, 1, vec![gone.to_owned()]));
    convert("dev/aqueduct.sum");
    let changes = status(&output, &next).expect("it can be read").changes;
    assert_eq!(
        changes.iter().map(ToString::to_string).collect::<Vec<_>>(),
        ["CRLF line ends: dev/aqueduct.sum"]
    );
    accept(&output, &next);
}

#[test]
fn merged_branches_are_rendered_anew() {
    let (_folder, output) = output();
    let side = |text: &str, own: &str| tree(&[("dev/shop/a", text), (own, "1\n"), ("dev/shop/z", "1\n")]);
    let [base, ours, theirs] = ["1\n", "1\nours\n", "1\ntheirs\n"].map(|text| side(text, "dev/shop/b"));
    let sums = [&ours, &theirs].map(|tree| {
        accept(&output, &base);
        accept(&output, tree);
        read(&output, "dev/aqueduct.sum")
    });
    let merged = side("1\nours\ntheirs\n", "dev/shop/c");
    let conflict = format!("<<<<<<< HEAD\n{}=======\n{}>>>>>>> branch\n", sums[0], sums[1]);
    // A driver for unions, no driver, and no driver for the file either.
    for (sum, file) in [
        (sums.concat(), "1\nours\n"),
        (conflict.clone(), "1\ntheirs\n"),
        (conflict, "1\n<<<<<<< HEAD\nours\n=======\ntheirs\n>>>>>>> branch\n"),
    ] {
        write(&output, "dev/aqueduct.sum", &sum);
        write(&output, "dev/shop/a", file);
        write(&output, "dev/shop/b", "1\n");
        let _ = fs::remove_file(output.join("dev/shop/c"));
        write(&output, "dev/shop/z", "edited\n");
        assert!(refuse(&output, &merged).contains("edited by hand: dev/shop/z\n"));
        write(&output, "dev/shop/z", "1\n");
        let report = accept(&output, &merged);
        assert_eq!(
            (report.updated, report.removed),
            (vec!["dev/shop/a".to_owned()], vec!["dev/shop/b".to_owned()])
        );
    }
}

#[test]
fn bad_names_are_refused() {
    let mut tree = Tree::new();
    let mut insert = |environment: &str, path: &str| match tree.insert(environment, path, *b"") {
        Ok(()) => "accepted".to_owned(),
        Err(error) => error.to_string(),
    };
    let refusals = [
        insert("dev", "a"),
        insert("dev", "a"),
        insert("dev", "../a"),
        insert("dev", "/a"),
        insert("dev", "a\nb"),
        insert("dev", "aqueduct.sum"),
        insert(".aqueduct", "a"),
        insert("a/b", "a"),
        insert("dev", &"long/".repeat(300)),
    ];
    insta::assert_snapshot!(refusals.map(|text| text.chars().take(90).collect::<String>()).join("\n"), @r"
    accepted
    two rendered files claim one path: dev/a
    a path must not hold `.` or `..`: dev/../a
    a part of a path must not be empty: dev//a
    a path must not hold backslashes or control characters: dev/a\nb
    this name is kept for the list of hashes: dev/aqueduct.sum
    an environment must not start with a dot: .aqueduct
    an environment must be one folder: a/b
    a path must not be longer than 1024 bytes: dev/long/long/long/long/long/long/long/long/lon
    ");
}

#[test]
fn clashes_are_refused() {
    let (_folder, output) = output();
    let clash = |files: &[(&str, &str)]| {
        let emission =
            Emission::begin(&output, [Scope::Everything], Options::default()).expect("nothing else runs");
        let added = files.iter().try_for_each(|(path, text)| emission.add("dev", path, text.as_bytes()));
        let error = added.and_then(|()| emission.commit(None).map(|_| ())).expect_err("they clash");
        assert_eq!(*error.kind(), ErrorKind::Clash, "{error}");
    };
    clash(&[("a", "1"), ("a", "1")]);
    clash(&[("a", "1"), ("a/b", "1")]);
    clash(&[("a/b", "1"), ("a", "1")]);
    accept(&output, &tree(&[("dev/a", "1")]));
    clash(&[("a", "1"), ("a", "1")]);
    clash(&[("a", "1"), ("a", "2")]);
    clash(&[("a", "1"), ("a/b", "1")]);
    clash(&[("a/b/c", "1"), ("a", "1")]);
    assert_eq!(files(&output).len(), 3);
}

#[test]
fn a_second_run_waits_or_says_who_is_first() {
    let (_folder, output) = output();
    let first = Emission::begin(&output, [Scope::Everything], Options::default()).expect("nothing else runs");
    first.add("dev", "a", b"first").expect("it can be staged");
    let quick = Options { wait: Duration::ZERO, ..Options::default() };
    let error = emit(&output, &shop(), quick).expect_err("the lock is held");
    let holder = format!("process {}", std::process::id());
    assert!(
        matches!(error.kind(), ErrorKind::Locked { holder: found } if found.starts_with(&holder)),
        "{error}"
    );
    let second = std::thread::scope(|scope| {
        let waiting = scope.spawn(|| emit(&output, &shop(), Options::default()));
        std::thread::sleep(Duration::from_millis(120));
        first.commit(None).expect("it can be written");
        waiting.join().expect("it does not panic")
    });
    assert_eq!(second.expect("its turn comes").removed, ["dev/a"]);
    assert!(accept(&output, &shop()).is_unchanged());
}

#[test]
fn many_runs_at_once_leave_one_whole_tree() {
    let (_folder, output) = output();
    let trees: Vec<Tree> = (0..4)
        .map(|run| {
            let files: Vec<_> = (0..30)
                .map(|file| (format!("dev/tenant-{file}/{}", (file * run) % 7), format!("{run} {file}")))
                .collect();
            let files: Vec<_> = files.iter().map(|(path, text)| (path.as_str(), text.as_str())).collect();
            tree(&files)
        })
        .collect();
    std::thread::scope(|scope| {
        for tree in &trees {
            scope.spawn(|| {
                for _ in 0..5 {
                    emit(&output, tree, Options { wait: Duration::from_secs(60), ..Options::default() })
                        .expect("its turn comes");
                }
            });
        }
    });
    let clean = trees.iter().filter(|tree| status(&output, tree).expect("it can be read").is_clean()).count();
    assert_eq!(clean, 1);
}

#[test]
fn status_and_diff_tell_all_kinds_apart() {
    let (_folder, output) = output();
    accept(
        &output,
        &tree(&[
            ("dev/shop/web/edited.yaml", "kind: Service\nmetadata:\n  name: \"edited\"\n"),
            ("dev/shop/web/extra.yaml", "kind: Service\nmetadata:\n  labels:\n    name: no\n  name: extra\n"),
            ("dev/shop/web/same.yaml", "same\n"),
            (
                "dev/bank/web/stale.yaml",
                "kind: ConfigMap\ndata:\n  name: no\nmetadata:\n  name: stale\nspec: 1\n",
            ),
        ]),
    );
    write(&output, "dev/shop/web/edited.yaml", "kind: Service\nmetadata:\n  name: edited\n  labels: {}\n");
    write(&output, "dev/shop/web/foreign.yaml", "foreign\n");
    symlink("/etc/hostname", output.join("dev/shop/web/link.yaml")).expect("links can be made");
    let next = tree(&[
        ("dev/shop/web/edited.yaml", "kind: Service\nmetadata:\n  name: \"edited\"\n"),
        ("dev/shop/web/foreign.yaml", "ours\n"),
        ("dev/shop/web/link.yaml", "ours\n"),
        ("dev/shop/web/same.yaml", "same\n"),
        (
            "dev/bank/web/stale.yaml",
            "kind: ConfigMap\ndata:\n  name: no\nmetadata:\n  name: stale\nspec: 2\n",
        ),
        ("prod/bank/web/missing.yaml", "kind: Secret\nmetadata:\n  name: missing\n"),
    ]);
    let changes = status(&output, &next).expect("it can be read").changes;
    let changes: Vec<_> = changes.iter().map(ToString::to_string).collect();
    insta::assert_snapshot!(changes.join("\n"), @r#"
    stale: dev/bank/web/stale.yaml
    edited by hand: dev/shop/web/edited.yaml
    extra: dev/shop/web/extra.yaml
    not written by aqueduct: dev/shop/web/foreign.yaml
    blocked: dev/shop/web/link.yaml
    missing: prod/bank/web/missing.yaml
    "#);
    let diffs = diff(&output, &next).expect("it can be read");
    let texts: Vec<_> = diffs
        .iter()
        .map(|diff| {
            let (tenant, component) = (diff.tenant(), diff.component());
            format!("{tenant}/{component} {} {}\n{}", diff.kind, diff.name, unified(diff))
        })
        .collect();
    insta::assert_snapshot!(texts.join("\n"), @r#"
    bank/web ConfigMap stale
    --- a/dev/bank/web/stale.yaml
    +++ b/dev/bank/web/stale.yaml
    @@ -3,4 +3,4 @@
       name: no
     metadata:
       name: stale
    -spec: 1
    +spec: 2

    shop/web Service edited
    --- a/dev/shop/web/edited.yaml
    +++ b/dev/shop/web/edited.yaml
    @@ -1,4 +1,3 @@
     kind: Service
     metadata:
    -  name: edited
    -  labels: {}
    +  name: "edited"

    shop/web Service extra
    --- a/dev/shop/web/extra.yaml
    +++ /dev/null
    @@ -1,5 +0,0 @@
    -kind: Service
    -metadata:
    -  labels:
    -    name: no
    -  name: extra

    shop/web  
    --- a/dev/shop/web/foreign.yaml
    +++ b/dev/shop/web/foreign.yaml
    @@ -1 +1 @@
    -foreign
    +ours

    shop/web  
    --- /dev/null
    +++ b/dev/shop/web/link.yaml
    @@ -0,0 +1 @@
    +ours

    bank/web Secret missing
    --- /dev/null
    +++ b/prod/bank/web/missing.yaml
    @@ -0,0 +1,3 @@
    +kind: Secret
    +metadata:
    +  name: missing
    "#);
    insta::assert_snapshot!(summary(&diffs), @r#"
    dev
      bank  1 changed
      shop  1 added, 2 changed, 1 removed
    prod
      bank  1 added
    "#);
}

#[test]
fn a_tree_is_known_by_its_input_until_anything_changes() {
    let folder = tempfile::tempdir().expect("a temporary folder can be made");
    let output = folder.path().join("output");
    let mut tree = Tree::new();
    tree.insert("dev", "shop/web/service-web.yaml", b"a: 1\n".to_vec()).expect("the name is fine");
    let (key, other) = ([1; 32], [2; 32]);
    assert_eq!(made_from(&output, &key), None);
    let emission =
        Emission::begin(&output, [Scope::Everything], Options::default()).expect("nobody holds it");
    for (environment, path, bytes) in tree.iter() {
        emission.add(environment, path, bytes).expect("the name is fine");
    }
    emission.commit(Some(&key)).expect("the tree is written");
    assert_eq!(made_from(&output, &key), Some(1));
    assert_eq!(made_from(&output, &other), None);
    let file = output.join("dev/shop/web/service-web.yaml");
    for (path, text) in [(file.clone(), "a: 2\n"), (output.join("dev/aqueduct.sum"), "")] {
        let before = fs::read(&path).expect("it was written");
        fs::write(&path, text).expect("it can be changed");
        assert_eq!(made_from(&output, &key), None, "{} was changed", path.display());
        fs::write(&path, before).expect("it can be changed back");
    }
    assert_eq!(made_from(&output, &key), Some(1));
    fs::remove_file(&file).expect("it can be removed");
    assert_eq!(made_from(&output, &key), None);
    emit(&output, &tree, Options::default()).expect("the tree is written");
    assert_eq!(made_from(&output, &key), None, "a write without a key made it worthless");
}
