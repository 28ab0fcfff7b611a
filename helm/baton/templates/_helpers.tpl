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
{{- with $image.registry }}{{ . }}/{{ end -}}
{{- if $image.digest -}}
{{ $image.repository }}@{{ $image.digest }}
{{- else -}}
{{ $image.repository }}:{{ default .root.Chart.AppVersion $image.tag }}
{{- end -}}
{{- end }}

{{- define "baton.database" -}}
- name: BATON_DATABASE_URL
{{- if .Values.evaluation.postgres.enabled }}
  value: postgres://baton:baton@{{ include "baton.name" . }}-postgres/baton
{{- else if .Values.database.existingSecret }}
  valueFrom: {secretKeyRef: {name: {{ .Values.database.existingSecret }}, key: {{ .Values.database.existingSecretKey }}}}
{{- else }}
  value: {{ required "database.existingSecret (or, for trying out, database.url) is needed" .Values.database.url | quote }}
{{- end }}
{{- with .Values.database.authorities }}
{{- if .configMap }}
- {name: BATON_DATABASE_CA, value: /etc/baton/database/{{ .key }}}
{{- end }}
{{- end }}
{{- end }}

{{- define "baton.database-volumes" -}}
{{- with .Values.database.authorities.configMap }}
- {name: database, configMap: {name: {{ . }}}}
{{- end }}
{{- end }}

{{- define "baton.database-mounts" -}}
{{- if .Values.database.authorities.configMap }}
- {name: database, mountPath: /etc/baton/database, readOnly: true}
{{- end }}
{{- end }}

{{- define "baton.environment" -}}
- {name: BATON_NATS_URL, value: {{ include "baton.nats-url" . | quote }}}
- {name: BATON_STORE_URL, value: {{ .Values.store.url | quote }}}
- {name: BATON_HTTP_ADDR, value: "0.0.0.0:8080"}
- {name: BATON_LOG_FORMAT, value: {{ .Values.telemetry.logFormat | quote }}}
{{- include "baton.nats-environment" . }}
{{- with .Values.telemetry.logFilter }}
- {name: BATON_LOG, value: {{ . | quote }}}
{{- end }}
{{- with .Values.telemetry.otlpEndpoint }}
- {name: OTEL_EXPORTER_OTLP_ENDPOINT, value: {{ . | quote }}}
- {name: OTEL_TRACES_SAMPLER, value: parentbased_traceidratio}
- {name: OTEL_TRACES_SAMPLER_ARG, value: {{ $.Values.telemetry.sampleRatio | quote }}}
{{- end }}
{{- end }}

{{- define "baton.nats-url" -}}
{{- if .Values.evaluation.nats.enabled -}}
nats://{{ include "baton.name" . }}-nats:4222
{{- else -}}
{{ .Values.nats.url }}
{{- end -}}
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
{{- if or .worker.mcp .worker.mcpServers }}
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

{{- /* {root, component, pod}: what every pod says beside its containers and volumes */ -}}
{{- define "baton.pod" -}}
serviceAccountName: {{ include "baton.name" .root }}
automountServiceAccountToken: false
{{- with .root.Values.imagePullSecrets }}
imagePullSecrets: {{ toYaml . | nindent 2 }}
{{- end }}
securityContext:
  {{- $own := default (dict) .pod.securityContext }}
  {{- toYaml (mergeOverwrite (include "baton.pod-security" .root | fromYaml) $own) | nindent 2 }}
topologySpreadConstraints:
  {{- range $key := list "kubernetes.io/hostname" "topology.kubernetes.io/zone" }}
  - maxSkew: 1
    topologyKey: {{ $key }}
    whenUnsatisfiable: ScheduleAnyway
    labelSelector:
      matchLabels:
        {{- include "baton.selector" $ | nindent 8 }}
    matchLabelKeys: [pod-template-hash]
  {{- end }}
{{- range $name := list "nodeSelector" "tolerations" "affinity" "priorityClassName" }}
{{- with get $.pod $name }}
{{ $name }}: {{ toYaml . | nindent 2 }}
{{- end }}
{{- end }}
{{- end }}

{{- /* {root, component, pod, annotations}: of a pod template */ -}}
{{- define "baton.pod-metadata" -}}
labels:
  {{- include "baton.selector" . | nindent 2 }}
  {{- with .pod.labels }}
  {{- toYaml . | nindent 2 }}
  {{- end }}
{{- with merge (default (dict) .annotations) (default (dict) .pod.annotations) }}
annotations: {{ toYaml . | nindent 2 }}
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

{{- /* A worker's values over the defaults. {root, own} */ -}}
{{- define "baton.worker" -}}
{{ toYaml (mergeOverwrite (deepCopy .root.Values.workerDefaults) (default (dict) .own)) }}
{{- end }}

{{- /* {root, worker}: its MCP servers and those of the chart that it names, as JSON */ -}}
{{- define "baton.mcp" -}}
{{- $all := deepCopy .worker.mcp }}
{{- $servers := default (dict) $all.servers }}
{{- range $name := .worker.mcpServers }}
{{- $server := required (printf "mcpServers.%s is named by a worker and is not there" $name) (get $.root.Values.mcpServers $name) }}
{{- $url := printf "http://%s-mcp-%s:%d%s" (include "baton.name" $.root) $name (int (default 8080 $server.port)) (default "/mcp" $server.path) }}
{{- $_ := set $servers $name (dict "url" $url) }}
{{- end }}
{{- toJson (merge (dict "servers" $servers) $all) }}
{{- end }}

{{- /* One token of a NATS subject, as Baton makes it of any text */ -}}
{{- define "baton.token" -}}
{{ . | replace "%" "%25" | replace "." "%2E" | replace " " "%20" | replace ":" "%3A" | replace "/" "%2F" | replace "*" "%2A" | replace ">" "%3E" }}
{{- end }}

{{- /* How many replicas there are at least. {autoscaling, replicas} */ -}}
{{- define "baton.fewest" -}}
{{ eq .autoscaling.type "none" | ternary .replicas .autoscaling.minReplicas }}
{{- end }}
