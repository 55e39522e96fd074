/** TypeScriptFilters: the module without its types, and where it runs. */
import type { TypeScriptFilter } from '../../api/registry.ts'
import { stripTypes } from '../../lib/strip-types.ts'
import { milliseconds } from '../duration.ts'
import { originOf } from '../origin.ts'
import { type Parts, parts } from './parts.ts'

const TRAFFIC = { Inbound: 'inbound', Outbound: 'outbound', All: 'all' } as const

export function compileTypeScriptFilter(object: TypeScriptFilter): Parts {
  const { spec, name, namespace } = object
  const stripped = stripTypes(spec.source)
  // Validation has kept out what cannot be read.
  if ('problem' in stripped) return parts({})
  const filter = {
    name,
    namespace,
    target: { namespace, selector: spec.workloadSelector?.matchLabels, targets: [] },
    traffic: TRAFFIC[spec.traffic ?? 'Inbound'],
    order: spec.order ?? 0,
    module: stripped.code,
    config: spec.config ?? {},
    timeLimitMs: milliseconds(spec.timeLimit) ?? 200,
    bodyLimit: spec.bodyLimit ?? 1_048_576,
    memoryLimitMb: spec.memoryLimit ?? 64,
    failOpen: spec.failureMode === 'Allow',
    created: object.creationTimestamp ?? '',
    origin: originOf(object),
  }
  return parts({ scriptFilters: [filter] })
}
