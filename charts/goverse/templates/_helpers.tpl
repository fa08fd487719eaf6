{{/* The labels that select the pods of one part: (list . "part"). */}}
{{- define "goverse.selector" -}}
app.kubernetes.io/name: {{ index . 1 }}
app.kubernetes.io/instance: {{ (index . 0).Release.Name }}
{{- end }}

{{/* The labels of everything. */}}
{{- define "goverse.labels" -}}
{{ include "goverse.selector" . }}
helm.sh/chart: {{ printf "%s-%s" (index . 0).Chart.Name (index . 0).Chart.Version }}
app.kubernetes.io/version: {{ (index . 0).Chart.AppVersion | quote }}
{{- end }}

{{/* An image: (list . .Values.nodes.image). */}}
{{- define "goverse.image" -}}
{{- $root := index . 0 -}}
{{- $image := index . 1 -}}
{{- with $root.Values.global.imageRegistry }}{{ . }}/{{ end -}}
{{ $image.repository }}:{{ $image.tag | default $root.Chart.AppVersion }}
{{- end }}

{{- define "goverse.podSecurity" -}}
fsGroup: {{ . }}
runAsGroup: {{ . }}
runAsNonRoot: true
runAsUser: {{ . }}
seccompProfile:
  type: RuntimeDefault
{{- end }}

{{- define "goverse.containerSecurity" -}}
allowPrivilegeEscalation: false
capabilities:
  drop: [ALL]
readOnlyRootFilesystem: true
{{- end }}

{{/* Replicas away from one another, over zones first: (list . "part"). */}}
{{- define "goverse.apart" -}}
podAntiAffinity:
  preferredDuringSchedulingIgnoredDuringExecution:
    {{- range $topology, $weight := dict "topology.kubernetes.io/zone" 100 "kubernetes.io/hostname" 50 }}
    - weight: {{ $weight }}
      podAffinityTerm:
        labelSelector:
          matchLabels:
            {{- include "goverse.selector" $ | nindent 12 }}
        topologyKey: {{ $topology }}
    {{- end }}
{{- end }}

{{- define "goverse.etcdHosts" -}}
{{- $hosts := list -}}
{{- range $ordinal := until (int .Values.etcd.replicas) -}}
{{- $hosts = append $hosts (printf "etcd-%d.etcd-headless.%s.svc.cluster.local" $ordinal $.Release.Namespace) -}}
{{- end -}}
{{- toJson $hosts -}}
{{- end }}

{{- define "goverse.config" -}}
version: 1
cluster:
  shards: {{ int .Values.cluster.shards }}
  provider: etcd
  etcd:
    endpoints:
      {{- range include "goverse.etcdHosts" . | fromJsonArray }}
      - {{ . }}:2379
      {{- end }}
    prefix: {{ .Values.cluster.etcdPrefix }}
  cluster_state_stability_duration: {{ .Values.cluster.stabilityDuration }}
inspector:
  grpc_addr: inspector.{{ .Release.Namespace }}.svc.cluster.local:8081
  http_addr: 0.0.0.0:8080
  advertise_addr: inspector.{{ .Release.Namespace }}.svc.cluster.local:8081
nodes: []
gates: []
{{- end }}

{{/* The annotations of pods that read the configuration and serve metrics. */}}
{{- define "goverse.podAnnotations" -}}
goverse/config-digest: {{ include "goverse.config" . | sha256sum | trunc 16 }}
prometheus.io/scrape: "true"
prometheus.io/port: "8080"
prometheus.io/path: /metrics
prometheus.io/interval: {{ .Values.monitoring.serviceMonitor.interval }}
{{- end }}
