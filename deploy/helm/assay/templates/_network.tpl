{{/* A NetworkPolicy for a component; the rules follow. (dict "root" $ "component" NAME). */}}
{{- define "assay.networkPolicy" -}}
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata:
  {{- include "assay.metadata" . | nindent 2 }}
spec:
  podSelector:
    matchLabels:
      {{- include "assay.selector" . | nindent 6 }}
{{- end }}

{{- define "assay.toDns" -}}
- to:
    - namespaceSelector:
        matchLabels: {kubernetes.io/metadata.name: kube-system}
  ports:
    - {protocol: UDP, port: 53}
    - {protocol: TCP, port: 53}
{{- end }}

{{- define "assay.toNats" -}}
{{- if .Values.nats.enabled }}
- to:
    - podSelector:
        matchLabels:
          {{- include "assay.selector" (dict "root" $ "component" "nats") | nindent 10 }}
  ports:
    - {protocol: TCP, port: 4222}
{{- else }}
- to:
    {{- toYaml (required "nats.enabled is false: set networkPolicy.natsExternal to where your NATS is (NetworkPolicy peers), or networkPolicy.enabled to false" .Values.networkPolicy.natsExternal) | nindent 4 }}
{{- end }}
{{- end }}

{{- define "assay.toPostgres" -}}
{{- if .Values.postgres.enabled }}
- to:
    - podSelector:
        matchLabels:
          {{- include "assay.selector" (dict "root" $ "component" "postgres") | nindent 10 }}
  ports:
    - {protocol: TCP, port: 5432}
{{- else }}
- to:
    {{- toYaml (required "postgres.enabled is false: set networkPolicy.postgresExternal to where your database is (NetworkPolicy peers), or networkPolicy.enabled to false" .Values.networkPolicy.postgresExternal) | nindent 4 }}
{{- end }}
{{- end }}

{{/* Addresses outside of the cluster. */}}
{{- define "assay.internet" -}}
- ipBlock:
    cidr: 0.0.0.0/0
    except: [10.0.0.0/8, 100.64.0.0/10, 169.254.0.0/16, 172.16.0.0/12, 192.168.0.0/16]
- ipBlock:
    cidr: ::/0
    except: [fc00::/7, fe80::/10]
{{- end }}

{{- define "assay.toArtifactStore" -}}
{{- if .Values.networkPolicy.artifactStore }}
- to:
    {{- toYaml .Values.networkPolicy.artifactStore | nindent 4 }}
{{- else if .Values.artifacts.url }}
- to:
    {{- include "assay.internet" . | nindent 4 }}
  ports:
    - {protocol: TCP, port: 443}
{{- end }}
{{- end }}

{{- define "assay.toApiServer" -}}
- ports:
    {{- range .Values.networkPolicy.apiServerPorts }}
    - {protocol: TCP, port: {{ . }}}
    {{- end }}
{{- end }}

{{- define "assay.toTraces" -}}
{{- if .Values.tracing.endpoint }}
- ports:
    - {protocol: TCP, port: {{ regexFind ":[0-9]+" (trimPrefix "http://" (trimPrefix "https://" .Values.tracing.endpoint)) | trimPrefix ":" | default "4318" }}}
{{- end }}
{{- end }}

{{/* Prometheus and the kubelet's probes; the kubelet is allowed by every implementation. */}}
{{- define "assay.fromMonitoring" -}}
{{- if .Values.networkPolicy.monitoringNamespaces }}
- from:
    {{- range .Values.networkPolicy.monitoringNamespaces }}
    - namespaceSelector:
        matchLabels: {kubernetes.io/metadata.name: {{ . }}}
    {{- end }}
  ports:
    - {protocol: TCP, port: 9090}
{{- end }}
{{- end }}
