/**
 * From the accepted socket to the filter chain: sniffed protocols, server names, TLS termination, time-outs; mizzen and Envoy alike.
 */
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { connect as connectHttp2 } from 'node:http2'
import { after, before, describe, it } from 'node:test'
import { type ConnectionOptions, connect, type TLSSocket } from 'node:tls'
import { CA, CERTIFICATE, PRIVATE_KEY } from '../../src/proxy/cluster/certificates.testing.ts'
import type { JsonValue } from '../../src/xds/wire/json.ts'
import { ENVOY_MISSING, envoyBinary } from '../scenarios/engines.ts'
import { type Backend, startBackend } from './backend.ts'
import { bootstrap, cluster, connectionManager, socketAddress, tcpProxy } from './bootstrap.ts'
import { type Engine, startEngine } from './engine.ts'
import { exchange, request, Wire } from './exchange.ts'

type Json = { [name: string]: JsonValue }

const FILTERS = 'type.googleapis.com/envoy.extensions.filters.listener'
const INSPECTORS: Json[] = [
  { name: 'tls', typedConfig: { '@type': `${FILTERS}.tls_inspector.v3.TlsInspector` } },
  { name: 'http', typedConfig: { '@type': `${FILTERS}.http_inspector.v3.HttpInspector` } },
]

function tls(more: Json = {}, common: Json = {}): Json {
  return {
    name: 'tls',
    typedConfig: {
      '@type': 'type.googleapis.com/envoy.extensions.transport_sockets.tls.v3.DownstreamTlsContext',
      commonTlsContext: {
        alpnProtocols: ['h2', 'http/1.1'],
        tlsCertificates: [{ certificateChain: { inlineString: CERTIFICATE }, privateKey: { inlineString: PRIVATE_KEY } }],
        ...common,
      },
      ...more,
    },
  }
}

function chain(name: string, match: Json, typedConfig: Json, transportSocket?: Json): Json {
  return { name, filterChainMatch: match, filters: [{ name: 'only', typedConfig }], ...(transportSocket && { transportSocket }) }
}

/** Answers with its name. */
function named(name: string): Json {
  return connectionManager([{ match: { prefix: '/' }, directResponse: { status: 200, body: { inlineString: name } } }], {
    accessLog: [],
  })
}

