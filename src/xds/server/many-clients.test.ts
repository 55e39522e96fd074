import assert from 'node:assert/strict'
import { mkdtemp, rm } from 'node:fs/promises'
import { connect as connectHttp2 } from 'node:http2'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { test } from 'node:test'
import { EventLog } from '../../../test/xds/event-log.ts'
import { cluster } from '../../../test/xds/resources.ts'
import { ManualClock } from '../../lib/clock.ts'
import { frame } from '../client/message-reader.ts'
import { Node } from '../gen/envoy/config/core/v3/base.ts'
import { DeltaDiscoveryRequest, DeltaDiscoveryResponse } from '../gen/envoy/service/discovery/v3/discovery.ts'
import { CLUSTER } from '../wire/type-url.ts'
import { AdsServer } from './ads-server.ts'
import { delta } from './delta.ts'
import { framedResources } from './frames.ts'
import { serveAds } from './grpc.ts'
import { MapSource } from './map-source.ts'

const MB = 1024 * 1024

test('500 clients are sent resources that were encoded once, and of a change only what changed', () => {
  const CLIENTS = 500
  const RESOURCES = 200
  const clock = new ManualClock()
  const source = new MapSource()
  const all = Array.from({ length: RESOURCES }, (_, i) => cluster(`outbound|80||service-${i}.default.svc.cluster.local`))
  const content = all.reduce((sum, { bytes }) => sum + bytes.length, 0)
  source.update(CLUSTER, all)
  const ads = new AdsServer({ source, clock })
  const framed = framedResources()
  const clients = Array.from({ length: CLIENTS }, (_, i) => {
    const received: Buffer[] = []
    const session = ads.connect({ dialect: delta, address: '', send: bytes => received.push(bytes) })
    session.onDelta(DeltaDiscoveryRequest.fromPartial({ node: Node.fromPartial({ id: `n${i}` }), typeUrl: CLUSTER }))
    const ack = () => {
      const nonce = DeltaDiscoveryResponse.decode(received[0] ?? Buffer.alloc(0)).nonce
      session.onDelta(DeltaDiscoveryRequest.fromPartial({ typeUrl: CLUSTER, responseNonce: nonce }))
      received.length = 0
    }
    return { received, ack }
  })
  const bytes = () => clients.reduce((sum, { received }) => sum + received.reduce((size, chunk) => size + chunk.length, 0), 0)
  assert.equal(framedResources() - framed, RESOURCES)
  const overhead = bytes() / CLIENTS - content
  assert(overhead < RESOURCES * 160, `names, versions and lengths: ${overhead} bytes for ${RESOURCES} resources`)

  for (const client of clients) client.ack()
  source.update(CLUSTER, [cluster('outbound|80||service-7.default.svc.cluster.local', 5)])
  clock.advance(10)
  assert.equal(framedResources() - framed, RESOURCES + 1)
  assert(clients.every(({ received }) => received.length === 1))
  assert(bytes() < CLIENTS * 400, `a change of one: ${bytes() / CLIENTS} bytes a client`)
})

test('clients that read nothing do not make the server grow, however much changes', async () => {
  const CLIENTS = 30
  const folder = await mkdtemp(path.join(tmpdir(), 'mizzen-slow-'))
  const socket = path.join(folder, 'xds.sock')
  const source = new MapSource()
  const log = new EventLog()
  const ads = new AdsServer({ source, quietMs: 0, onEvent: log.onEvent })
  const grpc = await serveAds({ ads, listen: [{ path: socket }] })
  const fill = (round: number) =>
    source.update(
      CLUSTER,
      Array.from({ length: 100 }, (_, i) => cluster(`${i} `.padEnd(10_000, 'x'), round)),
    )
  fill(1)
  const request = DeltaDiscoveryRequest.encode(
    DeltaDiscoveryRequest.fromPartial({ node: { id: 'slow' }, typeUrl: CLUSTER }),
  ).finish()
  const sessions = Array.from({ length: CLIENTS }, () => {
    const session = connectHttp2('http://localhost', { createConnection: () => connect(socket) })
    const stream = session.request({
      ':method': 'POST',
      ':path': '/envoy.service.discovery.v3.AggregatedDiscoveryService/DeltaAggregatedResources',
      'content-type': 'application/grpc',
      te: 'trailers',
    })
    stream.pause()
    stream.on('error', () => {})
    stream.write(frame(request))
    return session
  })
  try {
    while (log.since(0, 'sent').length < CLIENTS) await log.next(log.now, 'sent')
    const before = process.memoryUsage().arrayBuffers
    for (let round = 2; round <= 30; round++) {
      fill(round)
      // A push has taken place when a newcomer gets it.
      const from = log.now
      const probe = ads.connect({ dialect: delta, address: '', send: () => {} })
      probe.onDelta(DeltaDiscoveryRequest.fromPartial({ node: { id: 'probe' }, typeUrl: CLUSTER }))
      await log.next(from, 'sent', event => event.node === 'probe')
      ads.disconnect(probe)
    }
    const grown = process.memoryUsage().arrayBuffers - before
    // 29 rounds for 30 clients of 2 MB each would be 1.7 GB.
    assert(grown < 100 * MB, `grew by ${Math.round(grown / MB)} MB`)
    assert.equal(log.since(0, 'sent').filter(({ node }) => node === 'slow').length, CLIENTS)
  } finally {
    for (const session of sessions) session.destroy()
    ads.close()
    await grpc.close(0)
    await rm(folder, { recursive: true, force: true })
  }
})
