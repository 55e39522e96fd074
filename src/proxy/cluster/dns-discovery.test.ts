import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ManualClock } from '../../lib/clock.ts'
import { Cluster, Cluster_DiscoveryType, Cluster_DnsLookupFamily } from '../../xds/gen/envoy/config/cluster/v3/cluster.ts'
import { assignment, clusterSet, eventually, OK, PICK, rawServer, send, type TestEndpoint } from './cluster-set.testing.ts'
import { ofFamily, type ResolveDone, type Resolver, systemResolver } from './resolver.ts'

/** A zone that a test changes; answers when told to. */
class Zone implements Resolver {
  readonly addresses = new Map<string, readonly string[]>()
  readonly asked: string[] = []
  #waiting: { name: string; done: ResolveDone }[] = []

  resolve(name: string, _family: Cluster_DnsLookupFamily, done: ResolveDone): () => void {
    const question = { name, done }
    this.asked.push(name)
    this.#waiting.push(question)
    return () => {
      this.#waiting = this.#waiting.filter(other => other !== question)
    }
  }

  answer(): void {
    for (const { name, done } of this.#waiting.splice(0)) {
      const found = this.addresses.get(name)
      done(found ? undefined : new Error(`no "${name}"`), found ?? [])
    }
  }
}

function dnsCluster(type: 1 | 2, endpoints: readonly TestEndpoint[], more: Partial<Cluster> = {}): Cluster {
  const message = Cluster.fromPartial({
    name: 'shop',
    clusterDiscoveryType: { $case: 'type', value: type },
    loadAssignment: assignment('shop', endpoints),
    dnsRefreshRate: { seconds: 60 },
  })
  return { ...message, ...more }
}

const { STRICT_DNS, LOGICAL_DNS } = Cluster_DiscoveryType

function setUp(t: Parameters<typeof clusterSet>[0]) {
  const clock = new ManualClock()
  const zone = new Zone()
  const set = clusterSet(t, { clock, resolver: zone })
  const addresses = () => (set.get('shop')?.hosts ?? []).map(host => host.address)
  return { clock, zone, set, addresses }
}

test('STRICT_DNS waits for the first answers; every address is a host, of the name it came from', t => {
  const { zone, set, addresses } = setUp(t)
  zone.addresses.set('cart.shop', ['10.0.0.1', '10.0.0.2'])
  set.put(dnsCluster(STRICT_DNS, [{ address: 'cart.shop', port: 80 }, { address: 'gone.shop', port: 81 }, 9000]))
  assert.equal(set.get('shop'), undefined)
  zone.answer()
  assert.deepEqual(addresses(), ['10.0.0.1:80', '10.0.0.2:80', '127.0.0.1:9000'])
  assert.deepEqual(
    set.get('shop')?.hosts.map(host => host.hostname),
    ['cart.shop', 'cart.shop', '127.0.0.1'],
  )
  assert.deepEqual(zone.asked, ['cart.shop', 'gone.shop'])
})

test('STRICT_DNS asks again after the refresh rate; hosts that stay keep their object', t => {
  const { clock, zone, set, addresses } = setUp(t)
  zone.addresses.set('cart.shop', ['10.0.0.1', '10.0.0.2'])
  set.put(dnsCluster(STRICT_DNS, [{ address: 'cart.shop', port: 80 }]))
  zone.answer()
  const [, stays] = set.get('shop')?.hosts ?? []
  zone.addresses.set('cart.shop', ['10.0.0.3', '10.0.0.2'])
  clock.advance(59_999)
  assert.equal(zone.asked.length, 1)
  clock.advance(1)
  zone.answer()
  assert.deepEqual(addresses(), ['10.0.0.3:80', '10.0.0.2:80'])
  assert.equal(set.get('shop')?.hosts[1], stays)
})

test('a name that cannot be resolved any more keeps its addresses, and is asked for sooner at first', t => {
  const { clock, zone, set, addresses } = setUp(t)
  zone.addresses.set('cart.shop', ['10.0.0.1'])
  const dnsFailureRefreshRate = { baseInterval: { seconds: 1, nanos: 0 }, maxInterval: { seconds: 10, nanos: 0 } }
  set.put(dnsCluster(STRICT_DNS, [{ address: 'cart.shop', port: 80 }], { dnsFailureRefreshRate }))
  zone.answer()
  zone.addresses.delete('cart.shop')
  clock.advance(60_000)
  zone.answer()
  assert.deepEqual(addresses(), ['10.0.0.1:80'])
  clock.advance(1000)
  assert.equal(zone.asked.length, 3)
  zone.answer()
  const { stats } = set.records[0] ?? assert.fail()
  assert.deepEqual([stats.update_success, stats.update_failure], [1, 2])
})

