import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { PassThrough, Readable } from 'node:stream'
import { text as textOf } from 'node:stream/consumers'
import { after, test } from 'node:test'
import { run } from './analyze.ts'
import { UsageError } from './flags.ts'

const cwd = mkdtempSync(path.join(tmpdir(), 'mizzen-analyze-'))
after(() => rmSync(cwd, { recursive: true }))

writeFileSync(
  path.join(cwd, 'route.yaml'),
  `apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: {name: cart, namespace: shop}
spec:
  hosts: [cart]
  http:
  - route:
    - destination: {host: carts}
---
apiVersion: v1
kind: Namespace
metadata: {name: shop}
`,
)

async function analyze(args: readonly string[], stdin = ''): Promise<{ code: number; stdout: string }> {
  const [stdout, stderr] = [new PassThrough(), new PassThrough()]
  const code = await run(args, { stdin: Readable.from([stdin]), stdout, stderr, env: {}, cwd })
  stdout.end()
  return { code, stdout: await textOf(stdout) }
}

test('analyze says code, object, file and line, and exits with 1 on errors', async () => {
  const { code, stdout } = await analyze(['route.yaml'])
  assert.equal(code, 1)
  assert.match(
    stdout,
    /^Error \[IST0101\] \(VirtualService shop\/cart route\.yaml:8\) Referenced host not found: "carts"\n {2}fix: create/,
  )
  assert.match(stdout, /Info \[IST0102\] \(Namespace shop route\.yaml:12\)/)
  assert.match(stdout, /1 error, 1 remark found when analyzing 2 objects in 1 file\.\n$/)
})

test('analyze -o json gives the messages as a list', async () => {
  const { stdout } = await analyze(['-o', 'json', '--output-threshold', 'error', 'route.yaml'])
  assert.deepEqual(JSON.parse(stdout), [
    {
      code: 'IST0101',
      level: 'Error',
      resource: 'VirtualService shop/cart',
      message: 'Referenced host not found: "carts"',
      file: 'route.yaml',
      line: 8,
      fix: 'create a Service or ServiceEntry for "carts.shop.svc.cluster.local", or correct the name',
    },
  ])
})

test('analyze leaves out what is suppressed, and exits by the failure threshold', async () => {
  const quiet = await analyze(['-S', 'IST0101=VirtualService *', 'route.yaml'])
  assert.equal(quiet.code, 0)
  const strict = await analyze(['-S', 'IST0101=VirtualService *', '--failure-threshold', 'Info', 'route.yaml'])
  assert.equal(strict.code, 1)
})

test('analyze -n keeps one namespace and what belongs to none', async () => {
  const { code, stdout } = await analyze(['-n', 'other', 'route.yaml'])
  assert.equal(code, 0)
  assert.match(stdout, /^Info \[IST0102\] \(Namespace shop/)
})

test('analyze prints a corrected document after the findings', async () => {
  const { code, stdout } = await analyze(
    ['-'],
    'apiVersion: networking.istio.io/v1\nkind: WorkloadEntry\nmetadata: {name: a}\nspec: {adress: 10.0.0.1}\n',
  )
  assert.equal(code, 1)
  assert.match(stdout, /\[IST0106\].*did you mean "address"/)
  assert.match(stdout, /corrected, WorkloadEntry default\/a of - is valid:\n\napiVersion/)
})

test('analyze says so when there is nothing to say', async () => {
  const { code, stdout } = await analyze(['-'], 'apiVersion: v1\nkind: ServiceAccount\nmetadata: {name: a}\n')
  assert.deepEqual([code, stdout], [0, '✔ No validation issues found when analyzing 1 object in 1 file.\n'])
})

test('analyze -L lists the analyzers', async () => {
  assert.match((await analyze(['-L'])).stdout, /\* gateway\.SecretAnalyzer:\n/)
})

test('analyze refuses flags it cannot follow', async () => {
  for (const args of [
    ['--use-kube=false'],
    ['-S', 'nonsense', '.'],
    ['--analyzer', 'nobody', '.'],
    ['--failure-threshold', 'high', '.'],
  ])
    await assert.rejects(analyze(args), UsageError)
})

test('analyze tells of a patch that changes nothing in the proxies it is for', async () => {
  const filter = (name: string, applyTo: string, match: string) => `
---
apiVersion: networking.istio.io/v1alpha3
kind: EnvoyFilter
metadata: {name: ${name}, namespace: shop}
spec:
  configPatches:
  - {applyTo: ${applyTo}, match: {${match}}, patch: {operation: MERGE, value: {connect_timeout: 3s}}}`
  const mesh = `
apiVersion: v1
kind: Service
metadata: {name: cart, namespace: shop}
spec: {clusterIP: 10.96.0.1, selector: {app: cart}, ports: [{name: http, port: 80}]}
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: cart, namespace: shop}
spec: {selector: {matchLabels: {app: cart}}, template: {metadata: {labels: {app: cart}}, spec: {containers: [{name: cart}]}}}`
  const cart = 'cluster: {service: cart.shop.svc.cluster.local}'
  const text = [mesh, filter('finds', 'CLUSTER', cart), filter('misses', 'CLUSTER', 'cluster: {service: crat.shop}')].join('')
  const { stdout } = await analyze(['-o', 'json', '-'], text)
  const messages: { code: string; resource: string; message: string }[] = JSON.parse(stdout)
  const found = messages.filter(({ code }) => code === 'MZ0013')
  assert.deepEqual(
    found.map(({ resource }) => resource),
    ['EnvoyFilter shop/misses'],
  )
  assert.match(found[0]?.message ?? '', /^configPatches\[0\] changes nothing in any of the proxies that it is for/)
})
