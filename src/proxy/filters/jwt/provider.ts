/** One issuer's tokens: where they stand in a request, and whether they are good (envoy JwtProvider). jose does the cryptography. */
import type { JwtProvider } from '../../../xds/gen/envoy/extensions/filters/http/jwt_authn/v3/config.ts'
import type { RequestHead } from '../../http/stream.ts'
import { jose, type KeySource } from './key-set.ts'
import { keySource } from './keys.ts'
import type { RemoteKeySets } from './remote-keys.ts'

export interface FoundToken {
  readonly text: string
  /** Takes it out of the request. */
  readonly remove: () => void
}

export interface GoodToken {
  readonly ok: true
  /** Claims that are lists in a text are lists here. */
  readonly payload: Readonly<Record<string, unknown>>
  /** As the issuer wrote them. */
  readonly claims: Readonly<Record<string, unknown>>
  readonly encoded: string
  readonly header: Readonly<Record<string, unknown>>
  readonly token: FoundToken
}

export type Verified = GoodToken | Refused

export interface Refused {
  readonly ok: false
  /** What the client is told. */
  readonly error: string
  /** What the operator is told besides; absent: nothing. */
  readonly detail?: string
  readonly status: number
}

export const MISSING: Refused = { ok: false, error: 'Jwt is missing', status: 401 }
const DEFAULT_SKEW_SECONDS = 60
/** Longer ones are nobody's token. */
const MOST_CHARACTERS = 65_536
/** Signatures that need a key; "none" is not among them, and keys of one kind serve algorithms of that kind only. */
const ALGORITHMS = [
  ...['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512'],
  ...['ES256', 'ES384', 'ES512', 'EdDSA', 'HS256', 'HS384', 'HS512'],
]

export class TokenProvider {
  readonly config: JwtProvider
  readonly #keys: KeySource
  readonly #lists: readonly string[]

  /** @throws on settings that cannot be used */
  constructor(config: JwtProvider, remote: RemoteKeySets) {
    for (const [field, given] of Object.entries(unsupported(config)))
      if (given) throw new Error(`JWT provider of issuer "${config.issuer}": ${field} is not supported`)
    this.config = config
    this.#keys = keySource(config.jwksSourceSpecifier, remote)
    this.#lists = config.normalizePayloadInMetadata?.spaceDelimitedClaims ?? []
  }

  get fetchesKeys(): boolean {
    return this.config.jwksSourceSpecifier?.$case === 'remoteJwks'
  }

