{{/* The settings of the service as environment. Call with (list . FOLDER), the folder with the files below. */}}
{{- define "vitte-registry.environment" -}}
{{- $root := first . -}}
{{- $files := last . -}}
{{- $v := $root.Values -}}
- name: VITTE_REGISTRY_LISTEN
  value: 0.0.0.0:7878
- name: VITTE_REGISTRY_PUBLIC_URL
  value: {{ include "vitte-registry.publicUrl" $root | quote }}
- name: VITTE_REGISTRY_STORAGE
  value: {{ include "vitte-registry.storageUrl" $root | quote }}
- name: VITTE_REGISTRY_INDEX
  {{- with include "vitte-registry.indexUrl" $root }}
  value: {{ . | quote }}
  {{- else }}
  valueFrom:
    secretKeyRef:
      name: {{ $v.index.existingSecret }}
      key: {{ $v.index.key }}
  {{- end }}
- name: VITTE_REGISTRY_SECRET_FILE
  value: {{ $files }}/service-secret.json
{{- if include "vitte-registry.bootstrapSecret" $root }}
- name: VITTE_REGISTRY_BOOTSTRAP_TOKEN_FILE
  value: {{ $files }}/bootstrap-token
{{- end }}
{{- if $v.storage.credentials.existingSecret }}
- name: VITTE_REGISTRY_STORAGE_AUTH_FILE
  value: {{ $files }}/storage-auth.json
{{- end }}
{{- if $v.storage.ca.existingSecret }}
- name: VITTE_REGISTRY_STORAGE_CA_FILE
  value: {{ $files }}/storage-ca.crt
{{- end }}
{{- if $v.storage.clientCertificate.existingSecret }}
- name: VITTE_REGISTRY_STORAGE_CERT_FILE
  value: {{ $files }}/storage-client.crt
- name: VITTE_REGISTRY_STORAGE_KEY_FILE
  value: {{ $files }}/storage-client.key
{{- end }}
{{- if $v.storage.routes.existingSecret }}
- name: VITTE_REGISTRY_STORAGE_ROUTES_FILE
  value: {{ $files }}/storage-routes{{ ext $v.storage.routes.key }}
{{- end }}
- name: VITTE_REGISTRY_DRAIN_MS
  value: {{ mul $v.drainSeconds 1000 | quote }}
{{- range $flag, $value := $v.settings }}
- name: VITTE_REGISTRY_{{ $flag | upper | replace "-" "_" }}
  {{- /* A number comes as a float, which would print an exponent. */}}
  value: {{ ternary (int64 $value | toString) (toString $value) (kindIs "float64" $value) | quote }}
{{- end }}
{{- end -}}

{{- define "vitte-registry.bootstrapSecret" -}}
{{- default (include "vitte-registry.madeSecret" .) .Values.bootstrapToken.existingSecret -}}
{{- end -}}

{{/* The files that those settings name, as sources of a projected volume. */}}
{{- define "vitte-registry.files" -}}
{{- $v := .Values -}}
{{- $made := include "vitte-registry.madeSecret" . -}}
{{- $token := $v.bootstrapToken -}}
- secret:
    name: {{ default $made $v.serviceSecret.existingSecret }}
    items:
      - key: {{ ternary "service-secret.json" $v.serviceSecret.key (not (empty $made)) }}
        path: service-secret.json
{{- with include "vitte-registry.bootstrapSecret" . }}
- secret:
    name: {{ . }}
    # It is read at the first start alone, and may be taken away afterwards.
    optional: true
    items:
      - key: {{ ternary $token.key "bootstrap-token" (not (empty $token.existingSecret)) }}
        path: bootstrap-token
{{- end }}
{{- with $v.storage.credentials }}{{ if .existingSecret }}
- secret:
    name: {{ .existingSecret }}
    items:
      - key: {{ .key }}
        path: storage-auth.json
{{- end }}{{ end }}
{{- with $v.storage.ca }}{{ if .existingSecret }}
- secret:
    name: {{ .existingSecret }}
    items:
      - key: {{ .key }}
        path: storage-ca.crt
{{- end }}{{ end }}
{{- with $v.storage.clientCertificate }}{{ if .existingSecret }}
- secret:
    name: {{ .existingSecret }}
    items:
      - key: {{ .key }}
        path: storage-client.crt
      - key: {{ .privateKey }}
        path: storage-client.key
{{- end }}{{ end }}
{{- with $v.storage.routes }}{{ if .existingSecret }}
- secret:
    name: {{ .existingSecret }}
    items:
      - key: {{ .key }}
        # JSON where the key ends in .json, else TOML.
        path: storage-routes{{ ext .key }}
{{- end }}{{ end }}
{{- end -}}
