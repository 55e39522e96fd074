/** The sidecar's client and the server over real sockets. */
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { connect as connectHttp2 } from 'node:http2'
import { connect, createServer } from 'node:net'
import { networkInterfaces, tmpdir } from 'node:os'
import path from 'node:path'
import { afterEach, beforeEach, test } from 'node:test'
import { EventLog, until } from '../../../test/xds/event-log.ts'
import { KeepingClient } from '../../../test/xds/real-client.ts'
import { cluster, endpoints } from '../../../test/xds/resources.ts'
import { frame } from '../client/message-reader.ts'
import { DeltaDiscoveryRequest } from '../gen/envoy/service/discovery/v3/discovery.ts'
import { CLUSTER, ENDPOINT } from '../wire/type-url.ts'
import { AdsServer } from './ads-server.ts'
import { type GrpcServer, type ListenAddress, serveAds } from './grpc.ts'
import { MapSource } from './map-source.ts'

let folder: string
let socket: string
let source: MapSource
let log: EventLog
let ads: AdsServer
let grpc: GrpcServer | undefined
let clients: KeepingClient[]

beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'mizzen-grpc-'))
  socket = path.join(folder, 'xds.sock')
  source = new MapSource()
  log = new EventLog()
  ads = new AdsServer({ source, onEvent: log.onEvent })
  clients = []
})

afterEach(async () => {
  for (const { client } of clients) client.close()
  ads.close()
  await grpc?.close(0)
  grpc = undefined
  await rm(folder, { recursive: true, force: true })
})

async function serve(...listen: ListenAddress[]): Promise<ListenAddress> {
  grpc = await serveAds({ ads, listen })
  const [address] = grpc.addresses
  assert(address)
  return address
}

function start(options: ConstructorParameters<typeof KeepingClient>[0]): KeepingClient {
  const client = new KeepingClient(options)
  clients.push(client)
  client.client.subscribe(CLUSTER, ['*'])
  client.client.start()
  return client
}

for (const protocol of ['delta', 'sotw'] as const) {
  for (const transport of ['a unix socket', 'TCP'] as const) {
    test(`AdsClient (${protocol}) follows AdsServer over ${transport}`, async () => {
      source.update(CLUSTER, [cluster('a'), cluster('b')]).update(ENDPOINT, [endpoints('a', [1])])
      const address = await serve(transport === 'TCP' ? { host: '127.0.0.1', port: 0 } : { path: socket })
      const client = start({ address, protocol })
      client.client.subscribe(ENDPOINT, ['a'])
      await client.until(() => client.names(CLUSTER).join() === 'a,b' && client.names(ENDPOINT).join() === 'a', 'all is there')
      const version = client.has.get(`${CLUSTER} a`)
      source.update(CLUSTER, [cluster('a', 7), cluster('c')])
      await client.until(() => client.has.get(`${CLUSTER} a`) !== version, 'the change arrives')
      assert.deepEqual(client.names(CLUSTER), ['a', 'b', 'c'])
    })
  }

  test(`AdsClient (${protocol}) comes back to a restarted server with nothing sent again`, async () => {
    source.update(CLUSTER, [cluster('a'), cluster('b')]).update(ENDPOINT, [endpoints('a', [1])])
    const address = await serve({ path: socket })
    const client = start({ address, protocol })
    client.client.subscribe(ENDPOINT, ['a'])
    await client.until(() => client.has.size === 3, 'all is there')
    await until(async () => ads.status()[0]?.types.every(({ state }) => state === 'SYNCED') ?? false, 'all is acknowledged')
    const { applied } = client
    ads.close()
    await grpc?.close(0)
    await client.until(() => !client.connected, 'it noticed')
    assert.equal(client.has.size, 3, 'what it has, it keeps')

    const from = log.now
    ads = new AdsServer({ source, onEvent: log.onEvent })
    await serve({ path: socket })
    await client.until(() => client.connected, 'it is back')
    source.update(CLUSTER, [cluster('c')])
    await client.until(() => client.names(CLUSTER).includes('c'), 'a change arrives')
    assert.equal(client.applied, applied + 1)
    assert.equal(log.since(from, 'sent').length, 1)
  })

  test(`AdsClient (${protocol}) tells a refusal, and the server its detail`, async () => {
    source.update(CLUSTER, [cluster('a')])
    const address = await serve({ path: socket })
    const refuse = () => new Map([['a', 'no such thing as "a"']])
    start({ address, protocol, refuse })
    const { detail, resources } = await log.next(0, 'nacked')
    assert.equal(detail, '"a": no such thing as "a"')
    assert.deepEqual(resources, ['a'])
  })
}

