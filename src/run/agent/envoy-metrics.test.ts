import assert from 'node:assert/strict'
import { test } from 'node:test'
import { withStandardMetrics } from './envoy-metrics.ts'

const OWN = {
  workload: 'web-v1',
  namespace: 'shop',
  canonical_service: 'web',
  canonical_revision: 'v1',
  app: 'web',
  version: 'v1',
  cluster: 'K',
}
const SERVICES = '[{\\"namespace\\":\\"shop\\",\\"name\\":\\"cart\\",\\"host\\":\\"cart.shop.svc.cluster.local\\"}]'

test('withStandardMetrics() makes the labels of a call from what Envoy has, and leaves other lines alone', () => {
  const raw =
    'reporter="source",mizzen_callee="cart-v1;shop;cart;v1;K;cart;v1",mizzen_callee_principal="spiffe://cluster.local/ns/shop/sa/cart",' +
    `mizzen_own_principal="spiffe://cluster.local/ns/shop/sa/web",mizzen_cluster="outbound|80||cart",mizzen_services="${SERVICES}",` +
    'request_protocol="http",response_code="200",grpc_response_status="",response_flags="-"'
  const text = `# TYPE envoy_istio_requests_total counter\nenvoy_istio_requests_total{${raw}} 3\n# TYPE envoy_x counter\nenvoy_x{a="b"} 1\n`
  assert.equal(
    withStandardMetrics(text, OWN),
    '# TYPE istio_requests_total counter\n' +
      'istio_requests_total{reporter="source",source_workload="web-v1",source_canonical_service="web",source_canonical_revision="v1",' +
      'source_workload_namespace="shop",source_principal="spiffe://cluster.local/ns/shop/sa/web",source_app="web",source_version="v1",source_cluster="K",' +
      'destination_workload="cart-v1",destination_workload_namespace="shop",destination_principal="spiffe://cluster.local/ns/shop/sa/cart",' +
      'destination_app="cart",destination_version="v1",destination_service="cart.shop.svc.cluster.local",destination_canonical_service="cart",' +
      'destination_canonical_revision="v1",destination_service_name="cart",destination_service_namespace="shop",destination_cluster="K",' +
      'request_protocol="http",connection_security_policy="unknown",response_code="200",grpc_response_status="",response_flags="-"} 3\n' +
      '# TYPE envoy_x counter\nenvoy_x{a="b"} 1\n',
  )
})

test('withStandardMetrics() knows the caller by its certificate, and keeps the bounds of buckets', () => {
  const raw =
    'reporter="destination",mizzen_caller="OU=version~v2,OU=app~cli,OU=workload~cli-v2",mizzen_caller_principal="spiffe://cluster.local/ns/far/sa/cli",' +
    `mizzen_own_principal="spiffe://cluster.local/ns/shop/sa/web",mizzen_cluster="inbound|80||",mizzen_services="${SERVICES}",` +
    'request_protocol="http",response_code="200",grpc_response_status="0",response_flags="-"'
  const made = withStandardMetrics(`envoy_istio_request_bytes_bucket{${raw},le="0.5"} 0`, OWN)
  assert.match(made, /^istio_request_bytes_bucket\{reporter="destination",source_workload="cli-v2",.*,le="0.5"} 0$/)
  assert.match(made, /source_workload_namespace="far"/)
  assert.match(made, /destination_workload="web-v1".*request_protocol="grpc",connection_security_policy="mutual_tls"/)
})

test('withStandardMetrics() says unknown of what is not known', () => {
  const made = withStandardMetrics(
    'envoy_istio_tcp_sent_bytes_total{reporter="source",mizzen_cluster="PassthroughCluster",request_protocol="tcp",response_flags="-"} 9',
    OWN,
  )
  assert.match(
    made,
    /destination_workload="unknown".*destination_service="unknown".*destination_service_name="PassthroughCluster"/,
  )
  assert.match(made, /request_protocol="tcp",connection_security_policy="unknown",response_flags="-"} 9$/)
})

test('withStandardMetrics() leaves labels out, sets others, and adds up what becomes the same', () => {
  const raw = (version: string, changes: string) =>
    `reporter="source",mizzen_callee="cart-${version};shop;cart;${version};K;cart;${version}",mizzen_services="${SERVICES}",request_protocol="http",` +
    `response_code="200",grpc_response_status="",response_flags="-",${changes}`
  const changes =
    'mizzen_set_host="cart.shop",mizzen_set_missing="",mizzen_removed="destination_version destination_workload destination_canonical_revision"'
  const made = withStandardMetrics(
    `envoy_istio_requests_total{${raw('v1', changes)}} 3\nenvoy_istio_requests_total{${raw('v2', changes)}} 4\n`,
    OWN,
  )
  assert.match(made, /^istio_requests_total\{[^\n]*response_flags="-",host="cart.shop",missing="unknown"\} 7\n$/)
  assert.doesNotMatch(made, /destination_version|destination_workload=|mizzen_/)
})

test('withStandardMetrics() counts gRPC messages from the calls that had so many', () => {
  const raw = (messages: string) =>
    `reporter="source",mizzen_services="${SERVICES}",request_protocol="http",response_code="200",grpc_response_status="0",response_flags="-",mizzen_messages="${messages}"`
  const made = withStandardMetrics(
    ['request', 'response']
      .flatMap(what => ['1,1', '1,20'].map(pair => `envoy_istio_${what}_messages_total{${raw(pair)}} 2`))
      .join('\n'),
    OWN,
  ).split('\n')
  assert.equal(made.length, 2)
  assert.match(made[0] ?? '', /^istio_request_messages_total\{.*request_protocol="grpc".*\} 4$/)
  assert.match(made[1] ?? '', /^istio_response_messages_total\{.*\} 42$/)
})
