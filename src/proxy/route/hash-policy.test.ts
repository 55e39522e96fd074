import assert from 'node:assert/strict'
import { test } from 'node:test'
import { xxHash64 } from '../../lib/xxhash64.ts'
import { RouteAction_HashPolicy } from '../../xds/gen/envoy/config/route/v3/route_components.ts'
import { type JsonValue, jsonToBytes } from '../../xds/wire/json.ts'
import { HeaderList } from '../http/headers.ts'
import { compileHashPolicy } from './hash-policy.ts'

/** test/oracle/hashing.test.ts has them all, beside Envoy. */
function hash(policies: JsonValue[], fields: string[], path = '/') {
  const messages = policies.map(json =>
    RouteAction_HashPolicy.decode(jsonToBytes('envoy.config.route.v3.RouteAction.HashPolicy', json)),
  )
  const head = {
    protocol: 'HTTP/1.1',
    method: 'GET',
    scheme: 'http',
    authority: 'a',
    path,
    headers: new HeaderList(fields),
    upgrade: undefined,
  } as const
  const cookies: string[] = []
  const context = {
    remoteAddress: '10.0.0.1',
    remotePort: 4000,
    localAddress: '::1',
    localPort: 80,
    startTime: 0,
    random: () => 0,
    metadata: undefined,
    setCookie: (value: string) => cookies.push(value),
  }
  return { hash: compileHashPolicy(messages)?.(head, context), cookies }
}

const byHeader = { header: { headerName: 'X-Key' } }

test('compileHashPolicy() hashes the value of a header', () => {
  assert.equal(hash([byHeader], ['x-key', 'abc']).hash, 0x44bc2cf5ad770999n)
  assert.equal(hash([byHeader], []).hash, undefined)
})

test('compileHashPolicy() hashes several fields alike in any order', () => {
  const one = hash([byHeader], ['x-key', 'b', 'x-key', 'a,c']).hash
  assert.equal(one, hash([byHeader], ['x-key', 'a,c', 'x-key', 'b']).hash)
  assert.equal(one, xxHash64('b', xxHash64('a,c')))
})

test('compileHashPolicy() combines policies, up to a terminal one that gave a hash', () => {
  const byQuery = { queryParameter: { name: 'q' } }
  const both = hash([byHeader, byQuery], ['x-key', 'abc'], '/?q=abc').hash
  assert.equal(both, BigInt.asUintN(64, 0x44bc2cf5ad770999n << 1n) ^ 0x44bc2cf5ad770999n)
  assert.equal(hash([{ ...byHeader, terminal: true }, byQuery], ['x-key', 'abc'], '/?q=x').hash, 0x44bc2cf5ad770999n)
  assert.equal(hash([{ ...byHeader, terminal: true }, byQuery], [], '/?q=abc').hash, 0x44bc2cf5ad770999n)
  assert.equal(hash([], []).hash, undefined)
})

test('compileHashPolicy() gives a cookie to a client that has none', () => {
  const cookie = { name: 'sid', ttl: '60s', path: '/' }
  const made = hash([{ cookie }], [])
  const value = xxHash64('10.0.0.1:4000[::1]:80').toString(16).padStart(16, '0')
  assert.deepEqual(made.cookies, [`sid="${value}"; Max-Age=60; Path=/; HttpOnly`])
  const back = hash([{ cookie }], ['cookie', `a=b; sid="${value}"`])
  assert.deepEqual(back, { hash: made.hash, cookies: [] })
})
