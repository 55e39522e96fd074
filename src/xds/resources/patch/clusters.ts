/** EnvoyFilter's CLUSTER. */
import type { ClusterMatch, EnvoyPatch, PatchContext } from '../../../model/envoy-patch.ts'
import { Cluster } from '../../gen/envoy/config/cluster/v3/cluster.ts'
import type { EncodedResource } from '../../wire/resource.ts'
import type { Encoder } from '../encoded.ts'
import { INBOUND_PASSTHROUGH, parseSubsetKey } from '../names.ts'
import { markAdded, markMerged } from './mark.ts'
import { isMerge, mergePatch } from './merge.ts'
import { patchesOf, type Scene } from './scene.ts'

const TYPE = 'envoy.config.cluster.v3.Cluster'

/** @returns undefined: it is removed */
export function patchCluster(scene: Scene, encoder: Encoder, resource: EncodedResource): EncodedResource | undefined {
  const patches = patchesOf(scene, 'cluster', contextOf(scene, resource.name))
  const candidates = patches.filter(({ operation, match }) => operation !== 'add' && mayMatch(match.cluster, resource.name))
  if (candidates.length === 0) return resource
  let cluster = Cluster.decode(resource.bytes)
  for (const patch of candidates) {
    if (!matches(patch.match.cluster, cluster)) continue
    if (patch.operation === 'remove') return undefined
    if (isMerge(patch)) cluster = markMerged(mergePatch(TYPE, Cluster, cluster, patch), patch)
  }
  return encoder.encode(Cluster, cluster.name, cluster)
}

/** A cluster without a context belongs to the outbound side. */
export function addedClusters(scene: Scene, encoder: Encoder): EncodedResource[] {
  const added = (scene.patches.get('cluster') ?? []).filter(patch => patch.operation === 'add')
  return added.map(patch => addedCluster(encoder, patch))
}

function addedCluster(encoder: Encoder, patch: EnvoyPatch): EncodedResource {
  const cluster = markAdded(Cluster.decode(patch.value), patch, 'without-line')
  return encoder.encode(Cluster, cluster.name, cluster)
}

function contextOf(scene: Scene, name: string): PatchContext {
  if (scene.kind === 'gateway') return 'gateway'
  return name === INBOUND_PASSTHROUGH || name.startsWith('inbound|') ? 'inbound' : 'outbound'
}

/** All conditions but that on the service of an inbound cluster, whose name does not tell it. */
function mayMatch(match: ClusterMatch | undefined, name: string): boolean {
  if (!match) return true
  if (match.name) return match.name === name
  const key = parseSubsetKey(name)
  if (match.subset && match.subset !== key?.subset) return false
  if (match.port && match.port !== key?.port) return false
  return !match.service || match.service === key?.host || key?.direction === 'inbound'
}

function matches(match: ClusterMatch | undefined, cluster: Cluster): boolean {
  if (!match?.service || match.name || parseSubsetKey(cluster.name)?.host === match.service) return true
  return servicesOf(cluster).includes(match.service)
}

/** The services that lead to an inbound cluster, from its metadata in Istio's form. */
function servicesOf({ metadata }: Cluster): unknown[] {
  const services: unknown = metadata?.filterMetadata['istio']?.['services']
  return Array.isArray(services) ? services.map((entry: { host?: unknown }) => entry.host) : []
}
