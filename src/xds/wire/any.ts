/**
 * Packing into and out of google.protobuf.Any, the envelope of every xDS resource and extension.
 */
import type { BinaryWriter } from '@bufbuild/protobuf/wire'
import type { Any } from '../gen/google/protobuf/any.ts'
import { typeUrl } from './type-url.ts'

/** What ts-proto generates for each message. */
export interface MessageCodec<T> {
  encode(message: T, writer?: BinaryWriter): BinaryWriter
  decode(input: Uint8Array): T
}

export function pack<T>(messageName: string, codec: MessageCodec<T>, message: T): Any {
  return { typeUrl: typeUrl(messageName), value: codec.encode(message).finish() }
}

/** The message inside, or undefined if the Any holds another type. Throws when the bytes do not parse. */
export function unpack<T>(messageName: string, codec: MessageCodec<T>, any: Any | undefined): T | undefined {
  if (!any || any.typeUrl.slice(any.typeUrl.lastIndexOf('/') + 1) !== messageName) return undefined
  return codec.decode(any.value)
}
