import { type Row, testValidation } from '../../verdict.testing.ts'

const rule = (text: string) => `{jwtRules: [{issuer: a, ${text}}]}`
const key = '{"kty":"RSA","n":"AQ","e":"AQAB"}'

const rows: Row[] = [
  [
    'all of it',
    rule(
      "jwksUri: 'https://a.com:8443/keys', audiences: [b], fromHeaders: [{name: x, prefix: 'Bearer '}], fromCookies: [c], presence: REQUIRED, timeout: 5s",
    ),
    [],
  ],
  ['a place without issuer', "{jwtRules: [{jwksUri: 'https://a.com'}]}", []],
  ['neither issuer nor place', '{jwtRules: [{}]}', ['error spec.jwtRules[0]']],
  ['a scheme that is none', rule('jwksUri: ftp://a.com'), ['error spec.jwtRules[0].jwksUri']],
  ['a port that is none', rule("jwksUri: 'http://a.com:b'"), ['error spec.jwtRules[0].jwksUri']],
  ['keys twice', rule(`jwksUri: 'http://a.com', jwks: '${key}'`), ['error spec.jwtRules[0].jwks']],
  ['one key', rule(`jwks: '${key}'`), []],
  ['a set of keys', rule(`jwks: '{"keys":[${key}]}'`), []],
  ['keys that are no JSON', rule('jwks: foo'), ['error spec.jwtRules[0].jwks']],
  ['a key without its parts', rule(`jwks: '{"keys":[{"kty":"EC","crv":"P-256"}]}'`), ['error spec.jwtRules[0].jwks']],
  ['an empty audience', rule('audiences: [""]'), ['error spec.jwtRules[0].audiences[0]']],
  [
    'a header that is no name',
    rule("outputClaimToHeaders: [{claim: a, header: 'b:c'}]"),
    ['error spec.jwtRules[0].outputClaimToHeaders[0].header'],
  ],
  ['a time that is none', rule('timeout: 0s'), ['error spec.jwtRules[0].timeout']],
  ['a target elsewhere', '{targetRef: {kind: Service, name: a, namespace: b}}', ['error spec.targetRef.namespace']],
  ['a target of another kind', '{targetRefs: [{kind: Pod, name: a}]}', ['error spec.targetRefs[0]']],
]

testValidation('RequestAuthentication', rows)
