//! Validates every object of the platform strictly against the published schemas of Kubernetes: no unknown fields,
//! and none missing.

use std::path::Path;

use aqueduct_manifest::{Files, yaml};

use super::{ROOT, SOURCES, folder, installed, rendering, run, succeeds, write};

#[test]
fn every_object_fits_its_schema() {
    let files = Files::read(Path::new(ROOT), &SOURCES).expect("the repository can be read");
    let (components, diagnostics) = rendering::components(&files);
    assert!(diagnostics.is_empty(), "{diagnostics:?}");
    let objects = components.into_iter().flat_map(|component| component.objects);
    // Custom resources have their own schemas, which Kubernetes does not publish.
    let known = |group: &str| !group.contains('.') || group.ends_with(".k8s.io");
    let objects: Vec<_> = objects.filter(|object| known(object.group())).collect();
    let path = folder("schemas").join("objects.yaml");
    let count = objects.len();
    let texts = objects.into_iter().map(|object| format!("---\n{}", yaml::write(&object.map.into())));
    write(&path, &texts.collect::<String>());
    if !installed(&["kubernetes-validate"]) {
        return;
    }
    let arguments = ["--strict", "--quiet", "--kubernetes-version", "1.33", &path.display().to_string()];
    let Some(output) = run("kubernetes-validate", &arguments) else { return };
    succeeds(&output);
    println!("schemas: {count} objects");
}
