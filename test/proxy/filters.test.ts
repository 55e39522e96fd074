/**
 * HTTP filters that are not part of every mesh: mizzen's proxy beside Envoy with the same bootstrap, a listener for each set of filters.
 */
import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import zlib from 'node:zlib'
import type { JsonValue } from '../../src/xds/wire/json.ts'
import { ENVOY_MISSING, envoyBinary } from '../scenarios/engines.ts'
import { type Backend, startBackend } from './backend.ts'
import { bootstrap, cluster, connectionManager, httpFilter, listener, ROUTER } from './bootstrap.ts'
import { type Engine, type EngineName, startEngine } from './engine.ts'
import { exchange, type Response, request } from './exchange.ts'

type Json = { [name: string]: JsonValue }
const TYPE = 'type.googleapis.com/envoy.extensions'
const exact = (name: string, value: string): JsonValue => ({ name, stringMatch: { exact: value } })
const add = (key: string, value: string, appendAction = 'APPEND_IF_EXISTS_OR_ADD'): JsonValue => ({
  append: { header: { key, value }, appendAction },
})
const library = (kind: 'compressor' | 'decompressor', word: string, message: string): Json => ({
  [`${kind}Library`]: { name: word, typedConfig: { '@type': `${TYPE}.compression.${word}.${kind}.v3.${message}` } },
})
const session = (type: string, state: Json, more: Json = {}): JsonValue =>
  httpFilter('envoy.filters.http.stateful_session', 'stateful_session.v3.StatefulSession', {
    sessionState: {
      name: `envoy.http.stateful_session.${type.split('.')[0]}`,
      typedConfig: { '@type': `${TYPE}.http.stateful_session.${type}`, ...state },
    },
    ...more,
  })

/** The filters of a listener, and what its routes say of them. */
interface Chain {
  readonly filters: readonly JsonValue[]
  readonly route?: Json
  /** More of the routes' action. */
  readonly action?: Json
}

const CHAINS: Readonly<Record<string, Chain>> = {
  csrf: {
    filters: [
      httpFilter('envoy.filters.http.csrf', 'csrf.v3.CsrfPolicy', {
        filterEnabled: { defaultValue: { numerator: 100 } },
        additionalOrigins: [{ suffix: '.friend.test' }],
      }),
    ],
  },
  shadow: {
    filters: [
      httpFilter('envoy.filters.http.csrf', 'csrf.v3.CsrfPolicy', {
        filterEnabled: { defaultValue: { numerator: 0 } },
        shadowEnabled: { defaultValue: { numerator: 100 } },
      }),
    ],
  },
  buffer: { filters: [httpFilter('envoy.filters.http.buffer', 'buffer.v3.Buffer', { maxRequestBytes: 10 })] },
  mutation: {
    filters: [
      httpFilter('envoy.filters.http.header_mutation', 'header_mutation.v3.HeaderMutation', {
        mutations: {
          requestMutations: [add('x-a', 'one'), { remove: 'x-gone' }, add('x-method', '%REQ(:METHOD)%')],
          responseMutations: [add('x-from', 'filter', 'OVERWRITE_IF_EXISTS'), add('x-new', 'yes', 'ADD_IF_ABSENT')],
        },
      }),
    ],
    route: {
      'envoy.filters.http.header_mutation': {
        '@type': `${TYPE}.filters.http.header_mutation.v3.HeaderMutationPerRoute`,
        mutations: { requestMutations: [add('x-a', 'two')] },
      },
    },
  },
  health: {
    filters: [
      httpFilter('envoy.filters.http.health_check', 'health_check.v3.HealthCheck', {
        passThroughMode: false,
        headers: [exact(':path', '/healthz')],
      }),
      httpFilter('hc2', 'health_check.v3.HealthCheck', {
        passThroughMode: false,
        headers: [exact(':path', '/dead')],
        clusterMinHealthyPercentages: { empty: { value: 50 } },
      }),
      httpFilter('hc3', 'health_check.v3.HealthCheck', {
        passThroughMode: false,
        headers: [exact(':path', '/well')],
        clusterMinHealthyPercentages: { web: { value: 100 } },
      }),
    ],
  },
  gzip: {
    filters: [
      httpFilter('brotli', 'compressor.v3.Compressor', library('compressor', 'brotli', 'Brotli')),
      httpFilter('gzip', 'compressor.v3.Compressor', library('compressor', 'gzip', 'Gzip')),
    ],
  },
  redirects: {
    filters: [],
    action: {
      internalRedirectPolicy: {
        maxInternalRedirects: 2,
        redirectResponseCodes: [302, 303, 307],
        responseHeadersToCopy: ['x-hint', 'x-other'],
      },
    },
  },
  gunzip: {
    filters: [httpFilter('gunzip', 'decompressor.v3.Decompressor', library('decompressor', 'gzip', 'Gzip'))],
  },
  cookie: {
    filters: [session('cookie.v3.CookieBasedSessionState', { cookie: { name: 'where', path: '/', ttl: '60s' } })],
  },
  header: {
    filters: [session('header.v3.HeaderBasedSessionState', { name: 'x-where' }, { strict: true })],
  },
}

