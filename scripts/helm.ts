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
import type { Manifest } from '../src/kubernetes/install/manifest.ts'
import { isCommunityKind, kindDefinitions } from '../src/kubernetes/install/parts/kinds.ts'
import { conditionalTemplates } from './helm/conditions.ts'
import { HELPERS, INJECTOR_VALUES, MESH_CONFIG } from './helm/fixed.ts'
import { reference, templateOf } from './helm/template.ts'
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
  for (const definition of kindDefinitions(true))
    files.set(`templates/kinds/${definition.metadata.name}.yaml`, kindTemplate(definition))
  // Which webhooks there are depends on whether a revision is named; everything else of it is in names.
  const named = conditionalTemplates(defaults, settings => settings, adapted)
  const unnamed = conditionalTemplates(defaults, settings => ({ ...settings, revision: '' }), adapted)
  for (const [name, text] of named) {
    const [kind = '', rest = ''] = name.split(' ')
    if (kind === 'Namespace') continue // helm install --create-namespace
    const file = `templates/${kind}-${rest
      .replaceAll(/@@gateways\.([^.]+)\.name@@/g, '$1')
      .replaceAll(/@@[^@]*@@/g, '')
      .replaceAll(/[^a-z0-9.]+/gi, '-')
      .replaceAll(/^-+|-+$/g, '')}.yaml`.toLowerCase()
    files.set(file, `${finished(kind, name, text, unnamed)}\n`)
  }
  return files
}

/** What differs from object to object. */
function adapted(object: Manifest): Manifest {
  const { kind, metadata } = object
  if (kind === 'ConfigMap') return { ...object, data: { '@@fixed': metadata.name.includes('injector') ? 'injector' : 'mesh' } }
  if (kind !== 'CustomResourceDefinition') return object
  // What the API server would take away with the kind is everybody's configuration.
  return { ...object, metadata: { ...metadata, annotations: { ...metadata.annotations, 'helm.sh/resource-policy': 'keep' } } }
}

function kindTemplate(definition: Manifest): string {
  const { name } = definition.metadata
  const missing =
    'and (eq .Values.base.gatewayAPI "missing") (not (.Capabilities.APIVersions.Has "gateway.networking.k8s.io/v1"))'
  const condition = isCommunityKind(name) ? `and .Values.base.installCRDs (${missing})` : '.Values.base.installCRDs'
  return `{{- if ${condition} }}\n${templateOf(adapted(definition), new Map())}\n{{- end }}\n`
}

function finished(kind: string, name: string, text: string, unnamed: ReadonlyMap<string, string>): string {
  if (kind === 'ConfigMap')
    return text.replace('data:\n  "@@fixed": injector', INJECTOR_VALUES).replace('data:\n  "@@fixed": mesh', MESH_CONFIG)
  if (kind === 'PodDisruptionBudget') return onlyForSeveral(text, /@@(gateways\.[^.]+)\.name@@/.exec(name)?.[1] ?? 'pilot')
  // Gateways name a policy, see parts/gateways.ts.
  if (kind === 'Deployment')
    return text.replace(/(image: auto\n +imagePullPolicy: \{\{ \S+) \|/g, '$1 | default "IfNotPresent" |')
  if (!kind.endsWith('WebhookConfiguration')) return text
  const other = unnamed.get(name.replace('-@@revision@@', ''))
  if (other === undefined) throw new Error(`Cannot make the chart: "${name}" has no form without a revision`)
  return `{{- if .Values.revision }}\n${text}\n{{- else }}\n${other}\n{{- end }}`
}

/** As parts/workload.ts decides. @param path of a workload's settings */
function onlyForSeveral(text: string, path: string): string {
  const part = (name: string) => reference(`${path}.${name}`)
  const count = `(ternary ${part('autoscaleMin')} ${part('replicaCount')} ${part('autoscaleEnabled')})`
  return `{{- if gt (int ${count}) 1 }}\n${text}\n{{- end }}`
}
