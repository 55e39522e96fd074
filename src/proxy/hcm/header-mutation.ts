/** Header fields added and removed as a filter (envoy.filters.http.header_mutation): where in the chain it happens is the configuration's to say. */
import type { HeaderMutation as Config } from '../../xds/gen/envoy/extensions/filters/http/header_mutation/v3/header_mutation.ts'
import { compileSides, mutationsOf, type Sides } from '../filters/header-mutations.ts'
import type { ResponseHead } from '../http/stream.ts'
import { type HttpFilter, type HttpRequest, overrideOf, type Verdict } from './filter.ts'

export class HeaderMutationFilter implements HttpFilter {
  readonly name: string
  readonly defaultOff: boolean
  readonly #sides: Sides

  /** @throws on names and formats that Envoy refuses too */
  constructor(name: string, defaultOff: boolean, config: Config) {
    this.name = name
    this.defaultOff = defaultOff
    this.#sides = compileSides(config.mutations)
  }

  onRequest(request: HttpRequest): Verdict {
    const { head } = request
    this.#sides.request?.(head.headers, head, request, undefined)
    this.#ofRoute(request)?.request?.(head.headers, head, request, undefined)
    return 'continue'
  }

  onResponse(request: HttpRequest, { headers }: ResponseHead): undefined {
    this.#sides.response?.(headers, request.head, request, headers)
    this.#ofRoute(request)?.response?.(headers, request.head, request, headers)
  }

  #ofRoute(request: HttpRequest): Sides | undefined {
    const override = overrideOf(request, this.name)
    return override === undefined ? undefined : mutationsOf(override)
  }
}
