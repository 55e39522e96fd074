/** Tokens of requests (envoy.filters.http.jwt_authn): a bad one is refused with 401, the claims of a good one are left for filters after this one. */
import type {
  JwtAuthentication,
  JwtRequirement,
  RequirementRule,
} from '../../xds/gen/envoy/extensions/filters/http/jwt_authn/v3/config.ts'
import { TokenProvider } from '../filters/jwt/provider.ts'
import type { RemoteKeySets } from '../filters/jwt/remote-keys.ts'
import { type Check, compileRequirement, type Outcome, type VerifiedToken } from '../filters/jwt/requirement.ts'
import { HeaderList } from '../http/headers.ts'
import type { Denials } from '../telemetry/denials.ts'
import { deny } from './deny.ts'
import type { FilterExplanation, HttpFilter, HttpRequest, Verdict } from './filter.ts'

const FILTER = 'envoy.filters.http.jwt_authn'
const UNAUTHENTICATED = 16

export interface JwtServices {
  readonly keySets: RemoteKeySets
  readonly denials: Denials
}

export class JwtFilter implements HttpFilter {
  readonly name: string
  readonly defaultOff: boolean
  readonly #providers: readonly TokenProvider[]
  readonly #check: Check
  readonly #bypassPreflight: boolean
  readonly #claimHeaders: readonly string[]
  /** The client is told nothing but the status. */
  readonly #silent: boolean
  readonly #denials: Denials

