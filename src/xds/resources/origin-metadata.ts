/** Writes into resource metadata what caused the resource: for access logs, `explain`, and tools that know Istio's key. */
import type { Origin } from '../../model/origin.ts'
import { Metadata } from '../gen/envoy/config/core/v3/base.ts'

/** The metadata namespace that mizzen's own keys live in. */
export const OWN = 'mizzen.dev'

/** @param istio further entries beside `config` under Istio's namespace */
export function originMetadata(origin: Origin, istio: Readonly<Record<string, unknown>> = {}): Metadata {
  const { object, file, line, rule } = origin
  const filterMetadata: Record<string, Record<string, unknown>> = { [OWN]: { origin: object, file, line, rule } }
  const known = origin.path ? { config: origin.path, ...istio } : istio
  if (Object.keys(known).length > 0) filterMetadata['istio'] = known
  return Metadata.fromPartial({ filterMetadata })
}
