import assert from 'node:assert/strict'
import { X509Certificate } from 'node:crypto'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import * as http2 from 'node:http2'
import * as https from 'node:https'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import type { PeerCertificate } from 'node:tls'
import type { Cluster } from '../../xds/gen/envoy/config/cluster/v3/cluster.ts'
import { TransportSocket } from '../../xds/gen/envoy/config/core/v3/base.ts'
import { UpstreamTlsContext } from '../../xds/gen/envoy/extensions/transport_sockets/tls/v3/tls.ts'
import { type JsonValue, jsonToBytes } from '../../xds/wire/json.ts'
import { typeUrl } from '../../xds/wire/type-url.ts'
import { Secrets } from '../tls/secrets.ts'
import { CA, CERTIFICATE, PRIVATE_KEY } from './certificates.testing.ts'
import { assignment, clusterSet, listen, protocolOptions, type Sent, send, staticCluster } from './cluster-set.testing.ts'
import { TlsOrigination, type TlsRequest } from './tls-origination.ts'

const TLS = 'envoy.extensions.transport_sockets.tls.v3.UpstreamTlsContext'
const trusted = { inline_string: CA }
const identity = { certificate_chain: { inline_string: CERTIFICATE }, private_key: { inline_string: PRIVATE_KEY } }

/** @param context Envoy's JSON form */
function tls(context: JsonValue): TransportSocket {
  const typedConfig = { typeUrl: typeUrl(TLS), value: jsonToBytes(TLS, context) }
  return { name: 'tls', configType: { $case: 'typedConfig', value: typedConfig } }
}

function verified(more: Record<string, JsonValue> = {}, context: Record<string, JsonValue> = {}): TransportSocket {
  return tls({ common_tls_context: { validation_context: { trusted_ca: trusted, ...more } }, ...context })
}

/** Answers with what TLS agreed on. */
async function server(t: TestContext, options: https.ServerOptions = {}): Promise<number> {
  return listen(
    t,
    https.createServer({ key: PRIVATE_KEY, cert: CERTIFICATE, ca: CA, ...options }, (request, response) => {
      const { socket } = request
      const name = 'servername' in socket ? String(socket.servername) : ''
      const peer =
        'getPeerCertificate' in socket && typeof socket.getPeerCertificate === 'function' ? socket.getPeerCertificate() : {}
      response.end(`${request.httpVersion} sni=${name} peer=${peer.subject?.CN ?? ''}`)
    }),
  )
}

async function ask(t: TestContext, port: number, transportSocket: TransportSocket, more: Partial<Cluster> = {}): Promise<Sent> {
  const set = clusterSet(t)
  set.put(staticCluster('shop', [port], { transportSocket, ...more }))
  const sent = send(set.get('shop'), '/', { authority: 'cart.example:443' })
  await sent.done
  return sent
}

test('a connection is verified by the trusted CA and asks for the configured name', async t => {
  const sent = await ask(t, await server(t), verified({}, { sni: 'outbound_.80_._.cart' }))
  assert.equal(sent.body, '1.1 sni=outbound_.80_._.cart peer=')
})

test('without a trusted CA nothing is verified, as in Envoy', async t => {
  const sent = await ask(t, await server(t), tls({}))
  assert.equal(sent.body, '1.1 sni=false peer=')
})

test('a certificate of another CA is a failure to connect, with the reason', async t => {
  const systemRoots = { common_tls_context: { validation_context: { system_root_certs: {} } } }
  const sent = await ask(t, await server(t), tls(systemRoots))
  assert.equal(sent.reset, 'connect-failure')
  assert.match(sent.stream?.connectError ?? '', /self-signed certificate/)
})

test('the certificate must have a name that a SAN matcher accepts', async t => {
  const port = await server(t)
  const names = (san_type: string, exact: string) =>
    verified({ match_typed_subject_alt_names: [{ san_type, matcher: { exact } }] })
  for (const [type, name] of [
    ['DNS', 'cart.example'],
    ['URI', 'spiffe://cluster.local/ns/shop/sa/cart'],
    ['IP_ADDRESS', '127.0.0.1'],
  ] as const)
    assert.equal((await ask(t, port, names(type, name))).status, 200, name)
  for (const [type, name] of [
    ['DNS', 'orders.example'],
    ['URI', 'cart.example'],
    ['URI', 'spiffe://cluster.local/ns/shop/sa/orders'],
  ] as const) {
    const sent = await ask(t, port, names(type, name))
    assert.equal(sent.reset, 'connect-failure', name)
    assert.match(sent.stream?.connectError ?? '', /no SAN matcher/)
  }
})

test('auto_sni asks for the authority, auto_san_validation expects it in the certificate', async t => {
  const port = await server(t)
  const set = clusterSet(t)
  const typedExtensionProtocolOptions = protocolOptions('http1', {}, { autoSni: true, autoSanValidation: true })
  set.put(staticCluster('shop', [port], { transportSocket: verified(), typedExtensionProtocolOptions }))
  const right = send(set.get('shop'), '/', { authority: 'Cart.Example:8443' })
  await right.done
  assert.equal(right.body, '1.1 sni=cart.example peer=')
  // Another name is another connection, and its certificate another question.
  const wrong = send(set.get('shop'), '/', { authority: 'orders.example' })
  await wrong.done
  assert.equal(wrong.reset, 'connect-failure')
  assert.match(wrong.stream?.connectError ?? '', /orders\.example/)
})

