/** Certificates of many workloads, replaced while requests go through: none fails. */
import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { test } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import { WorkloadIdentity } from '../../src/identity/workload/workload-identity.ts'
import { systemClock } from '../../src/lib/clock.ts'
import { Trust } from '../../src/run/trust/trust.ts'
import { AdsServer } from '../../src/xds/server/ads-server.ts'
import { serveAds } from '../../src/xds/server/grpc.ts'
import { MapSource } from '../../src/xds/server/map-source.ts'
import { deployment, documents, gateway, service } from '../up/manifests.ts'
import { get, Sandbox } from '../up/mizzen.ts'

test('twenty sidecars with certificates of ten seconds lose no request', async () => {
  const front = documents(service('front', 80), deployment('front', 'front', { replicas: 9 }))
  const back = documents(service('back', 80), deployment('back', 'back', { replicas: 10 }))
  const strict = `
apiVersion: security.istio.io/v1
kind: PeerAuthentication
metadata: {name: default, namespace: istio-system}
spec: {mtls: {mode: STRICT}}
`
  const files = { 'front.yaml': front, 'back.yaml': back, 'gateway.yaml': gateway, 'strict.yaml': strict }
  const sandbox = new Sandbox(files, { SECRET_TTL: '10s' })
  try {
    const { ingress, workloads } = await sandbox.up('.')
    assert.equal(workloads.length, 20)
    const failures: string[] = []
    let requests = 0
    const until = Date.now() + 12_000
    const client = async () => {
      while (Date.now() < until) {
        const answer = await get(`${ingress[0]?.url}/get?url=http://back/`).catch((error: unknown) => ({
          status: 0,
          body: String(error),
        }))
        requests++
        if (answer.status !== 200) failures.push(`${answer.status} ${answer.body}`)
      }
    }
    await Promise.all([client(), client(), client()])
    assert.deepEqual(failures.slice(0, 3), [], `${failures.length} of ${requests}`)
    assert(requests > 100, `${requests} requests`)
  } finally {
    await sandbox.close()
  }
})

test('two hundred agents renew at one authority, again and again, over TLS', async () => {
  const directory = mkdtempSync(path.join(tmpdir(), 'mizzen-rotation-'))
  const complaints: string[] = []
  const trust = await Trust.open({
    directory,
    clock: systemClock,
    trustDomain: 'cluster.local',
    hosts: ['localhost'],
    serviceAccountOf: () => undefined,
    warn: line => complaints.push(line),
  })
  const listen = [{ host: '127.0.0.1', port: 0, tls: trust.server }]
  const server = await serveAds({
    ads: new AdsServer({ source: new MapSource() }),
    listen,
    admit: trust.admit,
    services: trust.services,
  })
  const [address] = server.addresses
  assert(address && 'port' in address)
  const controlPlane = { host: '127.0.0.1', port: address.port }
  const agents: WorkloadIdentity[] = []
  const received = Array.from({ length: 200 }, () => 0)
  try {
    for (const [i] of received.entries()) {
      const tokenFile = path.join(directory, `${i}.token`)
      const caller = { trustDomain: 'cluster.local', namespace: 'default', serviceAccount: `w${i}` }
      writeFileSync(tokenFile, await trust.tokens.issue(caller, { lifetimeMs: 60_000 }), { mode: 0o600 })
      const agent = new WorkloadIdentity({
        config: { controlPlane, rootsFile: trust.rootsFile, serverName: 'localhost', tokenFile, certificateSeconds: 10 },
        clock: systemClock,
        random: Math.random,
        onCertificate: () => received.splice(i, 1, (received[i] ?? 0) + 1),
        onFailure: reason => complaints.push(reason),
      })
      agents.push(agent)
      agent.start()
    }
    await delay(13_000)
    const expired = agents.filter(({ current }) => current === undefined || current.until < Date.now())
    assert.deepEqual([complaints, expired.length], [[], 0])
    assert(Math.min(...received) >= 2, 'each has renewed')
  } finally {
    for (const agent of agents) agent.close()
    trust.close()
    await server.close(0)
    rmSync(directory, { recursive: true, force: true })
  }
})
