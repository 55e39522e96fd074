import assert from 'node:assert/strict'
import { test } from 'node:test'
import { readRootsSecret } from '../../identity/workload/secrets.ts'
import { CA } from '../../proxy/cluster/certificates.testing.ts'
import { Node } from '../../xds/gen/envoy/config/core/v3/base.ts'
import { Secret } from '../../xds/gen/envoy/extensions/transport_sockets/tls/v3/secret.ts'
import type { ResourceSet, ResourceSource } from '../../xds/server/source.ts'
import { CLUSTER, SECRET } from '../../xds/wire/type-url.ts'
import { TrustBundle } from './trust-bundle.ts'

const NODE = Node.fromPartial({ id: 'x' })
const gatewayCertificate = { name: 'kubernetes://shop', version: '1', bytes: new Uint8Array([1]) }
const secrets: ResourceSet = new Map([[gatewayCertificate.name, gatewayCertificate]])
const clusters: ResourceSet = new Map()
const source: ResourceSource = {
  resolve: () =>
    new Map([
      [SECRET, secrets],
      [CLUSTER, clusters],
    ]),
  subscribe: () => () => {},
}

function trusted(from: ResourceSource) {
  const resource = from.resolve(NODE)?.get(SECRET)?.get('ROOTCA')
  return resource && readRootsSecret(Secret.decode(resource.bytes))
}

test('TrustBundle gives ROOTCA to who asks for it by name, beside all that the source has', () => {
  const bundle = new TrustBundle()
  const both = bundle.within(source)
  assert.equal(trusted(both), undefined)
  bundle.put(CA, '')
  assert.deepEqual(trusted(both), { roots: CA, revoked: '' })
  assert.deepEqual(trusted(bundle.alone), { roots: CA, revoked: '' })
  const set = both.resolve(NODE)?.get(SECRET)
  assert.equal(set?.get(gatewayCertificate.name), gatewayCertificate)
  assert.deepEqual([...(set?.values() ?? [])], [gatewayCertificate])
  assert.equal(both.resolve(NODE)?.get(CLUSTER), clusters)
})

test('TrustBundle tells of a change, once, and makes no new set without one', () => {
  const bundle = new TrustBundle()
  const both = bundle.within(source)
  let told = 0
  const end = both.subscribe(() => told++)
  bundle.put(CA, '')
  const before = both.resolve(NODE)?.get(SECRET)
  bundle.put(CA, '')
  assert.equal(both.resolve(NODE)?.get(SECRET), before)
  bundle.put(CA, 'a list')
  assert.notEqual(both.resolve(NODE)?.get(SECRET), before)
  assert.deepEqual(trusted(both), { roots: CA, revoked: 'a list' })
  assert.equal(told, 2)
  end()
  bundle.put(CA, '')
  assert.equal(told, 2)
})
