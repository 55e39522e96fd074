/** Which tokens a request needs (envoy JwtRequirement): one, any, all, or none at all. */
import type { JwtRequirement } from '../../../xds/gen/envoy/extensions/filters/http/jwt_authn/v3/config.ts'
import type { RequestHead } from '../../http/stream.ts'
import { type GoodToken, MISSING, type Refused, type TokenProvider } from './provider.ts'

/** A token that is good, and who says so. */
export interface VerifiedToken {
  readonly provider: TokenProvider
  readonly token: GoodToken
}

/** The tokens that verified; or why the request is refused. */
export type Outcome =
  | { readonly ok: true; readonly tokens: readonly VerifiedToken[] }
  | (Refused & { /** That the token is refused by; absent: none in particular. */ readonly provider?: string })

export type Check = (head: RequestHead) => Promise<Outcome>

/** @throws on a requirement that names no provider */
export function compileRequirement(
  requirement: JwtRequirement | undefined,
  providers: ReadonlyMap<string, TokenProvider>,
): Check {
  const type = requirement?.requiresType
  const anyToken = (head: RequestHead) => [...providers.values()].some(provider => provider.find(head).length > 0)
  switch (type?.$case) {
    case undefined:
    case 'allowMissingOrFailed':
      return async () => ({ ok: true, tokens: [] })
    case 'providerName':
      return one(type.value, providers)
    case 'requiresAll': {
      const checks = type.value.requirements.map(part => compileRequirement(part, providers))
      return async head => {
        const tokens = []
        for (const check of checks) {
          const outcome = await check(head)
          if (!outcome.ok) return outcome
          tokens.push(...outcome.tokens)
        }
        return { ok: true, tokens }
      }
    }
    case 'requiresAny': {
      const { requirements } = type.value
      const missingIsFine = requirements.some(part => part.requiresType?.$case === 'allowMissing')
      const checks = requirements
        .filter(part => part.requiresType?.$case !== 'allowMissing')
        .map(part => compileRequirement(part, providers))
      return async head => {
        let refusal: Outcome | undefined
        for (const check of checks) {
          const outcome = await check(head)
          if (outcome.ok) return outcome
          if (refusal === undefined || refusal.ok || isVague(refusal.error)) refusal = outcome
        }
        if (missingIsFine && (refusal === undefined || isMissing(refusal))) return { ok: true, tokens: [] }
        return refusal ?? { ok: true, tokens: [] }
      }
    }
    case 'allowMissing':
      return async head => (anyToken(head) ? REFUSED : { ok: true, tokens: [] })
    case 'providerAndAudiences':
      throw new Error('provider_and_audiences is not supported, expected provider_name')
  }
}

/** A token that nothing here verifies. */
const REFUSED: Outcome = { ok: false, error: 'Jwt verification fails', status: 401 }

function isMissing(outcome: Outcome): boolean {
  return !outcome.ok && outcome.error === MISSING.error
}

/** Says less than what another token of the request is refused for. */
function isVague(error: string): boolean {
  return error === 'Jwt is missing' || error === 'Jwt issuer is not configured'
}

function one(name: string, providers: ReadonlyMap<string, TokenProvider>): Check {
  const provider = providers.get(name)
  if (provider === undefined) throw new Error(`JWT provider "${name}" does not exist`)
  return async head => {
    const token = await provider.verify(head)
    return token.ok ? { ok: true, tokens: [{ provider, token }] } : { ...token, provider: name }
  }
}
