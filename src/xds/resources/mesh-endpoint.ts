/** Which endpoints have a sidecar before them that takes mutual TLS. */
import { IdentityMemo } from '../../lib/identity-memo.ts'
import { type PeerModes, peerModeOf, peerModes } from '../../model/peer-policy.ts'
import type { Endpoint, ServicePort } from '../../model/service.ts'
import type { View } from './view.ts'

/** Injection puts it on every pod with a sidecar. */
const TLS_MODE = 'security.istio.io/tlsMode'

const modes = new IdentityMemo<PeerModes>()

/** @param port of the service: its target port is the one that PeerAuthentication knows, wherever the proxy listens for it */
export function isMeshEndpoint({ peerPolicies, settings }: View, endpoint: Endpoint, { target }: ServicePort): boolean {
  const { labels, namespace } = endpoint
  if (labels[TLS_MODE] !== 'istio') return false
  const { rootNamespace } = settings
  const own = modes.get([peerPolicies, labels, namespace, rootNamespace], () => peerModes(peerPolicies, rootNamespace, endpoint))
  return peerModeOf(own, typeof target === 'number' ? target : endpoint.port) !== 'disable'
}
