/**
 * A request on its way to a cluster: host by host, try by try, until a response goes back to the client or there is nothing left to try.
 */
import { Timer, type TimerOwner } from '../../../lib/timer-wheel.ts'
import type { Host, PickContext } from '../../balance/host.ts'
import type { AttemptOutcome, Cluster } from '../../cluster/cluster.ts'
import { HeaderList, type Headers } from '../../http/headers.ts'
import type { ResetReason, ResponseHead } from '../../http/stream.ts'
import type { ForwardAction } from '../../route/decision.ts'
import type { InternalRedirects } from '../../route/internal-redirect.ts'
import { retryPolicyFor } from '../../route/retry-policy.ts'
import { type RequestTimeouts, requestTimeouts } from '../../route/timeouts.ts'
import { Flag } from '../../telemetry/response-flags.ts'
import { FAILURES, type Failure, resetFlag, upstreamReset } from '../failure.ts'
import type { HttpRequest, RequestSink } from '../filter.ts'
import { HeldBody } from '../held-body.ts'
import { Attempt, type AttemptOwner } from './attempt.ts'
import { type MirrorStream, startMirrors } from './mirror.ts'
import { RetryState } from './retry-state.ts'
import { type TimeLimited, UpstreamTimers } from './upstream-timers.ts'

export interface RouterOptions {
  /** No x-envoy-* headers are added to requests and responses. */
  readonly suppressEnvoyHeaders: boolean
  /** Bytes of a request's body that are kept for retries; larger ones are sent once. */
  readonly bufferLimit: number
}

const SAFE_METHODS: ReadonlySet<string> = new Set(['GET', 'HEAD', 'OPTIONS', 'TRACE'])

/** How many redirects were followed in the place of the client. */
const followedRedirects = new WeakMap<HttpRequest, number>()
const BODY_FIELDS = ['content-length', 'content-type', 'content-encoding']

/** Filled anew for each pick: balancers keep nothing of it. */
const PICK: PickContext = {
  hash: undefined,
  subset: undefined,
  tried: undefined,
  previousPrioritiesFrequency: 0,
  originalDestination: undefined,
  preferred: undefined,
  authority: '',
}

export class Forwarding implements RequestSink, AttemptOwner, TimeLimited, TimerOwner {
  readonly #request: HttpRequest
  readonly #cluster: Cluster
  readonly #action: ForwardAction
  readonly #options: RouterOptions
  /** undefined: the route does not retry, or this request is not to be retried. */
  #retry: RetryState | undefined
  /** The body so far, to be sent again; undefined: it is not kept. */
  #replay: HeldBody | undefined
  #attempt: Attempt | undefined
  #mirrors: readonly MirrorStream[] = []
  #hash: bigint | undefined
  /** undefined: nothing limits its time. */
  #timers: UpstreamTimers | undefined
  #backoff: Timer | undefined
  #committed = false
  #resent = false
  #over = false

  constructor(request: HttpRequest, cluster: Cluster, action: ForwardAction, options: RouterOptions) {
    this.#request = request
    this.#cluster = cluster
    this.#action = action
    this.#options = options
  }

