/** Writes into resource metadata what caused the resource: for access logs, `explain`, and tools that know Istio's key. */
import type { Origin } from '../../model/origin.ts'
import { Metadata } from '../gen/envoy/config/core/v3/base.ts'

/** The metadata namespace that mizzen's own keys live in. */
export const OWN = 'mizzen.dev'

/**
 * For listeners, filter chains and clusters: without the line. A listener or cluster whose metadata changes is replaced, connections and
 * all, and a comment at the top of a file must not do that; who needs the line finds it by the object's name.
 *
 * @param istio further entries beside `config` under Istio's namespace @param own further entries under ours
 */
export function originMetadata(
  origin: Origin,
  istio: Readonly<Record<string, unknown>> = {},
  own: Readonly<Record<string, unknown>> = {},
): Metadata {
  const { object, file, rule } = origin
  return metadata(origin, { origin: object, file, rule, ...own }, istio)
}

/** For routes and virtual hosts, which can be exchanged at no cost. */
export function originWithLine(origin: Origin): Metadata {
  const { object, file, line, rule } = origin
  return metadata(origin, { origin: object, file, line, rule }, {})
}

function metadata({ path }: Origin, own: Record<string, unknown>, istio: Readonly<Record<string, unknown>>): Metadata {
  const known = path ? { config: path, ...istio } : istio
  const filterMetadata: Record<string, Record<string, unknown>> = { [OWN]: own }
  if (Object.keys(known).length > 0) filterMetadata['istio'] = known
  return Metadata.fromPartial({ filterMetadata })
}
