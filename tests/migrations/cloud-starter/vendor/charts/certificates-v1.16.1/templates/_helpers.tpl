{{- /* The labels of one of the programs: a list of the root and the program's name. */}}
{{- define "certificates.labels" -}}
{{- $root := index . 0 }}
app: {{ index . 1 }}
app.kubernetes.io/name: {{ index . 1 }}
app.kubernetes.io/instance: {{ $root.Release.Name }}
app.kubernetes.io/component: {{ index . 2 | quote }}
app.kubernetes.io/version: {{ $root.Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ $root.Release.Service }}
helm.sh/chart: {{ $root.Chart.Name }}-{{ $root.Chart.Version }}
{{- end }}

{{- define "certificates.selector" -}}
app.kubernetes.io/name: {{ index . 1 }}
app.kubernetes.io/instance: {{ (index . 0).Release.Name }}
app.kubernetes.io/component: {{ index . 2 | quote }}
{{- end }}

{{- define "certificates.binding" -}}
{{- $root := index . 0 }}{{- $name := printf "%s%s" $root.Release.Name (index . 1) }}
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRoleBinding
metadata:
  name: {{ $name }}
  labels: {{- include "certificates.labels" (list $root $root.Chart.Name (index . 2)) | nindent 4 }}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: {{ $name | quote }}}
subjects:
- {kind: ServiceAccount, name: {{ index . 3 }}, namespace: {{ $root.Release.Namespace }}}
{{- end }}
