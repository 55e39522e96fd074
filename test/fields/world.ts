/**
 * A small mesh to try fields in: objects, and the proxies whose configuration is compared. Files have the form of golden cases, and the
 * golden cases are worlds too.
 */
import { createHash } from 'node:crypto'
import { type Static, Type } from 'typebox'
import { Parse } from 'typebox/value'
import { parse } from 'yaml'
import { readObject } from '../../src/api/read.ts'
import type { AnyObject, KindId } from '../../src/api/registry.ts'
import { type Compiled, compile } from '../../src/compile/mesh.ts'
import { meshSettings } from '../../src/compile/mesh-config.ts'
import type { Objects } from '../../src/compile/objects.ts'
import type { MeshSettings } from '../../src/model/settings.ts'
import { proxyOf } from '../../src/xds/resources/node.ts'
import { ResourceCache, resourcesFor } from '../../src/xds/resources/proxy.ts'
import type { ResourceSet } from '../../src/xds/resources/resource-set.ts'
import { readObjects } from '../golden/read.ts'

const Node = Type.Union([
  Type.String(),
  Type.Object({ id: Type.String(), metadata: Type.Optional(Type.Record(Type.String(), Type.Unknown())) }),
])
const Head = Type.Object({ proxies: Type.Record(Type.String(), Node), meshConfig: Type.Optional(Type.Unknown()) })
type Head = Static<typeof Head>

export interface World {
  readonly name: string
  readonly proxies: Head['proxies']
  readonly settings: MeshSettings
  readonly objects: Objects
  /** Of the world before a field was put into it: what did not change need not be made again. */
  readonly base: Compiled
  readonly cache: ResourceCache
}

export async function readWorld(name: string, text: string): Promise<World> {
  const end = text.indexOf('\n---\n')
  const { objects, problems } = await readObjects({ [name]: text.slice(end) })
  if (problems.length > 0) throw new Error(`Cannot read world "${name}":\n${problems.join('\n')}`)
  const { proxies, meshConfig } = Parse(Head, parse(text.slice(0, end)))
  const { settings } = meshSettings(meshConfig ?? {})
  return { name, proxies, settings, objects, base: compile(objects, { settings }), cache: new ResourceCache() }
}

/** @returns undefined where the document is not sound */
export function withObject(world: World, id: KindId, old: AnyObject, document: unknown): World | undefined {
  const { object } = readObject(document, old.origin)
  if (!object) return undefined
  const list: readonly AnyObject[] = world.objects[id]
  return { ...world, objects: { ...world.objects, [id]: list.map(each => (each === old ? object : each)) } }
}

export function documentOf(object: AnyObject, spec: unknown): unknown {
  const { apiVersion, kind, namespace, name, labels, annotations } = object
  return { apiVersion, kind, metadata: { namespace: namespace || null, name, labels, annotations }, spec }
}

export interface Outcome {
  /** Differs when anything differs that a proxy, a status or the control plane's own work is made of. */
  readonly fingerprint: string
  readonly compiled: Compiled
}

export function outcomeOf({ name, proxies, settings, objects, base, cache }: World): Outcome {
  const compiled = compile(objects, { settings }, base)
  const hash = createHash('sha256')
  for (const node of Object.values(proxies)) {
    const proxy = proxyOf(compiled.mesh, typeof node === 'string' ? { id: node } : node)
    if (!proxy) throw new Error(`Cannot look at world "${name}": ${JSON.stringify(node)} is no proxy of it`)
    for (const [type, set] of resourcesFor(compiled.mesh, proxy, cache)) hash.update(type).update(printOf(set))
  }
  const { rateLimits, alerts } = compiled.mesh
  hash.update(JSON.stringify([compiled.statuses, rateLimits, alerts]))
  return { fingerprint: hash.digest('hex'), compiled }
}

const prints = new WeakMap<ResourceSet, string>()

function printOf(set: ResourceSet): string {
  let print = prints.get(set)
  if (print === undefined) {
    const hash = createHash('sha256')
    for (const resource of [...set.values()].sort((a, b) => (a.name < b.name ? -1 : 1))) hash.update(resource.bytes)
    print = hash.digest('hex')
    prints.set(set, print)
  }
  return print
}
