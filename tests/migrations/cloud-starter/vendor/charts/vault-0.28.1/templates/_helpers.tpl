{{- define "vault.mode" -}}
{{- if .Values.server.ha.enabled }}{{ $_ := set . "mode" "ha" }}{{ else }}{{ $_ := set . "mode" "standalone" }}{{ end }}
{{- end }}

{{- define "vault.labels" -}}
helm.sh/chart: {{ .Chart.Name }}-{{ .Chart.Version }}
app.kubernetes.io/name: {{ .Chart.Name }}
app.kubernetes.io/instance: {{ .Release.Name }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
{{- end }}
