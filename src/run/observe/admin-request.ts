/** Requests to a proxy's admin endpoint: on this machine in plain HTTP, to a pod of a cluster over TLS, with the control plane's own certificate. */
import http from 'node:http'
import https from 'node:https'
import type { PeerCertificate } from 'node:tls'
import { namesOf } from '../../identity/control-plane.ts'

export interface AdminAddress {
  readonly host: string
  readonly port: number
  /** To be asked from; undefined: any. */
  readonly localAddress?: string | undefined
  /** undefined: plain HTTP. */
  readonly tls?: AdminTls | undefined
}

export interface AdminTls {
  /** What the control plane shows, and trusts: PEM. The same object as long as it is good. */
  readonly material: () => { readonly cert: string; readonly key: string; readonly ca: readonly string[]; readonly crl?: string }
  /** SPIFFE ids of the workload all begin so: "spiffe://cluster.local/ns/shop/". */
  readonly prefix: string
}

/** Handshakes cost more than all else: connections stay for the next look. */
const agent = new https.Agent({ keepAlive: true, maxFreeSockets: 256, timeout: 120_000 })

export function adminGet(
  { host, port, localAddress, tls }: AdminAddress,
  path: string,
  signal: AbortSignal | undefined,
  onResponse: (response: http.IncomingMessage) => void,
): http.ClientRequest {
  const request = { host, port, localAddress, path, ...(signal && { signal }) }
  if (!tls) return http.get({ ...request, agent: false }, onResponse)
  const { cert, key, ca, crl } = tls.material()
  const trust = { cert, key, ca: [...ca], ...(crl && { crl }) }
  return https.get(
    { ...request, ...trust, agent, servername: '', checkServerIdentity: (_, peer) => strangerThan(tls.prefix, peer) },
    onResponse,
  )
}

/** A pod's address may be another pod's by now. */
function strangerThan(prefix: string, { subjectaltname = '' }: PeerCertificate): Error | undefined {
  if (namesOf(subjectaltname).some(name => name.startsWith(prefix))) return undefined
  return new Error(`Cannot ask the proxy: its certificate is for ${subjectaltname}, expected ${prefix}...`)
}
