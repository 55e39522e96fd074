import assert from 'node:assert/strict'
import { mkdtemp, rm } from 'node:fs/promises'
import * as net from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { ManualClock } from '../../lib/clock.ts'
import { CircuitBreakers } from '../../xds/gen/envoy/config/cluster/v3/circuit_breaker.ts'
import type { Transport, TransportHandler } from '../net/transport.ts'
import type { ConnectOwner } from './cluster.ts'
import { closedPort, clusterSet, eventually, listen, PICK, staticCluster } from './cluster-set.testing.ts'
import type { UpstreamCluster } from './upstream-cluster.ts'

/** Keeps what it hears, of the attempt and of the connection. */
class Client implements ConnectOwner, TransportHandler {
  transport: Transport | undefined
  failure: string | undefined
  error: Error | undefined
  text = ''
  ended = false
  closed = false

  get connected(): boolean {
    return this.transport !== undefined
  }

  onConnected(transport: Transport): void {
    this.transport = transport
    transport.handler = this
  }
  onConnectFailed(reason: string, error: Error | undefined): void {
    this.failure = reason
    this.error = error
  }
  onBytes(bytes: Buffer): void {
    this.text += bytes.toString()
  }
  onEnd(): void {
    this.ended = true
  }
  onWritable(): void {}
  onClosed(): void {
    this.closed = true
  }
}

function connect(t: TestContext, cluster: UpstreamCluster | undefined) {
  const host = cluster?.pick(PICK)
  assert(cluster && host)
  const client = new Client()
  t.after(() => client.transport?.destroy())
  return { client, host, attempt: cluster.connect(host, client) }
}

const upperCase = () =>
  net.createServer({ allowHalfOpen: true }, socket => {
    socket.on('data', bytes => socket.write(bytes.toString().toUpperCase()))
    socket.on('end', () => socket.end('bye'))
    socket.on('error', () => {})
  })

test('connect() gives a connection of its own, counts it, and each half closes by itself', async t => {
  const port = await listen(t, upperCase())
  const set = clusterSet(t)
  set.put(staticCluster('cache', [port]))
  const { client, host } = connect(t, set.get('cache'))
  assert.equal(client.connected, false)
  await eventually(t, () => client.connected)
  const { stats } = set.records[0] ?? assert.fail()
  assert.deepEqual([host.active, stats.upstream_cx_active, stats.upstream_cx_total], [1, 1, 1])
  client.transport?.write(Buffer.from('get'))
  await eventually(t, () => client.text === 'GET')
  client.transport?.end()
  await eventually(t, () => client.closed)
  assert.equal(client.text, 'GETbye')
  assert.equal(client.ended, true)
  assert.deepEqual([host.active, stats.upstream_cx_active], [0, 0])
  assert.deepEqual([stats.upstream_cx_tx_bytes_total, stats.upstream_cx_rx_bytes_total], [3, 6])
})

test('connect() reaches a unix socket', async t => {
  const dir = await mkdtemp(join(tmpdir(), 'mizzen-pipe-'))
  t.after(() => rm(dir, { recursive: true }))
  const path = join(dir, 'cache.sock')
  const server = upperCase().listen(path)
  t.after(() => server.close())
  const message = staticCluster('cache', [1])
  const identifier = message.loadAssignment?.endpoints[0]?.lbEndpoints[0]?.hostIdentifier
  assert(identifier?.$case === 'endpoint')
  identifier.value.address = { address: { $case: 'pipe', value: { path, mode: 0 } } }
  const set = clusterSet(t)
  set.put(message)
  const { client, host } = connect(t, set.get('cache'))
  assert.equal(host.address, path)
  await eventually(t, () => client.connected)
  client.transport?.write(Buffer.from('get'))
  await eventually(t, () => client.text === 'GET')
})

test('connect() comes from the source address of upstream_bind_config', async t => {
  const from = Promise.withResolvers<string | undefined>()
  const port = await listen(
    t,
    net.createServer(socket => from.resolve(socket.remoteAddress)),
  )
  const set = clusterSet(t)
  const sourceAddress = {
    protocol: 0,
    address: '127.0.0.6',
    portSpecifier: undefined,
    resolverName: '',
    ipv4Compat: false,
  } as const
  const upstreamBindConfig = {
    sourceAddress,
    freebind: undefined,
    socketOptions: [],
    extraSourceAddresses: [],
    additionalSourceAddresses: [],
    localAddressSelector: undefined,
  }
  set.put(staticCluster('cache', [port], { upstreamBindConfig }))
  connect(t, set.get('cache'))
  assert.equal(await from.promise, '127.0.0.6')
})

test('connect() tells refusal, timeout and overflow apart, never before it returns', async t => {
  const clock = new ManualClock()
  const set = clusterSet(t, { clock })
  set.put(staticCluster('closed', [await closedPort()]))
  const refused = connect(t, set.get('closed')).client
  assert.equal(refused.failure, undefined)
  await eventually(t, () => refused.failure !== undefined)
  assert.equal(refused.failure, 'connect-failure')
  assert.match(refused.error?.message ?? '', /ECONNREFUSED/)

  set.put(staticCluster('silent', [{ address: '192.0.2.1', port: 9 }]))
  const silent = connect(t, set.get('silent')).client
  clock.advance(5000)
  assert.equal(silent.failure, 'connect-timeout')

  const port = await listen(t, upperCase())
  const circuitBreakers = CircuitBreakers.fromPartial({ thresholds: [{ maxConnections: 1 }] })
  set.put(staticCluster('small', [port], { circuitBreakers }))
  const first = connect(t, set.get('small')).client
  const second = connect(t, set.get('small')).client
  assert.equal(second.failure, undefined)
  await eventually(t, () => second.failure !== undefined && first.connected)
  assert.equal(second.failure, 'overflow')
  first.transport?.destroy()
  await eventually(t, () => first.closed)
  const third = connect(t, set.get('small')).client
  await eventually(t, () => third.connected)
  assert.equal(clock.waiting, 0)
})

test('cancel() is silent and gives the place back', async t => {
  const port = await listen(t, upperCase())
  const set = clusterSet(t)
  set.put(staticCluster('cache', [port]))
  const { client, host, attempt } = connect(t, set.get('cache'))
  attempt.cancel()
  attempt.cancel()
  assert.equal(host.active, 0)
  const other = connect(t, set.get('cache')).client
  await eventually(t, () => other.connected)
  attempt.cancel()
  assert.equal(client.connected, false)
  assert.equal(client.failure, undefined)
  assert.equal(set.get('cache')?.breakers.default.connections, 1)
})
