//! Symbolic links lead nowhere outside a kustomization, unless its build is unrestricted.
#![cfg(unix)]

use std::fs;
use std::os::unix::fs::symlink;

use aqueduct_kustomize::{Disk, LoadRestrictor, Options, build};

#[test]
fn refuses_links_out_of_the_root() {
    let folder = tempfile::tempdir().expect("a folder can be made");
    let root = folder.path();
    fs::create_dir_all(root.join("app/inner")).expect("a folder can be made");
    let map = "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: settings\n";
    fs::write(root.join("outside.yaml"), map).expect("a file can be written");
    fs::write(root.join("app/inner/inside.yaml"), map).expect("a file can be written");
    symlink("../outside.yaml", root.join("app/leaves.yaml")).expect("a link can be made");
    symlink("inner/inside.yaml", root.join("app/stays.yaml")).expect("a link can be made");
    let built = |resource: &str, load_restrictor| {
        let kustomization = format!("resources: [{resource}]\n");
        fs::write(root.join("app/kustomization.yaml"), kustomization).expect("a file can be written");
        build(&Disk::new(root), "app", &Options { load_restrictor, ..Options::default() })
    };

    let error = built("leaves.yaml", LoadRestrictor::RootOnly).expect_err("it leads outside");
    assert!(error.to_string().contains("security; file"), "{error}");
    assert_eq!(built("leaves.yaml", LoadRestrictor::None).map(|built| built.objects.len()), Ok(1));
    assert_eq!(built("stays.yaml", LoadRestrictor::RootOnly).map(|built| built.objects.len()), Ok(1));
}

#[test]
fn refuses_cycles_through_links() {
    let folder = tempfile::tempdir().expect("a folder can be made");
    let root = folder.path();
    fs::create_dir_all(root.join("app")).expect("a folder can be made");
    fs::write(root.join("app/kustomization.yaml"), "resources: [../again]\n").expect("a file can be written");
    symlink("app", root.join("again")).expect("a link can be made");
    let error = build(&Disk::new(root), "app", &Options::default()).expect_err("it names itself");
    assert!(error.to_string().contains("cycle detected"), "{error}");
}
