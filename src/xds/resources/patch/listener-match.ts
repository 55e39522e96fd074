/** Conditions of patches on listeners, filter chains and filters. */
import type { EnvoyPatch, ListenerMatch, PatchContext } from '../../../model/envoy-patch.ts'
import { TrafficDirection } from '../../gen/envoy/config/core/v3/base.ts'
import type { Listener } from '../../gen/envoy/config/listener/v3/listener.ts'
import type { FilterChain } from '../../gen/envoy/config/listener/v3/listener_components.ts'
import type { Scene } from './scene.ts'

/** What a listener is to those who write patches. */
export interface Subject {
  readonly context: PatchContext
  readonly names: readonly string[]
  /** Ports of it. A virtual listener, which takes connections to all ports, leaves that to its chains. */
  readonly ports: readonly number[] | 'all'
}

const VIRTUAL = { inbound: 'virtualInbound', outbound: 'virtualOutbound' } as const

export function subjectOf(scene: Scene, listener: Listener): Subject {
  const { name, trafficDirection, address } = listener
  const context = scene.kind === 'gateway' ? 'gateway' : trafficDirection === TrafficDirection.INBOUND ? 'inbound' : 'outbound'
  if (name === VIRTUAL.inbound || name === VIRTUAL.outbound) return { context, names: [name], ports: 'all' }
  const socket = address?.address?.$case === 'socketAddress' ? address.address.value.portSpecifier : undefined
  const port = socket?.$case === 'portValue' ? socket.value : 0
  const ports = [...(scene.meant.get(port) ?? []), port]
  // Without redirection there are no virtual listeners, and the others have names that nobody can foresee.
  const names = scene.assigned && context !== 'gateway' ? [name, VIRTUAL[context]] : [name]
  return { context, names, ports }
}

export function matchesListener(match: ListenerMatch | undefined, subject: Subject): boolean {
  if (!match) return true
  if (match.port && subject.ports !== 'all' && !subject.ports.includes(match.port)) return false
  return !match.name || subject.names.includes(match.name)
}

export function matchesChain(match: ListenerMatch | undefined, subject: Subject, chain: FilterChain): boolean {
  if (!match) return true
  const conditions = chain.filterChainMatch
  const own = conditions?.destinationPort
  const takes = (port: number) => own === port || (own === undefined && subject.ports !== 'all' && subject.ports.includes(port))
  if (match.port && subject.ports === 'all' && !takes(match.port)) return false
  const wanted = match.chain
  if (!wanted) return true
  if (wanted.name && wanted.name !== chain.name) return false
  if (wanted.sni && !conditions?.serverNames.includes(wanted.sni)) return false
  if (wanted.transportProtocol && wanted.transportProtocol !== conditions?.transportProtocol) return false
  if (!wanted.applicationProtocols.every(protocol => conditions?.applicationProtocols.includes(protocol))) return false
  return !wanted.port || takes(wanted.port)
}

/** The filter of connections that a patch names; undefined: none. */
export function namedFilter({ match }: EnvoyPatch): ((filter: { readonly name: string }) => boolean) | undefined {
  const name = match.listener?.chain?.filter
  return name ? filter => filter.name === name : undefined
}

export function namedSubFilter({ match }: EnvoyPatch): ((filter: { readonly name: string }) => boolean) | undefined {
  const name = match.listener?.chain?.subFilter
  return name ? filter => filter.name === name : undefined
}

export function namedListenerFilter({ match }: EnvoyPatch): ((filter: { readonly name: string }) => boolean) | undefined {
  const name = match.listener?.listenerFilter
  return name ? filter => filter.name === name : undefined
}
