/**
 * Every field of a RequestAuthentication before tokens of every kind in every place: Envoy and mizzen's proxy answer alike, and the application finds the
 * same headers and path.
 */
import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { exportJWK, generateKeyPair, type JWTPayload, SignJWT, UnsecuredJWT } from 'jose'
import { withoutEnvoy } from './envoy.ts'
import { type Judges, type Request, startJudges, type World } from './policies.ts'

const ISSUER = 'https://issuer.example'
const OTHER = 'https://other.example'
const keys = { ec: await generateKeyPair('ES256'), rsa: await generateKeyPair('RS256'), foreign: await generateKeyPair('ES256') }
const jwks = JSON.stringify({
  keys: [
    { ...(await exportJWK(keys.ec.publicKey)), alg: 'ES256', kid: 'ec' },
    { ...(await exportJWK(keys.rsa.publicKey)), alg: 'RS256', kid: 'rsa' },
  ],
})
const now = Math.floor(Date.now() / 1000)
const signed = (claims: JWTPayload, key = keys.ec.privateKey, header = { alg: 'ES256', kid: 'ec' }) =>
  new SignJWT({ iss: ISSUER, sub: 'alice', aud: 'shop', exp: now + 3600, ...claims }).setProtectedHeader(header).sign(key)

const rich = {
  scope: 'read write',
  permission: 'a b',
  roles: 'x y',
  groups: ['admins', 'staff'],
  level: 3,
  share: 0.5,
  verified: true,
  nothing: null,
  realm: { roles: ['owner'], name: 'main', deep: { er: 'end' } },
  'with.dot': 'dotted',
}
const tokens: Readonly<Record<string, string>> = {
  good: await signed(rich),
  rsa: await signed({}, keys.rsa.privateKey, { alg: 'RS256', kid: 'rsa' }),
  'without kid': await new SignJWT({ iss: ISSUER, exp: now + 3600 })
    .setProtectedHeader({ alg: 'ES256' })
    .sign(keys.ec.privateKey),
  other: await signed({ iss: OTHER, sub: 'bob' }),
  unknown: await signed({ iss: 'https://unknown.example' }),
  'no issuer': await new SignJWT({ sub: 'x', exp: now + 3600 })
    .setProtectedHeader({ alg: 'ES256', kid: 'ec' })
    .sign(keys.ec.privateKey),
  expired: await signed({ exp: now - 600 }),
  'just expired': await signed({ exp: now - 30 }),
  'not yet': await signed({ nbf: now + 600 }),
  'no expiry': await new SignJWT({ iss: ISSUER, aud: 'shop' })
    .setProtectedHeader({ alg: 'ES256', kid: 'ec' })
    .sign(keys.ec.privateKey),
  forged: await signed({}, keys.foreign.privateKey),
  'wrong kid': await signed({}, keys.ec.privateKey, { alg: 'ES256', kid: 'rsa' }),
  unsigned: new UnsecuredJWT({ iss: ISSUER, sub: 'alice', aud: 'shop', exp: now + 3600 }).encode(),
  bank: await signed({ aud: ['bank', 'x'] }),
  'no audience': await new SignJWT({ iss: ISSUER, exp: now + 3600 })
    .setProtectedHeader({ alg: 'ES256', kid: 'ec' })
    .sign(keys.ec.privateKey),
  rubbish: 'a.b.c',
  'not even': 'x',
}

type Rule = Readonly<Record<string, unknown>>
const world = (name: string, ...jwtRules: readonly Rule[]): World => ({
  name,
  documents: [
    {
      apiVersion: 'security.istio.io/v1',
      kind: 'RequestAuthentication',
      metadata: { name: 't', namespace: 'shop' },
      spec: { jwtRules: jwtRules.map(rule => ({ issuer: ISSUER, jwks, ...rule })) },
    },
  ],
})
const claims = (...names: readonly string[]) => ({
  outputClaimToHeaders: names.map((claim, i) => ({ header: `x-claim-${i}`, claim })),
})

