import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ManualClock } from '../../lib/clock.ts'
import { Cluster, Cluster_DiscoveryType } from '../../xds/gen/envoy/config/cluster/v3/cluster.ts'
import { ClusterConfig } from '../../xds/gen/envoy/extensions/clusters/dynamic_forward_proxy/v3/cluster.ts'
import { pack } from '../../xds/wire/any.ts'
import { clusterSet, OK, PICK, rawServer, requestHead, Sent } from './cluster-set.testing.ts'
import { splitAuthority } from './named-hosts.ts'
import type { UpstreamCluster } from './upstream-cluster.ts'

const FORWARD_PROXY = 'envoy.extensions.clusters.dynamic_forward_proxy.v3.ClusterConfig'

function originalDestination(more: Partial<Cluster> = {}): Cluster {
  const value = Cluster_DiscoveryType.ORIGINAL_DST
  return { ...Cluster.fromPartial({ name: 'shop', clusterDiscoveryType: { $case: 'type', value }, lbPolicy: 6 }), ...more }
}

function forwardProxy(cache: { maxHosts?: number } = {}): Cluster {
  const config = ClusterConfig.fromPartial({
    clusterImplementationSpecifier: { $case: 'dnsCacheConfig', value: { name: 'cache', dnsLookupFamily: 1, ...cache } },
  })
  const value = { name: 'envoy.clusters.dynamic_forward_proxy', typedConfig: pack(FORWARD_PROXY, ClusterConfig, config) }
  return Cluster.fromPartial({ name: 'shop', clusterDiscoveryType: { $case: 'clusterType', value }, lbPolicy: 6 })
}

async function ask(cluster: UpstreamCluster | undefined, context: Partial<typeof PICK>): Promise<Sent> {
  const host = cluster?.pick({ ...PICK, ...context })
  assert(cluster && host, 'no host')
  const sent = new Sent()
  sent.stream = cluster.open(host, requestHead(), true, sent)
  await sent.done
  return sent
}

test('ORIGINAL_DST goes where the connection was going', async t => {
  const port = await rawServer(t, socket => socket.write(OK))
  const set = clusterSet(t)
  set.put(originalDestination())
  const cluster = set.get('shop')
  const context = { originalDestination: `127.0.0.1:${port}` }
  assert.equal((await ask(cluster, context)).status, 200)
  assert.equal((await ask(cluster, context)).stream?.reused, true)
  assert.equal(cluster?.pick(PICK), undefined)
  assert.equal(cluster?.pick({ ...PICK, originalDestination: 'name:80' }), undefined)
})

test('ORIGINAL_DST takes the port of upstream_port_override', t => {
  const set = clusterSet(t)
  const config = { useHttpHeader: false, httpHeaderName: '', upstreamPortOverride: 8080, metadataKey: undefined }
  set.put(originalDestination({ lbConfig: { $case: 'originalDstLbConfig', value: config } }))
  const host = set.get('shop')?.pick({ ...PICK, originalDestination: '[::1]:80' })
  assert.equal(host?.address, '[::1]:8080')
})

test('ORIGINAL_DST forgets hosts that nobody asks for, and closes their idle connections', async t => {
  const closed = Promise.withResolvers<void>()
  const port = await rawServer(t, socket => {
    socket.write(OK)
    socket.on('close', () => closed.resolve())
  })
  const clock = new ManualClock()
  const set = clusterSet(t, { clock })
  set.put(originalDestination())
  const cluster = set.get('shop')
  await ask(cluster, { originalDestination: `127.0.0.1:${port}` })
  const { stats } = set.records[0] ?? assert.fail()
  clock.advance(5000)
  assert.deepEqual([cluster?.hosts.length, stats.membership_total], [1, 1])
  clock.advance(5000)
  assert.deepEqual([cluster?.hosts.length, stats.membership_total], [0, 0])
  await closed.promise
})

test('the dynamic forward proxy connects to the authority once it is resolved', async t => {
  const port = await rawServer(t, socket => socket.write(OK))
  const set = clusterSet(t)
  set.put(forwardProxy())
  const cluster = set.get('shop')
  const sent = await ask(cluster, { authority: `LocalHost:${port}` })
  assert.equal(sent.status, 200)
  assert.equal(cluster?.hosts[0]?.hostname, 'localhost')
  assert.equal((await ask(cluster, { authority: `127.0.0.1:${port}` })).status, 200)
  assert.equal(cluster?.pick({ ...PICK, authority: 'example.org' })?.port, 80)
})

test('the dynamic forward proxy fails to connect to what cannot be resolved', async t => {
  const set = clusterSet(t)
  set.put(forwardProxy())
  const sent = await ask(set.get('shop'), { authority: 'no-such-name.invalid' })
  assert.equal(sent.reset, 'connect-failure')
  assert.match(sent.stream?.connectError ?? '', /no-such-name\.invalid/)
})

test('the dynamic forward proxy keeps to max_hosts', t => {
  const set = clusterSet(t)
  set.put(forwardProxy({ maxHosts: 1 }))
  const pick = (authority: string) => set.get('shop')?.pick({ ...PICK, authority })
  assert(pick('a.example'))
  assert.equal(pick('b.example'), undefined)
  assert.equal(pick('A.EXAMPLE:80'), pick('a.example'))
})

test('splitAuthority() takes names and addresses apart, and refuses the rest', () => {
  assert.deepEqual(splitAuthority('Cart.shop:8080'), { name: 'cart.shop', port: 8080 })
  assert.deepEqual(splitAuthority('cart'), { name: 'cart', port: undefined })
  assert.deepEqual(splitAuthority('[FE80::1]:80'), { name: 'fe80::1', port: 80 })
  assert.deepEqual(splitAuthority('10.0.0.1'), { name: '10.0.0.1', port: undefined })
  for (const bad of ['', ':80', 'a:b', 'a:0', 'a:65536', '::1', 'a b', 'user@host', 'a/b', '[::1', 'a:80:80'])
    assert.equal(splitAuthority(bad), undefined, bad)
})
