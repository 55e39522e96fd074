/**
 * The seam between the two variants of the protocol, delta and state of the world, and what they have in common.
 */
import { ENDPOINT, ROUTE, SECRET } from '../wire/type-url.ts'
import type { Changes } from './holdings.ts'
import type { Lane } from './lane.ts'
import type { ResourceSet } from './source.ts'

export interface Dialect {
  readonly name: 'delta' | 'sotw'
  /** Whether a response can say that a resource is gone. */
  tellsRemovals(type: string): boolean
  /** Whether a client that came back has all of `target` already, as its version says. */
  recognises(lane: Lane, target: ResourceSet, version: string): boolean
  encode(message: Outgoing): { bytes: Buffer; version: string }
}

export interface Outgoing {
  readonly lane: Lane
  readonly target: ResourceSet
  readonly changes: Changes
  readonly nonce: string
  /** Which state of the configuration this is, for people to read. */
  readonly configuration: string
}

/** The client broke the protocol in a way that nothing sensible can be answered to; its stream ends. */
export class ProtocolError extends Error {}

/**
 * A first request that names nothing means everything, except for the types that only ever make sense by name: of these, a client whose
 * last subscription is gone has nothing to name.
 */
export function emptyMeansAll(type: string): boolean {
  return type !== ENDPOINT && type !== ROUTE && type !== SECRET
}
