/**
 * One request, from its head to its last byte: the way through the connection manager, in the order in which it happens.
 *
 *   codec -> start: the head is checked and completed -> the route is looked up -> filters, the router last -> (cluster, upstream)
 *   upstream -> respond: filters in reverse -> the head is finished -> codec -> finish: access log and statistics
 */
import type { PreferredHost } from '../balance/host.ts'
import { HeaderList, type Headers } from '../http/headers.ts'
import type { RequestHead, ResetReason, ResponseHead, ServerStream, StreamHandler } from '../http/stream.ts'
import type { Connection } from '../listener/connection.ts'
import type { RouteDecision, RouteTable } from '../route/decision.ts'
import type { RedirectTarget } from '../route/internal-redirect.ts'
import { DecisionRecord } from '../telemetry/decision-record.ts'
import { GrpcMessages } from '../telemetry/grpc-messages.ts'
import { Flag, type ResponseFlag } from '../telemetry/response-flags.ts'
import { FAILURES, type Failure } from './failure.ts'
import { type HttpFilter, type HttpRequest, isOff, type RequestSink } from './filter.ts'
import { type BodyTaker, HeldBody } from './held-body.ts'
import { isGrpc, localReply, replyHasBody } from './local-reply.ts'
import { RequestFacts } from './request-facts.ts'
import { prepareRequestHead } from './request-head.ts'
import { finishResponseHead } from './response-head.ts'
import { type MakeStage, ResponsePath, Stages } from './response-path.ts'
import type { ManagerServices } from './services.ts'
import { StreamTimers } from './stream-timers.ts'
import { upgradeAllowed } from './upgrade.ts'

/** The connection a request came over. */
export interface RequestOwner {
  readonly services: ManagerServices
  readonly filters: readonly HttpFilter[]
  readonly connection: Connection
  /** A response's head is about to go out: the last chance to say that the connection ends. */
  beforeResponse(): void
  requestOver(request: ActiveRequest): void
}

const NO_BODY = Buffer.alloc(0)

export class ActiveRequest extends RequestFacts<ManagerServices> implements HttpRequest, StreamHandler {
  readonly stream: ServerStream
  /** The routes at the time of the request: it finishes on the set it started with. */
  readonly routes: RouteTable | undefined
  /** undefined: nothing matched. */
  decision: RouteDecision | 'tls-required' | undefined
  preferredHost: PreferredHost | undefined
  /** No body and no trailers follow the head. */
  bodiless: boolean
  /** The request has come in whole. */
  ended: boolean
  responseStarted = false
  /** Response and access log are done; whatever still happens on the stream is ignored. */
  over = false

  readonly #owner: RequestOwner
  #sink: RequestSink | undefined
  #nextFilter = 0
  /** The body so far, while a filter waits. */
  #held: HeldBody | undefined
  /** A filter waits for this much of it. */
  #awaited: { readonly bytes: number; readonly enough: (start: Buffer, whole: boolean) => void } | undefined
  #responseEnded = false
  #tunnel = false
  #cookies: string[] | undefined
  /** What filters do to the request's body; undefined: nothing. */
  #makeStages: MakeStage[] | undefined
  #stages: Stages | undefined
  /** undefined: no filter holds the response or rewrites its body. */
  #path: ResponsePath | undefined
  /** undefined: nothing limits its time. */
  #timers: StreamTimers | undefined
  /** undefined: not gRPC. */
  readonly #requestMessages: GrpcMessages | undefined
  readonly #responseMessages: GrpcMessages | undefined

  constructor(owner: RequestOwner, stream: ServerStream, head: RequestHead, last: boolean) {
    const { services, connection } = owner
    super(services, connection, head, new DecisionRecord(connection, services.side))
    this.#owner = owner
    this.stream = stream
    this.bodiless = last
    this.ended = last
    this.routes = services.routes.table
    if (last) this.record.requestEndedAt = this.record.startedAt
    if (isGrpc(head)) {
      this.#requestMessages = new GrpcMessages()
      this.#responseMessages = new GrpcMessages()
    }
  }

  start(): void {
    const { head, services } = this
    const problem = prepareRequestHead(head, this.connection, services.options, this.record)
    if (problem !== undefined) {
      // Envoy does not go on with a client that sends such things.
      if (problem === FAILURES.badPath || problem === FAILURES.oldHttp) this.stream.connection.drain()
      if ('redirect' in problem) this.reply(307, NO_BODY, 'path_normalized', new HeaderList(['location', problem.redirect]))
      else this.fail(problem)
      return
    }
    this.record.originalPath = head.path
    this.#startTimers()
    if (head.headers.has('expect')) this.#expectContinue()
    this.chooseRoute()
    const { decision } = this
    this.record.trace = services.tracing?.start(head, decision)
    if (decision !== undefined && !upgradeAllowed(head, decision, services.options)) {
      services.stats.downstream_rq_ws_on_non_ws_route++
      this.fail(FAILURES.upgradeRefused)
    } else this.#runFilters()
  }

