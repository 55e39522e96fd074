/**
 * Access logs to collectors, from mizzen's proxy and from Envoy with one configuration: the same requests and connections have to become the same entries;
 * and a collector that is not there must cost nothing but its logs.
 */
import assert from 'node:assert/strict'
import http from 'node:http'
import net, { type AddressInfo } from 'node:net'
import { after, before, describe, it } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import type { JsonValue } from '../../src/xds/wire/json.ts'
import { bootstrap, cluster, connectionManager, HTTP2_UPSTREAM, listener, tcpProxy } from '../proxy/bootstrap.ts'
import { type Engine, type EngineName, freePorts, startEngine } from '../proxy/engine.ts'
import { ENVOY_MISSING, envoyBinary } from '../scenarios/engines.ts'
import { type LogCollector, startLogCollector } from './log-collector.ts'

type Json = { [name: string]: JsonValue }

const LOGGERS = 'type.googleapis.com/envoy.extensions.access_loggers'
const common = (logName: string): Json => ({
  logName,
  grpcService: { envoyGrpc: { clusterName: 'collector' } },
  transportApiVersion: 'V3',
  bufferFlushInterval: '0.1s',
})
const cel = (expression: string): Json => ({
  extensionFilter: {
    name: 'cel',
    typedConfig: { '@type': `${LOGGERS}.filters.cel.v3.ExpressionFilter`, expression },
  },
})
const otel = (filter?: Json): Json => ({
  name: 'otel',
  ...(filter && { filter }),
  typedConfig: {
    '@type': `${LOGGERS}.open_telemetry.v3.OpenTelemetryAccessLogConfig`,
    commonConfig: common('otel_envoy_accesslog'),
    body: { stringValue: '%REQ(:METHOD)% %PROTOCOL% %RESPONSE_CODE% %RESPONSE_FLAGS% %RESPONSE_CODE_DETAILS%' },
    attributes: { values: [{ key: 'path', value: { stringValue: '%REQ(:PATH)%' } }] },
  },
})
const als = (filter?: Json): Json => ({
  name: 'als',
  ...(filter && { filter }),
  typedConfig: {
    '@type': `${LOGGERS}.grpc.v3.HttpGrpcAccessLogConfig`,
    commonConfig: common('http_envoy_accesslog'),
    additionalRequestHeadersToLog: ['X-Tenant'],
    additionalResponseHeadersToLog: ['content-length'],
  },
})
const tcpAls: Json = {
  name: 'tcp',
  typedConfig: { '@type': `${LOGGERS}.grpc.v3.TcpGrpcAccessLogConfig`, commonConfig: common('tcp_envoy_accesslog') },
}

async function backend(running: AsyncDisposableStack): Promise<{ web: number; echo: number }> {
  const web = http.createServer((_request, response) => response.writeHead(200, { 'content-length': '3' }).end('ok\n'))
  const echo = net.createServer(socket => socket.pipe(socket))
  for (const server of [web, echo]) await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  running.defer(() => {
    web.closeAllConnections()
    web.close()
    echo.close()
  })
  return { web: (web.address() as AddressInfo).port, echo: (echo.address() as AddressInfo).port }
}

async function start(name: EngineName, collector: number, running: AsyncDisposableStack): Promise<Engine> {
  const { web, echo } = await backend(running)
  const engine = await startEngine(name, 2, (ports, admin) =>
    bootstrap(
      admin,
      [
        listener(
          'http',
          ports[0] ?? 0,
          connectionManager(
            [
              { name: 'gone', match: { prefix: '/gone' }, route: { cluster: 'nobody' } },
              { name: 'web', match: { prefix: '/web' }, route: { cluster: 'web', prefixRewrite: '/inside' } },
            ],
            { accessLog: [als(), otel(cel('response.code >= 400'))], serverName: 'x' },
          ),
        ),
        listener('tcp', ports[1] ?? 0, tcpProxy({ cluster: 'echo', accessLog: [tcpAls, otel()] })),
      ],
      [cluster('web', [web]), cluster('echo', [echo]), cluster('nobody', []), cluster('collector', [collector], HTTP2_UPSTREAM)],
    ),
  )
  return running.use(engine)
}

