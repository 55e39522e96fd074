import assert from 'node:assert/strict'
import { test } from 'node:test'
import type {
  ListenerFilter,
  ListenerFilterChainMatchPredicate as Predicate,
} from '../../xds/gen/envoy/config/listener/v3/listener_components.ts'
import type { ConnectionFacts } from './connection.ts'
import { httpProtocol, Inspection, readListenerFilters } from './inspection.ts'

const PROTOCOLS: readonly (readonly [bytes: string, expected: ReturnType<typeof httpProtocol>])[] = [
  ['GET / HTTP/1.1\r\n', 'http/1.1'],
  ['GET / HTTP/1.0\r\nhost: a', 'http/1.0'],
  ['PURGE /x?y=z HTTP/1.1\n', 'http/1.1'],
  ['PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n', 'h2c'],
  ['', 'more'],
  ['PRI * HTTP/2', 'more'],
  ['GE', 'more'],
  ['GET /', 'more'],
  ['GET / HTTP/1', 'more'],
  ['GET / HTTP/1.1\r', 'more'],
  ['GET / HTTP/1.2\r\n', 'no'],
  ['GET / FTP', 'no'],
  ['*1\r\n$4\r\nPING\r\n', 'no'],
  ['\x16\x03\x01', 'no'],
  ['GET  / HTTP/1.1\r\n', 'no'],
  [`GET /${'a'.repeat(20_000)}`, 'no'],
]

for (const [bytes, expected] of PROTOCOLS) {
  test(`httpProtocol() says ${expected} of ${JSON.stringify(bytes.slice(0, 30))}`, () => {
    assert.equal(httpProtocol(Buffer.from(bytes, 'latin1')), expected)
  })
}

function filter(type: string, filterDisabled?: ListenerFilter['filterDisabled']): ListenerFilter {
  const typeUrl = `type.googleapis.com/envoy.extensions.filters.listener.${type}`
  return { name: type, configType: { $case: 'typedConfig', value: { typeUrl, value: new Uint8Array() } }, filterDisabled }
}

function facts(localPort: number): ConnectionFacts {
  return {
    remoteAddress: '10.0.0.9',
    remotePort: 1,
    directAddress: '10.0.0.9',
    directPort: 1,
    localAddress: '10.0.0.1',
    localPort,
    restored: false,
    transportProtocol: '',
    serverName: '',
    applicationProtocols: [],
  }
}

test('Inspection.look() leaves out a filter that is disabled for the port', () => {
  const disabled: ListenerFilter['filterDisabled'] = { rule: { $case: 'destinationPortRange', value: { start: 80, end: 81 } } }
  const plan = readListenerFilters(
    [filter('tls_inspector.v3.TlsInspector'), filter('http_inspector.v3.HttpInspector', disabled)],
    false,
  )
  const declared = facts(80)
  assert.ok(new Inspection(plan, declared).look(Buffer.from('GET / HTTP/1.1\r\n')))
  assert.deepEqual([declared.transportProtocol, declared.applicationProtocols], ['raw_buffer', []])
  const sniffed = facts(81)
  assert.ok(new Inspection(plan, sniffed).look(Buffer.from('GET / HTTP/1.1\r\n')))
  assert.deepEqual([sniffed.transportProtocol, sniffed.applicationProtocols], ['raw_buffer', ['http/1.1']])
})

test('readListenerFilters() restores destinations where the listener hands over, as Envoy does without the filter', () => {
  assert.equal(readListenerFilters([], true).originalDestination?.(facts(1)), false)
  assert.equal(readListenerFilters([], false).originalDestination, undefined)
})

test('readListenerFilters() combines predicates, and refuses filters that are not known', () => {
  const any: Predicate = { rule: { $case: 'anyMatch', value: true } }
  const not: Predicate = { rule: { $case: 'notMatch', value: any } }
  const both: Predicate = { rule: { $case: 'andMatch', value: { rules: [any, not] } } }
  const either: Predicate = { rule: { $case: 'orMatch', value: { rules: [any, not] } } }
  const plan = readListenerFilters(
    [filter('tls_inspector.v3.TlsInspector', both), filter('http_inspector.v3.HttpInspector', either)],
    false,
  )
  assert.deepEqual([plan.tls?.(facts(1)), plan.http?.(facts(1)), plan.originalDestination], [false, true, undefined])
  assert.throws(
    () => readListenerFilters([filter('local_ratelimit.v3.LocalRateLimit')], false),
    /"local_ratelimit\.v3\.LocalRateLimit".*is not known here/,
  )
})
