/**
 * Tracing in mizzen's proxy and in Envoy, with one configuration: the same requests have to be handed on with the same context, and to become
 * the same spans.
 */
import assert from 'node:assert/strict'
import http from 'node:http'
import type { AddressInfo } from 'node:net'
import { after, before, describe, it } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { bootstrap, cluster, connectionManager, HTTP2_UPSTREAM, listener } from '../proxy/bootstrap.ts'
import { type Engine, type EngineName, startEngine } from '../proxy/engine.ts'
import { ENVOY_MISSING, envoyBinary } from '../scenarios/engines.ts'
import { type Collector, type ReceivedSpan, startCollector } from './collector.ts'
import { MANAGERS, type Managed, TRACING_CASES, type TracingCase } from './tracing-cases.ts'

interface Side {
  readonly engine: Engine
  readonly collector: Collector
  readonly seen: http.IncomingHttpHeaders[]
  /** The name that the response gave its span, by case. */
  readonly answered: readonly (string | undefined)[]
}

const names = Object.keys(MANAGERS)

async function startSide(name: EngineName, running: AsyncDisposableStack): Promise<Side> {
  const collector = running.use(await startCollector())
  const seen: http.IncomingHttpHeaders[] = []
  let failures = 0
  const backend = http.createServer((request, response) => {
    seen.push(request.headers)
    const path = request.url ?? ''
    const status = path.startsWith('/status/')
      ? Number(path.slice(8))
      : path.startsWith('/flaky') && failures++ % 2 === 0
        ? 503
        : 200
    const named = path.startsWith('/named') ? { 'x-envoy-decorator-operation': 'from the other side' } : {}
    response.writeHead(status, { ...named, 'content-length': '3' }).end('ok\n')
  })
  await new Promise<void>(resolve => backend.listen(0, '127.0.0.1', resolve))
  running.defer(() => {
    backend.closeAllConnections()
    backend.close()
  })
  const managers: [string, Managed][] = Object.entries(MANAGERS)
  const engine = await startEngine(name, managers.length, (ports, admin) => {
    const listeners = managers.map(([title, { direction, tracing, decorator, more }], i) =>
      listener(
        title,
        ports[i] ?? 0,
        connectionManager(
          [
            {
              name: 'default',
              match: { prefix: '/' },
              ...(decorator && { decorator }),
              route: { cluster: 'web', retryPolicy: { retryOn: '5xx', numRetries: 1 } },
            },
          ],
          { tracing, accessLog: [], ...more },
        ),
        { trafficDirection: direction },
      ),
    )
    const clusters = [
      cluster('web', [(backend.address() as AddressInfo).port]),
      cluster('otlp', [collector.grpcPort], HTTP2_UPSTREAM),
      cluster('collector', [collector.httpPort]),
    ]
    return {
      ...bootstrap(admin, listeners, clusters),
      // Envoy gathers five spans otherwise.
      layeredRuntime: {
        layers: [
          { name: 'now', staticLayer: { 'tracing.opentelemetry.min_flush_spans': 1, 'tracing.zipkin.min_flush_spans': 1 } },
        ],
      },
    }
  })
  const side = { engine: running.use(engine), collector, seen, answered: [] }
  return { ...side, answered: await sendAll(side) }
}

function get(port: number, path: string, headers: Readonly<Record<string, string>>): Promise<http.IncomingMessage> {
  return new Promise((resolve, reject) => {
    http
      .get({ host: '127.0.0.1', port, path, agent: false, headers: { host: 'shop.test', ...headers } }, response => {
        response.resume()
        response.on('end', () => resolve(response))
      })
      .on('error', reject)
  })
}

/** All requests at once; their user agent says which case they belong to. */
async function sendAll({ engine, collector }: Side): Promise<(string | undefined)[]> {
  const responses = await Promise.all(
    TRACING_CASES.map(({ manager, path = '/', headers = {} }, i) =>
      get(engine.ports[names.indexOf(manager)] ?? 0, path, { 'user-agent': `case ${i}`, ...headers }),
    ),
  )
  const expected = TRACING_CASES.reduce((sum, { spans }) => sum + spans, 0)
  for (let attempt = 0; attempt < 100 && collector.spans.length < expected; attempt++) await sleep(50)
  // One that should not be there would come with the others.
  await sleep(100)
  return responses.map(({ headers }) => headers['x-envoy-decorator-operation']?.toString())
}

/** What happened, with the ids that are random replaced by what they are equal to. */
function observed({ collector, seen, answered }: Side, test: TracingCase): unknown {
  const agent = `case ${TRACING_CASES.indexOf(test)}`
  const requests = seen.filter(headers => headers['user-agent'] === agent)
  const own = collector.spans.filter(span => span.tags['user_agent'] === agent)
  const spans = collector.spans.filter(span => own.some(({ spanId }) => spanId === span.spanId || spanId === span.parentSpanId))
  const order = spans.sort(
    (a, b) => b.kind.localeCompare(a.kind) || Number(a.tags['retry.count'] ?? 0) - Number(b.tags['retry.count'] ?? 0),
  )
  const known = new Map<string, string>()
  for (const [i, span] of order.entries()) {
    if (!Object.values(test.headers ?? {}).some(value => value.includes(span.traceId))) known.set(span.traceId, '<new trace>')
    known.set(span.spanId, `<span ${i}>`)
  }
  const named = (text: string) =>
    [...known]
      .reduce((now, [id, name]) => now.replaceAll(id, name), text)
      .replace(/\b(?!0af7)[0-9a-f]{32}\b/g, '<trace>')
      .replace(/\b(?!b7ad)[0-9a-f]{16}\b/g, '<span>')
  return {
    handedOn: requests.map(headers =>
      Object.fromEntries(CONTEXT.flatMap(name => (!headers[name] ? [] : [[name, named(String(headers[name]))]]))),
    ),
    decision: requests.map(headers => String(headers['x-request-id'] ?? '').charAt(14)),
    answered: answered[TRACING_CASES.indexOf(test)],
    spans: order.map(span => shown(span, named)),
  }
}

/** Envoy sends an empty tracestate where there is none, which nobody misses. */
const CONTEXT = [
  ...['traceparent', 'tracestate', 'b3', 'x-b3-traceid', 'x-b3-spanid', 'x-b3-parentspanid', 'x-b3-sampled'],
  'x-envoy-decorator-operation',
]

/** Ports, sizes of heads and times differ from run to run. */
function shown({ tags, durationMs, ...span }: ReceivedSpan, named: (text: string) => string) {
  assert.ok(durationMs > 0 && durationMs < 10_000, `a span of ${durationMs} ms`)
  return {
    ...span,
    traceId: named(span.traceId),
    spanId: named(span.spanId),
    parentSpanId: named(span.parentSpanId),
    tags: Object.fromEntries(
      Object.entries(tags)
        .filter(([name]) => name !== 'guid:x-request-id')
        .map(([name, value]) => [name, value.replace(/127\.0\.0\.1:\d+/, 'address')])
        .sort(([a = ''], [b = '']) => a.localeCompare(b)),
    ),
  }
}

describe('tracing through mizzen and Envoy', { concurrency: false }, () => {
  const running = new AsyncDisposableStack()
  const missing = envoyBinary() === undefined && ENVOY_MISSING
  let mizzen: Side
  let envoy: Side
  before(async () => {
    mizzen = await startSide('mizzen', running)
    if (missing) return
    envoy = await startSide('envoy', running)
  })
  after(() => running.disposeAsync())

  for (const test of TRACING_CASES)
    it(test.name, { skip: missing }, () => assert.deepEqual(observed(mizzen, test), observed(envoy, test)))
})
