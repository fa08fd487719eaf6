//! `explain` and `impact`: from the output back to the sources, and from a line of a source to the output.

use insta::assert_snapshot;

use crate::Platform;

#[test]
fn explain() {
    let platform = Platform::new();
    let mut seen = String::new();
    for command in [
        "explain prod/shop/web Deployment spec.replicas",
        "explain prod/shop/web Deployment/web /spec/replicas --json",
        "explain prod/shop/web Deployment spec.template.spec.containers[0].image",
        "explain prod/shop/web Deployment spec.template.spec.containers[0].securityContext.allowPrivilegeEscalation",
        "explain output/prod/shop/web/deployment-web.yaml:1",
        "explain prod/shop/tenant Namespace metadata.name",
        "explain prod/shop/web StatefulSet spec.replicas",
        "explain prod/shop/web Deployment",
        "explain prod/shop/wep Deployment spec.replicas",
        "explain output/prod/shop/web/deployment-web.yaml:1000",
    ] {
        seen.push_str(&platform.run(command));
    }
    assert_snapshot!(seen);
}

#[test]
fn explain_manifests() {
    let platform = Platform::new();
    platform.write("tenants/shop/extra.toml", "kind = \"manifests\"\npath = \"extra.yaml\"\n");
    platform.write(
        "tenants/shop/extra.yaml",
        "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: a\n---\napiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: b\ndata:\n  x: \"1\"\n",
    );
    assert_snapshot!(platform.run("explain prod/shop/extra ConfigMap/b data.x"));
}

/// A chart, a kustomization, a template and a file.
const FOREIGN: &[(&str, &str)] = &[
    ("charts/lib/Chart.yaml", "apiVersion: v2\nname: shop-web\nversion: 1.0.0\n"),
    ("charts/lib/values.yaml", "image:\n  name: none\n  tag: \"1\"\nport: 8080\n"),
    (
        "charts/lib/templates/_helpers.tpl",
        "{{- define \"web.labels\" -}}\nteam: {{ .Values.labels.team }}\nchart: web\n{{- end -}}\n",
    ),
    (
        "charts/lib/templates/web.yaml",
        "apiVersion: v1\nkind: Pod\nmetadata:\n  name: {{ .Release.Name }}\n  labels:\n    {{- include \"web.labels\" . | nindent 4 }}\nspec:\n  containers:\n  - name: web\n    image: {{ .Values.image.name }}:{{ .Values.image.tag }}\n    ports:\n    - containerPort: {{ .Values.port }}\n",
    ),
    (
        "tenants/shop/chart.toml",
        "kind = \"chart\"\npath = \"/charts/lib\"\nvalue-files = [\"chart.yaml\"]\n[values]\nimage.tag = \"1.2\"\n",
    ),
    (
        "tenants/shop/chart.yaml",
        "# Values of the web.\nlabels: {team: front, tier: web}\nimage:\n  name: shop/web\n",
    ),
    ("tenants/shop/app.toml", "kind = \"kustomization\"\npath = \"/kustomizations/app/prod\"\n"),
    ("kustomizations/app/base/kustomization.yaml", "resources:\n- app.yaml\n"),
    (
        "kustomizations/app/base/app.yaml",
        "apiVersion: apps/v1\nkind: Deployment\nmetadata:\n  name: app\nspec:\n  replicas: 1\n  selector: {matchLabels: {app: app}}\n  template:\n    metadata: {labels: {app: app}}\n    spec:\n      containers:\n      - name: app\n        image: app:1\n        env:\n        - name: A\n          value: a\n",
    ),
    (
        "kustomizations/app/prod/kustomization.yaml",
        "resources:\n- ../base\npatches:\n- path: replicas.yaml\n- path: ops.yaml\n  target: {kind: Deployment}\n- patch: |-\n    - op: add\n      path: /metadata/annotations\n      value: {note: inline}\n  target: {kind: Deployment}\nimages:\n- name: app\n  newTag: \"2\"\nconfigMapGenerator:\n- name: settings\n  literals: [a=b]\n",
    ),
    (
        "kustomizations/app/prod/replicas.yaml",
        "apiVersion: apps/v1\nkind: Deployment\nmetadata:\n  name: app\nspec:\n  replicas: 3\n  template:\n    spec:\n      containers:\n      - name: side\n        image: side:1\n      - name: app\n        env:\n        - name: A\n          value: b\n",
    ),
    (
        "kustomizations/app/prod/ops.yaml",
        "- op: add\n  path: /spec/minReadySeconds\n  value: 5\n- op: replace\n  path: /spec/replicas\n  value: 4\n",
    ),
    (
        "tenants/shop/page.toml",
        "kind = \"template\"\npath = \"page.j2\"\nparameters = { text = \"hello\", names = [\"a\", \"b\"] }\n",
    ),
    (
        "tenants/shop/page.j2",
        "{# A page. #}\n{%- for name in parameters.names %}\n---\napiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: page-{{ name }}\ndata:\n  text: {{ parameters.text }}\n  fixed: \"1\"\n{%- endfor %}\n",
    ),
    ("tenants/shop/settings.toml", "kind = \"config\"\n[files.\"nginx.conf\"]\nsource = \"nginx.conf\"\n"),
    ("tenants/shop/nginx.conf", "events {}\n"),
];

#[test]
fn explain_foreign_files() {
    let platform = Platform::new();
    FOREIGN.iter().for_each(|(path, text)| platform.write(path, text));
    let mut seen = String::new();
    for field in [
        "chart Pod spec.containers[0].image",
        "chart Pod metadata.labels.team",
        "chart Pod metadata.labels.chart",
        "chart Pod metadata.labels.chart --json",
        "chart Pod metadata.name",
        "chart Pod metadata.namespace",
        "chart Pod spec.containers[0].ports[0].containerPort",
        "chart Pod spec.containers[0].resources",
        "app Deployment spec.replicas",
        "app Deployment spec.minReadySeconds",
        "app Deployment spec.template.spec.containers[1].env[0].value",
        "app Deployment spec.template.spec.containers[1].image",
        "app Deployment metadata.annotations.note",
        "app ConfigMap data.a",
        "page ConfigMap/page-b data.text",
        "page ConfigMap/page-b data.fixed",
        "settings ConfigMap data[nginx.conf]",
        "settings ConfigMap metadata.name",
    ] {
        seen.push_str(&platform.run(&format!("explain prod/shop/{field}")));
    }
    assert_snapshot!(seen);
}

#[test]
fn impact() {
    let platform = Platform::new();
    platform.write("tenants/shop/extra.toml", "kind = \"manifests\"\npath = \"extra.yaml\"\n");
    platform.write(
        "tenants/shop/extra.yaml",
        "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: a\ndata:\n  x: \"1\"\n",
    );
    let web = platform.text("tenants/shop/web.toml");
    let image = 1 + web.lines().position(|line| line.starts_with("image")).expect("the page has an image");
    let mut seen = String::new();
    for command in [
        format!("impact tenants/shop/web.toml:{image}"),
        format!("impact tenants/shop/web.toml:{image} --environment prod --json"),
        "impact tenants/shop/extra.yaml:6".to_owned(),
        "impact tenants/shop/extra.toml:2".to_owned(),
        "impact tenants/shop/web.toml:1000".to_owned(),
        "impact tenants/shop/wep.toml:1".to_owned(),
        "impact tenants/shop/web.toml".to_owned(),
    ] {
        seen.push_str(&platform.run(&command));
    }
    assert_snapshot!(seen);
}
