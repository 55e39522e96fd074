/** What an authorizer's answer does to a request and to a response, and what is no answer. */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { CheckResponse } from '../../../xds/gen/envoy/service/auth/v3/external_auth.ts'
import { HeaderList } from '../../http/headers.ts'
import type { RequestHead } from '../../http/stream.ts'
import { readRuling } from './check-messages.ts'
import { editHeaders, editRequest, type HeaderEdit, type Ruling } from './ruling.ts'

const head = (path = '/a?x=1&y=2'): RequestHead => ({
  protocol: 'HTTP/1.1',
  method: 'GET',
  scheme: 'http',
  authority: 'shop',
  path,
  headers: new HeaderList(['x-one', '1', 'authorization', 'secret']),
  upgrade: undefined,
})

const allowed = (more: Partial<Extract<Ruling, { kind: 'allowed' }>>) =>
  ({ kind: 'allowed', upstream: [], remove: [], query: undefined, downstream: [], metadata: undefined, ...more }) as const

describe('editHeaders()', () => {
  const CASES: readonly (readonly [edit: Omit<HeaderEdit, 'value'>, result: string | undefined])[] = [
    [{ name: 'x-one', kind: 'set' }, 'new'],
    [{ name: 'x-one', kind: 'add' }, '1,new'],
    [{ name: 'x-one', kind: 'append' }, '1,new'],
    [{ name: 'x-two', kind: 'append' }, undefined],
    [{ name: 'x-one', kind: 'add-if-absent' }, '1'],
    [{ name: 'x-two', kind: 'add-if-absent' }, 'new'],
    [{ name: 'x-one', kind: 'set-if-present' }, 'new'],
    [{ name: 'x-two', kind: 'set-if-present' }, undefined],
  ]
  for (const [edit, result] of CASES)
    it(`${edit.kind} makes ${result} of ${edit.name === 'x-one' ? 'a header that is there' : 'one that is not'}`, () => {
      const { headers } = head()
      editHeaders(headers, [{ ...edit, value: 'new' }])
      assert.equal(headers.get(edit.name), result)
    })
})

describe('editRequest()', () => {
  it('removes headers, but not what the request is made of', () => {
    const request = head()
    assert.equal(editRequest(request, allowed({ remove: ['authorization', ':path', 'host'] })), true)
    assert.equal(request.headers.has('authorization'), false)
    assert.deepEqual([request.path, request.authority], ['/a?x=1&y=2', 'shop'])
  })

  it('sets and removes parameters of the query', () => {
    const request = head()
    editRequest(request, allowed({ query: { set: [{ key: 'user', value: 'a b' }], remove: ['x'] } }))
    assert.equal(request.path, '/a?y=2&user=a+b')
    editRequest(request, allowed({ query: { set: [], remove: ['y', 'user'] } }))
    assert.equal(request.path, '/a')
  })

  it('says that nothing was asked for, so that the route stays', () => {
    assert.equal(editRequest(head(), allowed({})), false)
  })
})

describe('readRuling()', () => {
  const read = (message: CheckResponse) => readRuling(CheckResponse.encode(message).finish())

  it('takes bytes that are no answer for none', () => {
    assert.deepEqual(readRuling(Buffer.from([0xff, 0xff, 0xff])), { kind: 'unknown', reason: 'the answer is no CheckResponse' })
  })

  it('denies with 403 where the authorizer names no status', () => {
    const ruling = read(CheckResponse.fromPartial({ status: { code: 7 } }))
    assert(ruling.kind === 'denied')
    assert.equal(ruling.status, 403)
  })

  it('allows where nothing is said', () => {
    assert.equal(read(CheckResponse.fromPartial({})).kind, 'allowed')
  })

  it('drops headers that would break out of their line', () => {
    const header = (key: string, value: string) => ({ header: { key, value } })
    const headers = [header('x-good', 'yes'), header('x-bad', 'a\r\nx-evil: 1'), header('x bad', 'yes'), header('', 'yes')]
    const ruling = read(CheckResponse.fromPartial({ httpResponse: { $case: 'okResponse', value: { headers } } }))
    assert(ruling.kind === 'allowed')
    assert.deepEqual(
      ruling.upstream.map(({ name }) => name),
      ['x-good'],
    )
  })
})
