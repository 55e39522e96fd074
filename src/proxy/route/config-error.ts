/**
 * Refusing a route configuration: the control plane reads the message in a NACK, so it says where and why.
 */
import type { Route, VirtualHost } from '../../xds/gen/envoy/config/route/v3/route_components.ts'

/** The whole RouteConfiguration is refused; the one before keeps serving. */
export class RouteConfigError extends Error {
  override readonly name = 'RouteConfigError'
  readonly virtualHost: string | undefined
  readonly route: string | undefined

  constructor(configuration: string, reason: string, virtualHost?: string, route?: string) {
    const place = [virtualHost && `virtual host "${virtualHost}"`, route && `route ${route}`].filter(Boolean).join(', ')
    super(`Cannot apply route configuration "${configuration}": ${place ? `${place}: ` : ''}${reason}`)
    this.virtualHost = virtualHost
    this.route = route
  }
}

/** Runs a step of compiling; what it throws becomes a RouteConfigError that names the place. */
export function atPlace<T>(
  configuration: string,
  virtualHost: VirtualHost | undefined,
  route: string | undefined,
  step: () => T,
): T {
  try {
    return step()
  } catch (error) {
    if (error instanceof RouteConfigError) throw error
    throw new RouteConfigError(configuration, error instanceof Error ? error.message : String(error), virtualHost?.name, route)
  }
}

/** How messages call a route: its name where it has one, and its place in the virtual host. */
export function routeLabel(route: Route, index: number): string {
  return route.name ? `"${route.name}" (routes[${index}])` : `routes[${index}]`
}
