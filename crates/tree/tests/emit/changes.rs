//! What a write changes, and what it leaves alone.

use std::fs;
use std::os::unix::fs::{MetadataExt, PermissionsExt, symlink};
use std::path::Path;
use std::time::Duration;

use aqueduct_tree::{Emission, EmitOptions, ErrorKind, OutputScope, Tree, emit, status};

use super::{accept, files, fill, output, pipe, read, refuse, shop, tree, write};
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
    EmitReport {
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
    emit(&output, &Tree::new(), EmitOptions::default()).expect("it can be removed");
    assert_eq!(files(&output), ["dev/", "dev/shop/", "dev/shop/notes.txt=mine"]);
}

#[test]
fn a_scope_leaves_the_rest_alone() {
    let (_folder, output) = output();
    accept(&output, &tree(&[("dev/a/x", "1"), ("dev/ab/x", "1"), ("dev/b/x", "1"), ("prod/a/x", "1")]));
    let scope = |folder: &str| OutputScope::Folder { environment: "dev".into(), folder: folder.into() };
    let part = fill(Tree::of([scope("a")]), &[("dev/a/y", "2")]);
    let report = accept(&output, &part);
    assert_eq!(report.removed, ["dev/a/x"]);
    assert_eq!(report.created, ["dev/a/y"]);
    let listed: Vec<_> =
        read(&output, "dev/aqueduct.sum").lines().map(|line| line[66..].to_owned()).collect();
    assert_eq!(listed, ["a/y", "ab/x", "b/x"]);
    assert_eq!(read(&output, "prod/a/x"), "1");

    accept(&output, &Tree::of([OutputScope::Environment("prod".into())]));
    assert!(!output.join("prod").exists());
    let report = accept(&output, &Tree::of([]));
    assert!(report.is_unchanged());
    let all = tree(&[("dev/a/y", "2"), ("dev/ab/x", "1"), ("dev/b/x", "1")]);
    assert!(accept(&output, &all).is_unchanged(), "parts add up to the whole");
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
    CRLF line endings: dev/shop/web/service-web.yaml
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
        ["CRLF line endings: dev/aqueduct.sum"]
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
fn a_second_run_waits_or_says_who_is_first() {
    let (_folder, output) = output();
    let first = Emission::begin(&output, [OutputScope::Everything], EmitOptions::default())
        .expect("nothing else runs");
    first.add("dev", "a", b"first").expect("it can be staged");
    let quick = EmitOptions { wait: Duration::ZERO, ..EmitOptions::default() };
    let error = emit(&output, &shop(), quick).expect_err("the lock is held");
    let holder = format!("process {}", std::process::id());
    assert!(
        matches!(error.kind(), ErrorKind::Locked { holder: found } if found.starts_with(&holder)),
        "{error}"
    );
    let second = std::thread::scope(|scope| {
        let waiting = scope.spawn(|| emit(&output, &shop(), EmitOptions::default()));
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
                    emit(
                        &output,
                        tree,
                        EmitOptions { wait: Duration::from_secs(60), ..EmitOptions::default() },
                    )
                    .expect("its turn comes");
                }
            });
        }
    });
    let clean = trees.iter().filter(|tree| status(&output, tree).expect("it can be read").is_clean()).count();
    assert_eq!(clean, 1);
}
