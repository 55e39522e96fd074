import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { AccessLog } from '../../../xds/gen/envoy/config/accesslog/v3/accesslog.ts'
import { Config as StatsLog } from '../../../xds/gen/envoy/extensions/access_loggers/stats/v3/stats.ts'
import { pack } from '../../../xds/wire/any.ts'
import type { Host } from '../../balance/host.ts'
import type { Cluster } from '../../cluster/cluster.ts'
import { HeaderList } from '../../http/headers.ts'
import { GrpcMessages } from '../grpc-messages.ts'
import { testRecord } from '../record.testing.ts'
import { type MetricsGroup, readMetricsPlan } from './metrics-plan.ts'
import { MOST_ENTRIES } from './series.ts'
import { StandardMetrics } from './standard-metrics.ts'

const WEB = {
  workload: 'web-v1',
  namespace: 'shop',
  app: 'web',
  version: 'v1',
  canonical_service: 'web',
  canonical_revision: 'v1',
  cluster: 'K',
}

function cluster(name = 'outbound|80||cart.shop.svc.cluster.local'): Cluster {
  const services = [{ host: 'cart.shop.svc.cluster.local', name: 'cart', namespace: 'shop' }]
  const nothing = () => undefined
  return {
    name,
    metadata: { istio: { services } },
    pick: nothing,
    open: () => assert.fail(),
    connect: () => assert.fail(),
    acquireRetry: () => false,
    releaseRetry: nothing,
    report: nothing,
    chargeResponse: nothing,
  }
}

const HOST: Host = {
  address: '10.0.0.5:80',
  ip: '10.0.0.5',
  port: 80,
  hostname: '',
  weight: 1,
  priority: 0,
  locality: '',
  localityWeight: 0,
  labels: new Map(),
  healthy: true,
  active: 0,
  metadata: { istio: { workload: 'cart-v1;shop;cart;v1;K;cart;v1' } },
  principals: { own: 'spiffe://cluster.local/ns/shop/sa/web', peer: 'spiffe://cluster.local/ns/shop/sa/cart' },
}

