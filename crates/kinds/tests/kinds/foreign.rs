//! The treatment of foreign objects: their scope, and the labels by which they are selected.

use std::fmt::Write as _;

use aqueduct_manifest::{Files, yaml};

use super::rendering;
use super::shop::check_with;

/// Renders a component with one file, and returns the data of its object or the errors.
fn data(file: &str, text: &str) -> String {
    let component = format!("kind = \"manifests\"\npath = \"{file}\"\n");
    let text = check_with(&[("app", &component)], &[(&format!("tenants/shop/{file}"), text)]);
    text.split_once("data:").and_then(|(_, rest)| rest.split("kind:").next()).unwrap_or(&text).to_owned()
}

/// `kubectl` and Argo CD read the last line like the others, and JSON as JSON.
#[test]
fn files_are_read_as_argo_cd_reads_them() {
    let start = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: c}\ndata:\n  a: ";
    let json = r#"{"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "c"}, "data": {"a": "\ud83d\ude00"}}"#;
    let no_json = "{apiVersion: v1, kind: ConfigMap, metadata: {name: c}, data: {a: b}}";
    let told = [
        data("c.yaml", &format!("{start}|\n    text")),
        data("c.yaml", &format!("{start}text")),
        data("c.json", json),
        data("c.json", no_json),
        data("c.yaml", "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: y}\n"),
    ];
    insta::assert_snapshot!(told.concat(), @r#"

      a: |
        text

      a: text

      a: "\U0001F600"

      a: b
    error: an object needs metadata.name: tenants/shop/c.yaml
      hint: `metadata.name` is read as the boolean `true`: put a string that looks like one in quotes
    "#);
}

