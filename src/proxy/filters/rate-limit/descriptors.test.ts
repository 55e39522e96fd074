import assert from 'node:assert/strict'
import { test } from 'node:test'
import { RateLimit_Action, RateLimit as Rules } from '../../../xds/gen/envoy/config/route/v3/route_components.ts'
import { HeaderList } from '../../http/headers.ts'
import { type Counted, compileDescriptors, descriptorsOf } from './descriptors.ts'

type Specifier = NonNullable<RateLimit_Action['actionSpecifier']>
const rules = (...actions: Specifier[]) =>
  compileDescriptors([Rules.fromPartial({ actions: actions.map(actionSpecifier => ({ actionSpecifier })) })])

function request(path: string, headers: string[] = [], uriSan?: string): Counted {
  return {
    head: {
      protocol: 'HTTP/1.1',
      method: 'GET',
      scheme: 'http',
      authority: 'a',
      path,
      headers: new HeaderList(headers),
      upgrade: undefined,
    },
    connection: { peer: uriSan === undefined ? undefined : { uriSans: [uriSan] } },
    record: { remoteAddress: '10.0.0.1' },
    upstreamCluster: 'inbound|80||',
  }
}

test('descriptorsOf() joins the entries of all actions', () => {
  const compiled = rules(
    { $case: 'genericKey', value: { descriptorKey: '', descriptorValue: 'all' } },
    { $case: 'remoteAddress', value: {} },
    { $case: 'destinationCluster', value: {} },
    { $case: 'requestHeaders', value: { headerName: 'X-User', descriptorKey: 'user', skipIfAbsent: true } },
  )
  const common = [
    { key: 'generic_key', value: 'all' },
    { key: 'remote_address', value: '10.0.0.1' },
    { key: 'destination_cluster', value: 'inbound|80||' },
  ]
  assert.deepEqual(descriptorsOf(compiled, request('/', ['x-user', 'ada'])), [[...common, { key: 'user', value: 'ada' }]])
  assert.deepEqual(descriptorsOf(compiled, request('/')), [common])
})

test('descriptorsOf() leaves a descriptor out when an action finds nothing', () => {
  const compiled = rules({ $case: 'requestHeaders', value: { headerName: 'x-user', descriptorKey: 'user', skipIfAbsent: false } })
  assert.deepEqual(descriptorsOf(compiled, request('/')), [])
})

test('descriptorsOf() has an entry of headers that match, or with expect_match false of those that do not', () => {
  const search = RateLimit_Action.fromPartial({
    actionSpecifier: {
      $case: 'headerValueMatch',
      value: {
        descriptorValue: 'search',
        headers: [{ name: ':path', headerMatchSpecifier: { $case: 'prefixMatch', value: '/search' } }],
      },
    },
  }).actionSpecifier
  assert.ok(search?.$case === 'headerValueMatch')
  const matches = rules(search)
  assert.deepEqual(descriptorsOf(matches, request('/search?q=1')), [[{ key: 'header_match', value: 'search' }]])
  assert.deepEqual(descriptorsOf(matches, request('/')), [])
  const others = rules({ ...search, value: { ...search.value, expectMatch: false } })
  assert.deepEqual(descriptorsOf(others, request('/')), [[{ key: 'header_match', value: 'search' }]])
})

test('compileDescriptors() refuses actions that cannot be honoured', () => {
  assert.throws(() => rules({ $case: 'sourceCluster', value: {} }), /sourceCluster is not supported/)
  assert.throws(() => compileDescriptors([Rules.fromPartial({})]), /without actions/)
})
