import assert from 'node:assert/strict'
import * as http2 from 'node:http2'
import * as net from 'node:net'
import { type TestContext, test } from 'node:test'
import { ManualClock } from '../../lib/clock.ts'
import type { Cluster } from '../../xds/gen/envoy/config/cluster/v3/cluster.ts'
import {
  HealthCheck,
  HealthCheck_GrpcHealthCheck,
  HealthCheck_HttpHealthCheck,
  type HealthCheck_Payload,
  HealthCheck_TcpHealthCheck,
} from '../../xds/gen/envoy/config/core/v3/health_check.ts'
import {
  assignment,
  closedPort,
  clusterSet,
  edsCluster,
  eventually,
  listen,
  PICK,
  protocolOptions,
  rawServer,
  staticCluster,
} from '../cluster/cluster-set.testing.ts'
import type { ClusterSet } from '../cluster/cluster-set.ts'
import { loadHealthChecks } from './load.ts'

type Checker = HealthCheck['healthChecker']

const TEN_SECONDS = { seconds: 10, nanos: 0 }
const HTTP: Checker = {
  $case: 'httpHealthCheck',
  value: HealthCheck_HttpHealthCheck.fromPartial({ path: '/ready', host: 'shop.example' }),
}

function checks(healthChecker: Checker): Pick<Cluster, 'healthChecks'> {
  const [interval, timeout, noTrafficInterval] = [TEN_SECONDS, TEN_SECONDS, TEN_SECONDS]
  const thresholds = { healthyThreshold: 1, unhealthyThreshold: 1 }
  const message = HealthCheck.fromPartial({ interval, timeout, noTrafficInterval, ...thresholds })
  return { healthChecks: [{ ...message, healthChecker }] }
}

function setUp(t: TestContext) {
  const clock = new ManualClock()
  const set = clusterSet(t, { clock, startActiveHealth: loadHealthChecks })
  /** Lets the next check begin, and end. */
  const nextCheck = async () => {
    const { success, failure } = health(set)
    clock.advance(10_000)
    await eventually(t, () => health(set).success + health(set).failure > success + failure)
  }
  return { set, nextCheck }
}

function health(set: ClusterSet) {
  return set.records[0]?.health() ?? assert.fail('no cluster')
}

const reply = (status: string, headers = '') => `HTTP/1.1 ${status}\r\n${headers}content-length: 2\r\n\r\nok`

test('a cluster is ready when its hosts have been checked, and uses those that passed', async t => {
  const seen: string[] = []
  const well = await rawServer(t, (socket, head) => {
    seen.push(head)
    socket.write(reply('200 OK'))
  })
  const ill = await rawServer(t, socket => socket.write(reply('500 Oh')))
  const { set } = setUp(t)
  set.put(staticCluster('shop', [well, ill, await closedPort()], checks(HTTP)))
  assert.equal(set.get('shop'), undefined)
  await eventually(t, () => set.get('shop') !== undefined)
  assert.equal(set.get('shop')?.pick(PICK)?.port, well)
  assert.deepEqual(
    set.get('shop')?.hosts.map(host => host.healthy),
    [true, false, false],
  )
  assert.match(seen[0] ?? '', /^GET \/ready HTTP\/1\.1\r\nhost: shop\.example\r\n/i)
  const { attempt, success, failure, network_failure, healthy } = health(set)
  assert.deepEqual([attempt, success, failure, network_failure, healthy], [3, 1, 2, 1, 1])
  assert.equal(set.records[0]?.stats.upstream_cx_total, 0)
  assert.equal(set.records[0]?.stats.membership_healthy, 1)
})

test('a host that falls ill is left out, and used again when it is well', async t => {
  let status = '200 OK'
  const port = await rawServer(t, socket => socket.write(reply(status)))
  const { set, nextCheck } = setUp(t)
  set.put(staticCluster('shop', [port], checks(HTTP)))
  await eventually(t, () => set.get('shop') !== undefined)
  assert.equal(set.get('shop')?.pick(PICK)?.port, port)
  status = '503 No'
  await nextCheck()
  assert.equal(set.get('shop')?.pick(PICK), undefined)
  status = '200 OK'
  await nextCheck()
  assert.equal(set.get('shop')?.pick(PICK)?.port, port)
})

