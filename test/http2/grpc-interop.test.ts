/**
 * gRPC's own interoperability cases through mizzen's proxy: every client with every server, in plaintext and with TLS on both sides of the
 * proxy. The table in docs/http2.md is this test's result, and the test fails when they differ.
 */
import assert from 'node:assert/strict'
import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { after, before, describe, it } from 'node:test'
import { promisify } from 'node:util'
import * as grpc from '@grpc/grpc-js'
import { CA, CERTIFICATE, PRIVATE_KEY } from '../../src/proxy/cluster/certificates.testing.ts'
import type { JsonValue } from '../../src/xds/wire/json.ts'
import { buildGrpcGo } from '../grpc-go/program.ts'
import { bootstrap, cluster, connectionManager, HTTP2_UPSTREAM, listener } from '../proxy/bootstrap.ts'
import { type Engine, type EngineName, startEngine } from '../proxy/engine.ts'
import { ENVOY_MISSING, envoyBinary } from '../scenarios/engines.ts'
import { runCases, startTestServer } from './interop/grpc-js.ts'

const run = promisify(execFile)
/** Whom the certificate is for. */
const SERVER_NAME = 'cart.example'
const CASES = [
  'empty_unary',
  'large_unary',
  'client_streaming',
  'server_streaming',
  'ping_pong',
  'empty_stream',
  'cancel_after_begin',
  'cancel_after_first_response',
  'timeout_on_sleeping_server',
  'custom_metadata',
  'status_code_and_message',
  'special_status_message',
  'unimplemented_method',
  'unimplemented_service',
] as const
const SERVERS = ['grpc-go', 'grpc-js', 'Envoy, grpc-go'] as const
const CLIENTS = ['grpc-go', 'grpc-js', 'grpc-go, Envoy'] as const
const MODES = ['plaintext', 'TLS'] as const
type Mode = (typeof MODES)[number]

const built = buildGrpcGo()
const missing = typeof built === 'string' ? built : envoyBinary() ? false : ENVOY_MISSING

describe('gRPC interoperability', { skip: missing }, () => {
  const running = new AsyncDisposableStack()
  const results = new Map<string, string>()
  let folder: string
  let mizzen: Engine
  let front: Engine

  before(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'mizzen-grpc-interop-'))
    running.defer(() => rm(folder, { recursive: true, force: true }))
    if (typeof built !== 'string') running.defer(() => built.remove())
    for (const [name, text] of Object.entries({ ca: CA, cert: CERTIFICATE, key: PRIVATE_KEY }))
      await writeFile(path.join(folder, name), text)
    const servers = new Map<Mode, readonly number[]>()
    for (const mode of MODES) servers.set(mode, await startServers(mode))
    const ways = MODES.flatMap(mode => (servers.get(mode) ?? []).map(port => ({ mode, port })))
    mizzen = running.use(await relay('mizzen', ways))
    const toMizzen = ways.map(({ mode }, i) => ({ mode, port: mizzen.ports[i] ?? 0 }))
    front = running.use(await relay('envoy', toMizzen))
  })
  after(() => running.disposeAsync())

  async function startServers(mode: Mode): Promise<number[]> {
    const tls = mode === 'TLS' ? ['-cert', path.join(folder, 'cert'), '-key', path.join(folder, 'key')] : []
    const child = spawn(program(), ['serve', ...tls], { stdio: ['ignore', 'pipe', 'inherit'] })
    running.defer(() => void child.kill())
    const [line] = await once(child.stdout, 'data')
    const go: number = JSON.parse(String(line)).port
    const pair = { cert_chain: Buffer.from(CERTIFICATE), private_key: Buffer.from(PRIVATE_KEY) }
    const js = await startTestServer(
      mode === 'TLS' ? grpc.ServerCredentials.createSsl(null, [pair]) : grpc.ServerCredentials.createInsecure(),
    )
    running.defer(() => js.close())
    const envoy = running.use(await relay('envoy', [{ mode, port: go }]))
    return [go, js.port, envoy.ports[0] ?? 0]
  }

  const way = (server: number, mode: Mode) => MODES.indexOf(mode) * SERVERS.length + server
  const runners: Readonly<Record<(typeof CLIENTS)[number], (way: number, mode: Mode) => Promise<readonly string[]>>> = {
    'grpc-go': (i, mode) => goCases(mizzen.ports[i] ?? 0, mode),
    'grpc-js': (i, mode) => {
      const security = mode === 'TLS' ? grpc.credentials.createSsl(Buffer.from(CA)) : grpc.credentials.createInsecure()
      return runCases(`127.0.0.1:${mizzen.ports[i]}`, security, SERVER_NAME)
    },
    'grpc-go, Envoy': (i, mode) => goCases(front.ports[i] ?? 0, mode),
  }

  async function goCases(port: number, mode: Mode): Promise<readonly string[]> {
    const tls = mode === 'TLS' ? ['-roots', path.join(folder, 'ca'), '-server-name', SERVER_NAME] : []
    const { stdout } = await run(program(), ['cases', '-target', `127.0.0.1:${port}`, ...tls], { timeout: 120_000 })
    return stdout.trim().split('\n')
  }

  for (const [i, server] of SERVERS.entries())
    for (const client of CLIENTS)
      for (const mode of MODES)
        it(`${client} and ${server}, ${mode}`, async () => {
          const held = await runners[client](way(i, mode), mode)
          assert.deepEqual([...held].sort(), [...CASES].sort())
          results.set(`${client} ${server} ${mode}`, `${held.length} of ${CASES.length}`)
        })

  it('the table in docs/http2.md says so', async () => {
    const rows = CLIENTS.map(client => {
      const cells = SERVERS.map(server => MODES.map(mode => results.get(`${client} ${server} ${mode}`) ?? 'no').join(' / '))
      return `| ${client} | ${cells.join(' | ')} |`
    })
    const table = [`| client | ${SERVERS.join(' | ')} |`, `|---|${'---|'.repeat(SERVERS.length)}`, ...rows].join('\n')
    const docs = await readFile(path.resolve(import.meta.dirname, '../../docs/http2.md'), 'utf8')
    assert(docs.includes(table), `docs/http2.md should have:\n${table}`)
  })

  it('no error was written', () => assert.equal(mizzen.errors(), ''))
})

