/** The destinations of a VirtualService, wherever they stand in it. */
import type { Part, Resource } from './resource.ts'

export interface Destination {
  /** The `destination` (or `mirror`); it need not be there. */
  readonly part: Part
  readonly mirror: boolean
}

export function httpDestinations({ spec }: Resource): Destination[] {
  return spec
    .at('http')
    .items()
    .flatMap(rule => {
      const routes = rule.at('route').items()
      const mirrors = rule.at('mirrors').items()
      return [
        ...routes.map(route => ({ part: route.at('destination'), mirror: false })),
        ...(rule.at('mirror').isSet() ? [{ part: rule.at('mirror'), mirror: true }] : []),
        ...mirrors.map(mirror => ({ part: mirror.at('destination'), mirror: true })),
      ]
    })
}

export function destinations(object: Resource): Destination[] {
  const layer4 = ['tls', 'tcp']
    .flatMap(kind => object.spec.at(kind).items())
    .flatMap(rule => rule.at('route').items())
    .map(route => ({ part: route.at('destination'), mirror: false }))
  return [...httpDestinations(object), ...layer4]
}

export const MESH = 'mesh'

/** The gateways a VirtualService is bound to; none said is the mesh. */
export function gatewaysOf({ spec }: Resource): string[] {
  const gateways = spec.at('gateways').texts()
  return gateways.length === 0 ? [MESH] : gateways
}

export function gatewayKey(name: string, namespace: string): string {
  return name.includes('/') ? name : `${namespace}/${name}`
}
