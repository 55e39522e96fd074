/**
 * The patches of a group of proxies, and what they need to know of those proxies to find what they change. Proxies that have the same share
 * one scene, and with it everything that was patched.
 */
import { IdentityMemo } from '../../../lib/identity-memo.ts'
import { type EnvoyPatch, type PatchContext, type PatchTarget, patchesFor } from '../../../model/envoy-patch.ts'
import { gatewayPorts } from '../../../model/gateway-ports.ts'
import type { Mesh } from '../../../model/mesh.ts'
import type { MeshProxy } from '../../../model/proxy.ts'

export interface Scene {
  readonly kind: 'sidecar' | 'gateway'
  readonly patches: ReadonlyMap<PatchTarget, readonly EnvoyPatch[]>
  /**
   * The ports that a listening port stands for, where that is not itself: of gateways, and of sidecars on a machine where ports are
   * assigned. Patches speak of the ports of services.
   */
  readonly meant: ReadonlyMap<number, readonly number[]>
  /** Whether listeners have ports and names that only this machine knows. */
  readonly assigned: boolean
}

const scenes = new IdentityMemo<Scene>()

/** @returns undefined: no patch is for this proxy */
export function sceneOf(mesh: Mesh, proxy: MeshProxy): Scene | undefined {
  const { kind, capture } = proxy
  if (mesh.envoyFilters.length === 0 || kind === 'grpc') return undefined
  const patches = patchesFor(mesh.envoyFilters, proxy, mesh.settings)
  if (patches.length === 0) return undefined
  const meant = meantPorts(mesh, proxy)
  return scenes.get([patches, kind, capture.kind, JSON.stringify([...meant])], () => ({
    kind,
    patches: Map.groupBy(patches, patch => patch.target),
    meant,
    assigned: capture.kind === 'ports',
  }))
}

function meantPorts(mesh: Mesh, proxy: MeshProxy): Map<number, number[]> {
  if (proxy.kind === 'gateway')
    return new Map(gatewayPorts(mesh, proxy).map(({ listen, servers }) => [listen, servers.map(({ server }) => server.port)]))
  if (proxy.capture.kind !== 'ports') return new Map()
  const { inbound, forwards } = proxy.capture
  return new Map([
    ...[...inbound].map(([port, { listen }]): [number, number[]] => [listen, [port]]),
    ...forwards.map(({ listen, port }): [number, number[]] => [listen, [port]]),
  ])
}

/** The scene's patches of one kind that may change things of this context. */
export function patchesOf(scene: Scene, target: PatchTarget, context: PatchContext): readonly EnvoyPatch[] {
  return (scene.patches.get(target) ?? []).filter(patch => patch.context === undefined || patch.context === context)
}

export function hasPatches(scene: Scene, targets: readonly PatchTarget[]): boolean {
  return targets.some(target => scene.patches.has(target))
}
