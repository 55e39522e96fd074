/** Rules for RequestAuthentication: as strict as Istio's admission. */
import type { Findings } from '../../findings.ts'
import type { ConfigObject } from '../../object.ts'
import { checkStrictHeaderName } from '../../values/header.ts'
import { checkDuration } from '../../values/quantity.ts'
import { checkPolicyTarget } from '../policy-target.ts'
import { checkKeySet } from './key-set.ts'
import type { JWTRule, RequestAuthenticationSpec } from './schema.ts'

export function validateRequestAuthentication(
  object: ConfigObject<'RequestAuthentication', string, RequestAuthenticationSpec>,
  findings: Findings,
): void {
  const at = findings.at('spec')
  checkPolicyTarget(object.spec, at)
  for (const [index, rule] of (object.spec.jwtRules ?? []).entries()) checkRule(rule, at.at('jwtRules', index))
}

function checkRule(rule: JWTRule, findings: Findings): void {
  const { issuer, jwksUri, jwks_uri: old, jwks } = rule
  const uri = jwksUri ?? old
  if (!issuer && !uri) findings.error('neither issuer nor jwksUri is there: expected the issuer of the tokens')
  if (uri !== undefined && jwks) findings.at('jwks').error('the keys come from jwksUri already: expected one of the two')
  if (jwksUri !== undefined && old !== undefined)
    findings.at('jwks_uri').error('it is the old name of jwksUri: expected jwksUri alone')
  if (uri !== undefined) findings.at(jwksUri === undefined ? 'jwks_uri' : 'jwksUri').check(checkUri(uri))
  if (jwks) findings.at('jwks').check(checkKeySet(jwks))
  for (const [index, { header }] of (rule.outputClaimToHeaders ?? []).entries())
    findings.at('outputClaimToHeaders', index, 'header').check(checkStrictHeaderName(header))
  if (rule.timeout !== undefined) findings.at('timeout').check(checkDuration(rule.timeout))
}

function checkUri(text: string): string | undefined {
  const url = URL.parse(text)
  if (url && /^https?:\/\/[^/]/i.test(text) && url.hostname !== '') return undefined
  return `${JSON.stringify(text)} is not a place keys can be fetched from: expected a URL such as "https://example.com/jwks.json"`
}
