/**
 * The seam of HTTP filters: what a filter is to the requests that pass it, and a request to the filter. One filter object is built per connection
 * manager when configuration arrives, and serves all its requests; what it must remember of one it keys by the request.
 */
import type { PreferredHost } from '../balance/host.ts'
import type { DescriptorRule } from '../filters/rate-limit/descriptors.ts'
import type { Headers } from '../http/headers.ts'
import type { RequestHead, ResponseHead } from '../http/stream.ts'
import type { Connection } from '../listener/connection.ts'
import type { FilterOverride, ResponseContext, RouteDecision } from '../route/decision.ts'
import type { RedirectTarget } from '../route/internal-redirect.ts'
import type { DecisionRecord } from '../telemetry/decision-record.ts'
import type { ResponseFlag } from '../telemetry/response-flags.ts'
import type { Failure } from './failure.ts'
import type { HeldBody } from './held-body.ts'
import type { MakeStage } from './response-path.ts'
import type { ManagerServices } from './services.ts'

/**
 * continue: on to the next filter. wait: the filter calls `request.resume()` later, or answers; the body is held until then.
 * taken: the filter has answered, or looks after the request from here on.
 */
export type Verdict = 'continue' | 'wait' | 'taken'

export interface FilterExplanation {
  /** The filter in a word: "fault". */
  readonly subject: string
  /** One line. */
  readonly text: string
  /** Answers in the place of the upstream; `share` 0 to 1. What is left of 1 goes on. */
  readonly answers: readonly { readonly share: number; readonly status: number; readonly details: string }[]
  /** Milliseconds that the request may be held up before anything else happens. */
  readonly delayMs: number
  /** Policies that decided, by their names in the configuration; none: the route did. */
  readonly policies?: readonly string[]
  /** More about it, a line each. */
  readonly notes?: readonly string[]
}

export interface HttpFilter {
  /** The name in the configuration, under which routes override its settings. */
  readonly name: string
  /** Off unless a route has settings for it (`disabled` in the configuration). */
  readonly defaultOff: boolean
  /** The head of the request is complete and the route is known. */
  onRequest(request: HttpRequest): Verdict
  /**
   * For `explain`: what the filter would do, without doing it; undefined: it leaves the request alone. Needed where the filter decides by
   * chance, waits, or asks others; without it `onRequest` itself is asked, with a request whose answers go nowhere. A promise where the
   * decision takes a turn of the event loop; nobody else is asked.
   */
  explain?(request: HttpRequest): FilterExplanation | undefined | Promise<FilterExplanation | undefined>
  /**
   * The response's head is about to go out; in reverse order of the filters, for responses of the proxy itself too. wait: the response is held
   * until the filter calls `request.resumeResponse()`, or answers in its place.
   * @param last no body and no trailers follow
   */
  onResponse?(request: HttpRequest, head: ResponseHead, last: boolean): 'wait' | undefined
  /** The request is over, well or not. */
  onEnd?(request: HttpRequest): void
}

/** The settings a request's route has for a filter; undefined: none, the filter's own count. */
export function overrideOf({ decision }: HttpRequest, filter: string): FilterOverride | undefined {
  if (decision === undefined || decision === 'tls-required') return undefined
  const { filterConfigs } = decision.action
  return filterConfigs.size === 0 ? undefined : filterConfigs.get(filter)
}

/** What tells requests apart for rate limits, as far as the request's route says. */
export function routeRateLimits({ decision }: HttpRequest, stage: number): readonly DescriptorRule[] {
  if (decision === undefined || decision === 'tls-required' || decision.action.kind !== 'forward') return []
  const { rateLimits } = decision.action
  return rateLimits.length === 0 ? rateLimits : rateLimits.filter(rule => rule.stage === stage)
}

/** Whether a filter has no part in a request: switched off by the route, or not switched on. */
export function isOff(request: HttpRequest, filter: HttpFilter): boolean {
  const override = overrideOf(request, filter.name)
  return override === undefined ? filter.defaultOff : override.disabled
}

