/** Fields of the Gateway API that are valid and do nothing here, said of each object that has one. */
import type { HttpRouteRule } from '../../api/gateway/httproute/schema.ts'
import type { ObjectHead, Path } from '../../api/object.ts'
import type { BackendTLSPolicy, KubernetesGateway } from '../../api/registry.ts'
import { type Diagnostic, diagnostic } from '../diagnostic.ts'
import { isManual } from './addresses.ts'
import type { RouteObject } from './routes.ts'

export function httpNotYet(route: RouteObject, spec: HttpRouteRule, path: Path): Diagnostic[] {
  const session = spec.sessionPersistence
  if (!session) return []
  const at = [...path, 'sessionPersistence']
  const permanent = (session.cookie ?? session.cookieConfig)?.lifetimeType === 'Permanent'
  return [
    ...(session.idleTimeout === undefined
      ? []
      : [notYet(route, [...at, 'idleTimeout'], 'idleTimeout', 'a session ends when its cookie does, or its backend')]),
    ...(session.absoluteTimeout === undefined || permanent
      ? []
      : [
          notYet(
            route,
            [...at, 'absoluteTimeout'],
            'absoluteTimeout without a Permanent cookie',
            'the session lasts until the client forgets it',
          ),
        ]),
  ]
}

export function routeNotYet(route: RouteObject): Diagnostic[] {
  return route.spec.useDefaultGateways === 'All'
    ? [notYet(route, ['spec', 'useDefaultGateways'], 'useDefaultGateways', 'only parentRefs count')]
    : []
}

export function gatewayNotYet(gateway: KubernetesGateway): Diagnostic[] {
  const { spec } = gateway
  const found: Diagnostic[] = []
  const { labels, annotations } = spec.infrastructure ?? {}
  for (const [field, entries] of Object.entries({ labels, annotations })) {
    // What is made for a Gateway carries them; one with an address of its own is served by what somebody else made.
    if (isManual(gateway) && Object.keys(entries ?? {}).length > 0)
      found.push(
        diagnostic(gateway, ['spec', 'infrastructure', field], {
          code: 'not-yet',
          level: 'warning',
          message: `infrastructure.${field} has no effect on a Gateway whose addresses name what serves it`,
          effect: 'what runs for the Gateway does not carry them',
        }),
      )
  }
  if (spec.defaultScope === 'All') found.push(notYet(gateway, ['spec', 'defaultScope'], 'defaultScope', 'only parentRefs count'))
  return found
}

export function policyNotYet(policy: BackendTLSPolicy): Diagnostic[] {
  const options = Object.keys(policy.spec.options ?? {})
  if (options.length === 0) return []
  const path = ['spec', 'options', options[0] ?? '']
  return [notYet(policy, path, `options ${options.map(name => `"${name}"`).join(', ')}`, 'TLS has its default settings')]
}

function notYet(object: ObjectHead, path: Path, what: string, effect: string): Diagnostic {
  return diagnostic(object, path, {
    code: 'not-yet',
    level: 'warning',
    message: `${what} has no effect in this version of mizzen`,
    effect,
  })
}
