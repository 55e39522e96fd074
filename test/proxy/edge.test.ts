/**
 * A connection manager at the edge of a mesh, with everything switched on that the other tests leave alone; mizzen and Envoy alike.
 */
import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import type { JsonValue } from '../../src/xds/wire/json.ts'
import { ENVOY_MISSING, envoyBinary } from '../scenarios/engines.ts'
import { type Backend, startBackend } from './backend.ts'
import { bootstrap, cluster, connectionManager, listener } from './bootstrap.ts'
import { type Engine, type EngineName, startEngine } from './engine.ts'
import { exchange, type Response, request, Wire } from './exchange.ts'

type Json = { [name: string]: JsonValue }

const toWeb: JsonValue = [
  { match: { prefix: '/slow' }, route: { cluster: 'web', timeout: '0s' } },
  { match: { prefix: '/' }, route: { cluster: 'web' } },
]

/** Each on a port of its own. */
const MANAGERS: Readonly<Record<string, Json>> = {
  edge: {
    useRemoteAddress: true,
    normalizePath: true,
    mergeSlashes: true,
    pathWithEscapedSlashesAction: 'UNESCAPE_AND_REDIRECT',
  },
  hops: { useRemoteAddress: true, xffNumTrustedHops: 1, appendXForwardedPort: true, skipXffAppend: true },
  inner: {
    xffNumTrustedHops: 1,
    internalAddressConfig: { cidrRanges: [{ addressPrefix: '10.0.0.0', prefixLen: 8 }] },
    via: 'mesh',
    serverName: 'me',
    serverHeaderTransformation: 'APPEND_IF_ABSENT',
    alwaysSetRequestIdInResponse: true,
  },
  plain: {
    serverHeaderTransformation: 'PASS_THROUGH',
    generateRequestId: false,
    stripAnyHostPort: true,
    stripTrailingHostDot: true,
    httpProtocolOptions: { acceptHttp10: true, defaultHostForHttp10: 'default.test' },
    pathWithEscapedSlashesAction: 'REJECT_REQUEST',
    forwardClientCertDetails: 'ALWAYS_FORWARD_ONLY',
  },
  strict: {
    streamIdleTimeout: '0.15s',
    requestTimeout: '0.1s',
    stripMatchingHostPort: true,
    commonHttpProtocolOptions: { maxRequestsPerConnection: 2 },
    pathWithEscapedSlashesAction: 'UNESCAPE_AND_FORWARD',
    normalizePath: true,
  },
  short: { streamIdleTimeout: '0s', commonHttpProtocolOptions: { maxStreamDuration: '0.15s' } },
}

interface EdgeCase {
  readonly manager: keyof typeof MANAGERS
  readonly name: string
  readonly send: string
}