  /** For `explain`: what the tokens of this issuer say, whoever has signed them. */
  async assumed(head: RequestHead): Promise<{ readonly provider: TokenProvider; readonly token: GoodToken }[]> {
    const { decodeJwt, decodeProtectedHeader } = await jose()
    return this.find(head).flatMap(token => {
      try {
        const payload = decodeJwt(token.text)
        if (this.config.issuer !== '' && payload.iss !== this.config.issuer) return []
        const encoded = token.text.split('.')[1] ?? ''
        const header = { ...decodeProtectedHeader(token.text) }
        return [
          { provider: this, token: { ok: true, payload: this.#normalized(payload), claims: payload, encoded, header, token } },
        ]
      } catch {
        return [] // no token at all
      }
    })
  }

  async verify(head: RequestHead): Promise<Verified> {
    const tokens = this.find(head)
    let result: Verified = MISSING
    for (const token of tokens) {
      result = await this.#verifyOne(token)
      if (!result.ok) return result
    }
    return result
  }

  find(head: RequestHead): FoundToken[] {
    const { fromHeaders, fromParams, fromCookies } = this.config
    const usual = fromHeaders.length + fromParams.length + fromCookies.length === 0
    const headers = usual ? [{ name: 'authorization', valuePrefix: 'Bearer ' }] : fromHeaders
    const found: FoundToken[] = []
    for (const { name, valuePrefix } of headers) {
      const lower = name.toLowerCase()
      const value = head.headers.get(lower)
      if (value?.startsWith(valuePrefix) && value.length > valuePrefix.length)
        found.push({ text: value.slice(valuePrefix.length), remove: () => head.headers.remove(lower) })
    }
    for (const name of usual ? ['access_token'] : fromParams) {
      const text = new URLSearchParams(head.path.split('?', 2)[1] ?? '').get(name)
      if (text) found.push({ text, remove: () => removeParameter(head, name) })
    }
    for (const name of fromCookies) {
      const text = cookie(head.headers.get('cookie') ?? '', name)
      if (text) found.push({ text, remove: () => {} }) // as in Envoy: cookies are left as they are
    }
    return found
  }

  async #verifyOne(token: FoundToken): Promise<Verified> {
    const { decodeJwt, errors } = await jose()
    const { issuer, audiences, clockSkewSeconds } = this.config
    if (token.text.length > MOST_CHARACTERS)
      return refuse('Jwt is too long', `it has ${token.text.length} characters, expected at most ${MOST_CHARACTERS}`)
    const broken = formProblem(token.text)
    if (broken !== undefined) return refuse(broken)
    let claims: ReturnType<typeof decodeJwt>
    try {
      claims = decodeJwt(token.text)
      if (issuer !== '' && claims.iss !== issuer)
        return refuse('Jwt issuer is not configured', `it is from ${JSON.stringify(claims.iss ?? null)}, expected "${issuer}"`)
    } catch {
      return refuse('Jwt payload is an invalid JSON')
    }
    const keys = await this.#keys.keys()
    if (keys === undefined) return refuse('Jwks remote fetch is failed')
    try {
      const options = {
        algorithms: ALGORITHMS,
        clockTolerance: clockSkewSeconds || DEFAULT_SKEW_SECONDS,
        ...(audiences.length > 0 ? { audience: [...audiences] } : {}),
      }
      const { payload, protectedHeader } = await keys.verify(token.text, options).catch(async (error: unknown) => {
        const newer = error instanceof errors.JWKSNoMatchingKey ? await this.#keys.newer(keys) : undefined
        if (newer === undefined) throw error
        return newer.verify(token.text, options)
      })
      return {
        ok: true,
        payload: this.#normalized(payload),
        claims: payload,
        encoded: token.text.split('.')[1] ?? '',
        header: { ...protectedHeader },
        token,
      }
    } catch (error) {
      if (error instanceof errors.JWTExpired) return refuse('Jwt is expired', `since ${atTime(claims.exp)}`)
      if (error instanceof errors.JWTClaimValidationFailed && error.claim === 'aud')
        return {
          ...refuse(
            'Audiences in Jwt are not allowed',
            `it is for ${JSON.stringify(claims.aud ?? null)}, expected one of ${JSON.stringify(audiences)}`,
          ),
          status: 403,
        }
      if (error instanceof errors.JWTClaimValidationFailed && error.claim === 'nbf')
        return refuse('Jwt not yet valid', `before ${atTime(claims.nbf)}`)
      if (error instanceof errors.JWKSNoMatchingKey) return refuse("Jwks doesn't have key to match kid or alg from Jwt")
      return refuse('Jwt verification fails')
    }
  }

  #normalized(payload: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
    const copy = { ...payload }
    for (const name of this.#lists) {
      const value = copy[name]
      if (typeof value === 'string') copy[name] = value.split(' ').filter(Boolean)
    }
    return copy
  }
}

/** What Envoy says of a text that is no token, whoever it may be from. */
function formProblem(text: string): string | undefined {
  const parts = text.split('.')
  if (parts.length !== 3 || parts.includes(''))
    return 'Jwt is not in the form of Header.Payload.Signature with two dots and 3 sections'
  for (const [i, name] of ['header', 'payload'].entries()) {
    const part = parts[i] ?? ''
    if (!/^[\w-]+$/.test(part) || part.length % 4 === 1) return `Jwt ${name} is an invalid Base64url encoded`
    if (!isObject(Buffer.from(part, 'base64url').toString())) return `Jwt ${name} is an invalid JSON`
  }
  return undefined
}

function isObject(text: string): boolean {
  try {
    const value: unknown = JSON.parse(text)
    return typeof value === 'object' && value !== null
  } catch {
    return false
  }
}

/** Settings that would refuse tokens: better refused themselves than left out in silence. */
function unsupported(config: JwtProvider): Readonly<Record<string, boolean>> {
  return {
    subjects: config.subjects !== undefined,
    require_expiration: config.requireExpiration,
    max_lifetime: config.maxLifetime !== undefined,
    failed_status_in_metadata: config.failedStatusInMetadata !== '',
  }
}

function refuse(error: string, detail?: string): Refused {
  return { ok: false, error, ...(detail !== undefined && { detail: `${error}: ${detail}` }), status: 401 }
}

/** @param seconds of a claim that was read as a time */
function atTime(seconds: number | undefined): string {
  const date = new Date((seconds ?? Number.NaN) * 1000)
  return Number.isNaN(date.getTime()) ? 'a time that is none' : date.toISOString()
}

function removeParameter(head: RequestHead, name: string): void {
  const [path = '', query = ''] = head.path.split('?', 2)
  const rest = query.split('&').filter(part => part.split('=', 1)[0] !== name)
  head.path = rest.length > 0 ? `${path}?${rest.join('&')}` : path
}

function cookie(text: string, name: string): string | undefined {
  for (const part of text.split(';')) {
    const at = part.indexOf('=')
    if (part.slice(0, at).trim() !== name) continue
    const value = part.slice(at + 1).trim()
    return value.length > 1 && value.startsWith('"') && value.endsWith('"') ? value.slice(1, -1) : value
  }
  return undefined
}
