import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  FilterChainMatch,
  FilterChainMatch_ConnectionSourceType as SourceType,
} from '../../xds/gen/envoy/config/listener/v3/listener_components.ts'
import type { ConnectionFacts } from './connection.ts'
import { FilterChainMatcher } from './filter-chain-match.ts'

type Match = Partial<FilterChainMatch>

function matcher(chains: Readonly<Record<string, Match>>) {
  return new FilterChainMatcher(
    Object.entries(chains).map(([name, match]) => ({
      name,
      match: { ...FilterChainMatch.fromPartial({}), ...match },
      chain: name,
    })),
  )
}

function facts(overrides: Partial<ConnectionFacts> = {}): ConnectionFacts {
  return {
    remoteAddress: '10.0.0.9',
    remotePort: 40_000,
    directAddress: '10.0.0.9',
    directPort: 40_000,
    localAddress: '10.1.2.3',
    localPort: 8080,
    restored: false,
    transportProtocol: '',
    serverName: '',
    applicationProtocols: [],
    ...overrides,
  }
}

const range = (addressPrefix: string, prefixLen: number) => ({ addressPrefix, prefixLen })

test('FilterChainMatcher.match() prefers the destination port over everything after it', () => {
  const chains = matcher({ port: { destinationPort: 8080 }, names: { serverNames: ['a.example'] } })
  assert.equal(chains.match(facts({ serverName: 'a.example' })), 'port')
  assert.equal(chains.match(facts({ serverName: 'a.example', localPort: 9 })), 'names')
  assert.equal(chains.match(facts({ localPort: 9 })), undefined)
})

test('FilterChainMatcher.match() does not go back to a less specific chain when a later criterion fails', () => {
  const chains = matcher({
    narrow: { destinationPort: 8080, transportProtocol: 'tls' },
    wide: { transportProtocol: 'raw_buffer' },
  })
  assert.equal(chains.match(facts({ transportProtocol: 'raw_buffer' })), undefined)
  assert.equal(chains.match(facts({ transportProtocol: 'raw_buffer', localPort: 1 })), 'wide')
})

test('FilterChainMatcher.match() takes the longest destination range', () => {
  const chains = matcher({
    any: {},
    wide: { prefixRanges: [range('10.0.0.0', 8)] },
    narrow: { prefixRanges: [range('192.168.0.0', 16), range('10.1.0.0', 16)] },
  })
  assert.equal(chains.match(facts()), 'narrow')
  assert.equal(chains.match(facts({ localAddress: '10.2.0.1' })), 'wide')
  assert.equal(chains.match(facts({ localAddress: '11.0.0.1' })), 'any')
})

test('FilterChainMatcher.match() prefers exact server names, then the longest wildcard', () => {
  const chains = matcher({
    exact: { serverNames: ['a.shop.example'] },
    long: { serverNames: ['*.shop.example'] },
    short: { serverNames: ['*.example'] },
    none: {},
  })
  assert.equal(chains.match(facts({ serverName: 'a.shop.example' })), 'exact')
  assert.equal(chains.match(facts({ serverName: 'b.shop.example' })), 'long')
  assert.equal(chains.match(facts({ serverName: 'shop.example' })), 'short')
  assert.equal(chains.match(facts({ serverName: 'example' })), 'none')
  assert.equal(chains.match(facts()), 'none')
})

test('FilterChainMatcher.match() takes what no inspector looked at for raw_buffer', () => {
  const chains = matcher({ raw: { transportProtocol: 'raw_buffer' }, tls: { transportProtocol: 'tls' } })
  assert.equal(chains.match(facts()), 'raw')
  assert.equal(chains.match(facts({ transportProtocol: 'tls' })), 'tls')
})

test('FilterChainMatcher.match() knows application protocols in any order', () => {
  const chains = matcher({ http: { applicationProtocols: ['http/1.1', 'h2c'] }, rest: {} })
  assert.equal(chains.match(facts({ applicationProtocols: ['h2c'] })), 'http')
  assert.equal(chains.match(facts({ applicationProtocols: ['istio', 'http/1.1'] })), 'http')
  assert.equal(chains.match(facts({ applicationProtocols: ['istio'] })), 'rest')
})

test('FilterChainMatcher.match() looks at source ranges, type and ports last', () => {
  const chains = matcher({
    local: { sourceType: SourceType.SAME_IP_OR_LOOPBACK },
    external: { sourceType: SourceType.EXTERNAL },
    range: { sourceType: SourceType.EXTERNAL, sourcePrefixRanges: [range('10.0.0.0', 24)] },
    port: { sourceType: SourceType.EXTERNAL, sourcePrefixRanges: [range('10.0.0.0', 24)], sourcePorts: [7] },
  })
  assert.equal(chains.match(facts({ remoteAddress: '127.0.0.1' })), 'local')
  assert.equal(chains.match(facts({ remoteAddress: '10.1.2.3' })), 'local')
  assert.equal(chains.match(facts({ remoteAddress: '11.0.0.1' })), 'external')
  assert.equal(chains.match(facts()), 'range')
  assert.equal(chains.match(facts({ remotePort: 7 })), 'port')
})

test('new FilterChainMatcher() refuses two chains that match the same, naming both', () => {
  assert.throws(
    () => matcher({ first: { serverNames: ['a', 'b'] }, second: { serverNames: ['b'] } }),
    /"first" and "second" match the same connections/,
  )
  assert.throws(() => matcher({ bad: { serverNames: ['a.*'] } }), /"a\.\*", expected a wildcard only as/)
})
