/**
 * One proxy's ADS stream, in either variant of the protocol: decides what this proxy is sent and when. Knows nothing of gRPC.
 */
import type { Clock } from '../../lib/clock.ts'
import type { Node } from '../gen/envoy/config/core/v3/base.ts'
import type { DeltaDiscoveryRequest, DiscoveryRequest } from '../gen/envoy/service/discovery/v3/discovery.ts'
import { CLUSTER, ENDPOINT, ROUTE, VIRTUAL_HOST } from '../wire/type-url.ts'
import { tableOf } from '../wire/virtual-host-name.ts'
import { endpointsName } from './cluster-endpoints.ts'
import { subscribeDelta } from './delta.ts'
import { type Dialect, ProtocolError } from './dialect.ts'
import { type Changes, NOTHING } from './holdings.ts'
import { Lane } from './lane.ts'
import type { LargeResponses, Turn } from './large-responses.ts'
import { isUnordered, STEPS, type Step } from './order.ts'
import { engineVersion, type ProxyStatus, typeStatus } from './proxy-status.ts'
import type { ServerEvent } from './server-event.ts'
import { hasWhatItTells, subscribeSotw } from './sotw.ts'
import type { ResourceSet, Snapshot } from './source.ts'

/** What a session needs of the server it belongs to. */
export interface SessionHost {
  readonly clock: Clock
  /** An overdue acknowledgement holds up other types for so long, milliseconds. */
  readonly patienceMs: number
  /** For people: which state of the configuration is being sent. */
  readonly configuration: string
  readonly large: LargeResponses
  resolve(node: Node): Snapshot | undefined
  emit(event: ServerEvent): void
}

export interface SessionStream {
  /** Unique among the streams of this server. */
  readonly id: string
  readonly dialect: Dialect
  readonly address: string
  /** Hands a response to the transport. At most one for each type is unacknowledged, so there is no other flow control. */
  send(bytes: Buffer): void
}

export class Session implements Turn {
  readonly #host: SessionHost
  readonly #stream: SessionStream
  readonly #connectedAt: number
  readonly #lanes = new Map<string, Lane>()
  /** Types that wait for their turn to send much. */
  readonly #queued = new Set<string>()
  /** Types of which much is under way. */
  readonly #large = new Set<string>()
  #node: Node | undefined
  #snapshot: Snapshot | undefined
  #responses = 0
  #ended = false
  #cancelWake: (() => void) | undefined

  constructor(host: SessionHost, stream: SessionStream) {
    this.#host = host
    this.#stream = stream
    this.#connectedAt = host.clock.now()
  }

  get id(): string {
    return this.#stream.id
  }

  /** undefined until the first message. */
  get node(): Node | undefined {
    return this.#node
  }

  /** @throws ProtocolError */
  onDelta(request: DeltaDiscoveryRequest): void {
    const { lane, first } = this.#laneOf(request)
    subscribeDelta(lane, request, first)
    // After that: what a client takes on with its answer, it has with the response that it answers.
    if (!first && request.responseNonce !== '') this.#answered(lane, request.responseNonce, request.errorDetail?.message)
    this.#advance()
  }

