{{- define "toolkit.labels" -}}
app: {{ .Release.Name }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
{{- end }}

{{- /* A Deployment or StatefulSet, as `.Values.workload` says, with what the chart defines in `toolkit.override` over it. */}}
{{- define "toolkit.workload" -}}
{{- $base := fromYaml (include "toolkit.base" .) }}
{{- $override := fromYaml (include "toolkit.override" .) }}
{{- toYaml (mergeOverwrite $base $override) }}
{{- end }}

{{- define "toolkit.base" -}}
apiVersion: apps/v1
kind: {{ .Values.workload | default "Deployment" }}
metadata:
  name: {{ .Release.Name }}
  labels: {{- include "toolkit.labels" . | nindent 4 }}
spec:
  {{- if eq (.Values.workload | default "Deployment") "StatefulSet" }}
  serviceName: {{ .Release.Name }}
  {{- end }}
  selector:
    matchLabels: {app: {{ .Release.Name }}}
  template:
    metadata:
      labels: {app: {{ .Release.Name }}}
    spec:
      automountServiceAccountToken: false
      containers:
      - name: main
        image: {{ .Values.image }}
        ports: [{name: main, containerPort: {{ .Values.port }}}]
        resources: {{- toYaml .Values.resources | nindent 10 }}
{{- end }}

{{- define "toolkit.service" -}}
apiVersion: v1
kind: Service
metadata:
  name: {{ .Release.Name }}
  labels: {{- include "toolkit.labels" . | nindent 4 }}
spec:
  selector: {app: {{ .Release.Name }}}
  ports: [{name: main, port: {{ .Values.port }}, targetPort: main}]
{{- end }}

{{- define "toolkit.ingress" -}}
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata:
  name: {{ .Release.Name }}
  labels: {{- include "toolkit.labels" . | nindent 4 }}
spec:
  ingressClassName: internal
  rules:
  - host: {{ .Release.Name }}.lab.example.com
    http:
      paths: [{path: /, pathType: Prefix, backend: {service: {name: {{ .Release.Name }}, port: {name: main}}}}]
{{- end }}
