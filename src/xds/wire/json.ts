/**
 * Envoy's JSON form of any xDS message: proto3 JSON with google.protobuf.Any written out (`@type`).
 *
 * JSON needs reflection, which costs a process about 20 MB, so the descriptors are loaded at the first use: import this module
 * dynamically where most runs do not need it (the proxy's admin endpoint), statically where they do (tests, command line).
 */
import { type DescMessage, fromBinary, fromJson, type JsonValue, toBinary, toJson } from '@bufbuild/protobuf'
import { findSchema, registry } from './registry.ts'

export type { JsonValue } from '@bufbuild/protobuf'

function schema(type: string): DescMessage {
  const found = findSchema(type)
  if (!found)
    throw new Error(`Cannot convert "${type}" to or from JSON: no such message among the known Envoy types (proto/roots.txt)`)
  return found
}

/**
 * @param type a message name or type URL
 * @param names of fields: "json" (camelCase), or "proto" (snake_case) as Envoy's admin endpoint writes them
 * @throws on bytes that do not parse and on types that are not known
 */
export function bytesToJson(type: string, bytes: Uint8Array, names: 'json' | 'proto' = 'json'): JsonValue {
  return toJson(schema(type), fromBinary(schema(type), bytes), { registry: registry(), useProtoFieldName: names === 'proto' })
}

/**
 * @param type a message name or type URL
 * @param unknown what becomes of fields that the message does not have
 * @throws with the path of the field when the JSON does not fit the message
 */
export function jsonToBytes(type: string, json: JsonValue, unknown: 'refuse' | 'ignore' = 'refuse'): Uint8Array {
  const options = { registry: registry(), ignoreUnknownFields: unknown === 'ignore' }
  return toBinary(schema(type), fromJson(schema(type), json, options))
}
