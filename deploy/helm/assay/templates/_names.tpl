{{/* The release's name, unless it contains the chart's already. */}}
{{- define "assay.fullname" -}}
{{- if contains .Chart.Name .Release.Name }}{{ .Release.Name | trunc 40 | trimSuffix "-" }}{{ else }}{{ printf "%s-%s" .Release.Name .Chart.Name | trunc 40 | trimSuffix "-" }}{{ end }}
{{- end }}

{{/* The namespace in which sandboxes run. */}}
{{- define "assay.sandboxNamespace" -}}
{{ .Values.sandboxes.namespace | default (printf "%s-sandboxes" .Release.Namespace | trunc 63) }}
{{- end }}

{{/* What selects the pods of a component. Takes (dict "root" $ "component" NAME "set" NAME); the set is optional. */}}
{{- define "assay.selector" -}}
app.kubernetes.io/name: {{ .root.Chart.Name }}
app.kubernetes.io/instance: {{ .root.Release.Name }}
app.kubernetes.io/component: {{ .component }}
{{- with .set }}
assay.dev/set: {{ . }}
{{- end }}
{{- end }}

{{/* All labels of an object; arguments as for assay.selector. */}}
{{- define "assay.labels" -}}
{{ include "assay.selector" . }}
app.kubernetes.io/version: {{ .root.Chart.AppVersion | quote }}
app.kubernetes.io/part-of: assay
app.kubernetes.io/managed-by: {{ .root.Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .root.Chart.Name .root.Chart.Version | replace "+" "_" }}
{{- end }}

{{/* Metadata of an object: (dict "root" $ "component" NAME "name" SUFFIX). */}}
{{- define "assay.metadata" -}}
name: {{ include "assay.fullname" .root }}-{{ .name | default .component }}
namespace: {{ .root.Release.Namespace }}
labels:
  {{- include "assay.labels" . | nindent 2 }}
{{- end }}

{{/* What precedes the names of images. */}}
{{- define "assay.registry" -}}
{{ with .Values.image.registry }}{{ trimSuffix "/" . }}/{{ end }}
{{- end }}

{{/* The image of a service: (dict "root" $ "service" NAME). */}}
{{- define "assay.image" -}}
{{ include "assay.registry" .root }}assay/{{ .service }}:{{ .root.Values.image.tag | default .root.Chart.AppVersion }}
{{- end }}

{{/* The Secret of the token, the passwords and the database's address. */}}
{{- define "assay.secret" -}}
{{ .Values.auth.existingSecret | default (include "assay.fullname" .) }}
{{- end }}

{{- define "assay.natsUrl" -}}
{{- if .Values.nats.enabled }}nats://{{ include "assay.fullname" . }}-nats:4222{{ else }}{{ required "nats.enabled is false: set nats.url to the address of your NATS, such as nats://nats.nats:4222" .Values.nats.url }}{{ end }}
{{- end }}

{{- define "assay.gatewayHost" -}}
{{ include "assay.fullname" . }}-gateway.{{ .Release.Namespace }}.svc
{{- end }}

{{/* The kinds of sandbox whose workers KEDA starts when they are needed. */}}
{{- define "assay.sandboxesOnDemand" -}}
{{- $kinds := list }}
{{- if .Values.keda.enabled }}
{{- range $own := concat (values .Values.runners) (values .Values.judges) }}
{{- $kinds = concat $kinds (splitList "," (dig "sandbox" $.Values.workerDefaults.sandbox ($own | default dict))) }}
{{- end }}
{{- end }}
{{- $kinds | uniq | sortAlpha | join "," }}
{{- end }}
