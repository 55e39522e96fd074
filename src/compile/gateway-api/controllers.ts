/** Which Gateways are served here: those of a class with one of this mesh's controllers. */
import type { GatewayClass } from '../../api/registry.ts'

export const ISTIO_CONTROLLER = 'istio.io/gateway-controller'
export const MIZZEN_CONTROLLER = 'mizzen.dev/gateway-controller'

/** Classes that exist without an object, as with Istio. */
const BUILT_IN: ReadonlyMap<string, string> = new Map([
  ['istio', ISTIO_CONTROLLER],
  ['mizzen', MIZZEN_CONTROLLER],
])

export function isOurs(controller: string): boolean {
  return controller === ISTIO_CONTROLLER || controller === MIZZEN_CONTROLLER
}

/** @returns undefined: somebody else serves the class */
export function controllerOf(className: string, classes: readonly GatewayClass[]): string | undefined {
  const declared = classes.find(object => object.name === className)
  const controller = declared ? declared.spec.controllerName : BUILT_IN.get(className)
  return controller !== undefined && isOurs(controller) ? controller : undefined
}
