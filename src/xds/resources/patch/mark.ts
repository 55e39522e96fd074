/** Writes into the metadata of what was patched which EnvoyFilter did it: for access logs and `explain`, beside the origin (origin-metadata.ts). */
import type { EnvoyPatch } from '../../../model/envoy-patch.ts'
import { Metadata } from '../../gen/envoy/config/core/v3/base.ts'
import { OWN, originMetadata, originWithLine } from '../origin-metadata.ts'

interface Marked {
  metadata: Metadata | undefined
}

/** What the mesh made and a patch changed keeps its origin. */
export function markMerged<T extends Marked>(message: T, { origin }: EnvoyPatch): T {
  const filterMetadata = message.metadata?.filterMetadata ?? {}
  const own = filterMetadata[OWN] ?? {}
  const before: unknown = own['patched']
  const by = `${origin.object} ${origin.rule}`
  const patched = typeof before === 'string' ? `${before}, ${by}` : by
  const metadata = Metadata.fromPartial({
    ...message.metadata,
    filterMetadata: { ...filterMetadata, [OWN]: { ...own, patched } },
  })
  return { ...message, metadata }
}

/** What a patch added has the patch as its origin. @param line see origin-metadata.ts on when lines are told */
export function markAdded<T extends Marked>(message: T, { origin }: EnvoyPatch, line: 'with-line' | 'without-line'): T {
  const made = line === 'with-line' ? originWithLine(origin) : originMetadata(origin)
  const filterMetadata = { ...made.filterMetadata, ...message.metadata?.filterMetadata }
  return { ...message, metadata: Metadata.fromPartial({ ...message.metadata, filterMetadata }) }
}
