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

/** @param forMesh routes of Services need no grant */
export function backendOf(ref: BackendObjectReference, path: Path, route: RouteObject, forMesh: boolean, world: World): Backend {
  const { group = '', kind = 'Service', name, namespace = route.namespace, port } = ref
  const target = { group, kind, namespace, name }
  const of = (host: string, refusal?: Refusal): Backend => ({
    path,
    destination: { host, subset: '', port },
    refusal,
  })
  if (group === 'networking.istio.io' && kind === 'Hostname') {
    const host = name.toLowerCase()
    return of(host, world.service(host) ? undefined : notFound('host', name))
  }
  const host = world.hostOf(name, namespace)
  if (!((group === '' && kind === 'Service') || (group === INFERENCE_GROUP && kind === 'InferencePool')))
    return of(host, {
      reason: 'InvalidKind',
      message: `${kind} "${name}"${group && ` of ${group}`} is no backend: expected a Service`,
    })
  if (!forMesh && !world.permits(route, target)) {
    const message = `${kind} "${namespace}/${name}" may not be used from namespace "${route.namespace}": expected a ReferenceGrant for kind ${route.kind} there`
    return of(host, { reason: 'RefNotPermitted', message })
  }
  if (kind === 'InferencePool') return of(host, world.exists(target) ? UNUSED : notFound(kind, `${namespace}/${name}`))
  if (!world.service(host) && !world.exists(target)) return of(host, notFound(kind, `${namespace}/${name}`))
  return of(host)
}

/** It exists, and so the reference is sound; nothing here chooses its endpoints. */
export const UNUSED: Refusal = { reason: '', message: 'mizzen does not choose endpoints for an InferencePool' }

function notFound(kind: string, name: string): Refusal {
  return { reason: 'BackendNotFound', message: `there is no ${kind} "${name}"` }
}
