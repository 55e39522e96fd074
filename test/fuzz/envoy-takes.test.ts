/**
 * What validates compiles, and what compiles is taken by real Envoy: fields of the objects of whole meshes get other values at random, many at
 * once, and each proxy's resources are shown to Envoy. $MIZZEN_FUZZ_ROUNDS (default 6) says how often, $MIZZEN_FUZZ_SEED where it begins.
 */
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import path from 'node:path'
import { test } from 'node:test'
import { definedKinds } from '../../src/api/crd/definition.ts'
import type { DefinedKind } from '../../src/api/crd/names.ts'
import { type AnyObject, kinds } from '../../src/api/registry.ts'
import { compile } from '../../src/compile/mesh.ts'
import { seededRandom } from '../../src/lib/random.ts'
import { proxyOf } from '../../src/xds/resources/node.ts'
import { ResourceCache, resourcesFor } from '../../src/xds/resources/proxy.ts'
import { candidates } from '../fields/examples.ts'
import { ABSENT, graft } from '../fields/graft.ts'
import { leavesOf } from '../fields/schema-fields.ts'
import { documentOf, readWorld, type World, withObject } from '../fields/world.ts'
import { askEnvoy } from '../golden/ask-envoy.ts'
import { withoutEnvoy } from '../oracle/envoy.ts'

const rounds = Number(process.env['MIZZEN_FUZZ_ROUNDS'] ?? 6)
const first = Number(process.env['MIZZEN_FUZZ_SEED'] ?? 1)

const worlds = await Promise.all(
  ['shop', 'own'].map(name => {
    const file = path.join(import.meta.dirname, '../fields/worlds', `${name}.in.yaml`)
    return readWorld(name, readFileSync(file, 'utf8'))
  }),
)

for (let seed = first; seed < first + rounds; seed++) {
  for (const world of worlds) {
    test(`what is made of valid objects is taken by Envoy (${world.name}, seed ${seed})`, { skip: withoutEnvoy }, async () => {
      const { changed, told } = change(world, seededRandom(seed))
      const { mesh } = compile(changed.objects, { settings: changed.settings })
      for (const [name, node] of Object.entries(changed.proxies)) {
        const proxy = proxyOf(mesh, { ...(typeof node === 'string' ? { id: node } : node), userAgentName: 'envoy' })
        assert.ok(proxy)
        if (proxy.kind === 'grpc') continue
        const { refusal } = await askEnvoy(resourcesFor(mesh, proxy, new ResourceCache()))
        assert.equal(refusal, undefined, `Envoy refuses what ${name} gets:\n${refusal}\nof\n${told.join('\n')}`)
      }
    })
  }
}

/** Every second object gets another value for one of its fields, if the object is sound with it. */
function change(world: World, random: () => number): { changed: World; told: string[] } {
  const told: string[] = []
  let changed = world
  for (const id of definedKinds) {
    for (const object of world.objects[id]) {
      if (random() < 0.5) continue
      const next = changedObject(changed, id, object, random)
      if (!next) continue
      changed = next.world
      told.push(next.told)
    }
  }
  return { changed, told }
}

function changedObject(world: World, id: DefinedKind, object: AnyObject, random: () => number) {
  const leaves = leavesOf(kinds[id].spec, true)
  for (let attempt = 0; attempt < 5; attempt++) {
    const leaf = pick(leaves, random)
    const name = leaf?.way.findLast(step => step !== '[]' && step !== '*') ?? ''
    const value = leaf && pick([ABSENT, ...candidates(name, leaf.schema)], random)
    if (!leaf || value === undefined) return undefined
    const spec = graft(kinds[id].spec, object.spec, {
      way: leaf.way,
      leaf: value,
      alone: Math.floor(random() * leaf.way.length) - 1,
    })
    const next = withObject(world, id, object, documentOf(object, spec))
    if (next) return { world: next, told: `${id} ${object.namespace}/${object.name} ${leaf.name}: ${JSON.stringify(spec)}` }
  }
  return undefined
}

function pick<T>(list: readonly T[], random: () => number): T | undefined {
  return list[Math.floor(random() * list.length)]
}
