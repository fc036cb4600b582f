{{/* The pod of the code generator, and its environment. */}}

{{- define "servicex-topcp.pod" -}}
serviceAccountName: {{ include "servicex-topcp.serviceAccount" . }}
automountServiceAccountToken: false
enableServiceLinks: false
# 5 s until the pod has left the Service, then the 30 s that gunicorn gives to running requests.
terminationGracePeriodSeconds: 45
{{- include "servicex-topcp.placement" . | trim | nindent 0 }}
{{- if .Values.affinity }}
affinity:
  {{- toYaml .Values.affinity | nindent 2 }}
{{- else }}
topologySpreadConstraints:
  - maxSkew: 1
    topologyKey: kubernetes.io/hostname
    whenUnsatisfiable: ScheduleAnyway
    labelSelector:
      matchLabels:
        {{- include "servicex-topcp.selector" . | nindent 8 }}
{{- end }}
containers:
  - name: codegen
    image: {{ include "servicex-topcp.image" . | quote }}
    imagePullPolicy: {{ .Values.image.pullPolicy }}
    env:
      {{- include "servicex-topcp.env" . | nindent 6 }}
    ports:
      - name: http
        containerPort: 5000
    startupProbe:
      httpGet: {path: /health, port: http}
      {{- toYaml .Values.probes.startup | nindent 6 }}
    readinessProbe:
      httpGet: {path: /health, port: http}
      {{- toYaml .Values.probes.readiness | nindent 6 }}
    # Not /health: it fails on a wrong setting, which a restart does not mend.
    livenessProbe:
      httpGet: {path: /version, port: http}
      {{- toYaml .Values.probes.liveness | nindent 6 }}
    lifecycle:
      preStop:
        exec: {command: [sleep, "5"]}
    {{- with .Values.resources }}
    resources:
      {{- toYaml . | nindent 6 }}
    {{- end }}
    {{- with .Values.securityContext }}
    securityContext:
      {{- toYaml . | nindent 6 }}
    {{- end }}
    volumeMounts:
      - name: tmp
        mountPath: /tmp
      {{- with .Values.extraVolumeMounts }}
      {{- toYaml . | nindent 6 }}
      {{- end }}
volumes:
  - name: tmp
    emptyDir: {sizeLimit: 64Mi}
  {{- with .Values.extraVolumes }}
  {{- toYaml . | nindent 2 }}
  {{- end }}
{{- end -}}

{{- define "servicex-topcp.env" -}}
- name: INSTANCE_NAME
  value: {{ include "servicex-topcp.servicex" . | quote }}
- name: TRANSFORMER_SCIENCE_IMAGE
  value: {{ .Values.scienceImage | quote }}
- name: TOPCP_ALLOWED_IMAGES
  value: {{ toJson .Values.allowedImages | quote }}
{{- with .Values.defaultRelease }}
- name: TOPCP_DEFAULT_RELEASE
  value: {{ . | quote }}
{{- end }}
{{- range $name, $value := .Values.transform }}
- name: TOPCP_{{ $name | snakecase | upper }}
  value: {{ $value | quote }}
{{- end }}
{{- range $name, $value := .Values.extraEnv }}
- name: {{ $name }}
  {{- if kindIs "string" $value }}
  value: {{ $value | quote }}
  {{- else }}
  {{- toYaml $value | nindent 2 }}
  {{- end }}
{{- end }}
{{- end -}}

{{/* Where a pod of this chart may run, and with which rights. */}}
{{- define "servicex-topcp.placement" -}}
{{- with .Values.imagePullSecrets }}
imagePullSecrets:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .Values.podSecurityContext }}
securityContext:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .Values.priorityClassName }}
priorityClassName: {{ . }}
{{- end }}
{{- with .Values.nodeSelector }}
nodeSelector:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .Values.tolerations }}
tolerations:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- end -}}
