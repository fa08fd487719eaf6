//! Which templates wrote which lines of a release, through `include`, `tpl` and functions that change their output.

use std::fmt::Write as _;
use std::sync::Arc;

use aqueduct_helm::engine::Writer;
use aqueduct_helm::hosts::Refusing;
use aqueduct_helm::template::Tracing;
use aqueduct_helm::value::Map;
use aqueduct_helm::{Capabilities, Chart, Engine, Prepared, Release, RenderedRelease};
use aqueduct_manifest::Files;

const HELPERS: &str = r#"{{- define "name" -}}
{{ .Release.Name }}-web
{{- end }}
{{- define "labels" -}}
app: {{ include "name" . }}
{{ include "selector" . }}
{{- if .Values.extra }}
{{ toYaml .Values.extra }}
{{- end }}
{{- end }}
{{- define "selector" -}}
tier: front
part: front
{{- end }}
{{- define "port" -}}
port: {{ . }}
{{- end }}
"#;

const DEPLOYMENT: &str = r#"apiVersion: apps/v1
kind: Deployment
metadata:
  name: {{ include "name" . }}
  labels:
    {{- include "labels" . | nindent 4 }}
{{- $labels := include "selector" . }}
spec:
  replicas: {{ .Values.replicas }}
  selector:
    {{- $labels | nindent 4 }}
  template:
    {{- tpl .Values.text . | nindent 4 }}
---
apiVersion: v1
kind: Service
metadata:
  name: "{{ .Release.Name }}"
  {{- with .Values.missing }}
  never: {{ . }}
  {{- end }}
spec:
  {{ template "port" .Values.replicas }}
  more: {{ .Values.missing }}
  {{- include "selector" . | fromYaml | toYaml | nindent 2 }}
"#;

const VALUES: &str = "replicas: 2
extra: {a: 1, b: 2}
text: |
  host: {{ .Release.Name }}
  {{ include \"selector\" . }}
";

fn rendered(tracing: Tracing) -> RenderedRelease {
    let mut files = Files::new();
    for (path, text) in [
        ("Chart.yaml", "apiVersion: v2\nname: web\nversion: 1.0.0\n"),
        ("values.yaml", VALUES),
        ("templates/_helpers.tpl", HELPERS),
        ("templates/web.yaml", DEPLOYMENT),
    ] {
        files.insert(path, text.as_bytes());
    }
    let chart = Arc::new(Chart::from_files(&files, "").expect("it is a chart"));
    let prepared = Prepared::new(&chart, &Map::new()).expect("the values fit");
    let engine = Engine::new().tracing(tracing);
    prepared
        .render(&engine, &Release::new("shop", "default"), &Capabilities::default(), &mut Refusing)
        .map_err(|failure| failure.error)
        .expect("the chart renders")
}

/// Prints a chain of templates, the innermost last.
fn shown(writers: &[Writer]) -> String {
    let one = |writer: &Writer| {
        let file = writer.place.template.rsplit('/').next().unwrap_or_default();
        let defined = writer.template.to_str();
        let name = if defined.contains('/') { String::new() } else { format!(" ({defined})") };
        format!("{file}:{}{name}", writer.place.line)
    };
    writers.iter().map(one).collect::<Vec<_>>().join(" > ")
}

fn lines(release: &RenderedRelease) -> String {
    let mut out = String::new();
    for manifest in &release.manifests {
        for (line, text) in (1..).zip(manifest.content.lines()) {
            // Writing to a string cannot fail.
            let _ = writeln!(out, "{text:<28} < {}", shown(&release.writers(manifest, line)));
        }
    }
    out
}

#[test]
fn lines_lead_to_the_innermost_template() {
    insta::assert_snapshot!(lines(&rendered(Tracing::Includes)));
}

#[test]
fn lines_lead_to_the_file_unless_asked() {
    insta::assert_snapshot!(lines(&rendered(Tracing::Files)));
}

#[test]
fn values_lead_to_what_wrote_them() {
    let release = rendered(Tracing::Includes);
    let mut out = String::new();
    for (kind, pointer) in [
        ("Deployment", "/metadata/name"),
        ("Deployment", "/metadata/labels"),
        ("Deployment", "/metadata/labels/app"),
        ("Deployment", "/metadata/labels/part"),
        ("Deployment", "/metadata/labels/b"),
        ("Deployment", "/spec/replicas"),
        ("Deployment", "/spec/selector/tier"),
        ("Deployment", "/spec/template/host"),
        ("Service", "/metadata/name"),
        ("Service", "/spec/port"),
        ("Service", "/spec/more"),
        ("Service", "/spec/none"),
    ] {
        let manifest =
            release.manifests.iter().find(|manifest| manifest.kind == kind).expect("there is one of each");
        let _ = writeln!(out, "{kind} {pointer} < {}", shown(&release.writers_of(manifest, pointer)));
    }
    insta::assert_snapshot!(out);
}
