/**
 * Documents that are damaged at random go the whole way, from text to a proxy's resources: nothing throws and nothing takes long.
 * $MIZZEN_FUZZ_SECONDS (default 10) says how long, $MIZZEN_FUZZ_SEED repeats a run.
 */
import assert from 'node:assert/strict'
import { globSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { test } from 'node:test'
import { parseAllDocuments, stringify } from 'yaml'
import { compile } from '../../src/compile/mesh.ts'
import { proxyOf } from '../../src/xds/resources/node.ts'
import { ResourceCache, resourcesFor } from '../../src/xds/resources/proxy.ts'
import { readObjects } from '../golden/read.ts'

const seconds = Number(process.env['MIZZEN_FUZZ_SECONDS'] ?? 10)
const seed = Number(process.env['MIZZEN_FUZZ_SEED'] ?? Date.now() % 1_000_000)
/** No state of a few objects may take longer, milliseconds; a loaded machine is slow. */
const SLOW_MS = 10_000

let state = seed
/** Park and Miller's generator. @returns a whole number below `limit` */
function random(limit: number): number {
  state = (state * 48_271 + 11) % 2_147_483_647
  return state % limit
}

const STRANGE = [
  null,
  '',
  ' ',
  '*',
  '~',
  -1,
  0,
  1e300,
  2 ** 53,
  true,
  [],
  {},
  [[]],
  '\u0000',
  '💥'.repeat(50),
  'a'.repeat(100_000),
  '__proto__',
]

function damaged(value: unknown): unknown {
  if (random(12) === 0) return STRANGE[random(STRANGE.length)]
  if (Array.isArray(value)) {
    const items = value.flatMap(item =>
      random(15) === 0 ? [] : random(15) === 0 ? [item, damaged(item)] : [random(2) ? item : damaged(item)],
    )
    return random(40) === 0 ? [items] : items
  }
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(
    Object.entries(value).flatMap(([key, part]): [string, unknown][] => {
      if (random(25) === 0) return []
      return [[random(40) === 0 ? `${key}x` : key, random(3) ? part : damaged(part)]]
    }),
  )
}

const texts = globSync(['fields/worlds/*.in.yaml', 'golden/cases/*.in.yaml'], {
  cwd: path.resolve(import.meta.dirname, '..'),
}).map(file => {
  const text = readFileSync(path.resolve(import.meta.dirname, '..', file), 'utf8')
  return parseAllDocuments(text.slice(text.indexOf('\n---\n'))).map((each): unknown => each.toJS())
})
const proxies = ['sidecar~10.1.0.1~client-0.shop~shop.svc.cluster.local', 'router~10.1.0.9~edge-0.shop~shop.svc.cluster.local']

test(`damaged documents neither throw nor take long (seed ${seed})`, async () => {
  const end = Date.now() + seconds * 1000
  let runs = 0
  while (Date.now() < end) {
    const documents = texts[random(texts.length)] ?? []
    const before = state
    const some = documents.filter(() => random(3) > 0).map(each => (random(2) ? each : damaged(each)))
    const text = some.map(each => stringify(each)).join('---\n')
    const started = Date.now()
    try {
      const { objects } = await readObjects({ 'fuzz.yaml': random(20) ? text : text.replaceAll('  ', '\t') })
      const { mesh, diagnostics } = compile(objects)
      assert.ok(diagnostics.length >= 0)
      for (const id of proxies) {
        const proxy = proxyOf(mesh, { id })
        if (proxy) resourcesFor(mesh, proxy, new ResourceCache())
      }
    } catch (error) {
      throw new Error(`Cannot go the whole way with the documents of seed ${seed}, state ${before}`, { cause: error })
    }
    assert.ok(Date.now() - started < SLOW_MS, `seed ${seed}, state ${before}: ${Date.now() - started} ms`)
    runs++
  }
  assert.ok(runs > 0)
})
