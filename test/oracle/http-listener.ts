/** Pieces of bootstrap that the comparisons with Envoy share, and a client that shows the whole answer. */
import http, { type IncomingHttpHeaders, type OutgoingHttpHeaders } from 'node:http'
import type { JsonValue } from '../../src/xds/wire/json.ts'

const filters = 'type.googleapis.com/envoy.extensions.filters'
const anyPort = { address: { socketAddress: { address: '127.0.0.1', portValue: 0 } } }

/** @param httpFilters [name, full message name, settings] before the router @param options more fields of the connection manager */
export function httpListener(
  name: string,
  routeConfig: JsonValue,
  httpFilters: readonly (readonly [string, string, { readonly [key: string]: JsonValue }])[] = [],
  options: { readonly [key: string]: JsonValue } = {},
): JsonValue {
  const manager = {
    '@type': `${filters}.network.http_connection_manager.v3.HttpConnectionManager`,
    statPrefix: 'oracle',
    generateRequestId: false,
    routeConfig,
    ...options,
    httpFilters: [
      ...httpFilters.map(([filter, type, settings]) => ({
        name: filter,
        typedConfig: { '@type': `type.googleapis.com/${type}`, ...settings },
      })),
      { name: 'router', typedConfig: { '@type': `${filters}.http.router.v3.Router` } },
    ],
  }
  return { name, ...anyPort, filterChains: [{ filters: [{ name: 'hcm', typedConfig: manager }] }] }
}

/** A cluster of one address on this machine. */
export function staticCluster(name: string, port: number): JsonValue {
  const endpoint = { address: { socketAddress: { address: '127.0.0.1', portValue: port } } }
  return {
    name,
    type: 'STATIC',
    connectTimeout: '2s',
    loadAssignment: { clusterName: name, endpoints: [{ lbEndpoints: [{ endpoint }] }] },
  }
}

export interface Answer {
  readonly status: number
  readonly headers: IncomingHttpHeaders
  readonly body: string
  /** The client's port, which the proxy knows as the remote one. */
  readonly localPort: number
}

export interface Question {
  readonly method?: string
  readonly path?: string
  readonly headers?: OutgoingHttpHeaders
  readonly agent?: http.Agent | false
}

export function askOver(port: number, question: Question): Promise<Answer> {
  const { method = 'GET', path = '/', headers = {}, agent = false } = question
  return new Promise((resolve, reject) => {
    const request = http.request({ host: '127.0.0.1', port, method, path, agent, headers: { host: 'shop.example', ...headers } })
    request.on('error', reject)
    request.on('connect', (response, socket) => {
      socket.destroy()
      resolve({ status: response.statusCode ?? 0, headers: response.headers, body: '', localPort: socketPort(request) })
    })
    request.on('response', response => {
      let body = ''
      response.setEncoding('utf8')
      response.on('data', text => {
        body += text
      })
      const localPort = socketPort(request)
      response.on('end', () => resolve({ status: response.statusCode ?? 0, headers: response.headers, body, localPort }))
    })
    request.end()
  })
}

function socketPort({ socket }: http.ClientRequest): number {
  return (socket && 'localPort' in socket && typeof socket.localPort === 'number' && socket.localPort) || 0
}

/** @returns the server and its port; it closes with all its connections */
export async function startBackend(
  serve: http.RequestListener,
): Promise<{ server: http.Server; port: number; stop: () => Promise<void> }> {
  const server = http.createServer(serve)
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  const stop = async () => {
    server.closeAllConnections()
    await new Promise(resolve => server.close(resolve))
  }
  return { server, port: typeof address === 'object' && address ? address.port : 0, stop }
}
