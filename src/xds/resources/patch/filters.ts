/** What the three kinds of filter lists have in common: merges into single filters, and the list's own operations. */
import type { EnvoyPatch } from '../../../model/envoy-patch.ts'
import type { Filter as NetworkFilter } from '../../gen/envoy/config/listener/v3/listener_components.ts'
import type { MessageCodec } from '../../wire/any.ts'
import { patchList } from './list.ts'
import { isMerge, mergePatch } from './merge.ts'

/** What all three have. */
type Filter = Pick<NetworkFilter, 'name' | 'configType'>

export interface FilterKind<T extends Filter> {
  readonly type: string
  readonly codec: MessageCodec<T>
  readonly named: (patch: EnvoyPatch) => ((filter: { readonly name: string }) => boolean) | undefined
  readonly end?: (list: readonly T[], patch: EnvoyPatch) => number
}

/** As in Istio filters are merged after all that changes the list. @param patches that are for this list */
export function patchFilters<T extends Filter>(kind: FilterKind<T>, filters: readonly T[], patches: readonly EnvoyPatch[]): T[] {
  const { type, codec, named, end } = kind
  let list = filters
  for (const patch of patches) {
    const value = () => codec.decode(patch.value)
    list = patchList(list, { patch, value, meant: named(patch), ...(end && { end: entries => end(entries, patch) }) })
  }
  return list.map(filter => {
    let merged = filter
    for (const patch of patches) {
      if (!isMerge(patch) || named(patch)?.(filter) === false) continue
      if (fits(merged, codec.decode(patch.value))) merged = mergePatch(type, codec, merged, patch)
    }
    return merged
  })
}

/** Settings are merged into settings of the same type only. */
function fits(filter: Filter, patch: Filter): boolean {
  return patch.configType === undefined || typeOf(patch) === typeOf(filter)
}

function typeOf({ configType }: Filter): string | undefined {
  return configType?.$case === 'typedConfig' ? configType.value.typeUrl : undefined
}
