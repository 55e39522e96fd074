import assert from 'node:assert/strict'
import { test } from 'node:test'
import { TcpProxy } from '../../xds/gen/envoy/extensions/filters/network/tcp_proxy/v3/tcp_proxy.ts'
import { chooseTarget, readTcpSettings } from './settings.ts'

test('readTcpSettings() has Envoy’s defaults', () => {
  const settings = readTcpSettings(TcpProxy.fromPartial({ statPrefix: 'p', clusterSpecifier: { $case: 'cluster', value: 'c' } }))
  assert.deepEqual(settings, {
    statPrefix: 'p',
    targets: [{ cluster: 'c', weight: 1, subset: undefined }],
    maxConnectAttempts: 1,
    idleTimeoutMs: 3_600_000,
    maxDurationMs: 0,
  })
})

test('readTcpSettings() lays the subset of a weighted cluster over the general one', () => {
  const metadata = (labels: Record<string, string>) => ({ filterMetadata: { 'envoy.lb': labels }, typedFilterMetadata: {} })
  const { targets } = readTcpSettings({
    ...TcpProxy.fromPartial({}),
    metadataMatch: metadata({ version: 'v1', zone: 'a' }),
    clusterSpecifier: {
      $case: 'weightedClusters',
      value: { clusters: [{ name: 'c', weight: 3, metadataMatch: metadata({ version: 'v2' }) }] },
    },
  })
  assert.deepEqual(
    [...(targets[0]?.subset ?? [])],
    [
      ['version', 'v2'],
      ['zone', 'a'],
    ],
  )
})

test('readTcpSettings() refuses what would not work', () => {
  assert.throws(() => readTcpSettings(TcpProxy.fromPartial({})), /no cluster/)
  const tunnel = {
    ...TcpProxy.fromPartial({}),
    tunnelingConfig: {
      hostname: 'a',
      usePost: false,
      headersToAdd: [],
      propagateResponseHeaders: false,
      postPath: '',
      propagateResponseTrailers: false,
    },
  }
  assert.throws(() => readTcpSettings(tunnel), /tunneling_config is not supported/)
})

test('chooseTarget() follows the weights', () => {
  const target = (cluster: string, weight: number) => ({ cluster, weight, subset: undefined })
  const targets = [target('none', 0), target('one', 1), target('three', 3)]
  const chosen = [0, 0.24, 0.25, 0.999].map(random => chooseTarget(targets, random)?.cluster)
  assert.deepEqual(chosen, ['one', 'one', 'three', 'three'])
  assert.equal(chooseTarget([], 0), undefined)
})
