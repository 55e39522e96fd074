/** CORS policies answer preflights and change responses as Envoy's filter does. */
import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { compileCors } from '../../src/proxy/filters/cors-policy.ts'
import { HeaderList } from '../../src/proxy/http/headers.ts'
import { CorsPolicy } from '../../src/xds/gen/envoy/extensions/filters/http/cors/v3/cors.ts'
import { type JsonValue, jsonToBytes } from '../../src/xds/wire/json.ts'
import { type Envoy, startEnvoy, withoutEnvoy } from './envoy.ts'
import { askOver, httpListener, startBackend, staticCluster } from './http-listener.ts'

const TYPE = 'envoy.extensions.filters.http.cors.v3.CorsPolicy'
const FULL = {
  allowOriginStringMatch: [{ exact: 'http://a.example' }, { safeRegex: { regex: 'https://.*\\.b\\.example' } }],
  allowMethods: 'GET, PUT',
  allowHeaders: 'x-one, x-two',
  exposeHeaders: 'x-seen',
  maxAge: '600',
  allowCredentials: true,
  allowPrivateNetworkAccess: true,
}
const never = { defaultValue: { numerator: 0, denominator: 'HUNDRED' } }
const POLICIES: Readonly<Record<string, { [key: string]: JsonValue }>> = {
  full: FULL,
  'no forwarding of others': { ...FULL, forwardNotMatchingPreflights: false },
  'any origin': { allowOriginStringMatch: [{ exact: '*' }] },
  'nobody listed': {},
  'all methods and headers': { allowOriginStringMatch: [{ exact: '*' }], allowMethods: '*', allowHeaders: '*' },
  'all methods and headers, with credentials': {
    allowOriginStringMatch: [{ exact: '*' }],
    allowMethods: '*',
    allowHeaders: '*',
    exposeHeaders: '*',
    allowCredentials: true,
  },
  'switched off': { ...FULL, filterEnabled: never },
}

type Headers = Readonly<Record<string, string>>
const from = (origin: string, more: Headers = {}): Headers => ({ origin, ...more })
const asking: Headers = { 'access-control-request-method': 'PUT' }
const REQUESTS: readonly (readonly [method: string, headers: Headers])[] = [
  ['GET', {}],
  ['GET', from('http://a.example')],
  ['GET', from('https://x.b.example')],
  ['GET', from('http://evil.example')],
  ['GET', from('http://a.example', asking)],
  ['OPTIONS', {}],
  ['OPTIONS', from('http://a.example')],
  ['OPTIONS', from('http://a.example', asking)],
  ['OPTIONS', from('http://a.example', { ...asking, 'access-control-request-headers': 'x-one, x-two' })],
  ['OPTIONS', from('http://a.example', { ...asking, 'access-control-request-private-network': 'true' })],
  ['OPTIONS', from('http://evil.example', asking)],
  ['OPTIONS', from('http://evil.example', { ...asking, 'access-control-request-private-network': 'true' })],
  ['OPTIONS', asking],
]

/** What the client sees: whether the backend was asked, and the CORS headers. */
interface Seen {
  readonly forwarded: boolean
  readonly status: number
  readonly headers: Headers
}

const BACKEND_HEADERS: Headers = { 'access-control-allow-origin': 'backend', 'access-control-expose-headers': 'backend' }

function ours(policy: JsonValue, method: string, headers: Headers): Seen {
  const cors = compileCors(CorsPolicy.decode(jsonToBytes(TYPE, policy)))
  const head = {
    protocol: 'HTTP/1.1',
    method,
    scheme: 'http',
    authority: 'shop.example',
    path: '/',
    headers: new HeaderList(Object.entries(headers).flat()),
    upgrade: undefined,
  } as const
  const verdict = cors.onRequest(head, () => 0.5)
  const answer = verdict.kind === 'answer' ? verdict.headers : new HeaderList(Object.entries(BACKEND_HEADERS).flat())
  if (verdict.kind === 'allow') cors.applyTo(answer, verdict.origin)
  const shown: Record<string, string> = {}
  answer.forEach((name, value) => {
    shown[name] = value
  })
  return { forwarded: verdict.kind !== 'answer', status: 200, headers: shown }
}

describe('Envoy', { skip: withoutEnvoy }, () => {
  let backend: Awaited<ReturnType<typeof startBackend>> | undefined
  let envoy: Envoy | undefined

  before(async () => {
    backend = await startBackend((_, response) => response.writeHead(200, { ...BACKEND_HEADERS, 'x-backend': 'yes' }).end())
    const listeners = Object.entries(POLICIES).map(([name, policy]) =>
      httpListener(
        name,
        {
          name: 'r',
          virtualHosts: [
            {
              name: 'v',
              domains: ['*'],
              routes: [
                {
                  match: { prefix: '/' },
                  route: { cluster: 'backend' },
                  typedPerFilterConfig: { 'envoy.filters.http.cors': { '@type': `type.googleapis.com/${TYPE}`, ...policy } },
                },
              ],
            },
          ],
        },
        [['envoy.filters.http.cors', 'envoy.extensions.filters.http.cors.v3.Cors', {}]],
      ),
    )
    envoy = await startEnvoy({ listeners, clusters: [staticCluster('backend', backend.port)] })
  })

  after(async () => {
    await envoy?.stop()
    await backend?.stop()
  })

  for (const [name, policy] of Object.entries(POLICIES))
    for (const [method, headers] of REQUESTS)
      test(`compileCors() agrees with Envoy: ${name}: ${method} ${JSON.stringify(headers)}`, async () => {
        const answer = await askOver(envoy?.ports.get(name) ?? 0, { method, headers })
        const shown = Object.entries(answer.headers).filter(([header]) => header.startsWith('access-control-'))
        assert.deepEqual(ours(policy, method, headers), {
          forwarded: answer.headers['x-backend'] === 'yes',
          status: answer.status,
          headers: Object.fromEntries(shown),
        })
      })
})
