/** Gateways: what the proxies at the edge listen for. */
import type { ScopedHost } from './host.ts'
import { hasLabels, type Labels } from './labels.ts'
import type { Origin } from './origin.ts'
import type { Protocol } from './protocol.ts'

export interface Gateway {
  readonly name: string
  readonly namespace: string
  /** Labels of the proxies, in any namespace; empty: all of them. */
  readonly selector: Labels
  /** Of the proxies; absent: any. */
  readonly proxyNamespace?: string
  readonly servers: readonly GatewayServer[]
  /** Name of the secret that its proxies show to backends that want TLS by a rule with `gatewayCertificate`; absent: none. */
  readonly backendCredential?: string
  readonly created: string
  readonly origin: Origin
}

/** Whether a proxy of a namespace and labels listens for the gateway. */
export function isServedBy(gateway: Gateway, proxy: { readonly namespace: string; readonly labels: Labels }): boolean {
  const { selector, proxyNamespace = proxy.namespace } = gateway
  return proxyNamespace === proxy.namespace && hasLabels(proxy.labels, selector)
}

export interface GatewayServer {
  readonly port: number
  readonly portName: string
  readonly protocol: Protocol
  /** Address to listen on; "": all. */
  readonly bind: string
  /** The namespace of each is the one whose routes may use it. */
  readonly hosts: readonly ScopedHost[]
  readonly tls: ServerTls | undefined
  readonly name: string
  /** Requests for its hosts meet its own routes or none, also where another server of the port has wider hosts (Gateway API). */
  readonly isolated?: boolean
  /** Hosts of the port's other servers: who asks for one of them over a connection made for this server is told so, with 421. */
  readonly elsewhere?: readonly string[]
  readonly origin: Origin
}

export interface ServerTls {
  /**
   * passthrough: not ended here, routed by server name. auto-passthrough: to the service that the server name spells out. optional-mutual: a
   * client's certificate is right, or it has none. doubtful-mutual: wrong ones are taken too, and count for nothing.
   */
  readonly mode: 'passthrough' | 'auto-passthrough' | 'simple' | 'mutual' | 'optional-mutual' | 'doubtful-mutual' | 'mesh'
  readonly httpsRedirect: boolean
  /** Files, PEM. */
  readonly certificates: readonly { readonly certificate: string; readonly key: string }[]
  readonly ca: string
  readonly crl: string
  /** Names of secrets in the namespace of the gateway's workload; "kubernetes-gateway://namespace/name" is one of any namespace. */
  readonly credentials: readonly string[]
  readonly caCredential: string
  readonly subjectAltNames: readonly string[]
  readonly spki: readonly string[]
  readonly hashes: readonly string[]
  /** Versions as "1.2"; "" leaves it to the data plane. */
  readonly minVersion: string
  readonly maxVersion: string
  readonly cipherSuites: readonly string[]
}

/** In the place of a secret's name: the workload's own certificate of the mesh; for clients' rules: the machine's authorities. */
export const BUILT_IN = 'builtin://'

/** TLS that is passed on, and what other modes begin with. */
export const PASSTHROUGH: ServerTls = {
  mode: 'passthrough',
  httpsRedirect: false,
  certificates: [],
  ca: '',
  crl: '',
  credentials: [],
  caCredential: '',
  subjectAltNames: [],
  spki: [],
  hashes: [],
  minVersion: '',
  maxVersion: '',
  cipherSuites: [],
}
