{{/* The registration is a component of its own: no Service, budget or policy of the code generator selects it. */}}
{{- define "servicex-topcp.registration.labels" -}}
app.kubernetes.io/name: servicex-topcp
app.kubernetes.io/instance: {{ .Release.Name }}
app.kubernetes.io/component: registration
{{ include "servicex-topcp.information" . }}
{{- end -}}

{{/* A Job's spec, of the list of a context and what to do: add, keep or remove. */}}
{{- define "servicex-topcp.registration.job" -}}
{{- $action := last . -}}
{{- with first . -}}
{{- $name := printf "%s-registration" (include "servicex-topcp.name" .) -}}
backoffLimit: 3
activeDeadlineSeconds: 240
template:
  metadata:
    labels:
      {{- include "servicex-topcp.registration.labels" . | nindent 6 }}
  spec:
    serviceAccountName: {{ $name }}
    automountServiceAccountToken: true
    enableServiceLinks: false
    restartPolicy: Never
    {{- include "servicex-topcp.placement" . | trim | nindent 4 }}
    containers:
      - name: registration
        image: {{ include "servicex-topcp.image" . | quote }}
        imagePullPolicy: {{ .Values.image.pullPolicy }}
        command: [python, -B, /registration/register.py, {{ $action }}]
        args:
          - --servicex={{ include "servicex-topcp.servicex" . }}
          - --namespace={{ .Release.Namespace }}
          - --name=topcp
          - --image={{ include "servicex-topcp.image" . }}
          {{- if .Values.registration.allowScienceImage }}
          - --allow={{ .Values.scienceImage }}
          {{- end }}
        {{- with .Values.securityContext }}
        securityContext:
          {{- toYaml . | nindent 10 }}
        {{- end }}
        resources:
          requests: {cpu: 10m, memory: 32Mi}
          limits: {memory: 128Mi}
        volumeMounts:
          - name: registration
            mountPath: /registration
            readOnly: true
    volumes:
      - name: registration
        configMap:
          name: {{ $name }}
{{- end -}}
{{- end -}}
