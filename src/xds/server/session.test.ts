import assert from 'node:assert/strict'
import { test } from 'node:test'
import { DeltaByHand, SotwByHand } from '../../../test/xds/by-hand.ts'
import { EventLog } from '../../../test/xds/event-log.ts'
import * as real from '../../../test/xds/resources.ts'
import { ManualClock } from '../../lib/clock.ts'
import { Node } from '../gen/envoy/config/core/v3/base.ts'
import { ClusterLoadAssignment } from '../gen/envoy/config/endpoint/v3/endpoint.ts'
import type { EncodedResource } from '../wire/resource.ts'
import { CLUSTER, ENDPOINT, LISTENER, ROUTE, SECRET } from '../wire/type-url.ts'
import { AdsServer, type AdsServerOptions } from './ads-server.ts'
import { MapSource } from './map-source.ts'

/** Field 1 is the name in all types. */
function resource(name: string, version = '1'): EncodedResource {
  return { name, version, bytes: ClusterLoadAssignment.encode(ClusterLoadAssignment.fromPartial({ clusterName: name })).finish() }
}

function resources(...names: string[]): EncodedResource[] {
  return names.map(name => resource(name))
}

function setUp(options: Partial<AdsServerOptions> = {}) {
  const clock = new ManualClock()
  const source = new MapSource()
  const log = new EventLog()
  const ads = new AdsServer({ source, clock, quietMs: 10, patienceMs: 5000, onEvent: log.onEvent, ...options })
  return { clock, source, log, ads, pushed: () => clock.advance(10) }
}

test('a response waits until the one before it is answered, and then carries the newest state', () => {
  const { ads, source, pushed } = setUp()
  source.update(SECRET, resources('a'))
  const client = new DeltaByHand(ads)
  client.ask(SECRET, { resourceNamesSubscribe: ['a'] })
  assert.deepEqual(client.news(), ['Secret a@1'])
  for (const version of ['2', '3', '4']) {
    source.update(SECRET, [resource('a', version)])
    pushed()
  }
  assert.deepEqual(client.news(), [])
  client.ack(SECRET)
  assert.deepEqual(client.news(), ['Secret a@4'])
})

test('changes that come together are one push', () => {
  const { ads, source, clock } = setUp()
  const client = new DeltaByHand(ads)
  client.ask(CLUSTER)
  client.ack(CLUSTER)
  client.news()
  for (const name of ['a', 'b', 'c']) {
    source.update(CLUSTER, resources(name))
    clock.advance(9)
  }
  assert.deepEqual(client.news(), [])
  clock.advance(1)
  assert.deepEqual(client.news(), ['Cluster a@1 b@1 c@1'])
})

test('a resource is not sent again when only the object is another', () => {
  const { ads, source, pushed } = setUp()
  source.update(CLUSTER, resources('a', 'b'))
  const client = new DeltaByHand(ads)
  client.ask(CLUSTER)
  client.ack(CLUSTER)
  client.news()
  source.update(CLUSTER, [resource('a'), resource('b', '2')])
  pushed()
  assert.deepEqual(client.news(), ['Cluster b@2'])
})

test('an answer with an old nonce counts for nothing, its subscriptions count', () => {
  const { ads, source, pushed } = setUp()
  source.update(SECRET, resources('a', 'b'))
  const client = new DeltaByHand(ads)
  client.ask(SECRET, { resourceNamesSubscribe: ['a'] })
  const old = client.nonce(SECRET)
  client.ack(SECRET)
  source.update(SECRET, [resource('a', '2')])
  pushed()
  client.news()
  client.ask(SECRET, { responseNonce: old, resourceNamesSubscribe: ['b'] })
  assert.equal(client.status(SECRET)?.state, 'STALE')
  assert.deepEqual(client.news(), [])
  client.ack(SECRET)
  assert.deepEqual(client.news(), ['Secret b@1'])
})

