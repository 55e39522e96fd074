/**
 * Configuration that changes while requests flow: nothing is lost, what is bad is refused by name, what is missing is waited for.
 */
import assert from 'node:assert/strict'
import { createServer } from 'node:net'
import { after, before, describe, it } from 'node:test'
import { type Backend, listen, startBackend } from './backend.ts'
import { connectionManager, socketAddress } from './bootstrap.ts'
import { ControlPlane, LISTENER, RDS, ROUTE } from './control-plane.ts'
import { type Engine, freePorts, ready, startEngine } from './engine.ts'
import { exchange, request, Wire } from './exchange.ts'
import { Load, until } from './load.ts'

type Json = { [name: string]: import('../../src/xds/wire/json.ts').JsonValue }

function httpListener(name: string, port: number, routeTable: string, more: Json = {}): Json {
  const { routeConfig: _, ...manager } = connectionManager([])
  return {
    name,
    address: socketAddress(port),
    filterChains: [{ filters: [{ name: 'http', typedConfig: { ...manager, accessLog: [], rds: RDS(routeTable), ...more } }] }],
  }
}

const forward = (cluster: string): Json => ({ match: { prefix: '/' }, route: { cluster, timeout: '0s' } })
const direct = (text: string): Json => ({ match: { prefix: '/' }, directResponse: { status: 200, body: { inlineString: text } } })