const CASES: readonly EdgeCase[] = [
  { manager: 'edge', name: 'a client of ours', send: request('GET', '/echo', { 'x-envoy-max-retries': '1' }) },
  {
    manager: 'edge',
    name: 'x-forwarded-for and -proto of a stranger',
    send: request('GET', '/echo', { 'x-forwarded-for': '1.2.3.4', 'x-forwarded-proto': 'https' }),
  },
  {
    manager: 'edge',
    name: 'a request id of a stranger',
    send: request('GET', '/echo', { 'x-request-id': 'forged', 'x-envoy-internal': 'true' }),
  },
  { manager: 'edge', name: 'slashes to merge', send: request('GET', '//echo///a?b=//') },
  { manager: 'edge', name: 'escaped slashes to redirect', send: request('GET', '/a%2Fb%5cc?d=%2f') },
  {
    manager: 'edge',
    name: 'a client certificate of a stranger',
    send: request('GET', '/echo', { 'x-forwarded-client-cert': 'By=x' }),
  },
  {
    manager: 'hops',
    name: 'a trusted hop',
    send: request('GET', '/echo', { 'x-forwarded-for': '1.2.3.4, 10.0.0.1', 'x-forwarded-proto': 'https' }),
  },
  { manager: 'hops', name: 'no hop', send: request('GET', '/echo') },
  {
    manager: 'inner',
    name: 'an internal client',
    send: request('GET', '/echo', { 'x-forwarded-for': '10.1.1.1', 'x-envoy-max-retries': '1', 'x-request-id': 'kept' }),
  },
  {
    manager: 'inner',
    name: 'an external client',
    send: request('GET', '/echo', { 'x-forwarded-for': '1.1.1.1', 'x-envoy-max-retries': '1', via: '1.1 other' }),
  },
  { manager: 'inner', name: 'addresses that are none', send: request('GET', '/echo', { 'x-forwarded-for': 'a, b' }) },
  { manager: 'plain', name: 'a host with port and dot', send: request('GET', '/echo', { host: 'shop.test.:8080' }) },
  { manager: 'plain', name: 'an IPv6 host', send: request('GET', '/echo', { host: '[::1]:80' }) },
  { manager: 'plain', name: 'HTTP/1.0 without host', send: 'GET /echo HTTP/1.0\r\n\r\n' },
  { manager: 'plain', name: 'HTTP/1.0 kept alive', send: 'GET /echo HTTP/1.0\r\nhost: a\r\nconnection: keep-alive\r\n\r\n' },
  { manager: 'plain', name: 'escaped slashes to reject', send: request('GET', '/a%2fb') },
  {
    manager: 'plain',
    name: 'a client certificate that is forwarded',
    send: request('GET', '/echo', { 'x-forwarded-client-cert': 'By=x' }),
  },
  { manager: 'plain', name: 'a dot segment that stays', send: request('GET', '/a/../b') },
  { manager: 'strict', name: 'escaped slashes to forward', send: request('GET', '/a%2F..%5c%2fecho') },
  { manager: 'strict', name: 'a slow upstream', send: request('GET', '/slow/1000') },
  { manager: 'strict', name: 'a slow client', send: request('POST', '/echo', { 'content-length': '5' }) },
  { manager: 'short', name: 'a stream that lives too long', send: request('GET', '/slow/1000') },
]

const NAMES = Object.keys(MANAGERS)

async function start(name: EngineName, running: AsyncDisposableStack): Promise<{ engine: Engine; backend: Backend }> {
  const backend = running.use(await startBackend())
  const engine = await startEngine(name, NAMES.length, (ports, admin) =>
    bootstrap(
      admin,
      NAMES.map((manager, i) => {
        return listener(manager, ports[i] ?? 0, connectionManager(toWeb, { accessLog: [], ...MANAGERS[manager] }))
      }),
      [cluster('web', [backend.http])],
    ),
  )
  return { engine: running.use(engine), backend }
}

/** Request ids differ, and so do the ports of the two. */
function comparable(response: Response): unknown {
  const text = JSON.stringify(response)
  return JSON.parse(
    text
      .replace(/[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}/g, '<uuid>')
      .replace(/x-forwarded-port: \d+/, 'x-forwarded-port: <port>'),
  )
}

describe('connection managers of mizzen and Envoy', { skip: envoyBinary() ? false : ENVOY_MISSING }, () => {
  const running = new AsyncDisposableStack()
  let mizzen: Engine
  let envoy: Engine
  before(async () => {
    mizzen = (await start('mizzen', running)).engine
    envoy = (await start('envoy', running)).engine
  })
  after(() => running.disposeAsync())

  for (const { manager, name, send } of CASES) {
    it(`${manager}: ${name}`, async () => {
      const port = (engine: Engine) => engine.ports[NAMES.indexOf(String(manager))] ?? 0
      const [ours, theirs] = await Promise.all([mizzen, envoy].map(engine => exchange(port(engine), send)))
      assert.ok(ours && theirs)
      assert.deepEqual(comparable(ours), comparable(theirs))
    })
  }

  it('a head that does not end is given up', async () => {
    for (const engine of [mizzen, envoy]) {
      const wire = new Wire(engine.ports[NAMES.indexOf('strict')] ?? 0)
      wire.send('GET /echo HTTP/1.1\r\nhost: shop.test\r\nx-slow: ')
      const answer = await wire.response(false)
      assert.equal(answer.status, 408, engine.name)
      assert.equal(answer.end, 'closed', engine.name)
    }
  })

  it('the last request that a connection may have says so', async () => {
    for (const engine of [mizzen, envoy]) {
      const wire = new Wire(engine.ports[NAMES.indexOf('strict')] ?? 0)
      wire.send(request('GET', '/echo'))
      assert.equal((await wire.response(false)).end, 'open')
      wire.send(request('GET', '/echo'))
      assert.equal((await wire.response(false)).end, 'closed', engine.name)
    }
  })

  it('no error was written by mizzen', () => assert.equal(mizzen.errors(), ''))
})