for (const name of ['mizzen', 'envoy'] as const) {
  const missing = name === 'envoy' && !envoyBinary() ? ENVOY_MISSING : false
  describe(`listeners of ${name}`, { skip: missing }, () => {
    const running = new AsyncDisposableStack()
    let backend: Backend
    let engine: Engine
    before(async () => {
      backend = running.use(await startBackend())
      const verified = { validationContext: { trustedCa: { inlineString: CA } } }
      engine = running.use(
        await startEngine(name, 3, ([mixed = 0, mutual = 0, patient = 0], admin) =>
          bootstrap(
            admin,
            [
              {
                name: 'mixed',
                address: socketAddress(mixed),
                listenerFilters: INSPECTORS,
                filterChains: [
                  chain('exact', { transportProtocol: 'tls', serverNames: ['cart.example'] }, named('exact'), tls()),
                  chain('wildcard', { transportProtocol: 'tls', serverNames: ['*.example'] }, named('wildcard'), tls()),
                  chain('alpn', { transportProtocol: 'tls', applicationProtocols: ['istio'] }, named('alpn'), tls()),
                  chain('http', { transportProtocol: 'raw_buffer', applicationProtocols: ['http/1.1', 'h2c'] }, named('http')),
                ],
                defaultFilterChain: chain('rest', {}, tcpProxy({ cluster: 'tcp' })),
              },
              {
                name: 'mutual',
                address: socketAddress(mutual),
                filterChains: [chain('mutual', {}, named('mutual'), tls({ requireClientCertificate: true }, verified))],
              },
              {
                name: 'patient',
                address: socketAddress(patient),
                listenerFilters: INSPECTORS,
                listenerFiltersTimeout: '0.1s',
                continueOnListenerFiltersTimeout: true,
                filterChains: [chain('tcp', {}, tcpProxy({ cluster: 'tcp' }))],
              },
            ],
            [cluster('tcp', [backend.tcp])],
          ),
        ),
      )
    })
    after(() => running.disposeAsync())

    async function secured(index: number, options: ConnectionOptions): Promise<TLSSocket> {
      const socket = connect({ host: '127.0.0.1', port: engine.ports[index] ?? 0, rejectUnauthorized: false, ...options })
      await once(socket, 'secureConnect')
      return socket
    }

    async function ask(socket: TLSSocket): Promise<string> {
      socket.write(request('GET', '/', { connection: 'close' }))
      let text = ''
      socket.on('data', chunk => {
        text += chunk
      })
      await once(socket, 'end')
      socket.destroy()
      return text.slice(text.indexOf('\r\n\r\n') + 4)
    }

    it('HTTP/1.1 is found out by its first line', async () => {
      assert.equal((await exchange(engine.ports[0] ?? 0, request('GET', '/'))).body, 'http')
    })

    it('a request line in pieces is waited for', async () => {
      const wire = new Wire(engine.ports[0] ?? 0)
      for (const piece of ['GE', 'T / HT', 'TP/1.1\r', '\nhost: a\r\n\r\n']) {
        wire.send(piece)
        await new Promise(resolve => setTimeout(resolve, 20))
      }
      assert.equal((await wire.response(false)).body, 'http')
      wire.close()
    })

    it('HTTP/2 with prior knowledge is found out by its preface', async () => {
      const session = connectHttp2(`http://127.0.0.1:${engine.ports[0]}`)
      const stream = session.request({ ':path': '/', ':authority': 'a' })
      let body = ''
      stream.on('data', chunk => {
        body += chunk
      })
      await once(stream, 'end')
      assert.equal(body, 'http')
      session.destroy()
    })

    it('server names choose the chain, exact before wildcard', async () => {
      assert.equal(await ask(await secured(0, { servername: 'cart.example' })), 'exact')
      assert.equal(await ask(await secured(0, { servername: 'Other.Example' })), 'wildcard')
    })

    it('ALPN chooses the chain, and what is agreed on chooses the codec', async () => {
      assert.equal(await ask(await secured(0, { ALPNProtocols: ['istio'] })), 'alpn')
      const session = connectHttp2(`https://127.0.0.1:${engine.ports[0]}`, {
        servername: 'cart.example',
        rejectUnauthorized: false,
      })
      const stream = session.request({ ':path': '/', ':authority': 'a' })
      let body = ''
      stream.on('data', chunk => {
        body += chunk
      })
      await once(stream, 'end')
      assert.equal(body, 'exact')
      session.destroy()
    })

    it('everything else goes to the default chain', async () => {
      const wire = new Wire(engine.ports[0] ?? 0)
      wire.send('PING\r\n\r\n')
      assert.equal(await wire.bytes(10), '<PING\r\n\r\n>')
      wire.close()
    })

    it('a client certificate is demanded and verified', async () => {
      assert.equal(await ask(await secured(1, { cert: CERTIFICATE, key: PRIVATE_KEY })), 'mutual')
      const refused = connect({ host: '127.0.0.1', port: engine.ports[1] ?? 0, rejectUnauthorized: false })
      refused.on('error', () => {})
      refused.write(request('GET', '/'))
      let text = ''
      refused.on('data', chunk => {
        text += chunk
      })
      await new Promise(resolve => refused.on('close', resolve))
      assert.equal(text, '')
    })

    it('a client that says nothing goes on after the listener filters timeout', async () => {
      const wire = new Wire(engine.ports[2] ?? 0)
      await new Promise(resolve => setTimeout(resolve, 300))
      wire.send('late')
      assert.equal(await wire.bytes(6), '<late>')
      wire.close()
    })

    it('a client that leaves while it is looked at is forgotten', async () => {
      const wire = new Wire(engine.ports[0] ?? 0)
      wire.send('GE')
      await new Promise(resolve => setTimeout(resolve, 30))
      wire.close()
      assert.equal((await exchange(engine.ports[0] ?? 0, request('GET', '/'))).body, 'http')
    })

    if (name === 'mizzen')
      it('no error was written but of the client that showed no certificate', () =>
        assert.match(engine.errors(), /^\S+\[warning\]\[tls\] refuses 127\.0\.0\.1 at port \d+: it showed no certificate\n$/))
  })
}
