//! What is refused, and in which words: the message leads from the outermost kustomization to the culprit, and the
//! hint says what to do if that is known.

use std::fmt::Write;

use aqueduct_kustomize::{LoadRestrictor, Options, build, to_yaml};
use aqueduct_manifest::Files;
use insta::assert_snapshot;

const MAP: &str = "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: settings\n";

const DEPLOYMENT: &str = "\
apiVersion: apps/v1
kind: Deployment
metadata:
  name: web
spec:
  replicas: 1
  template:
    spec:
      containers:
      - name: web
        image: nginx
";

fn files(files: &[(&str, &str)]) -> Files {
    files.iter().map(|(path, text)| (*path, text.as_bytes())).collect()
}

/// Builds `app` from files, which must fail, and returns the message with the hint.
fn refusal(texts: &[(&str, &str)]) -> String {
    let built = build(&files(texts), "app", &Options::default()).and_then(|built| to_yaml(&built.objects));
    let error = built.expect_err("it must be refused");
    let mut text = error.to_string();
    if let Some(hint) = error.hint() {
        let _ = write!(text, "\nhint: {hint}");
    }
    text
}

/// Builds a kustomization alongside `map.yaml` and `deployment.yaml`.
fn refused(kustomization: &str) -> String {
    refusal(&[
        ("app/kustomization.yaml", kustomization),
        ("app/map.yaml", MAP),
        ("app/deployment.yaml", DEPLOYMENT),
        ("outside.yaml", MAP),
    ])
}

#[test]
fn refuses_what_is_not_there() {
    assert_snapshot!(refusal(&[]), @"must build at directory: not a valid directory: 'app' doesn't exist");
    assert_snapshot!(refusal(&[("app/map.yaml", MAP)]), @"unable to find one of 'kustomization.yaml', 'kustomization.yml' or 'Kustomization' in directory 'app'");
    assert_snapshot!(refused("resources: [absent.yaml]"), @"accumulating resources: accumulating resources from 'absent.yaml': 'app/absent.yaml' doesn't exist");
    assert_snapshot!(refused("configMapGenerator: [{name: a, files: [absent.txt]}]"), @"loading KV pairs: file sources: [absent.txt]: 'app/absent.txt' doesn't exist");
    assert_snapshot!(refused("patches: [{path: absent.yaml}]"), @"trouble configuring builtin PatchTransformer: failed to get the patch file from path(absent.yaml): 'app/absent.yaml' doesn't exist");
    assert_snapshot!(refused("components: [absent]"), @"accumulating components: loader.New: must build at directory: not a valid directory: 'app/absent' doesn't exist");
}

#[test]
fn refuses_several_kustomizations_in_a_folder() {
    assert_snapshot!(
        refusal(&[("app/kustomization.yaml", ""), ("app/Kustomization", "")]), @r#"
    Found multiple kustomization files under: app
    hint: keep one of `kustomization.yaml`, `Kustomization`
    "#
    );
}

#[test]
fn refuses_empty_kustomizations() {
    assert_snapshot!(refused(""), @"app/kustomization.yaml: invalid Kustomization: kustomization.yaml is empty");
}