  /**
   * A stale nonce says nothing about the response under way, but the names are the client's wish at that time all the same.
   *
   * @throws ProtocolError
   */
  onSotw(request: DiscoveryRequest): void {
    const { lane, first } = this.#laneOf(request)
    subscribeSotw(lane, request, first, hasWhatItTells(this.#node?.userAgentName ?? ''))
    if (!first) this.#answered(lane, request.responseNonce, request.errorDetail?.message)
    this.#advance()
  }

  /** The source may have something else for this proxy now. */
  refresh(): void {
    if (!this.#node || this.#ended) return
    try {
      this.#snapshot = this.#host.resolve(this.#node) ?? this.#snapshot
    } catch (error) {
      this.#host.emit({ kind: 'source-failed', node: this.#node.id, error })
    }
    this.#advance()
  }

  end(): void {
    this.#ended = true
    this.#cancelWake?.()
    this.#lanes.clear()
    this.#snapshot = undefined
    this.#host.large.release(this)
  }

  /** It is this stream's turn to send much. */
  resume(): void {
    this.#queued.clear()
    this.#advance()
  }

  status(): ProxyStatus {
    const node = this.#node
    return {
      stream: this.#stream.id,
      node: node?.id ?? '',
      cluster: node?.cluster ?? '',
      address: this.#stream.address,
      engine: node?.userAgentName ?? '',
      version: node ? engineVersion(node) : '',
      protocol: this.#stream.dialect.name,
      connectedAt: this.#connectedAt,
      types: [...this.#lanes.values()].map(lane => typeStatus(lane, this.#snapshot)),
    }
  }

  #laneOf(request: { typeUrl: string; node: Node | undefined }): { lane: Lane; first: boolean } {
    if (!this.#node) this.#greet(request.node)
    const type = request.typeUrl
    if (type === '') throw new ProtocolError('Cannot answer a discovery request on an aggregated stream: "type_url" is empty')
    const found = this.#lanes.get(type)
    if (found) return { lane: found, first: false }
    // A thousand clients that ask for the same names keep one copy of them: the source's.
    const intern = (name: string) => this.#snapshot?.get(type)?.get(name)?.name ?? name
    const lane = new Lane(type, this.#stream.dialect.tellsRemovals(type), intern)
    this.#lanes.set(type, lane)
    return { lane, first: true }
  }

  #greet(node: Node | undefined): void {
    if (!node) throw new ProtocolError('Cannot serve a stream: expected "node" in its first message')
    this.#node = node
    this.#host.emit({ kind: 'connected', node: node.id, stream: this.#stream.id })
    this.refresh()
  }

  #answered(lane: Lane, nonce: string, error: string | undefined): void {
    const about = { node: this.#node?.id ?? '', stream: this.#stream.id, type: lane.type, nonce }
    if (error === undefined) {
      if (lane.accept(nonce)) this.#host.emit({ kind: 'acked', ...about })
      this.#landed(lane)
      return
    }
    const refused = lane.refuse(nonce, error, this.#host.clock.now())
    if (refused) this.#host.emit({ kind: 'nacked', ...about, detail: error, resources: refused.map(change => change.name) })
    this.#landed(lane)
  }

  #landed(lane: Lane): void {
    if (!lane.inFlight && this.#large.delete(lane.type) && this.#large.size === 0) this.#host.large.release(this)
  }

  #advance(): void {
    const snapshot = this.#snapshot
    if (!snapshot) return
    for (const step of STEPS) {
      const lane = this.#lanes.get(step.type)
      if (lane) this.#take(step, lane, snapshot)
    }
    for (const lane of this.#lanes.values()) {
      if (isUnordered(lane.type)) this.#take({ type: lane.type, part: 'all' }, lane, snapshot)
    }
  }

  #take(step: Step, lane: Lane, snapshot: Snapshot): void {
    if (lane.inFlight || this.#queued.has(lane.type)) return
    const target = snapshot.get(lane.type) ?? NOTHING
    if (this.#isCurrent(lane, target)) return
    if (step.after?.some(type => this.#holdsUp(type))) return
    if (step.onceSettled && !step.onceSettled.every(type => this.#settled(type, snapshot))) return
    const selected = lane.select(target, step.part)
    if (selected && this.#mayGo(lane, selected.changes.size)) this.#send(lane, snapshot, selected.changes, selected.complete)
  }

  #mayGo(lane: Lane, resources: number): boolean {
    const now = this.#host.clock.now()
    const admitted = this.#host.large.admit(this, resources, now)
    if (admitted === 'large') this.#large.add(lane.type)
    if (admitted !== 'wait') return true
    this.#queued.add(lane.type)
    this.#waitsUntil(now + this.#host.patienceMs)
    return false
  }

  #isCurrent(lane: Lane, target: ResourceSet): boolean {
    const claimed = lane.claimedVersion
    lane.claimedVersion = undefined
    if (claimed !== undefined && this.#stream.dialect.recognises(lane, target, claimed)) {
      lane.adopt(target, claimed, this.#host.clock.now())
    }
    return lane.isCurrent(target)
  }

  /** The client was not sent yet what there is of this type, or has not taken it and it is not long ago. */
  #holdsUp(type: string): boolean {
    if (this.#queued.has(type)) return true
    const sent = this.#lanes.get(type)?.inFlight
    return sent !== undefined && this.#waitsUntil(sent.at + this.#host.patienceMs)
  }

  #settled(type: string, snapshot: Snapshot): boolean {
    const lane = this.#lanes.get(type)
    const target = snapshot.get(type)
    if (lane) return lane.settled(target ?? NOTHING)
    // A source without virtual hosts of their own has clients that never ask for them.
    if (!target && type === VIRTUAL_HOST) return true
    // A client that came back subscribes to one type after the other: it may be about to.
    return !this.#waitsUntil(this.#connectedAt + this.#host.patienceMs)
  }

  /** @returns whether that is to come, in which case it comes back to it then */
  #waitsUntil(time: number): boolean {
    const left = time - this.#host.clock.now()
    if (left <= 0) return false
    this.#cancelWake ??= this.#host.clock.after(left, () => {
      this.#cancelWake = undefined
      this.resume()
    })
    return true
  }

  #send(lane: Lane, snapshot: Snapshot, changes: Changes, complete: boolean): void {
    const target = snapshot.get(lane.type) ?? NOTHING
    const nonce = `${this.#stream.id}-${++this.#responses}`
    const { dialect } = this.#stream
    const { bytes, version } = dialect.encode({ lane, target, changes, nonce, configuration: this.#host.configuration })
    lane.sending({ version, nonce, at: this.#host.clock.now() }, changes, complete ? target : undefined)
    if (lane.type === CLUSTER) this.#repeatEndpoints(changes)
    if (lane.type === ROUTE) this.#repeatVirtualHosts(changes, snapshot)
    this.#stream.send(bytes)
    this.#host.emit({
      kind: 'sent',
      node: this.#node?.id ?? '',
      stream: this.#stream.id,
      type: lane.type,
      nonce,
      version,
      changes: changes.size,
      bytes: bytes.length,
    })
  }

  /** A cluster that changes starts anew in Envoy, and waits for endpoints even if these are the same as before. */
  #repeatEndpoints(clusters: Changes): void {
    const endpoints = this.#lanes.get(ENDPOINT)
    if (!endpoints) return
    for (const { resource } of clusters.values()) {
      const name = resource && endpointsName(resource)
      if (name !== undefined && endpoints.holdings.names.has(name)) endpoints.repeat(name)
    }
  }

  /** A table that is new to the client has none of its virtual hosts, though they may have been sent before: then it had no use for them. */
  #repeatVirtualHosts(tables: Changes, snapshot: Snapshot): void {
    const hosts = this.#lanes.get(VIRTUAL_HOST)
    const target = snapshot.get(VIRTUAL_HOST)
    if (!hosts || !target) return
    for (const { name } of target.values()) {
      if (tables.get(tableOf(name))?.resource) hosts.repeat(name)
    }
  }
}
