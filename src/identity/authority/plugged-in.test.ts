/** An authority in the files of Istio's `cacerts`, made by openssl. */
import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { after, before, describe, test } from 'node:test'
import { systemClock } from '../../lib/clock.ts'
import { certificateRequest } from '../workload/request.ts'
import { makeKeyPair } from '../workload/signing.ts'
import { CertificateAuthority } from './authority.ts'
import { openssl } from './openssl.testing.ts'
import { PluggedInAuthority } from './plugged-in.ts'

const CART = { trustDomain: 'corp.example', namespace: 'shop', serviceAccount: 'cart' }
let directory = ''

before(() => {
  directory = mkdtempSync(path.join(tmpdir(), 'mizzen-cacerts-'))
  const run = (...args: string[]) => execFileSync('openssl', args, { cwd: directory, stdio: 'pipe' })
  const authority = (name: string, issuer: string | undefined) => {
    run(
      'req',
      '-new',
      '-newkey',
      'rsa:2048',
      '-nodes',
      '-keyout',
      `${name}.key`,
      '-out',
      `${name}.csr`,
      '-subj',
      `/O=Corp/CN=${name}`,
    )
    writeFileSync(
      path.join(directory, 'ext'),
      'basicConstraints=critical,CA:TRUE\nkeyUsage=critical,keyCertSign,cRLSign\nsubjectKeyIdentifier=hash\n',
    )
    const by =
      issuer === undefined ? ['-signkey', `${name}.key`] : ['-CA', `${issuer}.pem`, '-CAkey', `${issuer}.key`, '-CAcreateserial']
    run('x509', '-req', '-in', `${name}.csr`, '-out', `${name}.pem`, '-days', '30', '-extfile', 'ext', ...by)
  }
  authority('root', undefined)
  authority('middle', 'root')
  authority('mesh', 'middle')
  const text = (name: string) => readFileSync(path.join(directory, name), 'utf8')
  const put = (name: string, content: string) => writeFileSync(path.join(directory, name), content)
  put('ca-cert.pem', text('mesh.pem'))
  put('ca-key.pem', text('mesh.key'))
  put('cert-chain.pem', text('mesh.pem') + text('middle.pem'))
  put('root-cert.pem', text('root.pem'))
})
after(() => rmSync(directory, { recursive: true }))

async function sign(source: PluggedInAuthority) {
  const keys = await makeKeyPair('ecdsa-p256')
  const request = certificateRequest(keys, 'spiffe://corp.example/ns/shop/sa/cart')
  return new CertificateAuthority({ source, clock: systemClock }).sign(request, CART, 0)
}

/** Puts `content` in place of a file while `run` runs. */
async function withFile(name: string, content: string, run: () => Promise<void> | void): Promise<void> {
  const file = path.join(directory, name)
  renameSync(file, `${file}.kept`)
  writeFileSync(file, content)
  try {
    await run()
  } finally {
    renameSync(`${file}.kept`, file)
  }
}

describe('PluggedInAuthority', () => {
  test('signs what openssl verifies with the root alone, given the chain that comes along', async () => {
    const { chain, roots } = await sign(new PluggedInAuthority(directory, systemClock))
    const [leaf = '', ...intermediates] = chain
    assert.equal(intermediates.length, 2)
    const files = { leaf, chain: intermediates.join(''), root: roots.join('') }
    assert.equal(openssl(['verify', '-x509_strict', '-CAfile', 'root', '-untrusted', 'chain', 'leaf'], files).trim(), 'leaf: OK')
  })

  test('takes over two roots when the file has them, and keeps what it has when a new one cannot be used', async () => {
    const source = new PluggedInAuthority(directory, systemClock)
    const other = openssl(['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-keyout', 'k', '-subj', '/O=Next'])
    const root = readFileSync(path.join(directory, 'root-cert.pem'), 'utf8')
    await withFile('root-cert.pem', root + other, () => {
      source.refresh()
      assert.equal(source.current.roots.length, 2)
    })
    await withFile('root-cert.pem', other, () => {
      assert.throws(
        () => source.refresh(),
        /cert-chain\.pem: it does not lead from ca-cert\.pem to a certificate in root-cert\.pem/,
      )
      assert.equal(source.current.roots.length, 2)
    })
  })

  test('takes lists of what is revoked that lead to the root, and none by which workloads would trust nobody', async () => {
    const run = (...args: string[]) => execFileSync('openssl', args, { cwd: directory, encoding: 'utf8', stdio: 'pipe' })
    writeFileSync(path.join(directory, 'index.txt'), '')
    writeFileSync(path.join(directory, 'ca.conf'), '[ca]\ndefault_ca=own\n[own]\ndatabase=index.txt\ndefault_md=sha256\n')
    const list = (name: string, ...life: string[]) =>
      run('ca', '-gencrl', '-config', 'ca.conf', '-cert', `${name}.pem`, '-keyfile', `${name}.key`, ...life)
    const source = new PluggedInAuthority(directory, systemClock)
    const crl = path.join(directory, 'ca-crl.pem')
    const all = ['mesh', 'middle', 'root'].map(name => list(name, '-crldays', '1')).join('')
    try {
      writeFileSync(crl, all)
      source.refresh()
      assert.equal(source.current.revoked, all)
      writeFileSync(crl, list('mesh', '-crldays', '1'))
      assert.throws(() => source.refresh(), /ca-crl\.pem: it lacks the list of 2 of 3 authorities on the way to the root/)
      writeFileSync(crl, list('mesh', '-crl_lastupdate', '20200101000000Z', '-crl_nextupdate', '20200102000000Z') + all)
      assert.throws(() => source.refresh(), /ca-crl\.pem: a list in it is valid until .* only/)
      writeFileSync(crl, 'nothing')
      assert.throws(() => source.refresh(), /ca-crl\.pem: it holds no list of revocations/)
      assert.equal(source.current.revoked, all)
    } finally {
      rmSync(crl)
    }
  })

  test('names the file that is wrong', async () => {
    const open = () => new PluggedInAuthority(directory, systemClock)
    const { privateKey } = await makeKeyPair('ecdsa-p256')
    await withFile('ca-key.pem', privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(), () =>
      assert.throws(open, /ca-key\.pem: it is not the key of ca-cert\.pem/),
    )
    await withFile('ca-cert.pem', 'nothing', () => assert.throws(open, /ca-cert\.pem: it holds no certificate/))
    await withFile('root-cert.pem', '', () => assert.throws(open, /root-cert\.pem: it holds no certificate/))
    const late = { ...systemClock, now: () => Date.now() + 31 * 86_400_000 }
    assert.throws(() => new PluggedInAuthority(directory, late), /ca-cert\.pem: it expired on/)
    const early = { ...systemClock, now: () => Date.now() - 86_400_000 }
    assert.throws(() => new PluggedInAuthority(directory, early), /ca-cert\.pem: it is valid from/)
    assert.throws(
      () => new PluggedInAuthority('/nonexistent', systemClock),
      /Cannot use the authority in "\/nonexistent": ca-cert\.pem: ENOENT/,
    )
  })
})
