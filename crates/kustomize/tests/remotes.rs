//! Remotes that a caller keeps copies of: what is read from them, where their limits are, and what is reported if
//! there is no copy.

use std::collections::BTreeMap;
use std::fmt::Write;

use aqueduct_kustomize::{
    LoadRestrictor, MissingCopy, Options, RemoteCopy, Remotes, build, inventory, to_yaml,
};
use aqueduct_manifest::Files;
use insta::assert_snapshot;

const BASE: &str = "github.com/org/repo//base?ref=v1";
const PART: &str = "git@github.com:org/repo.git//part";
const RESOURCE: &str = "https://example.com/map.yaml";
const MAP: &str = "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: settings\n";

/// Copies by the names of their remotes: the folder of the copy, and the path within it.
struct Copies(BTreeMap<&'static str, (&'static str, &'static str)>);

impl Remotes for Copies {
    fn find(&self, name: &str) -> Result<RemoteCopy, MissingCopy> {
        match self.0.get(name) {
            Some((root, path)) => Ok(RemoteCopy { root: (*root).to_owned(), path: format!("{root}/{path}") }),
            None => Err(MissingCopy {
                message: format!("there is no copy of `{name}`"),
                hint: Some("make one".to_owned()),
            }),
        }
    }
}

/// A folder `app` alongside copies of a repository and of a file on the web.
fn files(app: &str, more: &[(&'static str, &str)]) -> Files {
    let repository = [
        ("app/kustomization.yaml", app),
        ("copies/repo/base/kustomization.yaml", "resources: [web.yaml, ../other]\n"),
        ("copies/repo/base/web.yaml", "apiVersion: v1\nkind: Service\nmetadata:\n  name: web\n"),
        ("copies/repo/other/kustomization.yaml", "nameSuffix: -other\nresources: [map.yaml]\n"),
        ("copies/repo/other/map.yaml", MAP),
        (
            "copies/repo/part/kustomization.yaml",
            "apiVersion: kustomize.config.k8s.io/v1alpha1\nkind: Component\nnamePrefix: part-\n",
        ),
        ("copies/map/map.yaml", MAP),
        ("copies/secret.yaml", MAP),
    ];
    repository.iter().chain(more).map(|(path, text)| (*path, text.as_bytes())).collect()
}

fn copies() -> Copies {
    Copies(BTreeMap::from([
        (BASE, ("copies/repo", "base")),
        ("github.com/org/repo//other", ("copies/repo", "other")),
        ("github.com/org/repo", ("copies/repo", "other")),
        ("github.com/org/repo//absent", ("copies/repo", "absent")),
        ("https://github.com/org/repo/base", ("copies/repo", "base")),
        (PART, ("copies/repo", "part")),
        (RESOURCE, ("copies/map", "map.yaml")),
        ("https://raw.example.com/org/repo/v1/map.yaml", ("copies/map", "map.yaml")),
    ]))
}

/// Builds `app` and returns the output, or why there is none.
fn built(files: &Files, copies: &Copies) -> String {
    let options = Options { remotes: Some(copies), ..Options::default() };
    outcome(files, "app", &options)
}

fn outcome(files: &Files, folder: &str, options: &Options<'_>) -> String {
    let error = match build(files, folder, options) {
        Ok(built) => return to_yaml(&built.objects).expect("its texts are plain"),
        Err(error) => error,
    };
    let mut text = error.to_string();
    if let (Some((message, _)), Some(spot)) = (error.located(), error.spot()) {
        let _ = write!(text, "\nat: {message}: {spot}");
    }
    if let Some(hint) = error.hint() {
        let _ = write!(text, "\nhint: {hint}");
    }
    text
}

fn with(app: &str) -> String {
    built(&files(app, &[]), &copies())
}

#[test]
fn bases_components_and_files() {
    assert_snapshot!(with(&format!(
        "resources:\n- {BASE}\n- {RESOURCE}\ncomponents:\n- {PART}\npatches:\n- path: {RESOURCE}\n  target: {{kind: Service}}\nconfigMapGenerator:\n- {{name: made, files: [map.yaml={RESOURCE}], options: {{disableNameSuffixHash: true}}}}\n"
    )));
}

#[test]
fn an_address_of_the_web_that_is_a_repository() {
    assert_snapshot!(with("resources: ['https://github.com/org/repo/base']\n"));
}

#[test]
fn a_remote_that_is_built_itself() {
    let options = Options { remotes: Some(&copies()), ..Options::default() };
    assert_snapshot!(
        outcome(&files("", &[]), BASE, &options)
            + &outcome(&files("", &[]), "github.com/org/nothing", &options)
    );
}

#[test]
fn origins() {
    let origins = |names: &str| {
        with(&format!("buildMetadata: [originAnnotations]\nresources:\n{names}namePrefix: a-\n"))
    };
    assert_snapshot!(
        origins(&format!("- {BASE}\n- {RESOURCE}\n"))
            + &origins("- github.com/org/repo\n- https://raw.example.com/org/repo/v1/map.yaml\n")
    );
}

#[test]
fn what_has_no_copy() {
    assert_snapshot!(with("# github.com/org/absent\nresources:\n- github.com/org/absent\n"), @r#"
    accumulating resources: accumulating resources from 'github.com/org/absent': there is no copy of `github.com/org/absent`
    at: there is no copy of `github.com/org/absent`: app/kustomization.yaml:3:3
    hint: make one
    "#);
    assert_snapshot!(with("resources:\n- https://example.com/absent.yaml\n"), @r#"
    accumulating resources: accumulating resources from 'https://example.com/absent.yaml': there is no copy of `https://example.com/absent.yaml`
    at: there is no copy of `https://example.com/absent.yaml`: app/kustomization.yaml:2:3
    hint: make one
    "#);
    assert_snapshot!(with(&format!("resources: [{RESOURCE}]\ntransformers: ['https://example.com/absent.yaml']\n")), @r#"
    accumulating resources from 'https://example.com/absent.yaml': there is no copy of `https://example.com/absent.yaml`
    at: there is no copy of `https://example.com/absent.yaml`: app/kustomization.yaml:2:17
    hint: make one
    "#);
    assert_snapshot!(with("components: [ \"ssh://git@example.com/a/b.git\" ]\n"), @r#"
    accumulating components: loader.New: there is no copy of `ssh://git@example.com/a/b.git`
    at: there is no copy of `ssh://git@example.com/a/b.git`: app/kustomization.yaml:1:16
    hint: make one
    "#);
    assert_snapshot!(with(&format!("resources: [{RESOURCE}]\npatches: [{{path: 'https://example.com/absent.yaml'}}]\n")), @r#"
    trouble configuring builtin PatchTransformer: failed to get the patch file from path(https://example.com/absent.yaml): there is no copy of `https://example.com/absent.yaml`
    at: there is no copy of `https://example.com/absent.yaml`: app/kustomization.yaml:2:19
    hint: make one
    "#);
    assert_snapshot!(with("resources: ['github.com/org/repo//absent']\n"), @r#"
    accumulating resources: accumulating resources from 'github.com/org/repo//absent': must build at directory: not a valid directory: 'copies/repo/absent' doesn't exist
    at: must build at directory: not a valid directory: 'copies/repo/absent' doesn't exist: app/kustomization.yaml:1:14
    "#);
}

#[test]
fn a_folder_that_looks_like_a_remote() {
    let local = ("app/github.com/org/absent/kustomization.yaml", "namePrefix: a-\n");
    let files = files("resources: [github.com/org/absent]\n", &[local]);
    assert_snapshot!(built(&files, &copies()), @r#"
    accumulating resources: accumulating resources from 'github.com/org/absent': there is no copy of `github.com/org/absent`
    at: there is no copy of `github.com/org/absent`: app/kustomization.yaml:1:13
    hint: make one
    "#);
}

#[test]
fn copies_do_not_lead_out_of_themselves() {
    let base = |text: &'static str| {
        let files = files(
            &format!("resources: ['{BASE}']\n"),
            &[
                ("copies/repo/base/kustomization.yaml", text),
                ("copies/kustomization.yaml", "namePrefix: a-\n"),
            ],
        );
        let restrictor = LoadRestrictor::None;
        outcome(
            &files,
            "app",
            &Options { remotes: Some(&copies()), load_restrictor: restrictor, ..Options::default() },
        )
    };
    assert_snapshot!(base("resources: [../../../copies]\n"), @"accumulating resources: accumulating resources from 'github.com/org/repo//base?ref=v1': recursed accumulation of path 'copies/repo/base': accumulating resources: accumulating resources from '../../../copies': security; bases in kustomizations found in cloned git repos must be within the repo, but base 'copies' is outside 'copies/repo'");
    assert_snapshot!(base("resources: [../../secret.yaml]\n"), @"accumulating resources: accumulating resources from 'github.com/org/repo//base?ref=v1': recursed accumulation of path 'copies/repo/base': accumulating resources: accumulating resources from '../../secret.yaml': security; file 'copies/secret.yaml' is not in or below 'copies/repo/base'");
    assert_snapshot!(base("resources: [../other/map.yaml]\n"), @"accumulating resources: accumulating resources from 'github.com/org/repo//base?ref=v1': recursed accumulation of path 'copies/repo/base': accumulating resources: accumulating resources from '../other/map.yaml': security; file 'copies/repo/other/map.yaml' is not in or below 'copies/repo/base'");
}

#[test]
fn circles() {
    let base = |text: String| {
        let mut files = files(&format!("resources: ['{BASE}']\n"), &[]);
        files.insert("copies/repo/base/kustomization.yaml", text.into_bytes());
        built(&files, &copies())
    };
    assert_snapshot!(base(format!("resources: ['{BASE}']\n")), @r#"
    accumulating resources: accumulating resources from 'github.com/org/repo//base?ref=v1': recursed accumulation of path 'copies/repo/base': accumulating resources: accumulating resources from 'github.com/org/repo//base?ref=v1': cycle detected: URI 'github.com/org/repo//base?ref=v1' referenced by previous URI 'github.com/org/repo//base?ref=v1'
    at: cycle detected: URI 'github.com/org/repo//base?ref=v1' referenced by previous URI 'github.com/org/repo//base?ref=v1': copies/repo/base/kustomization.yaml:1:14
    "#);
    // The other folder is not a cycle, but Kustomize compares the prefixes of names.
    assert_snapshot!(base("resources: [github.com/org/repo]\n".to_owned()), @r#"
    accumulating resources: accumulating resources from 'github.com/org/repo//base?ref=v1': recursed accumulation of path 'copies/repo/base': accumulating resources: accumulating resources from 'github.com/org/repo': cycle detected: URI 'github.com/org/repo' referenced by previous URI 'github.com/org/repo//base?ref=v1'
    at: cycle detected: URI 'github.com/org/repo' referenced by previous URI 'github.com/org/repo//base?ref=v1': copies/repo/base/kustomization.yaml:1:13
    "#);
    assert_snapshot!(base("resources: ['https://github.com/org/repo/base']\n".to_owned()), @r#"
    accumulating resources: accumulating resources from 'github.com/org/repo//base?ref=v1': recursed accumulation of path 'copies/repo/base': accumulating resources: accumulating resources from 'https://github.com/org/repo/base': cycle detected: candidate root 'copies/repo/base' contains visited root 'copies/repo/base'
    at: cycle detected: candidate root 'copies/repo/base' contains visited root 'copies/repo/base': copies/repo/base/kustomization.yaml:1:14
    "#);
}

/// Prints what a kustomization consists of.
fn shown(files: &Files) -> String {
    let found = match inventory(files, "app") {
        Ok(found) => found,
        Err(error) => return error.to_string(),
    };
    let mut text = String::new();
    for remote in &found.remotes {
        let _ = writeln!(text, "{:?} {} in {}", remote.meaning, remote.name, remote.spot());
    }
    found.files.iter().chain(&found.charts).fold(text, |text, path| text + path + "\n")
}

#[test]
fn inventories() {
    let app = format!(
        "resources: [map.yaml, ../local, '{BASE}', {RESOURCE}, absent.yaml]
components: ['{PART}', ../local/component]
configurations: [configuration.yaml]
crds: [https://example.com/crds.json]
openapi: {{path: https://example.com/schema.json}}
configMapGenerator: [{{name: a, files: [key=data.txt, 'https://example.com/data.txt'], envs: [a.env]}}]
secretGenerator: [{{name: b, env: b.env}}]
patches: [{{path: patch.yaml}}, {{path: 'https://example.com/patch.yaml'}}, {{patch: '- op: x'}}]
patchesStrategicMerge: [merge.yaml, 'kind: A']
patchesJson6902: [{{path: operations.yaml, target: {{kind: A, name: a}}}}]
replacements: [{{path: replacement.yaml}}]
transformers: [transformer.yaml, ../plugins, 'https://example.com/transformer.yaml']
generators:
- |-
  apiVersion: builtin
  kind: ConfigMapGenerator
  metadata: {{name: c}}
  files: [made.txt]
helmCharts: [{{name: web, valuesFile: values.yaml, additionalValuesFiles: [more.yaml]}}]
"
    );
    let names = [
        "map.yaml",
        "configuration.yaml",
        "data.txt",
        "a.env",
        "b.env",
        "patch.yaml",
        "merge.yaml",
        "operations.yaml",
        "replacement.yaml",
        "made.txt",
        "values.yaml",
        "more.yaml",
        "unused.yaml",
        "moved.yaml",
        "targets.yaml",
        "charts/web/Chart.yaml",
    ];
    let mut files = files(&app, &[]);
    for name in names {
        files.insert(format!("app/{name}"), &b"a: b\n"[..]);
    }
    for (path, text) in [
        (
            "app/transformer.yaml",
            "kind: PatchTransformer\napiVersion: builtin\nmetadata: {name: a}\npath: moved.yaml\n---\nkind: X\nmetadata: {name: b}\npaths: ['https://example.com/x']\n",
        ),
        ("plugins/kustomization.yaml", "resources: [value.yaml, value.yaml]\n"),
        (
            "plugins/value.yaml",
            "kind: ValueAddTransformer\napiVersion: builtin\nmetadata: {name: a}\ntargetFilePath: targets.yaml\n",
        ),
        ("local/kustomization.yaml", "resources: [../shared, ../app]\n"),
        ("local/component/kustomization.yaml", "kind: Component\nresources: [../../shared]\n"),
        ("shared/Kustomization", "resources:\n  - ssh://git@example.com/a/b.git\n"),
    ] {
        files.insert(path, text.as_bytes());
    }
    assert_snapshot!(shown(&files));
}

#[test]
fn inventories_of_what_cannot_be_read() {
    assert_snapshot!(shown(&files("resources: [", &[])), @"app/kustomization.yaml: invalid Kustomization: error converting YAML to JSON: yaml: line 1: did not find expected node content");
    assert_snapshot!(shown(&files("resources: [../x]", &[("x/kustomization.yaml", "nonsense: 1\n")])), @r#"x/kustomization.yaml: invalid Kustomization: json: unknown field "nonsense""#);
    let deep: Vec<(String, String)> = (0..300)
        .map(|number| (format!("d{number}/kustomization.yaml"), format!("resources: [../d{}]\n", number + 1)))
        .collect();
    let mut files = files("resources: [../d0]\n", &[]);
    for (path, text) in deep {
        files.insert(path, text.into_bytes());
    }
    assert!(inventory(&files, "app").is_ok(), "what is too deep is refused by the build");
}
