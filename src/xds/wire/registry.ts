/**
 * The descriptors of Envoy's messages, for what needs reflection: JSON, and merging. Those that mizzen itself reads or writes cost a
 * process about 20 MB, so they are read at the first use; all others of Envoy's API are read when one of them is asked for.
 */
import { brotliDecompressSync } from 'node:zlib'
import { createFileRegistry, type DescMessage, fromBinary, type Registry } from '@bufbuild/protobuf'
import { FileDescriptorSetSchema } from '@bufbuild/protobuf/wkt'
import { allDescriptors } from '../gen/all-descriptors.ts'
import { descriptors } from '../gen/descriptors.ts'
import { messageName } from './type-url.ts'

let loaded: Registry | undefined
let isWhole = false

export function registry(): Registry {
  loaded ??= createFileRegistry(fromBinary(FileDescriptorSetSchema, Buffer.from(descriptors, 'base64')))
  return loaded
}

/** @param type a message name or type URL @returns undefined: Envoy's API has no such message */
export function findSchema(type: string): DescMessage | undefined {
  const name = messageName(type)
  const found = registry().getMessage(name)
  if (found || isWhole || !name.startsWith('envoy.')) return found
  const whole = brotliDecompressSync(Buffer.from(allDescriptors, 'base64'))
  loaded = createFileRegistry(fromBinary(FileDescriptorSetSchema, whole))
  isWhole = true
  return loaded.getMessage(name)
}
