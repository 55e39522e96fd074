/**
 * Which outcomes are retried: each condition of retry_on against each outcome, beside Envoy, whose backend counts the attempts.
 */
import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { HeaderList } from '../../src/proxy/http/headers.ts'
import type { RequestHead } from '../../src/proxy/http/stream.ts'
import { compileRetryPolicy, retryPolicyFor } from '../../src/proxy/route/retry-policy.ts'
import { RetryPolicy } from '../../src/xds/gen/envoy/config/route/v3/route_components.ts'
import { type JsonValue, jsonToBytes } from '../../src/xds/wire/json.ts'
import { type Envoy, startEnvoy, withoutEnvoy } from './envoy.ts'
import { askOver, httpListener, startBackend, staticCluster } from './http-listener.ts'

type Fields = Readonly<Record<string, string>>
type Json = { readonly [key: string]: JsonValue }

/** What the backend does: answer, or cut the connection. */
const OUTCOMES: Readonly<Record<string, { readonly status: number; readonly headers: Fields } | 'cut'>> = {
  200: { status: 200, headers: {} },
  404: { status: 404, headers: {} },
  409: { status: 409, headers: {} },
  418: { status: 418, headers: {} },
  429: { status: 429, headers: {} },
  500: { status: 500, headers: {} },
  503: { status: 503, headers: {} },
  505: { status: 505, headers: {} },
  'rate-limited': { status: 503, headers: { 'x-envoy-ratelimited': 'true' } },
  header: { status: 200, headers: { 'x-again': 'please' } },
  'other-header': { status: 200, headers: { 'x-again': 'no' } },
  ...Object.fromEntries(
    [0, 1, 4, 8, 13, 14].map(code => [`grpc-${code}`, { status: 200, headers: { 'grpc-status': String(code) } }]),
  ),
  cut: 'cut',
}

const POLICIES: Readonly<Record<string, Json>> = {
  ...Object.fromEntries(
    [
      '5xx',
      'gateway-error',
      'reset',
      'connect-failure',
      'envoy-ratelimited',
      'retriable-4xx',
      'refused-stream',
      'cancelled',
      'deadline-exceeded',
      'resource-exhausted',
      'internal',
      'unavailable',
      'connect-failure, unavailable ,retriable-4xx',
      'unheard-of',
      '',
    ].map(retryOn => [retryOn || 'nothing', { retryOn }]),
  ),
  'retriable-status-codes': { retryOn: 'retriable-status-codes', retriableStatusCodes: [418, 404] },
  'status codes without the condition': { retryOn: 'gateway-error', retriableStatusCodes: [418] },
  'retriable-headers': {
    retryOn: 'retriable-headers',
    retriableHeaders: [
      { name: 'x-again', stringMatch: { exact: 'please' } },
      { name: ':status', stringMatch: { exact: '429' } },
    ],
  },
}

/** Requests that ask by themselves, over a route without a policy and one with. */
const ASKING: readonly Fields[] = [
  { 'x-envoy-retry-on': '5xx' },
  { 'x-envoy-retry-grpc-on': 'unavailable' },
  { 'x-envoy-retry-on': 'retriable-status-codes', 'x-envoy-retriable-status-codes': '418,429' },
  { 'x-envoy-retry-on': 'retriable-headers', 'x-envoy-retriable-header-names': 'x-again' },
  { 'x-envoy-max-retries': '1' },
]

/** Only clients within the mesh may ask: from others the connection manager takes these headers off before routing. */
const INTERNAL: Json = {
  useRemoteAddress: true,
  internalAddressConfig: { cidrRanges: [{ addressPrefix: '127.0.0.0', prefixLen: 8 }] },
}

function retried(policy: Json | undefined, asking: Fields, name: string): boolean {
  const headers = new HeaderList(Object.entries(asking).flat())
  const head: RequestHead = {
    protocol: 'HTTP/1.1',
    method: 'GET',
    scheme: 'http',
    authority: 'a',
    path: '/',
    headers,
    upgrade: undefined,
  }
  const route = policy && compileRetryPolicy(RetryPolicy.decode(jsonToBytes('envoy.config.route.v3.RetryPolicy', policy)))
  const effective = retryPolicyFor(head, route)
  const outcome = OUTCOMES[name]
  if (!effective || !outcome) return false
  return outcome === 'cut'
    ? effective.retryOnReset('connection-closed', false, true)
    : effective.retryOnResponse(outcome.status, new HeaderList(Object.entries(outcome.headers).flat()))
}

describe('Envoy', { skip: withoutEnvoy }, () => {
  const attempts = new Map<string, number>()
  let backend: Awaited<ReturnType<typeof startBackend>> | undefined
  let envoy: Envoy | undefined

  before(async () => {
    backend = await startBackend((request, response) => {
      const id = String(request.headers['x-id'])
      attempts.set(id, (attempts.get(id) ?? 0) + 1)
      const outcome = OUTCOMES[String(request.headers['x-outcome'])]
      if (outcome === undefined || outcome === 'cut') request.socket.destroy()
      else response.writeHead(outcome.status, { ...outcome.headers }).end()
    })
    const listener = (name: string, retryPolicy: Json | undefined) => {
      const soon = retryPolicy && { ...retryPolicy, retryBackOff: { baseInterval: '0.001s' } }
      const route = { cluster: 'backend', ...(soon ? { retryPolicy: soon } : {}) }
      const routes = [{ match: { prefix: '/' }, route }]
      return httpListener(name, { name: 'r', virtualHosts: [{ name: 'v', domains: ['*'], routes }] }, [], INTERNAL)
    }
    envoy = await startEnvoy({
      listeners: [...Object.entries(POLICIES).map(([name, policy]) => listener(name, policy)), listener('no policy', undefined)],
      clusters: [staticCluster('backend', backend.port)],
    })
  })

  after(async () => {
    await envoy?.stop()
    await backend?.stop()
  })

  async function envoyRetries(listener: string, asking: Fields, outcome: string): Promise<boolean> {
    const id = `${listener}/${JSON.stringify(asking)}/${outcome}`
    await askOver(envoy?.ports.get(listener) ?? 0, { headers: { ...asking, 'x-id': id, 'x-outcome': outcome } })
    return (attempts.get(id) ?? 0) > 1
  }

  async function compare(listener: string, policy: Json | undefined, asking: Fields): Promise<void> {
    const ours: Record<string, boolean> = {}
    const envoys: Record<string, boolean> = {}
    for (const outcome of Object.keys(OUTCOMES)) {
      ours[outcome] = retried(policy, asking, outcome)
      envoys[outcome] = await envoyRetries(listener, asking, outcome)
    }
    assert.deepEqual(ours, envoys)
  }

  for (const [name, policy] of Object.entries(POLICIES))
    test(`retry_on agrees with Envoy: ${name}`, () => compare(name, policy, {}))

  for (const asking of ASKING) {
    test(`retryPolicyFor() agrees with Envoy: ${JSON.stringify(asking)}`, () => compare('no policy', undefined, asking))
    test(`retryPolicyFor() agrees with Envoy: ${JSON.stringify(asking)} over retriable-4xx`, () =>
      compare('retriable-4xx', POLICIES['retriable-4xx'], asking))
  }
})
