/** What the analyzers are given, made of documents as they were read. */
import { parse } from 'yaml'
import { originWithoutFile } from '../../api/object.ts'
import { isRecord } from '../../api/schema/prune.ts'
import type { ReadDocument } from '../../source/files/document.ts'
import { Resource } from './resource.ts'

/** The objects of the documents; of those with one kind and name the last. */
export function resourcesOf(documents: readonly ReadDocument[]): Resource[] {
  const found = new Map<string, Resource>()
  for (const { value, origin } of documents) {
    if (!isRecord(value) || typeof value['kind'] !== 'string') continue
    const resource = new Resource(value, origin)
    found.set(`${resource.group}/${resource.kind} ${resource.key}`, resource)
  }
  return [...found.values()]
}

const SETTINGS = {
  MeshConfig: { name: 'istio-system/mesh', key: 'mesh' },
  MeshNetworks: { name: 'istio-system/meshnetworks', key: 'meshNetworks' },
} as const

type SettingsKind = keyof typeof SETTINGS

/**
 * MeshConfig or MeshNetworks as a file of its own, or inside Istio's ConfigMap.
 * @throws Error when it is not YAML
 */
export function settingsFrom(kind: SettingsKind, text: string, file: string): Resource {
  const document = readYaml(text, file)
  const data = isRecord(document) && document['kind'] === 'ConfigMap' && isRecord(document['data']) ? document['data'] : undefined
  const inside = data?.[SETTINGS[kind].key]
  return settings(kind, typeof inside === 'string' ? readYaml(inside, file) : document, file)
}

/** From the ConfigMap `istio` among the objects, if it is there. */
export function settingsAmong(kind: SettingsKind, resources: readonly Resource[]): Resource | undefined {
  const map = resources.find(each => each.kind === 'ConfigMap' && each.name === 'istio' && each.namespace === 'istio-system')
  const text = map?.root.at('data', SETTINGS[kind].key).text() ?? ''
  if (!map || text === '') return undefined
  try {
    return settings(kind, parse(text), map.origin.file)
  } catch {
    return undefined // said by validation
  }
}

function settings(kind: SettingsKind, spec: unknown, file: string): Resource {
  const [namespace, name] = SETTINGS[kind].name.split('/')
  const origin = { ...originWithoutFile(file), file }
  return new Resource({ apiVersion: 'mesh.istio.io/v1alpha1', kind, metadata: { name, namespace }, spec }, origin)
}

function readYaml(text: string, file: string): unknown {
  try {
    return parse(text)
  } catch (error) {
    throw new Error(`Cannot read "${file}": ${error instanceof Error ? error.message : String(error)}`)
  }
}
