/** The control plane's door to a pod's proxy, with real certificates: who may pass, which pages there are, and that everybody else is served as before. */
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer, type Server as HttpServer } from 'node:http'
import { connect, createServer as createListener, type Server } from 'node:net'
import { after, before, describe, it } from 'node:test'
import { CertificateAuthority } from '../../identity/authority/authority.ts'
import { MemoryGenerations } from '../../identity/authority/memory-generations.testing.ts'
import { SelfSignedRoots } from '../../identity/authority/self-signed.ts'
import { controlPlaneIdentity } from '../../identity/control-plane.ts'
import { type Identity, spiffeId } from '../../identity/spiffe.ts'
import type { WorkloadCertificate } from '../../identity/workload/credentials.ts'
import { makeKeyPair } from '../../identity/workload/signing.ts'
import { systemClock } from '../../lib/clock.ts'
import type { AdminAddress } from '../observe/admin-request.ts'
import { ask } from '../observe/ask.ts'
import { Observer } from './observer.ts'

const TRUST_DOMAIN = 'cluster.local'
const CART: Identity = { trustDomain: TRUST_DOMAIN, namespace: 'shop', serviceAccount: 'cart' }

describe('Observer', () => {
  let authority: CertificateAuthority
  let admin: HttpServer
  let plain: HttpServer
  let observer: Observer
  let door: Server
  let own: WorkloadCertificate | undefined

  async function certificate(identity: Identity): Promise<WorkloadCertificate> {
    const { publicKey, privateKey } = await makeKeyPair('ecdsa-p256')
    const names = { uris: [spiffeId(identity)], dns: [], ips: [] }
    const { chain, until } = authority.issue(publicKey.export({ type: 'spki', format: 'der' }), publicKey, names, 3_600_000)
    const key = privateKey.export({ type: 'pkcs8', format: 'pem' }).toString()
    return { chain: chain.join(''), key, roots: authority.roots.join(''), revoked: '', since: 0, until }
  }
  const portOf = (server: HttpServer | Server) => {
    const address = server.address()
    return typeof address === 'object' && address !== null ? address.port : 0
  }
  const as = ({ chain, key, roots }: WorkloadCertificate, namespace = 'shop'): AdminAddress => ({
    host: '127.0.0.1',
    port: portOf(door),
    tls: { material: () => ({ cert: chain, key, ca: [roots] }), prefix: `spiffe://${TRUST_DOMAIN}/ns/${namespace}/` },
  })

  before(async () => {
    const source = await SelfSignedRoots.open({
      store: new MemoryGenerations(),
      clock: systemClock,
      trustDomain: TRUST_DOMAIN,
      longestLeafMs: 3_600_000,
    })
    authority = new CertificateAuthority({ source, clock: systemClock, defaultLifetimeMs: 3_600_000 })
    admin = createServer((request, response) => void response.end(`admin ${request.url}`)).listen(0, '127.0.0.1')
    await once(admin, 'listening')
    plain = createServer((_, response) => void response.end('kubelet'))
    observer = new Observer(portOf(admin), () => own)
    door = createListener(socket => observer.takeOrPass(socket, plain)).listen(0, '127.0.0.1')
    await once(door, 'listening')
  })
  after(() => {
    observer.close()
    for (const server of [admin, plain, door]) server.close()
    admin.closeAllConnections()
    plain.closeAllConnections()
  })

  it('answers nobody over TLS as long as the workload has no certificate', async () => {
    const control = await certificate(controlPlaneIdentity(TRUST_DOMAIN))
    assert.equal(await ask({ admin: as(control) }, '/certs'), undefined)
    own = await certificate(CART)
    assert.equal(await ask({ admin: as(control) }, '/certs'), 'admin /certs')
  })

  it('gives the control plane the pages that it may see, and no other', async () => {
    const control = as(await certificate(controlPlaneIdentity(TRUST_DOMAIN)))
    assert.equal(
      await ask({ admin: control }, '/stats/prometheus?usedonly&filter=istio'),
      'admin /stats/prometheus?usedonly&filter=istio',
    )
    for (const page of ['/config_dump', '/quitquitquit', '/', '/certs/../config_dump'])
      assert.equal(await ask({ admin: control }, page), undefined, page)
  })

  it('refuses other workloads of the mesh', async () => {
    assert.equal(await ask({ admin: as(await certificate({ ...CART, serviceAccount: 'mizzen' })) }, '/certs'), undefined)
    const elsewhere = { ...controlPlaneIdentity('other.example') }
    assert.equal(await ask({ admin: as(await certificate(elsewhere)) }, '/certs'), undefined)
  })

  it('is not believed by a control plane that meant another pod', async () => {
    const control = await certificate(controlPlaneIdentity(TRUST_DOMAIN))
    assert.equal(await ask({ admin: as(control, 'other') }, '/certs'), undefined)
  })

  it('leaves plain HTTP to the server that had it, however its bytes arrive', async () => {
    const answer = await fetch(`http://127.0.0.1:${portOf(door)}/healthz/ready`)
    assert.equal(await answer.text(), 'kubelet')
    const socket = connect(portOf(door), '127.0.0.1')
    for (const part of ['G', 'ET / HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n']) {
      socket.write(part)
      await new Promise(resolve => setTimeout(resolve, 20))
    }
    let body = ''
    for await (const chunk of socket) body += String(chunk)
    assert.match(body, /kubelet/)
  })
})
