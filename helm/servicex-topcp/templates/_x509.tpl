{{/* The renewer of the grid proxy is a component of its own: nothing of the code generator selects it. */}}
{{- define "servicex-topcp.x509.selector" -}}
app.kubernetes.io/name: servicex-topcp
app.kubernetes.io/instance: {{ .Release.Name }}
app.kubernetes.io/component: x509
{{- end -}}

{{- define "servicex-topcp.x509.labels" -}}
{{ include "servicex-topcp.x509.selector" . }}
{{ include "servicex-topcp.information" . }}
{{- end -}}

{{- define "servicex-topcp.x509.image" -}}
{{- with .Values.x509.image -}}
{{- if .digest -}}
{{- printf "%s@%s" .repository .digest -}}
{{- else -}}
{{- printf "%s:%s" .repository (.tag | default $.Chart.AppVersion) -}}
{{- end -}}
{{- end -}}
{{- end -}}