test('a refused resource is sent again when it changes, not before, and other types go on', () => {
  const { ads, source, log, pushed } = setUp()
  source.update(SECRET, resources('a')).update(CLUSTER, resources('c'))
  const client = new DeltaByHand(ads)
  client.ask(CLUSTER)
  client.ack(CLUSTER)
  client.ask(SECRET, { resourceNamesSubscribe: ['a', 'b'] })
  client.ack(SECRET)
  source.update(SECRET, [resource('a', '2')])
  pushed()
  client.nack(SECRET, 'no such key')
  client.news()

  source.update(SECRET, resources('b')).update(CLUSTER, [resource('c', '2')])
  pushed()
  assert.deepEqual(client.news(), ['Cluster c@2', 'Secret b@1'])
  client.ack(SECRET)
  assert.equal(client.status(SECRET)?.state, 'NACKED')
  assert.equal(client.status(SECRET)?.refusal?.detail, 'no such key')
  assert.deepEqual(log.since(0, 'nacked').at(0)?.resources, ['a'])

  source.update(SECRET, [resource('a', '3')])
  pushed()
  assert.deepEqual(client.news(), ['Secret a@3'])
  client.ack(SECRET)
  assert.equal(client.status(SECRET)?.state, 'SYNCED')
  assert.equal(client.status(SECRET)?.refusal, undefined)
})

test('a refused response is halved until the culprit is alone, and its neighbours arrive', () => {
  const { ads, source } = setUp()
  source.update(SECRET, resources('a', 'b', 'bad', 'd'))
  const client = new DeltaByHand(ads)
  client.ask(SECRET, { resourceNamesSubscribe: ['a', 'b', 'bad', 'd'] })
  const rounds: string[] = []
  for (let news = client.news(); news.length > 0; news = client.news()) {
    rounds.push(...news)
    if (news[0]?.includes('bad')) client.nack(SECRET, 'one of them')
    else client.ack(SECRET)
  }
  assert.deepEqual(rounds, ['Secret a@1 b@1 bad@1 d@1', 'Secret a@1 b@1', 'Secret bad@1 d@1', 'Secret bad@1', 'Secret d@1'])
  assert.deepEqual(client.status(SECRET)?.refused, ['bad'])
})

test('state of the world goes on to send the last accepted version of what was refused', () => {
  const { ads, source, pushed } = setUp()
  const accepted = real.cluster('a', 1)
  source.update(CLUSTER, [accepted, real.cluster('b', 1)])
  const client = new SotwByHand(ads)
  client.ask(CLUSTER)
  client.ack(CLUSTER)
  source.update(CLUSTER, [real.cluster('a', 2)])
  pushed()
  client.nack(CLUSTER, 'no')
  client.news()
  source.update(CLUSTER, [real.cluster('c', 1)])
  pushed()
  assert.deepEqual(client.news(), ['Cluster a b c'])
  assert.deepEqual(Buffer.from(client.resources.get('a') ?? []), Buffer.from(accepted.bytes))
  client.ack(CLUSTER)
  assert.equal(client.status(CLUSTER)?.state, 'NACKED')
  source.update(CLUSTER, [accepted])
  pushed()
  assert.deepEqual(client.news(), [])
  assert.equal(client.status(CLUSTER)?.state, 'SYNCED')
})

test('the endpoints of a cluster that changes are sent again, unchanged', () => {
  const { ads, source, pushed } = setUp()
  source.update(CLUSTER, [real.cluster('a', 1)]).update(ENDPOINT, [resource('a')])
  const client = new DeltaByHand(ads)
  client.ask(CLUSTER)
  client.ask(ENDPOINT, { resourceNamesSubscribe: ['a'] })
  client.ack(CLUSTER)
  client.ack(ENDPOINT)
  client.news()
  source.update(CLUSTER, [real.cluster('a', 2)])
  pushed()
  assert.deepEqual(
    client.news().map(text => text.replace(/@.*/, '')),
    ['Cluster a', 'ClusterLoadAssignment a'],
  )
})

