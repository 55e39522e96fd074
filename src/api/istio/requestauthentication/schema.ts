/** RequestAuthentication (security.istio.io): which tokens (JWT, RFC 7519) of which issuers are accepted, and where they stand. */
import { type Static, Type } from 'typebox'
import { duration, message } from '../../schema/message.ts'
import { ONE_TARGET, policyTargetFields } from '../policy-target.ts'

const nonEmpty = () => Type.String({ minLength: 1 })

export const JWTHeader = message(
  { prefix: Type.String({ description: 'stands before the token and is taken off: "Bearer "' }) },
  { name: nonEmpty() },
)

export const ClaimToHeader = message(
  {},
  {
    header: Type.String({ minLength: 1, pattern: '^[-_A-Za-z0-9]+$' }),
    claim: Type.String({ minLength: 1, description: 'nested: "a.b"' }),
  },
)

export const JWTRule = message(
  {
    issuer: Type.String({ description: 'the claim "iss"' }),
    audiences: Type.Array(nonEmpty(), { description: 'one of them must be in the claim "aud"; none: any' }),
    jwksUri: Type.String({
      minLength: 1,
      maxLength: 2048,
      description: "where the public keys are; default: where the issuer's OpenID configuration says",
      'x-kubernetes-validations': [
        { rule: "url(self).getScheme() in ['http', 'https']", message: 'url must have scheme http:// or https://' },
      ],
    }),
    jwks_uri: Type.String({ minLength: 1, maxLength: 2048, deprecated: true, description: 'an old spelling of jwksUri' }),
    jwks: Type.String({ description: 'the public keys themselves (RFC 7517), as text' }),
    fromHeaders: Type.Array(JWTHeader, {
      description: 'default: "Authorization: Bearer <token>" and the parameter access_token',
    }),
    fromParams: Type.Array(nonEmpty()),
    fromCookies: Type.Array(nonEmpty()),
    outputPayloadToHeader: Type.String({ description: 'the application gets the payload in this header, base64url' }),
    forwardOriginalToken: Type.Boolean({ description: 'the application gets the token too' }),
    outputClaimToHeaders: Type.Array(ClaimToHeader),
    timeout: duration({
      default: '5s',
      description: 'of fetching the keys',
      'x-kubernetes-validations': [
        { rule: "duration(self) >= duration('1ms')", message: 'must be a valid duration greater than 1ms' },
      ],
    }),
    spaceDelimitedClaims: Type.Array(nonEmpty(), {
      maxItems: 64,
      description: 'claims that are lists, beside "scope" and "permission"',
    }),
    presence: Type.Enum(['OPTIONAL', 'REQUIRED'], {
      default: 'OPTIONAL',
      description: "REQUIRED: without this rule's token the answer is 401, whatever other rules say",
    }),
  },
  {},
  {
    'x-kubernetes-validations': [
      {
        rule: '(has(self.jwksUri)?1:0)+(has(self.jwks_uri)?1:0)+(has(self.jwks)?1:0)<=1',
        message: 'only one of jwks or jwksUri can be set',
      },
    ],
  },
)
export type JWTRule = Static<typeof JWTRule>

export const RequestAuthenticationSpec = message(
  {
    ...policyTargetFields,
    jwtRules: Type.Array(JWTRule, { maxItems: 4096, description: 'a token must satisfy the rule of its issuer' }),
  },
  {},
  { 'x-kubernetes-validations': [ONE_TARGET] },
)
export type RequestAuthenticationSpec = Static<typeof RequestAuthenticationSpec>
