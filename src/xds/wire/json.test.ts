import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Cluster } from '../gen/envoy/config/cluster/v3/cluster.ts'
import { bytesToJson, jsonToBytes } from './json.ts'
import { CLUSTER } from './type-url.ts'

test('bytesToJson() and jsonToBytes() keep a cluster, its duration, struct and Any', () => {
  const json = {
    name: 'outbound|80||a.default.svc.cluster.local',
    type: 'EDS',
    connectTimeout: '10s',
    metadata: { filterMetadata: { istio: { config: '/apis/x', services: [{ host: 'a' }] } } },
    typedExtensionProtocolOptions: {
      'envoy.extensions.upstreams.http.v3.HttpProtocolOptions': {
        '@type': 'type.googleapis.com/envoy.extensions.upstreams.http.v3.HttpProtocolOptions',
        explicitHttpConfig: { http2ProtocolOptions: {} },
      },
    },
  }
  const bytes = jsonToBytes(CLUSTER, json)
  assert.deepEqual(bytesToJson(CLUSTER, bytes), json)
  assert.equal(Cluster.decode(bytes).connectTimeout?.seconds, 10)
})

test('jsonToBytes() names a type that is not generated', () => {
  assert.throws(() => jsonToBytes('envoy.Unknown', {}), /"envoy.Unknown".*proto\/roots.txt/)
})
