/**
 * Makes charts/mizzen from the same source as `mizzen install`: the objects of an installation whose settings are symbols, with the conditions
 * that decide about them. test/kubernetes/helm.test.ts compares what helm makes of it with `mizzen manifest generate`.
 *
 * usage: node scripts/helm.ts [DIR]   (default charts/mizzen)
 */
import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { stringify } from 'yaml'
import { defaultSettings, PROFILES } from '../src/kubernetes/install/defaults.ts'
import { isCommunityKind } from '../src/kubernetes/install/parts/kinds.ts'
import { conditionalTemplates } from './helm/conditions.ts'
import { HELPERS, INJECTOR_VALUES, MESH_CONFIG } from './helm/fixed.ts'
import { valuesSchema, valuesText } from './helm/values.ts'
import { manifestOf } from './package-manifest.ts'

const repository = path.resolve(import.meta.dirname, '..')

if (import.meta.main) writeChart(path.resolve(process.argv[2] ?? path.join(repository, 'charts/mizzen')))

/** @param directory is made anew */
export function writeChart(directory: string): void {
  rmSync(directory, { recursive: true, force: true })
  for (const [file, text] of chart()) {
    const to = path.join(directory, file)
    mkdirSync(path.dirname(to), { recursive: true })
    writeFileSync(to, text)
  }
}

/** Its files, by name. */
export function chart(): Map<string, string> {
  const { version, description } = manifestOf(repository)
  const defaults = defaultSettings(version)
  const files = new Map<string, string>()
  files.set(
    'Chart.yaml',
    stringify({ apiVersion: 'v2', name: 'mizzen', type: 'application', version, appVersion: version, description }),
  )
  files.set('values.yaml', valuesText(defaults))
  files.set('values.schema.json', valuesSchema())
  for (const [name, { summary, settings }] of Object.entries(PROFILES))
    files.set(`profiles/${name}.yaml`, `# ${summary}\n${stringify(settings)}`)
  files.set('templates/_names.tpl', HELPERS)
  // Which webhooks there are depends on whether a revision is named; everything else of it is in names.
  const named = conditionalTemplates(defaults, settings => settings)
  const unnamed = conditionalTemplates(defaults, settings => ({ ...settings, revision: '' }))
  for (const [name, text] of named) {
    const [kind = '', rest = ''] = name.split(' ')
    if (kind === 'Namespace') continue // helm install --create-namespace
    const file = `templates/${kind}-${rest
      .replaceAll(/@@[^@]*@@/g, '')
      .replaceAll(/[^a-z0-9.]+/gi, '-')
      .replaceAll(/^-+|-+$/g, '')}.yaml`.toLowerCase()
    files.set(file, `${finished(kind, name, text, unnamed)}\n`)
  }
  return files
}

function finished(kind: string, name: string, text: string, unnamed: ReadonlyMap<string, string>): string {
  if (kind === 'CustomResourceDefinition') {
    // What the API server would take with the kind is everybody's configuration.
    const kept = text
      .replace(/^metadata:$/m, 'metadata:')
      .replace(/^( {2}name: \S+)$/m, '$1\n  annotations:\n    helm.sh/resource-policy: keep')
    const merged = kept.replace(/( {4}helm\.sh\/resource-policy: keep)\n( {2}annotations:\n)/, '$1\n')
    return isCommunityKind(name.split(' ')[1] ?? '') ? onlyWhereMissing(merged) : merged
  }
  if (kind === 'ConfigMap')
    return name.includes('sidecar-injector')
      ? text.replace(/^data:\n.*?(?=\n\{\{- end|$(?![\s\S]))/ms, INJECTOR_VALUES)
      : text.replace(/^data:\n.*?(?=\n\{\{- end|$(?![\s\S]))/ms, MESH_CONFIG)
  if (kind.endsWith('WebhookConfiguration')) {
    const other = unnamed.get(name.replace('-@@revision@@', ''))
    if (other === undefined) throw new Error(`Cannot make the chart: "${name}" has no form without a revision`)
    return `{{- if .Values.revision }}\n${text}\n{{- else }}\n${other}\n{{- end }}`
  }
  if (kind === 'PodDisruptionBudget') return text
  return kind === 'Deployment' ? text.replace(/imagePullPolicy: (\{\{ \S+) \| quote \}\}(?=[\s\S]*)/, pullPolicy(text)) : text
}

/** Gateways name one, see parts/gateways.ts. */
function pullPolicy(text: string): string {
  return text.includes('image: auto')
    ? 'imagePullPolicy: $1 | default "IfNotPresent" | quote }}'
    : 'imagePullPolicy: $1 | quote }}'
}

function onlyWhereMissing(text: string): string {
  return `{{- if and (eq .Values.base.gatewayAPI "missing") (not (.Capabilities.APIVersions.Has "gateway.networking.k8s.io/v1")) }}\n${text}\n{{- end }}`
}
