/**
 * The seam between the two variants of the protocol, delta and state of the world.
 */
import type { Node } from '../gen/envoy/config/core/v3/base.ts'
import type { Update } from './client.ts'
import type { Subscription } from './subscription.ts'

/** What is asked for, and by which service's name. */
export const SERVICES = {
  ads: '/envoy.service.discovery.v3.AggregatedDiscoveryService',
  sds: '/envoy.service.secret.v3.SecretDiscoveryService',
} as const

export interface Response {
  readonly type: string
  readonly nonce: string
  /** State of the world: the version of the response. */
  readonly version: string
  /** What it changes for a subscription: nothing that is not wanted, nothing that was applied before. */
  changes(subscription: Subscription): Update
}

/** What is said about a response. */
export interface Verdict {
  readonly response: Response
  /** undefined: accepted. */
  readonly error: string | undefined
}

export interface Variant {
  /** Method, by service. */
  readonly methods: Readonly<Record<keyof typeof SERVICES, string>>
  /**
   * The message that brings the server up to date about a subscription, and tells what became of a response.
   *
   * @param node in the first message of a stream
   */
  request(subscription: Subscription, verdict: Verdict | undefined, node: Node | undefined): Uint8Array
  /** @throws when the bytes do not parse */
  parse(message: Uint8Array): Response
}
