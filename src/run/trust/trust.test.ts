/** The control plane's API as a stranger, a workload and a foreign agent meet it: gRPC over TLS with a real client. */
import assert from 'node:assert/strict'
import { X509Certificate } from 'node:crypto'
import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { after, before, describe, test } from 'node:test'
import { connect } from 'node:tls'
import { type ChannelCredentials, Client, credentials, Metadata, type ServiceError, status } from '@grpc/grpc-js'
import { CREATE_CERTIFICATE } from '../../identity/certificate-service.ts'
import type { Identity } from '../../identity/spiffe.ts'
import { certificateRequest } from '../../identity/workload/request.ts'
import { type KeyPair, makeKeyPair } from '../../identity/workload/signing.ts'
import { systemClock } from '../../lib/clock.ts'
import { DeltaDiscoveryRequest, DeltaDiscoveryResponse } from '../../xds/gen/envoy/service/discovery/v3/discovery.ts'
import { IstioCertificateRequest, IstioCertificateResponse } from '../../xds/gen/istio/v1/auth/ca.ts'
import { AdsServer } from '../../xds/server/ads-server.ts'
import { type GrpcServer, serveAds } from '../../xds/server/grpc.ts'
import { MapSource } from '../../xds/server/map-source.ts'
import { CLUSTER } from '../../xds/wire/type-url.ts'
import { Trust } from './trust.ts'

const CART: Identity = { trustDomain: 'cluster.local', namespace: 'shop', serviceAccount: 'cart' }
const CART_ID = 'spiffe://cluster.local/ns/shop/sa/cart'
const NODE = 'sidecar~10.0.0.1~cart-0.shop~shop.svc.cluster.local'
const HOUR_MS = 3_600_000

let directory = ''
let trust: Trust
let server: GrpcServer
let port = 0
const warnings: string[] = []

before(async () => {
  directory = mkdtempSync(path.join(tmpdir(), 'mizzen-trust-'))
  trust = await openTrust(directory)
  const ads = new AdsServer({ source: new MapSource() })
  const listen = [{ host: '127.0.0.1', port: 0, tls: trust.server }]
  server = await serveAds({ ads, listen, admit: trust.admit, services: trust.services })
  const [address] = server.addresses
  assert(address && 'port' in address)
  port = address.port
})
after(async () => {
  trust.close()
  await server.close(0)
  rmSync(directory, { recursive: true })
})

function openTrust(place: string): Promise<Trust> {
  return Trust.open({
    directory: place,
    clock: systemClock,
    trustDomain: 'cluster.local',
    hosts: ['localhost', '127.0.0.1'],
    serviceAccountOf: (_namespace, pod) => (pod === 'payment-0' ? 'payment' : undefined),
    warn: line => warnings.push(line),
  })
}

const roots = () => readFileSync(trust.rootsFile)
const bearer = (token: string): Metadata => {
  const metadata = new Metadata()
  metadata.set('authorization', `Bearer ${token}`)
  return metadata
}
const token = (identity = CART, single = false) => trust.tokens.issue(identity, { lifetimeMs: HOUR_MS, single })

async function call<T>(channel: ChannelCredentials, run: (client: Client) => Promise<T>): Promise<T> {
  const client = new Client(`localhost:${port}`, channel)
  try {
    return await run(client)
  } finally {
    client.close()
  }
}

function requestCertificate(csr: string, metadata: Metadata, channel = credentials.createSsl(roots()), validityDuration = 0) {
  return call(
    channel,
    client =>
      new Promise<string[]>((resolve, reject) => {
        client.makeUnaryRequest(
          CREATE_CERTIFICATE,
          (request: IstioCertificateRequest) => Buffer.from(IstioCertificateRequest.encode(request).finish()),
          bytes => IstioCertificateResponse.decode(bytes),
          IstioCertificateRequest.fromPartial({ csr, validityDuration }),
          metadata,
          (error, response) => (error ? reject(error) : resolve(response?.certChain ?? [])),
        )
      }),
  )
}

