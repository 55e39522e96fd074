/** The examples of mizzen's own kinds: valid, compiled without a complaint, and the same as what `mizzen expand` prints for them. */
import assert from 'node:assert/strict'
import { globSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { test } from 'node:test'
import { stringify } from 'yaml'
import { compile } from '../src/compile/mesh.ts'
import { expand } from '../src/compile/mizzen/expand/expand.ts'
import type { Objects } from '../src/compile/objects.ts'
import { DEFAULT_SETTINGS } from '../src/model/settings.ts'
import { proxyOf } from '../src/xds/resources/node.ts'
import { ResourceCache, resourcesFor } from '../src/xds/resources/proxy.ts'
import { resourcesJson } from './golden/golden-case.ts'
import { readObjects } from './golden/read.ts'

const root = path.resolve(import.meta.dirname, '..')
const shop = Object.fromEntries(
  globSync('examples/shop/*.yaml', { cwd: root })
    .filter(file => !file.endsWith('gateway.yaml'))
    .map(file => [file, readFileSync(path.join(root, file), 'utf8')]),
)

/** The shop without rules of its own, which would win over some of those that are printed. */
const plainShop = Object.fromEntries(
  Object.entries(shop).map(([file, text]) => [
    file,
    text
      .split(/^---$/m)
      .filter(document => !document.includes('.istio.io/'))
      .join('---'),
  ]),
)

const PROXIES = [
  'sidecar~10.0.9.9~client-0.shop~shop.svc.cluster.local',
  { id: 'sidecar~10.0.9.8~reviews-0.shop~shop.svc.cluster.local', metadata: { LABELS: { app: 'reviews', version: 'v1' } } },
  { id: 'sidecar~10.0.9.7~payments-0.shop~shop.svc.cluster.local', metadata: { LABELS: { app: 'payments' } } },
  { id: 'router~10.0.9.1~in-0.istio-system~istio-system.svc.cluster.local', metadata: { LABELS: { istio: 'ingressgateway' } } },
  { id: 'router~10.0.9.2~out-0.istio-system~istio-system.svc.cluster.local', metadata: { LABELS: { istio: 'egressgateway' } } },
]

/** Kinds that Istio has no words for, wholly or in part; what is said of them. */
const WITHOUT: Readonly<Record<string, RegExp>> = {
  'rate-limit': /no kind in Istio/,
  'typescript-filter': /no kind in Istio/,
  'health-check': /no field in DestinationRule/,
  retry: /idempotentOnly has no field/,
}

for (const file of globSync('examples/kinds/*.yaml', { cwd: root }).sort()) {
  const name = path.basename(file, '.yaml')
  const text = readFileSync(path.join(root, file), 'utf8')

  test(`${file} compiles without a complaint`, async () => {
    const { objects, problems } = await readObjects({ ...shop, [file]: text })
    assert.deepEqual(problems, [])
    const { diagnostics } = compile(objects)
    assert.deepEqual(
      diagnostics.filter(diagnostic => diagnostic.file === file),
      [],
    )
  })

  test(`mizzen expand says ${file} in Istio's words, and both give the proxies the same`, async () => {
    const { objects } = await readObjects({ ...plainShop, [file]: text })
    const { objects: made, notes } = expand(objects, DEFAULT_SETTINGS)
    assert.match(notes.join('\n'), WITHOUT[name] ?? /^$/)
    const expanded = await readObjects({ ...plainShop, 'expanded.yaml': made.map(object => stringify(object)).join('---\n') })
    assert.deepEqual(expanded.problems, [], 'what expand prints is valid')
    if (notes.length === 0) assert.deepEqual(sent(expanded.objects), sent(objects))
  })
}

/** What the proxies get, without the names of the objects that caused it. */
function sent(objects: Objects): unknown {
  const { mesh } = compile(objects)
  return PROXIES.map(node => {
    const proxy = proxyOf(mesh, typeof node === 'string' ? { id: node } : node)
    assert.ok(proxy)
    return JSON.parse(
      JSON.stringify(resourcesJson(resourcesFor(mesh, proxy, new ResourceCache())), (key, value) =>
        key === 'metadata' || key === 'decorator' || (key === 'name' && value === 'default') ? undefined : value,
      ),
    )
  })
}
