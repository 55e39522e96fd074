import assert from 'node:assert/strict'
import { PassThrough, Readable } from 'node:stream'
import { text } from 'node:stream/consumers'
import { test } from 'node:test'
import { parseAllDocuments } from 'yaml'
import { main } from './main.ts'

const FILES = `
apiVersion: gateway.networking.k8s.io/v1
kind: Gateway
metadata: {name: edge, namespace: shop}
spec:
  gatewayClassName: mizzen
  listeners: [{name: web, port: 80, protocol: HTTP}]
---
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata: {name: cart, namespace: shop}
spec:
  parentRefs: [{name: edge, sectionName: web}]
  rules: [{backendRefs: [{name: cart, port: 80}]}]
`

async function gatewayStatus(input: string, ...args: readonly string[]) {
  const [stdout, stderr] = [new PassThrough(), new PassThrough()]
  const io = { stdin: Readable.from([input]), stdout, stderr, env: {}, cwd: process.cwd() }
  const code = await main(['gateway-status', ...args], io)
  stdout.end()
  stderr.end()
  return { code, stdout: await text(stdout), stderr: await text(stderr) }
}

test('mizzen gateway-status prints a line for each object, listener and parent', async () => {
  const { code, stdout } = await gatewayStatus(FILES, '-')
  assert.equal(code, 0)
  const words = stdout
    .trimEnd()
    .split('\n')
    .map(line => line.split(/ {2,}/))
  assert.deepEqual(words, [
    ['OBJECT', 'PART', 'ACCEPTED', 'PROGRAMMED', 'REFS', 'ABOUT'],
    ['Gateway shop/edge', 'True', 'False (AddressNotUsable)', 'True'],
    ['Gateway shop/edge', 'listener web', 'True', 'True', 'True', 'routes: 1'],
    ['HTTPRoute shop/cart', 'parent edge/web', 'True', '-', 'False (BackendNotFound)'],
  ])
})

test('mizzen gateway-status -o wide says why', async () => {
  const { stdout } = await gatewayStatus(FILES, '-', '-o', 'wide')
  assert.match(stdout, /there is no Service "shop\/cart"/)
})

for (const format of ['yaml', 'json']) {
  test(`mizzen gateway-status -o ${format} prints whole statuses`, async () => {
    const { stdout, stderr } = await gatewayStatus(FILES, '-', '-o', format)
    const objects: unknown[] = format === 'json' ? JSON.parse(stdout) : parseAllDocuments(stdout).map(document => document.toJS())
    assert.equal(objects.length, 2)
    const [, route] = objects
    assert.partialDeepStrictEqual(route, {
      apiVersion: 'gateway.networking.k8s.io/v1',
      kind: 'HTTPRoute',
      metadata: { name: 'cart', namespace: 'shop' },
      status: { parents: [{ parentRef: { name: 'edge', sectionName: 'web' }, controllerName: 'mizzen.dev/gateway-controller' }] },
    })
    assert.match(stderr, /there is no Service "shop\/cart"/)
  })
}

test('mizzen gateway-status says so when there is nothing to say', async () => {
  const { code, stdout, stderr } = await gatewayStatus('{apiVersion: v1, kind: Namespace, metadata: {name: shop}}', '-')
  assert.deepEqual([code, stdout], [0, ''])
  assert.match(stderr, /no object of the Gateway API/)
  assert.equal((await gatewayStatus('')).code, 2)
})
