//! What a write refuses to touch or to take.

use std::fs;
use std::os::unix::fs::symlink;

use aqueduct_tree::{Emission, EmitOptions, ErrorKind, OutputScope, State, Tree, emit, made_from, status};

use super::{OVERWRITE, accept, files, message, output, pipe, read, refuse, shop, tree, write};
#[test]
fn edited_files_are_refused_until_asked_for() {
    let (_folder, output) = output();
    accept(&output, &shop());
    write(&output, "dev/shop/web/deployment-web.yaml", "edited");
    write(&output, "prod/shop/web/deployment-web.yaml", "edited");
    let next = tree(&[("dev/shop/web/deployment-web.yaml", "kind: Deployment\n")]);
    insta::assert_snapshot!(refuse(&output, &next), @r"
    output has 2 files that would be overwritten
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
fn foreign_files_are_refused_or_adopted() {
    let (_folder, output) = output();
    write(&output, "dev/shop/web/service-web.yaml", "foreign");
    write(&output, "dev/shop/web/other.yaml", "foreign");
    insta::assert_snapshot!(refuse(&output, &shop()), @r"
    output has 1 file that would be overwritten
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
    output has 1 file that would be overwritten
      a symbolic link: dev/shop/web/old.yaml
    error: a symbolic link: output/dev/shop/web/old.yaml
    hint: links are never followed: replace it with its target, or delete it
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
    assert!(refuse(&output, &Tree::new()).contains("a path must not contain `.` or `..`"));
    assert!(outside.exists());
    fs::remove_file(output.join("dev/aqueduct.sum")).expect("it can be removed");
    assert_eq!(accept(&output, &shop()).adopted.len(), 3);
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
        let error = emit(&output, &shop(), EmitOptions::default()).expect_err("it is refused");
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
    output has 1 file that would be overwritten
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
    a path must not contain `.` or `..`: dev/../a
    a part of a path must not be empty: dev//a
    a path must not contain backslashes or control characters: dev/a\nb
    this name is reserved for the list of hashes: dev/aqueduct.sum
    an environment must not start with a dot: .aqueduct
    an environment must be one folder: a/b
    a path must not be longer than 1024 bytes: dev/long/long/long/long/long/long/long/long/lon
    ");
}

#[test]
fn clashes_are_refused() {
    let (_folder, output) = output();
    let clash = |files: &[(&str, &str)]| {
        let emission = Emission::begin(&output, [OutputScope::Everything], EmitOptions::default())
            .expect("nothing else runs");
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
