/**
 * Which Gateways are served here: those of a class with one of this mesh's controllers. Control planes beside each other have a controller each
 * (`own`), so that they do not fight over the same Gateways.
 */
import type { GatewayClass } from '../../api/registry.ts'

export const ISTIO_CONTROLLER = 'istio.io/gateway-controller'
export const MIZZEN_CONTROLLER = 'mizzen.dev/gateway-controller'

/** What Istio serves with other controllers: known here, and not served. */
export type UnservedClass = 'waypoint' | 'east-west' | 'remote'

const UNSERVED: ReadonlyMap<string, UnservedClass> = new Map([
  ['istio.io/mesh-controller', 'waypoint'],
  ['istio.io/eastwest-controller', 'east-west'],
  ['istio.io/unmanaged-gateway', 'remote'],
])

/** Classes that exist without an object, as with Istio. */
const BUILT_IN: ReadonlyMap<string, string> = new Map([
  ['istio', ISTIO_CONTROLLER],
  ['istio-waypoint', 'istio.io/mesh-controller'],
  ['istio-east-west', 'istio.io/eastwest-controller'],
  ['istio-remote', 'istio.io/unmanaged-gateway'],
  ['mizzen', MIZZEN_CONTROLLER],
])

/** @param own the one that this control plane is told to be; undefined: all that mizzen serves */
export function isOurs(controller: string, own: string | undefined): boolean {
  if (own !== undefined) return controller === own
  return controller === ISTIO_CONTROLLER || controller === MIZZEN_CONTROLLER
}

/** @returns undefined: somebody else serves the class */
export function controllerOf(className: string, classes: readonly GatewayClass[], own: string | undefined): string | undefined {
  const controller = anyControllerOf(className, classes)
  return controller !== undefined && isOurs(controller, own) ? controller : undefined
}

export function unservedClassOf(className: string, classes: readonly GatewayClass[]): UnservedClass | undefined {
  return isUnserved(anyControllerOf(className, classes) ?? '')
}

export function isUnserved(controller: string): UnservedClass | undefined {
  return UNSERVED.get(controller)
}

function anyControllerOf(className: string, classes: readonly GatewayClass[]): string | undefined {
  const declared = classes.find(object => object.name === className)
  return declared ? declared.spec.controllerName : BUILT_IN.get(className)
}
