/** The parts of the chart that put values together in ways of their own: names, the two ConfigMaps that hold whole trees. */

export const HELPERS = `{{/* Made by scripts/helm.ts. */}}
{{- define "mizzen.suffix" -}}{{ if .Values.revision }}-{{ .Values.revision }}{{ end }}{{- end }}
{{- define "mizzen.revision" -}}{{ .Values.revision | default "default" | quote }}{{- end }}
{{- define "mizzen.namespaceSuffix" -}}{{ if ne .Release.Namespace "istio-system" }}-{{ .Release.Namespace }}{{ end }}{{- end }}
{{- define "mizzen.image" -}}
{{- if contains "/" .Values.pilot.image -}}
{{ .Values.pilot.image | quote }}
{{- else -}}
{{- $variant := .Values.global.variant | default "" -}}
{{ printf "%s/%s:%s%s" (trimSuffix "/" .Values.global.hub) .Values.pilot.image .Values.global.tag (ternary "" (printf "-%s" $variant) (or (eq $variant "") (eq $variant "default"))) | quote }}
{{- end -}}
{{- end }}
`

export const INJECTOR_VALUES = `data:
  values: |
    {{- $global := mergeOverwrite (deepCopy .Values.global) (dict "istioNamespace" .Release.Namespace) }}
    {{- $cni := mergeOverwrite (deepCopy (.Values.pilot.cni | default dict)) (ternary (dict "enabled" true) dict .Values.cni.enabled) }}
    {{- dict "revision" .Values.revision "global" $global "pilot" (dict "cni" $cni) "sidecarInjectorWebhook" .Values.sidecarInjectorWebhook | toPrettyJson | nindent 4 }}`

export const MESH_CONFIG = `data:
  mesh: |
    {{- $address := printf "istiod%s.%s.svc:15012" (include "mizzen.suffix" .) .Release.Namespace }}
    {{- $defaults := dict "rootNamespace" .Release.Namespace "trustDomain" "cluster.local" "defaultConfig" (dict "discoveryAddress" $address) }}
    {{- mergeOverwrite $defaults (deepCopy .Values.meshConfig) | toYaml | nindent 4 }}
  meshNetworks: |
    {{- dict "networks" .Values.meshNetworks | toYaml | nindent 4 }}`
