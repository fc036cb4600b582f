{{/* Names and labels. None is taken from .Chart.Name, which an alias changes; selectors never hold a version. */}}

{{- define "servicex-topcp.servicex" -}}
{{- if .Values.servicex.release -}}
{{- .Values.servicex.release -}}
{{- else if not .Chart.IsRoot -}}
{{- .Release.Name -}}
{{- else -}}
{{- required "servicex.release is not set: name the Helm release of ServiceX, as in `helm list`" "" -}}
{{- end -}}
{{- end -}}

{{/* ServiceX calls http://<its release>-code-gen-<code generator>:8000. */}}
{{- define "servicex-topcp.name" -}}
{{- $name := printf "%s-code-gen-topcp" (include "servicex-topcp.servicex" .) -}}
{{- if gt (len $name) 63 -}}
{{- fail (printf "%s is too long for the name of a Service: the release of ServiceX may have 48 characters" $name) -}}
{{- end -}}
{{- $name -}}
{{- end -}}

{{- define "servicex-topcp.selector" -}}
app.kubernetes.io/name: servicex-topcp
app.kubernetes.io/instance: {{ .Release.Name }}
app.kubernetes.io/component: codegen
{{- end -}}

{{- define "servicex-topcp.labels" -}}
{{ include "servicex-topcp.selector" . }}
{{ include "servicex-topcp.information" . }}
{{- end -}}

{{/* Labels that no selector uses. */}}
{{- define "servicex-topcp.information" -}}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
app.kubernetes.io/part-of: servicex
helm.sh/chart: servicex-topcp-{{ .Chart.Version | replace "+" "_" }}
{{- with .Values.labels }}
{{ toYaml . }}
{{- end }}
{{- end -}}

{{- define "servicex-topcp.image" -}}
{{- if .Values.image.digest -}}
{{- printf "%s@%s" .Values.image.repository .Values.image.digest -}}
{{- else -}}
{{- printf "%s:%s" .Values.image.repository (.Values.image.tag | default .Chart.AppVersion) -}}
{{- end -}}
{{- end -}}

{{- define "servicex-topcp.serviceAccount" -}}
{{- if .Values.serviceAccount.create -}}
{{- .Values.serviceAccount.name | default (include "servicex-topcp.name" .) -}}
{{- else -}}
{{- .Values.serviceAccount.name | default "default" -}}
{{- end -}}
{{- end -}}
