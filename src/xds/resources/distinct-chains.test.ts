import assert from 'node:assert/strict'
import { test } from 'node:test'
import { FilterChain } from '../gen/envoy/config/listener/v3/listener_components.ts'
import { distinctChains } from './distinct-chains.ts'

const chain = (name: string, serverNames: string[], ranges: string[] = []) =>
  FilterChain.fromPartial({
    name,
    filterChainMatch: { serverNames, prefixRanges: ranges.map(addressPrefix => ({ addressPrefix, prefixLen: 24 })) },
  })
const shown = (chains: readonly FilterChain[]) =>
  chains.map(({ name, filterChainMatch: match }) => [
    name,
    match?.serverNames,
    match?.prefixRanges.map(range => range.addressPrefix),
  ])

test('distinctChains() leaves a server name to the first chain that asks for it', () => {
  const chains = distinctChains([chain('1', ['a', 'b']), chain('2', ['b', 'c']), chain('3', ['a'])])
  assert.deepEqual(shown(chains), [
    ['1', ['a', 'b'], []],
    ['2', ['c'], []],
  ])
})

test('distinctChains() tells chains apart by address range too', () => {
  const chains = distinctChains([
    chain('1', [], ['10.0.0.0']),
    chain('2', [], ['10.0.0.0', '10.1.0.0']),
    chain('3', ['a'], ['10.0.0.0']),
  ])
  assert.deepEqual(shown(chains), [
    ['1', [], ['10.0.0.0']],
    ['2', [], ['10.1.0.0']],
    ['3', ['a'], ['10.0.0.0']],
  ])
})

test('distinctChains() keeps one chain without conditions', () => {
  const plain = FilterChain.fromPartial({ name: 'plain' })
  assert.deepEqual(distinctChains([plain, { ...plain, name: 'second' }]), [plain])
})
