//! Custom resources of operators that the tree does not carry: an environment names where their definitions lie.

use insta::assert_snapshot;

use super::{Platform, outcome};

/// Definitions of two kinds, one of which lives outside of namespaces.
const LOOMS: &str = "apiVersion: v1
kind: List
items:
- apiVersion: apiextensions.k8s.io/v1
  kind: CustomResourceDefinition
  metadata: {name: looms.weaving.example.com}
  spec:
    group: weaving.example.com
    names: {kind: Loom, listKind: LoomList, plural: looms, singular: loom}
    scope: Cluster
    versions:
    - name: v1
      served: true
      storage: true
      schema:
        openAPIV3Schema:
          type: object
          properties:
            spec: {type: object, required: [threads], properties: {threads: {type: integer, maximum: 9}}}
    - {name: v1alpha1, served: false, storage: false, schema: {openAPIV3Schema: {type: object}}}
- apiVersion: apiextensions.k8s.io/v1
  kind: CustomResourceDefinition
  metadata: {name: cloths.weaving.example.com}
  spec:
    group: weaving.example.com
    names: {kind: Cloth, listKind: ClothList, plural: cloths, singular: cloth}
    scope: Namespaced
    versions:
    - {name: v1, served: true, storage: true, schema: {openAPIV3Schema: {type: object, x-kubernetes-preserve-unknown-fields: true}}}
";

/// A chart that asks what the cluster serves.
const CHART: &str = r#"{{- if .Capabilities.APIVersions.Has "weaving.example.com/v1/Loom" }}
apiVersion: weaving.example.com/v1
kind: Loom
metadata: {name: big}
spec: {threads: {{ .Values.threads }}}
---
apiVersion: weaving.example.com/v1
kind: Cloth
metadata: {name: blue}
{{- end }}
---
apiVersion: v1
kind: ConfigMap
metadata: {name: seen}
data:
  version: {{ .Capabilities.APIVersions.Has "weaving.example.com/v1" | quote }}
  kind-of-another-version: {{ .Capabilities.APIVersions.Has "weaving.example.com/v1alpha1/Loom" | quote }}
"#;

/// Makes a platform with a chart that uses kinds of an operator; `apis` are those of its only environment.
fn platform(apis: &str) -> Platform {
    let platform = Platform::new();
    let environment = format!("\n[environments.dev]\ndomain = \"dev.example.com\"\napis = {apis}\n");
    let head = "name = \"demo\"\nrepository = \"https://git.example.com/demo.git\"\n";
    platform.write("platform.toml", &format!("{head}{environment}"));
    platform.remove("tenants/shop/web.toml");
    platform.write("tenants/shop/tenant.toml", "delivery.cluster-kinds = [\"weaving.example.com/Loom\"]\n");
    platform.write("tenants/shop/loom.toml", "kind = \"chart\"\npath = \"loom\"\nvalues = { threads = 8 }\n");
    platform.write("tenants/shop/loom/Chart.yaml", "{apiVersion: v2, name: loom, version: 1.0.0}\n");
    platform.write("tenants/shop/loom/templates/loom.yaml", CHART);
    platform.write("operators/looms.yaml", LOOMS);
    platform
}

#[test]
fn definitions_of_an_environment() {
    let platform = platform("[{ definitions = \"/operators\" }]");
    let mut seen = platform.run("render");
    for file in ["loom-big", "cloth-blue", "configmap-seen"] {
        seen.push_str(&platform.text(&format!("output/dev/shop/loom/{file}.yaml")));
    }
    platform.replace("tenants/shop/loom.toml", "threads = 8", "threads = 12");
    assert_snapshot!(seen + &platform.run("check"));
}

/// Definitions that lie there and are not named are not served by the cluster.
#[test]
fn definitions_that_nobody_names() {
    let platform = platform("[]");
    let seen = platform.run("render") + &platform.text("output/dev/shop/loom/configmap-seen.yaml");
    assert_snapshot!(seen);
}

#[test]
fn definitions_that_cannot_be_read() {
    let platform = platform(
        "[\n    { definitions = \"/none\" },\n    { definitions = \"operators\" },\n    { definitions = \"/../operators\" },\n    { definitions = \"/wrong.yaml\" },\n    { definitions = \"/tenants/shop/loom/Chart.yaml\" },\n    { definitions = \"https://example.com/looms.yaml\" },\n]",
    );
    platform.write("wrong.yaml", "kind: [\n");
    assert_snapshot!(platform.run("check"));
}

#[test]
fn entries_of_another_form() {
    let platform = platform(
        "[\n    { group = \"a.example.com\" },\n    { cluster-scoped = [] },\n    { definition = \"/operators\" },\n    { group = \"a.example.com\", cluster-scoped = [], definitions = \"/operators\" },\n]",
    );
    assert_snapshot!(platform.run("check"));
}

#[test]
fn a_new_platform_with_operators() {
    let folder = tempfile::tempdir().expect("there is room for a folder");
    let mut seen = outcome(folder.path(), "init --operators new");
    let root = folder.path().join("new");
    let text = |path: &str| std::fs::read_to_string(root.join(path)).expect("the file is there");
    let readme = text("README.md");
    seen.push_str(&text("platform.toml"));
    seen.push_str(readme.split("## Once for each cluster").nth(1).unwrap_or_default());
    seen.push_str(&outcome(&root, "check"));
    assert_snapshot!(seen);
}
