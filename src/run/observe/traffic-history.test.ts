import assert from 'node:assert/strict'
import { test } from 'node:test'
import { quantile } from './latency.ts'
import { countsOf } from './traffic-counts.ts'
import { TrafficHistory } from './traffic-history.ts'

const istio = (requests: number, errors: number, slow = 0) => `
istio_requests_total{reporter="source",destination_service="cart.shop.svc.cluster.local",destination_version="v1",request_protocol="http",response_code="200"} ${requests}
istio_requests_total{reporter="source",destination_service="cart.shop.svc.cluster.local",destination_version="v1",request_protocol="http",response_code="503"} ${errors}
istio_request_duration_milliseconds_bucket{reporter="source",destination_service="cart.shop.svc.cluster.local",destination_version="v1",request_protocol="http",le="5"} ${requests}
istio_request_duration_milliseconds_bucket{reporter="source",destination_service="cart.shop.svc.cluster.local",destination_version="v1",request_protocol="http",le="10"} ${requests + slow}
istio_request_duration_milliseconds_bucket{reporter="source",destination_service="cart.shop.svc.cluster.local",destination_version="v1",request_protocol="http",le="+Inf"} ${requests + slow}
istio_requests_total{reporter="destination",source_workload="web",source_workload_namespace="shop",connection_security_policy="mutual_tls",response_code="200"} 7
`

test('countsOf() reads Istio’s metrics: destinations, failures, latency, and who called', () => {
  const { outbound, inbound, callers } = countsOf(istio(10, 2, 3))
  const [only] = outbound.values()
  assert.deepEqual(only?.to, { host: 'cart.shop.svc.cluster.local', version: 'v1', protocol: 'http' })
  assert.equal(only?.counts.requests, 12)
  assert.equal(only?.counts.errors, 2)
  assert.deepEqual([only?.counts.latency?.[2], only?.counts.latency?.[3]], [10, 3])
  assert.equal(inbound.requests, 7)
  assert.deepEqual(callers, [{ namespace: 'shop', workload: 'web', mutualTls: true }])
})

test('countsOf() reads Envoy’s own statistics where there are no others', () => {
  const { outbound } = countsOf(`
envoy_cluster_upstream_rq{envoy_cluster_name="outbound|80|v2|cart.shop.svc.cluster.local",envoy_response_code="200"} 5
envoy_cluster_upstream_rq{envoy_cluster_name="outbound|80|v2|cart.shop.svc.cluster.local",envoy_response_code="404"} 2
envoy_cluster_upstream_cx_total{envoy_cluster_name="outbound|6379||cache.shop.svc.cluster.local;"} 3
`)
  assert.deepEqual(
    [...outbound].map(([key, { counts }]) => [key, counts.requests, counts.rejected, counts.connections]),
    [
      ['cart.shop.svc.cluster.local|v2|http', 7, 2, 0],
      ['cache.shop.svc.cluster.local||tcp', 0, 0, 3],
    ],
  )
})

test('TrafficHistory counts what was added between two looks, and takes a smaller number for a new process', () => {
  const history = new TrafficHistory()
  const look = (at: number, requests: number, errors: number) =>
    history.add(at, [{ key: 'shop/web-0', from: 'shop/web', counts: countsOf(istio(requests, errors)) }])
  const total = () => history.window(60_000).flows.reduce((sum, { counts }) => sum + counts.requests, 0)
  look(1000, 100, 0)
  assert.equal(total(), 0, 'nobody knows when those were')
  look(6000, 110, 5)
  assert.equal(total(), 15)
  assert.equal(history.window(60_000).spanMs, 5000)
  look(11_000, 4, 0)
  assert.equal(total(), 19)
  assert.deepEqual(
    history.series(60_000, () => true).map(({ counts }) => counts.requests),
    [15, 4],
  )
  assert.equal(history.window(4000).flows[0]?.counts.requests, 4, 'only the last look')
  assert.equal(history.plaintext('shop/web', 'shop/web'), false)
})

test('TrafficHistory forgets what is older than a quarter of an hour', () => {
  const history = new TrafficHistory()
  for (let i = 0; i <= 300; i++) history.add(1000 + i * 5000, [{ key: 'a', from: 'a', counts: countsOf(istio(i, 0)) }])
  assert.equal(history.window(3_600_000).spanMs, 181 * 5000)
})

test('quantile() interpolates inside of a bucket', () => {
  const buckets = Array.from({ length: 20 }, () => 0)
  assert.equal(quantile(buckets, 0.5), undefined)
  buckets[3] = 10
  assert.equal(quantile(buckets, 0.5), 7.5)
})
