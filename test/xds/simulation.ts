/**
 * The ADS server and the client without a network between them: messages wait on their way until the test delivers them.
 */
import assert from 'node:assert/strict'
import { ManualClock } from '../../src/lib/clock.ts'
import type { Rejections, Update } from '../../src/xds/client/client.ts'
import { delta as clientDelta } from '../../src/xds/client/delta.ts'
import { Exchange } from '../../src/xds/client/exchange.ts'
import { sotw as clientSotw } from '../../src/xds/client/sotw.ts'
import { Cluster, Cluster_DiscoveryType } from '../../src/xds/gen/envoy/config/cluster/v3/cluster.ts'
import { Node } from '../../src/xds/gen/envoy/config/core/v3/base.ts'
import { ClusterLoadAssignment } from '../../src/xds/gen/envoy/config/endpoint/v3/endpoint.ts'
import { Listener } from '../../src/xds/gen/envoy/config/listener/v3/listener.ts'
import { RouteConfiguration } from '../../src/xds/gen/envoy/config/route/v3/route.ts'
import { DeltaDiscoveryRequest, DiscoveryRequest } from '../../src/xds/gen/envoy/service/discovery/v3/discovery.ts'
import { AdsServer } from '../../src/xds/server/ads-server.ts'
import { delta } from '../../src/xds/server/delta.ts'
import { MapSource } from '../../src/xds/server/map-source.ts'
import type { Session } from '../../src/xds/server/session.ts'
import { sotw } from '../../src/xds/server/sotw.ts'
import type { EncodedResource } from '../../src/xds/wire/resource.ts'
import { CLUSTER, ENDPOINT, LISTENER, ROUTE } from '../../src/xds/wire/type-url.ts'

export const TYPES = [CLUSTER, ENDPOINT, LISTENER, ROUTE]
export const PATIENCE_MS = 5000

export interface Content {
  readonly type: string
  readonly name: string
  readonly version: number
  /** The client refuses it. */
  readonly bad: boolean
  /** Names of clusters (of a route table) or route tables (of a listener) that it needs. */
  readonly refers: readonly string[]
}

/** Real messages, as far as the server and the client read them, and the content that they stand for. */
class Contents {
  readonly #byBytes = new Map<string, Content>()

  encode(content: Content): EncodedResource {
    const version = `${content.version}${content.bad ? ' bad' : ''} ${content.refers.join()}`
    const bytes = message(content.type, content.name, version)
    this.#byBytes.set(key(bytes), content)
    return { name: content.name, version, bytes }
  }

  decode(bytes: Uint8Array): Content {
    const content = this.#byBytes.get(key(bytes))
    assert(content, 'the client received bytes that nobody sent')
    return content
  }
}

function message(type: string, name: string, mark: string): Uint8Array {
  switch (type) {
    case CLUSTER: {
      const clusterDiscoveryType = { $case: 'type', value: Cluster_DiscoveryType.EDS } as const
      return Cluster.encode(Cluster.fromPartial({ name, altStatName: mark, clusterDiscoveryType, edsClusterConfig: {} })).finish()
    }
    case ENDPOINT:
      return ClusterLoadAssignment.encode(
        ClusterLoadAssignment.fromPartial({ clusterName: name, namedEndpoints: { [mark]: {} } }),
      ).finish()
    case LISTENER:
      return Listener.encode(Listener.fromPartial({ name, statPrefix: mark })).finish()
    default:
      return RouteConfiguration.encode(RouteConfiguration.fromPartial({ name, internalOnlyHeaders: [mark] })).finish()
  }
}

function key(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('latin1')
}

/** What a client does with an update of contents that are good; bad ones are refused before. */
export type Take = (simulation: Simulation, type: string, updated: readonly Content[], removed: readonly string[]) => void

export interface SimulationOptions {
  readonly protocol: 'delta' | 'sotw'
  /** Refuses by name and applies the rest; otherwise refuses the whole update. */
  readonly refusesByName: boolean
  readonly take?: Take
}

