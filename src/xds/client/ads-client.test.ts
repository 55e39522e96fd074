/** The client among servers that are not ours: a gRPC library's, broken ones, and none. */
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer, type Http2Server, type ServerHttp2Stream } from 'node:http2'
import { createServer as createTcpServer } from 'node:net'
import { afterEach, describe, test } from 'node:test'
import { type handleBidiStreamingCall, Server, ServerCredentials, type ServerDuplexStream } from '@grpc/grpc-js'
import { within } from '../../../test/xds/event-log.ts'
import { cluster } from '../../../test/xds/resources.ts'
import { ManualClock } from '../../lib/clock.ts'
import { Node } from '../gen/envoy/config/core/v3/base.ts'
import {
  DeltaDiscoveryRequest,
  DeltaDiscoveryResponse,
  DiscoveryRequest,
  DiscoveryResponse,
} from '../gen/envoy/service/discovery/v3/discovery.ts'
import { CLUSTER } from '../wire/type-url.ts'
import { AdsClient } from './ads-client.ts'
import type { ConnectionState, ServerAddress, Update } from './client.ts'
import { frame } from './message-reader.ts'

const cleanUps: (() => void)[] = []
afterEach(() => {
  for (const cleanUp of cleanUps.splice(0)) cleanUp()
})

/** Collects what happens, to be awaited one by one. */
class Queue<T> {
  readonly #items: T[] = []
  readonly #waiting: ((item: T) => void)[] = []

  readonly push = (item: T): void => {
    const next = this.#waiting.shift()
    if (next) next(item)
    else this.#items.push(item)
  }