const worlds: readonly World[] = [
  world('usual', {}),
  world('forwarded', { forwardOriginalToken: true }),
  world('audiences', { audiences: ['shop', 'z'] }),
  world('headers', { fromHeaders: [{ name: 'X-Token', prefix: 'Custom ' }, { name: 'x-raw' }] }),
  world('query', { fromParams: ['token', 'access_token'] }),
  world('query, forwarded', { fromParams: ['token'], forwardOriginalToken: true }),
  world('cookies', { fromCookies: ['session', 'other'] }),
  world('everywhere', {
    fromHeaders: [{ name: 'authorization', prefix: 'Bearer ' }],
    fromParams: ['token'],
    fromCookies: ['session'],
  }),
  world('payload', { outputPayloadToHeader: 'x-payload', forwardOriginalToken: true }),
  world('claims', claims('sub', 'scope', 'groups', 'level', 'share', 'verified', 'nothing', 'missing', 'aud', 'exp')),
  world('nested claims', claims('realm.name', 'realm.roles', 'realm.deep.er', 'with.dot', 'realm.missing')),
  world('lists', { spaceDelimitedClaims: ['roles'], ...claims('roles', 'scope') }),
  world('two issuers', { audiences: ['shop'] }, { issuer: OTHER, forwardOriginalToken: true }),
  world('two issuers, two places', { fromHeaders: [{ name: 'x-raw' }] }, { issuer: OTHER, fromHeaders: [{ name: 'x-token' }] }),
]

const requests: readonly Request[] = [
  {},
  ...Object.values(tokens).map(token => ({ headers: { authorization: `Bearer ${token}` } })),
  ...['good', 'forged', 'other'].flatMap((name): Request[] => {
    const token = tokens[name] ?? ''
    return [
      { headers: { 'x-token': `Custom ${token}` } },
      { headers: { 'x-token': token } },
      { headers: { 'x-raw': token } },
      { path: `/?token=${token}&a=b` },
      { path: `/x?a=b&access_token=${token}` },
      { headers: { cookie: `session=${token}; other=1` } },
      { headers: { cookie: `a=b; session="${token}"` } },
      { headers: { authorization: token } },
      { headers: { authorization: `bearer ${token}` } },
      { headers: { authorization: `Bearer ${token}`, 'x-raw': tokens['other'] ?? '', 'x-token': tokens['other'] ?? '' } },
      { headers: { authorization: `Bearer ${token}` }, path: `/?token=${tokens['forged']}` },
      { headers: { authorization: `Bearer ${token}`, 'x-claim-0': 'made up', 'x-claim-7': 'made up', 'x-payload': 'made up' } },
    ]
  }),
  { headers: { authorization: 'Bearer ' } },
  { headers: { authorization: 'Basic eDp5' } },
  { headers: { 'x-claim-0': 'made up', 'x-payload': 'made up' } },
  {
    method: 'OPTIONS',
    headers: { origin: 'https://a.example', 'access-control-request-method': 'GET', authorization: 'Bearer x' },
  },
]

describe('RequestAuthentication', { skip: withoutEnvoy }, () => {
  let judges: Judges
  before(async () => {
    judges = await startJudges(worlds, ['envoy', 'mizzen'])
  })
  after(() => judges?.[Symbol.asyncDispose]())
  for (const [index, { name }] of worlds.entries())
    test(`both engines take and refuse the same tokens, and tell the application the same: ${name}`, async () => {
      const differences: object[] = []
      for (const request of requests) {
        const [envoy, mizzen] = await Promise.all([judges.ask('envoy', index, request), judges.ask('mizzen', index, request)])
        // Of several bad tokens each may be the one that is told.
        const same = envoy.startsWith('401') ? mizzen.startsWith('401') : envoy === mizzen
        if (!same) differences.push({ request, envoy, mizzen })
      }
      assert.deepEqual(differences, [])
    })
})
