/**
 * A golden case: NAME.in.yaml holds objects after a first document that says what to look at; beside it stand the model, the diagnostics and
 * for each proxy the xDS resources that come of it. `node test/golden/golden.test.ts --update` writes them.
 */
import { parse } from 'yaml'
import { compile } from '../../src/compile/mesh.ts'
import { meshSettings } from '../../src/compile/mesh-config.ts'
import { proxyOf } from '../../src/xds/resources/node.ts'
import { type ProxyResources, ResourceCache, resourcesFor } from '../../src/xds/resources/proxy.ts'
import { bytesToJson, type JsonValue } from '../../src/xds/wire/json.ts'
import { CLUSTER, ENDPOINT, LISTENER, type ResourceType, ROUTE, SECRET } from '../../src/xds/wire/type-url.ts'
import { modelJson } from './model-json.ts'
import { readObjects } from './read.ts'

/** The first document of NAME.in.yaml. */
export interface CaseHead {
  /** What the case is about, in a sentence. */
  readonly about: string
  /** File name part -> node id, or id and metadata. */
  readonly proxies: Readonly<
    Record<string, string | { readonly id: string; readonly metadata: Readonly<Record<string, unknown>> }>
  >
  /** Types that are written down: listeners, routes, clusters, endpoints, secrets. @default all */
  readonly show?: readonly string[]
  readonly meshConfig?: unknown
}

export interface CaseResult {
  readonly head: CaseHead
  readonly model: JsonValue
  readonly diagnostics: readonly string[]
  readonly resources: ReadonlyMap<string, ProxyResources>
}

const TYPES: Readonly<Record<string, ResourceType>> = {
  listeners: LISTENER,
  routes: ROUTE,
  clusters: CLUSTER,
  endpoints: ENDPOINT,
  secrets: SECRET,
}

export async function runCase(file: string, text: string): Promise<CaseResult> {
  const end = text.indexOf('\n---\n')
  const head = checkHead(file, parse(text.slice(0, end)))
  // The head becomes empty lines, so that line numbers are those of the file.
  const { objects, problems } = await readObjects({ [file]: text.slice(0, end).replace(/[^\n]/g, '') + text.slice(end) })
  if (problems.length > 0) throw new Error(`Cannot run golden case "${file}":\n${problems.join('\n')}`)
  const { settings } = meshSettings(head.meshConfig ?? {})
  const { mesh, diagnostics } = compile(objects, { settings })
  const resources = new Map(
    Object.entries(head.proxies).map(([name, node]) => {
      const proxy = proxyOf(mesh, typeof node === 'string' ? { id: node } : node)
      if (!proxy) throw new Error(`Cannot run golden case "${file}": proxy "${name}" has no usable id`)
      return [name, resourcesFor(mesh, proxy, new ResourceCache())] as const
    }),
  )
  return { head, model: modelJson(mesh), diagnostics: diagnostics.map(line), resources }
}

function checkHead(file: string, value: unknown): CaseHead {
  if (typeof value !== 'object' || value === null || !('about' in value) || !('proxies' in value))
    throw new Error(`Cannot run golden case "${file}": expected a first document with "about" and "proxies"`)
  return value as CaseHead // the fields that must be there are; the files are our own
}

function line(diagnostic: {
  readonly level: string
  readonly code: string
  readonly line: number
  readonly column: number
  readonly resource: string
  readonly message: string
  readonly fix: string | undefined
  readonly effect: string | undefined
}): string {
  const { level, code, resource, message, fix, effect } = diagnostic
  const rest = [effect && `effect: ${effect}`, fix && `fix: ${fix}`].filter(Boolean).map(text => ` (${text})`)
  return `${diagnostic.line}:${diagnostic.column} ${level} ${code} ${resource}: ${message}${rest.join('')}`
}

/** The resources as they are written down. */
export function resourcesJson(resources: ProxyResources, show: readonly string[] = Object.keys(TYPES)): JsonValue {
  const shown: Record<string, JsonValue> = {}
  for (const name of show) {
    const type = TYPES[name]
    if (!type) throw new Error(`Cannot show "${name}": expected ${Object.keys(TYPES).join(', ')}`)
    const list = [...(resources.get(type)?.values() ?? [])].map(resource => bytesToJson(type, resource.bytes))
    if (list.length > 0) shown[name] = list
  }
  return shown
}
