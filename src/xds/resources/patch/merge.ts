/** Merging a patch into a generated message. */
import type { EnvoyPatch } from '../../../model/envoy-patch.ts'
import type { MessageCodec } from '../../wire/any.ts'
import { mergeMessages } from '../../wire/merge.ts'

/** @param type the message's full name */
export function mergePatch<T>(type: string, codec: MessageCodec<T>, message: T, patch: EnvoyPatch): T {
  const lists = patch.operation === 'merge-lists' ? 'replace' : 'append'
  return codec.decode(mergeMessages(type, codec.encode(message).finish(), patch.value, lists))
}

export function isMerge({ operation }: EnvoyPatch): boolean {
  return operation === 'merge' || operation === 'merge-lists'
}
