/**
 * The shop with its payments service switched to proxyless by one annotation: no proxy stands before it, and purchases, mutual TLS, access
 * policies, topology and metrics are as they were.
 */
import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { after, before, describe, it } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'

const repository = path.resolve(import.meta.dirname, '../..')
const ANNOTATION = 'inject.istio.io/templates: grpc-agent'
const POLICIES = (caller: string) => `
apiVersion: security.istio.io/v1
kind: PeerAuthentication
metadata: {name: default, namespace: shop}
spec: {mtls: {mode: STRICT}}
---
apiVersion: security.istio.io/v1
kind: AuthorizationPolicy
metadata: {name: payments, namespace: shop}
spec:
  selector: {matchLabels: {app: payments}}
  rules:
    - from: [{source: {principals: ["cluster.local/ns/shop/sa/${caller}"]}}]
      to: [{operation: {paths: ["/shop.payments.Payments/*"]}}]
`

interface Edge {
  readonly from: string
  readonly to: string
  readonly protocol: string
  readonly mutualTls: boolean
}

describe('the shop with a proxyless payments service', () => {
  let folder: string
  let shop: string
  let ingress: string
  const mizzen = (...args: readonly string[]) =>
    execFileSync(process.execPath, [path.join(repository, 'dist/mizzen.js'), ...args], {
      cwd: repository,
      encoding: 'utf8',
      timeout: 120_000,
      env: { ...process.env, NO_COLOR: '1', XDG_STATE_HOME: path.join(folder, 'state') },
    })
  const post = async (url: string, body: unknown): Promise<Record<string, unknown>> => {
    const headers = { 'content-type': 'application/json' }
    const answer = await fetch(ingress + url, { method: 'POST', body: JSON.stringify(body), headers })
    return answer.json() as Promise<Record<string, unknown>>
  }
  const purchase = async () => {
    await post('/api/cart', { cart: 'test', product: 'rope' })
    return post('/api/orders', { cart: 'test', currency: 'NOK' })
  }
  /** Buys until the answer is as expected: policies take a moment to arrive. */
  const purchaseUntil = async (key: 'payment' | 'error', pattern: RegExp) => {
    let answer: Record<string, unknown> = {}
    for (let attempt = 0; attempt < 60; attempt++) {
      answer = await purchase()
      if (pattern.test(String(answer[key]))) return
      await delay(250)
    }
    assert.fail(`expected ${key} like ${pattern}, got ${JSON.stringify(answer)}`)
  }

  before(() => {
    mkdirSync(path.join(repository, 'build'), { recursive: true })
    folder = mkdtempSync(path.join(repository, 'build/test-proxyless-'))
    shop = path.join(folder, 'shop')
    cpSync(path.join(repository, 'examples/shop'), shop, { recursive: true })
    const file = path.join(shop, 'payments.yaml')
    const text = readFileSync(file, 'utf8')
    const template = '        version: v1\n    spec:'
    assert(text.includes(template))
    writeFileSync(file, text.replace(template, `        version: v1\n      annotations:\n        ${ANNOTATION}\n    spec:`))
    writeFileSync(path.join(shop, 'policies.yaml'), POLICIES('orders'))
    ingress = /The shop is open: +(http:\S+)/.exec(mizzen('up', shop, '--detach', '--timeout', '100s'))?.[1] ?? ''
  })
  after(() => {
    mizzen('down', shop)
    rmSync(folder, { recursive: true, force: true })
  })

  it('has no proxy for payments', () => {
    const { workloads } = JSON.parse(mizzen('ps', shop, '-o', 'json'))
    const payments = workloads.find(({ name }: { name: string }) => name === 'payments-0')
    assert.deepEqual([payments.engine, payments.ready], ['grpc', true])
  })

  it('sells: the sidecar of orders reaches payments by mutual TLS', () => purchaseUntil('payment', /^pay-\d+$/))

  it('refuses whom the policy does not name, and whom it names again', async () => {
    writeFileSync(path.join(shop, 'policies.yaml'), POLICIES('nobody'))
    await purchaseUntil('error', /PERMISSION_DENIED/)
    writeFileSync(path.join(shop, 'policies.yaml'), POLICIES('orders'))
    await purchaseUntil('payment', /^pay-\d+$/)
  })

  it('shows the connection from orders to payments, as gRPC under mutual TLS', async () => {
    for (let attempt = 0; ; attempt++) {
      const { edges }: { edges: readonly Edge[] } = JSON.parse(mizzen('graph', shop, '-o', 'json'))
      const edge = edges.find(({ from, to }) => from.includes('/orders.') && to.includes('/payments.'))
      if (edge?.protocol === 'grpc' && edge.mutualTls) return
      if (attempt === 20) assert.fail(JSON.stringify(edges))
      await purchase()
      await delay(500)
    }
  })
})
