/** Large input: it must work, in bounded memory and without holding up the process. The numbers are printed. */
import assert from 'node:assert/strict'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { monitorEventLoopDelay } from 'node:perf_hooks'
import { type TestContext, test } from 'node:test'
import { Store } from '../store.ts'
import { FileSource } from './file-source.ts'

const rule = (name: string, weight = 90) => `apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: {name: ${name}, namespace: shop}
spec:
  hosts: [${name}.example.com]
  http:
    - match:
        - uri: {prefix: /${name}}
          headers: {x-user: {exact: tester}}
      route:
        - destination: {host: ${name}, subset: v1, port: {number: 80}}
          weight: ${weight}
        - destination: {host: ${name}, subset: v2}
          weight: 10
      retries: {attempts: 3, perTryTimeout: 2s}
`

async function measure<Result>(t: TestContext, what: string, work: () => Promise<Result>): Promise<Result> {
  const delay = monitorEventLoopDelay({ resolution: 5 })
  const before = process.memoryUsage().rss
  delay.enable()
  const began = performance.now()
  const result = await work()
  const milliseconds = performance.now() - began
  delay.disable()
  const grown = (process.memoryUsage().rss - before) / 1e6
  t.diagnostic(`${what}: ${milliseconds.toFixed(0)} ms, +${grown.toFixed(0)} MB, longest wait ${(delay.max / 1e6).toFixed(0)} ms`)
  assert.ok(grown < 700, `${grown} MB`)
  return result
}

function follow(t: TestContext): { store: Store; source: FileSource; directory: string } {
  const directory = mkdtempSync(path.join(tmpdir(), 'mizzen-large-'))
  const store = new Store()
  const source = new FileSource({ paths: ['.'], cwd: directory }, store.source())
  t.after(() => {
    source.close()
    rmSync(directory, { recursive: true })
  })
  return { store, source, directory }
}

function updated(store: Store): Promise<number> {
  return new Promise(resolve => {
    store.subscribe(change => resolve(change.updated.length))
  })
}

const items = Array.from({ length: 22_000 }, (_, n) => rule(`r${n}`))
const fewer = items.slice(0, 4000)
const forms: [what: string, objects: readonly string[], text: string][] = [
  ['10 MB of documents', items, items.join('---\n')],
  [
    '2 MB in one List',
    fewer,
    `kind: List\nitems:\n${fewer.map(text => `- ${text.trimEnd().replaceAll('\n', '\n  ')}\n`).join('')}apiVersion: v1\n`,
  ],
]

for (const [what, objects, text] of forms) {
  test(`FileSource reads ${what}, and an edit of it, in bounded memory`, async t => {
    const { store, source, directory } = follow(t)
    writeFileSync(path.join(directory, 'large.yaml'), text)
    await measure(t, `${(text.length / 1e6).toFixed(1)} MB`, () => source.start())
    assert.equal(store.snapshot().objects.VirtualService.length, objects.length)
    assert.deepEqual(store.diagnostics(), [])
    const change = updated(store)
    writeFileSync(path.join(directory, 'large.yaml'), text.replace('weight: 90', 'weight: 80'))
    assert.equal(await measure(t, 'an edit of it', () => change), 1)
  })
}

test('FileSource reads 10 MB of JSON in bounded memory', async t => {
  const { store, source, directory } = follow(t)
  const spec = { hosts: ['a.example.com'], http: [{ route: [{ destination: { host: 'a' }, weight: 100 }], timeout: '5s' }] }
  const list = Array.from({ length: 26_000 }, (_, n) => ({
    apiVersion: 'networking.istio.io/v1',
    kind: 'VirtualService',
    metadata: { name: `r${n}` },
    spec,
  }))
  const text = JSON.stringify({ apiVersion: 'v1', kind: 'List', items: list }, null, 2)
  assert.ok(text.length > 1e7)
  writeFileSync(path.join(directory, 'large.json'), text)
  await measure(t, '10 MB', () => source.start())
  assert.equal(store.snapshot().objects.VirtualService.length, list.length)
})

test('FileSource reads five thousand files, and an edit of one', async t => {
  const { store, source, directory } = follow(t)
  for (let n = 0; n < 5000; n++) {
    const folder = path.join(directory, `d${n % 50}`)
    if (n < 50) mkdirSync(folder)
    writeFileSync(path.join(folder, `f${n}.yaml`), rule(`r${n}`))
  }
  await measure(t, '5000 files', () => source.start())
  assert.equal(store.snapshot().objects.VirtualService.length, 5000)
  const change = updated(store)
  writeFileSync(path.join(directory, 'd7', 'f7.yaml'), rule('r7', 80))
  const began = performance.now()
  assert.equal(await measure(t, 'an edit of one', () => change), 1)
  assert.ok(performance.now() - began < 1000)
})