#[test]
fn refuses_kustomizations_of_another_shape() {
    assert_snapshot!(refused("resource: [map.yaml]"), @r#"
    app/kustomization.yaml: invalid Kustomization: json: unknown field "resource"
    hint: did you mean `resources`?
    "#);
    assert_snapshot!(refused("resources: map.yaml"), @"app/kustomization.yaml: invalid Kustomization: json: cannot unmarshal string into Go struct field Kustomization.resources of type []string");
    assert_snapshot!(refused("resources: [map.yaml]\ncommonLabels: {a: 1}"), @r#"
    app/kustomization.yaml: invalid Kustomization: json: cannot unmarshal number into Go struct field Kustomization.commonLabels of type string
    hint: quote the value of `a`
    "#);
    assert_snapshot!(refused("resources: [map.yaml]\nimages: [{name: nginx, newTag: 1.10}]"), @"app/kustomization.yaml: invalid Kustomization: json: cannot unmarshal number into Go struct field Image.newTag of type string");
    assert_snapshot!(refused("resources: [map.yaml]\nkind: Deployment"), @r#"
    Failed to read kustomization file under app:
    kind should be Kustomization or Component
    "#);
    assert_snapshot!(refused("resources: [map.yaml"), @"app/kustomization.yaml: invalid Kustomization: error converting YAML to JSON: yaml: line 1: did not find expected ',' or ']'");
    assert_snapshot!(refused("resources: [map.yaml]\npatches: [{patch: '{}', file: a}]"), @r#"app/kustomization.yaml: invalid Kustomization: json: unknown field "file""#);
}

#[test]
fn refuses_files_outside_the_root() {
    assert_snapshot!(refused("resources: [../outside.yaml]"), @r#"
    accumulating resources: accumulating resources from '../outside.yaml': security; file 'outside.yaml' is not in or below 'app'
    hint: move the file below the kustomization, or build with `--load-restrictor LoadRestrictionsNone`
    "#);
    let texts = [("app/kustomization.yaml", "resources: [../outside.yaml]"), ("outside.yaml", MAP)];
    let options = Options { load_restrictor: LoadRestrictor::None, ..Options::default() };
    let built = build(&files(&texts), "app", &options).expect("nothing restricts the build");
    assert_eq!(to_yaml(&built.objects).as_deref(), Ok(MAP));
}

#[test]
fn refuses_cycles() {
    assert_snapshot!(refused("resources: [../app]"), @"accumulating resources: accumulating resources from '../app': cycle detected: candidate root 'app' contains visited root 'app'");
    assert_snapshot!(refusal(&[
        ("app/kustomization.yaml", "resources: [../base]"),
        ("base/kustomization.yaml", "resources: [../app]"),
    ]), @"accumulating resources: accumulating resources from '../base': recursed accumulation of path 'base': accumulating resources: accumulating resources from '../app': cycle detected: candidate root 'app' contains visited root 'app'");
}

#[test]
fn refuses_to_fetch_and_to_run() {
    assert_snapshot!(refused("resources: ['https://github.com/example/platform//base?ref=v1']"), @r#"
    accumulating resources: accumulating resources from 'https://github.com/example/platform//base?ref=v1': remote `https://github.com/example/platform//base?ref=v1` is not read from the network while building
    hint: add a copy to the repository and use its path instead
    "#);
    assert_snapshot!(refused("resources: ['git@github.com:example/platform.git']"), @r#"
    accumulating resources: accumulating resources from 'git@github.com:example/platform.git': remote `git@github.com:example/platform.git` is not read from the network while building
    hint: add a copy to the repository and use its path instead
    "#);
    assert_snapshot!(refused("resources: [https://example.com/all.yaml]"), @r#"
    accumulating resources: accumulating resources from 'https://example.com/all.yaml': remote `https://example.com/all.yaml` is not read from the network while building
    hint: add a copy to the repository and use its path instead
    "#);
    assert_snapshot!(refused(
        "transformers:\n- |-\n  apiVersion: example.com/v1\n  kind: Sealer\n  metadata:\n    name: seal\n    annotations:\n      config.kubernetes.io/function: |\n        container:\n          image: example.com/sealer\n"
    ), @r#"
    function `seal` of kind `Sealer` is not run
    hint: functions in containers and programs could do anything during a build; render their output once and list it as a resource
    "#);
    assert_snapshot!(refused(
        "generators:\n- |-\n  apiVersion: example.com/v1\n  kind: Maker\n  metadata: {name: make}\n"
    ), @r#"
    loading generator plugins: external plugins disabled; unable to load external plugin 'Maker'
    hint: only the built-in generators and transformers (`apiVersion: builtin`) run
    "#);
    assert_snapshot!(refused("helmCharts: [{name: web, repo: https://example.com}]"), @r#"
    must specify --enable-helm
    hint: the kustomization uses the chart `web`; charts are rendered only on request
    "#);
}

#[test]
fn refuses_components_in_the_wrong_place() {
    let component = "apiVersion: kustomize.config.k8s.io/v1alpha1\nkind: Component\nnamePrefix: a-\n";
    assert_snapshot!(refusal(&[
        ("app/kustomization.yaml", "resources: [../part]"),
        ("part/kustomization.yaml", component),
    ]), @r#"
    accumulating resources: accumulating resources from '../part': expected kind != 'Component' for path 'part'
    hint: list it under `components`
    "#);
    assert_snapshot!(refusal(&[
        ("app/kustomization.yaml", "components: [../base]"),
        ("base/kustomization.yaml", "namePrefix: a-"),
    ]), @"accumulating components: accumulateDirectory: expected kind 'Component' for path 'base' but got 'Kustomization'");
}

#[test]
fn refuses_resources_that_are_none() {
    let with =
        |text: &str| refusal(&[("app/kustomization.yaml", "resources: [a.yaml]"), ("app/a.yaml", text)]);
    assert_snapshot!(with("apiVersion: v1\nkind: ConfigMap\n"), @r#"accumulating resources: accumulating resources from 'a.yaml': missing metadata.name in object {"apiVersion":"v1","kind":"ConfigMap"}"#);
    assert_snapshot!(with("apiVersion: v1\nmetadata: {name: a}\n"), @r#"accumulating resources: accumulating resources from 'a.yaml': missing Kind in object {"apiVersion":"v1","metadata":{"name":"a"}}"#);
    assert_snapshot!(with("kind: [\n"), @"accumulating resources: accumulating resources from 'a.yaml': MalformedYAMLError: yaml: line 1: did not find expected node content in File: a.yaml");
    assert_snapshot!(with("- a\n"), @"accumulating resources: accumulating resources from 'a.yaml': missing Resource metadata: a resource must be a map, not a list");
    assert_snapshot!(with("a\n"), @"accumulating resources: accumulating resources from 'a.yaml': missing Resource metadata: a resource must be a map, not a string");
}

#[test]
fn refuses_two_resources_with_one_id() {
    assert_snapshot!(refused("resources: [map.yaml, map.yaml]"), @"accumulating resources: merging resources from 'map.yaml': may not add resource with an already registered id: ConfigMap.v1.[noGrp]/settings.[noNs]");
    assert_snapshot!(refused("resources: [map.yaml]\nconfigMapGenerator: [{name: settings, literals: [a=b]}]"), @"merging from generator: id ConfigMap.v1.[noGrp]/settings.[noNs] exists; can not use behavior: 'unspecified', behavior must be merge or replace");
}

#[test]
fn refuses_generators_without_sense() {
    assert_snapshot!(refused("configMapGenerator: [{name: a, behavior: merge, literals: [a=b]}]"), @r#"
    merging from generator: id ConfigMap.v1.[noGrp]/a.[noNs] does not exist; cannot merge or replace
    hint: generate it first with `behavior: create`
    "#);
    assert_snapshot!(refused("configMapGenerator: [{name: a, literals: [ab]}]"), @"loading KV pairs: literal sources: invalid literal source ab, expected key=value");
    assert_snapshot!(refused("configMapGenerator: [{name: a, literals: [a=b, a=c]}]"), @"loading KV pairs: configmap a illegally repeats the key `a`");
    assert_snapshot!(refused("configMapGenerator: [{literals: [a=b]}]"), @"a configmap must have a name");
    assert_snapshot!(refused("configMapGenerator: [{name: a, files: [a=b=c]}]"), @r#"loading KV pairs: file sources: source "a=b=c" key name or file path contains '='"#);
    for literal in ["1=a", "true=a", "~=a", "2024-05-01=a", "<<=a"] {
        let error = refused(&format!("configMapGenerator: [{{name: a, literals: ['{literal}']}}]"));
        assert!(error.contains("is not a string in YAML: json: unsupported type"), "{literal}: {error}");
    }
}

#[test]
fn refuses_patches_that_cannot_be_applied() {
    let with = |patches: &str| refused(&format!("resources: [deployment.yaml]\n{patches}"));
    assert_snapshot!(with("patches: [{patch: '{kind: Deployment, metadata: {name: web}}'}]"), @r#"no resource matches strategic merge patch "Deployment.[noVer].[noGrp]/web.[noNs]": no matches for Id Deployment.[noVer].[noGrp]/web.[noNs]; failed to find unique target for patch Deployment.[noVer].[noGrp]/web.[noNs]"#);
    assert_snapshot!(with("patches: [{patch: '{apiVersion: apps/v1, kind: Deployment, metadata: {name: api}}'}]"), @r#"no resource matches strategic merge patch "Deployment.v1.apps/api.[noNs]": no matches for Id Deployment.v1.apps/api.[noNs]; failed to find unique target for patch Deployment.v1.apps/api.[noNs]"#);
    assert_snapshot!(with("patches: [{patch: '- {op: replace, path: /a, value: 1}'}]"), @r#"must specify a target for JSON patch [patch: "- {op: replace, path: /a, value: 1}"]"#);
    assert_snapshot!(
        with("patches: [{target: {kind: Deployment}, patch: '- {op: replace, path: /none/a, value: 1}'}]"), @r#"applying JSON patch [patch: "- {op: replace, path: /none/a, value: 1}"] to Deployment.v1.apps/web.[noNs]: replace operation does not apply: doc is missing path: /none/a: missing value"#
    );
    assert_snapshot!(
        with("patches: [{target: {kind: Deployment}, patch: '- {op: test, path: /spec/replicas, value: 2}'}]"), @r#"applying JSON patch [patch: "- {op: test, path: /spec/replicas, value: 2}"] to Deployment.v1.apps/web.[noNs]: testing value /spec/replicas failed: test failed"#
    );
    assert_snapshot!(with("patches: [{target: {kind: '['}, patch: '- {op: remove, path: /spec}'}]"), @"error parsing regexp: `[`");
    assert_snapshot!(with("patches: [{patch: 'a', path: b}]"), @"trouble configuring builtin PatchTransformer: patch and path can't be set at the same time");
    assert_snapshot!(with("patches: [{target: {kind: Deployment}}]"), @"trouble configuring builtin PatchTransformer: must specify one of patch and path");
    assert_snapshot!(with("patchesStrategicMerge: [absent.yaml]"), @"trouble configuring builtin PatchStrategicMergeTransformer: 'app/absent.yaml' doesn't exist");
    assert_snapshot!(with("patchesJson6902: [{patch: '[]'}]"), @"trouble configuring builtin PatchJson6902Transformer: must specify the target name");
}

#[test]
fn refuses_selectors_that_cannot_be_read() {
    let with = |selector: &str| {
        refused(&format!(
            "resources: [map.yaml]\npatches: [{{target: {{{selector}}}, patch: '- {{op: remove, path: /data}}'}}]"
        ))
    };
    assert_snapshot!(with("labelSelector: 'a in'"), @"unable to parse requirement: invalid label selector `a in`");
    assert_snapshot!(with("annotationSelector: '=='"), @"unable to parse requirement: invalid label selector `==`");
    assert_snapshot!(with("name: '(a'"), @"error parsing regexp: `(a`");
}

#[test]
fn refuses_patches_of_another_kind() {
    let with = |spec: &str| {
        refused(&format!(
            "resources: [deployment.yaml]\npatches:\n- patch: '{{apiVersion: apps/v1, kind: Deployment, metadata: {{name: web}}, spec: {spec}}}'"
        ))
    };
    assert_snapshot!(with("{replicas: [2]}"), @r"
    patching Deployment/web: field `spec.replicas`: wrong node kind: expected ScalarNode but got SequenceNode: node contents:
    - 2
    ");
    assert_snapshot!(with("{template: {spec: {containers: [{name: web, ports: [{containerPort: 80, $patch: remove}]}]}}}"), @"patching Deployment/web: field `spec.template.spec.containers[name=web].ports[containerPort=80]`: unknown patch strategy 'remove'");
    assert_snapshot!(with("{template: {spec: {containers: [{name: web, image: [x]}]}}}"), @r"
    patching Deployment/web: field `spec.template.spec.containers[name=web].image`: wrong node kind: expected ScalarNode but got SequenceNode: node contents:
    - x
    ");
    assert_snapshot!(with("{template: {$patch: remove}}"), @"patching Deployment/web: field `spec.template`: unknown patch strategy 'remove'");
}

#[test]
fn refuses_replacements_that_miss() {
    let with = |replacements: &str| {
        refused(&format!("resources: [deployment.yaml, map.yaml]\nreplacements:\n{replacements}"))
    };
    assert_snapshot!(with("- source: {kind: Service}\n  targets: [{select: {kind: Deployment}}]"), @"replacement 1 of 1: nothing selected by Service.[noVer].[noGrp]/[noName].[noNs]:metadata.name");
    assert_snapshot!(
        with("- source: {kind: Deployment, fieldPath: spec.none}\n  targets: [{select: {kind: ConfigMap}}]"), @"replacement 1 of 1: fieldPath `spec.none` is missing for replacement source Deployment.[noVer].[noGrp]/[noName].[noNs]"
    );
    assert_snapshot!(
        with("- source: {kind: Deployment}\n  targets: [{select: {kind: ConfigMap}, fieldPaths: [data.a]}]"), @r#"replacement 1 of 1: ConfigMap.v1.[noGrp]/settings.[noNs]: unable to find field "data.a" in replacement target"#
    );
    assert_snapshot!(
        with("- source: {kind: ConfigMap}\n  targets: [{select: {kind: ConfigMap}}]\n- source: {kind: ConfigMap}\n  targets: [{select: {kind: Deployment}, fieldPaths: [spec.replicas]}]"), @r#"
    replacement 2 of 2: Deployment.v1.apps/web.[noNs]: field "spec.replicas": yaml: cannot decode `settings` as a !!int
    hint: the target field has a value of another type; quote it
    "#
    );
    assert_snapshot!(with("- source: {kind: Deployment}\n  targets: [{fieldPaths: [data.a]}]"), @"replacement 1 of 1: target must specify resources to select");
    assert_snapshot!(with("- source: {}\n  targets: [{select: {kind: ConfigMap}}]"), @"replacement 1 of 1: multiple matches for selector [noKind].[noVer].[noGrp]/[noName].[noNs]:metadata.name");
    assert_snapshot!(
        with("- source: {kind: Deployment, options: {delimiter: '-', index: 5}}\n  targets: [{select: {kind: ConfigMap}}]"), @"replacement 1 of 1: replacement source Deployment.[noVer].[noGrp]/[noName].[noNs]:metadata.name: options.index 5 is out of bounds for value web"
    );
    assert_snapshot!(with("- targets: [{select: {kind: ConfigMap}}]"), @"replacement 1 of 1: replacements must specify a source and at least one target");
}

#[test]
fn refuses_variables_without_a_value() {
    let with = |vars: &str| refused(&format!("resources: [map.yaml]\nvars:\n{vars}"));
    assert_snapshot!(with("- {name: A, objref: {apiVersion: v1, kind: Secret, name: settings}}"), @"var 'A' cannot be mapped to a field in the set of known resources: there is no Secret.v1.[noGrp]/settings");
    assert_snapshot!(
        with("- {name: A, objref: {apiVersion: v1, kind: ConfigMap, name: settings}, fieldref: {fieldpath: data.a}}"), @"field specified in var 'A' not found in corresponding resource: ConfigMap.v1.[noGrp]/settings.[noNs] has no `data.a`"
    );
    assert_snapshot!(
        with("- {name: A, objref: {apiVersion: v1, kind: ConfigMap, name: settings}, fieldref: {fieldpath: kind.a}}"), @"var 'A': ConfigMap.v1.[noGrp]/settings.[noNs]: wrong node kind: expected MappingNode but got ScalarNode"
    );
    assert_snapshot!(with("- {name: A}\n- {name: A}"), @"merging vars: var 'A' already encountered");
}

#[test]
fn refuses_changes_of_fields_of_another_type() {
    let deployment =
        "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web}\nspec: {replicas: 1, template: []}\n";
    let with = |text: &str| {
        refusal(&[
            ("app/kustomization.yaml", &format!("resources: [a.yaml]\n{text}")),
            ("app/a.yaml", deployment),
        ])
    };
    assert_snapshot!(with("labels: [{pairs: {a: b}, fields: [{path: spec/replicas/labels, create: true}]}]"), @"at path 'spec/replicas/labels': fieldName: spec: fieldName: replicas: expected sequence or mapping node");
    assert_snapshot!(with("replicas: [{name: api, count: 2}]"), @"resource with name api does not match a config with the following GVK [Deployment.[noVer].[noGrp] StatefulSet.[noVer].[noGrp] ReplicaSet.[noVer].[noGrp] ReplicationController.[noVer].[noGrp]]");
    assert_snapshot!(with("namespace: 'a_b'\nnameSuffix: [a]"), @"app/kustomization.yaml: invalid Kustomization: json: cannot unmarshal array into Go struct field Kustomization.nameSuffix of type string");
}

#[test]
fn refuses_unreadable_configurations() {
    assert_snapshot!(
        refusal(&[
            ("app/kustomization.yaml", "resources: [map.yaml]\nconfigurations: [config.yaml]"),
            ("app/map.yaml", MAP),
            ("app/config.yaml", "namePrefixes: []"),
        ]), @r#"
    config.yaml: json: unknown field "namePrefixes"
    hint: did you mean `namePrefix`?
    "#
    );
    assert_snapshot!(refused("resources: [map.yaml]\nopenapi: {version: v1.0.0}"), @r#"
    the specified OpenAPI version is not built in: v1.0.0
    hint: use the built-in `v1.21.2`, or set `openapi.path` to a schema of another version
    "#);
    assert_snapshot!(refused("resources: [map.yaml]\nsortOptions: {order: random}"), @"the field 'sortOptions.order' must be one of [fifo, legacy]");
}

#[test]
fn refuses_blank_namespaces_of_service_accounts() {
    let all = "\
apiVersion: v1
kind: ServiceAccount
metadata: {name: test}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata: {name: test}
subjects: [{kind: ServiceAccount, name: test, namespace: }]
roleRef: {kind: Role, name: test, apiGroup: rbac.authorization.k8s.io}
";
    assert_snapshot!(refusal(&[("app/kustomization.yaml", "resources: [a.yaml]"), ("app/a.yaml", all)]), @r#"
    Invalid Input: namespace is blank for resource "RoleBinding.v1.rbac.authorization.k8s.io/test.[noNs]"
    hint: set the namespace of each service account among the subjects, as a string
    "#);
}

#[test]
fn refuses_what_patches_leave_without_a_name() {
    let without = |path: &str| {
        let patch = format!(r#"[{{"op": "remove", "path": "{path}"}}]"#);
        refused(&format!(
            "resources: [map.yaml]\npatches: [{{target: {{kind: ConfigMap}}, patch: '{patch}'}}]"
        ))
    };
    assert_snapshot!(without("/metadata/name"), @r#"missing metadata.name in object {"apiVersion":"v1","kind":"ConfigMap","metadata":{"annotations":{}}}"#);
    assert_snapshot!(without("/kind"), @r#"missing Kind in object {"apiVersion":"v1","metadata":{"annotations":{},"name":"settings"}}"#);
}

#[test]
fn refuses_validators_that_change_something() {
    let validator = "{apiVersion: builtin, kind: LabelTransformer, metadata: {name: tier}, labels: {tier: web}, fieldSpecs: [{path: metadata/labels, create: true}]}";
    assert_snapshot!(refused(&format!("resources: [map.yaml]\nvalidators: ['{validator}']")), @"validator shouldn't modify the resource map");
}

#[test]
fn refuses_what_grows_without_end() {
    let mut replacements = "resources: [map.yaml]\nreplacements:\n".to_owned();
    let mut patches = "resources: [map.yaml]\npatches:\n".to_owned();
    for number in 0..40 {
        let _ = writeln!(
            replacements,
            "- {{source: {{kind: ConfigMap, fieldPath: metadata}}, targets: [{{select: {{kind: ConfigMap}}, \
             fieldPaths: [metadata.x{number}], options: {{create: true}}}}]}}"
        );
        let _ = writeln!(
            patches,
            "- target: {{kind: ConfigMap}}\n  patch: '[{{\"op\": \"copy\", \"from\": \"/metadata\", \"path\": \
             \"/metadata/x{number}\"}}]'"
        );
    }
    assert!(refused(&replacements).ends_with("replacements may copy no more than 33554432 bytes"));
    assert!(refused(&patches).ends_with("the copies of a patch may contain no more than 8388608 bytes"));
    let text = "resources: [map.yaml]\nreplacements:\n".to_owned()
        + &"- {source: {kind: ConfigMap, fieldPath: metadata.x}, targets: [{select: {kind: ConfigMap}, \
           fieldPaths: [metadata.x], options: {delimiter: a, index: 9}}]}\n"
            .repeat(40);
    let growing = [("app/kustomization.yaml", &*text), ("app/map.yaml", &*format!("{MAP}  x: aaa\n"))];
    assert!(refusal(&growing).ends_with("replacements may copy no more than 33554432 bytes"));
    let long = vec!["a"; 100_000].join("/");
    for text in [
        format!("labels: [{{pairs: {{a: b}}, fields: [{{path: {long}, create: true}}]}}]"),
        format!(
            "replacements: [{{sourceValue: a, targets: [{{select: {{kind: ConfigMap}}, fieldPaths: [{}], options: \
             {{create: true}}}}]}}]",
            long.replace('/', ".")
        ),
    ] {
        let message = refused(&format!("resources: [map.yaml]\n{text}"));
        assert!(message.ends_with("a path of more than 500 fields"), "{}", message.len());
    }
}
