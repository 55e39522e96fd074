/** For tests: clusters over real sockets, with the least that is needed around them. */
import assert from 'node:assert/strict'
import { once } from 'node:events'
import * as net from 'node:net'
import type { TestContext } from 'node:test'
import { systemClock } from '../../lib/clock.ts'
import { Cluster, Cluster_DiscoveryType } from '../../xds/gen/envoy/config/cluster/v3/cluster.ts'
import { HealthStatus } from '../../xds/gen/envoy/config/core/v3/health_check.ts'
import { Http1ProtocolOptions, Http2ProtocolOptions } from '../../xds/gen/envoy/config/core/v3/protocol.ts'
import { ClusterLoadAssignment } from '../../xds/gen/envoy/config/endpoint/v3/endpoint.ts'
import {
  HttpProtocolOptions,
  HttpProtocolOptions_AutoHttpConfig,
  HttpProtocolOptions_UseDownstreamHttpConfig,
} from '../../xds/gen/envoy/extensions/upstreams/http/v3/http_protocol_options.ts'
import type { Duration } from '../../xds/gen/google/protobuf/duration.ts'
import { pack } from '../../xds/wire/any.ts'
import type { Host, PickContext } from '../balance/host.ts'
import { HeaderList } from '../http/headers.ts'
import type { RequestHead } from '../http/stream.ts'
import { ResponseRecorder } from '../pool/response-recorder.testing.ts'
import { StatsRegistry } from '../telemetry/stats.ts'
import { Secrets } from '../tls/secrets.ts'
import type { UpstreamStream } from './cluster.ts'
import { ClusterSet, type ClusterSetContext } from './cluster-set.ts'
import type { UpstreamProtocol } from './http-settings.ts'
import { systemResolver } from './resolver.ts'
import type { UpstreamCluster } from './upstream-cluster.ts'

/** Healthy hosts in turn. The real policies are tested with the balancers. */
export function inTurn(hosts: readonly Host[]) {
  let next = 0
  return {
    pick() {
      const healthy = hosts.filter(host => host.healthy)
      return healthy[next++ % healthy.length]
    },
    odds: () => [],
  }
}

export function clusterSet(t: TestContext, more: Partial<ClusterSetContext> = {}): ClusterSet {
  const set = new ClusterSet({
    clock: systemClock,
    random: () => 0.5,
    resolver: systemResolver,
    secrets: new Secrets(() => true),
    stats: new StatsRegistry(),
    readBalancing: () => inTurn,
    ...more,
  })
  t.after(() => set.destroy())
  return set
}

/** One endpoint: a port of 127.0.0.1, or what else an endpoint message has. */
export type TestEndpoint = number | { readonly port: number; readonly address?: string; readonly health?: HealthStatus }

export function assignment(name: string, endpoints: readonly TestEndpoint[]): ClusterLoadAssignment {
  return ClusterLoadAssignment.fromPartial({
    clusterName: name,
    endpoints: [
      {
        lbEndpoints: endpoints.map(endpoint => {
          const {
            port,
            address = '127.0.0.1',
            health = HealthStatus.UNKNOWN,
          } = typeof endpoint === 'number' ? { port: endpoint } : endpoint
          const socketAddress = { address, portSpecifier: { $case: 'portValue' as const, value: port } }
          return {
            healthStatus: health,
            hostIdentifier: {
              $case: 'endpoint' as const,
              value: { address: { address: { $case: 'socketAddress' as const, value: socketAddress } } },
            },
          }
        }),
      },
    ],
  })
}

export function staticCluster(name: string, endpoints: readonly TestEndpoint[], more: Partial<Cluster> = {}): Cluster {
  const message = Cluster.fromPartial({
    name,
    clusterDiscoveryType: { $case: 'type', value: Cluster_DiscoveryType.STATIC },
    loadAssignment: assignment(name, endpoints),
  })
  return { ...message, ...more }
}

export function edsCluster(name: string, more: Partial<Cluster> = {}): Cluster {
  const message = Cluster.fromPartial({
    name,
    clusterDiscoveryType: { $case: 'type', value: Cluster_DiscoveryType.EDS },
    edsClusterConfig: { edsConfig: { configSourceSpecifier: { $case: 'ads', value: {} }, initialFetchTimeout: { seconds: 0 } } },
  })
  return { ...message, ...more }
}

