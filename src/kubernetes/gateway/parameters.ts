/** A ConfigMap that changes what is made for Gateways: under the name of each object, fields to lay over it (YAML), as with Istio. */
import { parse } from 'yaml'
import { resourceName } from '../../api/object.ts'
import type { ConfigMap } from '../../api/registry.ts'
import { type Fields, isFields } from '../inject/fields.ts'
import { strategicMerge } from '../inject/strategic-merge.ts'

const PARAMETERS = ['serviceAccount', 'deployment', 'service', 'horizontalPodAutoscaler', 'podDisruptionBudget'] as const
export type Parameter = (typeof PARAMETERS)[number]

/** @param configMaps those of the class first @throws Error naming the ConfigMap and what is wrong with it */
export function readParameters(configMaps: readonly ConfigMap[]): Readonly<Partial<Record<Parameter, Fields>>> {
  const overlays: Partial<Record<Parameter, Fields>> = {}
  for (const configMap of configMaps) {
    for (const parameter of PARAMETERS) {
      const text = configMap.spec.data?.[parameter]
      if (text === undefined) continue
      const overlay = readOverlay(configMap, parameter, text)
      overlays[parameter] = strategicMerge(overlays[parameter] ?? {}, overlay)
    }
  }
  return overlays
}

function readOverlay(configMap: ConfigMap, parameter: Parameter, text: string): Fields {
  let value: unknown
  try {
    value = parse(text)
  } catch (error) {
    throw new Error(
      `Cannot use "${parameter}" of ${resourceName(configMap)}: ${error instanceof Error ? error.message : String(error)}`,
    )
  }
  if (isFields(value)) return value
  throw new Error(`Cannot use "${parameter}" of ${resourceName(configMap)}: expected a map of fields in YAML`)
}
