/** What the authority signs, in the eyes of openssl and node. */
import assert from 'node:assert/strict'
import { createPrivateKey, X509Certificate } from 'node:crypto'
import { describe, test } from 'node:test'
import { ManualClock } from '../../lib/clock.ts'
import { certificateRequest } from '../workload/request.ts'
import { type KeyType, makeKeyPair } from '../workload/signing.ts'
import { CertificateAuthority, RequestError } from './authority.ts'
import { MemoryGenerations } from './memory-generations.testing.ts'
import { openssl } from './openssl.testing.ts'
import { SelfSignedRoots } from './self-signed.ts'

const CART = { trustDomain: 'cluster.local', namespace: 'shop', serviceAccount: 'cart' }
const CART_ID = 'spiffe://cluster.local/ns/shop/sa/cart'
const HOUR_MS = 3_600_000

async function setUp(keyType: KeyType = 'ecdsa-p256', now = Date.now()) {
  const clock = new ManualClock(now)
  const store = new MemoryGenerations()
  const source = await SelfSignedRoots.open({ store, clock, trustDomain: 'cluster.local', keyType, longestLeafMs: 24 * HOUR_MS })
  return { clock, store, source, authority: new CertificateAuthority({ source, clock, longestLifetimeMs: 24 * HOUR_MS }) }
}

for (const caType of ['ecdsa-p256', 'rsa-2048'] as const) {
  for (const keyType of ['ecdsa-p256', 'rsa-2048'] as const) {
    test(`CertificateAuthority.sign() makes certificates that openssl verifies: ${keyType} signed by ${caType}`, async () => {
      const { authority, clock } = await setUp(caType)
      const keys = await makeKeyPair(keyType)
      const request = certificateRequest(keys, CART_ID)
      openssl(['req', '-in', 'csr', '-verify', '-noout'], { csr: request })
      const { chain, roots, until } = authority.sign(request, CART, HOUR_MS)
      const files = { leaf: chain[0] ?? '', root: roots.join('') }
      const purpose = (name: string) => openssl(['verify', '-x509_strict', '-purpose', name, '-CAfile', 'root', 'leaf'], files)
      assert.equal(purpose('sslserver').trim(), 'leaf: OK')
      assert.equal(purpose('sslclient').trim(), 'leaf: OK')
      const leaf = new X509Certificate(files.leaf)
      assert.equal(leaf.subjectAltName, `URI:${CART_ID}`)
      assert.equal(leaf.subject, undefined)
      assert.equal(leaf.ca, false)
      assert(leaf.checkPrivateKey(keys.privateKey))
      assert.equal(until, clock.now() + HOUR_MS)
      assert.equal(Math.floor(until / 1000), leaf.validToDate.getTime() / 1000)
      assert.match(openssl(['x509', '-in', 'leaf', '-noout', '-text'], files), /X509v3 Subject Alternative Name: critical/)
    })
  }
}

