import assert from 'node:assert/strict'
import { test } from 'node:test'
import { compileCel } from './cel-filter.ts'
import { testRecord } from './record.testing.ts'

const record = testRecord({
  status: 503,
  headers: ['x-user', 'ann'],
  peer: { uriSans: ['spiffe://cluster.local/ns/shop/sa/web'] },
})
record.addFlag('UF')

const CASES: readonly (readonly [expression: string, holds: boolean])[] = [
  ['response.code >= 400', true],
  ['response.code < 400', false],
  ['response.code == 503 && request.method == "GET"', true],
  ['request.url_path.startsWith("/items") && request.query == "q=1"', true],
  ['request.path == "/items?q=1"', true],
  ["request.headers['x-user'] == 'ann'", true],
  ["'x-user' in request.headers && !('x-other' in request.headers)", true],
  ['has(request.headers) && !has(request.referer)', true],
  ["request.headers['nobody'] == 'x'", false],
  ['connection.mtls', true],
  ['connection.uri_san_peer_certificate.endsWith("/sa/web")', true],
  ['response.flags.contains("UF")', true],
  ['upstream.port == 80', false],
  ['request.size == 0', true],
]

for (const [expression, holds] of CASES) {
  test(`compileCel() finds ${expression} ${holds ? 'true' : 'not true'}`, () => {
    assert.equal(compileCel(expression)(record), holds)
  })
}

test('compileCel() refuses what is no expression', () => {
  assert.throws(() => compileCel('response.code >='))
})
