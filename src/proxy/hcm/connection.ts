/**
 * One downstream HTTP connection: finds out its protocol, lets the codec turn bytes into requests, and ends it in time.
 */
import { Timer, type TimerOwner } from '../../lib/timer-wheel.ts'
import type { ServerConnection } from '../http/stream.ts'
import { type ProtocolErrorCode, STATUS_OF } from '../http1/protocol-error.ts'
import type { Connection, OpenConnection } from '../listener/connection.ts'
import { DecisionRecord } from '../telemetry/decision-record.ts'
import { Flag } from '../telemetry/response-flags.ts'
import { type CodecEvents, openCodec, protocolOf } from './codec.ts'
import type { HttpFilter } from './filter.ts'
import { ActiveRequest, type RequestOwner } from './request.ts'
import type { ManagerServices } from './services.ts'

/** What a connection needs of its connection manager. */
export interface ConnectionOwner extends ManagerServices {
  readonly filters: readonly HttpFilter[]
  /** Writes the access log and counts. */
  requestOver(request: ActiveRequest): void
  /** Bytes that are no request were answered with an error. */
  refused(record: DecisionRecord): void
}

export class HttpConnection implements OpenConnection, RequestOwner, TimerOwner {
  readonly services: ConnectionOwner
  readonly connection: Connection
  readonly #closed: (ended: OpenConnection) => void
  readonly #startedAt = performance.now()
  /** undefined until the protocol is known. */
  #server: ServerConnection | undefined
  #requests = 0
  #active = 0
  #idleSince = this.#startedAt
  #idleTimer: Timer | undefined
  #durationTimer: Timer | undefined
  #draining = false
  #over = false

  constructor(services: ConnectionOwner, connection: Connection, closed: (ended: OpenConnection) => void) {
    this.services = services
    this.connection = connection
    this.#closed = closed
  }

  start(): void {
    const { options, timers } = this.services
    if (options.maxConnectionDurationMs > 0) {
      this.#durationTimer = new Timer(this, 'duration')
      timers.start(this.#durationTimer, options.maxConnectionDurationMs)
    }
    protocolOf(this.connection, options.codec, protocol => {
      // Gone before its first byte: nobody else closes our end.
      if (protocol === undefined || this.#over) this.destroy()
      else {
        this.#server = openCodec(protocol, this.connection, this.services, this.#events)
        this.services.stats.countConnection(protocol, 1)
        // The HTTP/1 codec looks after idle connections itself.
        if (protocol === 'HTTP/2' && options.connectionIdleTimeoutMs > 0) {
          this.#idleTimer = new Timer(this, 'idle')
          timers.start(this.#idleTimer, options.connectionIdleTimeoutMs)
        }
      }
    })
  }

  get filters(): readonly HttpFilter[] {
    return this.services.filters
  }

  get active(): number {
    return this.#active
  }

  /** No new requests: responses from now on say so, and the connection ends when none is under way. */
  drain(): void {
    if (this.#draining) return
    this.#draining = true
    this.services.stats.downstream_cx_drain_close++
    if (this.#server === undefined) this.destroy()
    else this.#server.drain()
  }

  destroy(): void {
    if (this.#server === undefined) {
      this.connection.socket.destroy()
      this.#end()
    } else this.#server.destroy()
  }

  readonly #events: CodecEvents = {
    onRequest: (stream, head, last) => {
      this.#requests++
      this.#active++
      this.services.stats.countRequest(head.protocol)
      const request = new ActiveRequest(this, stream, head, last)
      request.start()
      return request
    },
    onProtocolError: code => {
      this.services.stats.downstream_cx_protocol_error++
      // A request under way hears of it, and is logged as any other.
      if (this.#active === 0) this.services.refused(this.#refusal(code))
    },
    onHttp2Error: () => {
      this.services.stats.downstream_cx_protocol_error++
    },
    onClosed: () => this.#end(),
  }

  /** What the access log gets of bytes that are no request. */
  #refusal(code: ProtocolErrorCode): DecisionRecord {
    const record = new DecisionRecord(this.connection, this.services.side)
    record.status = STATUS_OF[code]
    record.details = code
    record.addFlag(Flag.DownstreamProtocolError)
    record.endedAt = performance.now()
    return record
  }

  /** A response's head is about to go out: the last chance to say that the connection ends. */
  beforeResponse(): void {
    if (this.#draining) return
    const { options, stats } = this.services
    const full = options.maxRequestsPerConnection > 0 && this.#requests >= options.maxRequestsPerConnection
    if (full) stats.downstream_cx_max_requests_reached++
    if (full || (this.connection.drain.draining && this.connection.drain.closing())) this.drain()
  }

  requestOver(request: ActiveRequest): void {
    this.services.requestOver(request)
    this.#active--
    if (this.#active === 0) this.#idleSince = performance.now()
  }

  onTimer(timer: Timer): void {
    const { stats, options, timers } = this.services
    if (timer === this.#durationTimer) {
      stats.downstream_cx_max_duration_reached++
      this.drain()
      return
    }
    const left =
      this.#active > 0 ? options.connectionIdleTimeoutMs : this.#idleSince + options.connectionIdleTimeoutMs - performance.now()
    if (left > 1) timers.start(timer, left)
    else {
      stats.downstream_cx_idle_timeout++
      this.drain()
    }
  }

  #end(): void {
    if (this.#over) return
    this.#over = true
    const { stats, timers } = this.services
    if (this.#idleTimer !== undefined) timers.stop(this.#idleTimer)
    if (this.#durationTimer !== undefined) timers.stop(this.#durationTimer)
    if (this.#server !== undefined) {
      stats.countConnection(this.#server.protocol, -1)
      stats.downstream_cx_length_ms.record(performance.now() - this.#startedAt)
    }
    this.#closed(this)
  }
}
