/** Mutual TLS between pods of `mizzen up`: on by default, STRICT without a failed request, certificates replaced under load; both engines in one mesh. */
import assert from 'node:assert/strict'
import { X509Certificate } from 'node:crypto'
import { globSync, mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs'
import { connect as connectTcp } from 'node:net'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { after, before, describe, test } from 'node:test'
import { type ConnectionOptions, connect, type SecureVersion } from 'node:tls'
import { CertificateAuthority } from '../../src/identity/authority/authority.ts'
import { FileGenerations } from '../../src/identity/authority/generations.ts'
import { SelfSignedRoots } from '../../src/identity/authority/self-signed.ts'
import { certificateRequest } from '../../src/identity/workload/request.ts'
import { makeKeyPair } from '../../src/identity/workload/signing.ts'
import { systemClock } from '../../src/lib/clock.ts'
import { clusterAddress } from '../../src/proxy/config/ads.ts'
import { Trust } from '../../src/run/trust/trust.ts'
import { Bootstrap } from '../../src/xds/gen/envoy/config/bootstrap/v3/bootstrap.ts'
import { ENVOY_MISSING, envoyBinary } from '../scenarios/engines.ts'
import { backRoutes, deployment, documents, gateway, service } from './manifests.ts'
import { get, Sandbox, until } from './mizzen.ts'

const STRICT = `
apiVersion: security.istio.io/v1
kind: PeerAuthentication
metadata: {name: default, namespace: istio-system}
spec: {mtls: {mode: STRICT}}
`
/** Certificates live so long: each is replaced after three seconds. */
const TTL_S = 6

/** What a server answers to a request over TLS; '' when it does not. */
function secured(port: number, options: ConnectionOptions, onSession?: (session: Buffer) => void): Promise<string> {
  return new Promise(resolve => {
    let text = ''
    try {
      const socket = connect(
        { host: '127.0.0.1', port, ALPNProtocols: ['istio-http/1.1'], rejectUnauthorized: false, ...options },
        () => socket.write('GET / HTTP/1.1\r\nhost: back\r\nconnection: close\r\n\r\n'),
      )
      if (onSession) socket.on('session', onSession)
      socket.on('data', chunk => {
        text += chunk
      })
      socket.on('error', () => resolve(text))
      socket.on('close', () => resolve(text))
      socket.setTimeout(5000, () => socket.destroy())
    } catch (error) {
      assert.fail(`The client cannot do that: ${String(error)}`)
    }
  })
}

describe('mutual TLS of mizzen up', { skip: envoyBinary() ? false : ENVOY_MISSING }, () => {
  let home = ''
  let sandbox: Sandbox
  let url = ''

  before(async () => {
    home = mkdtempSync(path.join(tmpdir(), 'mizzen-identity-'))
    const front = documents(service('front', 80), deployment('front', 'front'))
    const back = documents(
      service('back', 80),
      deployment('back-v1', 'back', { engine: 'envoy' }),
      deployment('back-v2', 'back', { version: 'v2' }),
    )
    const files = { 'front.yaml': front, 'back.yaml': back, 'gateway.yaml': gateway, 'routes.yaml': backRoutes(50) }
    sandbox = new Sandbox(files, { XDG_STATE_HOME: home, SECRET_TTL: `${TTL_S}s` })
    const { ingress } = await sandbox.up('.')
    url = ingress[0]?.url ?? ''
  })
  after(async () => {
    await sandbox?.close()
    rmSync(home, { recursive: true, force: true })
  })

  /** Where the inbound listeners of a pod are. */
  async function ports(pod: string): Promise<number[]> {
    const [file = ''] = globSync(`${home}/**/bootstrap/default.${pod}.pb`)
    const admin = Bootstrap.decode(readFileSync(file)).admin?.address?.address
    assert(admin?.$case === 'socketAddress' && admin.value.portSpecifier?.$case === 'portValue')
    const { body } = await get(`http://127.0.0.1:${admin.value.portSpecifier.value}/listeners`)
    return [...body.matchAll(/127\.0\.0\.1:(\d+)/g)].map(([, port]) => Number(port))
  }

  /** Names and serial numbers of the certificates that a pod shows to a sidecar, by port. */
  async function certificates(pod: string): Promise<Map<number, string>> {
    const shown = await Promise.all(
      (await ports(pod)).map(
        port =>
          new Promise<[number, string] | undefined>(resolve => {
            const socket = connect({ host: '127.0.0.1', port, ALPNProtocols: ['istio-http/1.1'], rejectUnauthorized: false })
            socket.on('secureConnect', () => {
              const certificate = socket.getPeerX509Certificate()
              resolve(certificate && [port, `${certificate.subjectAltName} ${certificate.serialNumber}`])
              socket.destroy()
            })
            socket.on('error', () => resolve(undefined))
            socket.on('close', () => resolve(undefined))
          }),
      ),
    )
    return new Map(shown.filter(entry => entry !== undefined))
  }

  /** What a pod answers to a client without a certificate, where others come in. */
  async function plaintext(inbound: Iterable<number>): Promise<string> {
    const answers = await Promise.all(
      Array.from(
        inbound,
        port =>
          new Promise<string>(resolve => {
            let text = ''
            const socket = connectTcp(port, '127.0.0.1', () =>
              socket.write('GET / HTTP/1.1\r\nhost: back\r\nconnection: close\r\n\r\n'),
            )
            socket.on('data', chunk => {
              text += chunk
            })
            socket.on('error', () => resolve(text))
            socket.on('close', () => resolve(text))
            setTimeout(() => socket.destroy(), 2000)
          }),
      ),
    )
    return answers.join('')
  }

  test('is on: each pod shows the certificate of its service account', async () => {
    assert.equal((await get(url)).status, 200)
    for (const pod of ['back-v1-0', 'back-v2-0', 'front-0'])
      assert.match(
        [...(await certificates(pod)).values()].join(),
        /URI:spiffe:\/\/cluster\.local\/ns\/default\/sa\/default /,
        pod,
      )
  })

  test('becomes STRICT and outlives its certificates without a failed request', async () => {
    const failures: string[] = []
    let requests = 0
    let running = true
    const client = async () => {
      while (running) {
        const answer = await get(url).catch((error: unknown) => ({ status: 0, body: String(error) }))
        requests++
        if (answer.status !== 200) failures.push(`${answer.status} ${answer.body}`)
      }
    }
    const clients = [client(), client(), client()]
    try {
      const first = new Map<string, Map<number, string>>()
      for (const pod of ['back-v1-0', 'back-v2-0']) first.set(pod, await certificates(pod))
      sandbox.write('strict.yaml', STRICT)
      for (const shown of first.values())
        await until(
          () => plaintext(shown.keys()),
          text => !text.includes('200 OK'),
          10_000,
        )
      // Twice the life of a certificate: whoever did not renew could not go on.
      await new Promise(resolve => setTimeout(resolve, 2000 * TTL_S))
      for (const [pod, before] of first) assert.notDeepEqual([...(await certificates(pod)).values()], [...before.values()], pod)
    } finally {
      running = false
      await Promise.all(clients)
    }
    assert.deepEqual(failures.slice(0, 3), [], `${failures.length} of ${requests}`)
    assert(requests > 100)
  })

  test('offers only what is meant to be offered, to workloads of the mesh alone', async () => {
    const directory = path.dirname(globSync(`${home}/**/root-cert.pem`)[0] ?? '')
    const trust = await Trust.open({
      directory,
      clock: systemClock,
      trustDomain: 'cluster.local',
      serviceAccountOf: () => undefined,
      warn: line => assert.fail(line),
    })
    /** What a client shows. @param seconds from now on it is valid */
    const show = async (uri: string, seconds = 60) => {
      const keys = await makeKeyPair('ecdsa-p256')
      const spki = keys.publicKey.export({ type: 'spki', format: 'der' })
      const { chain } = trust.authority.issue(spki, keys.publicKey, { uris: [uri] }, seconds * 1000)
      return { cert: chain.join(''), key: keys.privateKey.export({ type: 'pkcs8', format: 'pem' }).toString() }
    }
    try {
      const mine = await show('spiffe://cluster.local/ns/default/sa/client')
      const expired = await show('spiffe://cluster.local/ns/default/sa/client', 1)
      const foreign = await show('spiffe://elsewhere/ns/default/sa/client')
      await new Promise(resolve => setTimeout(resolve, 1500))
      const only = (version: SecureVersion, ciphers?: string) => ({
        ...mine,
        minVersion: version,
        maxVersion: version,
        ciphers: ciphers ?? 'ALL:@SECLEVEL=0',
      })
      const clients: Readonly<Record<string, readonly [ConnectionOptions, boolean]>> = {
        'TLS 1.3': [only('TLSv1.3'), true],
        'TLS 1.2': [only('TLSv1.2'), true],
        'TLS 1.2 with forward secrecy and authenticated encryption': [only('TLSv1.2', 'ECDHE-ECDSA-AES128-GCM-SHA256'), true],
        'TLS 1.2 with CBC': [only('TLSv1.2', 'ECDHE-ECDSA-AES128-SHA'), false],
        'TLS 1.2 with ChaCha20, which is not in the list': [only('TLSv1.2', 'ECDHE-ECDSA-CHACHA20-POLY1305'), false],
        'TLS 1.1': [only('TLSv1.1'), false],
        'TLS 1.0': [only('TLSv1'), false],
        'no certificate': [{}, false],
        'an expired certificate': [expired, false],
        'a certificate of another trust domain': [foreign, false],
      }
      for (const pod of ['back-v1-0', 'back-v2-0']) {
        const [port = 0] = (await certificates(pod)).keys()
        for (const [what, [options, expected]] of Object.entries(clients))
          assert.equal(/^HTTP\/1\.1 \d/.test(await secured(port, options)), expected, `${pod}: ${what}`)
      }
    } finally {
      trust.close()
    }
  })

  test('lets nobody in by resuming a session when the certificate has ended', async () => {
    const directory = path.dirname(globSync(`${home}/**/root-cert.pem`)[0] ?? '')
    const roots = await SelfSignedRoots.open({
      store: new FileGenerations(directory, 'root'),
      clock: systemClock,
      trustDomain: 'cluster.local',
      longestLeafMs: 86_400_000,
    })
    const authority = new CertificateAuthority({ source: roots, clock: systemClock })
    const identity = { trustDomain: 'cluster.local', namespace: 'default', serviceAccount: 'x' }
    for (const pod of ['back-v1-0', 'back-v2-0']) {
      const [port = 0] = (await certificates(pod)).keys()
      const keys = await makeKeyPair('ecdsa-p256')
      const { chain, until: end } = authority.sign(certificateRequest(keys), identity, 4000)
      const shown = { cert: chain.join(''), key: keys.privateKey.export({ type: 'pkcs8', format: 'pem' }).toString() }
      let session: Buffer | undefined
      assert.match(
        await secured(port, shown, given => {
          session = given
        }),
        /^HTTP/,
        pod,
      )
      await until(
        () => Date.now(),
        now => now > end + 1000,
      )
      assert.equal(await secured(port, { ...shown, ...(session && { session }) }), '', pod)
    }
  })

  test('refuses a certificate that was revoked, within seconds', async () => {
    const directory = path.dirname(globSync(`${home}/**/root-cert.pem`)[0] ?? '')
    const store = new FileGenerations(directory, 'root')
    const roots = await SelfSignedRoots.open({
      store,
      clock: systemClock,
      trustDomain: 'cluster.local',
      longestLeafMs: 86_400_000,
    })
    const authority = new CertificateAuthority({ source: roots, clock: systemClock })
    const shown = await Promise.all(
      [0, 1].map(async () => {
        const keys = await makeKeyPair('ecdsa-p256')
        const { chain } = authority.sign(
          certificateRequest(keys),
          { trustDomain: 'cluster.local', namespace: 'default', serviceAccount: 'x' },
          0,
        )
        return { cert: chain.join(''), key: keys.privateKey.export({ type: 'pkcs8', format: 'pem' }).toString() }
      }),
    )
    const [bad = { cert: '' }, good = { cert: '' }] = shown
    await roots.revoke(new X509Certificate(bad.cert).serialNumber)
    // The control plane's refresh and its push; Envoy hears of it by its agent.
    for (const pod of ['back-v1-0', 'back-v2-0']) {
      const [port = 0] = (await certificates(pod)).keys()
      await until(
        () => secured(port, bad),
        answer => answer === '',
        8000,
      )
      assert.match(await secured(port, good), /^HTTP/, pod)
    }
    assert.equal((await get(url)).status, 200)
  })

  test('is told by /certs as Envoy tells it, without a key', async () => {
    const [file = ''] = globSync(`${home}/**/bootstrap/default.back-v2-0.pb`)
    const admin = Bootstrap.decode(readFileSync(file)).admin?.address?.address
    assert(admin?.$case === 'socketAddress' && admin.value.portSpecifier?.$case === 'portValue')
    const { body } = await get(`http://127.0.0.1:${admin.value.portSpecifier.value}/certs`)
    const shown = JSON.parse(body).certificates.flatMap((each: { cert_chain: object[] }) => each.cert_chain)
    assert.deepEqual(shown[0].subject_alt_names, [{ uri: 'spiffe://cluster.local/ns/default/sa/default' }])
    assert(!body.includes('PRIVATE KEY'))
  })

  test('keeps keys and tokens to their owner', () => {
    for (const file of globSync(`${home}/**/{*.token,*.identity.json,root.*.json,token-key.*.json}`))
      assert.equal(statSync(file).mode & 0o777, 0o600, file)
    const [bootstrap = ''] = globSync(`${home}/**/bootstrap/default.back-v1-0.pb`)
    const address = clusterAddress(Bootstrap.decode(readFileSync(bootstrap)), 'sds-grpc')
    assert('path' in address)
    assert.equal(statSync(address.path).mode & 0o777, 0o600)
  })
})
