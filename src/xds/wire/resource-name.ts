/**
 * A resource's name, read from its bytes without decoding the rest: state-of-the-world responses do not say it outside.
 */
import { BinaryReader } from '@bufbuild/protobuf/wire'

/** Field 1, a string: it is the name in all resource types there are. */
const NAME_TAG = (1 << 3) | 2

/** @returns the empty string if there is none @throws when the bytes are no message */
export function nameOf(bytes: Uint8Array): string {
  const reader = new BinaryReader(bytes)
  while (reader.pos < reader.len) {
    const tag = reader.uint32()
    if (tag === NAME_TAG) return reader.string()
    reader.skip(tag & 7)
  }
  return ''
}
