//! Small inputs take little work: whatever would double or be squared is linear or refused.

use std::fmt::Write as _;
use std::time::{Duration, Instant};

use aqueduct_kustomize::{Build, Error, Options, build, to_yaml};
use aqueduct_manifest::Files;

const MAP: &str = "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: a\n";

/// Two folders on each level, each of which refers to both folders of the next level: the last ones are reached very
/// often.
fn diamond(levels: usize, level: impl Fn(usize) -> String, top: &str) -> Files {
    let mut files = Files::new();
    files.insert("top/kustomization.yaml", top.as_bytes());
    files.insert("top/a.yaml", MAP.as_bytes());
    for number in 0..levels {
        for side in ["l", "r"] {
            let path = format!("{side}{number}/kustomization.yaml");
            files.insert(path.as_str(), level(number).into_bytes());
        }
    }
    files
}

/// Builds within a time limit that is far more than needed and far less than the doubled work would take.
#[expect(clippy::disallowed_methods, reason = "the test is about time, and its limit is generous")]
fn quickly(files: &Files) -> Result<Build, Error> {
    let start = Instant::now();
    let built = build(files, "top", &Options::default());
    assert!(start.elapsed() < Duration::from_secs(60), "it took {:?}", start.elapsed());
    built
}

#[test]
fn diamonds_of_components() {
    let components = |levels: usize| {
        move |level: usize| {
            let next = level + 1;
            let rest = if next < levels {
                format!("components: [../l{next}, ../r{next}]\n")
            } else {
                "namePrefix: x\n".to_owned()
            };
            format!("apiVersion: kustomize.config.k8s.io/v1alpha1\nkind: Component\n{rest}")
        }
    };
    let top = "resources: [a.yaml]\ncomponents: [../l0, ../r0]\n";
    let built = quickly(&diamond(5, components(5), top)).expect("a small one is built");
    let name = format!("name: {}a\n", "x".repeat(32));
    assert!(to_yaml(&built.objects).is_ok_and(|text| text.contains(&name)));
    let error = quickly(&diamond(40, components(40), top)).expect_err("a large one is refused");
    assert!(error.to_string().contains("refer to each other too many times"), "{error}");
}

#[test]
fn diamonds_of_bases() {
    let bases = |key: &'static str, last: &'static str| {
        move |level: usize| match level + 1 {
            40 => last.to_owned(),
            next => format!("{key}: [../l{next}, ../r{next}]\n"),
        }
    };
    for (key, last, top) in [
        ("resources", "namePrefix: x\n", "resources: [../l0, ../r0]\n"),
        (
            "transformers",
            "resources: []\nnamePrefix: x\n",
            "resources: [a.yaml]\ntransformers: [../l0, ../r0]\n",
        ),
    ] {
        // Whether it is refused because of the folders or their contents does not matter.
        assert!(quickly(&diamond(40, bases(key, last), top)).is_err() || key == "transformers", "{key}");
    }
}

#[test]
fn lists_in_reverse() {
    const COUNT: usize = 20_000;
    let mut files = Files::new();
    files.insert("top/kustomization.yaml", "resources: [a.yaml]\npatches: [{path: b.yaml}]\n".as_bytes());
    let head =
        "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: a}\nspec: {template: {spec: {containers: [";
    let object = |numbers: &mut dyn Iterator<Item = usize>| {
        let mut text = head.to_owned();
        for number in numbers {
            write!(text, "{{name: c{number}, image: x}}, ").expect("writing to a string cannot fail");
        }
        text + "]}}}\n"
    };
    files.insert("top/a.yaml", object(&mut (0..COUNT)).into_bytes());
    files.insert("top/b.yaml", object(&mut (0..COUNT).rev()).into_bytes());
    let built = quickly(&files).expect("it is well formed");
    let text = to_yaml(&built.objects).expect("its texts are plain");
    assert!(text.find(&format!("name: c{}\n", COUNT - 1)) < text.find("name: c0\n"), "the patch comes first");
}

/// Returns a kustomization with one map that grows again and again.
fn growing(count: usize, head: &str, entry: impl Fn(usize) -> String) -> Files {
    let mut files = Files::new();
    let entries: String = (0..count).map(entry).collect();
    files.insert("top/a.yaml", format!("{MAP}data: {{text: {}}}\n", "x".repeat(1 << 20)).into_bytes());
    files.insert("top/kustomization.yaml", format!("{head}{entries}").into_bytes());
    files
}

#[test]
fn changes_of_one_large_resource() {
    let merge = |at: usize| {
        format!("- patch: '{{apiVersion: v1, kind: ConfigMap, metadata: {{name: a}}, data: {{k{at}: v}}}}'\n")
    };
    let operation = |at: usize| {
        format!(
            "- {{target: {{name: a}}, patch: '[{{\"op\": \"add\", \"path\": \"/data/k{at}\", \"value\": \"v\"}}]'}}\n"
        )
    };
    let generator = |at: usize| format!("- {{name: a, behavior: merge, literals: [k{at}=v]}}\n");
    for (head, entry) in [
        ("resources: [a.yaml]\npatches:\n", &merge as &dyn Fn(usize) -> String),
        ("resources: [a.yaml]\npatches:\n", &operation),
        ("resources: [a.yaml]\nconfigMapGenerator:\n", &generator),
    ] {
        quickly(&growing(20, head, entry)).expect("a few are built");
        let error = quickly(&growing(1100, head, entry)).expect_err("many are refused");
        assert!(error.to_string().contains("too many patches or generators change it"), "{error}");
        assert_eq!(error.hint(), Some("write several patches or generators as one"));
    }
}

#[cfg(unix)]
#[test]
fn devices_are_no_files() {
    use aqueduct_kustomize::{Disk, LoadRestrictor};

    let folder = tempfile::tempdir().expect("a folder can be made");
    let write = |name: &str, text: &str| {
        std::fs::write(folder.path().join(name), text).expect("a file can be written");
    };
    write("a.yaml", MAP);
    let options = Options { load_restrictor: LoadRestrictor::None, ..Options::default() };
    for kustomization in [
        "resources: [/dev/zero]\n",
        "resources: [a.yaml]\npatches: [{path: /dev/zero}]\n",
        "configMapGenerator: [{name: a, files: [k=/dev/zero]}]\n",
        "configMapGenerator: [{name: a, envs: [/dev/zero]}]\n",
        "resources: [a.yaml]\nconfigurations: [/dev/zero]\n",
        "resources: [a.yaml]\ncrds: [/dev/zero]\n",
        "resources: [a.yaml]\nreplacements: [{path: /dev/zero}]\n",
        "resources: [a.yaml]\nopenapi: {path: /dev/zero}\n",
    ] {
        write("kustomization.yaml", kustomization);
        let error = build(&Disk::new(folder.path()), ".", &options).expect_err(kustomization);
        assert!(error.to_string().contains("not a plain file"), "{kustomization}{error}");
    }
}
