/** WeightedDestinationRules: shares of requests between versions or services, which a roll-out moves from the first to the last. */
import type { WeightedDestination } from '../../api/mizzen/weighteddestinationrule/schema.ts'
import type { WeightedDestinationRule } from '../../api/registry.ts'
import { type HttpDestination, NO_HEADER_CHANGES } from '../../model/http-rule.ts'
import type { MeshSettings } from '../../model/settings.ts'
import type { Subset } from '../../model/traffic-policy.ts'
import { originOf } from '../origin.ts'
import { hostOf, layerRule } from './layer.ts'
import { type Parts, parts } from './parts.ts'

/**
 * Where roll-outs are, by resource name: the percent that the last destination gets now. One that is not here has not begun.
 * @see ../../run/ramps/ramps.ts, which moves them
 */
export type RolloutShares = ReadonlyMap<string, number>

/** @param share of its roll-out, in percent; undefined: the weights hold as they are written */
export function compileWeightedDestinationRule(object: WeightedDestinationRule, settings: MeshSettings, share?: number): Parts {
  const { spec } = object
  const subsets = spec.destinations.flatMap(({ version }, index): Subset[] =>
    version === undefined
      ? []
      : [
          {
            name: version,
            labels: { version },
            policy: undefined,
            origin: originOf(object, ['spec', 'destinations', index]),
          },
        ],
  )
  const written = spec.destinations.map(destination => compileDestination(destination, object, settings))
  const destinations = share === undefined ? written : shared(written, share)
  const split = { destinations, port: spec.port, origin: originOf(object) }
  const { port: _, ...target } = spec // a split for one port brings its subsets for all
  return parts({ trafficRules: [layerRule(object, target, { aspect: 'split', port: spec.port, split }, settings, { subsets })] })
}

function shared(destinations: readonly HttpDestination[], share: number): HttpDestination[] {
  return destinations.map((destination, index) => {
    const isLast = index === destinations.length - 1
    return { ...destination, weight: isLast ? share : index === 0 ? 100 - share : 0 }
  })
}

function compileDestination(
  { version, subset, host, port, weight }: WeightedDestination,
  { spec, namespace }: WeightedDestinationRule,
  settings: MeshSettings,
): HttpDestination {
  return {
    host: hostOf(host ?? spec.host, namespace, settings),
    subset: version ?? subset ?? '',
    port,
    weight: weight ?? 100,
    headers: NO_HEADER_CHANGES,
  }
}