const OPTIONS = 'envoy.extensions.upstreams.http.v3.HttpProtocolOptions'

const CHOICES: Readonly<Record<UpstreamProtocol, HttpProtocolOptions['upstreamProtocolOptions']>> = {
  http1: {
    $case: 'explicitHttpConfig',
    value: { protocolConfig: { $case: 'httpProtocolOptions', value: Http1ProtocolOptions.fromPartial({}) } },
  },
  http2: {
    $case: 'explicitHttpConfig',
    value: { protocolConfig: { $case: 'http2ProtocolOptions', value: Http2ProtocolOptions.fromPartial({}) } },
  },
  downstream: { $case: 'useDownstreamProtocolConfig', value: HttpProtocolOptions_UseDownstreamHttpConfig.fromPartial({}) },
  auto: { $case: 'autoConfig', value: HttpProtocolOptions_AutoHttpConfig.fromPartial({}) },
}

/** For `typedExtensionProtocolOptions`. */
export function protocolOptions(
  protocol: UpstreamProtocol,
  common: { idleTimeout?: Duration; maxConnectionDuration?: Duration; maxRequestsPerConnection?: number } = {},
  upstream: { autoSni?: boolean; autoSanValidation?: boolean } = {},
): Cluster['typedExtensionProtocolOptions'] {
  const message = HttpProtocolOptions.fromPartial({
    commonHttpProtocolOptions: common,
    upstreamHttpProtocolOptions: upstream,
  })
  message.upstreamProtocolOptions = CHOICES[protocol]
  return { [OPTIONS]: pack(OPTIONS, HttpProtocolOptions, message) }
}

export function requestHead(path = '/', more: Partial<RequestHead> = {}): RequestHead {
  return {
    protocol: 'HTTP/1.1',
    method: 'GET',
    scheme: 'http',
    authority: 'shop',
    path,
    headers: new HeaderList(),
    upgrade: undefined,
    ...more,
  }
}

export const PICK: PickContext = {
  hash: undefined,
  subset: undefined,
  tried: undefined,
  previousPrioritiesFrequency: 0,
  originalDestination: undefined,
  authority: 'shop',
}

export class Sent extends ResponseRecorder {
  stream: UpstreamStream | undefined
}

/** Sends a request without a body. */
export function send(cluster: UpstreamCluster | undefined, path = '/', more: Partial<RequestHead> = {}): Sent {
  assert(cluster, 'no such cluster')
  const host = cluster.pick({ ...PICK, authority: more.authority ?? 'shop' })
  assert(host, 'no healthy host')
  const sent = new Sent()
  sent.stream = cluster.open(host, requestHead(path, more), true, sent)
  return sent
}

/** Turns of the event loop until the condition holds, or the test's time is over. */
export async function eventually(t: TestContext, condition: () => boolean): Promise<void> {
  while (!condition()) {
    t.signal.throwIfAborted()
    await new Promise(resolve => setImmediate(resolve))
  }
}

/** Listens on a port of its own until the test ends. */
export async function listen(t: TestContext, server: net.Server): Promise<number> {
  const sockets = new Set<net.Socket>()
  server.on('connection', socket => {
    sockets.add(socket)
    socket.on('close', () => sockets.delete(socket))
    socket.on('error', () => {})
  })
  t.after(() => {
    for (const socket of sockets) socket.destroy()
    server.close()
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  assert(address && typeof address === 'object')
  return address.port
}

/** A port that nobody listens on. */
export async function closedPort(): Promise<number> {
  const server = net.createServer()
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  assert(address && typeof address === 'object')
  server.close()
  await once(server, 'close')
  return address.port
}

/** A raw HTTP/1.1 upstream: what it does with each request is the test's. @returns its port */
export async function rawServer(t: TestContext, onRequest: (socket: net.Socket, head: string) => void): Promise<number> {
  return listen(t, requestServer(onRequest))
}

export function requestServer(onRequest: (socket: net.Socket, head: string) => void): net.Server {
  return net.createServer(socket => {
    let text = ''
    socket.on('data', bytes => {
      text += bytes.toString('latin1')
      for (let end = text.indexOf('\r\n\r\n'); end >= 0; end = text.indexOf('\r\n\r\n')) {
        const head = text.slice(0, end)
        text = text.slice(end + 4)
        onRequest(socket, head)
      }
    })
  })
}

export const OK = 'HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok'
