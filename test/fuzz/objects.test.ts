/**
 * Documents that are damaged at random go the whole way, from text to help, messages and a proxy's resources: nothing throws, takes long or
 * needs much memory. They are those of the worlds and golden cases, and the oracle's where it is there.
 * $MIZZEN_FUZZ_SECONDS (default 10) says how long, $MIZZEN_FUZZ_SEED repeats a run.
 */
import assert from 'node:assert/strict'
import { globSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { test } from 'node:test'
import { parseAllDocuments, stringify } from 'yaml'
import { compile } from '../../src/compile/mesh.ts'
import { analyze } from '../../src/explain/analyze/analyze.ts'
import { ANALYZERS } from '../../src/explain/analyze/analyzers.ts'
import { resourcesOf } from '../../src/explain/analyze/input.ts'
import { validationMessages } from '../../src/explain/analyze/validation.ts'
import { World } from '../../src/explain/analyze/world.ts'
import { help } from '../../src/explain/repair/repair.ts'
import { objectsOf, readContents } from '../../src/source/files/contents.ts'
import { Store } from '../../src/source/store.ts'
import { proxyOf } from '../../src/xds/resources/node.ts'
import { ResourceCache, resourcesFor } from '../../src/xds/resources/proxy.ts'
import { list, oracleFile, oracleFolder, withoutOracle } from '../semantics/oracle.ts'

const seconds = Number(process.env['MIZZEN_FUZZ_SECONDS'] ?? 10)
const seed = Number(process.env['MIZZEN_FUZZ_SEED'] ?? Date.now() % 1_000_000)
/** No state of a few objects may take longer, milliseconds; a loaded machine is slow. */
const SLOW_MS = 10_000
/** Bytes of heap that a run may add; what one state needs is a small part of it. */
const MOST_HEAP = 700_000_000

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

const folder = path.resolve(import.meta.dirname, '..')
const texts = globSync(['fields/worlds/*.in.yaml', 'golden/cases/*.in.yaml'], { cwd: folder }).map(file => {
  const text = readFileSync(path.join(folder, file), 'utf8')
  return documentsOf(text.slice(text.indexOf('\n---\n')))
})

function documentsOf(text: string): unknown[] {
  return parseAllDocuments(text).map((each): unknown => each.toJS())
}

/** Cases by family: what stands in one list is as good as one file. */
function oracleTexts(): unknown[][] {
  if (withoutOracle) return []
  const found = (pattern: string) => globSync(pattern, { cwd: oracleFolder })
  const files = [...found('analyze/files/**/*.yaml'), ...found('gateway-status/*/input.yaml'), ...found('inject/*/*.yaml')]
  const validated = found('validate/*.yaml').flatMap(file => list(oracleFile(file)).map(entry => [field(entry, 'object')]))
  const simulated = found('simulate/*.yaml').flatMap(file =>
    list(oracleFile(file)).map(entry =>
      ['config', 'kubeConfig'].flatMap(name => {
        const text = field(entry, name)
        return typeof text === 'string' ? documentsOf(text) : []
      }),
    ),
  )
  return [...files.map(file => documentsOf(readFileSync(path.join(oracleFolder, file), 'utf8'))), ...validated, ...simulated]
}

function field(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null ? Reflect.get(value, name) : undefined
}

const proxies = ['sidecar~10.1.0.1~client-0.shop~shop.svc.cluster.local', 'router~10.1.0.9~edge-0.shop~shop.svc.cluster.local']

async function goTheWholeWay(text: string): Promise<void> {
  const contents = await readContents('fuzz.yaml', text, false)
  const { documents } = contents
  for (const document of documents) help(document)
  validationMessages(documents)
  analyze(new World({ resources: resourcesOf(documents), now: 0 }), ANALYZERS)
  const store = new Store()
  store.source().publish(objectsOf(contents))
  const { mesh, diagnostics } = compile(store.snapshot().objects)
  assert.ok(diagnostics.length >= 0)
  for (const id of proxies) {
    const proxy = proxyOf(mesh, { id })
    if (proxy) resourcesFor(mesh, proxy, new ResourceCache())
  }
}

for (const [corpus, lists] of [
  ["the repository's", texts],
  ["the oracle's", oracleTexts()],
] as const) {
  test(`damaged documents of ${corpus} neither throw nor take long (seed ${seed})`, {
    skip: lists.length === 0 && withoutOracle,
  }, async () => {
    const end = Date.now() + (seconds * 1000) / 2
    const heap = process.memoryUsage().heapUsed
    let runs = 0
    while (Date.now() < end) {
      const documents = lists[random(lists.length)] ?? []
      const before = state
      const some = documents.filter(() => random(3) > 0).map(each => (random(2) ? each : damaged(each)))
      const text = some.map(each => stringify(each)).join('---\n')
      const started = Date.now()
      await goTheWholeWay(random(20) ? text : text.replaceAll('  ', '\t')).catch(error => {
        throw new Error(`Cannot go the whole way with the documents of seed ${seed}, state ${before}`, { cause: error })
      })
      const place = `seed ${seed}, state ${before}`
      assert.ok(Date.now() - started < SLOW_MS, `${place}: ${Date.now() - started} ms`)
      assert.ok(process.memoryUsage().heapUsed - heap < MOST_HEAP, `${place}: ${process.memoryUsage().heapUsed} bytes`)
      runs++
    }
    assert.ok(runs > 0)
  })
}