/// A folder for Argo CD may contain files that are not manifests, which it skips.
#[test]
fn a_file_among_manifests_that_is_none() {
    let component = "kind = \"manifests\"\npath = \"web\"\n";
    let files =
        [("tenants/shop/web/values.yaml", "replicas: 1\n"), ("tenants/shop/web/deep/x.yaml", "a: [\n")];
    insta::assert_snapshot!(check_with(&[("app", component)], &files), @r"
    error: yaml: line 1: did not find expected node content: tenants/shop/web/deep/x.yaml
      hint: every file in `web` is read as a manifest: move other files elsewhere
    error: an object needs apiVersion, kind, metadata.name: tenants/shop/web/values.yaml
      hint: every file in `web` is read as a manifest: move other files elsewhere
    ");
}

/// Renders one component of manifests, and returns the metadata of its objects or the errors.
fn check(apis: &str, manifests: &str) -> String {
    let mut files = Files::new();
    let platform = format!(
        "name = \"shop\"\nrepository = \"https://example.com/shop.git\"\n[environments.dev]\ndomain = \"dev.example.com\"\napis = [{apis}]\n"
    );
    files.insert("platform.toml", platform.as_bytes());
    files.insert("tenants/shop/tenant.toml", b"delivery = { cluster-kinds = [\"*\"] }\n".as_slice());
    files.insert("tenants/shop/web.toml", b"kind = \"manifests\"\npath = \"web.yaml\"\n".as_slice());
    files.insert("tenants/shop/web.yaml", manifests.as_bytes());
    // A definition that no component renders.
    let definition = "apiVersion: apiextensions.k8s.io/v1\nkind: CustomResourceDefinition\nmetadata: {name: wholes.vendored.example.com}\nspec: {group: vendored.example.com, scope: Cluster, names: {kind: Whole}}\n";
    files.insert("vendor/charts/whole/crds/whole.yaml", definition.as_bytes());
    let (objects, diagnostics) = rendering::objects(&files);
    let mut text = String::new();
    for diagnostic in &diagnostics {
        let _ = writeln!(text, "{diagnostic}");
        diagnostic.hints.iter().for_each(|hint| text.push_str(&format!("  hint: {hint}\n")));
    }
    for object in objects.iter().filter(|_| diagnostics.is_empty()) {
        let metadata = object.map.get("metadata").cloned().unwrap_or_default();
        let _ = write!(text, "--- {}\n{}", object.kind(), yaml::write(&metadata));
    }
    text
}

#[test]
fn only_hooks_have_generated_names() {
    let job = |annotations: &str| {
        format!(
            "{{apiVersion: batch/v1, kind: Job, metadata: {{generateName: migrate-, annotations: {{{annotations}}}}}}}\n"
        )
    };
    let hook = job("argocd.argoproj.io/hook: PreSync");
    insta::assert_snapshot!(check("", &format!("{hook}---\n{hook}")));
    insta::assert_snapshot!("a_generated_name_that_nobody_makes", check("", &job("")));
}

#[test]
fn scopes_are_said_by_somebody() {
    insta::assert_snapshot!(check("{ group = \"example.com\", cluster-scoped = [\"Planet\"] }", "
{apiVersion: example.com/v1, kind: Planet, metadata: {name: said, namespace: shop}}
---
{apiVersion: example.com/v1, kind: Moon, metadata: {name: said-of-its-group}}
---
{apiVersion: kyverno.io/v1, kind: ClusterPolicy, metadata: {name: well-known}}
---
{apiVersion: velero.io/v1, kind: BackupStorageLocation, metadata: {name: well-known}}
---
{apiVersion: vendored.example.com/v1, kind: Whole, metadata: {name: vendored}}
---
{apiVersion: tree.example.com/v1, kind: Part, metadata: {name: rendered}}
---
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: {name: parts.tree.example.com}
spec: {group: tree.example.com, scope: Cluster, names: {kind: Part}}
"), @r"
        --- CustomResourceDefinition
        annotations:
          argocd.argoproj.io/sync-options: Prune=confirm,Delete=confirm
        labels:
          app.kubernetes.io/component: manifests
          app.kubernetes.io/instance: shop-web
          app.kubernetes.io/managed-by: aqueduct
          app.kubernetes.io/name: web
          app.kubernetes.io/part-of: shop
        name: parts.tree.example.com
        --- Moon
        labels:
          app.kubernetes.io/component: manifests
          app.kubernetes.io/instance: shop-web
          app.kubernetes.io/managed-by: aqueduct
          app.kubernetes.io/name: web
          app.kubernetes.io/part-of: shop
        name: said-of-its-group
        namespace: shop
        --- Planet
        labels:
          app.kubernetes.io/component: manifests
          app.kubernetes.io/instance: shop-web
          app.kubernetes.io/managed-by: aqueduct
          app.kubernetes.io/name: web
          app.kubernetes.io/part-of: shop
        name: said
        --- ClusterPolicy
        labels:
          app.kubernetes.io/component: manifests
          app.kubernetes.io/instance: shop-web
          app.kubernetes.io/managed-by: aqueduct
          app.kubernetes.io/name: web
          app.kubernetes.io/part-of: shop
        name: well-known
        --- Part
        labels:
          app.kubernetes.io/component: manifests
          app.kubernetes.io/instance: shop-web
          app.kubernetes.io/managed-by: aqueduct
          app.kubernetes.io/name: web
          app.kubernetes.io/part-of: shop
        name: rendered
        --- BackupStorageLocation
        labels:
          app.kubernetes.io/component: manifests
          app.kubernetes.io/instance: shop-web
          app.kubernetes.io/managed-by: aqueduct
          app.kubernetes.io/name: web
          app.kubernetes.io/part-of: shop
        name: well-known
        namespace: shop
        --- Whole
        labels:
          app.kubernetes.io/component: manifests
          app.kubernetes.io/instance: shop-web
          app.kubernetes.io/managed-by: aqueduct
          app.kubernetes.io/name: web
          app.kubernetes.io/part-of: shop
        name: vendored
        ");
}

#[test]
fn scopes_that_nobody_says_are_asked_for() {
    insta::assert_snapshot!(check("\"example.com/v1\"", "
{apiVersion: example.com/v1, kind: Planet, metadata: {name: one}}
---
{apiVersion: example.com/v1, kind: Planet, metadata: {name: two}}
---
{apiVersion: kyverno.io/v1, kind: Unheard, metadata: {name: three}}
"), @r#"
        error: it is not known whether `Planet` of `example.com` is namespaced
          hint: add its CustomResourceDefinition to the platform, or add `{ group = "example.com", cluster-scoped = [] }` to `apis` of the environment, listing the cluster-scoped kinds
        error: it is not known whether `Unheard` of `kyverno.io` is namespaced
          hint: add its CustomResourceDefinition to the platform, or add `{ group = "kyverno.io", cluster-scoped = [] }` to `apis` of the environment, listing the cluster-scoped kinds
        "#);
}

#[test]
fn labels_that_are_selected_by_stay() {
    insta::assert_snapshot!(check("", "
apiVersion: v1
kind: Service
metadata: {name: web, labels: {app.kubernetes.io/managed-by: Helm}}
---
apiVersion: v1
kind: ConfigMap
metadata: {name: other, labels: {app.kubernetes.io/managed-by: Kustomize}}
---
apiVersion: monitoring.coreos.com/v1
kind: ServiceMonitor
metadata: {name: web}
spec: {selector: {matchLabels: {app.kubernetes.io/managed-by: Helm}}}
"), @r"
        --- ConfigMap
        labels:
          app.kubernetes.io/component: manifests
          app.kubernetes.io/instance: shop-web
          app.kubernetes.io/managed-by: aqueduct
          app.kubernetes.io/name: web
          app.kubernetes.io/part-of: shop
        name: other
        namespace: shop
        --- Service
        annotations:
          aqueduct.dev/managed-by: aqueduct
        labels:
          app.kubernetes.io/component: manifests
          app.kubernetes.io/instance: shop-web
          app.kubernetes.io/managed-by: Helm
          app.kubernetes.io/name: web
          app.kubernetes.io/part-of: shop
        name: web
        namespace: shop
        --- ServiceMonitor
        labels:
          app.kubernetes.io/component: manifests
          app.kubernetes.io/instance: shop-web
          app.kubernetes.io/managed-by: aqueduct
          app.kubernetes.io/name: web
          app.kubernetes.io/part-of: shop
        name: web
        namespace: shop
        ");
}
