/**
 * Tokens: Envoy's jwt_authn filter, with a provider for each rule. Keys that are not in the configuration are fetched by the data plane in
 * the background and kept until newer ones come: what was fetched once survives the issuer's outage for as long as the process lives, and the
 * control plane makes no request on behalf of whoever may write a policy.
 */
import type { TokenRule } from '../../model/token-policy.ts'
import { JwtAuthentication, JwtProvider, type JwtRequirement } from '../gen/envoy/extensions/filters/http/jwt_authn/v3/config.ts'
import { HttpFilter } from '../gen/envoy/extensions/filters/network/http_connection_manager/v3/http_connection_manager.ts'
import { pack } from '../wire/any.ts'
import { JWT_FILTER, JWT_PAYLOAD } from './claims.ts'
import { jwksCluster } from './jwks-cluster.ts'
import { EVERY_REQUEST } from './route-match.ts'
import type { Security } from './security.ts'
import { duration } from './values.ts'

/** How old fetched keys may be before they are fetched again: an issuer's new key is known by then. */
const REFRESH_MS = 300_000
/** Claims that OAuth 2.0 writes as lists separated by spaces. */
const LIST_CLAIMS = ['permission', 'scope']

export function jwtFilter(security: Security): HttpFilter | undefined {
  const { tokens } = security
  if (tokens.length === 0) return undefined
  const message = JwtAuthentication.fromPartial({
    providers: Object.fromEntries(tokens.map((rule, index) => [providerName(index), provider(rule, security)])),
    rules: [
      {
        match: EVERY_REQUEST,
        requirementType: { $case: 'requires', value: requirement(tokens) },
      },
    ],
    bypassCorsPreflight: true,
  })
  const value = pack('envoy.extensions.filters.http.jwt_authn.v3.JwtAuthentication', JwtAuthentication, message)
  return HttpFilter.fromPartial({ name: JWT_FILTER, configType: { $case: 'typedConfig', value } })
}

/** Of the token rule with this place among those of a proxy. */
export function providerName(index: number): string {
  return `origins-${index}`
}

function provider(rule: TokenRule, security: Security): JwtProvider {
  return JwtProvider.fromPartial({
    issuer: rule.issuer,
    audiences: [...rule.audiences],
    jwksSourceSpecifier: keys(rule, security),
    forward: rule.forward,
    fromHeaders: rule.fromHeaders.map(({ name, prefix }) => ({ name, valuePrefix: prefix })),
    fromParams: [...rule.fromParams],
    fromCookies: [...rule.fromCookies],
    forwardPayloadHeader: rule.payloadHeader,
    payloadInMetadata: JWT_PAYLOAD,
    normalizePayloadInMetadata: { spaceDelimitedClaims: [...new Set([...LIST_CLAIMS, ...rule.listClaims])] },
    claimToHeaders: rule.claimHeaders.map(({ header, claim }) => ({ headerName: header, claimName: claim })),
    // A gateway's routes may ask for claims: they are looked up again once these are known.
    clearRouteCache: security.kind === 'gateway',
  })
}

function keys(rule: TokenRule, security: Security): JwtProvider['jwksSourceSpecifier'] {
  const inline = rule.keys.kind === 'inline' ? rule.keys.jwks : rule.keys.uri === '' ? NOBODYS_KEY : undefined
  if (inline !== undefined)
    return { $case: 'localJwks', value: { specifier: { $case: 'inlineString', value: inline }, watchedDirectory: undefined } }
  const uri = rule.keys.kind === 'remote' ? rule.keys.uri : ''
  const { jwksSourceSpecifier } = JwtProvider.fromPartial({
    jwksSourceSpecifier: {
      $case: 'remoteJwks',
      value: {
        httpUri: {
          uri,
          httpUpstreamType: { $case: 'cluster', value: jwksCluster(security, uri) },
          timeout: duration(rule.timeoutMs),
        },
        cacheDuration: duration(REFRESH_MS),
        // A listener whose issuer is down goes on all the same: its tokens are refused until the keys are there.
        asyncFetch: { fastListener: true },
      },
    },
  })
  return jwksSourceSpecifier
}

/** A public key that nobody has the private one of: tokens of an issuer whose keys are not known are all refused. */
const NOBODYS_KEY =
  '{"keys":[{"kty":"EC","crv":"P-256","x":"x_CBPxFIZWWX_RrzmYE1VpabYgVdP776jF8Zz8-Ohj0","y":"5qjbC6_rEnOITMR3kyBhL5wfJSLtQCf5fDLkEI8Wkc4","alg":"ES256","kid":"nobody"}]}'

/**
 * Every token that is there must be good, and none need be, except those that are required. With one valid token the others may fail,
 * since several rules may look for it in the same place.
 */
function requirement(tokens: readonly TokenRule[]): JwtRequirement {
  const named = tokens.map(
    (_, index): JwtRequirement => ({ requiresType: { $case: 'providerName', value: providerName(index) } }),
  )
  const each = named.map((one, index) => (tokens[index]?.required ? one : any([one, ALLOW_MISSING])))
  const [only] = each
  if (only && each.length === 1) return only
  const all: JwtRequirement = { requiresType: { $case: 'requiresAll', value: { requirements: each } } }
  return tokens.some(rule => rule.required) ? all : any([...named, all])
}

const ALLOW_MISSING: JwtRequirement = { requiresType: { $case: 'allowMissing', value: {} } }

function any(requirements: JwtRequirement[]): JwtRequirement {
  return { requiresType: { $case: 'requiresAny', value: { requirements } } }
}
