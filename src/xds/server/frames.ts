/**
 * Responses put together from parts: a resource's bytes are never encoded again, and the few bytes around them (name, version, lengths)
 * only once for all clients. Protobuf allows it: the encodings of a message's fields, one after the other, are the message.
 */
import { BinaryWriter } from '@bufbuild/protobuf/wire'
import { DeltaDiscoveryResponse, DiscoveryResponse } from '../gen/envoy/service/discovery/v3/discovery.ts'
import type { EncodedResource } from '../wire/resource.ts'

const RESOURCES = field(2) // of DiscoveryResponse and of DeltaDiscoveryResponse
const RESOURCE_VERSION = field(1)
const RESOURCE_ANY = field(2)
const RESOURCE_NAME = field(3)
const ANY_TYPE_URL = field(1)
const ANY_VALUE = field(2)

export interface DeltaParts {
  readonly type: string
  readonly nonce: string
  readonly version: string
  readonly resources: readonly EncodedResource[]
  readonly removed: string[]
}

export function encodeDelta(parts: DeltaParts): Buffer {
  const head = DeltaDiscoveryResponse.encode(
    DeltaDiscoveryResponse.fromPartial({
      typeUrl: parts.type,
      nonce: parts.nonce,
      systemVersionInfo: parts.version,
      removedResources: parts.removed,
    }),
  ).finish()
  return join(head, parts.resources, resource => prefixes(resource, parts.type).delta)
}

export interface SotwParts {
  readonly type: string
  readonly nonce: string
  readonly version: string
  readonly resources: readonly EncodedResource[]
}

export function encodeSotw(parts: SotwParts): Buffer {
  const head = DiscoveryResponse.encode(
    DiscoveryResponse.fromPartial({ typeUrl: parts.type, nonce: parts.nonce, versionInfo: parts.version }),
  ).finish()
  return join(head, parts.resources, resource => prefixes(resource, parts.type).sotw)
}

/** How many resources were given their surrounding bytes since the process started; not how often they were sent. */
export function framedResources(): number {
  return framed
}

function join(head: Uint8Array, resources: readonly EncodedResource[], prefix: (r: EncodedResource) => Uint8Array): Buffer {
  const chunks: Uint8Array[] = [head]
  for (const resource of resources) chunks.push(prefix(resource), resource.bytes)
  return Buffer.concat(chunks)
}

interface Prefixes {
  readonly sotw: Uint8Array
  readonly delta: Uint8Array
}

const known = new WeakMap<EncodedResource, Prefixes>()
let framed = 0

/** What stands before the bytes of a resource in an element of `resources`; nothing stands behind them. */
function prefixes(resource: EncodedResource, type: string): Prefixes {
  const found = known.get(resource)
  if (found) return found
  framed++
  const size = resource.bytes.length
  const any = new BinaryWriter().uint32(ANY_TYPE_URL).string(type).uint32(ANY_VALUE).uint32(size).finish()
  const wrapper = new BinaryWriter()
    .uint32(RESOURCE_VERSION)
    .string(resource.version)
    .uint32(RESOURCE_NAME)
    .string(resource.name)
    .uint32(RESOURCE_ANY)
    .uint32(any.length + size)
    .raw(any)
    .finish()
  const made: Prefixes = { sotw: element(any, size), delta: element(wrapper, size) }
  known.set(resource, made)
  return made
}

function element(inner: Uint8Array, size: number): Uint8Array {
  return new BinaryWriter()
    .uint32(RESOURCES)
    .uint32(inner.length + size)
    .raw(inner)
    .finish()
}

/** The tag of a length-delimited field. */
function field(number: number): number {
  return (number << 3) | 2
}
