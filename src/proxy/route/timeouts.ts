/**
 * How long a request may take: the route's rules, with what the request's own headers ask for.
 */
import type { RouteAction } from '../../xds/gen/envoy/config/route/v3/route_components.ts'
import type { Duration } from '../../xds/gen/google/protobuf/duration.ts'
import { durationMs } from '../../xds/wire/duration.ts'
import type { RequestHead } from '../http/stream.ts'
import type { ForwardAction, GrpcTimeoutRule } from './decision.ts'
import { isGrpcRequest } from './route-match.ts'

/** Envoy's default of RouteAction.timeout. */
const DEFAULT_TIMEOUT_MS = 15_000

type TimeoutSettings = Pick<ForwardAction, 'timeoutMs' | 'idleTimeoutMs' | 'maxStreamDurationMs' | 'grpcTimeout'>

/** @throws on times below zero */
export function compileTimeouts(action: RouteAction): TimeoutSettings {
  const duration = action.maxStreamDuration
  return {
    // A route with max_stream_duration has no timeout besides, as in Envoy.
    timeoutMs: duration ? 0 : (waitMs('timeout', action.timeout) ?? DEFAULT_TIMEOUT_MS),
    idleTimeoutMs: waitMs('idle_timeout', action.idleTimeout),
    maxStreamDurationMs: waitMs('max_stream_duration', duration?.maxStreamDuration),
    grpcTimeout: grpcRule(action),
  }
}

function waitMs(field: string, duration: Duration | undefined): number | undefined {
  const ms = durationMs(duration)
  if (ms !== undefined && ms < 0) throw new Error(`route.${field} is ${ms} ms, expected 0 or more`)
  return ms
}

function grpcRule({ maxStreamDuration: duration, maxGrpcTimeout, grpcTimeoutOffset }: RouteAction): GrpcTimeoutRule | undefined {
  if (duration) {
    const maxMs = durationMs(duration.grpcTimeoutHeaderMax)
    if (maxMs === undefined) return undefined
    return { replaces: 'stream-duration', maxMs, offsetMs: durationMs(duration.grpcTimeoutHeaderOffset) ?? 0 }
  }
  const maxMs = durationMs(maxGrpcTimeout)
  if (maxMs === undefined) return undefined
  return { replaces: 'timeout', maxMs, offsetMs: durationMs(grpcTimeoutOffset) ?? 0 }
}

/** All in milliseconds, 0: none. */
export interface RequestTimeouts {
  /** From the end of the request to the end of the response. */
  timeoutMs: number
  perTryTimeoutMs: number
  /** undefined: as the connection manager says. */
  maxStreamDurationMs: number | undefined
}

/**
 * The timeouts of one request: route, grpc-timeout, x-envoy-upstream-rq-timeout-ms and x-envoy-upstream-rq-per-try-timeout-ms. The
 * latter two are taken off the request.
 */
export function requestTimeouts(action: ForwardAction, head: RequestHead): RequestTimeouts {
  const { grpcTimeout: rule } = action
  let { timeoutMs, maxStreamDurationMs } = action
  let perTryTimeoutMs = action.retry?.perTryTimeoutMs ?? 0
  if (rule) {
    const asked = grpcTimeoutMs(head.headers.get('grpc-timeout'))
    if (rule.replaces === 'timeout') {
      if (isGrpcRequest(head)) timeoutMs = cap(shorten(asked ?? 0, rule.offsetMs), rule.maxMs)
    } else if (asked !== undefined) {
      // No cap from infinity here: the header was given.
      const capped = rule.maxMs !== 0 && asked > rule.maxMs ? rule.maxMs : asked
      maxStreamDurationMs = rule.offsetMs > 0 && capped !== 0 ? Math.max(0, capped - rule.offsetMs) : capped
    }
  }
  timeoutMs = takeNumber(head, 'x-envoy-upstream-rq-timeout-ms') ?? timeoutMs
  perTryTimeoutMs = takeNumber(head, 'x-envoy-upstream-rq-per-try-timeout-ms') ?? perTryTimeoutMs
  if (timeoutMs !== 0 && perTryTimeoutMs >= timeoutMs) perTryTimeoutMs = 0
  return { timeoutMs, perTryTimeoutMs, maxStreamDurationMs }
}

function takeNumber(head: RequestHead, name: string): number | undefined {
  const text = head.headers.get(name)
  if (text === undefined) return undefined
  head.headers.remove(name)
  return /^\d{1,12}$/.test(text) ? Number(text) : undefined
}

/** 0 is infinity: it stays, and nothing becomes it. */
function shorten(ms: number, offsetMs: number): number {
  return offsetMs < ms ? ms - offsetMs : ms
}

function cap(ms: number, maxMs: number): number {
  return maxMs !== 0 && (ms === 0 || ms > maxMs) ? maxMs : ms
}

const UNIT_MS: Readonly<Record<string, number>> = { H: 3_600_000, M: 60_000, S: 1000, m: 1, u: 1e-3, n: 1e-6 }

/** "100m" -> 100; at most eight digits and a unit (gRPC over HTTP/2, Timeout). Fractions round up. */
export function grpcTimeoutMs(header: string | undefined): number | undefined {
  const found = header === undefined ? undefined : /^(\d{1,8})([HMSmun])$/.exec(header)
  const unit = UNIT_MS[found?.[2] ?? '']
  return found && unit !== undefined ? Math.ceil(Number(found[1]) * unit) : undefined
}
