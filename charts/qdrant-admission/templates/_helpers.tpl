{{/* Name of the objects of a release. Short enough for what is hung on to it. */}}
{{- define "qdrant-admission.fullname" -}}
{{- $own := ternary .Release.Name (printf "%s-%s" .Release.Name .Chart.Name) (contains .Chart.Name .Release.Name) -}}
{{- .Values.fullnameOverride | default $own | trunc 40 | trimSuffix "-" -}}
{{- end }}

{{/* Labels that the pods of the webhook, and no others, carry: the Service selects by them. */}}
{{- define "qdrant-admission.selector" -}}
app.kubernetes.io/name: {{ .Chart.Name }}
app.kubernetes.io/instance: {{ .Release.Name }}
app.kubernetes.io/component: webhook
{{- end }}

{{- define "qdrant-admission.labels" -}}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version | replace "+" "_" }}
app.kubernetes.io/name: {{ .Chart.Name }}
app.kubernetes.io/instance: {{ .Release.Name }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/part-of: {{ .Chart.Name }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
{{- end }}

{{/* The Secret with the serving certificate. */}}
{{- define "qdrant-admission.certificateSecret" -}}
{{- if eq .Values.certificates.mode "files" -}}
{{- .Values.certificates.existingSecret -}}
{{- else -}}
{{- include "qdrant-admission.fullname" . }}-certificates
{{- end -}}
{{- end }}

{{/* The protected namespaces, sorted, as a JSON list. */}}
{{- define "qdrant-admission.namespaces" -}}
{{- $names := list -}}
{{- range .Values.policy.namespaces -}}
{{- $names = concat $names .names -}}
{{- end -}}
{{- $names | sortAlpha | toJson -}}
{{- end }}

{{/* Those of them that refuse workloads, too, sorted, as a JSON list. */}}
{{- define "qdrant-admission.denyingTemplates" -}}
{{- $names := list -}}
{{- range .Values.policy.namespaces -}}
{{- if eq (.templates | default "warn") "deny" -}}
{{- $names = concat $names .names -}}
{{- end -}}
{{- end -}}
{{- $names | sortAlpha | toJson -}}
{{- end }}

{{- define "qdrant-admission.image" -}}
{{- $registry := .Values.global.imageRegistry | default .Values.image.registry -}}
{{- $repository := list $registry .Values.image.repository | compact | join "/" -}}
{{- if .Values.image.digest -}}
{{- printf "%s@%s" $repository .Values.image.digest -}}
{{- else -}}
{{- printf "%s:%s" $repository (.Values.image.tag | default .Chart.AppVersion) -}}
{{- end -}}
{{- end }}

{{/* What every pod of this chart has; hooks and tests run under the same restrictions as the webhook. */}}
{{- define "qdrant-admission.pod" -}}
enableServiceLinks: false
{{- with concat .Values.global.imagePullSecrets .Values.imagePullSecrets | uniq }}
imagePullSecrets:
  {{- range . }}
  - name: {{ . }}
  {{- end }}
{{- end }}
{{- with .Values.nodeSelector }}
nodeSelector:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .Values.tolerations }}
tolerations:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .Values.priorityClassName }}
priorityClassName: {{ . }}
{{- end }}
securityContext:
  runAsNonRoot: true
  runAsUser: 65532
  runAsGroup: 65532
  fsGroup: 65532
  seccompProfile:
    type: RuntimeDefault
{{- end }}

{{/* What every container of this chart has. */}}
{{- define "qdrant-admission.container" -}}
image: {{ include "qdrant-admission.image" . }}
imagePullPolicy: {{ .Values.image.pullPolicy }}
securityContext:
  allowPrivilegeEscalation: false
  capabilities:
    drop: [ALL]
  privileged: false
  readOnlyRootFilesystem: true
resources:
  {{- toYaml .Values.resources | nindent 2 }}
{{- end }}

{{/* What is wrong with the values that their schema cannot tell, one line each. */}}
{{- define "qdrant-admission.problems" -}}
{{- $certificates := .Values.certificates -}}
{{- $shutdown := .Values.shutdown -}}
{{- $names := include "qdrant-admission.namespaces" . | fromJsonArray -}}
{{- range $name := $names }}
{{- if has $name (list "kube-system" "kube-public" "kube-node-lease") }}
policy.namespaces: {{ $name }} cannot be protected: the cluster itself starts from it
{{- end }}
{{- if eq $name $.Release.Namespace }}
policy.namespaces: {{ $name }} cannot be protected: this release runs there and could not start again
{{- end }}
{{- end }}
{{- if ne (len $names) (len (uniq $names)) }}
policy.namespaces: a name stands twice in {{ join ", " $names }}: expected each once
{{- end }}
{{- if and (eq $certificates.mode "files") (not (and $certificates.existingSecret $certificates.caBundle)) }}
certificates: mode files needs existingSecret and caBundle
{{- end }}
{{- if ge (add $shutdown.preStopSeconds $shutdown.drainSeconds) (int64 $shutdown.graceSeconds) }}
shutdown.graceSeconds: {{ $shutdown.graceSeconds }} is too short: expected more than preStopSeconds and drainSeconds together
{{- end }}
{{- if lt (int $.Values.autoscaling.maxReplicas) (int $.Values.autoscaling.minReplicas) }}
autoscaling.maxReplicas: expected at least minReplicas, {{ $.Values.autoscaling.minReplicas }}
{{- end }}
{{- end }}

{{/* Whether registries are asked who signed images, as the program itself tells it from its configuration. */}}
{{- define "qdrant-admission.verifiesImages" -}}
{{- $images := (.Values.policy).images | default dict -}}
{{- if hasKey $images "verify" -}}
{{- if $images.verify }}true{{ end -}}
{{- else if $images.policies }}true{{ end -}}
{{- end }}
