/**
 * A gRPC application without a proxy (@grpc/grpc-js-xds, state of the world, by name) as a client of the ADS server. Its bootstrap comes
 * from the environment and holds for the whole process: this file's. (It ends 10 s late: the library never stops its failover timer.)
 */
import assert from 'node:assert/strict'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { after, before, test } from 'node:test'
import { Client, credentials, Server, ServerCredentials } from '@grpc/grpc-js'
import { EventLog, until } from '../../../test/xds/event-log.ts'
import { apiListener, cluster, endpoints, routes } from '../../../test/xds/resources.ts'
import { CLUSTER, ENDPOINT, LISTENER, ROUTE } from '../wire/type-url.ts'
import { AdsServer } from './ads-server.ts'
import { type GrpcServer, serveAds } from './grpc.ts'
import { MapSource } from './map-source.ts'

const METHOD = '/test.Who/Are'
const source = new MapSource()
const log = new EventLog()
let folder: string
let ads: AdsServer
let grpc: GrpcServer
let servers: { one: Server; two: Server }
let client: Client

before(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'mizzen-proxyless-'))
  const socket = path.join(folder, 'xds.sock')
  const [one, two] = await Promise.all([startNamed('one'), startNamed('two')])
  servers = { one: one.server, two: two.server }
  source.update(LISTENER, [apiListener('who', 'table')]).update(ROUTE, [routes('table', 'one')])
  source.update(CLUSTER, [cluster('one'), cluster('two')])
  source.update(ENDPOINT, [endpoints('one', [one.port]), endpoints('two', [two.port])])
  ads = new AdsServer({ source, onEvent: log.onEvent })
  grpc = await serveAds({ ads, listen: [{ path: socket }] })

  process.env['GRPC_XDS_BOOTSTRAP_CONFIG'] = JSON.stringify({
    xds_servers: [{ server_uri: `unix:${socket}`, channel_creds: [{ type: 'insecure' }], server_features: ['xds_v3'] }],
    node: { id: 'application', locality: {} },
  })
  const { register } = await import('@grpc/grpc-js-xds')
  register()
  client = new Client('xds:///who', credentials.createInsecure(), { 'grpc.enable_http_proxy': 0 })
})

after(async () => {
  client?.close()
  ads?.close()
  await grpc?.close(0)
  for (const server of Object.values(servers ?? {})) server.forceShutdown()
  if (folder) await rm(folder, { recursive: true, force: true })
})

/** A gRPC server whose one method answers with a name. */
async function startNamed(name: string): Promise<{ server: Server; port: number }> {
  const server = new Server()
  const text = (value: string) => Buffer.from(value)
  const definition = {
    path: METHOD,
    requestStream: false,
    responseStream: false,
    requestSerialize: text,
    requestDeserialize: String,
    responseSerialize: text,
    responseDeserialize: String,
  }
  server.addService(
    { are: definition },
    { are: (_call: unknown, answer: (error: null, value: string) => void) => answer(null, name) },
  )
  const port = await new Promise<number>((resolve, reject) => {
    server.bindAsync('127.0.0.1:0', ServerCredentials.createInsecure(), (error, port) => (error ? reject(error) : resolve(port)))
  })
  return { server, port }
}

function ask(): Promise<string> {
  return new Promise((resolve, reject) => {
    const options = { deadline: Date.now() + 10_000 }
    client.makeUnaryRequest(METHOD, Buffer.from, String, 'who are you', options, (error, value) =>
      error ? reject(error) : resolve(value ?? ''),
    )
  })
}

test('an application reaches a service by name through a listener, route table, cluster and endpoints of ours', async () => {
  assert.equal(await ask(), 'one')
  const types = ads.status()[0]?.types
  assert.deepEqual(
    types?.map(({ type, names, state }) => [type, names, state]),
    [LISTENER, ROUTE, CLUSTER, ENDPOINT].map(type => [type, 1, 'SYNCED']),
  )
  assert.equal(ads.status()[0]?.node, 'application')
})

test('an application follows a route to another cluster without a failed call', async () => {
  source.update(ROUTE, [routes('table', 'two')])
  await until(async () => (await ask()) === 'two', 'calls arrive at the other')
})

test('what an application refuses is told with its words, and it goes on with what it has', async () => {
  const from = log.now
  const good = routes('table', 'two')
  source.update(ROUTE, [{ ...good, version: 'garbled', bytes: Buffer.concat([good.bytes, Buffer.from([0x12, 0x7f])]) }])
  const { detail, resources } = await log.next(from, 'nacked')
  assert(detail.length > 0)
  assert.deepEqual(resources, ['table'])
  assert.equal(await ask(), 'two')
  source.update(ROUTE, [routes('table', 'one')])
  await until(async () => (await ask()) === 'one', 'the repaired route is there')
})