const hasIpv6 = Object.values(networkInterfaces()).some(addresses => addresses?.some(({ address }) => address === '::1'))
test('AdsClient finds AdsServer at an IPv6 address', { skip: hasIpv6 ? false : 'this machine has no ::1' }, async () => {
  source.update(CLUSTER, [cluster('a')])
  const client = start({ address: await serve({ host: '::1', port: 0 }), protocol: 'delta' })
  await client.until(() => client.names(CLUSTER).join() === 'a', 'all is there')
})

test('serveAds() tells its clients when it ends, and ends within its grace', async () => {
  const address = await serve({ path: socket })
  const client = start({ address, protocol: 'delta' })
  await client.until(() => client.applied > 0, 'the first response')
  const before = performance.now()
  await grpc?.close(5000)
  assert(performance.now() - before < 4000, 'a client that goes is not waited for')
  await client.until(() => !client.connected, 'it noticed')
  // The first one: it has tried again since.
  const ended = client.states.find(state => !state.connected)
  assert.equal(ended?.reason, 'the server ended the stream')
  assert(!existsSync(socket))
})

test('serveAds() takes over a socket that nobody serves, and leaves alone what is served or no socket', async () => {
  const abandoned = createServer()
  await new Promise<void>(resolve => abandoned.listen(socket, resolve))
  await assert.rejects(serve({ path: socket }), /Cannot serve xDS on "unix:.*xds.sock".*EADDRINUSE/s)
  // What remains of a process that was killed: the file, with nobody behind it.
  abandoned.close()
  const leftover = path.join(folder, 'leftover.sock')
  await leaveSocketBehind(leftover)
  await serve({ path: leftover })
  await writeFile(path.join(folder, 'file'), 'precious')
  await assert.rejects(serveAds({ ads, listen: [{ path: path.join(folder, 'file') }] }), /Cannot serve xDS/)
})

/** By a process that is killed while it listens. */
async function leaveSocketBehind(file: string): Promise<void> {
  const script = `require('net').createServer().listen(${JSON.stringify(file)}, () => process.kill(process.pid, 'SIGKILL'))`
  const child = spawn(process.execPath, ['-e', script])
  await new Promise(resolve => child.on('exit', resolve))
  assert(existsSync(file))
}

test('a request that does not parse ends its stream, not the server', async () => {
  const address = await serve({ host: '127.0.0.1', port: 0 })
  assert('port' in address)
  const session = connectHttp2(`http://127.0.0.1:${address.port}`)
  const stream = session.request({
    ':method': 'POST',
    ':path': '/envoy.service.discovery.v3.AggregatedDiscoveryService/DeltaAggregatedResources',
    'content-type': 'application/grpc',
    te: 'trailers',
  })
  stream.write(frame(Buffer.from([0xff, 0xff, 0xff, 0xff])))
  const status = await new Promise(resolve => {
    stream.on('response', headers => headers['grpc-status'] !== undefined && resolve(headers['grpc-status']))
    stream.on('trailers', trailers => resolve(trailers['grpc-status']))
  })
  assert.equal(status, '13')
  session.destroy()
  source.update(CLUSTER, [cluster('a')])
  const client = start({ address, protocol: 'delta' })
  await client.until(() => client.names(CLUSTER).length === 1, 'others are served')
})

test('a client that reads nothing costs one response for each type, and holds up nobody', async () => {
  const wide = Array.from({ length: 300 }, (_, i) => cluster(`c${i}`.padEnd(100, 'x')))
  source.update(CLUSTER, wide)
  const address = await serve({ path: socket })
  const deaf = connectHttp2('http://localhost', { createConnection: () => connect(socket) })
  const stream = deaf.request({
    ':method': 'POST',
    ':path': '/envoy.service.discovery.v3.AggregatedDiscoveryService/DeltaAggregatedResources',
    'content-type': 'application/grpc',
    te: 'trailers',
  })
  stream.pause()
  stream.on('error', () => {})
  stream.write(
    frame(DeltaDiscoveryRequest.encode(DeltaDiscoveryRequest.fromPartial({ node: { id: 'deaf' }, typeUrl: CLUSTER })).finish()),
  )
  await log.next(0, 'sent', event => event.node === 'deaf')
  const client = start({ address, protocol: 'delta', id: 'keen' })
  await client.until(() => client.has.size === 300, 'the other client has everything')
  for (let round = 1; round <= 20; round++) {
    const from = log.now
    source.update(CLUSTER, [cluster('changing', round)])
    await log.next(from, 'acked', event => event.node === 'keen')
  }
  assert.equal(log.since(0, 'sent').filter(event => event.node === 'deaf').length, 1)
  assert.equal(ads.status().find(({ node }) => node === 'deaf')?.types[0]?.state, 'STALE')
  deaf.destroy()
  await log.next(0, 'disconnected', event => event.node === 'deaf')
})