describe('StandardMetrics', () => {
  test('counts a request by its peers, its status and its flags', () => {
    const metrics = new StandardMetrics(WEB, () => {})
    const to = cluster()
    for (let i = 0; i < 3; i++) metrics.requestOver(Object.assign(testRecord(), { cluster: to, host: HOST }), undefined)
    const text = metrics.render()
    const line = text.split('\n').find(found => found.startsWith('istio_requests_total{'))
    assert.equal(
      line,
      'istio_requests_total{reporter="source",source_workload="web-v1",source_canonical_service="web",source_canonical_revision="v1",source_workload_namespace="shop",' +
        'source_principal="spiffe://cluster.local/ns/shop/sa/web",source_app="web",source_version="v1",source_cluster="K",destination_workload="cart-v1",' +
        'destination_workload_namespace="shop",destination_principal="spiffe://cluster.local/ns/shop/sa/cart",destination_app="cart",destination_version="v1",' +
        'destination_service="cart.shop.svc.cluster.local",destination_canonical_service="cart",destination_canonical_revision="v1",destination_service_name="cart",' +
        'destination_service_namespace="shop",destination_cluster="K",request_protocol="http",connection_security_policy="unknown",response_code="200",' +
        'grpc_response_status="",response_flags="-"} 3',
    )
    assert.match(text, /istio_request_duration_milliseconds_bucket\{[^}]*,le="10"} 0\n/)
    assert.match(text, /istio_request_duration_milliseconds_bucket\{[^}]*,le="25"} 3\n/)
    assert.match(text, /istio_request_bytes_count\{[^}]*} 3\n/)
    assert.doesNotMatch(text, /messages_total/)
  })

  test('tells of the caller what its certificate says, and of a caller without one nothing', () => {
    const metrics = new StandardMetrics(WEB, () => {})
    const principal = 'spiffe://cluster.local/ns/far/sa/client'
    const peer = { uriSans: [principal], subject: 'OU=workload~client-v2,OU=namespace~lies' }
    metrics.requestOver(Object.assign(testRecord({ side: 'inbound', peer }), { cluster: cluster('inbound|80||') }), undefined)
    metrics.requestOver(Object.assign(testRecord({ side: 'inbound' }), { cluster: cluster('inbound|80||') }), undefined)
    const [mutual = '', plain = ''] = metrics
      .render()
      .split('\n')
      .filter(line => line.startsWith('istio_requests_total{'))
    assert.match(
      mutual,
      /reporter="destination",source_workload="client-v2",.*source_workload_namespace="far",source_principal="spiffe:\S+client"/,
    )
    assert.match(mutual, /connection_security_policy="mutual_tls"/)
    assert.match(plain, /source_workload="unknown",.*source_principal="unknown".*connection_security_policy="none"/)
  })

  test('counts gRPC by status and messages', () => {
    const metrics = new StandardMetrics(WEB, () => {})
    const record = Object.assign(testRecord({ headers: ['content-type', 'application/grpc'] }), { cluster: cluster() })
    record.responseTrailers = new HeaderList(['grpc-status', '5'])
    record.requestMessages = 2
    metrics.requestOver(record, undefined)
    const text = metrics.render()
    assert.match(text, /istio_requests_total\{.*request_protocol="grpc".*grpc_response_status="5"/)
    assert.match(text, /istio_request_messages_total\{[^}]*} 2\n/)
  })

  test('counts connections while they are open, and after', () => {
    const metrics = new StandardMetrics(WEB, () => {})
    const record = Object.assign(testRecord(), { cluster: cluster(), host: HOST })
    record.request = undefined
    const series = metrics.connection(record, '', undefined)
    assert.ok(series)
    series.open()
    series.sent(10)
    assert.match(metrics.render(), /istio_tcp_sent_bytes_total\{[^}]*request_protocol="tcp"[^}]*response_flags="-"} 10\n/)
    assert.equal(metrics.connection(record, '', undefined), series)
  })

  test('keeps a bounded number of label sets, counts what is above and says so once', () => {
    const warnings: string[] = []
    const metrics = new StandardMetrics(WEB, line => warnings.push(line))
    const to = cluster()
    for (let i = 0; i < MOST_ENTRIES + 10; i++)
      metrics.requestOver(Object.assign(testRecord({ status: 100 + i }), { cluster: to, host: HOST }), undefined)
    const text = metrics.render()
    assert.match(text, /istio_requests_total\{mizzen_overflow="true"} 10\n/)
    assert.match(text, /mizzen_metrics_overflow_total 10\n/)
    assert.deepEqual(warnings, [
      'there are more label sets of requests than are kept apart: further ones count as mizzen_overflow="true"',
    ])
  })

  test('does not keep hosts apart that clients name, beyond the limit', () => {
    const metrics = new StandardMetrics(WEB, () => {})
    const anywhere = cluster('PassthroughCluster')
    for (const authority of ['a.test', 'b.test']) {
      const record = Object.assign(testRecord(), { cluster: anywhere })
      if (record.request) record.request.authority = authority
      metrics.requestOver(record, undefined)
    }
    assert.match(metrics.render(), /destination_service="b.test".*destination_service_name="PassthroughCluster"/)
  })
})

test('GrpcMessages.feed() counts messages however they are cut', () => {
  const body = Buffer.concat(
    [3, 0, 300].map(length => Buffer.concat([Buffer.from([0, 0, 0, length >> 8, length & 255]), Buffer.alloc(length)])),
  )
  for (const size of [1, 2, 7, 100, 1000]) {
    const counter = new GrpcMessages()
    let messages = 0
    for (let at = 0; at < body.length; at += size) messages += counter.feed(body.subarray(at, at + size))
    assert.equal(messages, 3, `chunks of ${size}`)
  }
})

