/** WeightedDestinationRules: shares of requests between versions or services. */
import type { WeightedDestination } from '../../api/mizzen/weighteddestinationrule/schema.ts'
import type { WeightedDestinationRule } from '../../api/registry.ts'
import { type HttpDestination, NO_HEADER_CHANGES } from '../../model/http-rule.ts'
import type { MeshSettings } from '../../model/settings.ts'
import type { Subset } from '../../model/traffic-policy.ts'
import { originOf } from '../origin.ts'
import { hostOf, layerRule } from './layer.ts'
import { type Parts, parts } from './parts.ts'

export function compileWeightedDestinationRule(object: WeightedDestinationRule, settings: MeshSettings): Parts {
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
  const destinations = spec.destinations.map(destination => compileDestination(destination, object, settings))
  const split = { destinations, port: spec.port, origin: originOf(object) }
  const { port: _, ...target } = spec // a split for one port brings its subsets for all
  return parts({ trafficRules: [layerRule(object, target, { aspect: 'split', port: spec.port, split }, settings, { subsets })] })
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