function get(port: number, path: string): Promise<number> {
  return new Promise((resolve, reject) => {
    const headers = { host: 'shop.test', 'user-agent': 'test', 'x-tenant': 'acme', 'x-request-id': 'id', referer: 'r' }
    http
      .get({ host: '127.0.0.1', port, path, agent: false, headers }, response => {
        response.resume()
        response.on('end', () => resolve(response.statusCode ?? 0))
      })
      .on('error', reject)
  })
}

function talk(port: number): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = net.connect(port, '127.0.0.1')
    socket.on('error', reject)
    socket.write('hello')
    socket.once('data', bytes => {
      socket.end()
      socket.on('close', () => resolve(String(bytes)))
    })
  })
}

/** Collected from one engine: entries by log, without what differs from run to run. */
interface Collected {
  readonly http: readonly unknown[]
  readonly tcp: readonly unknown[]
  readonly records: readonly string[]
  readonly identified: readonly string[]
}

async function collect(name: EngineName, running: AsyncDisposableStack): Promise<Collected> {
  const collector = running.use(await startLogCollector())
  const { ports } = await start(name, collector.port, running)
  for (const path of ['/web?a=1', '/nowhere', '/gone']) await get(ports[0] ?? 0, path)
  assert.equal(await talk(ports[1] ?? 0), 'hello')
  for (let i = 0; i < 200 && !complete(collector); i++) await sleep(50)
  return collected(collector)
}

interface Message {
  readonly identifier?: { readonly logName: string; readonly node?: { readonly id: string } }
  readonly httpLogs?: { readonly logEntry: readonly Record<string, Record<string, unknown>>[] }
  readonly tcpLogs?: { readonly logEntry: readonly Record<string, Record<string, unknown>>[] }
}

interface Export {
  readonly resourceLogs: readonly {
    readonly resource: {
      readonly attributes: readonly { readonly key: string; readonly value: { readonly stringValue: string } }[]
    }
    readonly scopeLogs: readonly {
      readonly logRecords: readonly {
        readonly body: { readonly stringValue: string }
        readonly timeUnixNano: string
        readonly attributes: readonly { readonly key: string; readonly value: { readonly stringValue: string } }[]
      }[]
    }[]
  }[]
}

function complete({ messages, exports }: LogCollector): boolean {
  const all = messages as unknown as readonly Message[]
  const http = all.flatMap(({ httpLogs }) => httpLogs?.logEntry ?? [])
  const records = recordsOf(exports)
  return http.length >= 3 && records.length >= 3 && all.some(({ tcpLogs }) => tcpLogs !== undefined)
}

function recordsOf(exports: readonly JsonValue[]): string[] {
  return (exports as unknown as readonly Export[]).flatMap(({ resourceLogs }) =>
    resourceLogs.flatMap(({ resource, scopeLogs }) =>
      scopeLogs.flatMap(({ logRecords }) =>
        logRecords.map(({ body, attributes }) => {
          const name = resource.attributes.find(({ key }) => key === 'log_name')?.value.stringValue
          return `${name}: ${body.stringValue} ${attributes.map(({ key, value }) => `${key}=${value.stringValue}`).join()}`
        }),
      ),
    ),
  )
}

function collected({ messages, exports }: LogCollector): Collected {
  const all = messages as unknown as readonly Message[]
  return {
    http: all.flatMap(({ httpLogs }) => (httpLogs?.logEntry ?? []).map(comparable)),
    tcp: all.flatMap(({ tcpLogs }) => (tcpLogs?.logEntry ?? []).map(comparable)),
    records: recordsOf(exports).sort(),
    identified: all.flatMap(({ identifier }) => (identifier ? [identifier.logName] : [])).sort(),
  }
}

