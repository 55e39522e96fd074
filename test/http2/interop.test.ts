/**
 * Other implementations of HTTP/2 through mizzen's proxy: every client with every server, without TLS and with it on the client's side. The
 * table in docs/http2.md is this test's result, and the test fails when they differ.
 */
import assert from 'node:assert/strict'
import { execFile, spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import http2 from 'node:http2'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { after, before, describe, it } from 'node:test'
import { promisify } from 'node:util'
import { CERTIFICATE, PRIVATE_KEY } from '../../src/proxy/cluster/certificates.testing.ts'
import type { JsonValue } from '../../src/xds/wire/json.ts'
import { listen } from '../proxy/backend.ts'
import { bootstrap, cluster, connectionManager, HTTP2_UPSTREAM, listener } from '../proxy/bootstrap.ts'
import { type Engine, type EngineName, freePorts, startEngine } from '../proxy/engine.ts'
import { ENVOY_MISSING, envoyBinary } from '../scenarios/engines.ts'

const run = promisify(execFile)
const inPath = (name: string) => (process.env['PATH'] ?? '').split(':').some(folder => existsSync(path.join(folder, name)))
const absent = ['h2load', 'nghttp', 'nghttpd', 'curl'].filter(name => !inPath(name))
const missing =
  absent.length > 0 ? `not in PATH: ${absent.join(', ')} (Debian: nghttp2, curl)` : envoyBinary() ? false : ENVOY_MISSING

const BODY = 'interoperable '.repeat(20_000)
const SERVERS = ['nghttpd', 'node:http2', 'Envoy'] as const
const CLIENTS = ['h2load', 'nghttp', 'curl', 'node:http2', 'Envoy'] as const

interface Entry {
  readonly port: number
  readonly secure: boolean
}

describe('interoperability', { skip: missing }, () => {
  const running = new AsyncDisposableStack()
  const results = new Map<string, string>()
  let mizzen: Engine
  let front: Engine
  const entry = (server: number, secure: boolean): Entry => ({ port: mizzen.ports[server * 2 + Number(secure)] ?? 0, secure })

  before(async () => {
    const folder = await mkdtemp(path.join(tmpdir(), 'mizzen-interop-'))
    running.defer(() => rm(folder, { recursive: true, force: true }))
    await writeFile(path.join(folder, 'body'), BODY)
    const [nghttpdPort = 0] = await freePorts(1)
    const nghttpd = spawn('nghttpd', ['--no-tls', '-a', '127.0.0.1', '-d', folder, String(nghttpdPort)], { stdio: 'ignore' })
    running.defer(() => void nghttpd.kill())
    const server = http2.createServer()
    server.on('stream', stream => {
      stream.on('error', () => {})
      stream.resume()
      stream.respond({ ':status': 200 })
      stream.end(BODY)
    })
    const nodePort = await listen(server)
    running.defer(() => void server.close())
    const direct = [{ match: { prefix: '/' }, route: { cluster: 'node' } }]
    const envoy = running.use(
      await engine('envoy', 1, ports => [listener('main', ports[0] ?? 0, connectionManager(direct))], [nodePort]),
    )
    const upstreams = [nghttpdPort, nodePort, envoy.ports[0] ?? 0]
    mizzen = running.use(
      await engine(
        'mizzen',
        upstreams.length * 2,
        ports =>
          upstreams.flatMap((_, i) => {
            const manager = connectionManager([{ match: { prefix: '/' }, route: { cluster: `to-${i}` } }])
            const plain = listener(`plain-${i}`, ports[i * 2] ?? 0, manager)
            const secure = listener(`secure-${i}`, ports[i * 2 + 1] ?? 0, manager)
            return [
              plain,
              { ...secure, filterChains: [{ filters: [{ name: 'only', typedConfig: manager }], transportSocket: TLS }] },
            ]
          }),
        upstreams,
      ),
    )
    // Envoy as a client: in front of mizzen's plain listeners, one port for each.
    const fronts = upstreams.map((_, i) => mizzen.ports[i * 2] ?? 0)
    front = running.use(
      await engine(
        'envoy',
        fronts.length,
        ports =>
          fronts.map((_, i) =>
            listener(`front-${i}`, ports[i] ?? 0, connectionManager([{ match: { prefix: '/' }, route: { cluster: `to-${i}` } }])),
          ),
        fronts,
      ),
    )
  })
  after(() => running.disposeAsync())

  for (const [i, server] of SERVERS.entries())
    for (const client of CLIENTS)
      for (const secure of [false, true]) {
        if (client === 'Envoy' && secure) continue
        it(`${client} reaches ${server} ${secure ? 'over TLS' : 'without TLS'}`, async () => {
          const key = `${client} ${server} ${secure}`
          results.set(key, 'no')
          if (client === 'Envoy') await curl({ port: front.ports[i] ?? 0, secure: false })
          else await CALLS[client](entry(i, secure))
          results.set(key, 'yes')
        })
      }

  it('the table in docs/http2.md says so', async () => {
    const rows = CLIENTS.map(client => {
      const cells = SERVERS.map(server =>
        [false, true].map(secure => results.get(`${client} ${server} ${secure}`) ?? '–').join(' / '),
      )
      return `| ${client} | ${cells.join(' | ')} |`
    })
    const table = [`| client | ${SERVERS.join(' | ')} |`, `|---|${'---|'.repeat(SERVERS.length)}`, ...rows].join('\n')
    const docs = await readFile(path.resolve(import.meta.dirname, '../../docs/http2.md'), 'utf8')
    assert(docs.includes(table), `docs/http2.md should have:\n${table}`)
  })

  it('no error was written', () => assert.equal(mizzen.errors(), ''))
})

const TLS: JsonValue = {
  name: 'tls',
  typedConfig: {
    '@type': 'type.googleapis.com/envoy.extensions.transport_sockets.tls.v3.DownstreamTlsContext',
    commonTlsContext: {
      alpnProtocols: ['h2', 'http/1.1'],
      tlsCertificates: [{ certificateChain: { inlineString: CERTIFICATE }, privateKey: { inlineString: PRIVATE_KEY } }],
    },
  },
}

type Listeners = Parameters<typeof bootstrap>[1]

/** A proxy whose clusters `to-0` ... speak HTTP/2; `node` is the first of them. */
function engine(
  name: EngineName,
  listeners: number,
  make: (ports: readonly number[]) => Listeners,
  upstreams: readonly number[],
): Promise<Engine> {
  return startEngine(name, listeners, (ports, admin) =>
    bootstrap(admin, make(ports), [
      ...upstreams.map((port, i) => cluster(`to-${i}`, [port], HTTP2_UPSTREAM)),
      cluster('node', [upstreams[0] ?? 0], HTTP2_UPSTREAM),
    ]),
  )
}

const url = ({ port, secure }: Entry) => `${secure ? 'https' : 'http'}://127.0.0.1:${port}/body`

const CALLS = {
  async h2load(target: Entry) {
    const { stdout } = await run('h2load', ['-n300', '-c3', '-m10', '-t1', url(target)])
    assert.match(stdout, /300 succeeded, 0 failed/)
  },
  async nghttp(target: Entry) {
    const { stdout } = await run('nghttp', ['--no-verify-peer', url(target)], { maxBuffer: 2 ** 24 })
    assert.equal(stdout, BODY)
  },
  curl,
  async 'node:http2'(target: Entry) {
    const session = http2.connect(url(target), { rejectUnauthorized: false })
    try {
      const bodies = await Promise.all(Array.from({ length: 20 }, () => get(session)))
      for (const body of bodies) assert.equal(body, BODY)
    } finally {
      session.destroy()
    }
  },
}

async function curl(target: Entry): Promise<void> {
  const flags = target.secure ? ['--http2', '--insecure'] : ['--http2-prior-knowledge']
  const { stdout } = await run('curl', ['-sS', ...flags, '-w', '%{http_version}', url(target)], { maxBuffer: 2 ** 24 })
  assert.equal(stdout, `${BODY}2`)
}

function get(session: http2.ClientHttp2Session): Promise<string> {
  return new Promise((resolve, reject) => {
    const stream = session.request({ ':path': '/body' })
    let body = ''
    stream.setEncoding('utf8')
    stream.on('data', chunk => {
      body += chunk
    })
    stream.on('error', reject)
    stream.on('end', () => resolve(body))
  })
}
