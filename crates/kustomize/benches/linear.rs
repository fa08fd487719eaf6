//! Builds one kustomization with more and more resources: twice as many must take about twice as long.

use std::fmt::Write as _;

use aqueduct_kustomize::{Options, build, to_yaml};
use aqueduct_manifest::Files;

fn main() {
    divan::main();
}

/// Returns a kustomization that patches, prefixes, labels and references all of its resources.
fn kustomization(resources: usize) -> Files {
    let mut text = String::new();
    let mut patches = String::new();
    for number in 0..resources / 4 {
        let _ = write!(
            text,
            "---\napiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: settings-{number}\ndata:\n  number: \"{number}\"\n\
             ---\napiVersion: v1\nkind: ServiceAccount\nmetadata:\n  name: account-{number}\n\
             ---\napiVersion: v1\nkind: Service\nmetadata:\n  name: service-{number}\nspec:\n  ports:\n  - port: 80\n\
             ---\napiVersion: apps/v1\nkind: Deployment\nmetadata:\n  name: web-{number}\nspec:\n  template:\n    spec:\n\
             \x20     serviceAccountName: account-{number}\n      containers:\n      - name: web\n        image: web:1\n\
             \x20       envFrom:\n        - configMapRef:\n            name: settings-{number}\n"
        );
        let _ = write!(
            patches,
            "---\napiVersion: apps/v1\nkind: Deployment\nmetadata:\n  name: web-{number}\nspec:\n  replicas: 2\n"
        );
    }
    let kustomization = "namePrefix: a-\nnamespace: shop\ncommonLabels:\n  app: web\nresources:\n- all.yaml\n\
                         patches:\n- path: patches.yaml\nimages:\n- name: web\n  newTag: \"2\"\n\
                         configMapGenerator:\n- name: generated\n  literals:\n  - a=b\n";
    [("kustomization.yaml", kustomization.to_owned()), ("all.yaml", text), ("patches.yaml", patches)]
        .into_iter()
        .map(|(name, text)| (name, text.into_bytes()))
        .collect()
}

#[divan::bench(args = [1000, 2000, 4000, 8000], sample_count = 5)]
fn resources(bencher: divan::Bencher<'_, '_>, count: usize) {
    let files = kustomization(count);
    bencher.bench_local(|| {
        let built = build(&files, ".", &Options::default()).expect("the kustomization is well formed");
        to_yaml(&built.objects).expect("its texts are plain").len()
    });
}
