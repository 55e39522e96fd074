/** What the external authorization filter counts, and where: mizzen's proxy as Envoy, with the same bootstrap. */
import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { type Authorizers, startAuthorizers } from '../scenarios/authorizers.ts'
import { ENVOY_MISSING, envoyBinary } from '../scenarios/engines.ts'
import { type Backend, startBackend } from './backend.ts'
import { bootstrap, cluster, connectionManager, HTTP2_UPSTREAM, httpFilter, listener, ROUTER } from './bootstrap.ts'
import { type Engine, type EngineName, freePorts, startEngine } from './engine.ts'
import { exchange, request } from './exchange.ts'

const grpc = (clusterName: string) => ({ transportApiVersion: 'V3', grpcService: { envoyGrpc: { clusterName }, timeout: '5s' } })
const NAME = 'envoy.filters.http.ext_authz'

/** One listener each: with a prefix of its own; without charging the cluster; with an authorizer that is gone, closed and open. */
const FILTERS = [
  { ...grpc('decider'), statPrefix: 'waf' },
  { ...grpc('decider'), chargeClusterResponseStats: false },
  grpc('gone'),
  { ...grpc('gone'), failureModeAllow: true },
]

describe('ext_authz', { skip: envoyBinary() ? false : ENVOY_MISSING }, () => {
  const running = new AsyncDisposableStack()
  let authorizers: Authorizers
  let backend: Backend
  const engines = new Map<EngineName, Engine>()

  before(async () => {
    authorizers = await startAuthorizers()
    backend = running.use(await startBackend())
    const [dead = 0] = await freePorts(1)
    for (const name of ['envoy', 'mizzen'] as const) {
      const engine = await startEngine(name, FILTERS.length, (ports, admin) =>
        bootstrap(
          admin,
          FILTERS.map((settings, i) =>
            listener(
              `l${i}`,
              ports[i] ?? 0,
              connectionManager([{ match: { prefix: '/' }, route: { cluster: `web${i}` } }], {
                statPrefix: `test${i}`,
                httpFilters: [httpFilter(NAME, 'ext_authz.v3.ExtAuthz', settings), ROUTER],
              }),
            ),
          ),
          [
            ...FILTERS.map((_, i) => cluster(`web${i}`, [backend.http])),
            cluster('decider', [authorizers.grpcPort], HTTP2_UPSTREAM),
            cluster('gone', [dead], HTTP2_UPSTREAM),
          ],
        ),
      )
      engines.set(name, running.use(engine))
    }
  })
  after(async () => {
    await running.disposeAsync()
    await authorizers.close()
  })

  /** Counters of the filter and of the responses that clusters are charged with, those that are not 0. */
  async function observed(engine: Engine): Promise<string[]> {
    for (const port of engine.ports)
      for (const user of ['alice', 'mallory', '']) await exchange(port, request('GET', '/echo', user ? { 'x-user': user } : {}))
    const stats = await (await fetch(`http://127.0.0.1:${engine.admin}/stats?usedonly`)).text()
    return stats.split('\n').filter(line => /ext_authz|cluster\.web\d\.upstream_rq_(\dxx|\d\d\d|completed)/.test(line))
  }

  it('counts under its prefix, at the cluster that would have been asked, and charges that with what it denied', async () => {
    const [envoy, mizzen] = await Promise.all(
      ['envoy' as const, 'mizzen' as const].map(async name => {
        const engine = engines.get(name)
        assert(engine)
        return observed(engine)
      }),
    )
    assert.deepEqual(mizzen, envoy)
    for (const line of [
      'http.test0.ext_authz.waf.denied: 2',
      'cluster.web0.ext_authz.waf.denied: 2',
      'cluster.web0.upstream_rq_403: 1',
    ])
      assert.ok(mizzen?.includes(line), `${line} in ${mizzen?.join(', ')}`)
  })
})