  /** By the head as it is now. */
  chooseRoute(): void {
    const { record, services } = this
    const decision = this.routes?.match(this.head, this)
    this.decision = decision
    record.cluster = undefined
    if (decision === undefined || decision === 'tls-required') return
    record.virtualHost = decision.virtualHost
    record.route = decision.route
    record.origin = decision.origin
    if (decision.action.kind !== 'forward') return
    record.cluster = services.clusters.get(decision.action.cluster)
    this.#applyIdleTimeout(decision.action.idleTimeoutMs)
  }

  redirect({ scheme, authority, path }: RedirectTarget, body: HeldBody | undefined): boolean {
    const { head } = this
    const before = { scheme: head.scheme, authority: head.authority, path: head.path }
    Object.assign(head, { scheme, authority, path })
    const decision = this.routes?.match(head, this)
    if (decision === undefined || decision === 'tls-required') {
      Object.assign(head, before)
      return false
    }
    head.headers.set('x-envoy-original-url', `${before.scheme}://${before.authority}${before.path}`)
    this.#stages?.close()
    this.#stages = this.#makeStages = this.#sink = this.preferredHost = undefined
    this.#held = body
    this.bodiless = body === undefined
    this.#nextFilter = 0
    this.record.attempts = 0
    this.chooseRoute()
    this.#runFilters()
    return true
  }

  awaitBody(bytes: number, enough: (start: Buffer, whole: boolean) => void): void {
    const held = this.#held ?? new HeldBody()
    this.#held = held
    held.expect(bytes)
    this.#awaited = { bytes, enough }
    if (held.complete || held.size > bytes) setImmediate(() => this.#bodyMoved())
    else this.stream.resume()
  }

  #bodyMoved(): void {
    const [awaited, held] = [this.#awaited, this.#held]
    if (awaited === undefined || held === undefined || !(held.complete || held.size > awaited.bytes)) return
    this.#awaited = undefined
    awaited.enough(held.start(awaited.bytes), held.complete && held.size <= awaited.bytes)
  }

  replaceBody(bytes: Uint8Array): void {
    this.#held?.replace(bytes)
  }

  get heldTrailers(): Headers | undefined {
    return this.#held?.trailers
  }

  rewriteBody(make: MakeStage): void {
    this.#makeStages ??= []
    this.#makeStages.push(make)
  }

  /** A filter that had said `wait` lets the request go on. */
  resume(): void {
    if (!this.over && !this.responseStarted) this.#runFilters()
  }

  /** The router takes the request: `sink` gets the body, beginning with what was held. */
  forwardTo(router: RequestSink): void {
    const sink = this.#makeStages === undefined ? router : this.#rewritten(router, this.#makeStages)
    this.#sink = sink
    const held = this.#held
    if (held === undefined) return
    this.#held = undefined
    const room = held.deliver(sink)
    held.release()
    if (room) this.resumeBody()
  }

  /** The router behind what filters do to the body. */
  #rewritten(router: RequestSink, make: readonly MakeStage[]): RequestSink {
    const taker: BodyTaker = {
      onData: (chunk, last) => router.onData(chunk, last),
      onTrailers: trailers => router.onTrailers(trailers),
    }
    const stages = new Stages(make, taker)
    this.#stages = stages
    return {
      onData: (chunk, last) => stages.first.onData(chunk, last),
      onTrailers: trailers => stages.first.onTrailers(trailers),
      onWritable: () => router.onWritable(),
      cancel: () => router.cancel(),
    }
  }

  #runFilters(): void {
    const { filters } = this.#owner
    while (this.#nextFilter < filters.length) {
      const filter = filters[this.#nextFilter++]
      if (filter === undefined || isOff(this, filter)) continue
      const verdict = filter.onRequest(this)
      if (verdict === 'continue') continue
      if (verdict === 'wait' && !this.ended) this.#held ??= new HeldBody()
      return
    }
  }

  // The client's side of the stream.

