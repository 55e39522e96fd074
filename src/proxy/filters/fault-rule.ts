/**
 * envoy.extensions.filters.http.fault.v3.HTTPFault as a decision: whether this request is delayed, and whether it is answered with an
 * error. Delaying and answering are the filter's.
 */
import { HTTPFault } from '../../xds/gen/envoy/extensions/filters/http/fault/v3/fault.ts'
import { durationMs } from '../../xds/wire/duration.ts'
import type { RequestHead } from '../http/stream.ts'
import type { FilterOverride } from '../route/decision.ts'
import { fractionOf } from '../route/fraction.ts'
import { compileRequestHeaderMatcher } from '../route/header-match.ts'

export interface FaultAbort {
  /** 200 to 599; 200 with a gRPC status, as in Envoy, even for clients that do not speak gRPC. */
  readonly status: number
  /** The grpc-status of the answer, when the configuration names one. */
  readonly grpcStatus: number | undefined
}

export interface Fault {
  /** Milliseconds before anything else happens; 0: at once. */
  readonly delayMs: number
  /** After the delay; undefined: the request goes on. */
  readonly abort: FaultAbort | undefined
}

export interface FaultRule {
  /** Faults (delays) under way at the same time; more requests than that are left alone. */
  readonly maxActive: number
  /** @param cluster the route leads to; undefined: none @returns undefined: this request is left alone */
  decide(head: RequestHead, cluster: string | undefined, random: () => number): Fault | undefined
  /** For `explain`: what this request may suffer, and how likely; undefined: nothing. */
  chances(head: RequestHead, cluster: string | undefined): FaultChances | undefined
}

export interface FaultChances {
  /** Milliseconds; 0: no delay is configured. */
  readonly delayMs: number
  /** 0 to 1, independent of each other. */
  readonly delayed: number
  readonly abort: FaultAbort | undefined
  readonly aborted: number
}

/** @throws on what cannot be honoured, with the reason */
export function compileFault(config: HTTPFault): FaultRule {
  if (config.responseRateLimit) throw new Error('Cannot use fault injection: response_rate_limit is not supported')
  const delayMs = compileDelay(config)
  const delayFraction = fractionOf(config.delay?.percentage)
  const abort = compileAbort(config)
  const abortFraction = fractionOf(config.abort?.percentage)
  const matchers = config.headers.map(compileRequestHeaderMatcher)
  const { upstreamCluster, downstreamNodes } = config
  const applies = (head: RequestHead, cluster: string | undefined) =>
    (upstreamCluster === '' || upstreamCluster === cluster) &&
    (downstreamNodes.length === 0 || downstreamNodes.includes(head.headers.get('x-envoy-downstream-service-node') ?? '')) &&
    matchers.every(matches => matches(head))
  const both: Fault = { delayMs, abort }
  const onlyDelay: Fault = { delayMs, abort: undefined }
  const onlyAbort: Fault = { delayMs: 0, abort }
  return {
    maxActive: config.maxActiveFaults ?? Number.POSITIVE_INFINITY,
    chances(head, cluster) {
      if (!applies(head, cluster)) return undefined
      return {
        delayMs,
        delayed: delayMs > 0 ? Math.min(1, delayFraction) : 0,
        abort,
        aborted: abort === undefined ? 0 : Math.min(1, abortFraction),
      }
    },
    decide(head, cluster, random) {
      if (!applies(head, cluster)) return undefined
      // Independent of each other: 50 % delayed and 50 % aborted leaves a quarter untouched.
      const delayed = delayMs > 0 && random() < delayFraction
      const aborted = abort !== undefined && random() < abortFraction
      if (delayed) return aborted ? both : onlyDelay
      return aborted ? onlyAbort : undefined
    },
  }
}

function compileDelay({ delay }: HTTPFault): number {
  if (!delay) return 0
  const specifier = delay.faultDelaySecifier
  if (specifier?.$case !== 'fixedDelay')
    throw new Error(`Cannot use fault injection: delay has ${specifier?.$case ?? 'no duration'}, expected fixed_delay`)
  const ms = durationMs(specifier.value)
  if (ms <= 0) throw new Error(`Cannot use fault injection: fixed_delay is ${ms} ms, expected more than 0`)
  return ms
}

function compileAbort({ abort }: HTTPFault): FaultAbort | undefined {
  if (!abort) return undefined
  const { errorType } = abort
  switch (errorType?.$case) {
    case 'httpStatus':
      if (!(errorType.value >= 200 && errorType.value < 600))
        throw new Error(`Cannot use fault injection: abort.http_status is ${errorType.value}, expected 200 to 599`)
      return { status: errorType.value, grpcStatus: undefined }
    case 'grpcStatus':
      return { status: 200, grpcStatus: errorType.value }
    default:
      throw new Error(
        `Cannot use fault injection: abort has ${errorType?.$case ?? 'no status'}, expected http_status or grpc_status`,
      )
  }
}

export const FAULT = 'envoy.extensions.filters.http.fault.v3.HTTPFault'

const compiled = new WeakMap<FilterOverride, FaultRule>()

/** A route's own faults, which replace those of the filter. Read once. @throws as `compileFault` */
export function faultOf(override: FilterOverride): FaultRule {
  let rule = compiled.get(override)
  if (!rule) {
    rule = compileFault(HTTPFault.decode(override.value))
    compiled.set(override, rule)
  }
  return rule
}
