//! Where resources come from and what changed them, with the responsible line.

use std::fmt::Write as _;

use aqueduct_kustomize::{Build, BuildStep, Options, build};
use aqueduct_manifest::Files;
use insta::assert_snapshot;

const FILES: &[(&str, &str)] = &[
    (
        "base/kustomization.yaml",
        "resources:\n- all.yaml\n- list.yaml\nconfigMapGenerator:\n- name: made\n  literals: [a=b]\nnamePrefix: p-\n",
    ),
    (
        "base/all.yaml",
        "# The web.\napiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web}\nspec:\n  template:\n    spec:\n      \
         containers:\n      - name: web\n        image: web:1\n        envFrom: [{configMapRef: {name: made}}]\n---\n\
         apiVersion: v1\nkind: Service\nmetadata: {name: web}\n",
    ),
    (
        "base/list.yaml",
        "apiVersion: v1\nkind: List\nitems:\n- {apiVersion: v1, kind: ServiceAccount, metadata: {name: a}}\n\
         - {apiVersion: v1, kind: ServiceAccount, metadata: {name: b}}\n",
    ),
    ("component/kustomization.yaml", "kind: Component\nimages:\n- {name: web, newTag: \"2\"}\n"),
    (
        "top/kustomization.yaml",
        "resources: [../base]\ncomponents: [../component]\npatches:\n- path: patch.yaml\n- target: {kind: Service}\n  \
         patch: '[{\"op\": \"add\", \"path\": \"/metadata/annotations\", \"value\": {\"a/b\": \"c\"}}]'\nconfigMapGenerator:\n\
         - {name: made, behavior: merge, literals: [c=d]}\ncommonLabels: {app: web}\ntransformers: [suffix.yaml]\n",
    ),
    (
        "top/patch.yaml",
        "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web}\nspec: {replicas: 2, template: {spec: {containers: \
         [{name: web, env: [{name: A, value: b}]}]}}}\n",
    ),
    (
        "top/suffix.yaml",
        "apiVersion: builtin\nkind: SuffixTransformer\nmetadata: {name: s}\nsuffix: -s\nfieldSpecs: [{path: metadata/name}]\n",
    ),
];

fn built(trace: bool) -> (Files, Build) {
    let files: Files = FILES.iter().map(|(path, text)| (*path, text.as_bytes())).collect();
    let built = build(&files, "top", &Options { trace, ..Options::default() });
    (files, built.expect("it is well formed"))
}

fn shown(files: &Files, cause: &BuildStep) -> String {
    let text = files.get(&cause.place.file).map(|bytes| String::from_utf8_lossy(bytes).into_owned());
    let line = text.zip(cause.place.span).map(|(text, span)| span.position(&text).line.to_string());
    format!("{} in {}:{}", cause.step, cause.place.file, line.unwrap_or_default())
}

#[test]
fn every_change_is_traced() {
    let (files, built) = built(true);
    let mut text = String::new();
    assert_eq!(built.objects.len(), built.traces.len());
    for (object, trace) in built.objects.iter().zip(&built.traces) {
        let _ = writeln!(text, "{} {}: {}", object.kind(), object.name(), shown(&files, &trace.source));
        for change in &trace.changes {
            let _ = writeln!(text, "  {}: {}", change.pointer, shown(&files, &change.cause));
        }
    }
    assert_snapshot!(text);
    let web = built.objects.iter().position(|object| object.kind() == "Deployment").expect("it is there");
    let of = |pointer: &str| -> Vec<&str> {
        built.traces[web].of(pointer).map(|change| change.pointer.as_str()).collect()
    };
    assert_eq!(of("/spec/template/spec/containers/0/env/0"), ["/spec/template/spec/containers/0/env"]);
    assert_eq!(of("/spec/template/spec/containers/0/image"), ["/spec/template/spec/containers/0/image"]);
    assert!(of("/spec/rep").is_empty() && of("/spec/replicas").len() == 1);
}

#[test]
fn nothing_is_traced_unasked() {
    let (_, plain) = built(false);
    assert!(plain.traces.is_empty());
    assert_eq!(plain.objects, built(true).1.objects, "a trace changes nothing");
}