describe('a proxy whose configuration changes', () => {
  const running = new AsyncDisposableStack()
  let plane: ControlPlane
  let backend: Backend
  let engine: Engine
  let port = 0
  before(async () => {
    plane = running.use(await ControlPlane.start())
    backend = running.use(await startBackend())
    const [free = 0] = await freePorts(1)
    port = free
    plane.cluster('one', [backend.http])
    plane.routes('main', [forward('one')])
    plane.put(LISTENER, httpListener('main', port, 'main'))
    engine = running.use(await startEngine('mizzen', 0, (_, admin) => plane.bootstrap(admin), ['--drain-time-s', '1']))
  })
  after(() => running.disposeAsync())

  const admin = (page: string) => fetch(`http://127.0.0.1:${engine.admin}${page}`).then(answer => answer.text())
  const body = async (at = port) => (await exchange(at, request('GET', '/echo'))).body

  it('is ready when clusters, listeners and routes have come', async () => {
    assert.equal(await ready(engine.admin), 'LIVE')
    assert.equal((await exchange(port, request('GET', '/echo'))).status, 200)
  })

  it('loses no request while routes, endpoints, clusters and listeners change', async () => {
    const other = running.use(await startBackend())
    const load = new Load(port, 16, '/status/200')
    for (let round = 0; round < 12; round++) {
      plane.routes('main', [direct(`round ${round}`)])
      await until('the direct response', () => load.bodies.has(`round ${round}`))
      plane.endpoints('one', round % 2 === 0 ? [other.http] : [backend.http, other.http])
      plane.routes('main', [forward('one')])
      const forwarded = () => load.bodies.get('status 200\n') ?? 0
      const before = forwarded()
      await until('forwarding again', () => forwarded() > before + 20)
      plane.cluster('one', [backend.http], { connectTimeout: `${1 + round}s` })
      // Another server name: the filter chain is another one, and its connections move over.
      plane.put(LISTENER, httpListener('main', port, 'main', { serverName: `round-${round}` }))
      await until('the listener', async () =>
        (await exchange(port, request('GET', '/echo'))).headers.includes(`server: round-${round}`),
      )
    }
    await load.stop()
    assert.deepEqual(load.failures, [])
    assert.ok(load.requests > 300, `${load.requests} requests`)
    assert.equal(plane.refusals, '')
  })

  it('ends connections of a replaced filter chain by telling them so', async () => {
    const wire = new Wire(port)
    wire.send(request('GET', '/echo'))
    assert.equal((await wire.response(false)).end, 'open')
    plane.put(LISTENER, httpListener('main', port, 'main', { serverName: 'replaced' }))
    await until('the listener', async () => (await exchange(port, request('GET', '/echo'))).headers.includes('server: replaced'))
    // Gradual: within the drain time of a second, every connection has been told.
    await until('connection: close', async () => {
      wire.send(request('GET', '/echo'))
      return (await wire.response(false)).end === 'closed'
    })
  })

  it('finishes a request on the configuration it started with', async () => {
    const slow = exchange(port, request('GET', '/slow/400'))
    await until('the request', () => backend.seen.some(seen => seen.path === '/slow/400'))
    plane.routes('main', [direct('new')])
    plane.put(LISTENER, httpListener('main', port, 'main', { serverName: 'new' }))
    await until('the new configuration', async () => (await body()) === 'new')
    assert.equal((await slow).body, 'slow\n')
    plane.routes('main', [forward('one')])
    await until('the old routes', async () => (await body()) !== 'new')
  })

  it('refuses what it can not use by name, keeps the last good one, and takes the rest', async () => {
    plane.routes('main', [direct('good')])
    await until('good', async () => (await body()) === 'good')
    plane.put(ROUTE, {
      name: 'main',
      virtualHosts: [
        { name: 'all', domains: ['*'], routes: [{ match: { safeRegex: { regex: '(' } }, route: { cluster: 'one' } }] },
      ],
    })
    const [good = 0] = await freePorts(1)
    const unknown = { name: 'x', typedConfig: { '@type': 'type.googleapis.com/envoy.config.core.v3.Address' } }
    plane.put(LISTENER, httpListener('bad', 1, 'main', { httpFilters: [unknown] }))
    plane.put(LISTENER, httpListener('good', good, 'main'))
    await until(
      'both refusals',
      () => /route configuration."main/.test(plane.refusals.replaceAll('\\', '')) && plane.refusals.includes('"x\\'),
    )
    assert.match(
      plane.refusals.replaceAll('\\', ''),
      /Cannot apply listener "bad": .*HTTP filter "x" of type ".*Address" is not known here/,
    )
    assert.equal(await body(), 'good')
    await until('the other listener', async () => (await body(good)) === 'good')
    const dump = await admin('/config_dump?resource=dynamic_listeners')
    assert.match(dump, /"details": "Cannot apply listener \\"bad\\"/)
    plane.remove(LISTENER, 'bad')
    plane.remove(LISTENER, 'good')
    await until(
      'the other listener is gone',
      async () => (await exchange(good, request('GET', '/')).catch(() => ({ end: 'broken' }))).end === 'broken',
    )
    plane.routes('main', [forward('one')])
    await until('good routes', async () => (await body()) !== 'good')
  })

  it('does not accept on a listener before its routes have come', async () => {
    const [late = 0] = await freePorts(1)
    plane.put(LISTENER, httpListener('late', late, 'late'))
    await until('it is warming', async () =>
      /late[\s\S]*warming_state/.test(await admin('/config_dump?resource=dynamic_listeners')),
    )
    assert.equal((await exchange(late, request('GET', '/'))).end, 'broken')
    plane.routes('late', [direct('at last')])
    await until('it accepts', async () => (await body(late)) === 'at last')
    plane.remove(LISTENER, 'late')
  })

  it('reports a port that is taken, serves on the others, and takes it when it is free', async () => {
    const blocker = createServer()
    const taken = await listen(blocker)
    plane.routes('taken', [direct('mine')])
    plane.put(LISTENER, httpListener('taken', taken, 'taken'))
    await until('the report', () =>
      engine.errors().includes(`Listener "taken" does not accept: Cannot listen on "127.0.0.1:${taken}"`),
    )
    assert.match(await admin('/listeners'), /taken::.*another socket listens there/)
    assert.notEqual(await body(), '')
    blocker.close()
    await until('it accepts', async () => (await body(taken)) === 'mine')
    plane.remove(LISTENER, 'taken')
  })

  it('goes on without the control plane, and catches up when it is back', async () => {
    const load = new Load(port, 8, '/status/200')
    await plane.down()
    await until('the loss is seen', async () => (await admin('/stats?filter=control_plane')).includes('connected_state: 0'))
    plane.routes('main', [direct('caught up')])
    const before = load.requests
    await until('more requests', () => load.requests > before + 50)
    assert.ok(!load.bodies.has('caught up'))
    await plane.up()
    await until('the new routes', () => load.bodies.has('caught up'), 20_000)
    await load.stop()
    assert.deepEqual(load.failures, [])
  })

  it('keeps clusters that lose all their endpoints apart from those that are gone', async () => {
    plane.routes('main', [{ match: { prefix: '/gone' }, route: { cluster: 'gone' } }, forward('one')])
    plane.endpoints('one', [])
    await until('no endpoints', async () => (await exchange(port, request('GET', '/echo'))).body === 'no healthy upstream')
    assert.equal((await exchange(port, request('GET', '/gone'))).body, '')
    plane.endpoints('one', [backend.http])
    await until('endpoints', async () => (await exchange(port, request('GET', '/echo'))).status === 200)
  })
})
