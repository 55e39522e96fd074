/**
 * Sessions that stay with one host (envoy.filters.http.stateful_session): the client carries the host's address, and gets it with the response
 * that was served by another one.
 */
import type { StatefulSession } from '../../xds/gen/envoy/extensions/filters/http/stateful_session/v3/stateful_session.ts'
import { compileSession, routeSessionOf, type Session } from '../filters/session/session-state.ts'
import type { ResponseHead } from '../http/stream.ts'
import { type FilterExplanation, type HttpFilter, type HttpRequest, overrideOf, type Verdict } from './filter.ts'

export class StatefulSessionFilter implements HttpFilter {
  readonly name: string
  readonly defaultOff: boolean
  readonly #session: Session | undefined
  readonly #now: () => number

  /** @param now milliseconds since the epoch @throws on settings that cannot be followed */
  constructor(name: string, defaultOff: boolean, config: StatefulSession, now: () => number = Date.now) {
    this.name = name
    this.defaultOff = defaultOff
    this.#session = compileSession(config)
    this.#now = now
  }

  onRequest(request: HttpRequest): Verdict {
    const session = this.#sessionOf(request)
    const address = session?.read(request.head, this.#now())
    if (session !== undefined && address !== undefined) request.preferredHost = { address, strict: session.strict }
    return 'continue'
  }

  explain(request: HttpRequest): FilterExplanation | undefined {
    const session = this.#sessionOf(request)
    if (session === undefined) return undefined
    const address = session.read(request.head, this.#now())
    const otherwise = session.strict ? 'the answer is 503' : 'another one takes its place'
    const text =
      address === undefined ? 'none yet: the response carries the host' : `stays with ${address}; if it is gone, ${otherwise}`
    return { subject: 'session', text, answers: [], delayMs: 0 }
  }

  onResponse(request: HttpRequest, head: ResponseHead): undefined {
    const address = request.record.host?.address
    const session = address === undefined ? undefined : this.#sessionOf(request)
    if (session !== undefined && address !== undefined && address !== request.preferredHost?.address)
      session.write(head, address, this.#now())
  }

  #sessionOf(request: HttpRequest): Session | undefined {
    const override = overrideOf(request, this.name)
    const session = override === undefined ? this.#session : routeSessionOf(override).session
    return session?.concerns(request.head) ? session : undefined
  }
}
