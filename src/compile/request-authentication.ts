/** RequestAuthentications (security.istio.io). */
import type { JWTRule } from '../api/istio/requestauthentication/schema.ts'
import type { RequestAuthentication } from '../api/registry.ts'
import type { TokenPolicy, TokenRule } from '../model/token-policy.ts'
import { milliseconds } from './duration.ts'
import { originOf } from './origin.ts'
import { compileTarget } from './policy-target.ts'

export function compileRequestAuthentication(object: RequestAuthentication): TokenPolicy {
  return {
    ...compileTarget(object, object.spec),
    name: object.name,
    rules: (object.spec.jwtRules ?? []).map((rule, index) => compileRule(object, rule, index)),
    created: object.creationTimestamp ?? '',
    origin: originOf(object),
  }
}

/** Istio's default. */
const TIMEOUT_MS = 5000

function compileRule(object: RequestAuthentication, rule: JWTRule, index: number): TokenRule {
  return {
    issuer: rule.issuer ?? '',
    audiences: rule.audiences ?? [],
    keys: rule.jwks ? { kind: 'inline', jwks: rule.jwks } : { kind: 'remote', uri: rule.jwksUri ?? rule.jwks_uri ?? '' },
    fromHeaders: (rule.fromHeaders ?? []).map(({ name, prefix = '' }) => ({ name, prefix })),
    fromParams: rule.fromParams ?? [],
    fromCookies: rule.fromCookies ?? [],
    payloadHeader: rule.outputPayloadToHeader ?? '',
    claimHeaders: (rule.outputClaimToHeaders ?? []).map(({ header, claim }) => ({ header, claim })),
    forward: rule.forwardOriginalToken ?? false,
    timeoutMs: milliseconds(rule.timeout) ?? TIMEOUT_MS,
    listClaims: rule.spaceDelimitedClaims ?? [],
    required: rule.presence === 'REQUIRED',
    origin: originOf(object, ['spec', 'jwtRules', index]),
  }
}
