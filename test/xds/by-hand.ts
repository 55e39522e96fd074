/** Clients of the ADS server that say exactly what a test tells them, and remember what they were sent. */
import { Node } from '../../src/xds/gen/envoy/config/core/v3/base.ts'
import {
  DeltaDiscoveryRequest,
  DeltaDiscoveryResponse,
  DiscoveryRequest,
  DiscoveryResponse,
} from '../../src/xds/gen/envoy/service/discovery/v3/discovery.ts'
import type { AdsServer } from '../../src/xds/server/ads-server.ts'
import { delta } from '../../src/xds/server/delta.ts'
import type { Session } from '../../src/xds/server/session.ts'
import { sotw } from '../../src/xds/server/sotw.ts'
import { nameOf } from '../../src/xds/wire/resource-name.ts'
import { messageName } from '../../src/xds/wire/type-url.ts'

interface Sent {
  readonly type: string
  readonly nonce: string
  readonly version: string
  /** `Cluster a@1`, `Cluster -b`; state of the world: without versions. */
  readonly text: string
}

abstract class ByHand {
  readonly sent: Sent[] = []
  protected abstract readonly session: Session
  #read = 0

  /** What was sent since the last call. */
  news(): string[] {
    const news = this.sent.slice(this.#read).map(({ text }) => text)
    this.#read = this.sent.length
    return news
  }

  nonce(type: string): string {
    return this.sent.findLast(sent => sent.type === type)?.nonce ?? ''
  }

  status(type: string) {
    return this.session.status().types.find(status => status.type === type)
  }
}

export class DeltaByHand extends ByHand {
  protected readonly session: Session
  #node: Node | undefined

  constructor(ads: AdsServer, id = 'n') {
    super()
    this.#node = Node.fromPartial({ id })
    this.session = ads.connect({ dialect: delta, address: '', send: bytes => this.#receive(bytes) })
  }

  ask(typeUrl: string, request: Partial<DeltaDiscoveryRequest> = {}): void {
    this.session.onDelta(DeltaDiscoveryRequest.fromPartial({ typeUrl, node: this.#node, ...request }))
    this.#node = undefined
  }

  ack(type: string): void {
    this.ask(type, { responseNonce: this.nonce(type) })
  }

  nack(type: string, message: string): void {
    this.ask(type, { responseNonce: this.nonce(type), errorDetail: { code: 3, message, details: [] } })
  }

  #receive(bytes: Buffer): void {
    const response = DeltaDiscoveryResponse.decode(bytes)
    const label = shortName(response.typeUrl)
    const names = response.resources.map(({ name, version }) => `${name}@${version}`)
    const removed = response.removedResources.map(name => `-${name}`)
    const { typeUrl: type, nonce, systemVersionInfo: version } = response
    this.sent.push({ type, nonce, version, text: [label, ...names, ...removed].join(' ') })
  }
}

export class SotwByHand extends ByHand {
  /** Of the last response, by name. */
  resources: ReadonlyMap<string, Uint8Array> = new Map()
  protected readonly session: Session
  #node: Node | undefined = Node.fromPartial({ id: 'n' })

  constructor(ads: AdsServer) {
    super()
    this.session = ads.connect({ dialect: sotw, address: '', send: bytes => this.#receive(bytes) })
  }

  ask(typeUrl: string, request: Partial<DiscoveryRequest> = {}): void {
    this.session.onSotw(DiscoveryRequest.fromPartial({ typeUrl, node: this.#node, ...request }))
    this.#node = undefined
  }

  ack(type: string, resourceNames: string[] = []): void {
    this.ask(type, { resourceNames, responseNonce: this.nonce(type), versionInfo: this.version(type) })
  }

  nack(type: string, message: string, resourceNames: string[] = []): void {
    this.ask(type, { resourceNames, responseNonce: this.nonce(type), errorDetail: { code: 3, message, details: [] } })
  }

  version(type: string): string {
    return this.sent.findLast(sent => sent.type === type)?.version ?? ''
  }

  #receive(bytes: Buffer): void {
    const { typeUrl: type, nonce, versionInfo: version, resources } = DiscoveryResponse.decode(bytes)
    this.resources = new Map(resources.map(({ value }) => [nameOf(value), value]))
    const names = [...this.resources.keys()]
    this.sent.push({ type, nonce, version, text: [shortName(type), ...names].join(' ') })
  }
}

function shortName(type: string): string {
  return messageName(type).split('.').at(-1) ?? ''
}
