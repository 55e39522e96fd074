/** The static bootstrap of one proxy alone: a sidecar's outbound listener as the control plane makes it, and a TCP listener beside it. */
import type { JsonValue } from '../../src/xds/wire/json.ts'

export interface OutboundOptions {
  readonly port: number
  /** A second listener, which forwards bytes. */
  readonly tcpPort: number
  readonly admin: number
  readonly backend: number
  /** Services, routes and clusters beside those that are used: as many of each. @default 3 */
  readonly others?: number
  /** Endpoints of each of those. @default 1 */
  readonly endpoints?: number
  /** The listener says which way it leads, by which requests are counted. @default false: nothing is counted */
  readonly counted?: boolean
  /** Fields of the connection manager on top. */
  readonly manager?: { readonly [name: string]: JsonValue }
  /** Clusters on top. */
  readonly clusters?: readonly JsonValue[]
}

const BACKEND = 'outbound|80||backend.shop.svc.cluster.local'

export function outboundBootstrap({
  port,
  tcpPort,
  admin,
  backend,
  others = 3,
  endpoints = 1,
  counted = false,
  manager: moreOfManager = {},
  clusters = [],
}: OutboundOptions): JsonValue {
  const names = Array.from({ length: others }, (_, i) => `other-${i}`)
  const manager = {
    '@type': 'type.googleapis.com/envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager',
    statPrefix: `outbound_127.0.0.1_${port};`,
    streamIdleTimeout: '0s',
    upgradeConfigs: [{ upgradeType: 'websocket' }],
    routeConfig: {
      name: '80',
      virtualHosts: [...names.map(name => virtualHost(name, clusterOf(name))), virtualHost('backend', BACKEND)],
      validateClusters: false,
    },
    httpFilters: [filter('fault', 'fault.v3.HTTPFault'), filter('cors', 'cors.v3.Cors'), filter('router', 'router.v3.Router')],
    ...moreOfManager,
  }
  const tcp = {
    '@type': 'type.googleapis.com/envoy.extensions.filters.network.tcp_proxy.v3.TcpProxy',
    statPrefix: BACKEND,
    cluster: BACKEND,
  }
  return {
    node: { id: 'bench', cluster: 'bench' },
    admin: { address: socketAddress(admin) },
    staticResources: {
      listeners: [
        listener(port, 'envoy.filters.network.http_connection_manager', manager, counted ? { trafficDirection: 'OUTBOUND' } : {}),
        listener(tcpPort, 'envoy.filters.network.tcp_proxy', tcp),
      ],
      clusters: [...names.map(name => cluster(clusterOf(name), backend, endpoints)), cluster(BACKEND, backend, 1), ...clusters],
    },
  }
}

function clusterOf(name: string): string {
  return `outbound|80||${name}.shop.svc.cluster.local`
}

function virtualHost(name: string, cluster: string): JsonValue {
  return {
    name: `${name}:80`,
    domains: [name, `${name}.shop`, `${name}.shop.svc.cluster.local`],
    includeRequestAttemptCount: true,
    routes: [
      {
        name: 'default',
        match: { prefix: '/' },
        route: {
          cluster,
          timeout: '0s',
          retryPolicy: { retryOn: 'connect-failure,refused-stream,unavailable,cancelled,retriable-status-codes', numRetries: 2 },
        },
      },
    ],
  }
}

function cluster(name: string, port: number, endpoints: number): JsonValue {
  const lbEndpoints = Array.from({ length: endpoints }, (_, i) => ({
    endpoint: { address: { socketAddress: { address: `127.0.0.${i + 1}`, portValue: port } } },
  }))
  return {
    name,
    type: 'STATIC',
    connectTimeout: '10s',
    lbPolicy: 'LEAST_REQUEST',
    loadAssignment: { clusterName: name, endpoints: [{ lbEndpoints }] },
  }
}

function listener(
  port: number,
  name: string,
  typedConfig: JsonValue,
  more: { readonly [name: string]: JsonValue } = {},
): JsonValue {
  return {
    name: `127.0.0.1_${port}`,
    address: socketAddress(port),
    filterChains: [{ filters: [{ name, typedConfig }] }],
    ...more,
  }
}

function filter(name: string, type: string): JsonValue {
  return {
    name: `envoy.filters.http.${name}`,
    typedConfig: { '@type': `type.googleapis.com/envoy.extensions.filters.http.${type}` },
  }
}

function socketAddress(portValue: number) {
  return { socketAddress: { address: '127.0.0.1', portValue } }
}
