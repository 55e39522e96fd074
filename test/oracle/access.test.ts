/**
 * Every source, operation and condition of an AuthorizationPolicy in every form that a value may have, before a grid of requests that changes one thing at
 * a time: Envoy and mizzen's proxy decide alike, and the rows that say so decide as Istio documents it.
 */
import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { exportJWK, generateKeyPair, type JWTPayload, SignJWT } from 'jose'
import { withoutEnvoy } from './envoy.ts'
import { CALLERS, type Judges, type Request, startJudges, type World } from './policies.ts'

const ISSUER = 'https://issuer.example/realm'
const { publicKey, privateKey } = await generateKeyPair('ES256')
const jwks = JSON.stringify({ keys: [{ ...(await exportJWK(publicKey)), alg: 'ES256', kid: 'k' }] })
const token = async (claims: JWTPayload): Promise<Pick<Request, 'headers'>> => {
  const jwt = await new SignJWT(claims).setProtectedHeader({ alg: 'ES256', kid: 'k' }).setExpirationTime('1h').sign(privateKey)
  return { headers: { authorization: `Bearer ${jwt}` } }
}
const bearing = {
  alice: await token({
    iss: ISSUER,
    sub: 'alice',
    aud: ['shop', 'bank'],
    azp: 'web-app',
    groups: ['admins', 'staff'],
    scope: 'read write',
    level: 3,
    verified: true,
    realm_access: { roles: ['owner', 'x-y'], 'a.b': 'dotted' },
  }),
  bob: await token({ iss: ISSUER, sub: 'bob', aud: 'shop', groups: 'staff', scope: 'write' }),
  nameless: await token({ iss: ISSUER }),
}

type Rule = Readonly<Record<string, unknown>>
const from = (source: object): Rule => ({ from: [{ source }] })
const to = (operation: object): Rule => ({ to: [{ operation }] })
const when = (key: string, values?: readonly string[], notValues?: readonly string[]): Rule => ({
  when: [{ key, ...(values && { values }), ...(notValues && { notValues }) }],
})

/** Each list of a source or operation, and its opposite. */
const lists: readonly (readonly [make: (fields: object) => Rule, field: string, values: readonly (readonly string[])[]])[] = [
  [
    from,
    'principals',
    [['cluster.local/ns/shop/sa/web'], ['cluster.local/ns/shop/*'], ['*/sa/web'], ['*'], ['old.local/ns/shop/sa/web']],
  ],
  [from, 'serviceAccounts', [['web'], ['shop/web', 'bank/web'], ['bank/web']]],
  [from, 'namespaces', [['shop'], ['sh*'], ['*nk'], ['*'], ['shop/x']]],
  [from, 'trustDomains', [['cluster.local'], ['cluster*'], ['*.local'], ['*']]],
  [from, 'requestPrincipals', [[`${ISSUER}/alice`], [`${ISSUER}/*`], ['*/alice'], ['*'], ['https://*'], ['*alice']]],
  [from, 'ipBlocks', [['127.0.0.1'], ['127.0.0.2/31'], ['::1', '10.0.0.0/8'], ['0.0.0.0/0']]],
  [from, 'remoteIpBlocks', [['203.0.113.0/24'], ['2001:db8::/32'], ['127.0.0.1'], ['::/0']]],
  [to, 'hosts', [['shop.example'], ['SHOP.example'], ['*.example'], ['shop.*'], ['*'], ['shop.example:8443']]],
  [to, 'methods', [['GET'], ['P*'], ['*T'], ['*']]],
  [to, 'paths', [['/exact'], ['/pre/*'], ['*/suf'], ['*'], ['/t/{*}'], ['/t/{**}'], ['/{*}/end'], ['/a/{*}/b/{**}']]],
  [to, 'ports', [['PORT'], ['1']]],
]
const conditions: readonly (readonly [key: string, values: readonly (readonly string[])[]])[] = [
  ['request.headers[X-Team]', [['blue'], ['bl*'], ['*ue'], ['*']]],
  ['request.headers[:method]', [['POST']]],
  ['source.ip', [['127.0.0.1'], ['127.0.0.2/31']]],
  ['remote.ip', [['203.0.113.7'], ['2001:db8::/32']]],
  ['source.namespace', [['shop'], ['b*']]],
  ['source.principal', [['cluster.local/ns/shop/sa/web'], ['*']]],
  ['source.serviceAccount', [['shop/web']]],
  ['source.trustDomain', [['evil.local']]],
  ['request.auth.principal', [[`${ISSUER}/bob`], ['*']]],
  ['request.auth.audiences', [['bank'], ['sh*'], ['*']]],
  ['request.auth.presenter', [['web-app'], ['web*'], ['*']]],
  ['request.auth.claims[groups]', [['admins'], ['st*'], ['*ff'], ['*']]],
  ['request.auth.claims[scope]', [['read'], ['wr*']]],
  ['request.auth.claims[iss]', [[ISSUER], ['https://*']]],
  ['request.auth.claims[sub]', [['alice'], ['*']]],
  ['request.auth.claims[level]', [['3'], ['*']]],
  ['request.auth.claims[verified]', [['true']]],
  ['request.auth.claims[realm_access][roles]', [['owner'], ['*-y'], ['*']]],
  ['request.auth.claims[realm_access][a.b]', [['dotted']]],
  ['request.auth.claims[missing][deeper]', [['*']]],
  ['destination.ip', [['127.0.0.1'], ['10.0.0.0/8'], ['127.0.0.0/8']]],
  ['destination.port', [['PORT'], ['1']]],
  ['connection.sni', [['shop.example'], ['*.example'], ['shop.*'], ['*']]],
  ['experimental.envoy.filters.envoy.filters.http.jwt_authn[payload]', [['*'], ['[x]']]],
]

