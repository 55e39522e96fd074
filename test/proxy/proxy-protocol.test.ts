/** The PROXY protocol before listeners and towards upstreams; on mizzen and Envoy alike. */
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { after, before, describe, it } from 'node:test'
import { type ProxiedAddresses, writeProxyHeader } from '../../src/proxy/proxy-protocol/header.ts'
import { ENVOY_MISSING, envoyBinary } from '../scenarios/engines.ts'
import { type Backend, startBackend } from './backend.ts'
import { bootstrap, cluster, connectionManager, listener, tcpProxy } from './bootstrap.ts'
import { type Engine, startEngine } from './engine.ts'
import { request, Wire } from './exchange.ts'

const TYPE = 'type.googleapis.com/envoy.extensions'
const CLIENT: ProxiedAddresses = {
  sourceAddress: '203.0.113.7',
  sourcePort: 4711,
  destinationAddress: '198.51.100.2',
  destinationPort: 443,
}

const taking = (more = {}) => ({
  listenerFilters: [
    {
      name: 'envoy.filters.listener.proxy_protocol',
      typedConfig: { '@type': `${TYPE}.filters.listener.proxy_protocol.v3.ProxyProtocol`, ...more },
    },
  ],
})

const sending = (version: 'V1' | 'V2') => ({
  transportSocket: {
    name: 'envoy.transport_sockets.upstream_proxy_protocol',
    typedConfig: {
      '@type': `${TYPE}.transport_sockets.proxy_protocol.v3.ProxyProtocolUpstreamTransport`,
      config: { version },
      transportSocket: {
        name: 'envoy.transport_sockets.raw_buffer',
        typedConfig: { '@type': `${TYPE}.transport_sockets.raw_buffer.v3.RawBuffer` },
      },
    },
  },
})

for (const name of ['mizzen', 'envoy'] as const) {
  const missing = name === 'envoy' && !envoyBinary() ? ENVOY_MISSING : false
  describe(`PROXY protocol through ${name}`, { skip: missing }, () => {
    const running = new AsyncDisposableStack()
    let backend: Backend
    let engine: Engine
    before(async () => {
      backend = running.use(await startBackend())
      const manager = connectionManager([{ match: { prefix: '/' }, route: { cluster: 'web' } }], { useRemoteAddress: true })
      engine = running.use(
        await startEngine(name, 6, ([http = 0, optional = 0, second = 0, one = 0, two = 0, through = 0], admin) =>
          bootstrap(
            admin,
            [
              listener('http', http, manager, taking()),
              listener('optional', optional, manager, taking({ allowRequestsWithoutProxyProtocol: true })),
              listener('second', second, manager, taking({ disallowedVersions: ['V1'] })),
              listener('one', one, tcpProxy({ cluster: 'one' })),
              listener('two', two, tcpProxy({ cluster: 'two' })),
              listener('through', through, tcpProxy({ cluster: 'one' }), taking()),
            ],
            [
              cluster('web', [backend.http]),
              cluster('one', [backend.tcp], sending('V1')),
              cluster('two', [backend.tcp], sending('V2')),
            ],
          ),
        ),
      )
    })
    after(() => running.disposeAsync())

    const open = (index: number) => new Wire(engine.ports[index] ?? 0)
    /** What the application sees of the client. */
    async function seen(index: number, header: Buffer): Promise<string> {
      const wire = open(index)
      wire.socket.write(Buffer.concat([header, Buffer.from(request('GET', '/echo'))]))
      const { status, body } = await wire.response(false).catch(() => ({ status: 0, body: '' }))
      wire.close()
      return status === 200 ? (/x-forwarded-for: ([^"]*)/.exec(body)?.[1] ?? 'nobody') : 'refused'
    }

    for (const version of [1, 2] as const)
      it(`takes the client's address from version ${version}`, async () => {
        assert.equal(await seen(0, writeProxyHeader(version, CLIENT)), '203.0.113.7')
        assert.equal(
          await seen(0, writeProxyHeader(version, { ...CLIENT, sourceAddress: '2001:db8::9', destinationAddress: '::1' })),
          '2001:db8::9',
        )
        assert.equal(await seen(0, writeProxyHeader(version, undefined)), await seen(1, Buffer.alloc(0)))
      })

    it('takes a header that comes byte by byte', async () => {
      const wire = open(0)
      wire.socket.setNoDelay(true)
      for (const byte of writeProxyHeader(2, CLIENT)) {
        wire.socket.write(Buffer.from([byte]))
        await new Promise(resolve => setTimeout(resolve, 1))
      }
      wire.send(request('GET', '/echo'))
      assert.match((await wire.response(false)).body, /x-forwarded-for: 203\.0\.113\.7/)
      wire.close()
    })

    it('refuses connections without a header, and with one that is wrong, unless none is needed', async () => {
      assert.equal(await seen(0, Buffer.alloc(0)), 'refused')
      assert.equal(await seen(0, Buffer.from('PROXY TCP4 1.2.3.4 nonsense 1 2\r\n')), 'refused')
      assert.doesNotMatch(await seen(1, Buffer.alloc(0)), /refused|203\.0\.113\.7/)
      assert.equal(await seen(1, writeProxyHeader(1, CLIENT)), '203.0.113.7')
    })

    it('refuses a version that is not allowed', async () => {
      assert.equal(await seen(2, writeProxyHeader(1, CLIENT)), 'refused')
      assert.equal(await seen(2, writeProxyHeader(2, CLIENT)), '203.0.113.7')
    })

    it('begins connections to an upstream with the client, in both versions', async () => {
      for (const [index, version] of [
        [3, 1],
        [4, 2],
      ] as const) {
        const wire = open(index)
        await once(wire.socket, 'connect')
        wire.send('hello')
        const address = wire.socket.localAddress ?? ''
        const own = { sourceAddress: address, sourcePort: wire.socket.localPort ?? 0 }
        const expected = writeProxyHeader(version, {
          ...own,
          destinationAddress: '127.0.0.1',
          destinationPort: engine.ports[index] ?? 0,
        })
        // The backend gives back what it reads as text, in brackets: of version 2 that is legible up to the ports.
        const legible = version === 1 ? expected.length : expected.length - 4
        assert.equal(await wire.bytes(legible + 1), `<${expected.toString('latin1', 0, legible)}`)
        wire.close()
      }
    })

    it('passes on whom a header names', async () => {
      const wire = open(5)
      wire.socket.write(Buffer.concat([writeProxyHeader(2, CLIENT), Buffer.from('hello')]))
      const expected = writeProxyHeader(1, CLIENT)
      const text = await wire.bytes(expected.length + 1)
      assert.equal(text, `<${expected}`)
      wire.close()
    })
  })
}
