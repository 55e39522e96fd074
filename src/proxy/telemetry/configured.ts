/** The configuration object that a route came from, where somebody wrote one: routes that only stand for a Service have none to change. */
import type { ConfigOrigin } from '../route/decision.ts'

export function routeConfigured(route: { readonly origin?: ConfigOrigin } | undefined): ConfigOrigin | undefined {
  const origin = route?.origin
  return origin === undefined || origin.origin === '' || origin.origin.startsWith('Service ') ? undefined : origin
}
