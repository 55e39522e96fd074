/** Whether a workload's ports take plaintext, mutual TLS or both (Istio's PeerAuthentication). */
import { hasLabels, type Labels } from './labels.ts'
import { builtIn, type Origin } from './origin.ts'

/** permissive: both, told apart by the connection's first bytes. */
export type PeerMode = 'disable' | 'permissive' | 'strict'

export interface PeerPolicy {
  readonly name: string
  readonly namespace: string
  /** undefined: the whole namespace; in the root namespace the whole mesh. */
  readonly selector: Labels | undefined
  /** undefined: what the next wider policy says. */
  readonly mode: PeerMode | undefined
  /** By port of the workload; undefined: as the workload. */
  readonly ports: ReadonlyMap<number, PeerMode | undefined>
  readonly created: string
  readonly origin: Origin
}

export interface PeerModes {
  readonly mode: PeerMode
  readonly ports: ReadonlyMap<number, PeerMode>
  /** The policy that decided the mode. */
  readonly origin: Origin
}

const DEFAULT = builtIn('the default of the mesh')

/** The narrowest policy that says something wins: workload, namespace, mesh. @param policies oldest first, which wins among equals */
export function peerModes(
  policies: readonly PeerPolicy[],
  rootNamespace: string,
  workload: { readonly namespace: string; readonly labels: Labels },
): PeerModes {
  const own = policies.filter(policy => policy.namespace === workload.namespace)
  const forMesh = policies.find(policy => policy.namespace === rootNamespace && !isNarrow(policy))
  const forNamespace = own.find(policy => policy.namespace !== rootNamespace && !isNarrow(policy))
  const forWorkload = own.find(policy => isNarrow(policy) && hasLabels(workload.labels, policy.selector ?? {}))
  const decisive = [forWorkload, forNamespace, forMesh].find(policy => policy?.mode !== undefined)
  const mode = decisive?.mode ?? 'permissive'
  const ports = new Map([...(forWorkload?.ports ?? [])].map(([port, own]) => [port, own ?? mode] as const))
  return { mode, ports, origin: decisive?.origin ?? DEFAULT }
}

export function peerModeOf(modes: PeerModes, port: number): PeerMode {
  return modes.ports.get(port) ?? modes.mode
}

function isNarrow({ selector }: PeerPolicy): boolean {
  return selector !== undefined && Object.keys(selector).length > 0
}
