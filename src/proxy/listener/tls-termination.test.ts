/** TLS towards clients, with secrets that come, change and are missing, and with clients of every kind. */
import assert from 'node:assert/strict'
import { X509Certificate } from 'node:crypto'
import { once } from 'node:events'
import { createServer, type Server, type Socket } from 'node:net'
import { after, before, describe, test } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import { type ConnectionOptions, connect, type TLSSocket } from 'node:tls'
import { CertificateAuthority } from '../../identity/authority/authority.ts'
import { MemoryGenerations } from '../../identity/authority/memory-generations.testing.ts'
import { SelfSignedRoots } from '../../identity/authority/self-signed.ts'
import { certificateRequest } from '../../identity/workload/request.ts'
import { secretsOf } from '../../identity/workload/secrets.ts'
import { makeKeyPair } from '../../identity/workload/signing.ts'
import type { WorkloadCertificate } from '../../identity/workload/workload-identity.ts'
import { ManualClock } from '../../lib/clock.ts'
import { DownstreamTlsContext } from '../../xds/gen/envoy/extensions/transport_sockets/tls/v3/tls.ts'
import { type JsonValue, jsonToBytes } from '../../xds/wire/json.ts'
import { AGENT_CLUSTER, Secrets } from '../tls/secrets.ts'
import { type HandshakeFailure, TlsTermination } from './tls-termination.ts'

const DAY_MS = 86_400_000
const FROM_AGENT = { api_config_source: { api_type: 'GRPC', grpc_services: [{ envoy_grpc: { cluster_name: AGENT_CLUSTER } }] } }
const ROOTS = { name: 'ROOTCA', sds_config: FROM_AGENT }
const names = { match_typed_subject_alt_names: [{ san_type: 'URI', matcher: { prefix: 'spiffe://cluster.local/' } }] }
const COMMON: Record<string, JsonValue> = {
  alpn_protocols: ['h2', 'http/1.1'],
  tls_certificate_sds_secret_configs: [{ name: 'default', sds_config: FROM_AGENT }],
  combined_validation_context: {
    default_validation_context: names,
    validation_context_sds_secret_config: ROOTS,
  },
}
const MUTUAL: Record<string, JsonValue> = { require_client_certificate: true, common_tls_context: COMMON }

async function newMesh() {
  const clock = new ManualClock(Date.now())
  const source = await SelfSignedRoots.open({
    store: new MemoryGenerations(),
    clock,
    trustDomain: 'cluster.local',
    longestLeafMs: DAY_MS,
  })
  const authority = new CertificateAuthority({ source, clock })
  return {
    /** @returns the list of all that was revoked */
    async revoke({ chain }: Member): Promise<string> {
      await source.revoke(new X509Certificate(chain).serialNumber)
      return authority.revoked
    },
    /** What `at` is for a certificate that has so long to live from now, milliseconds. */
    lasting: (ms: number) => Date.now() - clock.now() - 3_600_000 + ms,
    /** @param at moves the authority's clock while it signs, milliseconds */
    async member(serviceAccount: string, trustDomain = 'cluster.local', at = 0) {
      const keys = await makeKeyPair('ecdsa-p256')
      clock.advance(at)
      const identity = { trustDomain, namespace: 'shop', serviceAccount }
      const { chain, roots, until } = authority.sign(certificateRequest(keys), identity, 3_600_000)
      clock.advance(-at)
      const key = keys.privateKey.export({ type: 'pkcs8', format: 'pem' }).toString()
      return { chain: chain.join(''), key, roots: roots.join(''), revoked: '', since: 0, until }
    },
  }
}

type Mesh = Awaited<ReturnType<typeof newMesh>>
type Member = WorkloadCertificate

let mesh: Mesh
let server: Server
let port = 0
let secrets = new Secrets(() => true)
let termination: TlsTermination
const accepted: Socket[] = []
const failures: HandshakeFailure[] = []

