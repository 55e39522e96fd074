/** Fault injection: delays requests, answers them with errors, or both. What happens to which is decided in proxy/filters. */
import { Timer, type TimerOwner } from '../../lib/timer-wheel.ts'
import { type FaultAbort, type FaultRule, faultOf } from '../filters/fault-rule.ts'
import { Flag } from '../telemetry/response-flags.ts'
import { type FilterExplanation, type HttpFilter, type HttpRequest, overrideOf, type Verdict } from './filter.ts'

/** http.<stat_prefix>.fault.* */
export class FaultStats {
  delays_injected = 0
  aborts_injected = 0
  active_faults = 0
  faults_overflow = 0
}

const BODY = Buffer.from('fault filter abort')

export class FaultFilter implements HttpFilter {
  readonly name: string
  readonly defaultOff: boolean
  readonly #rule: FaultRule
  readonly #stats: FaultStats
  readonly #delayed = new Map<HttpRequest, Delay>()

  constructor(name: string, defaultOff: boolean, rule: FaultRule, stats: FaultStats) {
    this.name = name
    this.defaultOff = defaultOff
    this.#rule = rule
    this.#stats = stats
  }

  onRequest(request: HttpRequest): Verdict {
    const override = overrideOf(request, this.name)
    const rule = override === undefined ? this.#rule : faultOf(override)
    const fault = rule.decide(request.head, request.upstreamCluster, request.random)
    if (fault === undefined) return 'continue'
    if (this.#stats.active_faults >= rule.maxActive) {
      this.#stats.faults_overflow++
      return 'continue'
    }
    if (fault.delayMs > 0) {
      this.#stats.delays_injected++
      this.#stats.active_faults++
      request.record.addFlag(Flag.DelayInjected)
      const delay = new Delay(() => this.#delayOver(request, fault.abort))
      this.#delayed.set(request, delay)
      request.services.timers.start(delay.timer, fault.delayMs)
      return 'wait'
    }
    if (fault.abort === undefined) return 'continue'
    this.#abort(request, fault.abort)
    return 'taken'
  }

  explain(request: HttpRequest): FilterExplanation | undefined {
    const override = overrideOf(request, this.name)
    const rule = override === undefined ? this.#rule : faultOf(override)
    const chances = rule.chances(request.head, request.upstreamCluster)
    if (chances === undefined || chances.delayed + chances.aborted === 0) return undefined
    const { abort, aborted, delayed, delayMs } = chances
    const parts = [
      ...(delayed > 0 ? [`delays ${Math.round(delayed * 100)}% by ${delayMs} ms`] : []),
      ...(abort && aborted > 0
        ? [
            `answers ${Math.round(aborted * 100)}% with ${abort.grpcStatus === undefined ? abort.status : `grpc-status ${abort.grpcStatus}`}`,
          ]
        : []),
    ]
    const answers = abort && aborted > 0 ? [{ share: aborted, status: abort.status, details: 'fault_filter_abort' }] : []
    return { subject: 'fault', text: parts.join(' and '), answers, delayMs: delayed > 0 ? delayMs : 0 }
  }

  onEnd(request: HttpRequest): void {
    if (this.#delayed.size === 0) return
    const delay = this.#delayed.get(request)
    if (delay === undefined) return
    request.services.timers.stop(delay.timer)
    this.#forget(request)
  }

  #delayOver(request: HttpRequest, abort: FaultAbort | undefined): void {
    this.#forget(request)
    if (abort === undefined) request.resume()
    else this.#abort(request, abort)
  }

  #abort(request: HttpRequest, { status, grpcStatus }: FaultAbort): void {
    this.#stats.aborts_injected++
    request.record.addFlag(Flag.FaultInjected)
    request.reply(status, BODY, 'fault_filter_abort', undefined, grpcStatus)
  }

  #forget(request: HttpRequest): void {
    this.#delayed.delete(request)
    this.#stats.active_faults--
  }
}

class Delay implements TimerOwner {
  readonly timer = new Timer(this, 'fault')
  readonly #over: () => void

  constructor(over: () => void) {
    this.#over = over
  }

  onTimer(): void {
    this.#over()
  }
}
