/**
 * How an application without a network of its own finds the services that HTTP_PROXY does not reach (TCP, TLS, gRPC): the sidecar
 * forwards a local port to each, Kubernetes' service variables name that port, and env values that are the service's address are
 * rewritten to it. Pure.
 */

/** A port of a service as one pod sees it. */
export interface ServicePort {
  /** `cache.shop.svc.cluster.local`, or the host of a ServiceEntry. */
  readonly host: string
  /** Metadata of the Kubernetes Service; undefined for hosts from elsewhere. */
  readonly service?: { readonly name: string; readonly namespace: string }
  readonly port: number
  readonly portName?: string | undefined
  /** Local port of the pod's sidecar that leads there; undefined: HTTP_PROXY does. */
  readonly forward: number | undefined
  /** Its protocol is not declared: HTTP_PROXY leads there too, for those who speak HTTP. */
  readonly undeclared?: boolean
}

/**
 * `CART_SERVICE_HOST`, `CART_SERVICE_PORT`, `CART_SERVICE_PORT_GRPC` of each Service in the pod's namespace (Kubernetes
 * documentation, "Service: environment variables"). The host is that of the first port; a service that is reached by HTTP_PROXY
 * keeps its name and port.
 */
export function serviceVariables(ports: Iterable<ServicePort>, namespace: string): Map<string, string> {
  const variables = new Map<string, string>()
  for (const { service, port, portName, forward } of ports) {
    if (service?.namespace !== namespace) continue
    const prefix = variableName(service.name)
    const reached = String(forward ?? port)
    if (!variables.has(`${prefix}_SERVICE_HOST`)) {
      variables.set(`${prefix}_SERVICE_HOST`, forward === undefined ? service.name : '127.0.0.1')
      variables.set(`${prefix}_SERVICE_PORT`, reached)
    }
    if (portName) variables.set(`${prefix}_SERVICE_PORT_${variableName(portName)}`, reached)
  }
  return variables
}

function variableName(name: string): string {
  return name.toUpperCase().replaceAll(/[-.]/g, '_')
}

/** By "host:port". */
export type ServicesByAddress = ReadonlyMap<string, Pick<ServicePort, 'forward' | 'undeclared'>>

/** `host:port`, or a URL whose authority is that: the scheme, user and path around it are kept. */
const ADDRESS = /^([a-z][a-z0-9+.-]*:\/\/(?:[^/@\s]*@)?)?([a-z0-9](?:[a-z0-9.-]*[a-z0-9])?)\.?:(\d{1,5})([/?#]\S*)?$/i

/**
 * The value with the address of a forwarded service replaced by `127.0.0.1:<forward>`; any other value as it is. Short names are
 * looked for in the pod's namespace first, as cluster DNS does.
 */
export function forwardedAddress(value: string, namespace: string, services: ServicesByAddress): string {
  const [, before = '', name = '', port = '', after = ''] = ADDRESS.exec(value) ?? []
  if (!name || (!before && after)) return value
  const host = name.toLowerCase()
  for (const candidate of [
    `${host}.${namespace}.svc.cluster.local`,
    `${host}.svc.cluster.local`,
    `${host}.cluster.local`,
    host,
  ]) {
    const { forward, undeclared } = services.get(`${candidate}:${port}`) ?? {}
    if (forward !== undefined) return undeclared && /^https?:/i.test(before) ? value : `${before}127.0.0.1:${forward}${after}`
  }
  return value
}
