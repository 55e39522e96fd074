import assert from 'node:assert/strict'
import type * as net from 'node:net'
import { test } from 'node:test'
import { ManualClock } from '../../lib/clock.ts'
import { CircuitBreakers } from '../../xds/gen/envoy/config/cluster/v3/circuit_breaker.ts'
import { type Cluster, Cluster_DiscoveryType } from '../../xds/gen/envoy/config/cluster/v3/cluster.ts'
import { OutlierDetection } from '../../xds/gen/envoy/config/cluster/v3/outlier_detection.ts'
import { HealthStatus } from '../../xds/gen/envoy/config/core/v3/health_check.ts'
import { compileBalancing } from '../balance/build.ts'
import { StatsRegistry } from '../telemetry/stats.ts'
import { ClusterConfigError } from './cluster-error.ts'
import {
  assignment,
  clusterSet,
  edsCluster,
  eventually,
  OK,
  PICK,
  protocolOptions,
  rawServer,
  send,
  staticCluster,
} from './cluster-set.testing.ts'
import type { UpstreamCluster } from './upstream-cluster.ts'

const seconds = (seconds: number) => ({ seconds, nanos: 0 })

function addresses(cluster: UpstreamCluster | undefined): string[] {
  return (cluster?.hosts ?? []).map(host => host.address)
}

test('put() of the same bytes keeps the cluster and its connections', async t => {
  const port = await rawServer(t, socket => socket.write(OK))
  const set = clusterSet(t)
  set.put(staticCluster('shop', [port]))
  const before = set.get('shop')
  await send(before).done
  set.put(staticCluster('shop', [port]))
  assert.equal(set.get('shop'), before)
  const sent = send(set.get('shop'))
  await sent.done
  assert.equal(sent.stream?.reused, true)
})

test('put() of a change serves by the new one, while requests of the old one finish', async t => {
  const waiting: net.Socket[] = []
  const port = await rawServer(t, (socket, head) => {
    if (head.startsWith('GET /held ')) waiting.push(socket)
    else socket.write(OK)
  })
  const set = clusterSet(t)
  set.put(staticCluster('shop', [port]))
  const held = send(set.get('shop'), '/held')
  await eventually(t, () => waiting.length > 0)
  set.put(staticCluster('shop', [port], { connectTimeout: seconds(1) }))
  const next = send(set.get('shop'))
  await next.done
  assert.equal(next.stream?.reused, false)
  waiting[0]?.write(OK)
  await held.done
  assert.equal(held.status, 200)
  const { stats } = set.records[0] ?? assert.fail()
  await eventually(t, () => stats.upstream_cx_active === 1)
  assert.equal(stats.upstream_rq_total, 2)
})

test('remove() drains: the name is gone, what is under way finishes', async t => {
  const waiting: net.Socket[] = []
  const port = await rawServer(t, socket => void waiting.push(socket))
  const registry = new StatsRegistry()
  const set = clusterSet(t, { stats: registry })
  set.put(staticCluster('shop', [port]))
  const sent = send(set.get('shop'))
  await eventually(t, () => waiting.length > 0)
  set.remove('shop')
  assert.equal(set.get('shop'), undefined)
  assert.deepEqual(set.records, [])
  waiting[0]?.write(OK)
  await sent.done
  assert.equal(sent.status, 200)
  await new Promise(resolve => waiting[0]?.on('close', resolve))
  assert.equal(registry.read().filter(stat => stat.group.prefix.startsWith('cluster.shop')).length, 0)
})

test('put() refuses what cannot be used, and what was there keeps serving', t => {
  const set = clusterSet(t, { readBalancing: cluster => compileBalancing(cluster, Math.random) })
  const good = staticCluster('shop', [1])
  set.put(good)
  const before = set.get('shop')
  const type = (value: Cluster_DiscoveryType) => ({ clusterDiscoveryType: { $case: 'type' as const, value } })
  const rows: [why: RegExp, message: Partial<Cluster>][] = [
    [/expected an IP address/, { loadAssignment: assignment('shop', [{ port: 80, address: 'cart.shop' }]) }],
    [/port_value from 0 to 65535/, { loadAssignment: assignment('shop', [70_000]) }],
    [/connect_timeout is 0 ms/, { connectTimeout: seconds(0) }],
    [/no eds_cluster_config/, type(Cluster_DiscoveryType.EDS)],
    [/LOGICAL_DNS has 2 endpoints/, { ...type(Cluster_DiscoveryType.LOGICAL_DNS), loadAssignment: assignment('shop', [1, 2]) }],
    [/expected a TLS transport socket/, { typedExtensionProtocolOptions: protocolOptions('auto') }],
    [
      /transport socket "envoy.transport_sockets.alts" is not supported/,
      { transportSocket: { name: 'envoy.transport_sockets.alts', configType: undefined } },
    ],
    [
      /cluster type "envoy.clusters.redis"/,
      { clusterDiscoveryType: { $case: 'clusterType', value: { name: 'envoy.clusters.redis', typedConfig: undefined } } },
    ],
    [/lb_policy/, { lbPolicy: 6 }],
  ]
  for (const [why, change] of rows) {
    assert.throws(
      () => set.put({ ...good, ...change }),
      error => error instanceof ClusterConfigError && error.cluster === 'shop' && why.test(error.message),
      String(why),
    )
    assert.equal(set.get('shop'), before)
  }
})

