/**
 * The conditions of `retry_on` (RetryPolicy, x-envoy-retry-on, x-envoy-retry-grpc-on): which outcomes of an attempt ask for another.
 */
import type { Headers } from '../http/headers.ts'
import type { ResetReason } from '../http/stream.ts'

const GRPC_STATUS: Readonly<Record<string, string>> = {
  cancelled: '1',
  'deadline-exceeded': '4',
  'resource-exhausted': '8',
  internal: '13',
  unavailable: '14',
}

export type ResponseTest = (status: number, headers: Headers) => boolean

export class RetryConditions {
  readonly #names: ReadonlySet<string>
  readonly #statusCodes: ReadonlySet<number>
  readonly #headers: readonly ResponseTest[]
  /** Values of grpc-status. */
  readonly #grpc: ReadonlySet<string>
  /** A reset or a per-try timeout counts as the 5xx that it would become. */
  readonly #anyReset: boolean

  /** @param names unknown ones have no effect, as in Envoy @param statusCodes for retriable-status-codes @param headers for retriable-headers */
  constructor(names: Iterable<string>, statusCodes: Iterable<number>, headers: readonly ResponseTest[]) {
    this.#names = new Set(names)
    this.#statusCodes = this.#names.has('retriable-status-codes') ? new Set(statusCodes) : new Set()
    this.#headers = this.#names.has('retriable-headers') ? headers : []
    this.#grpc = new Set(Object.keys(GRPC_STATUS).flatMap(name => (this.#names.has(name) ? (GRPC_STATUS[name] ?? []) : [])))
    this.#anyReset = ['reset', '5xx', 'gateway-error'].some(name => this.#names.has(name))
  }

  get onTimeout(): boolean {
    return this.#anyReset
  }

  onResponse(status: number, headers: Headers): boolean {
    const names = this.#names
    // Another Envoy's rate limit: asking again at once makes it worse, unless configured.
    if (headers.has('x-envoy-ratelimited')) return names.has('envoy-ratelimited')
    if (status >= 500 && status < 600 && names.has('5xx')) return true
    if (status >= 502 && status <= 504 && names.has('gateway-error')) return true
    if (status === 409 && names.has('retriable-4xx')) return true
    if (this.#statusCodes.has(status)) return true
    if (this.#headers.some(test => test(status, headers))) return true
    const grpc = this.#grpc.size > 0 ? headers.get('grpc-status') : undefined
    return grpc !== undefined && this.#grpc.has(grpc)
  }

  onReset(reason: ResetReason, responseStarted: boolean, requestStarted: boolean): boolean {
    if (responseStarted || reason === 'overflow') return false
    if (this.#anyReset) return true
    if (!requestStarted && this.#names.has('reset-before-request')) return true
    if (reason === 'refused-stream') return this.#names.has('refused-stream')
    return (reason === 'connect-failure' || reason === 'connect-timeout') && this.#names.has('connect-failure')
  }
}

export function parseRetryOn(text: string): string[] {
  return text
    .split(',')
    .map(name => name.trim())
    .filter(name => name !== '')
}
