/** Which endpoints take mutual TLS: those with a sidecar before them, and gRPC servers without one where policy demands it. */
import { IdentityMemo } from '../../lib/identity-memo.ts'
import { type PeerMode, type PeerModes, peerModeOf, peerModes } from '../../model/peer-policy.ts'
import type { Endpoint, ServicePort } from '../../model/service.ts'
import type { View } from './view.ts'

/** Injection puts it on every pod with a sidecar. */
const TLS_MODE = 'security.istio.io/tlsMode'

const modes = new IdentityMemo<PeerModes>()

/** @param port of the service: its target port is the one that PeerAuthentication knows, wherever the proxy listens for it */
export function isMeshEndpoint(view: View, endpoint: Endpoint, port: ServicePort): boolean {
  if (endpoint.strictOnly) return modeOf(view, endpoint, port) === 'strict'
  return endpoint.labels[TLS_MODE] === 'istio' && modeOf(view, endpoint, port) !== 'disable'
}

/** Whether an endpoint takes nothing but mutual TLS. @param port as for isMeshEndpoint() */
export function isStrictEndpoint(view: View, endpoint: Endpoint, port: ServicePort): boolean {
  return isMeshEndpoint(view, endpoint, port) && modeOf(view, endpoint, port) === 'strict'
}

function modeOf({ peerPolicies, settings }: View, endpoint: Endpoint, { target }: ServicePort): PeerMode {
  const { labels, namespace } = endpoint
  const { rootNamespace } = settings
  const own = modes.get([peerPolicies, labels, namespace, rootNamespace], () => peerModes(peerPolicies, rootNamespace, endpoint))
  return peerModeOf(own, typeof target === 'number' ? target : endpoint.port)
}
