{{/* The security context of a pod, as the restricted Pod Security standard demands. Takes the user's id. */}}
{{- define "assay.podSecurity" -}}
runAsNonRoot: true
runAsUser: {{ . }}
runAsGroup: {{ . }}
fsGroup: {{ . }}
fsGroupChangePolicy: OnRootMismatch
seccompProfile: {type: RuntimeDefault}
{{- end }}

{{- define "assay.containerSecurity" -}}
allowPrivilegeEscalation: false
readOnlyRootFilesystem: true
capabilities: {drop: [ALL]}
{{- end }}

{{/* Where the pods of a component run: (dict "root" $ "component" NAME "set" NAME "values" VALUES). */}}
{{- define "assay.placement" -}}
{{- with .root.Values.image.pullSecrets }}
imagePullSecrets:
  {{- range . }}
  - name: {{ . }}
  {{- end }}
{{- end }}
{{- with .values.nodeSelector }}
nodeSelector:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- $replaceable := not (has .component (list "nats" "postgres")) }}
{{- if or .values.tolerations $replaceable }}
tolerations:
  {{- with .values.tolerations }}
  {{- toYaml . | nindent 2 }}
  {{- end }}
  {{- if $replaceable }}
  {{- range list "node.kubernetes.io/not-ready" "node.kubernetes.io/unreachable" }}
  - {key: {{ . }}, operator: Exists, effect: NoExecute, tolerationSeconds: {{ $.root.Values.nodeFailureSeconds }}}
  {{- end }}
  {{- end }}
{{- end }}
topologySpreadConstraints:
  - maxSkew: 1
    topologyKey: {{ .root.Values.topologySpread.topologyKey }}
    whenUnsatisfiable: {{ .root.Values.topologySpread.whenUnsatisfiable }}
    matchLabelKeys: [pod-template-hash]
    labelSelector:
      matchLabels:
        {{- include "assay.selector" . | nindent 8 }}
{{- end }}

{{/* The variables of every service: (dict "root" $ "service" NAME "env" VALUES). */}}
{{- define "assay.environment" -}}
- {name: ASSAY_NATS_URL, value: {{ include "assay.natsUrl" .root | quote }}}
- {name: ASSAY_SECRETS_DIR, value: /etc/assay/secrets}
- {name: ASSAY_NATS_USER, value: {{ .service }}}
{{- with .root.Values.nats.monitorUrl }}
- {name: ASSAY_NATS_MONITOR_URL, value: {{ . | quote }}}
{{- end }}
{{- with .root.Values.tracing.endpoint }}
- {name: OTEL_EXPORTER_OTLP_ENDPOINT, value: {{ . | quote }}}
- {name: OTEL_SERVICE_NAME, value: {{ printf "assay-%s" $.service }}}
{{- end }}
{{- range $name, $value := .env }}
- {name: {{ $name }}, value: {{ $value | toString | quote }}}
{{- end }}
{{- end }}

{{/* The variables of a service that uses the artifact store. */}}
{{- define "assay.artifactEnvironment" -}}
{{- with .Values.artifacts.url }}
- {name: ASSAY_ARTIFACTS_URL, value: {{ . | quote }}}
{{- end }}
{{- range $name, $value := .Values.artifacts.env }}
- {name: {{ $name }}, value: {{ $value | toString | quote }}}
{{- end }}
{{- end }}

{{- define "assay.artifactEnvironmentFrom" -}}
{{- with .Values.artifacts.existingSecret }}
envFrom:
  - secretRef: {name: {{ . }}}
{{- end }}
{{- end }}

{{/* Mounts of a service: (dict "root" $ "artifacts" BOOL "catalog" BOOL). */}}
{{- define "assay.mounts" -}}
- {name: secrets, mountPath: /etc/assay/secrets, readOnly: true}
- {name: temporary, mountPath: /tmp}
{{- if and .artifacts (not .root.Values.artifacts.url) }}
- {name: artifacts, mountPath: /var/lib/assay/artifacts}
{{- end }}
{{- if and .catalog .root.Values.catalog.existingClaim }}
- {name: catalog, mountPath: /app/catalog, readOnly: true}
{{- end }}
{{- if and .catalog .root.Values.catalog.models }}
- {name: catalog-files, mountPath: /app/catalog/models.yaml, subPath: models.yaml, readOnly: true}
{{- end }}
{{- if and .catalog .root.Values.catalog.prices }}
- {name: catalog-files, mountPath: /app/catalog/prices.yaml, subPath: prices.yaml, readOnly: true}
{{- end }}
{{- end }}

{{/* The volumes of those mounts: (dict "root" $ "service" NAME "artifacts" BOOL "catalog" BOOL). */}}
{{- define "assay.volumes" -}}
- name: temporary
  emptyDir: {}
- name: secrets
  projected:
    defaultMode: 0440
    sources:
      {{- include "assay.secretFiles" . | nindent 6 }}
{{- if and .artifacts (not .root.Values.artifacts.url) }}
- name: artifacts
  persistentVolumeClaim:
    claimName: {{ .root.Values.artifacts.persistence.existingClaim | default (printf "%s-artifacts" (include "assay.fullname" .root)) }}
{{- end }}
{{- if and .catalog .root.Values.catalog.existingClaim }}
- name: catalog
  persistentVolumeClaim:
    claimName: {{ .root.Values.catalog.existingClaim }}
    readOnly: true
{{- end }}
{{- if and .catalog (or .root.Values.catalog.models .root.Values.catalog.prices) }}
- name: catalog-files
  configMap:
    name: {{ include "assay.fullname" .root }}-catalog
{{- end }}
{{- end }}

{{/* The secret files of a service: the only ones it can read. */}}
{{- define "assay.secretFiles" -}}
{{- if ne .service "migrate" }}
- secret:
    name: {{ include "assay.secret" .root }}
    items:
      - {key: nats-{{ .service }}, path: assay_nats_password}
{{- end }}
{{- if eq .service "gateway" }}
- secret:
    name: {{ include "assay.secret" .root }}
    items:
      - {key: token, path: assay_token}
{{- end }}
{{- if eq .service "ledger" }}
- secret:
    name: {{ include "assay.secret" .root }}
    optional: true
    items:
      - {key: master-key, path: assay_master_key}
{{- end }}
{{- if or (eq .service "ledger") (eq .service "migrate") }}
- secret:
    {{- if .root.Values.postgres.enabled }}
    name: {{ include "assay.secret" .root }}
    items:
      - {key: database-url, path: assay_database_url}
    {{- else }}
    name: {{ required "postgres.enabled is false: set postgres.existingSecret to a Secret with the address of your database" .root.Values.postgres.existingSecret }}
    items:
      - {key: {{ .root.Values.postgres.existingSecretKey }}, path: assay_database_url}
    {{- end }}
{{- end }}
{{- if and (eq .service "runner") .root.Values.providerKeys.existingSecret }}
- secret:
    name: {{ .root.Values.providerKeys.existingSecret }}
{{- end }}
{{- end }}

{{/* Probes of a service. Each serves /healthz, /readyz and /metrics on its port `metrics`. */}}
{{- define "assay.probes" -}}
startupProbe:
  httpGet: {path: /healthz, port: metrics}
  periodSeconds: 2
  failureThreshold: 90
livenessProbe:
  httpGet: {path: /healthz, port: metrics}
  periodSeconds: 10
  timeoutSeconds: 5
  failureThreshold: 6
readinessProbe:
  httpGet: {path: /readyz, port: metrics}
  periodSeconds: 5
  timeoutSeconds: 4
{{- end }}
