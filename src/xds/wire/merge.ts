/**
 * Merging of encoded messages as protobuf defines it: what the second sets replaces scalars, merges into messages, is appended to lists and
 * replaces entries of maps. Two things are Istio's: a Duration is replaced as a whole (half of one means nothing), and what is inside an
 * Any is merged with what is inside the other, when both hold the same type.
 */
import { type DescField, fromBinary, type Message, toBinary } from '@bufbuild/protobuf'
import { type ReflectMessage, reflect } from '@bufbuild/protobuf/reflect'
import { type Any, AnySchema } from '@bufbuild/protobuf/wkt'
import { findSchema } from './registry.ts'

/** What becomes of lists of the outermost message; those further inside are always appended to. */
export type Lists = 'append' | 'replace'

/** @param type a message name or type URL @throws when the type is not known or bytes do not parse */
export function mergeMessages(type: string, into: Uint8Array, from: Uint8Array, lists: Lists = 'append'): Uint8Array {
  const schema = findSchema(type)
  if (!schema) throw new Error(`Cannot merge into a "${type}": no such message among the known Envoy types`)
  const target = reflect(schema, fromBinary(schema, into))
  merge(target, reflect(schema, fromBinary(schema, from)), lists)
  return toBinary(schema, target.message)
}

function merge(into: ReflectMessage, from: ReflectMessage, lists: Lists): void {
  for (const field of from.fields) if (from.isSet(field)) mergeField(into, from, field, lists)
}

function mergeField(into: ReflectMessage, from: ReflectMessage, field: DescField, lists: Lists): void {
  switch (field.fieldKind) {
    case 'scalar':
    case 'enum':
      into.set(field, from.get(field))
      return
    case 'list': {
      const list = into.get(field)
      if (lists === 'replace') list.clear()
      for (const entry of from.get(field)) list.add(entry)
      return
    }
    case 'map': {
      const map = into.get(field)
      for (const [key, value] of from.get(field)) map.set(key, value)
      return
    }
    case 'message': {
      const value = from.get(field)
      const whole = !into.isSet(field) || field.message.typeName === 'google.protobuf.Duration'
      into.set(field, whole ? value : merged(into.get(field), value))
    }
  }
}

function merged(into: ReflectMessage, from: ReflectMessage): ReflectMessage {
  if (into.desc.typeName === AnySchema.typeName) return mergedAny(into, from)
  merge(into, from, 'append')
  return into
}

/** Another type, or one that is not known, is a replacement. */
function mergedAny(into: ReflectMessage, from: ReflectMessage): ReflectMessage {
  const [old, added] = [into.message, from.message]
  if (!isAny(old) || !isAny(added) || old.typeUrl !== added.typeUrl || !findSchema(old.typeUrl)) return from
  old.value = mergeMessages(old.typeUrl, old.value, added.value)
  return into
}

function isAny(message: Message): message is Any {
  return message.$typeName === AnySchema.typeName
}