/** Ports, times and sizes on the wire differ; they have to be there all the same. */
function comparable(entry: Record<string, Record<string, unknown>>): unknown {
  const { commonProperties = {}, request, response, connectionProperties, protocolVersion } = entry
  for (const name of ['startTime', 'duration', 'downstreamRemoteAddress', 'downstreamLocalAddress'])
    assert.ok(commonProperties[name] !== undefined, `${name} is there`)
  const {
    upstreamCluster,
    responseFlags,
    routeName,
    upstreamTransportFailureReason,
    upstreamRequestAttemptCount,
    accessLogType,
    upstreamRemoteAddress,
  } = commonProperties
  const sizes = /Bytes(Sent|Received)?$/
  const kept = (fields: Record<string, unknown> = {}) =>
    Object.fromEntries(Object.entries(fields).filter(([name]) => !sizes.test(name) || /Body/.test(name)))
  return {
    upstreamCluster,
    responseFlags,
    routeName,
    upstreamTransportFailureReason,
    upstreamRequestAttemptCount,
    accessLogType,
    connected: upstreamRemoteAddress !== undefined,
    protocolVersion,
    request: kept(request),
    response: kept(response),
    connectionProperties,
  }
}

describe('access logs to collectors', { concurrency: false }, () => {
  const running = new AsyncDisposableStack()
  let mizzen: Collected
  before(async () => {
    mizzen = await collect('mizzen', running)
  })
  after(() => running.disposeAsync())

  it('mizzen sends requests, connections and records, those of the filter only', () => {
    assert.equal(mizzen.http.length, 3)
    assert.equal(mizzen.tcp.length, 1)
    assert.deepEqual(mizzen.records, [
      'otel_envoy_accesslog: - - 0 - - path=-',
      'otel_envoy_accesslog: GET HTTP/1.1 404 NR route_not_found path=/nowhere',
      'otel_envoy_accesslog: GET HTTP/1.1 503 UH no_healthy_upstream path=/gone',
    ])
    assert.deepEqual(mizzen.identified, ['http_envoy_accesslog', 'tcp_envoy_accesslog'])
  })

  it('Envoy sends the same', { skip: envoyBinary() === undefined && ENVOY_MISSING }, async () => {
    const envoy = await collect('envoy', running)
    assert.deepEqual(mizzen.http, envoy.http)
    assert.deepEqual(mizzen.tcp, envoy.tcp)
    assert.deepEqual(mizzen.records, envoy.records)
    assert.deepEqual(mizzen.identified, envoy.identified)
  })

  it('a collector that is away costs its logs, which are counted, and nothing else; when it is back it gets what comes then', async () => {
    const [port = 0] = await freePorts(1)
    const engine = await start('mizzen', port, running)
    for (let i = 0; i < 20; i++) assert.equal(await get(engine.ports[0] ?? 0, '/web'), 200)
    assert.equal(await talk(engine.ports[1] ?? 0), 'hello')
    const dropped = async () => {
      const text = await (await fetch(`http://127.0.0.1:${engine.admin}/stats?filter=access_logs`)).text()
      return Number(/^access_logs\.grpc_access_log\.logs_dropped: (\d+)$/m.exec(text)?.[1])
    }
    for (let i = 0; i < 100 && (await dropped()) < 21; i++) await sleep(50)
    assert.equal(await dropped(), 21)
    assert.match(engine.errors(), /Cannot send access logs "http_envoy_accesslog": .*; they are dropped/)
    assert.equal(engine.errors().match(/"http_envoy_accesslog"/g)?.length, 1, 'it says so once')
    const collector = running.use(await startLogCollector(port))
    for (let i = 0; i < 100 && collector.messages.length === 0; i++) {
      await get(engine.ports[0] ?? 0, '/web')
      await sleep(100)
    }
    assert.ok(collector.messages.length > 0)
  })
})
