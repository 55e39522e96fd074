/**
 * HTTP/1.1 between two of mizzen's sidecars on shared connections: what client and application see is what they see without sharing, and
 * Envoy on the other side takes part as ever.
 */
import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { ENVOY_MISSING, envoyBinary } from '../scenarios/engines.ts'
import { type Backend, startBackend } from './backend.ts'
import { exchange, type Response, request, Wire } from './exchange.ts'
import { HTTP_CASES } from './http-cases.ts'
import { type SidecarPair, startPair } from './sidecar-pair.ts'

const APART = `apiVersion: v1
kind: ConfigMap
metadata: {name: istio, namespace: istio-system}
data:
  mesh: |
    defaultConfig: {proxyMetadata: {MIZZEN_SHARE_CONNECTIONS: "false"}}`

const LIMITED = `apiVersion: networking.istio.io/v1
kind: DestinationRule
metadata: {name: echo, namespace: default}
spec: {host: echo, trafficPolicy: {connectionPool: {tcp: {maxConnections: 10}}}}`

interface Side {
  readonly backend: Backend
  readonly pair: SidecarPair
}

/** Besides those of the table: what could get lost on the way through HTTP/2. */
const CASES: readonly { readonly name: string; readonly send: string }[] = [
  ...HTTP_CASES.map(({ name, send }) => ({ name, send: send.replace('host: shop.test', 'host: echo') })),
  { name: 'trailers of the answer', send: request('GET', '/trailers', { host: 'echo', te: 'trailers' }) },
  { name: 'an application that ends in the middle', send: request('GET', '/half', { host: 'echo' }) },
  { name: 'an application that resets', send: request('POST', '/reset', { host: 'echo' }, 'once') },
  { name: 'early hints', send: request('GET', '/hints', { host: 'echo' }) },
  { name: 'no content', send: request('GET', '/empty', { host: 'echo' }) },
  { name: 'an answer before the request has ended', send: request('POST', '/early', { host: 'echo' }, 'x'.repeat(100_000)) },
  { name: 'a body of 3 MB', send: request('GET', '/big/3000000', { host: 'echo' }) },
  {
    name: 'an upgrade that is refused',
    send: request('GET', '/no-upgrade', { host: 'echo', connection: 'upgrade', upgrade: 'websocket', 'sec-websocket-key': 'a' }),
  },
]

describe('shared connections', () => {
  const running = new AsyncDisposableStack()
  let shared: Side
  let apart: Side
  const start = async (objects: string, service: 'mizzen' | 'envoy' = 'mizzen'): Promise<Side> => {
    const backend = running.use(await startBackend())
    const pair = running.use(await startPair({ client: 'mizzen', service, application: backend.http, objects }))
    return { backend, pair }
  }
  before(async () => {
    shared = await start('')
    apart = await start(APART)
  })
  after(() => running.disposeAsync())

  for (const { name, send } of CASES)
    it(`is not seen: ${name}`, async () => {
      assert.deepEqual(comparable(await exchange(shared.pair.port, send)), comparable(await exchange(apart.pair.port, send)))
    })

  it('is not seen by a WebSocket, which has a connection of its own', async () => {
    const send = request('GET', '/socket', {
      host: 'echo',
      connection: 'upgrade',
      upgrade: 'websocket',
      'sec-websocket-key': 'a',
      'sec-websocket-version': '13',
    })
    const wire = new Wire(shared.pair.port)
    wire.send(send)
    assert.equal((await wire.response(false)).status, 101)
    wire.send('hello')
    assert.equal(await wire.bytes(5), 'HELLO')
    wire.close()
  })

  it('has one connection for 40 requests at a time; without sharing there are as many as requests', async () => {
    await burst(shared, 40)
    await burst(apart, 40)
    const few = await connections(shared.pair)
    const many = await connections(apart.pair)
    // One more for each kind of upgrade above.
    assert.ok(few.http2 === 1 && few.http1 <= 3, JSON.stringify(few))
    assert.ok(many.http2 === 0 && many.http1 >= 40, JSON.stringify(many))
  })

  it('opens a second connection for more than 100 requests at a time', async () => {
    await burst(shared, 150)
    const { http2 } = await connections(shared.pair)
    assert.equal(http2, 2)
  })

  it('leaves alone what a rule says of connections', async () => {
    const limited = await start(LIMITED)
    await burst(limited, 10)
    const { http1, http2 } = await connections(limited.pair)
    assert.ok(http2 === 0 && http1 >= 5 && http1 <= 10, JSON.stringify({ http1, http2 }))
  })

  it('is no matter to an Envoy, which has not heard of it', { skip: envoyBinary() ? false : ENVOY_MISSING }, async () => {
    const mixed = await start('', 'envoy')
    await burst(mixed, 20)
    const { http1, http2 } = await connections(mixed.pair)
    assert.ok(http2 === 0 && http1 >= 20, JSON.stringify({ http1, http2 }))
  })
})

/** Each is answered, with its own answer. */
async function burst({ pair }: Side, count: number): Promise<void> {
  const answers = await Promise.all(
    Array.from({ length: count }, (_, i) =>
      exchange(pair.port, request('GET', '/slow/200', { host: 'echo', 'x-number': `${i}` })),
    ),
  )
  assert.deepEqual([...new Set(answers.map(answer => answer.status))], [200])
}

async function connections({ client }: SidecarPair): Promise<{ http1: number; http2: number }> {
  const text = await (await fetch(`http://127.0.0.1:${client.admin}/stats?filter=echo.*upstream_cx_http`)).text()
  const of = (name: string) =>
    Number(new RegExp(`outbound\\|80\\|\\|echo\\.[^:]*\\.upstream_cx_${name}_total: (\\d+)`).exec(text)?.[1] ?? 0)
  return { http1: of('http1'), http2: of('http2') }
}

/** Request ids and ports differ by nature. */
function comparable(response: Response): Response {
  const plain = (text: string) =>
    text
      .replace(/[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/g, '<uuid>')
      .replace(/Hash=[0-9a-f]{64}/g, 'Hash=<hash>')
  return { ...response, body: plain(response.body), headers: response.headers.map(plain) }
}