  take(what: string): Promise<T> {
    const [item] = this.#items.splice(0, 1)
    return item === undefined ? within(new Promise<T>(resolve => this.#waiting.push(resolve)), what) : Promise.resolve(item)
  }
}

function startClient(address: ServerAddress, protocol: 'delta' | 'sotw' = 'delta', clock?: ManualClock, random?: () => number) {
  const updates = new Queue<Update>()
  const states = new Queue<ConnectionState>()
  const client = new AdsClient(
    {
      address,
      protocol,
      node: Node.fromPartial({ id: 'n' }),
      maxMessageBytes: 1000,
      onConnection: states.push,
      apply(_type, update) {
        updates.push(update)
        return undefined
      },
    },
    { ...(clock && { clock }), ...(random && { random }) },
  )
  cleanUps.push(() => client.close())
  client.subscribe(CLUSTER, ['*'])
  client.start()
  return { client, updates, states }
}

describe('a server of the gRPC library', () => {
  async function serve<Request, Response>(
    method: string,
    decode: (bytes: Buffer) => Request,
    encode: (response: Response) => Uint8Array,
    handle: (call: ServerDuplexStream<Request, Response>) => void,
  ): Promise<ServerAddress> {
    const server = new Server()
    const path = `/envoy.service.discovery.v3.AggregatedDiscoveryService/${method}`
    const definition = {
      path,
      requestStream: true,
      responseStream: true,
      requestSerialize: () => Buffer.alloc(0),
      requestDeserialize: decode,
      responseSerialize: (response: Response) => Buffer.from(encode(response)),
      responseDeserialize: () => undefined,
    }
    const implementation: handleBidiStreamingCall<Request, Response> = handle
    server.addService({ [method]: definition }, { [method]: implementation })
    cleanUps.push(() => server.forceShutdown())
    const port = await new Promise<number>((resolve, reject) => {
      server.bindAsync('127.0.0.1:0', ServerCredentials.createInsecure(), (error, port) =>
        error ? reject(error) : resolve(port),
      )
    })
    return { host: '127.0.0.1', port }
  }

  test('AdsClient (delta) subscribes, applies, acknowledges, and applies the next', async () => {
    const requests = new Queue<DeltaDiscoveryRequest>()
    let call: ServerDuplexStream<DeltaDiscoveryRequest, DeltaDiscoveryResponse> | undefined
    const address = await serve(
      'DeltaAggregatedResources',
      bytes => DeltaDiscoveryRequest.decode(bytes),
      (response: DeltaDiscoveryResponse) => DeltaDiscoveryResponse.encode(response).finish(),
      stream => {
        call = stream
        stream.on('data', requests.push)
      },
    )
    const { updates } = startClient(address)
    const first = await requests.take('the subscription')
    assert.equal(first.node?.id, 'n')
    for (const version of ['1', '2']) {
      const resource = { typeUrl: CLUSTER, value: cluster('a').bytes }
      call?.write(
        DeltaDiscoveryResponse.fromPartial({ typeUrl: CLUSTER, nonce: version, resources: [{ name: 'a', version, resource }] }),
      )
      assert.deepEqual(
        (await updates.take('the update')).updated.map(({ name, version }) => `${name}@${version}`),
        [`a@${version}`],
      )
      assert.equal((await requests.take('the acknowledgement')).responseNonce, version)
    }
  })

  test('AdsClient (sotw) subscribes, applies and acknowledges', async () => {
    const requests = new Queue<DiscoveryRequest>()
    const address = await serve(
      'StreamAggregatedResources',
      bytes => DiscoveryRequest.decode(bytes),
      (response: DiscoveryResponse) => DiscoveryResponse.encode(response).finish(),
      stream => {
        stream.on('data', requests.push)
        const resources = [{ typeUrl: CLUSTER, value: cluster('a').bytes }]
        stream.write(DiscoveryResponse.fromPartial({ typeUrl: CLUSTER, nonce: 'x', versionInfo: '7', resources }))
      },
    )
    const { updates } = startClient(address, 'sotw')
    await requests.take('the subscription')
    assert.deepEqual(
      (await updates.take('the update')).updated.map(({ name }) => name),
      ['a'],
    )
    const { responseNonce, versionInfo } = await requests.take('the acknowledgement')
    assert.deepEqual([responseNonce, versionInfo], ['x', '7'])
  })
})

describe('a server that is broken', () => {
  async function serve(handle: (stream: ServerHttp2Stream) => void): Promise<ServerAddress> {
    const server: Http2Server = createServer()
    server.on('stream', stream => {
      stream.on('error', () => {})
      handle(stream)
    })
    server.on('sessionError', () => {})
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    cleanUps.push(() => server.close())
    const address = server.address()
    assert(typeof address === 'object' && address)
    return { host: '127.0.0.1', port: address.port }
  }

  const head = { ':status': 200, 'content-type': 'application/grpc' }
  for (const [what, expected, handle] of [
    ['answers with another HTTP status', /HTTP status 404/, stream => stream.respond({ ':status': 404 })],
    [
      'refuses the call',
      /gRPC status 12: no such method: é/,
      stream => stream.respond({ ...head, 'grpc-status': '12', 'grpc-message': 'no such method: %C3%A9' }, { endStream: true }),
    ],
    [
      'ends the call with an error whose text is not encoded right',
      /gRPC status 14: 100% gone/,
      stream => {
        stream.respond(head, { waitForTrailers: true })
        stream.on('wantTrailers', () => stream.sendTrailers({ 'grpc-status': '14', 'grpc-message': '100% gone' }))
        stream.end()
      },
    ],
    ['compresses', /it is compressed/, stream => answer(stream, Buffer.from([1, 0, 0, 0, 1, 0]))],
    ['sends more than is accepted', /5000 bytes, expected at most 1000/, stream => answer(stream, frame(Buffer.alloc(5000)))],
    ['sends what is no message', /./, stream => answer(stream, frame(Buffer.from([0xff, 0xff, 0xff])))],
    ['resets the stream', /./, stream => stream.close(2)],
    ['cuts the connection', /./, stream => stream.session?.destroy()],
  ] satisfies [string, RegExp, (stream: ServerHttp2Stream) => void][]) {
    test(`AdsClient says why and tries again when the server ${what}`, async () => {
      let calls = 0
      const address = await serve(stream => {
        calls++
        handle(stream)
      })
      const { states } = startClient(address, 'delta', undefined, () => 0.999)
      for (let round = 1; round <= 2; round++) {
        assert.equal((await states.take('the connection')).connected, true)
        const state = await states.take('the end of the stream')
        assert(!state.connected)
        assert.match(state.reason, expected)
      }
      assert(calls >= 2)
    })
  }

  function answer(stream: ServerHttp2Stream, bytes: Buffer): void {
    stream.respond(head)
    stream.write(bytes)
  }

  test('AdsClient gives up a server that accepts the connection and says nothing', async () => {
    const clock = new ManualClock()
    const silent = createTcpServer()
    silent.listen(0, '127.0.0.1')
    const accepted = once(silent, 'connection')
    await once(silent, 'listening')
    cleanUps.push(() => silent.close())
    const address = silent.address()
    assert(typeof address === 'object' && address)
    const { states } = startClient({ host: '127.0.0.1', port: address.port }, 'delta', clock, () => 0)
    await within(accepted, 'the connection')
    clock.advance(10_000)
    assert.deepEqual(await states.take('the end'), { connected: false, reason: 'no answer within 10 s', retryMs: 500 })
  })
})

test('AdsClient waits longer and longer for a server that is not there, each time for a random part of that', async () => {
  const clock = new ManualClock()
  const draws = [0, 0.5, 0, 0, 0, 0, 0]
  const nobody = { path: '/nonexistent/xds.sock' }
  const { states, client } = startClient(nobody, 'delta', clock, () => draws.shift() ?? 0)
  const waits: number[] = []
  for (let round = 0; round < 7; round++) {
    const state = await states.take('a failed attempt')
    assert(!state.connected)
    assert.match(state.reason, /ENOENT/)
    waits.push(state.retryMs)
    clock.advance(state.retryMs)
  }
  assert.deepEqual(waits, [500, 500, 2000, 4000, 8000, 10_000, 10_000])
  client.close()
})

test('AdsClient.close() ends everything', async () => {
  const clock = new ManualClock()
  const { states, client } = startClient({ path: '/nonexistent/xds.sock' }, 'delta', clock)
  await states.take('a failed attempt')
  client.close()
  assert.equal(clock.waiting, 0)
})
