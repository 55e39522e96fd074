/** What explain() says of rate limits, which depend on what came before: it asks the buckets, and takes nothing. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { compile } from '../../compile/mesh.ts'
import { objectsOf, readContents } from '../../source/files/contents.ts'
import { Store } from '../../source/store.ts'
import { proxyNamed } from '../proxies.ts'
import type { Call } from './call.ts'
import { Explainer } from './explain.ts'

const SERVICE = `
apiVersion: v1
kind: Service
metadata: {name: shop}
spec: {selector: {app: shop}, ports: [{name: http, port: 80, targetPort: 8080}]}
---
apiVersion: v1
kind: Pod
metadata: {name: shop-0, labels: {app: shop}}
spec: {containers: [{name: app, image: app}]}
status: {podIP: 10.0.0.1, conditions: [{type: Ready, status: "True"}]}
---
apiVersion: mizzen.dev/v1alpha1
kind: RateLimit
metadata: {name: own}
spec: `

const CALL: Call = {
  mode: 'inbound',
  address: '10.0.0.1',
  port: 8080,
  protocol: 'http',
  tls: 'plaintext',
  sni: '',
  alpn: [],
  host: 'shop',
  path: '/',
  method: 'GET',
  headers: [],
}

async function told(limit: string): Promise<(call?: Partial<Call>) => Promise<(string | number)[]>> {
  const contents = await readContents('limits.yaml', SERVICE + limit, false)
  const store = new Store()
  store.source().publish(objectsOf(contents))
  const { mesh } = compile(store.snapshot().objects)
  const explainer = new Explainer(mesh)
  return async call => {
    const { steps, outcomes } = await explainer.explain(proxyNamed(mesh, 'default/shop-0'), { ...CALL, ...call }, true)
    const texts = steps.filter(({ subject }) => subject === 'rate limit').map(({ text }) => text)
    return [...texts, ...outcomes.map(({ action }) => (action.kind === 'answer' ? action.status : action.kind))]
  }
}

test('explain() names the limit that applies, and takes nothing of it', async () => {
  const ask = await told('{host: shop, rate: 6/m, burst: 1}')
  const answer = ['default.own: 6 each 60 s, 1 at once; allowed, 0 left after it', 'forward']
  assert.deepEqual(await ask(), answer)
  assert.deepEqual(await ask(), answer)
})

test('explain() names a limit only for requests that count', async () => {
  const ask = await told('{host: shop, rate: 5/s, per: [{header: x-user}], shadow: true}')
  assert.deepEqual(await ask(), ['forward'])
  assert.deepEqual(await ask({ headers: [['x-user', 'ada']] }), [
    'default.own: 5 each 1 s, 5 at once; allowed, 4 left after it, counted only',
    'forward',
  ])
})

test('explain() says who counts a shared limit, and what happens when nobody can be asked', async () => {
  const ask = await told('{host: shop, rate: 5/s, scope: Shared, failureMode: Deny}')
  assert.deepEqual(await ask(), [
    'xds-grpc counts "limit=default/own" in mizzen; if it cannot be asked, that is an answer 500',
    'forward',
  ])
})
