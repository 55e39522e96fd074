/**
 * Mutual TLS handshakes at one proxy: CPU microseconds for each, full and resumed, mizzen's proxy beside Envoy on the same bootstrap. The client is
 * `openssl s_time`, which connects, shakes hands and leaves.
 *
 * usage: node bench/handshakes.ts [--rounds 3] [--seconds 3] [--json]
 */
import { execFile } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { parseArgs, promisify } from 'node:util'
import { CertificateAuthority } from '../src/identity/authority/authority.ts'
import { MemoryGenerations } from '../src/identity/authority/memory-generations.testing.ts'
import { SelfSignedRoots } from '../src/identity/authority/self-signed.ts'
import { makeKeyPair } from '../src/identity/workload/signing.ts'
import { systemClock } from '../src/lib/clock.ts'
import type { JsonValue } from '../src/xds/wire/json.ts'
import { type EngineName, envoyBinary, freePorts, type Running, startEngine } from './engine.ts'
import { cpuMicros, format, spread } from './process-cost.ts'

const { values: flags } = parseArgs({
  options: {
    rounds: { type: 'string', default: '3' },
    seconds: { type: 'string', default: '3' },
    json: { type: 'boolean', default: false },
  },
})

const KINDS: readonly (readonly [name: string, args: readonly string[]])[] = [
  ['full, TLS 1.3', ['-new', '-tls1_3']],
  ['full, TLS 1.2', ['-new', '-tls1_2']],
  ['resumed, TLS 1.2', ['-reuse', '-tls1_2']],
]

const roots = await SelfSignedRoots.open({
  store: new MemoryGenerations(),
  clock: systemClock,
  trustDomain: 'cluster.local',
  longestLeafMs: 3_600_000,
})
const authority = new CertificateAuthority({ source: roots, clock: systemClock })
const folder = mkdtempSync(path.join(tmpdir(), 'mizzen-bench-handshakes-'))
const server = await member('server')
await member('client')
const engines: EngineName[] = envoyBinary() ? ['envoy', 'mizzen'] : ['mizzen']
const targets: (Running & { readonly port: number })[] = []
try {
  for (const engine of engines) {
    const [port = 0, admin = 0] = await freePorts(2)
    targets.push({ ...(await startEngine(engine, bootstrap(port, admin), admin)), port })
  }
  const rows = []
  for (const [name, args] of KINDS) {
    const micros: Record<string, number[]> = {}
    for (let round = -1; round < Number(flags.rounds); round++) {
      for (const { engine, pid, port } of targets) {
        const before = cpuMicros(pid)
        const done = await shakeHands(port, args)
        micros[engine] ??= []
        // The first round warms up.
        if (round >= 0) micros[engine].push((cpuMicros(pid) - before) / done)
      }
    }
    rows.push({ name, micros })
  }
  if (flags.json) console.log(JSON.stringify(rows))
  else report(rows)
} finally {
  await Promise.all(targets.map(target => target.stop()))
  rmSync(folder, { recursive: true, force: true })
}

/** @returns how many */
async function shakeHands(port: number, args: readonly string[]): Promise<number> {
  const file = (name: string) => path.join(folder, name)
  const credentials = ['-cert', file('client.pem'), '-key', file('client.key'), '-CAfile', file('root.pem')]
  const { stdout } = await promisify(execFile)(
    'openssl',
    ['s_time', '-connect', `127.0.0.1:${port}`, ...credentials, '-time', flags.seconds, ...args],
    { encoding: 'utf8' },
  )
  const done = Number(/(\d+) connections in \d+ real seconds/.exec(stdout)?.[1])
  if (!(done > 0)) throw new Error(`Cannot measure: no handshake succeeded\n${stdout}`)
  return done
}

/** Writes a certificate and its key. */
async function member(serviceAccount: string): Promise<{ readonly chain: string; readonly key: string }> {
  const { publicKey, privateKey } = await makeKeyPair('ecdsa-p256')
  const spki = publicKey.export({ type: 'spki', format: 'der' })
  const issued = authority.issue(spki, publicKey, { uris: [`spiffe://cluster.local/ns/shop/sa/${serviceAccount}`] }, 3_600_000)
  const [chain, key] = [issued.chain.join(''), privateKey.export({ type: 'pkcs8', format: 'pem' }).toString()]
  writeFileSync(path.join(folder, `${serviceAccount}.pem`), chain)
  writeFileSync(path.join(folder, `${serviceAccount}.key`), key, { mode: 0o600 })
  writeFileSync(path.join(folder, 'root.pem'), issued.roots.join(''))
  return { chain, key }
}

function report(rows: readonly { readonly name: string; readonly micros: Readonly<Record<string, readonly number[]>> }[]): void {
  console.log('| handshake | Envoy, us | mizzen, us | mizzen / Envoy | mizzen, per second and core |\n|---|---|---|---|---|')
  for (const { name, micros } of rows) {
    const [envoy, mizzen] = [spread(micros['envoy'] ?? []), spread(micros['mizzen'] ?? [])]
    const ratio = (mizzen.median / envoy.median).toFixed(2)
    console.log(`| ${name} | ${format(envoy, 0)} | ${format(mizzen, 0)} | ${ratio} | ${Math.round(1e6 / mizzen.median)} |`)
  }
}

function bootstrap(port: number, admin: number): JsonValue {
  const socketAddress = (portValue: number) => ({ socketAddress: { address: '127.0.0.1', portValue } })
  const TYPE = 'type.googleapis.com/envoy.extensions'
  const text = (inlineString: string) => ({ inlineString })
  const tls = {
    '@type': `${TYPE}.transport_sockets.tls.v3.DownstreamTlsContext`,
    requireClientCertificate: true,
    commonTlsContext: {
      tlsParams: {
        tlsMinimumProtocolVersion: 'TLSv1_2',
        tlsMaximumProtocolVersion: 'TLSv1_3',
        cipherSuites: ['ECDHE-ECDSA-AES256-GCM-SHA384', 'ECDHE-ECDSA-AES128-GCM-SHA256'],
      },
      tlsCertificates: [{ certificateChain: text(server.chain), privateKey: text(server.key) }],
      validationContext: { trustedCa: text(authority.roots.join('')) },
    },
  }
  const manager = {
    '@type': `${TYPE}.filters.network.http_connection_manager.v3.HttpConnectionManager`,
    statPrefix: 'bench',
    routeConfig: {
      name: 'all',
      virtualHosts: [{ name: 'all', domains: ['*'], routes: [{ match: { prefix: '/' }, directResponse: { status: 200 } }] }],
    },
    httpFilters: [{ name: 'router', typedConfig: { '@type': `${TYPE}.filters.http.router.v3.Router` } }],
  }
  const chain = {
    filters: [{ name: 'http', typedConfig: manager }],
    transportSocket: { name: 'tls', typedConfig: tls },
  }
  return {
    node: { id: 'bench', cluster: 'bench' },
    admin: { address: socketAddress(admin) },
    staticResources: { listeners: [{ name: 'main', address: socketAddress(port), filterChains: [chain] }] },
  }
}