test('a client certificate is shown, from memory or from files', async t => {
  const port = await server(t, { requestCert: true, rejectUnauthorized: true })
  const dir = await mkdtemp(join(tmpdir(), 'mizzen-tls-'))
  t.after(() => rm(dir, { recursive: true }))
  for (const [name, text] of Object.entries({ ca: CA, cert: CERTIFICATE, key: PRIVATE_KEY }))
    await writeFile(join(dir, name), text)
  const file = (name: string) => ({ filename: join(dir, name) })
  const inline = await ask(
    t,
    port,
    tls({ common_tls_context: { tls_certificates: [identity], validation_context: { trusted_ca: trusted } } }),
  )
  assert.equal(inline.body, '1.1 sni=false peer=cart')
  const certificate = { certificate_chain: file('cert'), private_key: file('key') }
  const context = { common_tls_context: { tls_certificates: [certificate], validation_context: { trusted_ca: file('ca') } } }
  assert.equal((await ask(t, port, tls(context))).body, '1.1 sni=false peer=cart')
  const nobody = await ask(t, port, verified())
  assert.equal(nobody.status, undefined)
})

test('attempt() resumes no session that outlives the certificate the server showed', () => {
  const message = UpstreamTlsContext.decode(
    jsonToBytes(TLS, { common_tls_context: { validation_context: { trusted_ca: trusted } } }),
  )
  const resumesWhenValidUntil = (valid_to: string): boolean => {
    const origination = new TlsOrigination(message, new Secrets(() => false))
    const request: TlsRequest = { target: '127.0.0.1:1', sni: 'cart.example', verifySni: false, alpn: [] }
    const first = origination.attempt(request)
    assert(first)
    // What node:tls does after a full handshake, with the certificate as it tells it.
    const { raw } = new X509Certificate(CERTIFICATE)
    const shown: Partial<PeerCertificate> = { raw, valid_to }
    Reflect.apply(first.options.checkServerIdentity ?? assert.fail, undefined, ['cart.example', shown])
    first.onSession(Buffer.from('ticket'))
    return origination.attempt(request)?.options.session !== undefined
  }
  assert.equal(resumesWhenValidUntil('Jan  1 00:00:00 2100 GMT'), true)
  assert.equal(resumesWhenValidUntil('Jan  1 00:00:00 2020 GMT'), false)
})

test('put() refuses TLS contexts that cannot be used', t => {
  const set = clusterSet(t)
  const sans = [{ san_type: 'DNS', matcher: { exact: 'x' } }]
  const rows: [why: RegExp, socket: TransportSocket][] = [
    [/cannot be used/, verified({ trusted_ca: { inline_string: 'no PEM' } })],
    [
      /no private_key/,
      tls({ common_tls_context: { tls_certificates: [{ certificate_chain: { inline_string: CERTIFICATE } }] } }),
    ],
    [/"\/nowhere\/ca" cannot be read/, verified({ trusted_ca: { filename: '/nowhere/ca' } })],
    [
      /secret "default" comes by no source/,
      tls({ common_tls_context: { tls_certificate_sds_secret_configs: [{ name: 'default' }] } }),
    ],
    [/no use without trusted_ca/, tls({ common_tls_context: { validation_context: { match_typed_subject_alt_names: sans } } })],
  ]
  for (const [why, transportSocket] of rows) assert.throws(() => set.put(staticCluster('shop', [1], { transportSocket })), why)
  assert.equal(set.get('shop'), undefined)
})

test('auto_config speaks what ALPN agrees on', async t => {
  const typedExtensionProtocolOptions = protocolOptions('auto')
  const old = await ask(t, await server(t), verified(), { typedExtensionProtocolOptions })
  assert.equal(old.body, '1.1 sni=false peer=')
  const secure = http2.createSecureServer({ key: PRIVATE_KEY, cert: CERTIFICATE }, (request, response) =>
    response.end(request.httpVersion),
  )
  const sent = await ask(t, await listen(t, secure), verified(), { typedExtensionProtocolOptions })
  assert.equal(sent.body, '2.0')
})

test('transport_socket_matches choose by the metadata of the endpoint', async t => {
  const port = await server(t)
  const set = clusterSet(t)
  const loadAssignment = assignment('shop', [port, port])
  const [plain, istio] = loadAssignment.endpoints[0]?.lbEndpoints ?? []
  assert(plain?.hostIdentifier?.$case === 'endpoint' && istio)
  plain.hostIdentifier.value.hostname = 'plain'
  istio.metadata = { filterMetadata: { 'envoy.transport_socket_match': { tlsMode: 'istio' } }, typedFilterMetadata: {} }
  const transportSocketMatches = [
    { name: 'tlsMode-istio', match: { tlsMode: 'istio' }, transportSocket: verified() },
    {
      name: 'tlsMode-disabled',
      match: {},
      transportSocket: TransportSocket.fromPartial({ name: 'envoy.transport_sockets.raw_buffer' }),
    },
  ]
  set.put(staticCluster('shop', [], { loadAssignment, transportSocketMatches }))
  const [first, second] = [send(set.get('shop')), send(set.get('shop'))]
  await Promise.all([first.done, second.done])
  assert.notEqual(first.status, 200)
  assert.equal(second.status, 200)
})
