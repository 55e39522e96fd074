/** Tokens: RequestAuthentication alone, and with an AuthorizationPolicy that asks for what they say. */
import { exportJWK, generateKeyPair, type JWTPayload, SignJWT, UnsecuredJWT } from 'jose'
import { http, ingress, type Scenario } from '../scenario.ts'

const own = await generateKeyPair('RS256')
const foreign = await generateKeyPair('RS256')
const jwk = await exportJWK(own.publicKey)
const jwks = JSON.stringify({ keys: [{ ...jwk, kid: 'one', alg: 'RS256' }] })

function sign(claims: JWTPayload, key = own.privateKey, expires = '1h'): Promise<string> {
  return new SignJWT(claims).setProtectedHeader({ alg: 'RS256', kid: 'one' }).setExpirationTime(expires).sign(key)
}

const alice = await sign({
  iss: 'https://issuer.example',
  sub: 'alice',
  aud: ['shop'],
  scope: 'read write',
  realm: { roles: ['admin'] },
})
const bob = await sign({ iss: 'https://issuer.example', sub: 'bob', aud: 'shop' })
const stranger = await sign({ iss: 'https://other.example', sub: 'alice' })
const forged = await sign({ iss: 'https://issuer.example', sub: 'alice', aud: 'shop' }, foreign.privateKey)
const expired = await sign({ iss: 'https://issuer.example', sub: 'alice', aud: 'shop' }, own.privateKey, '-10m')
const elsewhere = await sign({ iss: 'https://issuer.example', sub: 'alice', aud: 'bank' })
const unsigned = new UnsecuredJWT({ iss: 'https://issuer.example', sub: 'alice', aud: 'shop' }).encode()
// The public key, which everybody knows, taken for a shared secret.
const confused = await new SignJWT({ iss: 'https://issuer.example', sub: 'alice', aud: 'shop' })
  .setProtectedHeader({ alg: 'HS256', kid: 'one' })
  .setExpirationTime('1h')
  .sign(Buffer.from(String(jwk.n)))

const bearer = (token: string) => ({ headers: { authorization: `Bearer ${token}` } })

const authentication = (rule = '') => `
apiVersion: security.istio.io/v1
kind: RequestAuthentication
metadata: {name: tokens}
spec:
  selector: {matchLabels: {app: solo}}
  jwtRules:
    - {issuer: "https://issuer.example", audiences: [shop], jwks: '${jwks}'${rule}}
---
apiVersion: networking.istio.io/v1
kind: DestinationRule
metadata: {name: solo, namespace: istio-system}
spec: {host: solo.default.svc.cluster.local, trafficPolicy: {connectionPool: {http: {maxRequestsPerConnection: 1}}}}
`
const authorization = (rule: string) => `---
apiVersion: security.istio.io/v1
kind: AuthorizationPolicy
metadata: {name: tokens}
spec: {selector: {matchLabels: {app: solo}}, rules: [${rule}]}
`

const ok = { served: 'solo v1' }
const denied = { status: 403, body: 'RBAC: access denied' }

