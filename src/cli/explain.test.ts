import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { PassThrough, Readable } from 'node:stream'
import { text as textOf } from 'node:stream/consumers'
import { after, test } from 'node:test'
import { run } from './explain.ts'

const cwd = mkdtempSync(path.join(tmpdir(), 'mizzen-explain-'))
after(() => rmSync(cwd, { recursive: true }))

writeFileSync(
  path.join(cwd, 'mesh.yaml'),
  `apiVersion: v1
kind: Service
metadata: {name: cart, namespace: shop}
spec: {clusterIP: 10.96.0.1, selector: {app: cart}, ports: [{name: http, port: 80, targetPort: 8080}]}
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: cart, namespace: shop}
spec:
  selector: {matchLabels: {app: cart}}
  template: {metadata: {labels: {app: cart}}, spec: {containers: [{name: cart}]}}
---
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: {name: cart, namespace: shop}
spec: {hosts: [cart], http: [{match: [{uri: {prefix: /old}}], directResponse: {status: 410}}, {route: [{destination: {host: cart}}]}]}
`,
)
writeFileSync(path.join(cwd, 'proxy.yaml'), 'type: sidecar\nnamespace: shop\nname: elsewhere\nips: ["10.0.0.9"]\n')
const CALL = { mode: 'outbound', address: '10.96.0.1', port: 80, protocol: 'http', host: 'cart.shop', path: '/' }
const PROXY = { type: 'sidecar', namespace: 'shop', name: 'client' }
writeFileSync(
  path.join(cwd, 'calls.json'),
  JSON.stringify([
    { proxy: PROXY, call: CALL },
    { proxy: PROXY, call: { ...CALL, path: '/old' } },
  ]),
)

async function explain(...args: readonly string[]): Promise<string> {
  const [stdout, stderr] = [new PassThrough(), new PassThrough()]
  assert.equal(await run(['mesh.yaml', ...args], { stdin: Readable.from(['']), stdout, stderr, env: {}, cwd }), 0)
  stdout.end()
  return textOf(stdout)
}

test('explain follows a request from a Deployment to the pod that answers it', async () => {
  const told = await explain('--from', 'shop/cart', '--to', 'http://cart/')
  assert.match(told, /outbound\|80\|\|cart\.shop\.svc\.cluster\.local/)
  assert.match(told, /mesh\.yaml:16 {2}VirtualService shop\/cart http\[1\]/)
})

test('explain takes a described proxy in the place of a workload', async () => {
  const told = await explain('--proxy', 'proxy.yaml', '--to', 'http://cart/old', '-o', 'json', '--service-range', '10.96.0.0/12')
  const answer: { error: null; action: { status: number } } = JSON.parse(told)
  assert.equal(answer.error, null)
  assert.equal(answer.action.status, 410)
})

test('explain answers a list of calls in their order, as JSON and as text', async () => {
  const answers: { cluster?: string; action: { kind: string } }[] = JSON.parse(await explain('--calls', 'calls.json'))
  assert.deepEqual(
    answers.map(({ action }) => action.kind),
    ['forward', 'answer'],
  )
  const told = await explain('--calls', 'calls.json', '-o', 'text')
  assert.match(told, /^shop\/client: GET cart\.shop\/\n.*\nshop\/client: GET cart\.shop\/old\n/s)
})