test('an EDS cluster is not in use before its first assignment', t => {
  const set = clusterSet(t)
  let warmed = 0
  set.onWarmed = () => warmed++
  assert.equal(set.put(edsCluster('shop')), 'shop')
  assert.equal(set.get('shop'), undefined)
  assert.equal(set.warming, 1)
  set.putEndpoints('shop', assignment('shop', [8080]))
  assert.deepEqual(addresses(set.get('shop')), ['127.0.0.1:8080'])
  assert.equal(set.warming, 0)
  assert.equal(warmed, 1)
})

test('a changed EDS cluster uses what is known, or else the old one serves until it is', t => {
  const set = clusterSet(t)
  set.put(edsCluster('shop'))
  set.putEndpoints('shop', assignment('shop', [8080]))
  const first = set.get('shop')
  set.put(edsCluster('shop', { connectTimeout: seconds(1) }))
  const second = set.get('shop')
  assert.notEqual(second, first)
  assert.deepEqual(addresses(second), ['127.0.0.1:8080'])
  const moved = edsCluster('shop')
  if (moved.edsClusterConfig) moved.edsClusterConfig.serviceName = 'shop-v2'
  assert.equal(set.put(moved), 'shop-v2')
  assert.equal(set.get('shop'), second)
  set.putEndpoints('shop-v2', assignment('shop-v2', [9090]))
  assert.deepEqual(addresses(set.get('shop')), ['127.0.0.1:9090'])
  // Nobody uses the old name any more.
  set.putEndpoints('shop', assignment('shop', [1]))
  assert.deepEqual(addresses(set.get('shop')), ['127.0.0.1:9090'])
})

test('an EDS cluster goes into use without endpoints after its initial_fetch_timeout', t => {
  const clock = new ManualClock()
  const set = clusterSet(t, { clock })
  const message = edsCluster('shop')
  if (message.edsClusterConfig?.edsConfig) message.edsClusterConfig.edsConfig.initialFetchTimeout = seconds(5)
  set.put(message)
  clock.advance(4999)
  assert.equal(set.get('shop'), undefined)
  clock.advance(1)
  assert.equal(set.get('shop')?.pick(PICK), undefined)
  assert.equal(set.records[0]?.stats.assignment_timeout_received, 1)
})

test('removeEndpoints() ends the wait, and leaves known endpoints as they are', t => {
  const set = clusterSet(t)
  set.put(edsCluster('shop'))
  set.removeEndpoints('shop')
  assert.deepEqual(addresses(set.get('shop')), [])
  set.putEndpoints('shop', assignment('shop', [8080]))
  set.removeEndpoints('shop')
  assert.deepEqual(addresses(set.get('shop')), ['127.0.0.1:8080'])
})

test('putEndpoints() keeps hosts, their counters and connections, and refuses bad addresses whole', async t => {
  const port = await rawServer(t, socket => socket.write(OK))
  const set = clusterSet(t)
  set.put(edsCluster('shop'))
  set.putEndpoints('shop', assignment('shop', [port]))
  await send(set.get('shop')).done
  const [host] = set.get('shop')?.hosts ?? []
  set.putEndpoints('shop', assignment('shop', [{ port: 1, health: HealthStatus.UNHEALTHY }, port]))
  assert.equal(set.get('shop')?.hosts[1], host)
  const sent = send(set.get('shop'))
  await sent.done
  assert.equal(sent.stream?.reused, true)
  assert.equal(host?.stats.rq_total, 2)
  assert.throws(
    () => set.putEndpoints('shop', assignment('shop', [port, { port: 1, address: 'name' }])),
    /expected an IP address/,
  )
  assert.equal(set.get('shop')?.hosts.length, 2)
})

