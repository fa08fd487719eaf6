//! How a folder is compared with a tree.

use std::fs;
use std::os::unix::fs::symlink;

use aqueduct_tree::{
    Emission, EmitOptions, OutputScope, Tree, diff, emit, made_from, status, summary, unified,
};

use super::{accept, output, tree, write};
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
        Emission::begin(&output, [OutputScope::Everything], EmitOptions::default()).expect("nobody holds it");
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
    emit(&output, &tree, EmitOptions::default()).expect("the tree is written");
    assert_eq!(made_from(&output, &key), None, "a write without a key made it worthless");
}
