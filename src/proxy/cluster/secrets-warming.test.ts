/** Clusters whose certificates come apart from them: they wait, and what was there before serves meanwhile. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ManualClock } from '../../lib/clock.ts'
import { TransportSocket } from '../../xds/gen/envoy/config/core/v3/base.ts'
import { Secret } from '../../xds/gen/envoy/extensions/transport_sockets/tls/v3/secret.ts'
import { UpstreamTlsContext } from '../../xds/gen/envoy/extensions/transport_sockets/tls/v3/tls.ts'
import { pack } from '../../xds/wire/any.ts'
import { jsonToBytes } from '../../xds/wire/json.ts'
import { Secrets } from '../tls/secrets.ts'
import { CA } from './certificates.testing.ts'
import { clusterSet, staticCluster } from './cluster-set.testing.ts'

const TLS = 'envoy.extensions.transport_sockets.tls.v3.UpstreamTlsContext'

/** @param wait seconds; 0: as long as it takes */
function tls(wait: number) {
  const config = { name: 'ca', sds_config: { ads: {}, initial_fetch_timeout: `${wait}s` } }
  const bytes = jsonToBytes(TLS, { common_tls_context: { validation_context_sds_secret_config: config } })
  const value = pack(TLS, UpstreamTlsContext, UpstreamTlsContext.decode(bytes))
  return { transportSocket: TransportSocket.fromPartial({ name: 'tls', configType: { $case: 'typedConfig', value } }) }
}

const AUTHORITY = Secret.fromPartial({
  name: 'ca',
  type: { $case: 'validationContext', value: { trustedCa: { specifier: { $case: 'inlineString', value: CA } } } },
})

test('put() leaves the cluster of before in use until the secrets of the new one have come', t => {
  const secrets = new Secrets(() => true)
  const set = clusterSet(t, { secrets })
  set.put(staticCluster('shop', [1]))
  const before = set.get('shop')
  let warmed = 0
  set.onWarmed = () => warmed++
  set.put(staticCluster('shop', [1], tls(0)))
  assert.deepEqual([set.get('shop') === before, set.warming], [true, 1])
  secrets.put({ kind: 'ads' }, AUTHORITY)
  set.secretsCame()
  assert.deepEqual([set.get('shop') === before, set.warming, warmed], [false, 0, 1])
})

test('put() waits for secrets no longer than their source says', t => {
  const clock = new ManualClock()
  const set = clusterSet(t, { clock })
  set.put(staticCluster('shop', [1], tls(5)))
  clock.advance(4999)
  assert.equal(set.get('shop'), undefined)
  clock.advance(1)
  assert.notEqual(set.get('shop'), undefined)
})
