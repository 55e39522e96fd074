/** PeerAuthentications (security.istio.io). */
import type { MutualTls } from '../api/istio/peerauthentication/schema.ts'
import type { PeerAuthentication } from '../api/registry.ts'
import type { PeerMode, PeerPolicy } from '../model/peer-policy.ts'
import { originOf } from './origin.ts'

export function compilePeerAuthentication(object: PeerAuthentication): PeerPolicy {
  const { spec, namespace, name } = object
  return {
    name,
    namespace,
    selector: spec.selector?.matchLabels,
    mode: modeOf(spec.mtls),
    ports: new Map(Object.entries(spec.portLevelMtls ?? {}).map(([port, tls]) => [Number(port), modeOf(tls)])),
    created: object.creationTimestamp ?? '',
    origin: originOf(object),
  }
}

const MODES: Readonly<Record<string, PeerMode>> = { DISABLE: 'disable', PERMISSIVE: 'permissive', STRICT: 'strict' }

function modeOf(tls: MutualTls | undefined): PeerMode | undefined {
  return MODES[tls?.mode ?? 'UNSET']
}
