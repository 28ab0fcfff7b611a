{{- define "baton.name" -}}
{{ default .Release.Name .Values.nameOverride | trunc 50 | trimSuffix "-" }}
{{- end }}

{{- define "baton.labels" -}}
app.kubernetes.io/name: baton
app.kubernetes.io/instance: {{ .Release.Name }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ .Chart.Name }}-{{ .Chart.Version }}
{{- with .Values.commonLabels }}
{{ toYaml . }}
{{- end }}
{{- end }}

{{- /* {root, component} */ -}}
{{- define "baton.selector" -}}
app.kubernetes.io/name: baton
app.kubernetes.io/instance: {{ .root.Release.Name }}
app.kubernetes.io/component: {{ .component }}
{{- end }}

{{- /* {root, image}: the component's image over the chart's */ -}}
{{- define "baton.image" -}}
{{- $image := merge (deepCopy (default (dict) .image)) .root.Values.image -}}
{{- if $image.digest -}}
{{ $image.repository }}@{{ $image.digest }}
{{- else -}}
{{ $image.repository }}:{{ default .root.Chart.AppVersion $image.tag }}
{{- end -}}
{{- end }}

{{- define "baton.database" -}}
- name: BATON_DATABASE_URL
{{- if .Values.database.existingSecret }}
  valueFrom: {secretKeyRef: {name: {{ .Values.database.existingSecret }}, key: {{ .Values.database.existingSecretKey }}}}
{{- else }}
  value: {{ required "database.existingSecret (or, for trying out, database.url) is needed" .Values.database.url | quote }}
{{- end }}
{{- end }}

{{- define "baton.environment" -}}
- {name: BATON_NATS_URL, value: {{ .Values.nats.url | quote }}}
- {name: BATON_STORE_URL, value: {{ .Values.store.url | quote }}}
- {name: BATON_HTTP_ADDR, value: "0.0.0.0:8080"}
- {name: BATON_LOG_FORMAT, value: {{ .Values.telemetry.logFormat | quote }}}
{{- include "baton.nats-environment" . }}
{{- with .Values.telemetry.otlpEndpoint }}
- {name: OTEL_EXPORTER_OTLP_ENDPOINT, value: {{ . | quote }}}
{{- end }}
{{- end }}

{{- /* Texts by reference, files by their path in the volume. */ -}}
{{- define "baton.nats-environment" -}}
{{- $nats := .Values.nats }}
{{- if $nats.existingSecret }}
{{- range $name := list "user" "password" "token" }}
{{- with get $nats.keys $name }}
- name: BATON_NATS_{{ upper $name }}
  valueFrom: {secretKeyRef: {name: {{ $nats.existingSecret }}, key: {{ . }}}}
{{- end }}
{{- end }}
{{- range $name := list "creds" "ca" "cert" "key" }}
{{- with get $nats.keys $name }}
- {name: BATON_NATS_{{ upper $name }}, value: /etc/baton/nats/{{ . }}}
{{- end }}
{{- end }}
{{- end }}
{{- end }}

{{- define "baton.volumes" -}}
- {name: tmp, emptyDir: {}}
{{- with .Values.nats.existingSecret }}
- {name: nats, secret: {secretName: {{ . }}, defaultMode: 0440}}
{{- end }}
{{- end }}

{{- define "baton.mounts" -}}
- {name: tmp, mountPath: /tmp}
{{- if .Values.nats.existingSecret }}
- {name: nats, mountPath: /etc/baton/nats, readOnly: true}
{{- end }}
{{- end }}

{{- define "baton.link-key" -}}
{{- with .Values.links.existingSecret }}
- name: BATON_LINK_KEY
  valueFrom: {secretKeyRef: {name: {{ . }}, key: {{ $.Values.links.existingSecretKey }}}}
{{- end }}
{{- end }}

{{- /* {root, worker, name}: what a worker's own values say */ -}}
{{- define "baton.worker-environment" -}}
{{- $values := .root.Values }}
{{- if .worker.secrets }}
- {name: BATON_SECRETS_DIR, value: /etc/baton/secrets}
{{- end }}
{{- if .worker.authorities.configMap }}
- {name: BATON_SMTP_CA, value: /etc/baton/authorities/{{ .worker.authorities.key }}}
- {name: BATON_SQL_CA, value: /etc/baton/authorities/{{ .worker.authorities.key }}}
{{- end }}
{{- with .worker.egressAllow }}
- {name: BATON_EGRESS_ALLOW, value: {{ join "," . | quote }}}
{{- end }}
{{- if .worker.prices }}
- {name: BATON_LLM_PRICES, value: /etc/baton/files/prices.json}
{{- end }}
{{- if .worker.mcp }}
- {name: BATON_MCP_CONFIG, value: /etc/baton/files/mcp.json}
{{- end }}
{{- if .worker.links }}
{{- with $values.publicUrl }}
- {name: BATON_PUBLIC_URL, value: {{ . | quote }}}
{{- end }}
{{- include "baton.link-key" .root }}
{{- end }}
{{- if .worker.mail }}
{{- if $values.mail.existingSecret }}
- name: BATON_SMTP_URL
  valueFrom: {secretKeyRef: {name: {{ $values.mail.existingSecret }}, key: {{ $values.mail.existingSecretKey }}}}
{{- else if $values.mail.url }}
- {name: BATON_SMTP_URL, value: {{ $values.mail.url | quote }}}
{{- end }}
{{- with $values.mail.from }}
- {name: BATON_MAIL_FROM, value: {{ . | quote }}}
{{- end }}
{{- end }}
{{- end }}

{{- define "baton.extra-environment" -}}
{{- range $name, $value := . }}
- {name: {{ $name }}, value: {{ $value | quote }}}
{{- end }}
{{- end }}

{{- define "baton.pod-security" -}}
runAsNonRoot: true
runAsUser: 65532
runAsGroup: 65532
fsGroup: 65532
seccompProfile: {type: RuntimeDefault}
{{- end }}

{{- define "baton.container-security" -}}
allowPrivilegeEscalation: false
readOnlyRootFilesystem: true
capabilities: {drop: [ALL]}
{{- end }}

{{- define "baton.probes" -}}
startupProbe:
  httpGet: {path: /healthz/startup, port: http}
  periodSeconds: 2
  failureThreshold: 60
livenessProbe:
  httpGet: {path: /healthz/live, port: http}
  periodSeconds: 10
readinessProbe:
  httpGet: {path: /healthz/ready, port: http}
  periodSeconds: 5
{{- end }}

{{- define "baton.spread" -}}
- maxSkew: 1
  topologyKey: kubernetes.io/hostname
  whenUnsatisfiable: ScheduleAnyway
  labelSelector:
    matchLabels:
      {{- include "baton.selector" . | nindent 6 }}
{{- end }}