/** @returns the status that ends the stream, or `served` when it answers */
function openStream(nodeId: string, metadata: Metadata, channel = credentials.createSsl(roots())) {
  return call(
    channel,
    client =>
      new Promise<'served' | ServiceError>(resolve => {
        const stream = client.makeBidiStreamRequest(
          '/envoy.service.discovery.v3.AggregatedDiscoveryService/DeltaAggregatedResources',
          (request: DeltaDiscoveryRequest) => Buffer.from(DeltaDiscoveryRequest.encode(request).finish()),
          bytes => DeltaDiscoveryResponse.decode(bytes),
          metadata,
        )
        stream.on('data', () => {
          stream.cancel()
          resolve('served')
        })
        stream.on('error', (error: ServiceError) => resolve(error))
        stream.write(DeltaDiscoveryRequest.fromPartial({ node: { id: nodeId }, typeUrl: CLUSTER }))
      }),
  )
}

async function member(identity = CART): Promise<{ keys: KeyPair; chain: string[]; channel: ChannelCredentials }> {
  const keys = await makeKeyPair('ecdsa-p256')
  const chain = await requestCertificate(certificateRequest(keys), bearer(await token(identity)))
  return { keys, chain, channel: clientCredentials(keys, chain.slice(0, -1).join('')) }
}

function clientCredentials({ privateKey }: KeyPair, chain: string): ChannelCredentials {
  const key = Buffer.from(privateKey.export({ type: 'pkcs8', format: 'pem' }))
  return credentials.createSsl(roots(), key, Buffer.from(chain))
}

const ends = (code: status, details: RegExp) => (error: unknown) => {
  assert(error instanceof Error && 'code' in error && 'details' in error)
  assert.equal(error.code, code)
  assert.match(String(error.details), details)
  return true
}

describe('CreateCertificate', () => {
  test('answers a bearer of a token with its certificate first and the roots last', async () => {
    const keys = await makeKeyPair('ecdsa-p256')
    const chain = await requestCertificate(certificateRequest(keys, CART_ID), bearer(await token()), undefined, 60)
    assert.equal(chain.at(-1), roots().toString())
    const leaf = new X509Certificate(chain[0] ?? '')
    assert.equal(leaf.subjectAltName, `URI:${CART_ID}`)
    assert(Math.abs(leaf.validToDate.getTime() - Date.now() - 60_000) < 5000)
  })

  test('renews by the certificate alone', async () => {
    const { channel, keys } = await member()
    const chain = await requestCertificate(certificateRequest(keys, CART_ID), new Metadata(), channel)
    assert.equal(new X509Certificate(chain[0] ?? '').subjectAltName, `URI:${CART_ID}`)
  })

  test('refuses a certificate for somebody else, by token and by certificate', async () => {
    const { channel, keys } = await member()
    const request = certificateRequest(keys, 'spiffe://cluster.local/ns/shop/sa/payment')
    const is = ends(status.INVALID_ARGUMENT, /^Cannot sign a certificate for "spiffe:.*payment": the caller is ".*cart"$/)
    await assert.rejects(requestCertificate(request, bearer(await token())), is)
    await assert.rejects(requestCertificate(request, new Metadata(), channel), is)
  })

  test('refuses a stranger, and a token that was made up; both stand in the log', async () => {
    const request = certificateRequest(await makeKeyPair('ecdsa-p256'), CART_ID)
    await assert.rejects(
      requestCertificate(request, new Metadata()),
      ends(status.UNAUTHENTICATED, /expected a client certificate/),
    )
    await assert.rejects(requestCertificate(request, bearer('a.b.c')), ends(status.UNAUTHENTICATED, /the token is no JWT/))
    assert(warnings.some(line => /^Cannot sign a certificate for 127\.0\.0\.1:\d+: the token is no JWT$/.test(line)))
    assert(!warnings.some(line => line.includes('a.b.c')))
  })

  test('refuses a single-use token with a second key, and not with the first again', async () => {
    const [mine, stolen] = await Promise.all([makeKeyPair('ecdsa-p256'), makeKeyPair('ecdsa-p256')])
    const once = bearer(await token(CART, true))
    await requestCertificate(certificateRequest(mine, CART_ID), once)
    await requestCertificate(certificateRequest(mine, CART_ID), once)
    await assert.rejects(
      requestCertificate(certificateRequest(stolen, CART_ID), once),
      ends(status.UNAUTHENTICATED, /used by another workload already/),
    )
  })
})

