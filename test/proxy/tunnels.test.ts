/**
 * What is not request and response: WebSocket, CONNECT, plain TCP; on mizzen and Envoy alike.
 */
import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { ENVOY_MISSING, envoyBinary } from '../scenarios/engines.ts'
import { type Backend, startBackend } from './backend.ts'
import { bootstrap, cluster, connectionManager, listener, tcpProxy } from './bootstrap.ts'
import { type Engine, freePorts, startEngine } from './engine.ts'
import { Wire } from './exchange.ts'
import { until } from './load.ts'

const NETWORK = 'type.googleapis.com/envoy.extensions.filters.network'

const UPGRADE =
  'GET /socket HTTP/1.1\r\nhost: shop.test\r\nconnection: upgrade\r\nupgrade: websocket\r\nsec-websocket-key: a\r\nsec-websocket-version: 13\r\n\r\n'

for (const name of ['mizzen', 'envoy'] as const) {
  const missing = name === 'envoy' && !envoyBinary() ? ENVOY_MISSING : false
  describe(`tunnels through ${name}`, { skip: missing }, () => {
    const running = new AsyncDisposableStack()
    let backend: Backend
    let engine: Engine
    before(async () => {
      backend = running.use(await startBackend())
      const [dead = 0] = await freePorts(1)
      const connect = { upgradeConfigs: [{ upgradeType: 'CONNECT', connectConfig: {} }] }
      const manager = connectionManager(
        [
          { match: { connectMatcher: {} }, route: { cluster: 'tcp', ...connect } },
          { match: { prefix: '/' }, route: { cluster: 'web', timeout: '0s' } },
        ],
        { upgradeConfigs: [{ upgradeType: 'websocket' }, { upgradeType: 'CONNECT' }] },
      )
      const failing = connectionManager([{ match: { connectMatcher: {} }, route: { cluster: 'dead', ...connect } }], {
        upgradeConfigs: [{ upgradeType: 'CONNECT' }],
      })
      engine = running.use(
        await startEngine(
          name,
          8,
          ([http = 0, broken = 0, tcp = 0, retried = 0, refused = 0, idle = 0, echo = 0, direct = 0], admin) =>
            bootstrap(
              admin,
              [
                listener('http', http, manager),
                listener('broken', broken, failing),
                listener('tcp', tcp, tcpProxy({ cluster: 'tcp' })),
                listener('retried', retried, tcpProxy({ cluster: 'half', maxConnectAttempts: 8 })),
                listener('refused', refused, tcpProxy({ cluster: 'dead' })),
                listener(
                  'idle',
                  idle,
                  tcpProxy({ weightedClusters: { clusters: [{ name: 'tcp', weight: 1 }] }, idleTimeout: '0.1s' }),
                ),
                listener('echo', echo, { '@type': `${NETWORK}.echo.v3.Echo` }),
                listener('direct', direct, {
                  '@type': `${NETWORK}.direct_response.v3.Config`,
                  response: { inlineString: 'always' },
                }),
              ],
              [
                cluster('web', [backend.http]),
                cluster('tcp', [backend.tcp]),
                cluster('dead', [dead]),
                cluster('half', [dead, backend.tcp]),
              ],
            ),
        ),
      )
    })
    after(() => running.disposeAsync())

    const open = (index: number) => new Wire(engine.ports[index] ?? 0)

    it('WebSocket bytes go both ways after 101', async () => {
      const wire = open(0)
      wire.send(UPGRADE)
      const answer = await wire.response(false)
      assert.equal(answer.status, 101)
      assert.ok(answer.headers.includes('upgrade: websocket'))
      assert.ok(answer.headers.includes('connection: upgrade'))
      wire.send('hello')
      assert.equal(await wire.bytes(5), 'HELLO')
      wire.send('x'.repeat(100_000))
      assert.equal(await wire.bytes(100_000), 'X'.repeat(100_000))
      wire.close()
    })

    it('WebSocket bytes sent with the request are not lost', async () => {
      const wire = open(0)
      wire.send(`${UPGRADE}early`)
      assert.equal((await wire.response(false)).status, 101)
      assert.equal(await wire.bytes(5), 'EARLY')
      wire.close()
    })

    it('CONNECT becomes a TCP connection', async () => {
      const wire = open(0)
      wire.send('CONNECT cache.test:6379 HTTP/1.1\r\nhost: cache.test:6379\r\n\r\n')
      assert.equal((await wire.response(true)).status, 200)
      wire.send('ping')
      assert.equal(await wire.bytes(6), '<ping>')
      wire.socket.end()
      // Envoy ends both halves at once over HTTP/1.1.
      assert.equal(await wire.rest(), name === 'mizzen' ? 'bye' : '')
    })

    it('CONNECT to nobody is 503', async () => {
      const wire = open(1)
      wire.send('CONNECT cache.test:6379 HTTP/1.1\r\nhost: cache.test:6379\r\n\r\n')
      assert.equal((await wire.response(false)).status, 503)
    })

    it('TCP bytes go both ways, and each half closes by itself', async () => {
      const wire = open(2)
      wire.send('one')
      assert.equal(await wire.bytes(5), '<one>')
      wire.socket.end()
      assert.equal(await wire.rest(), 'bye')
    })

    it('TCP carries megabytes with back-pressure', async () => {
      const wire = open(2)
      wire.send('y'.repeat(8 * 1024 * 1024))
      wire.socket.end()
      const received = await wire.rest()
      assert.equal(received.replace(/[<>]/g, ''), `${'y'.repeat(8 * 1024 * 1024)}bye`)
    })

    it('TCP is tried again elsewhere while max_connect_attempts lets it', async () => {
      for (let i = 0; i < 4; i++) {
        const wire = open(3)
        wire.send('try')
        assert.equal(await wire.bytes(5), '<try>')
        wire.close()
      }
    })

    it('TCP to nobody closes the connection', async () => {
      assert.equal(await open(4).rest(), '')
    })

    it('TCP without a byte for the idle timeout is closed', async () => {
      const wire = open(5)
      wire.send('one')
      assert.equal(await wire.bytes(5), '<one>')
      assert.equal(await wire.rest(), '')
    })

    it('echo gives back what it gets, direct_response always says the same', async () => {
      const echo = open(6)
      echo.send('same')
      assert.equal(await echo.bytes(4), 'same')
      echo.close()
      assert.equal(await open(7).rest(), 'always')
    })

    it('a client that leaves takes its upstream connection along', async () => {
      const wire = open(2)
      wire.send('one')
      await wire.bytes(5)
      wire.close()
      await until('the upstream connection is gone', async () => {
        const stats = await fetch(`http://127.0.0.1:${engine.admin}/stats?filter=cluster.tcp.upstream_cx_active`)
        return (await stats.text()).trim() === 'cluster.tcp.upstream_cx_active: 0'
      })
    })

    if (name === 'mizzen') {
      it('every connection is accounted for in the end', async () => {
        await until('no connection is left', async () => {
          const stats = await fetch(
            `http://127.0.0.1:${engine.admin}/stats?filter=^server.total_connections|^listener.*cx_active`,
          )
          return (await stats.text()).split('\n').every(line => line === '' || line.endsWith(': 0'))
        })
      })
      it('no error was written', () => assert.equal(engine.errors(), ''))
    }
  })
}
