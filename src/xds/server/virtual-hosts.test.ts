/** Virtual hosts as resources of their own (VHDS over ADS), with a real Envoy and with mizzen's proxy. */
import assert from 'node:assert/strict'
import { mkdtemp, rm } from 'node:fs/promises'
import { request } from 'node:http'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { after, before, describe, test } from 'node:test'
import { withoutEnvoy } from '../../../test/oracle/envoy.ts'
import { XdsEnvoy } from '../../../test/xds/envoy.ts'
import { EventLog, until } from '../../../test/xds/event-log.ts'
import { type NamedServer, startNamed } from '../../../test/xds/http-load.ts'
import { cluster, endpoints, listener, openRoutes, virtualHost } from '../../../test/xds/resources.ts'
import { CLUSTER, ENDPOINT, LISTENER, ROUTE, VIRTUAL_HOST } from '../wire/type-url.ts'
import { AdsServer } from './ads-server.ts'
import { type GrpcServer, serveAds } from './grpc.ts'
import { MapSource } from './map-source.ts'

for (const engine of ['envoy', 'mizzen'] as const) {
  describe(`${engine} with virtual hosts apart from their tables`, { skip: engine === 'envoy' && withoutEnvoy }, () => {
    let folder: string
    let one: NamedServer
    let two: NamedServer
    let envoy: XdsEnvoy
    let grpc: GrpcServer
    let ads: AdsServer
    const source = new MapSource()
    const log = new EventLog()
    const serve = async () => {
      ads = new AdsServer({ source, onEvent: log.onEvent })
      grpc = await serveAds({ ads, listen: [{ path: path.join(folder, 'xds.sock') }] })
    }
    const answers = async (listenerName: string, host: string, expected: string) => {
      const port = await envoy.port(listenerName)
      // Envoy names the port of a listener a moment before it takes connections.
      await until(
        async () => (await get(port, host).catch(() => '')) === expected,
        `${host} at ${listenerName} answers ${expected}`,
      )
    }
    const sentHosts = (from: number) =>
      log.events.slice(from).flatMap(event => (event.kind === 'sent' && event.type === VIRTUAL_HOST ? [event.changes] : []))

    before(async () => {
      folder = await mkdtemp(path.join(tmpdir(), 'mizzen-xds-'))
      ;[one, two] = await Promise.all([startNamed('one'), startNamed('two')])
      source.update(CLUSTER, [cluster('one'), cluster('two')])
      source.update(ENDPOINT, [endpoints('one', [one.port]), endpoints('two', [two.port])])
      source.update(LISTENER, [listener('web', '80')]).update(ROUTE, [openRoutes('80')])
      source.update(VIRTUAL_HOST, [virtualHost('80', 'a.test', 'one'), virtualHost('80', 'b.test', 'two')])
      source.update(VIRTUAL_HOST, [virtualHost('81', 'a.test', 'two')])
      await serve()
      envoy = await XdsEnvoy.start(path.join(folder, 'xds.sock'), 'DELTA_GRPC', engine)
    })

    after(async () => {
      await envoy?.stop()
      ads?.close()
      await grpc?.close()
      one?.stop()
      two?.stop()
      if (folder) await rm(folder, { recursive: true, force: true })
    })

    test('requests reach their host, others the table itself', async () => {
      await answers('web', 'a.test', '200 one')
      await answers('web', 'b.test', '200 two')
      await answers('web', 'c.test', '502 ')
    })

    test('a change sends one virtual host', async () => {
      const from = log.now
      source.update(VIRTUAL_HOST, [virtualHost('80', 'a.test', 'two')])
      await answers('web', 'a.test', '200 two')
      await answers('web', 'b.test', '200 two')
      assert.deepEqual(sentHosts(from), [1])
    })

    test('a host comes and goes', async () => {
      source.update(VIRTUAL_HOST, [virtualHost('80', 'c.test', 'one')])
      await answers('web', 'c.test', '200 one')
      source.update(VIRTUAL_HOST, [], ['80/c.test'])
      await answers('web', 'c.test', '502 ')
    })

    test('the table is shown with its hosts', async () => {
      const dump = await envoy.ask('/config_dump?resource=dynamic_route_configs')
      assert.deepEqual([...dump.matchAll(/"domains": ?\[\s*"([^"]+)"/g)].map(found => found[1]).sort(), ['*', 'a.test', 'b.test'])
    })

    test('a table that comes later has its hosts', async () => {
      source.update(ROUTE, [openRoutes('81')]).update(LISTENER, [listener('later', '81')])
      await answers('later', 'a.test', '200 two')
      await answers('web', 'a.test', '200 two')
    })

    test('an Envoy whose control plane comes back is sent what changed meanwhile', async () => {
      ads.close()
      await grpc.close()
      source.update(VIRTUAL_HOST, [virtualHost('80', 'a.test', 'one'), virtualHost('80', 'd.test', 'one')], ['80/b.test'])
      const from = log.now
      await serve()
      await answers('web', 'd.test', '200 one')
      await answers('web', 'a.test', '200 one')
      await answers('web', 'b.test', '502 ')
      await answers('later', 'a.test', '200 two')
      assert.ok(Math.max(...sentHosts(from)) <= 3, `${sentHosts(from)} virtual hosts were sent`)
    })
  })
}

function get(port: number, host: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const outgoing = request({ port, headers: { host }, agent: false }, response => {
      let body = ''
      response.setEncoding('utf8').on('data', text => {
        body += text
      })
      response.on('end', () => resolve(`${response.statusCode} ${body.trim()}`))
    })
    outgoing.on('error', reject).end()
  })
}
