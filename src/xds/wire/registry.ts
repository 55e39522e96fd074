/**
 * The descriptors of all Envoy messages that are known here, for what needs reflection: JSON, and merging. They cost a process about 20 MB,
 * so they are read at the first use.
 */
import { createFileRegistry, type DescMessage, fromBinary, type Registry } from '@bufbuild/protobuf'
import { FileDescriptorSetSchema } from '@bufbuild/protobuf/wkt'
import { descriptors } from '../gen/descriptors.ts'
import { messageName } from './type-url.ts'

let loaded: Registry | undefined

export function registry(): Registry {
  loaded ??= createFileRegistry(fromBinary(FileDescriptorSetSchema, Buffer.from(descriptors, 'base64')))
  return loaded
}

/** @param type a message name or type URL @returns undefined: no such message is known (proto/roots.txt) */
export function findSchema(type: string): DescMessage | undefined {
  return registry().getMessage(messageName(type))
}
