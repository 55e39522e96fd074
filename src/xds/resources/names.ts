/** The names of listeners, routes and clusters. They are Istio's, because dashboards, metrics and EnvoyFilters know them. */

export const BLACK_HOLE = 'BlackHoleCluster'
/** No cluster has this name: shares of backends that a route may not use lead here. */
export const REFUSED = 'RefusedBackend'
export const PASSTHROUGH = 'PassthroughCluster'
export const INBOUND_PASSTHROUGH = 'InboundPassthroughCluster'
export const DYNAMIC_DNS = 'AllowAnyDynamicDNSCluster'
export const HTTP_PROXY_ROUTES = 'http_proxy'
/** Leads back into the workload's own HTTP proxy listener. */
export const HTTP_PROXY_TUNNEL = 'HttpProxyTunnelCluster'

/** Leads back into the workload's own listener for a forwarded service. */
export function forwardTunnel(host: string, port: number): string {
  return `${HTTP_PROXY_TUNNEL}|${port}||${host}`
}

export const OUTBOUND_CAPTURE_PORT = 15001
export const INBOUND_CAPTURE_PORT = 15006
/** Ports of the proxy and its agent: services on them get no listener. */
export const RESERVED_PORTS: ReadonlySet<number> = new Set([15000, 15001, 15004, 15006, 15008, 15020, 15021, 15053, 15090])

export interface SubsetKey {
  readonly direction: 'outbound' | 'inbound'
  readonly port: number
  readonly subset: string
  readonly host: string
}

export function outboundCluster(port: number, subset: string, host: string): string {
  return `outbound|${port}|${subset}|${host}`
}

/** The same as a name for TLS (SNI), by which gateways pass connections on. */
export function serverNameOf(port: number, subset: string, host: string): string {
  return `outbound_.${port}_.${subset}_.${host}`
}

export function inboundCluster(port: number): string {
  return `inbound|${port}||`
}

/** A cluster name in either spelling, with "|" or, for server names, "_."; undefined when it is neither. */
export function parseSubsetKey(name: string): SubsetKey | undefined {
  const parts = name.split(name.includes('|') ? '|' : '_.')
  const [direction = '', port = '', subset = '', ...rest] = parts
  const host = rest.join(name.includes('|') ? '|' : '_.')
  if (parts.length < 4 || host.includes('|') || (direction !== 'outbound' && direction !== 'inbound')) return undefined
  return { direction, port: Number(port), subset, host }
}

/** "0.0.0.0_80" */
export function listenerName(address: string, port: number): string {
  return `${address}_${port}`
}

/** The route table of one service port of its own: "<host>:<port>". */
export function serviceRoutes(host: string, port: number): string {
  return `${host}:${port}`
}

/** "http.80", and with an address "http.80.10.0.0.1". */
export function gatewayHttpRoutes(port: number, bind: string): string {
  return `http.${port}${bind ? `.${bind}` : ''}`
}

/** "https.443.https.gateway.namespace", one for each server since each has its own filter chain. */
export function gatewayHttpsRoutes(port: number, portName: string, gateway: string, namespace: string, bind: string): string {
  return `https.${port}.${portName}.${gateway}.${namespace}${bind ? `.${bind}` : ''}`
}
