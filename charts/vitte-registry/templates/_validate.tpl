{{/*
Values that each fit the schema and can not work together, or whose meaning the schema's message would hide. The
URLs are not repeated: they may hold a password.
*/}}
{{- define "vitte-registry.validate" -}}
{{- if .Values.trial.enabled }}{{ include "vitte-registry.validateTrial" . }}{{ else }}{{ include "vitte-registry.validateParts" . }}{{ end -}}
{{- if include "vitte-registry.isSingle" . -}}
  {{- if .Values.autoscaling.enabled -}}
    {{- fail "autoscaling.enabled: more than one replica needs storage.url with oci:// and index.url with redis://" -}}
  {{- else if gt (int .Values.replicaCount) 1 -}}
    {{- fail (printf "replicaCount: %d replicas need storage.url with oci:// and index.url with redis://" (int .Values.replicaCount)) -}}
  {{- end -}}
{{- end -}}
{{- with .Values.autoscaling -}}
  {{- if and .enabled (gt (int .minReplicas) (int .maxReplicas)) -}}
    {{- fail (printf "autoscaling.minReplicas: %d is more than autoscaling.maxReplicas, %d" (int .minReplicas) (int .maxReplicas)) -}}
  {{- end -}}
{{- end -}}
{{- if and .Values.ingress.enabled (not .Values.ingress.host) -}}
  {{- fail "ingress.host: is empty: name the host, such as packages.example.com" -}}
{{- end -}}
{{- end -}}

{{- define "vitte-registry.validateTrial" -}}
{{- $v := .Values -}}
{{- if ne $v.storage.url (include "vitte-registry.layoutUrl" .) -}}
  {{- fail "storage.url: trial.enabled brings a storage of its own; give one of the two" -}}
{{- else if ne $v.index.url (include "vitte-registry.memoryUrl" .) -}}
  {{- fail "index.url: trial.enabled brings a Redis of its own; give one of the two" -}}
{{- end -}}
{{- range $path, $secret := dict
    "storage.credentials" $v.storage.credentials.existingSecret
    "storage.ca" $v.storage.ca.existingSecret
    "storage.clientCertificate" $v.storage.clientCertificate.existingSecret
    "storage.routes" $v.storage.routes.existingSecret
    "index" $v.index.existingSecret
    "serviceSecret" $v.serviceSecret.existingSecret
    "bootstrapToken" $v.bootstrapToken.existingSecret -}}
  {{- if $secret -}}
    {{- fail (printf "%s.existingSecret: trial.enabled makes what it needs itself; give one of the two" $path) -}}
  {{- end -}}
{{- end -}}
{{- end -}}

{{- define "vitte-registry.validateParts" -}}
{{- with .Values.storage -}}
  {{- if not .url -}}
    {{- fail "storage.url: is empty: name a storage, such as oci://registry.example.com/vitte, or set trial.enabled" -}}
  {{- else if ne .url (include "vitte-registry.layoutUrl" $) -}}
    {{- if not (regexMatch `^oci(\+http)?://[A-Za-z0-9.:\[\]-]+/[a-z0-9]+([._/-]+[a-z0-9]+)*$` .url) -}}
      {{- fail "storage.url: is none of layout:/data/store, oci://HOST/PREFIX, oci+http://HOST/PREFIX" -}}
    {{- else if not $.Values.serviceSecret.existingSecret -}}
      {{- fail "serviceSecret.existingSecret: an oci:// storage needs a Secret of yours with the key of the service; files/make-secret.js makes one" -}}
    {{- end -}}
  {{- else -}}
    {{- range $part, $secret := dict
        "credentials" .credentials.existingSecret
        "ca" .ca.existingSecret
        "clientCertificate" .clientCertificate.existingSecret
        "routes" .routes.existingSecret -}}
      {{- if $secret -}}
        {{- fail (printf "storage.%s.existingSecret: is for an oci:// storage, and storage.url is a layout" $part) -}}
      {{- end -}}
    {{- end -}}
  {{- end -}}
{{- end -}}
{{- with .Values.index -}}
  {{- if and .existingSecret (ne .url (include "vitte-registry.memoryUrl" $)) -}}
    {{- fail "index.url: index.existingSecret holds the URL; give one of the two" -}}
  {{- else if contains "@" .url -}}
    {{- fail "index.url: holds a user or a password: put the whole URL into a Secret, and name it in index.existingSecret" -}}
  {{- else if not (regexMatch `^(memory:|redis(s|\+sentinel|\+cluster)?://[^\s/][^\s]*)$` .url) -}}
    {{- fail "index.url: is none of memory:, redis://…, rediss://…, redis+sentinel://…, redis+cluster://…" -}}
  {{- end -}}
{{- end -}}
{{- end -}}
