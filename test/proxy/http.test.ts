/**
 * One table of requests, two proxies: mizzen's has to answer, forward and log as Envoy does with the same bootstrap.
 */
import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { ENVOY_MISSING, envoyBinary } from '../scenarios/engines.ts'
import { type Backend, startBackend } from './backend.ts'
import { bootstrap, cluster, connectionManager, HTTP2_UPSTREAM, httpFilter, listener, ROUTER } from './bootstrap.ts'
import { type Engine, type EngineName, freePorts, startEngine } from './engine.ts'
import { exchange, type Response } from './exchange.ts'
import { HTTP_CASES, type HttpCase } from './http-cases.ts'
import { HTTP_ROUTES, LOCAL_REPLIES } from './http-routes.ts'

interface Side {
  readonly backend: Backend
  readonly engine: Engine
}

async function startSide(name: EngineName, running: AsyncDisposableStack): Promise<Side> {
  const backend = running.use(await startBackend())
  const [dead = 0] = await freePorts(1)
  const manager = connectionManager([], {
    localReplyConfig: LOCAL_REPLIES,
    normalizePath: true,
    httpFilters: [
      httpFilter('envoy.filters.http.fault', 'fault.v3.HTTPFault'),
      httpFilter('envoy.filters.http.cors', 'cors.v3.Cors'),
      httpFilter('envoy.filters.http.local_ratelimit', 'local_ratelimit.v3.LocalRateLimit', { statPrefix: 'off' }),
      httpFilter('envoy.filters.http.ratelimit', 'ratelimit.v3.RateLimit', {
        domain: 'test',
        stage: 1,
        failureModeDeny: true,
        rateLimitService: { grpcService: { envoyGrpc: { clusterName: 'dead' } }, transportApiVersion: 'V3' },
      }),
      httpFilter('envoy.filters.http.grpc_stats', 'grpc_stats.v3.FilterConfig'),
      ROUTER,
    ],
    routeConfig: {
      name: 'routes',
      validateClusters: false,
      virtualHosts: [
        {
          name: 'shop',
          domains: ['shop.test', 'other.test', 'a', 'shop.test:80'],
          includeRequestAttemptCount: true,
          routes: HTTP_ROUTES,
        },
      ],
    },
  })
  const engine = await startEngine(name, 1, ([port = 0], admin) =>
    bootstrap(
      admin,
      [listener('main', port, manager)],
      [
        cluster('web', [backend.http]),
        cluster('dead', [dead]),
        cluster('empty', []),
        cluster('h2', [backend.http2], HTTP2_UPSTREAM),
      ],
    ),
  )
  return { backend, engine: running.use(engine) }
}

/** The answer, and what the access log says of the request. */
async function observe(side: Side, test: HttpCase, index: number): Promise<Response & { log: string }> {
  const mark = `case-${index}`
  const marked = test.send.replace('\r\n', `\r\nx-test: ${mark}\r\n`)
  const response = await exchange(side.engine.ports[0] ?? 0, marked)
  let log = ''
  for (let attempt = 0; attempt < 60 && log === ''; attempt++) {
    log =
      side.engine
        .output()
        .split('\n')
        .find(line => line.endsWith(` ${mark}`)) ?? ''
    if (log === '' && test.except?.log !== undefined) break
    if (log === '') await sleep(20)
  }
  return { ...response, body: response.body.replaceAll(mark, ''), log: log.replace(mark, '') }
}

function shown(response: Response & { log: string }, { except }: HttpCase): unknown {
  const { status, headers, body, trailers, informational, end, log } = response
  return {
    status,
    ...(!except?.trailers && { trailers }),
    ...(!except?.informational && { informational }),
    ...(!except?.headers && { headers: headers.map(comparable) }),
    ...(!except?.body && { body: comparable(body) }),
    ...(!except?.end && { end }),
    ...(!except?.log && { log }),
  }
}

/** Request ids differ by nature. */
function comparable(text: string): string {
  return text
    .replace(/[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/g, '<uuid>')
    .replace(/(\\r\\n)?"x-test: ",?/g, '')
}

const missing = envoyBinary() === undefined && ENVOY_MISSING

describe('HTTP through mizzen and Envoy', { concurrency: false }, () => {
  const running = new AsyncDisposableStack()
  let mizzen: Side
  let envoy: Side | undefined
  before(async () => {
    mizzen = await startSide('mizzen', running)
    if (!missing) envoy = await startSide('envoy', running)
  })
  after(() => running.disposeAsync())
  for (const [index, test] of HTTP_CASES.entries()) {
    it(test.name, async () => {
      const ours = await observe(mizzen, test, index)
      if (test.status !== undefined) assert.equal(ours.status, test.status)
      if (envoy) assert.deepEqual(shown(ours, test), shown(await observe(envoy, test, index), test))
    })
  }
  it('copies of mirrored requests arrive under the shadow name', async () => {
    for (const side of [mizzen, envoy]) {
      if (side === undefined) continue
      const copies = () => side.backend.seen.filter(seen => seen.body === 'twice').map(seen => seen.host)
      for (let attempt = 0; attempt < 100 && copies().length < 2; attempt++) await sleep(20)
      assert.deepEqual(copies().sort(), ['shop.test', 'shop.test-shadow'], side.engine.name)
    }
  })
  it('no error was written by mizzen', () => assert.equal(mizzen.engine.errors(), ''))
})