test('health in assignments decides who is picked', t => {
  const set = clusterSet(t)
  set.put(edsCluster('shop'))
  const { UNKNOWN, HEALTHY, UNHEALTHY, DRAINING, TIMEOUT, DEGRADED } = HealthStatus
  const all = [UNKNOWN, HEALTHY, UNHEALTHY, DRAINING, TIMEOUT, DEGRADED]
  set.putEndpoints(
    'shop',
    assignment(
      'shop',
      all.map((health, at) => ({ port: at + 1, health })),
    ),
  )
  assert.deepEqual(
    set.get('shop')?.hosts.map(host => host.healthy),
    [true, true, false, false, false, true],
  )
  const { stats } = set.records[0] ?? assert.fail()
  assert.deepEqual([stats.membership_total, stats.membership_healthy], [6, 3])
  set.putEndpoints('shop', assignment('shop', [{ port: 1, health: DRAINING }]))
  assert.equal(set.get('shop')?.pick(PICK), undefined)
  assert.equal(stats.upstream_cx_none_healthy, 1)
})

test('report() ejects an outlier from balancing and lets it in again', t => {
  const clock = new ManualClock()
  const set = clusterSet(t, { clock })
  const outlierDetection = OutlierDetection.fromPartial({ consecutive5xx: 2, maxEjectionPercent: 100 })
  set.put(staticCluster('shop', [1, 2], { outlierDetection }))
  const cluster = set.get('shop') ?? assert.fail()
  const [first, second] = cluster.hosts
  assert(first && second)
  for (let i = 0; i < 2; i++) cluster.report(first, 503, 'response')
  assert.deepEqual([cluster.pick(PICK), cluster.pick(PICK)], [second, second])
  const { stats, outlier } = set.records[0] ?? assert.fail()
  assert.equal(stats.membership_healthy, 1)
  assert.equal(outlier.ejections_active, 1)
  clock.advance(30_000)
  assert.equal(stats.membership_healthy, 2)
  assert.equal(first.healthy, true)
})

test('acquireRetry() limits concurrent retries, by number or by budget', t => {
  const set = clusterSet(t)
  const thresholds = (threshold: object) => ({ circuitBreakers: CircuitBreakers.fromPartial({ thresholds: [threshold] }) })
  set.put(staticCluster('shop', [1]))
  const plain = set.get('shop') ?? assert.fail()
  assert.deepEqual(
    [1, 2, 3, 4].map(() => plain.acquireRetry()),
    [true, true, true, false],
  )
  plain.releaseRetry()
  assert.equal(plain.acquireRetry(), true)
  assert.equal(plain.acquireRetry('high'), true)
  set.put(staticCluster('shop', [1], thresholds({ retryBudget: { budgetPercent: { value: 25 }, minRetryConcurrency: 1 } })))
  const budget = set.get('shop') ?? assert.fail()
  assert.deepEqual([budget.acquireRetry(), budget.acquireRetry()], [true, false])
  const busy = budget.breakers.default
  busy.requests = 8
  assert.equal(budget.acquireRetry(), true)
  assert.equal(budget.acquireRetry(), false)
})

test('statistics have the names of Envoy, and go on when a cluster changes', async t => {
  const port = await rawServer(t, socket => socket.write(OK))
  const registry = new StatsRegistry()
  const set = clusterSet(t, { stats: registry })
  set.put(staticCluster('outbound|80||cart', [port], { altStatName: 'outbound|80||cart;' }))
  const read = (name: string) => registry.read().find(stat => `${stat.group.prefix}.${stat.field}` === name)?.value
  const sent = send(set.get('outbound|80||cart'))
  await sent.done
  const [host] = set.get('outbound|80||cart')?.hosts ?? []
  assert(host)
  set.get('outbound|80||cart')?.report(host, 200, 'response')
  set.put(staticCluster('outbound|80||cart', [port], { altStatName: 'outbound|80||cart;', connectTimeout: seconds(1) }))
  assert.equal(read('cluster.outbound|80||cart.upstream_rq_total'), 1)
  assert.equal(read('cluster.outbound|80||cart.upstream_rq_2xx'), 1)
  assert.equal(read('cluster.outbound|80||cart.upstream_rq_200'), 1)
  assert.equal(read('cluster.outbound|80||cart.membership_total'), 1)
  assert.equal(read('cluster.outbound|80||cart.circuit_breakers.default.cx_open'), 0)
  assert.equal(read('cluster.outbound|80||cart.outlier_detection.ejections_active'), 0)
  assert.equal(read('cluster_manager.cluster_added'), 1)
  assert.equal(read('cluster_manager.cluster_modified'), 1)
})