function program(): string {
  if (typeof built === 'string') throw new Error(built)
  return built.program
}

const TYPE = 'type.googleapis.com/envoy.extensions.transport_sockets.tls.v3'
const CERTIFICATES: JsonValue = {
  alpnProtocols: ['h2'],
  tlsCertificates: [{ certificateChain: { inlineString: CERTIFICATE }, privateKey: { inlineString: PRIVATE_KEY } }],
}
const DOWNSTREAM: JsonValue = {
  name: 'tls',
  typedConfig: { '@type': `${TYPE}.DownstreamTlsContext`, commonTlsContext: CERTIFICATES },
}
const UPSTREAM: JsonValue = {
  name: 'tls',
  typedConfig: {
    '@type': `${TYPE}.UpstreamTlsContext`,
    sni: SERVER_NAME,
    commonTlsContext: { alpnProtocols: ['h2'], validationContext: { trustedCa: { inlineString: CA } } },
  },
}

/** A proxy with one listener for each way, on to a port that takes the same: plaintext or TLS. */
function relay(name: EngineName, ways: readonly { readonly mode: Mode; readonly port: number }[]): Promise<Engine> {
  return startEngine(name, ways.length, (ports, admin) =>
    bootstrap(
      admin,
      ways.map(({ mode }, i) => {
        // Deadlines are the client's matter.
        const route = { cluster: `to-${i}`, timeout: '0s', maxStreamDuration: { grpcTimeoutHeaderMax: '0s' } }
        const manager = connectionManager([{ match: { prefix: '/' }, route }])
        const plain = listener(`way-${i}`, ports[i] ?? 0, manager)
        if (mode === 'plaintext') return plain
        return { ...plain, filterChains: [{ filters: [{ name: 'only', typedConfig: manager }], transportSocket: DOWNSTREAM }] }
      }),
      ways.map(({ mode, port }, i) =>
        cluster(`to-${i}`, [port], { ...HTTP2_UPSTREAM, ...(mode === 'TLS' && { transportSocket: UPSTREAM }) }),
      ),
    ),
  )
}