test('routes wait for an unanswered cluster, but not for ever', () => {
  const { ads, source, clock, pushed } = setUp()
  const client = new DeltaByHand(ads)
  client.ask(CLUSTER)
  client.ask(LISTENER)
  client.ask(ROUTE, { resourceNamesSubscribe: ['80'] })
  for (const type of [CLUSTER, LISTENER, ROUTE]) client.ack(type)
  client.news()
  source.update(CLUSTER, resources('new')).update(ROUTE, resources('80'))
  pushed()
  assert.deepEqual(client.news(), ['Cluster new@1'])
  clock.advance(4999)
  assert.deepEqual(client.news(), [])
  clock.advance(1)
  assert.deepEqual(client.news(), ['RouteConfiguration 80@1'])
})

test('a cluster goes when the route table without it was accepted, not when that was refused', () => {
  const { ads, source, clock, pushed } = setUp()
  source.update(CLUSTER, resources('old')).update(ROUTE, resources('80'))
  const client = new DeltaByHand(ads)
  client.ask(CLUSTER)
  client.ask(LISTENER)
  for (const type of [CLUSTER, LISTENER]) client.ack(type)
  client.ask(ROUTE, { resourceNamesSubscribe: ['80'] })
  client.ack(ROUTE)
  client.news()
  source.update(CLUSTER, [], ['old']).update(ROUTE, [resource('80', '2')])
  pushed()
  assert.deepEqual(client.news(), ['RouteConfiguration 80@2'])
  client.nack(ROUTE, 'I keep the old one')
  clock.advance(60_000)
  assert.deepEqual(client.news(), [])
  source.update(ROUTE, [resource('80', '3')])
  pushed()
  assert.deepEqual(client.news(), ['RouteConfiguration 80@3'])
  client.ack(ROUTE)
  assert.deepEqual(client.news(), ['Cluster -old'])
})

test('a client that comes back is sent what differs from the versions it tells', () => {
  const { ads, source, clock } = setUp()
  source.update(CLUSTER, [resource('same'), resource('changed', '2'), resource('new')])
  const client = new DeltaByHand(ads)
  client.ask(CLUSTER, { initialResourceVersions: { same: '1', changed: '1', gone: '1' } })
  assert.deepEqual(client.news(), ['Cluster changed@2 new@1'])
  client.ack(CLUSTER)
  assert.deepEqual(client.news(), [], 'listeners may refer to the one that is gone')
  clock.advance(5000)
  assert.deepEqual(client.news(), ['Cluster -gone'])
})

test('a client that comes back in state of the world is sent nothing when its version is the current one', () => {
  const { ads, source, pushed } = setUp()
  source.update(CLUSTER, resources('a', 'b')).update(SECRET, resources('s', 't'))
  const before = new SotwByHand(ads)
  before.ask(CLUSTER)
  before.ask(SECRET, { resourceNames: ['s', 't'] })

  const server = setUp()
  server.source.update(CLUSTER, resources('b', 'a')).update(SECRET, resources('s', 't'))
  const back = new SotwByHand(server.ads)
  back.ask(CLUSTER, { versionInfo: before.version(CLUSTER) })
  back.ask(SECRET, { versionInfo: before.version(SECRET), resourceNames: ['s', 't'] })
  assert.deepEqual(back.news(), [])
  assert.deepEqual([back.status(CLUSTER)?.state, back.status(SECRET)?.state], ['SYNCED', 'SYNCED'])

  const other = new SotwByHand(server.ads)
  other.ask(SECRET, { versionInfo: before.version(SECRET), resourceNames: ['s'] })
  assert.deepEqual(other.news(), ['Secret s'], 'the version was of two')
  pushed()
})

test('a gRPC library that comes back is sent everything: it tells versions of what it has thrown away', () => {
  const { ads, source } = setUp()
  source.update(CLUSTER, resources('a'))
  const before = new SotwByHand(ads)
  before.ask(CLUSTER)
  const back = new SotwByHand(ads)
  const node = Node.fromPartial({ id: 'n', userAgentName: 'gRPC Node Pure JS' })
  back.ask(CLUSTER, { node, versionInfo: before.version(CLUSTER), resourceNames: ['a'] })
  assert.deepEqual(back.news(), ['Cluster a'])
})