describe('CertificateAuthority.sign()', () => {
  test('reads requests that openssl made', async () => {
    const { authority } = await setUp()
    const key = openssl(['genpkey', '-algorithm', 'EC', '-pkeyopt', 'ec_paramgen_curve:P-384'])
    const request = openssl(
      ['req', '-new', '-key', 'key', '-subj', '/O=ignored/CN=ignored', '-addext', `subjectAltName=URI:${CART_ID}`],
      { key },
    )
    const { chain } = authority.sign(request, CART, 0)
    assert(new X509Certificate(chain[0] ?? '').checkPrivateKey(createPrivateKey(key)))
  })

  test('gives a request without a name the name of the caller, and one in another trust domain ours', async () => {
    const { authority } = await setUp()
    const keys = await makeKeyPair('ecdsa-p256')
    for (const csr of [certificateRequest(keys), certificateRequest(keys, 'spiffe://other.domain/ns/shop/sa/cart')]) {
      assert.equal(new X509Certificate(authority.sign(csr, CART, 0).chain[0] ?? '').subjectAltName, `URI:${CART_ID}`)
    }
  })

  test('takes nothing of a request but its key and the name that is checked', async () => {
    const { authority } = await setUp()
    const key = openssl(['genpkey', '-algorithm', 'EC', '-pkeyopt', 'ec_paramgen_curve:P-256'])
    const claims = ['-subj', '/O=system:masters/OU=workload~payment/CN=payment', '-addext', 'basicConstraints=CA:TRUE']
    const request = openssl(['req', '-new', '-key', 'key', ...claims], { key })
    const { chain } = authority.sign(request, CART, 0, ['workload~cart'])
    const leaf = new X509Certificate(chain[0] ?? '')
    assert.deepEqual([leaf.subject, leaf.subjectAltName, leaf.ca], ['OU=workload~cart', `URI:${CART_ID}`, false])
  })

  test('refuses a request for somebody else, and names both', async () => {
    const { authority } = await setUp()
    const keys = await makeKeyPair('ecdsa-p256')
    const foreign = certificateRequest(keys, 'spiffe://cluster.local/ns/shop/sa/payment')
    assert.throws(() => authority.sign(foreign, CART, 0), {
      message: `Cannot sign a certificate for "spiffe://cluster.local/ns/shop/sa/payment": the caller is "${CART_ID}"`,
    })
    const key = keys.privateKey.export({ type: 'pkcs8', format: 'pem' }).toString()
    const withHost = openssl(['req', '-new', '-key', 'key', '-subj', '/', '-addext', 'subjectAltName=DNS:bank.example'], { key })
    assert.throws(() => authority.sign(withHost, CART, 0), RequestError)
  })

  test('refuses a request whose key its sender does not have', async () => {
    const { authority } = await setUp()
    const [mine, theirs] = await Promise.all([makeKeyPair('ecdsa-p256'), makeKeyPair('ecdsa-p256')])
    const forged = certificateRequest({ publicKey: theirs.publicKey, privateKey: mine.privateKey }, CART_ID)
    assert.throws(() => authority.sign(forged, CART, 0), /its signature is not by its key/)
  })

  test('refuses weak keys, and what is no request', async () => {
    const { authority } = await setUp()
    const weak = openssl(['req', '-new', '-newkey', 'rsa:1024', '-nodes', '-keyout', 'key', '-subj', '/'])
    assert.throws(() => authority.sign(weak, CART, 0), /its key is rsa 1024, expected .* RSA of 2048 to 8192 bits/)
    for (const text of ['', 'x'.repeat(20_000), '-----BEGIN CERTIFICATE REQUEST-----\nMAA=\n-----END CERTIFICATE REQUEST-----\n'])
      assert.throws(() => authority.sign(text, CART, 0), RequestError)
  })

  test('refuses what is cut off or changed at any byte, without any other error', async () => {
    const { authority } = await setUp()
    const good = certificateRequest(await makeKeyPair('ecdsa-p256'), CART_ID)
    const der = Buffer.from(good.replaceAll(/-----.*-----|\n/g, ''), 'base64')
    const wrap = (bytes: Buffer) =>
      `-----BEGIN CERTIFICATE REQUEST-----\n${bytes.toString('base64')}\n-----END CERTIFICATE REQUEST-----\n`
    for (let at = 0; at < der.length; at++) {
      const changed = Buffer.from(der)
      changed.writeUInt8((changed[at] ?? 0) ^ 0x41, at)
      for (const bytes of [changed, der.subarray(0, at)]) assert.throws(() => authority.sign(wrap(bytes), CART, 0), RequestError)
    }
  })

  test('grants no more than the longest life, and nothing beyond its own', async () => {
    const { authority, clock, source } = await setUp()
    const request = certificateRequest(await makeKeyPair('ecdsa-p256'), CART_ID)
    assert.throws(() => authority.sign(request, CART, 25 * HOUR_MS), /expected at most 86400 s/)
    const end = source.current.validity.until
    clock.advance(end - clock.now() - HOUR_MS)
    assert.equal(authority.sign(request, CART, 24 * HOUR_MS).until, end)
    clock.advance(2 * HOUR_MS)
    assert.throws(() => authority.sign(request, CART, 0), /the authority's own expired/)
  })

  test('makes certificates that are valid for a workload whose clock is two minutes behind', async () => {
    const { authority, clock } = await setUp()
    // The root is two minutes older than now, too.
    clock.advance(HOUR_MS)
    const { chain } = authority.sign(certificateRequest(await makeKeyPair('ecdsa-p256'), CART_ID), CART, 0)
    assert.equal(new X509Certificate(chain[0] ?? '').validFromDate.getTime(), Math.floor((clock.now() - 120_000) / 1000) * 1000)
  })

  test('makes certificates for the years after 2049 too', async () => {
    const { authority } = await setUp('ecdsa-p256', Date.UTC(2049, 11, 31, 12))
    const { chain } = authority.sign(certificateRequest(await makeKeyPair('ecdsa-p256'), CART_ID), CART, 0)
    assert.equal(new X509Certificate(chain[0] ?? '').validToDate.toISOString(), '2050-01-01T12:00:00.000Z')
  })
})

test('a certificate that was revoked fails at openssl with the list of the authority, and others do not', async () => {
  const { authority, source } = await setUp()
  const sign = async () => authority.sign(certificateRequest(await makeKeyPair('ecdsa-p256'), CART_ID), CART, 0).chain[0] ?? ''
  const [bad, good] = [await sign(), await sign()]
  assert.equal(authority.revoked, '')
  await source.revoke(new X509Certificate(bad).serialNumber)
  const files = { bad, good, root: authority.roots.join(''), crl: authority.revoked }
  const verify = (name: string) => openssl(['verify', '-crl_check', '-CAfile', 'root', '-CRLfile', 'crl', name], files)
  assert.equal(verify('good').trim(), 'good: OK')
  assert.throws(() => verify('bad'), /certificate revoked/)
})
