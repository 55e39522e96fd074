/**
 * CONNECT that ends here (`connect_config` of a route): the client's stream becomes a TCP connection to a host of the cluster.
 */
import type { Host } from '../../balance/host.ts'
import type { Cluster, ConnectOwner, PendingConnect } from '../../cluster/cluster.ts'
import { HeaderList } from '../../http/headers.ts'
import { addressesOf } from '../../listener/connection.ts'
import type { Transport, TransportHandler } from '../../net/transport.ts'
import type { ForwardAction } from '../../route/decision.ts'
import { Flag } from '../../telemetry/response-flags.ts'
import { FAILURES, upstreamReset } from '../failure.ts'
import type { HttpRequest, RequestSink } from '../filter.ts'
import { HeldBody } from '../held-body.ts'

const NOTHING = Buffer.alloc(0)

export class ConnectTunnel implements RequestSink, ConnectOwner, TransportHandler {
  readonly #request: HttpRequest
  readonly #cluster: Cluster
  readonly #action: ForwardAction
  #host: Host | undefined
  #connecting: PendingConnect | undefined
  #transport: Transport | undefined
  /** What the client sent before the upstream was there. */
  #early = new HeldBody()
  #upstreamEnded = false

  constructor(request: HttpRequest, cluster: Cluster, action: ForwardAction) {
    this.#request = request
    this.#cluster = cluster
    this.#action = action
  }

  start(): void {
    const request = this.#request
    this.#action.prepare(request.head, request)
    const host = this.#cluster.pick({
      hash: undefined,
      subset: this.#action.subset,
      tried: undefined,
      previousPrioritiesFrequency: 0,
      originalDestination: request.connection.originalDestination,
      authority: request.head.authority,
    })
    if (host === undefined) {
      request.fail(FAILURES.noHealthyUpstream)
      return
    }
    this.#host = host
    request.record.host = host
    request.record.attempts = 1
    request.record.upstreamStartedAt = performance.now()
    this.#connecting = this.#cluster.connect(host, this, addressesOf(request.connection.facts))
    request.forwardTo(this)
  }

  onConnected(transport: Transport): void {
    const request = this.#request
    this.#connecting = undefined
    this.#transport = transport
    transport.handler = this
    request.record.upstreamFirstByteAt = performance.now()
    request.record.details = 'via_upstream'
    const headers = new HeaderList()
    this.#action.applyResponseHeaders(headers, request.head, request)
    request.respond({ status: 200, headers }, false)
    this.#early.deliver(this)
    this.#early.release()
  }

  onConnectFailed(reason: 'connect-failure' | 'connect-timeout' | 'overflow', error: Error | undefined): void {
    this.#connecting = undefined
    if (this.#host !== undefined && reason !== 'overflow') this.#cluster.report(this.#host, 0, 'connect-failure')
    this.#request.fail(upstreamReset(reason, false, error?.message ?? ''))
  }

  // From the client.

  onData(chunk: Uint8Array, last: boolean): boolean {
    const transport = this.#transport
    if (transport === undefined) return this.#early.add(chunk, last)
    const room = chunk.length === 0 || transport.write(chunk)
    if (last) transport.end()
    return room
  }

  onTrailers(): void {
    this.onData(NOTHING, true)
  }

  onWritable(): void {
    // To the client: `request.onWritable` arrives here too, when it takes bytes again.
    this.#transport?.resume()
    this.#request.resumeBody()
  }

  cancel(): void {
    this.#connecting?.cancel()
    this.#connecting = undefined
    if (!this.#upstreamEnded || !this.#request.ended) this.#transport?.destroy(true)
  }

  // From the upstream.

  onBytes(bytes: Buffer): void {
    if (!this.#request.write(bytes, false)) this.#transport?.pause()
  }

  onEnd(): void {
    this.#upstreamEnded = true
    this.#request.record.upstreamEndedAt = performance.now()
    this.#request.write(NOTHING, true)
  }

  onClosed(): void {
    if (!this.#upstreamEnded) this.#request.abort(Flag.UpstreamConnectionTermination, 'upstream_reset_after_response_started')
  }
}
