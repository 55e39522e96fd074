/** The other end: a forwarded call as it arrives at the proxy beside the endpoint. */
import type { MeshProxy } from '../../model/proxy.ts'
import type { Workload } from '../../model/workload.ts'
import type { Answer } from './answer.ts'
import type { Call } from './call.ts'
import type { DryProxy } from './dry-proxy.ts'
import type { WorkloadIndex } from './workload-index.ts'

export interface Arrival {
  readonly name: string
  readonly workload: Workload
  readonly call: Call
}

/** @returns undefined: it is not sent on, or to nobody the mesh knows */
export function callAtServer(
  dry: DryProxy,
  workloads: WorkloadIndex,
  answer: Answer,
  call: Call,
  from: MeshProxy,
  trustDomain: string,
): Arrival | undefined {
  const action = answer.outcomes.find(outcome => outcome.action.kind === 'forward')?.action
  if (action?.kind !== 'forward') return undefined
  const address = action.endpoints[0]?.address ?? ''
  const known = workloads.at(address)
  // A sidecar's own inbound side ends at its application.
  if (!known || (known.workload.name === from.name && known.workload.namespace === from.namespace)) return undefined
  const colon = address.lastIndexOf(':')
  const tls = dry.clusters.tlsOf(action.cluster, address)
  const http2 = call.protocol !== 'tcp' && dry.clusters.get(action.cluster)?.settings.http.protocol === 'http2'
  const added = Object.entries(action.request?.headersSet ?? {})
  const gone = new Set([...added.map(([name]) => name), ...(action.request?.headersRemoved ?? [])])
  const { mtlsSecret: _, ...arriving } = call
  const principal = `spiffe://${trustDomain}/ns/${from.namespace}/sa/${from.serviceAccount || 'default'}`
  return {
    name: known.name,
    workload: known.workload,
    call: {
      ...arriving,
      mode: known.workload.capture.kind === 'redirect' ? 'inbound' : 'direct',
      address: address.slice(0, colon).replace(/^\[|\]$/g, ''),
      port: Number(address.slice(colon + 1)),
      protocol: call.protocol === 'http' && http2 ? 'http2' : call.protocol,
      tls: action.tls === 'plaintext' && action.request === undefined ? call.tls : action.tls,
      sni: tls?.sni ?? call.sni,
      alpn: tls ? (tls.commonTlsContext?.alpnProtocols ?? []) : call.alpn,
      host: action.request?.authority ?? call.host,
      path: action.request?.path ?? call.path,
      headers: [...call.headers.filter(([name]) => !gone.has(name)), ...added],
      source: from.addresses[0] ?? '127.0.0.1',
      ...(action.tls === 'mtls' && { principal }),
    },
  }
}