test('names that do not exist are answered, and sent when they do', () => {
  const { ads, source, pushed } = setUp()
  const client = new DeltaByHand(ads)
  client.ask(SECRET, { resourceNamesSubscribe: ['a'] })
  assert.deepEqual(client.news(), ['Secret -a'])
  client.ack(SECRET)
  source.update(SECRET, resources('a', 'never asked for'))
  pushed()
  assert.deepEqual(client.news(), ['Secret a@1'])
})

test('a name that is asked for again is sent again', () => {
  const { ads, source } = setUp()
  source.update(SECRET, resources('a'))
  const client = new DeltaByHand(ads)
  client.ask(SECRET, { resourceNamesSubscribe: ['a'] })
  client.ack(SECRET)
  client.news()
  client.ask(SECRET, { resourceNamesSubscribe: ['a'] })
  assert.deepEqual(client.news(), ['Secret a@1'])
})

test('the first response to a wildcard comes even if there is nothing', () => {
  const { ads } = setUp()
  const client = new DeltaByHand(ads)
  client.ask(CLUSTER)
  client.ask(LISTENER, { resourceNamesSubscribe: ['*'] })
  client.ack(CLUSTER)
  assert.deepEqual(client.news(), ['Cluster', 'Listener'])
  const sotw = new SotwByHand(ads)
  sotw.ask(CLUSTER)
  assert.deepEqual(sotw.news(), ['Cluster'])
})

test('an empty first request for types that are asked for by name asks for nothing', () => {
  const { ads, source } = setUp()
  source.update(ENDPOINT, resources('a'))
  const client = new DeltaByHand(ads)
  client.ask(ENDPOINT)
  assert.deepEqual(client.news(), [])
})

test('a proxy that the source does not know yet waits until it does', () => {
  const { ads, log, source, clock } = setUp()
  let known = false
  const listeners: ((change: ReadonlySet<string>) => void)[] = []
  const late = new AdsServer({
    clock,
    onEvent: log.onEvent,
    source: {
      resolve: node => (known ? source.resolve(node) : undefined),
      subscribe: listener => {
        listeners.push(listener)
        return () => {}
      },
    },
  })
  source.update(CLUSTER, resources('a'))
  const client = new DeltaByHand(late, 'pod')
  client.ask(CLUSTER)
  assert.deepEqual(client.news(), [])
  assert.equal(client.status(CLUSTER)?.state, 'NOT SENT')
  known = true
  for (const listener of listeners) listener(new Set(['other']))
  clock.advance(10)
  assert.deepEqual(client.news(), [])
  for (const listener of listeners) listener(new Set(['pod']))
  clock.advance(10)
  assert.deepEqual(client.news(), ['Cluster a@1'])
  ads.close()
})

test('a proxy stays on what it has when the source fails, and others are served', () => {
  const source = new MapSource()
  let broken = false
  const { ads, log, pushed } = setUp({
    source: {
      resolve(node) {
        if (broken && node.id === 'one') throw new Error('defect')
        return source.resolve(node)
      },
      subscribe: listener => source.subscribe(listener),
    },
  })
  source.update(CLUSTER, resources('a'))
  const one = new DeltaByHand(ads, 'one')
  const two = new DeltaByHand(ads, 'two')
  for (const client of [one, two]) {
    client.ask(CLUSTER)
    client.ack(CLUSTER)
    client.news()
  }
  broken = true
  source.update(CLUSTER, [resource('a', '2')])
  pushed()
  assert.deepEqual([one.news(), two.news()], [[], ['Cluster a@2']])
  assert.equal(log.since(0, 'source-failed').at(0)?.node, 'one')
})

test('a stream that does not introduce itself, or asks for no type, is refused', () => {
  const { ads } = setUp()
  assert.throws(() => new DeltaByHand(ads).ask(CLUSTER, { node: undefined }), /expected "node" in its first message/)
  assert.throws(() => new SotwByHand(ads).ask(''), /"type_url" is empty/)
})
