/** The bootstrap that both proxies are started with: one listener with every kind of route, one for TCP, one for HTTP/2 upstreams. */
import type { JsonValue } from '../../src/xds/wire/json.ts'

type Json = { [name: string]: JsonValue }

export interface Upstreams {
  readonly http: number
  readonly http2: number
  readonly tcp: number
  /** Where nobody listens. */
  readonly dead: number
}

const TYPE = 'type.googleapis.com/envoy.extensions'

export function socketAddress(portValue: number): Json {
  return { socketAddress: { address: '127.0.0.1', portValue } }
}

export function cluster(name: string, ports: readonly number[], more: Json = {}): Json {
  return {
    name,
    type: 'STATIC',
    connectTimeout: '1s',
    loadAssignment: {
      clusterName: name,
      endpoints: [{ lbEndpoints: ports.map(port => ({ endpoint: { address: socketAddress(port) } })) }],
    },
    ...more,
  }
}

export const HTTP2_UPSTREAM: Json = {
  typedExtensionProtocolOptions: {
    'envoy.extensions.upstreams.http.v3.HttpProtocolOptions': {
      '@type': `${TYPE}.upstreams.http.v3.HttpProtocolOptions`,
      explicitHttpConfig: { http2ProtocolOptions: {} },
    },
  },
}

export function httpFilter(name: string, type: string, settings: Json = {}): Json {
  return { name, typedConfig: { '@type': `${TYPE}.filters.http.${type}`, ...settings } }
}

export const ROUTER = httpFilter('envoy.filters.http.router', 'router.v3.Router')

const LOG_FORMAT =
  '%REQ(:METHOD)% %REQ(X-ENVOY-ORIGINAL-PATH?:PATH)% %PROTOCOL% %RESPONSE_CODE% %RESPONSE_FLAGS% %RESPONSE_CODE_DETAILS% ' +
  '%BYTES_RECEIVED% %BYTES_SENT% %UPSTREAM_CLUSTER% %ROUTE_NAME% %UPSTREAM_REQUEST_ATTEMPT_COUNT% %REQ(X-TEST)%\n'

export function connectionManager(routes: JsonValue, more: Json = {}): Json {
  return {
    '@type': `${TYPE}.filters.network.http_connection_manager.v3.HttpConnectionManager`,
    statPrefix: 'test',
    // How long Envoy lingers before it closes: only costs time here.
    delayedCloseTimeout: '0.02s',
    accessLog: [
      {
        name: 'log',
        typedConfig: {
          '@type': `${TYPE}.access_loggers.stream.v3.StdoutAccessLog`,
          logFormat: { textFormatSource: { inlineString: LOG_FORMAT } },
        },
      },
    ],
    routeConfig: { name: 'routes', virtualHosts: [{ name: 'all', domains: ['*'], includeRequestAttemptCount: true, routes }] },
    upgradeConfigs: [{ upgradeType: 'websocket' }],
    httpFilters: [ROUTER],
    ...more,
  }
}

export function listener(name: string, port: number, filter: Json, more: Json = {}): Json {
  return {
    name,
    address: socketAddress(port),
    filterChains: [{ filters: [{ name: 'only', typedConfig: filter }] }],
    ...more,
  }
}

export function tcpProxy(more: Json): Json {
  return { '@type': `${TYPE}.filters.network.tcp_proxy.v3.TcpProxy`, statPrefix: 'tcp', ...more }
}

export function bootstrap(admin: number, listeners: readonly Json[], clusters: readonly Json[]): Json {
  return {
    node: { id: 'test', cluster: 'test' },
    admin: { address: socketAddress(admin) },
    staticResources: { listeners: [...listeners], clusters: [...clusters] },
  }
}
