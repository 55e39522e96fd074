import assert from 'node:assert/strict'
import { test } from 'node:test'
import { bytesToJson, type JsonValue, jsonToBytes } from './json.ts'
import { type Lists, mergeMessages } from './merge.ts'

const CLUSTER = 'envoy.config.cluster.v3.Cluster'

function merged(into: JsonValue, from: JsonValue, lists?: Lists, type = CLUSTER): JsonValue {
  return bytesToJson(type, mergeMessages(type, jsonToBytes(type, into), jsonToBytes(type, from), lists))
}

test('mergeMessages() replaces scalars, goes into messages and leaves what the second does not say', () => {
  const into = { name: 'a', altStatName: 'kept', circuitBreakers: { thresholds: [{ maxRequests: 1 }] } }
  const from = { name: 'b', circuitBreakers: { thresholds: [{ maxRequests: 2 }] } }
  assert.deepEqual(merged(into, from), {
    name: 'b',
    altStatName: 'kept',
    circuitBreakers: { thresholds: [{ maxRequests: 1 }, { maxRequests: 2 }] },
  })
})

test('mergeMessages() replaces a Duration as a whole', () => {
  assert.deepEqual(merged({ connectTimeout: '1.500s' }, { connectTimeout: '3s' }), { connectTimeout: '3s' })
})

test('mergeMessages() replaces only outer lists when lists are replaced', () => {
  const into = { edsClusterConfig: { serviceName: 'x' }, filters: [{ name: 'a' }], circuitBreakers: { thresholds: [{}] } }
  const from = { filters: [{ name: 'b' }], circuitBreakers: { thresholds: [{}] } }
  assert.deepEqual(merged(into, from, 'replace'), {
    edsClusterConfig: { serviceName: 'x' },
    filters: [{ name: 'b' }],
    circuitBreakers: { thresholds: [{}, {}] },
  })
})

test('mergeMessages() replaces the other member of a oneof, and entries of maps', () => {
  const metadata = (value: JsonValue) => ({ metadata: { filterMetadata: value } })
  assert.deepEqual(merged({ type: 'EDS' }, { clusterType: { name: 'own' } }), { clusterType: { name: 'own' } })
  assert.deepEqual(merged(metadata({ a: { x: 1 }, b: {} }), metadata({ a: { y: 2 } })), metadata({ a: { y: 2 }, b: {} }))
})

const TLS = 'type.googleapis.com/envoy.extensions.transport_sockets.tls.v3.UpstreamTlsContext'
const RAW = 'type.googleapis.com/envoy.extensions.transport_sockets.raw_buffer.v3.RawBuffer'
const socket = (config: JsonValue) => ({ transportSocket: { name: 'socket', typedConfig: config } })

test('mergeMessages() merges inside an Any of the same type and replaces one of another', () => {
  const into = socket({ '@type': TLS, sni: 'old', allowRenegotiation: true })
  assert.deepEqual(
    merged(into, socket({ '@type': TLS, sni: 'new' })),
    socket({ '@type': TLS, sni: 'new', allowRenegotiation: true }),
  )
  assert.deepEqual(merged(into, socket({ '@type': RAW })), socket({ '@type': RAW }))
})