export class Simulation {
  readonly clock = new ManualClock()
  readonly source = new MapSource()
  readonly contents = new Contents()
  readonly protocol: 'delta' | 'sotw'
  /** What the client has. */
  readonly has = new Map(TYPES.map(type => [type, new Map<string, Content>()]))
  readonly exchange: Exchange
  /** Responses of the server so far. */
  sent = 0
  readonly #options: SimulationOptions
  readonly #ads: AdsServer
  readonly #toServer: Uint8Array[] = []
  readonly #toClient: Uint8Array[] = []
  #session: Session | undefined
  #failure: Error | undefined

  constructor(options: SimulationOptions) {
    this.#options = options
    this.protocol = options.protocol
    this.#ads = new AdsServer({ source: this.source, clock: this.clock, patienceMs: PATIENCE_MS })
    const variant = options.protocol === 'delta' ? clientDelta : clientSotw
    this.exchange = new Exchange(variant, Node.fromPartial({ id: 'n' }), (type, update) => this.#apply(type, update))
    this.connect()
  }

  held(type: string): Map<string, Content> {
    const held = this.has.get(type)
    assert(held)
    return held
  }

  /** The resources of the source. */
  current(type: string): ReadonlyMap<string, EncodedResource> {
    const set = this.source.resolve(Node.fromPartial({})).get(type)
    return new Map([...(set?.values() ?? [])].map(resource => [resource.name, resource]))
  }

  connect(): void {
    this.#session = this.#ads.connect({
      dialect: this.protocol === 'delta' ? delta : sotw,
      address: '',
      send: bytes => {
        this.sent++
        this.#toClient.push(bytes)
      },
    })
    this.exchange.open(message => this.#toServer.push(message))
  }

  /** What was on its way is lost. */
  disconnect(): void {
    this.#toClient.length = 0
    this.#toServer.length = 0
    this.exchange.closed()
    if (this.#session) this.#ads.disconnect(this.#session)
    this.connect()
  }

  /** One message. @returns false when none was on its way @throws what the client's `take` threw */
  deliverToServer(): boolean {
    const message = this.#toServer.shift()
    if (!message) return false
    if (this.protocol === 'delta') this.#session?.onDelta(DeltaDiscoveryRequest.decode(message))
    else this.#session?.onSotw(DiscoveryRequest.decode(message))
    return true
  }

  deliverToClient(): boolean {
    const message = this.#toClient.shift()
    if (!message) return false
    this.exchange.receive(message)
    if (this.#failure) throw this.#failure
    return true
  }

  /** Until nothing is on its way any more, however long that takes. */
  settle(): void {
    this.exchange.flush()
    for (let rounds = 0, quiet = 0; quiet < 3; rounds++) {
      assert(rounds < 5000, 'the conversation never ends')
      let moved = false
      while (this.deliverToServer() || this.deliverToClient()) moved = true
      quiet = moved ? 0 : quiet + 1
      // Not at once beyond the server's patience: what is pushed first is to arrive first.
      this.clock.advance(20)
      if (!moved && this.#toClient.length === 0) this.clock.advance(PATIENCE_MS * 2)
    }
  }

  #apply(type: string, update: Update): Rejections | undefined {
    const held = this.held(type)
    const contents = update.updated.map(({ bytes }) => this.contents.decode(bytes))
    const bad = contents.filter(content => content.bad)
    if (bad.length > 0 && !this.#options.refusesByName) return new Map([['', 'something is bad']])
    const good = contents.filter(content => !content.bad)
    for (const content of good) held.set(content.name, content)
    for (const name of update.removed) held.delete(name)
    try {
      this.#options.take?.(this, type, good, update.removed)
    } catch (error) {
      // The client would make a refusal of it.
      this.#failure = error instanceof Error ? error : new Error(String(error))
    }
    return bad.length > 0 ? new Map(bad.map(({ name }) => [name, 'is bad'])) : undefined
  }
}
