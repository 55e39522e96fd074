/**
 * h2spec, the conformance test of HTTP/2 servers, against the proxy's listener: without TLS and with it. Every one of its cases has to pass.
 */
import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import http from 'node:http'
import path from 'node:path'
import { after, before, describe, it } from 'node:test'
import { CERTIFICATE, PRIVATE_KEY } from '../../src/proxy/cluster/certificates.testing.ts'
import { listen } from '../proxy/backend.ts'
import { bootstrap, cluster, connectionManager, HTTP2_UPSTREAM, listener } from '../proxy/bootstrap.ts'
import { type Engine, startEngine } from '../proxy/engine.ts'

const H2SPEC = path.resolve(import.meta.dirname, '../../.tools/h2spec')
const missing = existsSync(H2SPEC) ? false : 'no .tools/h2spec: run sh scripts/fetch-h2spec.sh (needs Go)'

/** Of the generic, the http2 and the hpack suites together. */
const CASES = 146

describe('h2spec', { skip: missing }, () => {
  const running = new AsyncDisposableStack()
  let engine: Engine
  before(async () => {
    // Answers when it has the whole request: an earlier answer would end the stream before h2spec has broken a rule on it.
    const backend = http.createServer((request, response) => {
      request.resume()
      request.on('end', () => response.end('conformance '.repeat(200)))
    })
    const port = await listen(backend)
    running.defer(() => void backend.close())
    running.defer(() => backend.closeAllConnections())
    const manager = connectionManager([{ match: { prefix: '/' }, route: { cluster: 'web' } }], { codecType: 'HTTP2' })
    engine = running.use(
      await startEngine('mizzen', 2, ([plain = 0, secure = 0], admin) =>
        bootstrap(
          admin,
          [
            listener('plain', plain, manager),
            {
              ...listener('secure', secure, manager),
              filterChains: [
                {
                  filters: [{ name: 'only', typedConfig: manager }],
                  transportSocket: {
                    name: 'tls',
                    typedConfig: {
                      '@type': 'type.googleapis.com/envoy.extensions.transport_sockets.tls.v3.DownstreamTlsContext',
                      commonTlsContext: {
                        alpnProtocols: ['h2'],
                        tlsCertificates: [
                          { certificateChain: { inlineString: CERTIFICATE }, privateKey: { inlineString: PRIVATE_KEY } },
                        ],
                      },
                    },
                  },
                },
              ],
            },
          ],
          [cluster('web', [port]), cluster('unused', [port], HTTP2_UPSTREAM)],
        ),
      ),
    )
  })
  after(() => running.disposeAsync())

  it('every case passes without TLS', () => conform(engine.ports[0] ?? 0, []))
  it('every case passes with TLS', () => conform(engine.ports[1] ?? 0, ['--tls', '--insecure']))
  it('no error was written', () => assert.equal(engine.errors(), ''))
})

function conform(port: number, flags: readonly string[]): Promise<void> {
  return new Promise((resolve, reject) => {
    execFile(H2SPEC, ['-h', '127.0.0.1', '-p', String(port), '-o', '2', '-S', ...flags], (_error, output) => {
      const totals = /(\d+) tests, (\d+) passed, \d+ skipped, (\d+) failed/.exec(output)
      if (Number(totals?.[1]) >= CASES && totals?.[1] === totals?.[2]) resolve()
      else reject(new Error(output))
    })
  })
}