/** Who gets what follows a request's head: the router's way upstream. */
export interface RequestSink {
  /** @returns false when the upstream is slow: the request pauses its client until `request.resumeBody()` */
  onData(chunk: Uint8Array, last: boolean): boolean
  onTrailers(trailers: Headers): void
  /** The client takes bytes of the response again. */
  onWritable(): void
  /** The client is gone, or the proxy has answered in the upstream's place. */
  cancel(): void
}

/** A request under way, as filters see it; matchers and header operators see it as their context. */
export interface HttpRequest extends ResponseContext {
  readonly services: ManagerServices
  readonly connection: Connection
  readonly head: RequestHead
  readonly record: DecisionRecord
  /** undefined: no route matched. */
  readonly decision: RouteDecision | 'tls-required' | undefined
  /** Where its session has been; filters set it. undefined: wherever the cluster likes. */
  preferredHost: PreferredHost | undefined
  /** No body and no trailers follow the head. */
  readonly bodiless: boolean
  /** It has come in whole. */
  readonly ended: boolean

  /** A filter that had said `wait` lets the request go on. */
  resume(): void
  /**
   * A filter that will say `wait` for the sake of the body: `enough` is called once, when more than `bytes` of it or all has come, and not
   * before this returns.
   */
  awaitBody(bytes: number, enough: (start: Buffer, whole: boolean) => void): void
  /** The head has changed: the route is looked up again. */
  chooseRoute(): void
  /** In place of the body that a filter has waited for, and that has come whole. */
  replaceBody(bytes: Uint8Array): void
  /** The trailers of the request, if they have come while a filter waits. */
  readonly heldTrailers: Headers | undefined
  /** Before the router has the request: its body goes through a stage of the filter's making. */
  rewriteBody(make: MakeStage): void
  /** The router takes the request: `sink` gets the body, beginning with what was held. */
  forwardTo(sink: RequestSink): void
  /** The upstream takes bytes of the body again. */
  resumeBody(): void
  /**
   * The request goes somewhere else, through all filters again. @param body all of it; undefined: there is none
   * @returns false: no route leads there, everything is as it was
   */
  redirect(target: RedirectTarget, body: HeldBody | undefined): boolean
  /** Replaces the connection manager's limit on the life of the stream, milliseconds. 0: none. */
  limitDuration(ms: number): void

  /** 1xx other than 101. */
  respondInformational(head: ResponseHead): void
  /** A filter that made the response wait lets it go on. */
  resumeResponse(): void
  /** As `awaitBody`, for a filter that holds the response. */
  awaitResponseBody(bytes: number, enough: (start: Buffer, whole: boolean) => void): void
  /** In place of the response's body, which is held and whole. */
  replaceResponseBody(bytes: Uint8Array): void
  readonly heldResponseTrailers: Headers | undefined
  /** In `onResponse`: the body that follows goes through a stage of the filter's making. */
  rewriteResponseBody(make: MakeStage): void
  /** A stage of the response's body takes bytes again. */
  resumeUpstream(): void
  /** @param last no body and no trailers follow */
  respond(head: ResponseHead, last: boolean): void
  /** @returns false when the client is slow: stop until the sink's `onWritable` */
  write(chunk: Uint8Array, last: boolean): boolean
  writeTrailers(trailers: Headers): void
  /** The proxy answers for want of an upstream's answer; when the response has begun, it can only be cut off. */
  fail(failure: Failure, headers?: Headers): void
  /** @param headers besides those of the body, which is plain text unless they say otherwise */
  reply(status: number, body: Uint8Array, details: string, headers?: Headers, grpcStatus?: number): void
  /** The response can't be finished: the client sees a closed connection or RST_STREAM. */
  abort(flag: ResponseFlag | '', details: string): void
}
