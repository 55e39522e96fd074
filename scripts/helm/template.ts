/** Objects with symbols in them to the text of a Helm template. */
import { stringify } from 'yaml'
import type { Manifest } from '../../src/kubernetes/install/manifest.ts'

/** `.Values.pilot.image`, and what Helm asks for where a name has a dash. */
export function reference(path: string): string {
  if (path === 'global.istioNamespace') return '.Release.Namespace'
  if (!path.includes('-')) return `.Values.${path}`
  return `(index .Values ${path
    .split('.')
    .map(name => `"${name}"`)
    .join(' ')})`
}

export function templateOf(object: Manifest, numbers: ReadonlyMap<number, string>): string {
  const lines = stringify(object, { aliasDuplicateObjects: false, lineWidth: 0 }).split('\n')
  const text = lines.map(line => lineOf(line, numbers)).join('\n')
  return withNames(withPairs(text)).trimEnd()
}

/** One entry that stands for a whole map or list. */
function lineOf(line: string, numbers: ReadonlyMap<number, string>): string {
  const [, space = '', map] = /^(\s*)"?@@map:([^@]+)@@"?: "?@@"?$/.exec(line) ?? []
  if (map !== undefined) return `${space}{{- with ${reference(map)} }}{{ toYaml . | nindent ${space.length} }}{{ end }}`
  const [, before = '', list] = /^(\s*)- "?@@list:([^@]+)@@"?$/.exec(line) ?? []
  if (list !== undefined) return `${before}{{- with ${reference(list)} }}{{ toYaml . | nindent ${before.length} }}{{ end }}`
  return line.replace(/\b91\d{4}\b/, digits => {
    const path = numbers.get(Number(digits))
    return path === undefined ? digits : `{{ ${reference(path)} }}`
  })
}

/** What takes two lines: a list of name and value, a list of ports. */
function withPairs(text: string): string {
  return text
    .replace(/^( *)- name: "@@map:([^@]+)@@"\n +value: "@@"$/gm, (_, space: string, path: string) =>
      [
        `${space}{{- range $name, $value := ${reference(path)} }}`,
        `${space}- name: {{ $name | quote }}`,
        `${space}  value: {{ $value | toString | quote }}`,
        `${space}{{- end }}`,
      ].join('\n'),
    )
    .replace(/^( *)- protocol: TCP\n +"@@ports": "@@([^@]+)@@"$/gm, (_, space: string, path: string) =>
      [
        `${space}{{- range ${reference(path)} }}`,
        `${space}- {{- mergeOverwrite (dict "protocol" "TCP") . | toYaml | nindent ${space.length + 2} }}`,
        `${space}{{- end }}`,
      ].join('\n'),
    )
    .replace(/^( *)imagePullSecrets:\n +- name: "@@list:([^@]+)@@"$/gm, (_, space: string, path: string) =>
      [
        `${space}{{- with ${reference(path)} }}`,
        `${space}imagePullSecrets:`,
        `${space}  {{- range . }}`,
        `${space}  - name: {{ . | quote }}`,
        `${space}  {{- end }}`,
        `${space}{{- end }}`,
      ].join('\n'),
    )
}

/** Texts, and the names that are put together of several. */
function withNames(text: string): string {
  return text
    .replaceAll('"@@global.hub@@/@@pilot.image@@:@@global.tag@@"', '{{ include "mizzen.image" . }}')
    .replaceAll(/(name: istio-sidecar-injector.*)-@@global\.istioNamespace@@/g, '$1{{ include "mizzen.namespaceSuffix" . }}')
    .replaceAll('-@@revision@@', '{{ include "mizzen.suffix" . }}')
    .replaceAll(/"?@@revision@@"?/g, '{{ include "mizzen.revision" . }}')
    .replaceAll(/"@@([^@"]+)@@"/g, (_, path: string) => `{{ ${reference(path)} | quote }}`)
    .replaceAll(/@@([^@]+)@@/g, (_, path: string) => `{{ ${reference(path)} }}`)
}