const post = (path: string, headers: Record<string, string>, body = 'a=b') => request('POST', path, headers, body)
const there = encodeURIComponent('http://other.test/there?x=1')
const nested = (times: number): string =>
  times === 0 ? there : encodeURIComponent(`http://other.test/location/302?to=${nested(times - 1)}`)
const gz = zlib.gzipSync(Buffer.from('hello '.repeat(20))).toString('latin1')

const CASES: readonly (readonly [chain: keyof typeof CHAINS, name: string, send: string])[] = [
  ['csrf', 'the same origin passes', post('/', { origin: 'http://shop.test' })],
  ['csrf', 'another origin is refused', post('/', { origin: 'http://evil.test' })],
  ['csrf', 'an allowed origin passes', post('/', { origin: 'https://a.friend.test' })],
  ['csrf', 'the referer counts without an origin', post('/', { referer: 'http://shop.test/page?x' })],
  ['csrf', 'no origin is refused', post('/', {})],
  ['csrf', 'an origin that is no URL', post('/', { origin: 'null' })],
  ['csrf', 'reading is free', request('GET', '/', { origin: 'http://evil.test' })],
  ['csrf', 'another port is another origin', post('/', { origin: 'http://shop.test:81' })],
  ['shadow', 'a shadow refuses nobody', post('/', { origin: 'http://evil.test' })],
  [
    'buffer',
    'a small body goes on whole, with its length',
    'POST /echo HTTP/1.1\r\nhost: a\r\ntransfer-encoding: chunked\r\n\r\n2\r\nhi\r\n3\r\nyou\r\n0\r\n\r\n',
  ],
  ['buffer', 'a large one is refused', post('/', {}, 'x'.repeat(11))],
  ['buffer', 'one that just fits', post('/', {}, 'x'.repeat(10))],
  ['buffer', 'none at all', request('GET', '/')],
  ['mutation', 'requests and responses', request('GET', '/', { 'x-gone': 'a', 'x-a': 'zero' })],
  ['mutation', 'other responses', request('GET', '/status/404')],
  ['health', 'is answered by the proxy', request('GET', '/healthz')],
  ['health', 'of a cluster without hosts', request('GET', '/dead')],
  ['health', 'of a cluster that is well', request('GET', '/well')],
  ['health', 'other requests pass', request('GET', '/status/201')],
  ['gzip', 'nobody asked', request('GET', '/big/1000')],
  ['gzip', 'too small', request('GET', '/big/10', { 'accept-encoding': 'gzip' })],
  ['gzip', 'asked for', request('GET', '/big/1000', { 'accept-encoding': 'gzip' })],
  ['gzip', 'asked for by weight', request('GET', '/big/1000', { 'accept-encoding': 'gzip;q=0.5, br;q=0.9' })],
  ['gzip', 'anything will do', request('GET', '/big/1000', { 'accept-encoding': '*' })],
  ['gzip', 'refused', request('GET', '/big/1000', { 'accept-encoding': 'gzip;q=0' })],
  ['gzip', 'with trailers', request('GET', '/trailers', { 'accept-encoding': 'gzip' })],
  ['gzip', 'HEAD', request('HEAD', '/big/1000', { 'accept-encoding': 'gzip' })],
  ['gunzip', 'a body in gzip', post('/', { 'content-encoding': 'gzip' }, gz)],
  ['gunzip', 'in another coding', post('/', { 'content-encoding': 'br' })],
  ['gunzip', 'no body', request('GET', '/')],
  ['redirects', 'is followed', request('GET', `/location/302?to=${there}`)],
  ['redirects', 'twice', request('GET', `/location/302?to=${encodeURIComponent(`http://other.test/location/307?to=${there}`)}`)],
  ['redirects', 'not three times', request('GET', `/location/302?to=${nested(3)}`)],
  ['redirects', 'not for another status', request('GET', `/location/301?to=${there}`)],
  ['redirects', 'not where no route leads', request('GET', '/location/302?to=http%3A%2F%2Fnowhere.test%2F')],
  ['redirects', 'not to another scheme', request('GET', '/location/302?to=https%3A%2F%2Fother.test%2Fthere')],
  ['redirects', 'not to what is no URL', request('GET', '/location/302?to=%3A%3A%3A')],
  ['redirects', 'with the body', post(`/location/307?to=${there}`, {}, 'again')],
  ['redirects', '303 asks anew', post(`/location/303?to=${there}`, {}, 'gone')],
  ['cookie', 'the first response tells the host', request('GET', '/status/200')],
  ['cookie', 'a cookie that makes no sense', request('GET', '/status/200', { cookie: 'where=abc' })],
  ['header', 'the first response tells the host', request('GET', '/status/200')],
  ['header', 'a host that is gone is not replaced', request('GET', '/status/200', { 'x-where': 'MS4yLjMuNDo1' })],
]

interface Side {
  readonly engine: Engine
  readonly backends: readonly Backend[]
}

const names = Object.keys(CHAINS)

async function startSide(name: EngineName, backends: readonly Backend[], running: AsyncDisposableStack): Promise<Side> {
  const [first, second] = backends.map(backend => backend.http)
  const engine = await startEngine(name, names.length, (ports, admin) =>
    bootstrap(
      admin,
      names.map((chain, i) => {
        const { filters = [], route, action } = CHAINS[chain] ?? {}
        const to = chain === 'cookie' || chain === 'header' ? 'two' : 'web'
        const manager = connectionManager([], {
          httpFilters: [...filters, ROUTER],
          routeConfig: {
            name: 'routes',
            virtualHosts: [
              {
                name: 'all',
                domains: ['shop.test', 'other.test', 'a'],
                routes: [
                  { match: { prefix: '/' }, route: { cluster: to, ...action }, ...(route && { typedPerFilterConfig: route }) },
                ],
              },
            ],
          },
        })
        return listener(chain, ports[i] ?? 0, manager)
      }),
      [cluster('web', [first ?? 0]), cluster('two', [first ?? 0, second ?? 0]), cluster('empty', [])],
    ),
  )
  return { engine: running.use(engine), backends }
}

/** Compressed bytes differ from library to library: what is in them must not. */
function shown(response: Response): unknown {
  const coding = response.headers.find(line => line.startsWith('content-encoding: '))?.slice(18)
  const bytes = Buffer.from(response.body, 'latin1')
  const body = coding === 'gzip' ? zlib.gunzipSync(bytes) : coding === 'br' ? zlib.brotliDecompressSync(bytes) : bytes
  const plain = body.toString('latin1').replace(/[0-9a-f]{8}-[0-9a-f-]{27}/g, '<uuid>')
  const headers = response.headers
    .filter(line => !line.startsWith('x-envoy-upstream-healthchecked-cluster'))
    .map(line => line.replace(/(set-cookie: where=|x-where: ).*?("?;|$)/, '$1<host>$2'))
  // Envoy drops trailers of HTTP/1.1 unless it is told not to, and reads no more of a request that was too large.
  const tooLarge = response.status === 413
  const kept = headers.filter(line => !(tooLarge && line === 'connection: close'))
  return { ...response, headers: kept, body: plain, trailers: [], ...(tooLarge && { end: 'open' }) }
}

const missing = envoyBinary() === undefined && ENVOY_MISSING

describe('more filters, mizzen and Envoy', { concurrency: false }, () => {
  const running = new AsyncDisposableStack()
  let mizzen: Side
  let envoy: Side | undefined
  before(async () => {
    const backends = [running.use(await startBackend()), running.use(await startBackend())]
    mizzen = await startSide('mizzen', backends, running)
    if (!missing) envoy = await startSide('envoy', backends, running)
  })
  after(() => running.disposeAsync())
  const send = ({ engine }: Side, chain: string, text: string) => exchange(engine.ports[names.indexOf(chain)] ?? 0, text)

  for (const [chain, name, text] of CASES) {
    it(`${chain}: ${name}`, async () => {
      const ours = shown(await send(mizzen, chain, text))
      if (envoy) assert.deepEqual(ours, shown(await send(envoy, chain, text)))
    })
  }

  it('a session stays with its host, whichever of the two proxies carries it', async () => {
    for (const [chain, bring] of [
      ['cookie', (response: Response) => ({ cookie: /where=[^;]*/.exec(response.headers.join('\n'))?.[0] ?? '' })],
      ['header', (response: Response) => ({ 'x-where': /x-where: (.*)/.exec(response.headers.join('\n'))?.[1] ?? '' })],
    ] as const) {
      for (const begins of [mizzen, envoy]) {
        if (begins === undefined) continue
        const mine = bring(await send(begins, chain, request('GET', '/status/200')))
        for (const side of [mizzen, envoy]) {
          if (side === undefined) continue
          const before = side.backends.map(backend => backend.seen.length)
          for (let i = 0; i < 6; i++) await send(side, chain, request('GET', '/status/200', mine))
          const served = side.backends.map((backend, i) => backend.seen.length - (before[i] ?? 0))
          assert.deepEqual(served.sort(), [0, 6], `${chain} of ${begins.engine.name} on ${side.engine.name}`)
        }
      }
    }
  })
  it('no error was written by mizzen', () => assert.equal(mizzen.engine.errors(), ''))
})
