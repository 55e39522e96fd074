/** `mizzen up` with an authority of the user's own, and `mizzen ca` beside a mesh that runs. */
import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { X509Certificate } from 'node:crypto'
import { globSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { after, before, describe, test } from 'node:test'
import { backRoutes, deployment, documents, gateway, service } from './manifests.ts'
import { get, Sandbox } from './mizzen.ts'

const strict = `
apiVersion: security.istio.io/v1
kind: PeerAuthentication
metadata: {name: default, namespace: istio-system}
spec: {mtls: {mode: STRICT}}
`
const files = {
  'front.yaml': documents(service('front', 80), deployment('front', 'front')),
  'back.yaml': documents(service('back', 80), deployment('back-v1', 'back')),
  'gateway.yaml': gateway,
  'routes.yaml': backRoutes(100),
  'strict.yaml': strict,
}

describe('mizzen up --cacerts', () => {
  let home = ''
  let cacerts = ''
  let sandbox: Sandbox

  before(() => {
    home = mkdtempSync(path.join(tmpdir(), 'mizzen-authority-'))
    cacerts = path.join(home, 'cacerts')
    const extensions = 'basicConstraints=critical,CA:TRUE\nkeyUsage=critical,keyCertSign,cRLSign\nsubjectKeyIdentifier=hash\n'
    execFileSync('mkdir', ['-m', '700', cacerts])
    writeFileSync(path.join(home, 'ext'), extensions)
    const openssl = (...args: string[]) => execFileSync('openssl', args, { cwd: cacerts, stdio: 'pipe' })
    const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-keyout', 'ca-key.pem']
    openssl('req', '-new', ...key, '-out', 'csr', '-subj', '/O=Corp/CN=mesh root')
    openssl('x509', '-req', '-in', 'csr', '-signkey', 'ca-key.pem', '-days', '30', '-extfile', '../ext', '-out', 'ca-cert.pem')
    writeFileSync(path.join(cacerts, 'root-cert.pem'), readFileSync(path.join(cacerts, 'ca-cert.pem')))
    sandbox = new Sandbox(files, { XDG_STATE_HOME: home })
  })
  after(async () => {
    await sandbox?.close()
    rmSync(home, { recursive: true, force: true })
  })

  test('says what is wrong with an authority that cannot be used', async () => {
    renameSync(path.join(cacerts, 'ca-key.pem'), path.join(cacerts, 'gone'))
    const { code, stdout, stderr } = await sandbox.mizzen('up', '--cacerts', cacerts)
    renameSync(path.join(cacerts, 'gone'), path.join(cacerts, 'ca-key.pem'))
    assert.equal(code, 1)
    assert.match(stdout + stderr, /Cannot use the authority in ".*cacerts": ca-key\.pem: ENOENT/)
  })

  test('has it vouch for every workload', async () => {
    const { ingress } = await sandbox.up('.', '--cacerts', cacerts)
    assert.equal((await get(`${ingress[0]?.url}/get?url=http://back/`)).status, 200)
    const [published = ''] = globSync(`${home}/mizzen/*/authority/root-cert.pem`)
    assert.equal(new X509Certificate(readFileSync(published)).subject, 'O=Corp\nCN=mesh root')
    const { code, stderr } = await sandbox.mizzen('ca', 'show', '--mesh', '.')
    assert.equal(code, 1)
    assert.match(stderr, /expected --mesh or --state of one that has run, without --cacerts/)
  })
})

describe('mizzen ca beside a mesh that runs', () => {
  let sandbox: Sandbox

  before(async () => {
    sandbox = new Sandbox(files)
    await sandbox.up('.', '--ca-key-type', 'rsa-2048')
  })
  after(() => sandbox?.close())

  test('shows its root, of the kind that was asked for, and adds another one', async () => {
    assert.match((await sandbox.mizzen('ca', 'show', '--mesh', '.')).stdout, /^root .*\n {2}RSA, signs, valid until /)
    const { code, stdout } = await sandbox.mizzen('ca', 'rotate', '--mesh', '.', '--key-type', 'ecdsa-p256')
    assert.equal(code, 0)
    assert.match(stdout, /RSA, signs, trusted until .*\n.*\n {2}ECDSA, trusted, signs from /)
  })
})
