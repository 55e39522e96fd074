import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { PassThrough } from 'node:stream'
import { after, before, describe, test } from 'node:test'
import { CertificateAuthority } from '../identity/authority/authority.ts'
import { FileGenerations } from '../identity/authority/generations.ts'
import { SelfSignedRoots } from '../identity/authority/self-signed.ts'
import { certificateRequest } from '../identity/workload/request.ts'
import { makeKeyPair } from '../identity/workload/signing.ts'
import { systemClock } from '../lib/clock.ts'
import { main } from './main.ts'

describe('mizzen ca', () => {
  let state = ''
  let running: SelfSignedRoots

  before(async () => {
    state = mkdtempSync(path.join(tmpdir(), 'mizzen-ca-'))
    const store = new FileGenerations(state, 'root')
    running = await SelfSignedRoots.open({ store, clock: systemClock, trustDomain: 'cluster.local', longestLeafMs: 3_600_000 })
  })
  after(() => rmSync(state, { recursive: true }))

  async function ca(...args: readonly string[]) {
    const [stdout, stderr] = [new PassThrough(), new PassThrough()]
    const io = { stdin: new PassThrough(), stdout, stderr, env: {}, cwd: state }
    const code = await main(['ca', ...args, '--state', '.'], io)
    return { code, out: String(stdout.read() ?? ''), err: String(stderr.read() ?? '') }
  }

  test('show tells of the root that signs', async () => {
    const { code, out } = await ca('show')
    assert.equal(code, 0)
    assert.match(out, /^root ([0-9A-F]{2}:){31}[0-9A-F]{2}\n {2}ECDSA, signs, valid until 20/)
  })

  test('revoke takes a certificate or its serial number, and the running control plane follows', async () => {
    const authority = new CertificateAuthority({ source: running, clock: systemClock, longestLifetimeMs: 3_600_000 })
    const identity = { trustDomain: 'cluster.local', namespace: 'shop', serviceAccount: 'cart' }
    const request = certificateRequest(await makeKeyPair('ecdsa-p256'))
    writeFileSync(path.join(state, 'cart.pem'), authority.sign(request, identity, 0).chain.join(''))
    assert.equal((await ca('revoke', 'cart.pem')).code, 0)
    assert.match((await ca('revoke', 'AB:CD')).out, /revoked abcd on /)
    assert.equal(authority.revoked, '')
    await running.refresh()
    assert.match(authority.revoked, /^-----BEGIN X509 CRL-----/)
    assert.equal(running.revocations.length, 2)
  })

  test('rotate adds a root of the kind asked for, once; the one before goes on to sign meanwhile', async () => {
    const { code, out } = await ca('rotate', '--key-type', 'rsa-2048')
    assert.equal(code, 0)
    assert.match(out, /ECDSA, signs, trusted until .*\nroot .*\n {2}RSA, trusted, signs from /)
    const again = await ca('rotate')
    assert.equal(again.code, 1)
    assert.match(again.err, /it is being replaced already/)
    await running.refresh()
    assert.equal(running.current.roots.length, 2)
    assert.equal(running.current.issuer.key.asymmetricKeyType, 'ec')
  })

  test('says what it expects', async () => {
    assert.match((await ca()).err, /expected show, rotate, revoke/)
    assert.match((await ca('revoke', 'nonsense')).err, /expected a PEM file, or a serial number in hexadecimal/)
    const { code, err } = await ca('show', '--mesh', '.')
    assert.deepEqual([code, /expected one of them/.test(err)], [2, true])
  })
})