  /** @throws on settings that cannot be used */
  constructor(name: string, defaultOff: boolean, config: JwtAuthentication, services: JwtServices) {
    this.name = name
    this.#denials = services.denials
    this.defaultOff = defaultOff
    const providers = new Map(
      Object.entries(config.providers).map(([key, provider]) => [key, new TokenProvider(provider, services.keySets)] as const),
    )
    this.#providers = [...providers.values()]
    const [rule, ...others] = config.rules
    const prefix = rule?.match?.pathSpecifier
    if (others.length > 0 || (rule && (prefix?.$case !== 'prefix' || prefix.value !== '/')))
      throw new Error('jwt_authn rules by path are not supported, expected one rule for "/"')
    if (config.filterStateRules !== undefined) throw new Error('jwt_authn: filter_state_rules are not supported')
    this.#check = compileRequirement(requirementOf(rule, config), providers)
    this.#silent = config.stripFailureResponse
    this.#bypassPreflight = config.bypassCorsPreflight
    this.#claimHeaders = Object.values(config.providers).flatMap(({ claimToHeaders, forwardPayloadHeader }) => [
      ...claimToHeaders.map(({ headerName }) => headerName.toLowerCase()),
      ...(forwardPayloadHeader ? [forwardPayloadHeader.toLowerCase()] : []),
    ])
  }

  /** Whether routes are looked up again with what the tokens say. */
  get changesRoutes(): boolean {
    return this.#providers.some(({ config }) => config.clearRouteCache)
  }

  onRequest(request: HttpRequest): Verdict {
    this.#clear(request)
    if (this.#bypassPreflight && isPreflight(request)) return 'continue'
    this.#check(request.head).then(
      outcome => this.#decided(request, outcome),
      () => this.#decided(request, { ok: false, error: 'Jwt verification fails', status: 401 }),
    )
    return 'wait'
  }

  /** Keys that would have to be fetched are not: what they would verify is taken for good. */
  async explain(request: HttpRequest): Promise<FilterExplanation | undefined> {
    this.#clear(request)
    if (this.#bypassPreflight && isPreflight(request)) return undefined
    const told = { subject: 'token', answers: [], delayMs: 0 }
    const fetching = this.#providers.filter(provider => provider.fetchesKeys && provider.find(request.head).length > 0)
    if (fetching.length > 0) {
      this.#accept(request, (await Promise.all(fetching.map(provider => provider.assumed(request.head)))).flat())
      const issuers = fetching.map(({ config }) => config.issuer).join(', ')
      return { ...told, text: `taken for a good one: the keys of ${issuers} are fetched where the proxy runs` }
    }
    const outcome = await this.#check(request.head)
    if (!outcome.ok) {
      const { status, error } = outcome
      return { ...told, text: `refused: ${error}`, answers: [{ share: 1, status, details: detailsOf(error) }] }
    }
    this.#accept(request, outcome.tokens)
    const names = outcome.tokens.map(({ token }) => `${token.payload['sub'] ?? 'nobody'} by ${token.payload['iss'] ?? 'nobody'}`)
    return { ...told, text: names.length > 0 ? `good, of ${names.join(' and ')}` : 'none, and none has to be there' }
  }

  /** Nobody but this filter may say what a token claims. */
  #clear({ head }: HttpRequest): void {
    for (const name of this.#claimHeaders) head.headers.remove(name)
  }

  #decided(request: HttpRequest, outcome: Outcome): void {
    if (outcome.ok) {
      this.#accept(request, outcome.tokens)
      request.resume()
      return
    }
    const { error, status, detail, provider } = outcome
    const realm = `Bearer realm="${request.head.scheme}://${request.head.authority}${request.head.path.split('?', 1)[0]}"`
    const challenge = error === 'Jwt is missing' ? realm : `${realm}, error="invalid_token"`
    const headers = deny(
      request,
      this.#denials,
      { by: 'token', status, reason: detail ?? error, policy: provider },
      this.#silent ? undefined : new HeaderList(['www-authenticate', challenge]),
    )
    request.reply(status, Buffer.from(this.#silent ? '' : error), detailsOf(error), headers, UNAUTHENTICATED)
  }

  #accept(request: HttpRequest, tokens: readonly VerifiedToken[]): void {
    for (const { provider, token } of tokens) {
      const { config } = provider
      if (config.payloadInMetadata) request.record.addMetadata(FILTER, { [config.payloadInMetadata]: token.payload })
      if (config.headerInMetadata) request.record.addMetadata(FILTER, { [config.headerInMetadata]: token.header })
      if (config.forwardPayloadHeader) {
        const padding = config.padForwardPayloadHeader ? '='.repeat(-token.encoded.length & 3) : ''
        request.head.headers.set(config.forwardPayloadHeader.toLowerCase(), `${token.encoded}${padding}`)
      }
      for (const { headerName, claimName } of config.claimToHeaders) {
        const value = claimText(token.claims, claimName)
        if (value !== undefined) request.head.headers.set(headerName.toLowerCase(), value)
      }
      if (!config.forward) token.token.remove()
    }
    if (tokens.some(({ provider }) => provider.config.clearRouteCache)) request.chooseRoute()
  }
}

function detailsOf(error: string): string {
  return `jwt_authn_access_denied{${error.replaceAll(' ', '_')}}`
}

/** undefined: no token is asked for. @throws on a name that nothing has */
function requirementOf(rule: RequirementRule | undefined, { requirementMap }: JwtAuthentication): JwtRequirement | undefined {
  const type = rule?.requirementType
  if (type?.$case !== 'requirementName') return type?.value
  const named = requirementMap[type.value]
  if (named === undefined) throw new Error(`jwt_authn: requirement "${type.value}" is not in requirement_map`)
  return named
}

function isPreflight({ head }: HttpRequest): boolean {
  return head.method === 'OPTIONS' && head.headers.has('origin') && head.headers.has('access-control-request-method')
}

/** Nested by "."; what is no text or number goes as JSON in base64url, as in Envoy. */
function claimText(payload: Readonly<Record<string, unknown>>, name: string): string | undefined {
  let value: unknown = payload
  for (const part of name.split('.')) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, part)) return undefined
    value = Reflect.get(value, part)
  }
  if (typeof value === 'string') return value
  // As C writes them: a fraction with six digits.
  if (typeof value === 'number') return Number.isInteger(value) ? String(value) : value.toFixed(6)
  if (typeof value === 'boolean') return String(value)
  return value === undefined || value === null ? undefined : Buffer.from(JSON.stringify(value)).toString('base64')
}