const opposite = (field: string) => `not${field[0]?.toUpperCase()}${field.slice(1)}`
/** Each value, and the opposite of the first and of the last: one exact and one with a star. */
const opposites = (all: readonly (readonly string[])[]) => [...new Set([all[0] ?? [], all.at(-1) ?? []])]
const single: readonly Rule[] = [
  ...lists.flatMap(([make, field, all]) => [
    ...all.map(values => make({ [field]: values })),
    ...opposites(all).map(values => make({ [opposite(field)]: values })),
  ]),
  ...conditions.flatMap(([key, all]) => [
    ...all.map(values => when(key, values)),
    ...opposites(all).map(values => when(key, undefined, values)),
  ]),
]
const combined: readonly (readonly Rule[])[] = [
  [{}],
  [],
  [
    {
      from: [{ source: { namespaces: ['shop'] } }, { source: { namespaces: ['bank'] } }],
      to: [{ operation: { methods: ['GET'] } }],
    },
  ],
  [{ to: [{ operation: { methods: ['GET'], paths: ['/exact'] } }, { operation: { methods: ['POST'], notPaths: ['/exact'] } }] }],
  [from({ namespaces: ['shop'], notPrincipals: ['*/sa/web-2'], ipBlocks: ['127.0.0.0/8'], notIpBlocks: ['127.0.0.3'] })],
  [{ ...from({ requestPrincipals: ['*'] }), ...when('request.auth.claims[groups]', ['staff'], ['admins']) }],
  [to({ paths: ['/exact'] }), to({ methods: ['POST'] }), from({ principals: ['*/sa/web-2'] })],
]

/** Where there are no requests: rules that can be asked, and such that ask for what only requests have. */
const overBytes: readonly Rule[] = [
  {},
  from({ principals: ['*/sa/web'] }),
  from({ notNamespaces: ['bank'], ipBlocks: ['127.0.0.1'] }),
  to({ ports: ['PORT'] }),
  when('connection.sni', ['*.example']),
  when('destination.ip', undefined, ['127.0.0.0/8']),
  to({ methods: ['GET'] }),
  from({ requestPrincipals: ['*'], namespaces: ['shop'] }),
  { ...from({ namespaces: ['bank'] }), ...to({ paths: ['/x'], ports: ['PORT'] }) },
  { ...from({ remoteIpBlocks: ['127.0.0.1'] }), ...when('request.headers[x]', ['y']) },
]

