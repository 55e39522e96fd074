import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { healthMetrics } from './health-metrics.ts'
import { hasSickEndpoints, lifeLeft, shortestLife, sickEndpoints } from './proxy-health.ts'

const statistics = (ejected: number, healthy: number, total: number) => `
envoy_cluster_outlier_detection_ejections_active{envoy_cluster_name="outbound|80||cart.shop.svc.cluster.local"} ${ejected}
envoy_cluster_membership_healthy{envoy_cluster_name="outbound|80||cart.shop.svc.cluster.local"} ${healthy}
envoy_cluster_membership_total{envoy_cluster_name="outbound|80||cart.shop.svc.cluster.local"} ${total}
`

describe('hasSickEndpoints()', () => {
  it('looks at ejections and at members that are not healthy', () => {
    assert.equal(hasSickEndpoints(statistics(0, 2, 2)), false)
    assert.equal(hasSickEndpoints(statistics(1, 2, 2)), true)
    assert.equal(hasSickEndpoints(statistics(0, 1, 2)), true)
    assert.equal(hasSickEndpoints(''), false)
  })
})

const host = (port: number, status: object) => ({
  address: { socket_address: { address: '10.0.0.7', port_value: port } },
  health_status: { eds_health_status: 'HEALTHY', ...status },
})

describe('sickEndpoints()', () => {
  it('names them by service and address, and what is wrong', () => {
    const cluster_statuses = [
      {
        name: 'outbound|80|v1|cart.shop.svc.cluster.local',
        host_statuses: [host(1, {}), host(2, { failed_outlier_check: true }), host(3, { failed_active_health_check: true })],
      },
      { name: 'xds-grpc', host_statuses: [host(4, { failed_outlier_check: true })] },
    ]
    assert.deepEqual(sickEndpoints({ cluster_statuses }), [
      { host: 'cart.shop.svc.cluster.local', address: '10.0.0.7:2', trouble: 'ejected' },
      { host: 'cart.shop.svc.cluster.local', address: '10.0.0.7:3', trouble: 'failing_health_check' },
    ])
  })

  it('finds nothing in what is no such answer', () => {
    for (const odd of [undefined, null, 'text', [], { cluster_statuses: [null, { name: 7 }] }])
      assert.deepEqual(sickEndpoints(odd), [])
  })
})

describe('shortestLife()', () => {
  it('takes the certificate of which the smallest share of its life is left', () => {
    const leaf = (from: number, until: number) => ({
      cert_chain: [{ valid_from: new Date(from).toISOString(), expiration_time: new Date(until).toISOString() }],
    })
    const roots = { ca_cert: [{}], cert_chain: [] }
    const found = shortestLife({ certificates: [roots, leaf(0, 1000), leaf(0, 100_000), leaf(700, 1300)] }, 800)
    assert.deepEqual(found, { from: 0, until: 1000 })
    assert.equal(lifeLeft({ from: 0, until: 1000 }, 800), 0.2)
    assert.equal(shortestLife({ certificates: [roots] }, 0), undefined)
  })
})

describe('healthMetrics()', () => {
  it('tells endpoints by state, proxies by state, and certificates', () => {
    const text = healthMetrics({
      endpoints: [
        { host: 'cart', address: '10.0.0.7:2', trouble: 'ejected', callers: ['shop/a', 'shop/b'] },
        { host: 'cart', address: 'shop/cart-1', trouble: 'not_ready', callers: [] },
      ],
      ready: new Map([['cart', 2]]),
      certificates: [{ proxy: 'shop/a', from: 1000, until: 61_000 }],
      proxies: [
        { proxy: 'shop/a', state: 'SYNCED' },
        { proxy: 'shop/b', state: 'NACKED' },
      ],
    })
    for (const line of [
      'mizzen_service_endpoints{destination_service="cart",state="ready"} 2',
      'mizzen_service_endpoints{destination_service="cart",state="ejected"} 1',
      'mizzen_service_endpoints{destination_service="cart",state="not_ready"} 1',
      'mizzen_endpoint_trouble{destination_service="cart",endpoint="10.0.0.7:2",state="ejected"} 2',
      'mizzen_proxies{state="synced"} 1',
      'mizzen_proxies{state="stale"} 0',
      'mizzen_proxy_out_of_sync{proxy="shop/b",state="nacked"} 1',
      'mizzen_certificate_expiry_timestamp_seconds{proxy="shop/a"} 61',
    ])
      assert.ok(text.split('\n').includes(line), line)
  })
})