before(async () => {
  mesh = await newMesh()
  server = createServer({ pauseOnConnect: true }, socket => {
    socket.on('error', () => {})
    termination.terminate(socket, [], (done, failure) => {
      if (failure) failures.push(failure)
      if (!done) return
      accepted.push(done.socket)
      done.socket.on('error', () => {})
      done.socket.end(`${done.alpn || 'no alpn'} ${done.peer?.uriSans.join() ?? 'nobody'}`)
    })
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  port = typeof address === 'object' && address ? address.port : 0
})
after(() => {
  for (const socket of accepted) socket.destroy()
  server.close()
})

async function serve(context: Record<string, JsonValue>, member?: Member): Promise<void> {
  secrets = new Secrets(() => true)
  const type = 'envoy.extensions.transport_sockets.tls.v3.DownstreamTlsContext'
  termination = new TlsTermination(DownstreamTlsContext.decode(jsonToBytes(type, context)), secrets)
  if (member) give(member)
}

function give(member: Member): void {
  for (const secret of secretsOf(member)) secrets.putOwn(AGENT_CLUSTER, secret)
}

/** @returns what the server answered; '' when it did not */
function call(options: ConnectionOptions, use: (socket: TLSSocket) => void = () => {}): Promise<string> {
  return new Promise(resolve => {
    let text = ''
    const socket = connect({ host: '127.0.0.1', port, ALPNProtocols: ['h2'], checkServerIdentity: () => undefined, ...options })
    use(socket)
    socket.on('data', chunk => {
      text += chunk
    })
    socket.on('error', () => {})
    socket.on('close', () => resolve(text))
  })
}

const shows = ({ chain, key, roots }: Member): ConnectionOptions => ({ cert: chain, key, ca: roots })

describe('mutual TLS with secrets of the agent', () => {
  test('lets a workload of the mesh in, and knows who it is', async () => {
    await serve(MUTUAL, await mesh.member('server'))
    const cart = await mesh.member('cart')
    for (const maxVersion of ['TLSv1.2', 'TLSv1.3'] as const)
      assert.equal(await call({ ...shows(cart), maxVersion }), 'h2 spiffe://cluster.local/ns/shop/sa/cart', maxVersion)
  })

  test('refuses a client without a certificate, and those of another mesh, another trust domain, expired and not yet valid', async () => {
    const own = await mesh.member('server')
    await serve(MUTUAL, own)
    const other = await newMesh()
    const strangers: [string, ConnectionOptions, HandshakeFailure['kind'], RegExp][] = [
      ['no certificate', { ca: own.roots }, 'fail_verify_no_cert', /showed no certificate/],
      [
        'another mesh',
        { ...shows(await other.member('cart')), ca: own.roots },
        'fail_verify_error',
        /sa\/cart" does not verify \(\w+\)/,
      ],
      [
        'another trust domain',
        shows(await mesh.member('cart', 'evil.local')),
        'fail_verify_san',
        /"URI:spiffe:\/\/evil\.local.*no SAN matcher/,
      ],
      [
        'expired',
        shows(await mesh.member('cart', 'cluster.local', -7_200_000 + 60_000)),
        'fail_verify_error',
        /CERT_HAS_EXPIRED/,
      ],
      ['not yet valid', shows(await mesh.member('cart', 'cluster.local', DAY_MS)), 'fail_verify_error', /CERT_NOT_YET_VALID/],
    ]
    for (const [what, options, kind, reason] of strangers) {
      failures.length = 0
      assert.equal(await call(options), '', what)
      assert.deepEqual(
        failures.map(failure => failure.kind),
        [kind],
        what,
      )
      assert.match(failures[0]?.reason ?? '', reason, what)
    }
    assert.notEqual(await call(shows(await mesh.member('cart'))), '')
  })

  test('takes strangers where untrusted chains are accepted, and does not believe who they are', async () => {
    const own = await mesh.member('server')
    const validation = {
      validation_context_sds_secret_config: ROOTS,
      default_validation_context: { trust_chain_verification: 'ACCEPT_UNTRUSTED' },
    }
    await serve({ common_tls_context: { ...COMMON, combined_validation_context: validation } }, own)
    const stranger = await (await newMesh()).member('cart')
    for (const maxVersion of ['TLSv1.2', 'TLSv1.3'] as const) {
      assert.equal(await call({ ...shows(stranger), ca: own.roots, maxVersion }), 'h2 nobody', maxVersion)
      assert.equal(await call({ ca: own.roots, maxVersion }), 'h2 nobody', maxVersion)
      assert.equal(await call({ ...shows(await mesh.member('cart')), maxVersion }), 'h2 spiffe://cluster.local/ns/shop/sa/cart')
    }
  })

  test('refuses a client whose certificate was revoked', async () => {
    const own = await mesh.member('server')
    await serve(MUTUAL, own)
    const [bad, good] = [await mesh.member('cart'), await mesh.member('cart')]
    assert.notEqual(await call(shows(bad)), '')
    give({ ...own, revoked: await mesh.revoke(bad) })
    assert.equal(await call(shows(bad)), '')
    assert.notEqual(await call(shows(good)), '')
  })

  test('refuses everybody while a secret is missing, and serves when it has come', async () => {
    await serve(MUTUAL)
    const cart = await mesh.member('cart')
    assert.equal(await call(shows(cart)), '')
    give(await mesh.member('server'))
    assert.match(await call(shows(cart)), /cart/)
  })

  test('takes a new certificate for the next connection', async () => {
    await serve(MUTUAL, await mesh.member('before'))
    const cart = await mesh.member('cart')
    const seen: (string | undefined)[] = []
    const look = (socket: TLSSocket) => {
      socket.on('secureConnect', () => seen.push(socket.getPeerX509Certificate()?.subjectAltName))
    }
    await call(shows(cart), look)
    give(await mesh.member('after'))
    await call(shows(cart), look)
    assert.deepEqual(seen, ['URI:spiffe://cluster.local/ns/shop/sa/before', 'URI:spiffe://cluster.local/ns/shop/sa/after'])
  })

  test('refuses a secret that cannot be used, and goes on with the one before', async () => {
    await serve(MUTUAL, await mesh.member('server'))
    const bad = { ...(await mesh.member('server')), key: (await mesh.member('server')).key }
    const [, certificate] = secretsOf(bad)
    assert.throws(
      () => secrets.put({ kind: 'cluster', cluster: AGENT_CLUSTER }, certificate),
      /Cannot use secret "default": certificates of the TLS context cannot be used: .*key values mismatch/,
    )
    assert.match(await call(shows(await mesh.member('cart'))), /cart/)
  })

  test("agrees on Envoy's curves, and on those that are named instead", async () => {
    const cart = shows(await mesh.member('cart'))
    await serve(MUTUAL, await mesh.member('server'))
    assert.equal(await call({ ...cart, ecdhCurve: 'X25519MLKEM768' }), '')
    assert.notEqual(await call({ ...cart, ecdhCurve: 'P-256' }), '')
    const named = { ...MUTUAL, common_tls_context: { ...COMMON, tls_params: { ecdh_curves: ['X25519MLKEM768'] } } }
    await serve(named, await mesh.member('server'))
    assert.notEqual(await call({ ...cart, ecdhCurve: 'X25519MLKEM768' }), '')
    assert.equal(await call({ ...cart, ecdhCurve: 'P-256' }), '')
  })

  test('resumes sessions, and knows the client of a resumed one', async () => {
    await serve(MUTUAL, await mesh.member('server'))
    const cart = shows(await mesh.member('cart'))
    for (const maxVersion of ['TLSv1.2', 'TLSv1.3'] as const) {
      let session: Buffer | undefined
      await call({ ...cart, maxVersion }, socket => {
        socket.on('session', given => {
          session = given
        })
      })
      assert(session, maxVersion)
      let reused = false
      const text = await call({ ...cart, maxVersion, session }, socket => {
        socket.on('secureConnect', () => {
          reused = socket.isSessionReused()
        })
      })
      assert.equal(reused, true, maxVersion)
      assert.match(text, /spiffe:\/\/cluster\.local\/ns\/shop\/sa\/cart/, maxVersion)
    }
  })
})

test('a session is not resumed to get in with a certificate that has expired or was revoked since', async () => {
  const own = await mesh.member('server')
  await serve(MUTUAL, own)
  const session = async (options: ConnectionOptions) => {
    let newest: Buffer | undefined
    const text = await call(options, socket => {
      socket.on('session', given => {
        newest = given
      })
    })
    assert.match(text, /sa\/cart/)
    return newest
  }
  const ending = await mesh.member('cart', 'cluster.local', mesh.lasting(4000))
  const short = shows(ending)
  const revoked = await mesh.member('cart')
  const kept: [expired: ConnectionOptions, revoked: ConnectionOptions][] = []
  for (const maxVersion of ['TLSv1.2', 'TLSv1.3'] as const) {
    const [ofShort, ofRevoked] = [await session({ ...short, maxVersion }), await session({ ...shows(revoked), maxVersion })]
    assert(ofShort && ofRevoked)
    kept.push([
      { ...short, maxVersion, session: ofShort },
      { ...shows(revoked), maxVersion, session: ofRevoked },
    ])
  }
  for (const [expired] of kept) assert.match(await call(expired), /sa\/cart/)
  await delay(ending.until - Date.now() + 1100)
  for (const [expired] of kept) assert.equal(await call(expired), '')
  for (const [, lapsed] of kept) assert.match(await call(lapsed), /sa\/cart/)
  give({ ...own, revoked: await mesh.revoke(revoked) })
  for (const [, lapsed] of kept) assert.equal(await call(lapsed), '')
})

test('a certificate that is asked for and not required may be missing, but not be wrong', async () => {
  await serve({ ...MUTUAL, require_client_certificate: false }, await mesh.member('server'))
  const own = await mesh.member('cart')
  assert.equal(await call({ ca: own.roots }), 'h2 nobody')
  assert.match(await call(shows(own)), /sa\/cart/)
  const other = await newMesh()
  assert.equal(await call({ ...shows(await other.member('cart')), ca: own.roots }), '')
})

test('a secret of a cluster that the bootstrap does not have is refused with its listener', () => {
  const type = 'envoy.extensions.transport_sockets.tls.v3.DownstreamTlsContext'
  const message = DownstreamTlsContext.decode(jsonToBytes(type, MUTUAL))
  assert.throws(
    () => new TlsTermination(message, new Secrets(() => false)),
    /cluster "sds-grpc", which is not among the static_resources/,
  )
})
