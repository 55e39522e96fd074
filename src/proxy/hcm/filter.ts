/**
 * The seam of HTTP filters: what a filter is to the requests that pass it. One object is built per connection manager when configuration
 * arrives, and serves all its requests; what it must remember of one it keys by the request.
 */
import type { ResponseHead } from '../http/stream.ts'
import type { HttpRequest } from './request.ts'

/**
 * continue: on to the next filter. wait: the filter calls `request.resume()` later, or answers; the body is held until then.
 * taken: the filter has answered, or looks after the request from here on.
 */
export type Verdict = 'continue' | 'wait' | 'taken'

export interface HttpFilter {
  /** The name in the configuration, under which routes override its settings. */
  readonly name: string
  /** The head of the request is complete and the route is known. */
  onRequest(request: HttpRequest): Verdict
  /** The response's head is about to go out; in reverse order of the filters, for responses of the proxy itself too. */
  onResponse?(request: HttpRequest, head: ResponseHead): void
  /** The request is over, well or not. */
  onEnd?(request: HttpRequest): void
}
