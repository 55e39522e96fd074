import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Bootstrap } from '../../xds/gen/envoy/config/bootstrap/v3/bootstrap.ts'
import { type JsonValue, jsonToBytes } from '../../xds/wire/json.ts'
import { readAds } from './ads.ts'

function bootstrap(adsConfig: JsonValue, address?: JsonValue, cdsConfig: JsonValue = { ads: {} }): Bootstrap {
  const lbEndpoints = address === undefined ? [] : [{ endpoint: { address } }]
  const json = {
    dynamicResources: { adsConfig, cdsConfig },
    staticResources: { clusters: [{ name: 'xds', loadAssignment: { clusterName: 'xds', endpoints: [{ lbEndpoints }] } }] },
  }
  return Bootstrap.decode(jsonToBytes('envoy.config.bootstrap.v3.Bootstrap', json))
}

const service = (clusterName: string) => ({ grpcServices: [{ envoyGrpc: { clusterName } }] })

test('readAds() finds a unix socket and the delta protocol', () => {
  const found = readAds(bootstrap({ apiType: 'DELTA_GRPC', ...service('xds') }, { pipe: { path: '/run/xds.sock' } }))
  assert.deepEqual(found, { address: { path: '/run/xds.sock' }, protocol: 'delta' })
})

test('readAds() finds a TCP address and the state-of-the-world protocol', () => {
  const found = readAds(
    bootstrap({ apiType: 'GRPC', ...service('xds') }, { socketAddress: { address: 'istiod', portValue: 15_010 } }),
  )
  assert.deepEqual(found, { address: { host: 'istiod', port: 15_010 }, protocol: 'sotw' })
})

test('readAds() says what is missing', () => {
  assert.throws(() => readAds(bootstrap({})), /ads_config has no grpc_services/)
  assert.throws(() => readAds(bootstrap(service('other'))), /names cluster "other", which is not among/)
  assert.throws(() => readAds(bootstrap(service('xds'))), /cluster "xds" of a configuration source has no endpoint/)
  assert.throws(
    () => readAds(bootstrap(service('xds'), undefined, { pathConfigSource: { path: '/x' } })),
    /cds_config comes by pathConfigSource, expected ads/,
  )
})