const tokens = {
  apiVersion: 'security.istio.io/v1',
  kind: 'RequestAuthentication',
  metadata: { name: 't', namespace: 'shop' },
  spec: { jwtRules: [{ issuer: ISSUER, jwks }] },
}
const policy = (action: string, rules: readonly Rule[], name = 'p') => ({
  apiVersion: 'security.istio.io/v1',
  kind: 'AuthorizationPolicy',
  metadata: { name, namespace: 'shop' },
  spec: { action, ...(rules.length > 0 && { rules }) },
})
const world = (action: string, rules: readonly Rule[]): World => ({
  name: `${action} ${JSON.stringify(rules)}`,
  documents: [tokens, policy(action, rules)],
})

const worlds: readonly World[] = [
  ...[...single.map(rule => [rule]), ...combined].map(rules => world('ALLOW', rules)),
  ...combined.filter(rules => rules.length > 0).map(rules => world('DENY', rules)),
  {
    name: 'both, and an audit',
    documents: [
      tokens,
      policy('DENY', [to({ paths: ['/exact'] })], 'd'),
      policy('ALLOW', [from({ namespaces: ['shop'] })], 'a'),
      policy('AUDIT', [{}], 'l'),
    ],
  },
  {
    name: 'aliases',
    documents: [policy('ALLOW', [from({ principals: ['cluster.local/ns/shop/sa/web'] })])],
    trustDomain: 'new.local',
    trustDomainAliases: ['old.local'],
  },
  ...overBytes.flatMap(rule =>
    ['ALLOW', 'DENY'].map(action => ({
      ...world(action, [rule]),
      name: `bytes: ${action} ${JSON.stringify(rule)}`,
      bytes: true,
    })),
  ),
]

const requests: readonly Request[] = [
  {},
  ...[...Object.keys(CALLERS), 'nobody'].map(caller => ({ caller })),
  ...['', 'other.example', 'shop.other', 'x.shop.example'].map(sni => ({ sni })),
  ...['127.0.0.2', '127.0.0.3', '127.0.1.1'].map(address => ({ address })),
  ...['POST', 'PUT', 'DELETE', 'get'].map(method => ({ method })),
  ...[
    '/exact',
    '/exact?x=1',
    '/exact/',
    '/EXACT',
    '/pre/',
    '/pre/a',
    '/pre',
    '/a/suf',
    '/suf',
    '/t/a',
    '/t/',
    '/t/a/b',
    '/x/end',
    '/a/b/b/c/d',
    '/pre/../exact',
    '/%65xact',
    '//exact',
  ].map(path => ({ path })),
  ...['Shop.Example', 'shop.example:8443', 'a.shop.example', 'other', 'shop.'].map(host => ({ host })),
  ...['blue', 'blu', 'true blue', 'BLUE', ''].map(team => ({ headers: { 'x-team': team } })),
  ...['203.0.113.7', '198.51.100.1, 203.0.113.7', '203.0.113.7, 198.51.100.1', '2001:db8::5', 'garbage'].map(value => ({
    headers: { 'x-forwarded-for': value },
  })),
  ...Object.values(bearing),
]
const connections: readonly Request[] = requests.filter(
  ({ method, path, host, headers }) => method === undefined && path === undefined && host === undefined && headers === undefined,
)

/** Of listeners in one process: a machine that is busy has them ready in time. */
const AT_ONCE = 30

for (let from = 0; from < worlds.length; from += AT_ONCE) {
  const some = worlds.slice(from, from + AT_ONCE)
  describe(`AuthorizationPolicy, from ${some[0]?.name}`, { skip: withoutEnvoy }, () => {
    let judges: Judges
    before(async () => {
      judges = await startJudges(some, ['envoy', 'mizzen'])
    })
    after(() => judges?.[Symbol.asyncDispose]())
    for (const [index, { name, bytes = false }] of some.entries())
      test(`both engines decide alike: ${name}`, async () => {
        const differences: object[] = []
        for (const request of bytes ? connections : requests) {
          const [envoy, mizzen] = await Promise.all([judges.ask('envoy', index, request), judges.ask('mizzen', index, request)])
          if (envoy !== mizzen) differences.push({ request, envoy, mizzen })
        }
        assert.deepEqual(differences, [])
      })
  })
}