  start(): void {
    const request = this.#request
    const action = this.#action
    const { head } = request
    const timeouts = requestTimeouts(action, head)
    if (timeouts.maxStreamDurationMs !== undefined) request.limitDuration(timeouts.maxStreamDurationMs)
    if (action.hash !== undefined) this.#hash = action.hash(head, request)
    const retry = retryPolicyFor(head, action.retry)
    if (retry !== undefined && retry.maxRetries > 0) {
      this.#retry = new RetryState(retry, this.#cluster, action.priority)
      if (!request.bodiless) this.#replay = new HeldBody()
    }
    if (action.internalRedirects !== undefined && !request.bodiless) this.#replay ??= new HeldBody()
    action.prepare(head, request)
    this.#limitTime(timeouts, retry?.perTryIdleTimeoutMs ?? 0)
    if (action.mirrors.length > 0) this.#mirrors = startMirrors(request, action, timeouts.timeoutMs)
    request.record.upstreamStartedAt = performance.now()
    if (!this.#open(request.bodiless)) return
    request.forwardTo(this)
    if (request.bodiless) this.#requestEnded()
  }

  // The request's side.

  onData(chunk: Uint8Array, last: boolean): boolean {
    const replay = this.#replay
    if (replay !== undefined) {
      replay.add(chunk, last)
      // Too much to keep: it is sent once.
      if (replay.size > this.#options.bufferLimit) {
        this.#forgetBody()
        this.#retry?.giveUp()
      }
    }
    for (let i = 0; i < this.#mirrors.length; i++) this.#mirrors[i]?.write(chunk, last)
    const room = this.#write(chunk, last)
    if (last) this.#requestEnded()
    return room
  }

  onTrailers(trailers: Headers): void {
    this.#replay?.addTrailers(trailers)
    for (let i = 0; i < this.#mirrors.length; i++) this.#mirrors[i]?.writeTrailers(trailers)
    const attempt = this.#attempt
    if (attempt !== undefined && !attempt.over) attempt.stream?.writeTrailers(trailers)
    this.#requestEnded()
  }

  onWritable(): void {
    this.#attempt?.stream?.resume()
  }

  cancel(): void {
    if (!this.#request.ended) for (let i = 0; i < this.#mirrors.length; i++) this.#mirrors[i]?.cancel()
    this.#end()
  }

  #write(chunk: Uint8Array, last: boolean): boolean {
    const attempt = this.#attempt
    if (attempt === undefined || attempt.over || attempt.stream === undefined) return true
    attempt.blocked = !attempt.stream.write(chunk, last)
    return !attempt.blocked
  }

  // Tries.

  /** @param last the request has no body @returns false when there was no host, and the client has its answer */
  #open(last: boolean): boolean {
    const request = this.#request
    const { head, record } = request
    record.attempts++
    if (record.attempts > 1) record.tryStartedAt = performance.now()
    const host = this.#pick()
    if (host === undefined) {
      this.#fail(FAILURES.noHealthyUpstream)
      return false
    }
    record.host = host
    if (this.#action.autoHostRewrite) this.#rewriteHost(host)
    if (this.#action.includeAttemptCount) head.headers.set('x-envoy-attempt-count', String(record.attempts))
    if (record.trace !== undefined) request.services.tracing?.handOn(head.headers, record.trace)
    this.#retry?.tried(host)
    const attempt = new Attempt(this, host)
    this.#attempt = attempt
    attempt.stream = this.#cluster.open(host, head, last, attempt, this.#action.priority)
    this.#timers?.tryStarted(request.ended)
    return true
  }

  #pick(): Host | undefined {
    const request = this.#request
    const policy = this.#retry?.policy
    PICK.hash = this.#hash
    PICK.subset = this.#action.subset
    PICK.tried = policy?.avoidPreviousHosts ? this.#retry?.hosts : undefined
    PICK.previousPrioritiesFrequency = policy?.previousPrioritiesFrequency ?? 0
    PICK.originalDestination = request.connection.originalDestination
    // Whoever has failed once is not asked again for the session's sake.
    PICK.preferred = request.record.attempts === 1 ? request.preferredHost : undefined
    PICK.authority = request.head.authority
    return this.#cluster.pick(PICK)
  }

  #rewriteHost(host: Host): void {
    const { head } = this.#request
    if (head.authority === host.hostname) return
    if (this.#action.appendForwardedHost) head.headers.add('x-forwarded-host', head.authority)
    head.authority = host.hostname
  }

  #openAgain(): void {
    const replay = this.#replay
    if (!this.#open(replay === undefined)) return
    const attempt = this.#attempt
    if (replay === undefined || attempt?.stream === undefined) return
    const { stream } = attempt
    attempt.blocked = !replay.deliver({
      onData: (chunk, last) => stream.write(chunk, last),
      onTrailers: trailers => stream.writeTrailers(trailers),
    })
    if (!attempt.blocked) this.#request.resumeBody()
  }

  // The upstream's side.

  onAttemptInformational(head: ResponseHead): void {
    if (head.status !== 100 || this.#request.services.options.proxy100Continue) this.#request.respondInformational(head)
  }

  onAttemptResponse(attempt: Attempt, head: ResponseHead, last: boolean): void {
    const request = this.#request
    const action = this.#action
    const { record } = request
    const now = performance.now()
    record.upstreamFirstByteAt = now
    this.#timers?.sign()
    this.#cluster.report(attempt.host, head.status, 'response')
    const retry = this.#retry
    if (retry !== undefined && !this.#committed && retry.policy.retryOnResponse(head.status, head.headers)) {
      if (this.#tryAgain(head.headers, head.status, 'response')) {
        attempt.cancel()
        return
      }
    }
    if (action.internalRedirects !== undefined && this.#follow(action.internalRedirects, head)) return
    this.#commit()
    record.status = head.status
    record.details = 'via_upstream'
    if (!this.#options.suppressEnvoyHeaders && request.ended)
      head.headers.set('x-envoy-upstream-service-time', String(Math.trunc(now - record.requestEndedAt)))
    if (this.#action.includeAttemptCountInResponse) head.headers.set('x-envoy-attempt-count', String(record.attempts))
    this.#action.applyResponseHeaders(head.headers, request.head, request)
    if (last) this.#upstreamEnded(now)
    request.respond(head, last)
  }

  /** @returns whether the request is on its way to where the response points; then nothing of the response is needed any more */
  #follow({ most, target, copies }: InternalRedirects, response: ResponseHead): boolean {
    const request = this.#request
    const { head, services } = request
    const to = target(response.status, response.headers, head)
    // A body that was not kept cannot be sent again.
    if (to === undefined || !request.ended || (!request.bodiless && this.#replay === undefined)) return false
    const followed = followedRedirects.get(request) ?? 0
    if (followed >= most) {
      services.stats.passthrough_internal_redirect_too_many_redirects++
      return false
    }
    const seeOther = response.status === 303 && head.method !== 'GET' && head.method !== 'HEAD'
    const body = seeOther ? undefined : this.#replay
    const { method } = head
    if (seeOther) head.method = 'GET'
    this.#replay = undefined
    followedRedirects.set(request, followed + 1)
    for (const name of copies) {
      const value = response.headers.get(name)
      if (value === undefined) head.headers.remove(name)
      else head.headers.set(name, value)
    }
    if (seeOther) for (const name of BODY_FIELDS) head.headers.remove(name)
    if (!request.redirect(to, body)) {
      services.stats.passthrough_internal_redirect_no_route++
      head.method = method
      body?.release()
      return false
    }
    this.#end()
    return true
  }

  onAttemptData(attempt: Attempt, chunk: Buffer, last: boolean): void {
    if (last) this.#upstreamEnded(performance.now())
    else this.#timers?.sign()
    if (!this.#request.write(chunk, last) && !last) attempt.stream?.pause()
  }

  onAttemptTrailers(trailers: Headers): void {
    this.#upstreamEnded(performance.now())
    this.#request.writeTrailers(trailers)
  }

  onAttemptWritable(): void {
    this.#request.resumeBody()
  }

  onAttemptReset(attempt: Attempt, reason: ResetReason): void {
    const request = this.#request
    const connectFailed = reason === 'connect-failure' || reason === 'connect-timeout'
    this.#report(attempt, connectFailed ? 'connect-failure' : 'reset')
    if (this.#committed) {
      request.record.addFlag(resetFlag(reason))
      this.#end()
      request.services.stats.rq_reset_after_downstream_response_started++
      request.abort('', upstreamReset(reason, false, '').details.replace('before_response', 'after_response'))
      return
    }
    const connectError = attempt.stream?.connectError ?? ''
    if (connectFailed) request.record.transportFailure = connectError
    if (reason === 'connection-closed' && this.#resend(attempt)) return
    const retry = this.#retry
    if (
      retry?.policy.retryOnReset(reason, false, attempt.stream?.connected ?? false) &&
      this.#tryAgain(undefined, 0, connectError || reason)
    )
      return
    const failure = upstreamReset(reason, request.record.attempts > 1, connectError)
    const overloaded = reason === 'overflow' && !this.#options.suppressEnvoyHeaders
    this.#fail(failure, overloaded ? new HeaderList(['x-envoy-overloaded', 'true']) : undefined)
  }

  /**
   * A kept connection was closed just when the request went out on it: sent once more, whatever the retry policy says, when the request
   * can't do harm twice (RFC 9110 section 9.2.2).
   */
  #resend(attempt: Attempt): boolean {
    const request = this.#request
    if (this.#resent || !request.bodiless || !attempt.stream?.reused || !SAFE_METHODS.has(request.head.method)) return false
    this.#resent = true
    request.record.attempts--
    this.#openAgain()
    return true
  }

  /**
   * @param status of the response that is given up; 0: there was none @param why it is given up
   * @returns whether there will be another try; if not, flags say why
   */
  #tryAgain(responseHeaders: Headers | undefined, status: number, why: string): boolean {
    const retry = this.#retry
    const request = this.#request
    if (retry === undefined) return false
    const verdict = retry.next(request.random, responseHeaders)
    if (typeof verdict !== 'number') {
      if (verdict === 'limit') request.record.addFlag(Flag.UpstreamRetryLimitExceeded)
      if (verdict === 'overflow') request.record.addFlag(Flag.UpstreamOverflow)
      return false
    }
    request.record.tryOver(status, why)
    this.#timers?.tryEnded()
    this.#attempt = undefined
    this.#backoff ??= new Timer(this, 'backoff')
    request.services.timers.start(this.#backoff, verdict)
    return true
  }

  /** The response goes to the client: no other try any more. */
  #commit(): void {
    this.#committed = true
    this.#forgetBody()
    this.#timers?.committed()
  }

  #upstreamEnded(now: number): void {
    this.#request.record.upstreamEndedAt = now
    // An answer before the end of the request: the rest of it has nowhere to go.
    if (!this.#request.ended) this.#attempt?.stream?.reset('local-reset')
    this.#end()
  }

  // Time.

  #limitTime({ timeoutMs, perTryTimeoutMs: perTryMs }: RequestTimeouts, perTryIdleMs: number): void {
    const request = this.#request
    const expectedMs = perTryMs > 0 ? perTryMs : timeoutMs
    if (expectedMs > 0 && !this.#options.suppressEnvoyHeaders)
      request.head.headers.set('x-envoy-expected-rq-timeout-ms', String(Math.round(expectedMs)))
    if (expectedMs + perTryIdleMs > 0)
      this.#timers = new UpstreamTimers(this, request.services.timers, { timeoutMs, perTryMs, perTryIdleMs })
  }

  #requestEnded(): void {
    if (!this.#over) this.#timers?.requestEnded(!this.#committed)
  }

  onTimeout(): void {
    if (this.#attempt !== undefined) this.#report(this.#attempt, 'timeout')
    this.#fail(FAILURES.upstreamTimeout)
  }

  onTryTimeout(reason: 'too-long' | 'silent'): void {
    const attempt = this.#attempt
    if (attempt === undefined) return
    this.#report(attempt, 'per-try-timeout')
    attempt.cancel()
    if (!this.#committed && this.#retry?.policy.retryOnTimeout && this.#tryAgain(undefined, 0, 'per-try timeout')) return
    this.#fail(reason === 'silent' ? FAILURES.perTryIdle : FAILURES.perTryTimeout)
  }

  /** The back-off before another try is over. */
  onTimer(): void {
    this.#openAgain()
  }

  #report(attempt: Attempt, outcome: AttemptOutcome): void {
    this.#cluster.report(attempt.host, 0, outcome)
  }

  #fail(failure: Failure, headers?: HeaderList): void {
    this.#end()
    this.#request.fail(failure, headers)
  }

  #forgetBody(): void {
    this.#replay?.release()
    this.#replay = undefined
  }

  /** Nothing more is sent, heard or waited for. */
  #end(): void {
    if (this.#over) return
    this.#over = true
    this.#attempt?.cancel()
    this.#forgetBody()
    this.#retry?.end()
    this.#timers?.stop()
    if (this.#backoff !== undefined) this.#request.services.timers.stop(this.#backoff)
  }
}
