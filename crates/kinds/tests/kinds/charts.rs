//! What charts see of the environment, and which of them render different objects each time.

use super::shop::check_with;

const CHART: &str = "apiVersion: v2\nname: app\nversion: 0.1.0\n";

/// Renders a chart of some files as the component `app`.
fn check(component: &str, chart: &[(&str, &str)]) -> String {
    let files: Vec<(String, &str)> =
        chart.iter().map(|(path, text)| (format!("charts/app/{path}"), *text)).collect();
    let mut files: Vec<(&str, &str)> = files.iter().map(|(path, text)| (path.as_str(), *text)).collect();
    if !files.iter().any(|(path, _)| *path == "charts/app/Chart.yaml") {
        files.push(("charts/app/Chart.yaml", CHART));
    }
    check_with(&[("app", &format!("kind = \"chart\"\npath = \"/charts/app\"\n{component}"))], &files)
}

/// Returns the values of the only object's `data`.
fn data(component: &str, chart: &[(&str, &str)]) -> String {
    let text = check(component, chart);
    let (_, data) = text.split_once("data:\n").unwrap_or(("", &text));
    data.split("kind:").next().unwrap_or_default().to_owned()
}

fn config(data: &str) -> String {
    format!("apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: c}}\ndata:\n{data}")
}

