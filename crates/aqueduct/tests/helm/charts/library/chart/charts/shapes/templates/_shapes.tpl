{{ define "shapes.labels" }}kind: Labels
app: {{ .Chart.Name }}{{ end }}{{ define "shared" }}from: library{{ end }}