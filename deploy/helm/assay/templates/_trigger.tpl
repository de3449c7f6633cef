{{/* What a set of workers is scaled on: the slots that the ledger could use now. Arguments as in workers.yaml. */}}
{{- define "assay.trigger" -}}
{{- $stage := eq .service "runner" | ternary "run" "judge" -}}
{{- $target := .values.autoscaling.slotsPerReplica | default .values.slots -}}
{{- $requirements := .values.autoscaling.requirements -}}
{{- if eq .root.Values.keda.trigger "prometheus" -}}
- type: prometheus
  metricType: AverageValue
  metadata:
    serverAddress: {{ required "keda.trigger is prometheus: set keda.prometheusAddress" .root.Values.keda.prometheusAddress | quote }}
    query: max(sum by (instance) (assay_wanted_slots{namespace="{{ .root.Release.Namespace }}", pool="{{ .values.pool }}", stage="{{ $stage }}"{{ with $requirements }}, sandbox=~"{{ join "|" . }}"{{ end }}})) or vector(0)
    threshold: {{ $target | quote }}
{{- else -}}
- type: metrics-api
  metricType: AverageValue
  metadata:
    url: http://{{ include "assay.gatewayHost" .root }}:{{ .root.Values.gateway.service.port }}/api/v1/scaling/{{ .values.pool }}?stage={{ $stage }}{{ with $requirements }}&sandbox={{ join "," . }}{{ end }}
    valueLocation: {{ $stage }}.wanted_slots
    targetValue: {{ $target | quote }}
    authMode: bearer
  authenticationRef:
    name: {{ include "assay.fullname" .root }}-scaling
{{- end }}
{{- end }}