#[test]
fn a_chart_sees_what_the_cluster_serves() {
    let asked = [
        "policy/v1",
        "policy/v1/PodDisruptionBudget",
        "v1/Pod",
        "policy/v1beta1",
        "batch/v1beta1/CronJob",
        "resource.k8s.io/v1",
        "external-secrets.io/v1",
        "example.com/v1/Thing",
        "example.com/v1",
        "other.example.com/v1",
    ];
    let lines =
        asked.map(|api| format!("  {api}: {{{{ .Capabilities.APIVersions.Has {api:?} | quote }}}}\n"));
    let template = config(&lines.concat());
    let component = "api-versions = [\"example.com/v1/Thing\"]\n";
    insta::assert_snapshot!(data(component, &[("templates/c.yaml", &template)]), @r#"
    batch/v1beta1/CronJob: "false"
    example.com/v1: "true"
    example.com/v1/Thing: "true"
    external-secrets.io/v1: "true"
    other.example.com/v1: "false"
    policy/v1: "true"
    policy/v1/PodDisruptionBudget: "true"
    policy/v1beta1: "false"
    resource.k8s.io/v1: "false"
    v1/Pod: "true"
    "#);
}

#[test]
fn a_chart_asks_for_a_patch_level() {
    let chart = format!("{CHART}kubeVersion: '>= 1.33.2'\n");
    let template = config("  a: b\n");
    let files = [("Chart.yaml", chart.as_str()), ("templates/c.yaml", &template)];
    insta::assert_snapshot!(check("", &files), @r"
    error: chart requires kubeVersion: >= 1.33.2 which is incompatible with Kubernetes v1.33: tenants/shop/app.toml
      hint: `1.33` counts as `1.33.0`: if the cluster is newer, set the patch version in `kubernetes` of `environments.dev`
    ");
}

#[test]
fn what_does_not_reach_an_object_is_no_error() {
    let template = format!(
        "{{{{- $ca := genCA \"unused\" 365 }}}}\n\
         {{{{- if false }}}}{{{{ randAlphaNum 5 }}}}{{{{ end }}}}\n\
         # rendered at {{{{ now }}}}\n{}",
        config(
            "  length: {{ randAlphaNum 7 | len | quote }}\n  found: {{ lookup \"v1\" \"Secret\" \"\" \"\" | len | quote }}\n"
        )
    );
    let test = "apiVersion: v1\nkind: Pod\nmetadata:\n  name: {{ uuidv4 }}\n  annotations: {\"helm.sh/hook\": test}\n";
    let files = [("templates/c.yaml", template.as_str()), ("templates/tests/t.yaml", test)];
    insta::assert_snapshot!(data("", &files), @r#"
    found: "0"
    length: "7"
    "#);
}

#[test]
fn a_patch_can_take_a_field_out() {
    let template = config("  at: {{ now | quote }}\n  kept: yes it is\n");
    let patch = "[[patches]]\ntarget = { kind = \"ConfigMap\" }\nmerge = { data = { at = \"fixed\" } }\n";
    insta::assert_snapshot!(data(patch, &[("templates/c.yaml", &template)]), @r"
    at: fixed
    kept: yes it is
    ");
}

/// Helm's name of a file begins with the chart's name, which can differ from the folder's.
#[test]
fn a_definition_lies_where_its_file_does() {
    let definition = "apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: {name: things.example.com}
spec: {group: example.com, scope: Cluster, names: {kind: Thing, plural: things}, versions: []}
";
    let chart = "apiVersion: v2\nname: things\nversion: 0.1.0\n";
    let near = "dependencies: [{name: more, version: 0.1.0, repository: 'file://../more'}]\n";
    let check = |chart: &str, more: &str| {
        let files = [
            ("charts/app/Chart.yaml", chart),
            ("charts/app/crds/things.yaml", definition),
            ("charts/more/Chart.yaml", "apiVersion: v2\nname: more\nversion: 0.1.0\n"),
            ("charts/more/crds/more.yaml", more),
            ("tenants/shop/tenant.toml", ""),
        ];
        check_with(&[("app", "kind = \"chart\"\npath = \"/charts/app\"\n")], &files)
    };
    insta::assert_snapshot!(check(chart, ""), @r#"
    error: tenant `shop` may not own `CustomResourceDefinition`, which are cluster-scoped: charts/app/crds/things.yaml
      hint: set `cluster-kinds = ["apiextensions.k8s.io/CustomResourceDefinition"]` in `[delivery]` of tenants/shop/tenant.toml, since its project permits no other kinds
    "#);
    insta::assert_snapshot!(check(&format!("{chart}{near}"), "[a]\n"), @"error: charts/more/crds/more.yaml renders an invalid manifest: a document is a list, not an object: tenants/shop/app.toml");
}

#[test]
fn a_field_that_differs_is_named_with_its_value() {
    let template = r#"{{- $ca := genCA "x" 365 }}
{{- $cert := genSignedCert "y" nil nil 365 $ca }}
{{- if not .Values.auth.tls.secret }}
apiVersion: v1
kind: Secret
metadata: {name: tls}
data:
  tls.crt: {{ $cert.Cert | b64enc }}
{{- end }}
---
apiVersion: v1
kind: ConfigMap
metadata:
  name: c
  annotations:
    example.com/stamp: {{ .Values.stamp | default (now | date "2006-01-02") | quote }}
    coin: {{ randInt 0 2 | quote }}
{{- if eq (randInt 0 2) 1 }}
---
apiVersion: v1
kind: ConfigMap
metadata: {name: maybe}
{{- end }}
"#;
    let helper = "{{- define \"app.password\" }}{{ randAlphaNum 10 | b64enc }}{{ end }}\n";
    let secret = r#"apiVersion: v1
kind: Secret
metadata: {name: db}
data:
  user: YQ==
  password: {{ include "app.password" (dict "key" "auth.password" "context" $) }}
"#;
    let files = [
        ("values.yaml", "auth: {tls: {secret: \"\"}}\nstamp: \"\"\n"),
        ("templates/_helpers.tpl", helper),
        ("templates/x.yaml", template),
        ("charts/db/Chart.yaml", "apiVersion: v2\nname: db\nversion: 1.0.0\n"),
        ("charts/db/values.yaml", "auth: {password: \"\"}\n"),
        ("charts/db/templates/s.yaml", secret),
    ];
    insta::assert_snapshot!(check("", &files), @r"
    error: `randAlphaNum` gives a different result at each render: `/data/password` of `Secret db`: charts/app/templates/_helpers.tpl
      hint: set `db.auth.password` in `values` to a fixed value, or for a secret, to a reference to a Secret
    error: `genCA` gives a different result at each render: `/data/tls.crt` of `Secret tls`: charts/app/templates/x.yaml
      hint: set `auth.tls.secret` in `values` to an existing certificate, or to the name of a Secret that cert-manager fills
    error: `genSignedCert` gives a different result at each render: `/data/tls.crt` of `Secret tls`: charts/app/templates/x.yaml
      hint: set `auth.tls.secret` in `values` to an existing certificate, or to the name of a Secret that cert-manager fills
    error: `now` gives a different result at each render: `/metadata/annotations/example.com~1stamp` of `ConfigMap c`: charts/app/templates/x.yaml
      hint: set `stamp` in `values`, or remove the field with `patches`: the output must not contain the time of the render
    error: `randInt` gives a different result at each render: `/metadata/annotations/coin` of `ConfigMap c`: charts/app/templates/x.yaml
      hint: set a value of the chart that replaces it (for a secret, a reference to a Secret), or change the field with `patches`
    error: `randInt` gives a different result at each render: which objects there are: charts/app/templates/x.yaml
      hint: set a value of the chart that replaces it (for a secret, a reference to a Secret), or change the field with `patches`
    ");
}
