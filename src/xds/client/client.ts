/**
 * What the sidecar sees of its xDS client: subscriptions go in, changes of resources come out. The connection, the protocol variant,
 * reconnection and acknowledgement are behind it. Resources stay with their owner when the control plane is away.
 */
import type { Node } from '../gen/envoy/config/core/v3/base.ts'
import type { ChannelSecurity } from './channel.ts'

export interface ReceivedResource {
  readonly name: string
  readonly version: string
  /** The encoded message. A view into the received response: copy it if it is kept, or the whole response stays in memory. */
  readonly bytes: Uint8Array
}

/** What changed in one type: never a resource that the owner already applied in this version. */
export interface Update {
  readonly updated: readonly ReceivedResource[]
  /** Names that are gone, or were asked for and do not exist. */
  readonly removed: readonly string[]
}

/** Why resources were refused, by name. An empty key speaks of the update as a whole. Those not named count as applied. */
export type Rejections = ReadonlyMap<string, string>

/**
 * Applies an update, or keeps what was there before for each resource that it refuses. Must not throw; if it does, the whole update
 * counts as refused.
 *
 * Subscriptions made inside (endpoints of a new cluster, routes of a new listener) reach the server before the acknowledgement does,
 * so that a server that waits for it sends these first: make before break.
 *
 * @returns undefined: accepted (ACK). Otherwise NACK with the reasons; the server will not send these again until they change
 */
export type Apply = (type: string, update: Update) => Rejections | undefined

/** Where the server listens. */
export type ServerAddress = { readonly path: string } | { readonly host: string; readonly port: number }

export interface XdsClientOptions {
  readonly address: ServerAddress
  /** @default plaintext, without credentials */
  readonly security?: ChannelSecurity
  /** ADS, or secrets alone (Envoy's SDS). @default 'ads' */
  readonly service?: 'ads' | 'sds'
  /** The bootstrap's `ads_config.api_type`: DELTA_GRPC or GRPC (state of the world). */
  readonly protocol: 'delta' | 'sotw'
  /** Sent in the first message of each stream only. */
  readonly node: Node
  readonly apply: Apply
  /** Told of each change between connected and not, with the reason in words: for logs and statistics. */
  readonly onConnection?: (state: ConnectionState) => void
  /** Largest response accepted, in bytes. @default 64 MiB */
  readonly maxMessageBytes?: number
}

export type ConnectionState =
  | { readonly connected: true }
  /** @property retryMs until the next attempt */
  | { readonly connected: false; readonly reason: string; readonly retryMs: number }

export interface XdsClient {
  /** Connects, and reconnects until `close`. */
  start(): void
  /**
   * Adds names of a type URL to what is subscribed; `*` is everything of the type. Many calls in one turn of the event loop become one
   * message. Names already subscribed are not asked for again.
   */
  subscribe(type: string, names: Iterable<string>): void
  /** The owner forgets these resources at once; no update will speak of them. */
  unsubscribe(type: string, names: Iterable<string>): void
  /** Ends the stream; nothing is applied any more. */
  close(): void
}