describe('StandardMetrics, changed by Telemetry', () => {
  const plan = (group: Partial<MetricsGroup>, ...others: Partial<MetricsGroup>[]) => ({
    groups: [group, ...others].map(each => ({ metrics: new Set<string>(), removed: new Set<string>(), set: [], ...each })),
  })

  test('leaves out metrics that no group has, and labels that are removed', () => {
    const metrics = new StandardMetrics(WEB, () => {})
    const changed = plan({ metrics: new Set(['istio_requests_total']), removed: new Set(['source_version', 'response_flags']) })
    for (const status of [200, 503])
      metrics.requestOver(Object.assign(testRecord({ status }), { cluster: cluster(), host: HOST }), changed)
    const lines = metrics.render().trim().split('\n')
    assert.equal(lines.length, 3, 'a type and two series')
    assert.match(lines[1] ?? '', /^istio_requests_total\{reporter="source".*response_code="200",grpc_response_status=""\} 1$/)
    assert.doesNotMatch(lines[1] ?? '', /source_version|response_flags/)
  })

  test('sets labels by the request, "unknown" where there is no value, and no longer than a bound', () => {
    const metrics = new StandardMetrics(WEB, () => {})
    const changed = plan({
      metrics: new Set(['istio_requests_total']),
      set: [
        { name: 'method', value: record => record.request?.method },
        { name: 'tenant', value: record => record.request?.headers.get('x-tenant') },
      ],
    })
    const to = cluster()
    const over = (headers: string[]) =>
      metrics.requestOver(Object.assign(testRecord({ headers }), { cluster: to, host: HOST }), changed)
    over([])
    over(['x-tenant', 'a'])
    over(['x-tenant', 'a'])
    over(['x-tenant', 'b'.repeat(5000)])
    const text = metrics.render()
    assert.match(text, /method="GET",tenant="unknown"\} 1\n/)
    assert.match(text, /tenant="a"\} 2\n/)
    assert.match(text, /tenant="b{256}"\} 1\n/)
  })

  test('counts each metric under its own labels, of connections too', () => {
    const metrics = new StandardMetrics(WEB, () => {})
    const record = Object.assign(testRecord(), { cluster: cluster(), host: HOST })
    record.request = undefined
    const changed = plan(
      { metrics: new Set(['istio_tcp_connections_opened_total']) },
      { metrics: new Set(['istio_tcp_sent_bytes_total']), removed: new Set(['source_app']) },
    )
    const counts = metrics.connection(record, '', changed)
    counts?.open()
    counts?.sent(7)
    counts?.received(9)
    const text = metrics.render()
    assert.match(text, /istio_tcp_connections_opened_total\{.*source_app="web".*\} 1\n/)
    assert.match(text, /istio_tcp_sent_bytes_total\{.*source_principal="[^"]*",source_version.*\} 7\n/)
    assert.doesNotMatch(text, /received_bytes|closed/)
  })
})

test('readMetricsPlan() puts metrics with the same labels together, and refuses statistics of others', () => {
  const log = (counters: readonly (readonly [string, Record<string, string>])[]) =>
    AccessLog.fromPartial({
      configType: {
        $case: 'typedConfig',
        value: pack(
          'envoy.extensions.access_loggers.stats.v3.Config',
          StatsLog,
          StatsLog.fromPartial({
            counters: counters.map(([name, tags]) => ({
              stat: { name, tags: Object.entries(tags).map(([tag, valueFormat]) => ({ name: tag, valueFormat })) },
            })),
          }),
        ),
      },
    })
  assert.equal(readMetricsPlan([]), undefined)
  const plan = readMetricsPlan([
    log([
      ['istio_requests_total', { reporter: 'source', mizzen_removed: 'a b' }],
      ['istio_request_messages_total', { reporter: 'source', mizzen_removed: 'a b' }],
      ['istio_response_messages_total', { reporter: 'source' }],
    ]),
  ])
  assert.deepEqual(
    plan?.groups.map(({ metrics, removed }) => [[...metrics], [...removed]]),
    [
      [
        ['istio_requests_total', 'istio_request_messages_total'],
        ['a', 'b'],
      ],
      [['istio_response_messages_total'], []],
    ],
  )
  assert.deepEqual(readMetricsPlan([log([])])?.groups, [])
  assert.throws(() => readMetricsPlan([log([['mine', {}]])]), /"mine", expected Istio's standard metrics/)
})
