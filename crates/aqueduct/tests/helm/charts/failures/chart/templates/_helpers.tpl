{{ define "outer" }}
{{ include "inner" . }}{{ end }}
{{ define "inner" }}{{ required "a name is required" .Values.name }}{{ end }}
