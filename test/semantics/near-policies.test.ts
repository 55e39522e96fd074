/** What a denied request lacked is told in the words of the policy, for every field a policy has: from YAML through Envoy's messages and back. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { compile } from '../../src/compile/mesh.ts'
import { NearPolicies } from '../../src/proxy/filters/rbac/near.ts'
import type { Subject } from '../../src/proxy/filters/rbac/subject.ts'
import { HeaderList } from '../../src/proxy/http/headers.ts'
import { DynamicMetadata } from '../../src/proxy/metadata/dynamic.ts'
import { objectsOf, readContents } from '../../src/source/files/contents.ts'
import { Store } from '../../src/source/store.ts'
import { RBAC_Action } from '../../src/xds/gen/envoy/config/rbac/v3/rbac.ts'
import { rules } from '../../src/xds/resources/rbac.ts'
import { rbacPolicies } from '../../src/xds/resources/rbac-rules.ts'

const WEB = 'spiffe://cluster.local/ns/shop/sa/web'

const metadata = new DynamicMetadata()
metadata.merge('envoy.filters.http.jwt_authn', { payload: { iss: 'https://login', sub: 'ann', groups: ['guests'] } })

/** GET http://cart/items?secret=1 from web, with a token. */
const request: Subject = {
  head: {
    protocol: 'HTTP/1.1',
    method: 'GET',
    scheme: 'http',
    authority: 'cart',
    path: '/items?secret=1',
    headers: new HeaderList(['x-team', 'top-secret']),
    upgrade: undefined,
  },
  facts: { remoteAddress: '10.0.0.1', localAddress: '10.0.0.9', localPort: 8080, serverName: 'cart.shop' },
  remoteAddress: '203.0.113.7',
  principals: [WEB],
  metadata,
}
const bytes: Subject = { ...request, head: undefined, metadata: undefined }
const nobody: Subject = { ...request, principals: undefined, metadata: undefined }

async function near(spec: string, subject: Subject = request, http = true): Promise<string[][]> {
  const yaml = spec
    .split('---')
    .map(
      (one, i) =>
        `apiVersion: security.istio.io/v1\nkind: AuthorizationPolicy\nmetadata: {name: p${i}, namespace: shop}\nspec: ${one}`,
    )
    .join('\n---\n')
  const store = new Store()
  store.source().publish(objectsOf(await readContents('policies.yaml', yaml, false)))
  const { mesh } = compile(store.snapshot().objects)
  const policies = rbacPolicies(mesh.accessPolicies, { trust: mesh.settings, http })
  const found = new NearPolicies(rules(RBAC_Action.ALLOW, policies)).find(subject)
  return found.map(({ lacks }) => lacks.map(lack => [lack.field, lack.wanted, lack.found].join(' | ')))
}

const source = (fields: string) => `{rules: [{from: [{source: {${fields}}}]}]}`
const operation = (fields: string) => `{rules: [{to: [{operation: {${fields}}}]}]}`
const when = (fields: string) => `{rules: [{when: [{${fields}}]}]}`
const noCertificate = 'the caller shows no certificate of the mesh'

const CASES: readonly (readonly [spec: string, expected: string, subject?: Subject, http?: boolean])[] = [
  [
    source('principals: [cluster.local/ns/a/sa/b, "cluster.local/ns/c/*"]'),
    `principals | cluster.local/ns/a/sa/b or cluster.local/ns/c/* | ${WEB}`,
  ],
  [source('principals: ["*/sa/cart"]'), `principals | */sa/cart | ${WEB}`],
  [source('principals: ["*"]'), `principals | * | ${noCertificate}`, nobody],
  [source('notPrincipals: [cluster.local/ns/shop/sa/web]'), `principals | not cluster.local/ns/shop/sa/web | ${WEB}`],
  [source('namespaces: [a, "b-*"]'), `namespaces | a or b-* | ${WEB}`],
  [source('serviceAccounts: [a/b, cart]'), `serviceAccounts | a/b or shop/cart | ${WEB}`],
  [source('trustDomains: [other.example]'), `trustDomains | other.example | ${WEB}`],
  [source('requestPrincipals: [https://login/bob]'), 'requestPrincipals | https://login/bob | the token is "https://login/ann"'],
  [source('requestPrincipals: ["*"]'), 'requestPrincipals | * | the request has no valid token', nobody],
  [source('ipBlocks: [10.1.0.0/16, 10.2.3.4]'), 'ipBlocks | 10.1.0.0/16 or 10.2.3.4/32 | the address is 10.0.0.1'],
  [source('remoteIpBlocks: [10.0.0.0/8]'), 'remoteIpBlocks | 10.0.0.0/8 | the address is 203.0.113.7'],
  [operation('methods: [POST, PUT]'), 'methods | POST or PUT | the request has "GET"'],
  [operation('hosts: ["*.example.com"]'), 'hosts | *.example.com | the request has "cart"'],
  [operation('paths: [/cart/*, "*.css"]'), 'paths | /cart/* or *.css | the request has "/items"'],
  [operation('paths: ["/{*}/x/{**}"]'), 'paths | /{*}/x/{**} | the request has "/items"'],
  [operation('notPaths: [/items]'), 'paths | not /items | the request has "/items"'],
  [operation('ports: ["9090"]'), 'ports | 9090 | the port is 8080'],
  [when('key: "request.headers[x-team]", values: [blue]'), 'request.headers[x-team] | blue | the request has another value'],
  [when('key: "request.headers[x-none]", values: ["*"]'), 'request.headers[x-none] | * | the request has none'],
  [
    when('key: "request.auth.claims[groups]", values: [admins]'),
    'request.auth.claims[groups] | admins | the request has ["guests"]',
  ],
  [when('key: destination.ip, values: [10.9.0.0/16]'), 'destination.ip | 10.9.0.0/16 | the address is 10.0.0.9'],
  [when('key: connection.sni, values: ["*.example"]'), 'connection.sni | *.example | the request has "cart.shop"'],
  [source('namespaces: [a]'), `namespaces | a | ${WEB}`, bytes, false],
  ['{}', ' | nothing that anybody could meet | the policy has no rules'],
]

for (const [spec, expected, subject, http] of CASES)
  test(`NearPolicies.find() says "${expected.split(' | ').slice(0, 2).join(' ')}" of ${spec}`, async () => {
    const [first] = await near(spec, subject, http)
    assert.ok(first?.includes(expected), JSON.stringify(first))
  })

test('NearPolicies.find() puts the rule first of which the least fails, and one half before both', async () => {
  const both = '{rules: [{from: [{source: {namespaces: [a]}}], to: [{operation: {methods: [POST]}}]}]}'
  const two = '{rules: [{to: [{operation: {methods: [POST], paths: [/x]}}]}]}'
  const one = operation('methods: [POST]')
  const found = await near([both, two, one].join('---'))
  assert.deepEqual(
    found.map(lacks => lacks.map(lack => lack.split(' | ')[0])),
    [['methods'], ['methods', 'paths'], ['namespaces', 'methods']],
  )
})

test('NearPolicies.find() tells of the alternative of a rule that fails least', async () => {
  const spec = '{rules: [{to: [{operation: {methods: [POST], paths: [/x]}}, {operation: {hosts: [shop]}}]}]}'
  assert.deepEqual(await near(spec), [['hosts | shop | the request has "cart"']])
})
