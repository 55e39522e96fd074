/** The ADS server and a real Envoy, in both variants of the protocol. */
import assert from 'node:assert/strict'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { after, before, describe, test } from 'node:test'
import { withoutEnvoy } from '../../../test/oracle/envoy.ts'
import { XdsEnvoy } from '../../../test/xds/envoy.ts'
import { EventLog, until } from '../../../test/xds/event-log.ts'
import { Load, type NamedServer, startNamed } from '../../../test/xds/http-load.ts'
import { badRoutes, cluster, endpoints, listener, routes } from '../../../test/xds/resources.ts'
import { CLUSTER, ENDPOINT, LISTENER, ROUTE } from '../wire/type-url.ts'
import { AdsServer } from './ads-server.ts'
import { type GrpcServer, serveAds } from './grpc.ts'
import { MapSource } from './map-source.ts'

for (const apiType of ['DELTA_GRPC', 'GRPC'] as const) {
  describe(`Envoy with ${apiType}`, { skip: withoutEnvoy }, () => {
    let folder: string
    let socket: string
    let one: NamedServer
    let two: NamedServer
    let envoy: XdsEnvoy
    let load: Load
    let grpc: GrpcServer
    let ads: AdsServer
    const source = new MapSource()
    const log = new EventLog()

    const serve = async () => {
      ads = new AdsServer({ source, onEvent: log.onEvent })
      grpc = await serveAds({ ads, listen: [{ path: socket }] })
    }
    const typeStatus = (type: string) => {
      const found = ads.status()[0]?.types.find(status => status.type === type)
      assert(found, `Envoy subscribed to ${type}`)
      return found
    }

    before(async () => {
      folder = await mkdtemp(path.join(tmpdir(), 'mizzen-xds-'))
      socket = path.join(folder, 'xds.sock')
      ;[one, two] = await Promise.all([startNamed('one'), startNamed('two')])
      source.update(CLUSTER, [cluster('one')]).update(ENDPOINT, [endpoints('one', [one.port])])
      source.update(LISTENER, [listener('web', 'table')]).update(ROUTE, [routes('table', 'one')])
      await serve()
      envoy = await XdsEnvoy.start(socket, apiType)
      load = new Load(await envoy.port('web'))
      await until(async () => load.last === '200 one', 'Envoy serves the first route')
      load.failures.length = 0
    })

    after(async () => {
      await load?.stop()
      await envoy?.stop()
      ads?.close()
      await grpc?.close()
      one?.stop()
      two?.stop()
      if (folder) await rm(folder, { recursive: true, force: true })
    })

    test('AdsServer.status() tells who Envoy is and that it has everything', async () => {
      await until(async () => ads.status()[0]?.types.every(({ state }) => state === 'SYNCED') ?? false, 'all types are synced')
      const [proxy] = ads.status()
      assert.equal(proxy?.node, 'sidecar~127.0.0.1~test-0.default~default.svc.cluster.local')
      assert.equal(proxy.engine, 'envoy')
      assert.match(proxy.version, /^\d+\.\d+\.\d+$/)
      assert.equal(proxy.address, socket)
      assert.equal(proxy.protocol, apiType === 'GRPC' ? 'sotw' : 'delta')
      assert.deepEqual(proxy.types.map(({ type }) => type).sort(), [CLUSTER, ENDPOINT, LISTENER, ROUTE].sort())
    })

    test('a route moves to a new cluster and the old one goes, in this order and without a failed request', async () => {
      const from = log.now
      source.update(CLUSTER, [cluster('two')], ['one']).update(ENDPOINT, [endpoints('two', [two.port])], ['one'])
      source.update(ROUTE, [routes('table', 'two')])
      await until(async () => load.last === '200 two', 'requests arrive at the new cluster')
      await until(async () => !/^one::/m.test(await envoy.ask('/clusters')), 'the old cluster is gone')
      const exchanges = log.events.slice(from).filter(({ kind }) => kind === 'sent' || kind === 'acked')
      const steps = exchanges.map(event => ('type' in event ? `${event.kind} ${event.type.split('.').at(-1)}` : ''))
      const removal = steps.lastIndexOf('sent Cluster')
      assert(steps.indexOf('acked ClusterLoadAssignment') < steps.indexOf('sent RouteConfiguration'), steps.join())
      assert(steps.indexOf('acked RouteConfiguration') < removal, steps.join())
      assert(steps.indexOf('sent Cluster') < steps.indexOf('sent RouteConfiguration'), steps.join())
      assert.deepEqual(load.failures, [])
    })

    test('a cluster that changes becomes warm again with the endpoints it had', async () => {
      const from = log.now
      source.update(CLUSTER, [cluster('two', 2)])
      await log.next(from, 'acked', ({ type }) => type === CLUSTER)
      await until(async () => (await envoy.ask('/config_dump?resource=dynamic_active_clusters')).includes('"2s"'), 'it is active')
      assert.deepEqual(load.failures, [])
    })

    test('what Envoy refuses is told with its words and not sent again, while the other types go on', async () => {
      const from = log.now
      source.update(ROUTE, [badRoutes('table', 'two')])
      const nack = await log.next(from, 'nacked')
      assert.deepEqual(nack.resources, ['table'])
      assert.match(nack.detail, /missing \)|regex/i)
      assert.equal(typeStatus(ROUTE).state, 'NACKED')
      assert.equal(typeStatus(ROUTE).refusal?.detail, nack.detail)
      assert.deepEqual(typeStatus(ROUTE).refused, ['table'])

      source.update(ENDPOINT, [endpoints('two', [one.port])])
      await until(async () => load.last === '200 one', 'the endpoints of the route of before have changed')
      assert.equal(log.since(from, 'sent').filter(({ type }) => type === ROUTE).length, 1)

      source.update(ROUTE, [routes('table', 'two')])
      source.update(ENDPOINT, [endpoints('two', [two.port])])
      await until(async () => load.last === '200 two', 'the repaired configuration is there')
      // The route table is again what Envoy has kept all the time.
      assert.equal(log.since(from, 'sent').filter(({ type }) => type === ROUTE).length, 1)
      assert.equal(typeStatus(ROUTE).state, 'SYNCED')
      assert.deepEqual(load.failures, [])
    })

    test('after a restart of the server Envoy is sent nothing that it has, and then what changes', async () => {
      ads.close()
      await grpc.close(0)
      const requests = load.requests
      await until(async () => load.requests > requests + 20, 'requests go on while nobody is there')
      const from = log.now
      await serve()
      await log.next(from, 'connected')
      await until(async () => ads.status()[0]?.types.length === 4, 'Envoy has asked for all types again')
      await until(async () => ads.status()[0]?.types.every(({ state }) => state === 'SYNCED') ?? false, 'all types are synced')
      assert.deepEqual(log.since(from, 'sent'), [])

      source.update(ENDPOINT, [endpoints('two', [one.port])])
      await until(async () => load.last === '200 one', 'a change arrives')
      assert.deepEqual(new Set(log.since(from, 'sent').map(({ type }) => type)), new Set([ENDPOINT]))
      assert.deepEqual(load.failures, [])
    })
  })
}
