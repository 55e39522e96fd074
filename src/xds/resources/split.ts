/** Destinations whose requests are shared out among versions or other services. */
import type { HttpDestination } from '../../model/http-rule.ts'
import { ruleFor, type View } from './view.ts'

/** Only what goes to a service as a whole is shared out: who names a subset means it. @returns the same list where nothing is */
export function splitDestinations(
  view: View,
  destinations: readonly HttpDestination[],
  port: number,
): readonly HttpDestination[] {
  let changed = false
  const result = destinations.flatMap(destination => {
    const service = destination.subset ? undefined : view.scope.byHost.get(destination.host)
    const split = service && ruleFor(view, service)?.split
    if (!split || (split.port !== undefined && split.port !== (destination.port ?? port))) return [destination]
    changed = true
    const whole = destinations.length === 1 ? 1 : destination.weight
    return split.destinations.map(share => ({
      ...share,
      port: share.port ?? (share.host === destination.host ? destination.port : undefined),
      weight: share.weight * whole,
      headers: destination.headers,
    }))
  })
  return changed ? result : destinations
}