test('a rotated answer is no change', t => {
  const { clock, zone, set } = setUp(t)
  zone.addresses.set('cart.shop', ['10.0.0.1', '10.0.0.2'])
  set.put(dnsCluster(STRICT_DNS, [{ address: 'cart.shop', port: 80 }]))
  zone.answer()
  zone.addresses.set('cart.shop', ['10.0.0.2', '10.0.0.1'])
  clock.advance(60_000)
  zone.answer()
  assert.equal(set.records[0]?.stats.membership_change, 1)
})

test('LOGICAL_DNS is one host whose connections stay when its address changes', async t => {
  const port = await rawServer(t, socket => socket.write(OK))
  const { clock, zone, set, addresses } = setUp(t)
  zone.addresses.set('localhost', ['127.0.0.1', '127.0.0.9'])
  set.put(dnsCluster(LOGICAL_DNS, [{ address: 'localhost', port }]))
  zone.answer()
  assert.deepEqual(addresses(), [`127.0.0.1:${port}`])
  await send(set.get('shop')).done
  const [host] = set.get('shop')?.hosts ?? []
  zone.addresses.set('localhost', ['127.0.0.2'])
  clock.advance(60_000)
  zone.answer()
  assert.deepEqual(addresses(), [`127.0.0.2:${port}`])
  assert.equal(set.get('shop')?.hosts[0], host)
  const sent = send(set.get('shop'))
  await sent.done
  assert.equal(sent.stream?.reused, true)
})

test('a cluster that is gone asks for nothing', t => {
  const { clock, zone, set } = setUp(t)
  zone.addresses.set('cart.shop', ['10.0.0.1'])
  set.put(dnsCluster(STRICT_DNS, [{ address: 'cart.shop', port: 80 }]))
  zone.answer()
  set.put(dnsCluster(STRICT_DNS, [{ address: 'orders.shop', port: 80 }]))
  set.remove('shop')
  zone.answer()
  clock.advance(120_000)
  assert.deepEqual(zone.asked, ['cart.shop', 'orders.shop'])
  assert.equal(clock.waiting, 0)
})

test('a cluster whose name does not resolve is in use all the same, without hosts', t => {
  const { zone, set } = setUp(t)
  set.put(dnsCluster(STRICT_DNS, [{ address: 'gone.shop', port: 80 }]))
  zone.answer()
  assert.equal(set.get('shop')?.pick(PICK), undefined)
})

test('ofFamily() chooses as Envoy does', () => {
  const both = [
    { address: '10.0.0.1', family: 4 },
    { address: '::1', family: 6 },
  ]
  const v4 = both.slice(0, 1)
  const { AUTO, V4_ONLY, V6_ONLY, V4_PREFERRED, ALL } = Cluster_DnsLookupFamily
  assert.deepEqual(ofFamily(both, AUTO), ['::1'])
  assert.deepEqual(ofFamily(v4, AUTO), ['10.0.0.1'])
  assert.deepEqual(ofFamily(both, V4_ONLY), ['10.0.0.1'])
  assert.deepEqual(ofFamily(v4, V6_ONLY), [])
  assert.deepEqual(ofFamily(both, V4_PREFERRED), ['10.0.0.1'])
  assert.deepEqual(ofFamily(both, ALL), ['10.0.0.1', '::1'])
})

test('systemResolver finds localhost, and says which name it cannot find', async () => {
  const { V4_ONLY } = Cluster_DnsLookupFamily
  const ask = (name: string) =>
    new Promise<{ error: Error | undefined; addresses: readonly string[] }>(resolve =>
      systemResolver.resolve(name, V4_ONLY, (error, addresses) => resolve({ error, addresses })),
    )
  assert.deepEqual((await ask('localhost')).addresses, ['127.0.0.1'])
  const missing = await ask('no-such-name.invalid')
  assert.deepEqual(missing.addresses, [])
  assert.match(missing.error?.message ?? '', /no-such-name\.invalid/)
})

test('STRICT_DNS serves through the system resolver', async t => {
  const port = await rawServer(t, socket => socket.write(OK))
  const set = clusterSet(t)
  set.put(dnsCluster(STRICT_DNS, [{ address: 'localhost', port }], { dnsLookupFamily: Cluster_DnsLookupFamily.V4_ONLY }))
  await eventually(t, () => set.get('shop') !== undefined)
  const sent = send(set.get('shop'))
  await sent.done
  assert.equal(sent.status, 200)
  set.remove('shop')
})
