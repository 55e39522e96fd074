/** Which kinds are followed in a cluster, and what of their objects is kept. */
import type { Kind } from '../../api/kind.ts'
import { kindIds } from '../../api/kind-name.ts'
import { type KindId, kinds } from '../../api/registry.ts'
import { isRecord, listAt, type RawObject, textAt } from '../../kubernetes/client/raw-object.ts'

/** Kubernetes' own that describe what runs. ConfigMaps and Secrets are followed by name only (referenced.ts). */
const OF_KUBERNETES: readonly KindId[] = ['Namespace', 'Node', 'Service', 'Pod', 'EndpointSlice', 'Ingress', 'IngressClass']

/** Kinds that come with CustomResourceDefinitions: there or not, now or later. */
export const customKinds: readonly KindId[] = kindIds.filter(id => {
  const { group } = kinds[id]
  return group.includes('.') && !group.endsWith('.k8s.io') ? true : group.startsWith('gateway.') || group.startsWith('inference.')
})

export const watchedKinds: readonly KindId[] = [...OF_KUBERNETES, ...customKinds]

/** Their status is somebody's input; that of all others is ours to write, and a change of it changes nothing. */
const WITH_STATUS: ReadonlySet<string> = new Set(['Service', 'Pod', 'ServiceEntry'])

/** Of annotations only those that a mesh may know. */
const ANNOTATION =
  /(^|\.)(istio\.io|mizzen\.dev)\/|^kubernetes\.io\/ingress\.class$|^ingressclass\.kubernetes\.io\/|^prometheus\.io\//

/**
 * A copy without what nobody reads: it is compared with what comes later, and every field in it costs memory once for each object.
 * @returns undefined: the object does not count (a pod that has ended)
 */
export function stripped(id: KindId, document: RawObject): RawObject | undefined {
  const { metadata, spec, status, ...rest } = document
  if (id === 'Pod' && ['Succeeded', 'Failed'].includes(textAt(status, 'phase'))) return undefined
  const { managedFields, ownerReferences, ...head } = isRecord(metadata) ? metadata : {}
  const annotations = keptAnnotations(id, head['annotations'])
  const kind: Kind = kinds[id]
  return {
    ...rest,
    metadata: { ...head, annotations },
    ...(spec !== undefined && { spec: id === 'Pod' ? podSpec(spec) : spec }),
    ...(status !== undefined && WITH_STATUS.has(kind.kind) && { status: id === 'Pod' ? podStatus(status) : status }),
  }
}

function keptAnnotations(id: KindId, annotations: unknown): Readonly<Record<string, unknown>> {
  if (!isRecord(annotations) || id === 'Node' || id === 'EndpointSlice') return {}
  return Object.fromEntries(Object.entries(annotations).filter(([name]) => ANNOTATION.test(name)))
}

/** What a container runs is not the control plane's business; its ports and names are. */
function podSpec(spec: unknown): unknown {
  if (!isRecord(spec)) return spec
  const containers = (name: string) =>
    listAt(spec, name).flatMap(container =>
      isRecord(container) ? [{ name: container['name'], image: container['image'], ports: container['ports'] }] : [],
    )
  return { ...spec, containers: containers('containers'), initContainers: containers('initContainers') }
}

/** The times of its conditions change without meaning anything here. */
function podStatus(status: unknown): unknown {
  const { phase, podIP, podIPs, hostIP } = isRecord(status) ? status : {}
  const conditions = listAt(status, 'conditions').filter(condition => textAt(condition, 'type') === 'Ready')
  return { phase, podIP, podIPs, hostIP, conditions }
}