export const jwt: Scenario[] = [
  {
    name: 'a request without a token passes, one with a bad token does not',
    mixed: true,
    config: authentication(),
    calls: [
      http('http://solo/', ok),
      http('http://solo/', { ...ok, seen: { authorization: null } }, bearer(alice)),
      http(`http://solo/?access_token=${alice}`, ok),
      http('http://solo/', { status: 401, body: 'Jwt issuer is not configured' }, bearer(stranger)),
      http('http://solo/', { status: 401, headers: { 'www-authenticate': /error="invalid_token"/ } }, bearer(forged)),
      http('http://solo/', { status: 401, body: 'Jwt is expired' }, bearer(expired)),
      http('http://solo/', { status: 403, body: 'Audiences in Jwt are not allowed' }, bearer(elsewhere)),
      http('http://solo/', { status: 401 }, bearer(unsigned)),
      http('http://solo/', { status: 401 }, bearer(confused)),
      http('http://solo/', { status: 401 }, bearer('rubbish')),
    ],
  },
  {
    name: 'the application gets the token and its claims where it is asked for',
    config: authentication(
      ', forwardOriginalToken: true, outputPayloadToHeader: x-payload, outputClaimToHeaders: [{header: x-user, claim: sub}]',
    ),
    calls: [
      http('http://solo/', { ...ok, seen: { authorization: /^Bearer /, 'x-user': 'alice', 'x-payload': /^ey/ } }, bearer(alice)),
      http('http://solo/', { ...ok, seen: { 'x-user': null } }, { headers: { 'x-user': 'mallory' } }),
    ],
  },
  {
    name: 'a token is found in the header and the cookie that a rule names',
    config:
      authentication(', fromHeaders: [{name: x-token, prefix: "t "}], fromCookies: [session]') +
      authorization('{from: [{source: {requestPrincipals: ["*"]}}]}'),
    calls: [
      http('http://solo/', ok, { headers: { 'x-token': `t ${alice}` } }),
      http('http://solo/', ok, { headers: { cookie: `a=b; session=${alice}` } }),
      http('http://solo/', denied, bearer(alice)),
    ],
  },
  {
    name: 'policies ask for issuer and subject, for lists and for nested claims',
    config:
      authentication() +
      authorization(
        '{from: [{source: {requestPrincipals: ["https://issuer.example/alice"]}}], when: [{key: "request.auth.claims[scope]", values: [write]}, {key: "request.auth.claims[realm][roles]", values: [admin]}, {key: request.auth.audiences, values: [shop]}]}',
      ),
    calls: [http('http://solo/', ok, bearer(alice)), http('http://solo/', denied, bearer(bob)), http('http://solo/', denied)],
  },
  {
    name: 'a token that is required is missed',
    config: authentication(', presence: REQUIRED'),
    calls: [http('http://solo/', { status: 401, body: 'Jwt is missing' }), http('http://solo/', ok, bearer(bob))],
  },
  {
    name: 'a gateway routes by the claims of a verified token, and by none that nobody verified',
    config: `
apiVersion: security.istio.io/v1
kind: RequestAuthentication
metadata: {name: tokens, namespace: istio-system}
spec:
  selector: {matchLabels: {istio: ingressgateway}}
  jwtRules: [{issuer: "https://issuer.example", jwks: '${jwks}'}]
---
apiVersion: networking.istio.io/v1
kind: Gateway
metadata: {name: gw}
spec:
  selector: {istio: ingressgateway}
  servers: [{port: {number: 80, name: http, protocol: HTTP}, hosts: ["*"]}]
---
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: {name: by-claim}
spec:
  hosts: [shop.example.com]
  gateways: [gw]
  http:
    - match: [{headers: {"@request.auth.claims[realm][roles]": {exact: admin}}, uri: {prefix: /admin}}]
      route: [{destination: {host: solo}}]
    - match: [{uri: {prefix: /admin}}]
      directResponse: {status: 403}
    - match: [{headers: {"@request.auth.claims.sub": {prefix: al}}}]
      route: [{destination: {host: other}}]
    - match: [{withoutHeaders: {"@request.auth.claims.sub": {}}}]
      directResponse: {status: 418}
    - route: [{destination: {host: echo}}]
`,
    calls: [
      ingress('http://shop.example.com/admin', ok, bearer(alice)),
      ingress('http://shop.example.com/admin', { status: 403 }, bearer(bob)),
      ingress('http://shop.example.com/', { served: 'other v1' }, bearer(alice)),
      ingress('http://shop.example.com/', { host: 'shop.example.com' }, bearer(bob)),
      ingress('http://shop.example.com/', { status: 418 }),
      ingress('http://shop.example.com/', { status: 401 }, bearer(forged)),
    ],
  },
]
