{{/* Which of the ways to run the values describe. What answers yes or no is "true" or empty. */}}

{{- define "vitte-registry.layoutUrl" -}}layout:/data/store{{- end -}}
{{- define "vitte-registry.memoryUrl" -}}memory:{{- end -}}

{{- define "vitte-registry.storageUrl" -}}
{{- if .Values.trial.enabled -}}
oci+http://{{ include "vitte-registry.fullname" . }}-trial-storage:5000/vitte
{{- else -}}
{{ .Values.storage.url }}
{{- end -}}
{{- end -}}

{{/* Empty where a Secret holds it. */}}
{{- define "vitte-registry.indexUrl" -}}
{{- if .Values.trial.enabled -}}
redis://{{ include "vitte-registry.fullname" . }}-trial-index:6379
{{- else if not .Values.index.existingSecret -}}
{{ .Values.index.url }}
{{- end -}}
{{- end -}}

{{- define "vitte-registry.hasLayout" -}}
{{- if eq (include "vitte-registry.storageUrl" .) (include "vitte-registry.layoutUrl" .) }}true{{ end -}}
{{- end -}}

{{/* Whether two processes must never serve at once, not even while an update goes on. */}}
{{- define "vitte-registry.isSingle" -}}
{{- $memory := eq (include "vitte-registry.indexUrl" .) (include "vitte-registry.memoryUrl" .) -}}
{{- if or $memory (include "vitte-registry.hasLayout" .) }}true{{ end -}}
{{- end -}}

{{- define "vitte-registry.replicasMin" -}}
{{- ternary .Values.autoscaling.minReplicas .Values.replicaCount .Values.autoscaling.enabled -}}
{{- end -}}

{{/* The Secret that the Job makes. */}}
{{- define "vitte-registry.madeSecret" -}}
{{- if not .Values.serviceSecret.existingSecret }}{{ include "vitte-registry.fullname" . }}-secret{{ end -}}
{{- end -}}

{{- define "vitte-registry.inClusterUrl" -}}
{{- $host := printf "http://%s.%s.svc" (include "vitte-registry.fullname" .) .Release.Namespace -}}
{{- $port := int .Values.service.port -}}
{{- if eq $port 80 }}{{ $host }}{{ else }}{{ printf "%s:%d" $host $port }}{{ end -}}
{{- end -}}

{{- define "vitte-registry.publicUrl" -}}
{{- if .Values.publicUrl -}}
{{ .Values.publicUrl }}
{{- else if .Values.ingress.enabled -}}
{{ ternary "https" "http" (not (empty .Values.ingress.tlsSecret)) }}://{{ .Values.ingress.host }}
{{- else -}}
{{ include "vitte-registry.inClusterUrl" . }}
{{- end -}}
{{- end -}}
