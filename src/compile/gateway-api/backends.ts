/** Where a backendRef leads. */
import type { BackendObjectReference } from '../../api/gateway/references.ts'
import type { Path } from '../../api/object.ts'
import type { Destination } from '../../model/http-rule.ts'
import type { Refusal } from './conditions.ts'
import type { RouteObject } from './routes.ts'
import type { World } from './world.ts'

/** A reference and what came of it. */
export interface Backend {
  readonly path: Path
  readonly destination: Destination
  /** Why its share leads nowhere. */
  readonly refusal: Refusal | undefined
}

const INFERENCE_GROUP = 'inference.networking.k8s.io'

/** A service of several clusters. Its endpoints of all clusters are those of the Service of that name here. */
const MULTICLUSTER_GROUP = 'multicluster.x-k8s.io'

/** Kinds that have a host by their name and namespace. */
const KINDS: ReadonlySet<string> = new Set([
  '/Service',
  `${MULTICLUSTER_GROUP}/ServiceImport`,
  `${INFERENCE_GROUP}/InferencePool`,
])

/**
 * Whether a namespace may be named is asked before anything of it is looked at, so that a refusal tells nothing about it.
 *
 * @param forMesh routes of Services need no grant
 */
export function backendOf(ref: BackendObjectReference, path: Path, route: RouteObject, forMesh: boolean, world: World): Backend {
  const { group = '', kind = 'Service', name, namespace = route.namespace, port } = ref
  const target = { group, kind, namespace, name }
  const of = (host: string, refusal?: Refusal): Backend => ({
    path,
    destination: { host, subset: '', port },
    refusal,
  })
  const host = world.hostOf(name, namespace)
  if (!forMesh && !world.permits(route, target)) {
    const message = `${kind} "${namespace}/${name}" may not be used from namespace "${route.namespace}": expected a ReferenceGrant for kind ${route.kind} there`
    return of(host, { reason: 'RefNotPermitted', message })
  }
  if (group === 'networking.istio.io' && kind === 'Hostname') {
    if (ref.namespace !== undefined) return of(host, invalid(`Hostname "${name}" has no namespace: expected only its name`))
    const own = name.toLowerCase()
    return of(own, port === undefined ? withoutPort(kind, name) : world.service(own) ? undefined : notFound('host', name))
  }
  if (!KINDS.has(`${group}/${kind}`))
    return of(host, {
      reason: 'InvalidKind',
      message: `${kind} "${name}"${group && ` of ${group}`} is no backend: expected a Service`,
    })
  if (name.includes('.')) return of(host, invalid(`"${name}" is a host name: expected the name of the ${kind}`))
  if (kind === 'InferencePool') return of(host, world.exists(target) ? UNUSED : notFound(kind, `${namespace}/${name}`))
  if (port === undefined) return of(host, withoutPort(kind, name))
  if (!world.service(host) && !world.exists(target)) return of(host, notFound(kind, `${namespace}/${name}`))
  return of(host)
}

/** A reference that can never lead anywhere, whatever exists; Istio's reason. */
function invalid(message: string): Refusal {
  return { reason: 'InvalidDestination', message }
}

function withoutPort(kind: string, name: string): Refusal {
  return invalid(`${kind} "${name}" is named without a port: expected a port of it`)
}

/** It exists, and so the reference is sound; nothing here chooses its endpoints. */
export const UNUSED: Refusal = { reason: '', message: 'mizzen does not choose endpoints for an InferencePool' }

function notFound(kind: string, name: string): Refusal {
  return { reason: 'BackendNotFound', message: `there is no ${kind} "${name}"` }
}