describe('a stream of configuration over TLS', () => {
  test('is served to the workload that it is for, by token and by certificate', async () => {
    const { channel } = await member()
    assert.equal(await openStream(NODE, bearer(await token())), 'served')
    assert.equal(await openStream(NODE, new Metadata(), channel), 'served')
  })

  for (const [what, node, details] of [
    ['of another namespace', 'sidecar~10.0.0.1~cart-0.bank~bank.svc.cluster.local', /it is of namespace "bank"/],
    ['whose id names two namespaces', 'sidecar~10.0.0.1~cart-0.bank~shop.svc.cluster.local', /it is of namespace "bank"/],
    ['that the mesh knows under another service account', NODE.replace('cart', 'payment'), /its service account is "payment"/],
    ['that says nothing', 'x', /it is of namespace ""/],
  ] as const) {
    test(`is refused to a workload that says it is a node ${what}`, async () => {
      const { channel } = await member()
      const result = await openStream(node, new Metadata(), channel)
      assert(result !== 'served')
      assert.equal(result.code, status.PERMISSION_DENIED)
      assert.match(result.details, details)
      assert(warnings.some(line => line.startsWith(result.details) && line.includes('authenticated by certificate')))
    })
  }

  test('is refused to the bearer of the token of another pod', async () => {
    const other = bearer(await trust.tokens.issue(CART, { lifetimeMs: HOUR_MS, pod: 'cart-1' }))
    const result = await openStream(NODE, other)
    assert(result !== 'served')
    assert.match(result.details, /the token is for pod "cart-1"/)
  })

  test('is refused to a stranger', async () => {
    const result = await openStream(NODE, new Metadata())
    assert(result !== 'served')
    assert.equal(result.code, status.UNAUTHENTICATED)
  })

  test('is refused to a certificate of another mesh, expired, or not yet valid', async () => {
    const place = mkdtempSync(path.join(tmpdir(), 'mizzen-trust-'))
    const other = await openTrust(place)
    try {
      const keys = await makeKeyPair('ecdsa-p256')
      const spki = keys.publicKey.export({ type: 'spki', format: 'der' })
      const foreign = other.authority.issue(spki, keys.publicKey, { uris: [CART_ID] }, HOUR_MS)
      const expired = trust.authority.issue(spki, keys.publicKey, { uris: [CART_ID] }, 1000)
      await new Promise(resolve => setTimeout(resolve, 1500))
      for (const [{ chain }, reason] of [
        [foreign, /UNABLE_TO_VERIFY_LEAF_SIGNATURE|UNABLE_TO_GET_ISSUER_CERT|CERT_SIGNATURE_FAILURE|DEPTH_ZERO/],
        [expired, /CERT_HAS_EXPIRED/],
      ] as const) {
        const result = await openStream(NODE, new Metadata(), clientCredentials(keys, chain.join('')))
        assert(result !== 'served')
        assert.equal(result.code, status.UNAVAILABLE)
        assert.match(warnings.at(-1) ?? '', reason)
      }
    } finally {
      other.close()
      rmSync(place, { recursive: true })
    }
  })
})

describe('the server', () => {
  test('offers TLS 1.2 and 1.3, and nothing before', async () => {
    const offers = (version: 'TLSv1.1' | 'TLSv1.2' | 'TLSv1.3') =>
      new Promise<boolean>(resolve => {
        const options = {
          minVersion: version,
          maxVersion: version,
          ca: roots(),
          ALPNProtocols: ['h2'],
          ciphers: 'DEFAULT@SECLEVEL=0',
        }
        const socket = connect({ host: 'localhost', port, ...options })
        socket.on('secureConnect', () => {
          resolve(socket.getProtocol() === version)
          socket.destroy()
        })
        socket.on('error', () => resolve(false))
      })
    assert.deepEqual([await offers('TLSv1.1'), await offers('TLSv1.2'), await offers('TLSv1.3')], [false, true, true])
  })

  test('keeps its secrets to its owner', () => {
    for (const file of ['root.1.json', 'token-key.1.json']) assert.equal(statSync(path.join(directory, file)).mode & 0o777, 0o600)
  })
})
