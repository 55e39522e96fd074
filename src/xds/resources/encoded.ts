/**
 * Encodes messages into resources, each content once: proxies that need the same resource share one object, and a resource that was made
 * again with the same content is the old object.
 */
import { createHash } from 'node:crypto'
import { BinaryWriter } from '@bufbuild/protobuf/wire'
import type { MessageCodec } from '../wire/any.ts'
import type { EncodedResource } from '../wire/resource.ts'

export class Encoder {
  readonly #known = new Map<string, WeakRef<EncodedResource>>()
  readonly #gone = new FinalizationRegistry<string>(key => {
    if (!this.#known.get(key)?.deref()) this.#known.delete(key)
  })

  encode<T>(codec: MessageCodec<T>, name: string, message: T): EncodedResource {
    return this.fromBytes(name, codec.encode(message).finish())
  }

  fromBytes(name: string, bytes: Uint8Array): EncodedResource {
    const version = createHash('sha1').update(bytes).digest('base64url')
    const key = `${name} ${version}`
    const known = this.#known.get(key)?.deref()
    if (known) return known
    const resource = { name, version, bytes }
    this.#known.set(key, new WeakRef(resource))
    this.#gone.register(resource, key)
    return resource
  }
}

/** Encoded messages as elements of a repeated field, to be appended to the encoding of the message around them. */
export function repeatedField(field: number, elements: readonly Uint8Array[]): Uint8Array {
  const writer = new BinaryWriter()
  for (const element of elements) writer.uint32((field << 3) | 2).bytes(element)
  return writer.finish()
}

export function concatenated(a: Uint8Array, b: Uint8Array): Uint8Array {
  const all = new Uint8Array(a.length + b.length)
  all.set(a)
  all.set(b, a.length)
  return all
}