  onData(chunk: Buffer, last: boolean): void {
    this.record.bytesReceived += chunk.length
    if (this.#requestMessages !== undefined) this.record.requestMessages += this.#requestMessages.feed(chunk)
    this.#timers?.moved()
    if (last) this.#requestEnded()
    if (this.#sink !== undefined) {
      if (!this.#sink.onData(chunk, last)) this.stream.pause()
    } else if (this.#held !== undefined) {
      if (!this.#held.add(chunk, last)) this.stream.pause()
      if (this.#awaited !== undefined) this.#bodyMoved()
    }
    if (last) this.#endTunnel()
  }

  onTrailers(trailers: Headers): void {
    this.#requestEnded()
    if (this.#sink !== undefined) this.#sink.onTrailers(trailers)
    else this.#held?.addTrailers(trailers)
    if (this.#awaited !== undefined) this.#bodyMoved()
    this.#endTunnel()
  }

  onReset(reason: ResetReason): void {
    if (this.over) return
    const flag = reason === 'protocol-error' ? Flag.DownstreamProtocolError : Flag.DownstreamConnectionTermination
    this.services.stats.downstream_rq_rx_reset++
    this.record.details = reason === 'connection-closed' ? 'downstream_remote_disconnect' : 'downstream_remote_reset'
    this.#finish(flag)
  }

  onWritable(): void {
    this.#timers?.moved()
    this.#path?.onWritable()
    this.#sink?.onWritable()
  }

  /** The upstream takes bytes of the request again. */
  resumeBody(): void {
    this.#stages?.onWritable()
    this.stream.resume()
  }

  #requestEnded(): void {
    this.ended = true
    this.record.requestEndedAt = performance.now()
    this.#timers?.requestEnded()
  }

  /** A tunnel is over when both of its halves are; anything else when the response is. */
  #endTunnel(): void {
    if (this.#tunnel && this.#responseEnded) this.#finish('')
  }

  // The response.

  /** 1xx other than 101. */
  respondInformational(head: ResponseHead): void {
    if (!this.responseStarted && !this.over) this.stream.respondInformational(head)
  }

  /** @param last no body and no trailers follow */
  respond(head: ResponseHead, last: boolean): void {
    if (this.over || this.responseStarted || this.#path?.waiting) return
    this.#runResponseFilters(head, last, this.#owner.filters.length - 1, undefined)
  }

  /** @param first index of the filter that comes first @param held what a filter before it has held of the body */
  #runResponseFilters(head: ResponseHead, last: boolean, first: number, held: HeldBody | undefined): void {
    const { filters } = this.#owner
    this.record.status = head.status
    for (let i = first; i >= 0; i--) {
      const filter = filters[i]
      if (filter?.onResponse === undefined || isOff(this, filter)) continue
      if (filter.onResponse(this, head, last) !== 'wait') continue
      this.#responsePath.hold(head, last, i - 1, held)
      return
    }
    this.#sendHead(head, last, held)
  }

  #sendHead(head: ResponseHead, last: boolean, held: HeldBody | undefined): void {
    const { services, record } = this
    this.responseStarted = true
    record.status = head.status
    if (this.#cookies !== undefined) for (const cookie of this.#cookies) head.headers.add('set-cookie', cookie)
    finishResponseHead(head, this.head, services.options)
    if (record.trace !== undefined) services.tracing?.onResponse(head.headers, record.trace)
    record.responseHeaders = head.headers
    record.responseStartedAt = performance.now()
    this.#tunnel = head.status === 101 || (this.head.method === 'CONNECT' && head.status >= 200 && head.status < 300)
    if (this.#tunnel) {
      services.stats.downstream_cx_upgrades_total++
      services.stats.downstream_cx_upgrades_active++
    }
    if (!this.ended && !this.#tunnel) {
      services.stats.downstream_rq_response_before_rq_complete++
      // What is left of the request would have to be read before the next one: the connection ends instead, and says so.
      const { connection } = this.stream
      if (connection.protocol !== 'HTTP/2') connection.drain()
    }
    this.#owner.beforeResponse()
    this.stream.respond(head, last)
    this.#timers?.moved()
    if (last) this.#endResponse()
    else if (this.#path !== undefined) this.#openPath(this.#path, held)
  }

  // What filters that hold or rewrite it do.

  get #responsePath(): ResponsePath {
    this.#path ??= new ResponsePath()
    return this.#path
  }

  resumeResponse(): void {
    const waiting = this.over ? undefined : this.#path?.release()
    if (waiting === undefined) return
    const { head, next, body } = waiting
    this.#runResponseFilters(head, body.complete && body.size === 0 && body.trailers === undefined, next, body)
  }

  awaitResponseBody(bytes: number, enough: (start: Buffer, whole: boolean) => void): void {
    if (this.#path?.await(bytes, enough)) this.resumeUpstream()
  }

  replaceResponseBody(bytes: Uint8Array): void {
    this.#path?.replace(bytes)
  }

  get heldResponseTrailers(): Headers | undefined {
    return this.#path?.trailers
  }

  rewriteResponseBody(make: MakeStage): void {
    this.#responsePath.addStage(make)
  }

  resumeUpstream(): void {
    this.#sink?.onWritable()
  }

  #openPath(path: ResponsePath, held: HeldBody | undefined): void {
    const client: BodyTaker = {
      onData: (chunk, last) => this.#sendBody(chunk, last),
      onTrailers: trailers => this.#sendTrailers(trailers),
    }
    if (path.open(client, held)) this.resumeUpstream()
  }

  /** @returns false when the client is slow: stop until the sink's `onWritable` */
  write(chunk: Uint8Array, last: boolean): boolean {
    return this.#path === undefined ? this.#sendBody(chunk, last) : this.#path.onData(chunk, last)
  }

  #sendBody(chunk: Uint8Array, last: boolean): boolean {
    if (this.over) return true
    this.record.bytesSent += chunk.length
    if (this.#responseMessages !== undefined) this.record.responseMessages += this.#responseMessages.feed(chunk)
    this.#timers?.moved()
    const room = this.stream.write(chunk, last)
    if (last) this.#endResponse()
    return room
  }

  writeTrailers(trailers: Headers): void {
    if (this.#path === undefined) this.#sendTrailers(trailers)
    else this.#path.onTrailers(trailers)
  }

  #sendTrailers(trailers: Headers): void {
    if (this.over) return
    this.record.responseTrailers = trailers
    this.stream.writeTrailers(trailers)
    this.#endResponse()
  }

  /** The proxy answers for want of an upstream's answer; when the response has begun, it can only be cut off. */
  fail(failure: Failure, headers?: HeaderList): void {
    if (failure.flag !== '') this.record.addFlag(failure.flag)
    if (this.responseStarted) this.abort(failure.flag, failure.details)
    else this.reply(failure.status, Buffer.from(failure.body), failure.details, headers)
  }

  /** @param headers besides those of the body, which is plain text unless they say otherwise */
  reply(status: number, body: Uint8Array, details: string, headers?: Headers, grpcStatus?: number): void {
    if (this.over || this.responseStarted) return
    this.record.details = details
    const mapped = this.services.options.localReplies?.(this.record, status, body)
    if (mapped !== undefined) ({ status, body } = mapped)
    const head = localReply(this.head, status, body, headers?.get('content-type') ?? 'text/plain', grpcStatus, details)
    headers?.forEach((name, value) => {
      if (name !== 'content-type') head.headers.add(name, value)
    })
    mapped?.headers?.(head.headers, this.head, this, head.headers)
    const sink = this.#sink
    this.#sink = undefined
    sink?.cancel()
    const withBody = replyHasBody(this.head, body)
    // In the place of a response that a filter held: the filters have seen that one.
    if (this.#path?.waiting) {
      this.#path.close()
      this.#path = undefined
      this.#sendHead(head, !withBody, undefined)
    } else this.respond(head, !withBody)
    if (withBody) this.write(body, true)
  }

  /** The response can't be finished: the client sees a closed connection or RST_STREAM. */
  abort(flag: ResponseFlag | '', details: string): void {
    if (this.over) return
    this.record.details = details
    this.services.stats.downstream_rq_tx_reset++
    this.stream.reset('local-reset')
    this.#finish(flag)
  }

  #endResponse(): void {
    this.#responseEnded = true
    if (this.ended || !this.#tunnel) this.#finish('')
  }

  #finish(flag: ResponseFlag | ''): void {
    if (this.over) return
    this.over = true
    const { record } = this
    if (flag !== '') record.addFlag(flag)
    record.endedAt = performance.now()
    if (this.#tunnel) this.services.stats.downstream_cx_upgrades_active--
    this.#timers?.stop()
    this.#held?.release()
    this.#held = undefined
    this.#awaited = undefined
    this.#path?.close()
    this.#stages?.close()
    const sink = this.#sink
    this.#sink = undefined
    sink?.cancel()
    this.#owner.requestOver(this)
  }

  // Time.

  #startTimers(): void {
    const { options } = this.services
    const requestMs = this.ended ? 0 : options.requestTimeoutMs
    if (options.streamIdleTimeoutMs + options.maxStreamDurationMs + requestMs === 0) return
    this.#timers = new StreamTimers(this, this.services)
    this.#timers.limitIdle(options.streamIdleTimeoutMs)
    this.#timers.limitDuration(options.maxStreamDurationMs)
    this.#timers.limitRequest(requestMs)
  }

  /** The route's idle timeout replaces the connection manager's. */
  #applyIdleTimeout(ms: number | undefined): void {
    if (ms === undefined) return
    this.#timers ??= new StreamTimers(this, this.services)
    this.#timers.limitIdle(ms)
  }

  limitDuration(ms: number): void {
    this.#timers ??= new StreamTimers(this, this.services)
    this.#timers.limitDuration(ms)
  }

  // What the head asks for.

  #expectContinue(): void {
    if (this.services.options.proxy100Continue || this.head.headers.get('expect')?.toLowerCase() !== '100-continue') return
    this.stream.respondInformational({ status: 100, headers: new HeaderList() })
    this.head.headers.remove('expect')
  }

  setCookie(value: string): void {
    this.#cookies ??= []
    this.#cookies.push(value)
  }
}