test('a host that is no longer assigned stays while it passes its checks', async t => {
  let status = '200 OK'
  const port = await rawServer(t, socket => socket.write(reply(status)))
  const { set, nextCheck } = setUp(t)
  set.put(edsCluster('shop', checks(HTTP)))
  set.putEndpoints('shop', assignment('shop', [port]))
  await eventually(t, () => set.get('shop') !== undefined)
  set.putEndpoints('shop', assignment('shop', []))
  assert.equal(set.get('shop')?.hosts[0]?.leaving, true)
  assert.equal(set.get('shop')?.pick(PICK)?.port, port)
  status = '500 Oh'
  await nextCheck()
  assert.deepEqual(set.get('shop')?.hosts, [])
})

test('a host that is no longer assigned goes at once when its health is to be ignored', async t => {
  const port = await rawServer(t, socket => socket.write(reply('200 OK')))
  const { set } = setUp(t)
  set.put(edsCluster('shop', { ...checks(HTTP), ignoreHealthOnHostRemoval: true }))
  set.putEndpoints('shop', assignment('shop', [port]))
  await eventually(t, () => set.get('shop') !== undefined)
  set.putEndpoints('shop', assignment('shop', []))
  assert.deepEqual(set.get('shop')?.hosts, [])
  assert.equal(health(set).healthy, 0)
})

test('TCP: a connection is enough, unless an answer is expected', async t => {
  const port = await listen(
    t,
    net.createServer(socket =>
      socket.on('data', bytes => (`${bytes}` === 'quit' ? socket.end('bye') : socket.write(`echo ${bytes}`))),
    ),
  )
  const text = (value: string): HealthCheck_Payload => ({
    payload: { $case: 'text', value: Buffer.from(value).toString('hex') },
  })
  const send = text('ping')
  const cases: [HealthCheck_TcpHealthCheck, boolean][] = [
    [HealthCheck_TcpHealthCheck.fromPartial({}), true],
    [HealthCheck_TcpHealthCheck.fromPartial({ send, receive: [text('echo'), text('ing')] }), true],
    [HealthCheck_TcpHealthCheck.fromPartial({ send: text('quit'), receive: [text('echo')] }), false],
  ]
  for (const [value, passes] of cases) {
    const { set } = setUp(t)
    set.put(staticCluster('shop', [port], checks({ $case: 'tcpHealthCheck', value })))
    await eventually(t, () => set.get('shop') !== undefined)
    assert.equal(set.get('shop')?.hosts[0]?.healthy, passes)
  }
})

test('gRPC: SERVING passes, anything else fails', async t => {
  const asked: string[] = []
  const server = http2.createServer()
  server.on('stream', (stream, headers) => {
    asked.push(String(headers[':path']))
    stream.on('data', bytes => {
      const serving = String(bytes).includes('shop') ? 1 : 2
      stream.respond({ 'content-type': 'application/grpc' }, { waitForTrailers: true })
      stream.on('wantTrailers', () => stream.sendTrailers({ 'grpc-status': '0' }))
      stream.end(Buffer.from([0, 0, 0, 0, 2, 8, serving]))
    })
  })
  server.on('session', session => t.after(() => session.destroy()))
  const port = await listen(t, server)
  for (const [serviceName, passes] of [
    ['shop', true],
    ['other', false],
  ] as const) {
    const { set } = setUp(t)
    const options = { typedExtensionProtocolOptions: protocolOptions('http2') }
    const value = HealthCheck_GrpcHealthCheck.fromPartial({ serviceName })
    set.put(staticCluster('shop', [port], { ...checks({ $case: 'grpcHealthCheck', value }), ...options }))
    await eventually(t, () => set.get('shop') !== undefined)
    assert.equal(set.get('shop')?.hosts[0]?.healthy, passes)
  }
  assert.deepEqual(asked, ['/grpc.health.v1.Health/Check', '/grpc.health.v1.Health/Check'])
})
