/**
 * gRPC applications without a proxy under the mesh's security: mutual TLS and access policies between grpc-go, grpc-js and a sidecar, in all
 * pairs, and certificates that are replaced under way. Their libraries refuse nothing that they are sent.
 */
import assert from 'node:assert/strict'
import { X509Certificate } from 'node:crypto'
import { readFileSync } from 'node:fs'
import path from 'node:path'
import { after, before, describe, it } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import * as grpc from '@grpc/grpc-js'
import { buildGrpcGo } from '../grpc-go/program.ts'
import { startGrpc } from '../scenarios/backends.ts'
import { EchoService } from '../scenarios/echo-service.ts'
import { callGrpc, type GrpcOutcome } from '../scenarios/grpc-call.ts'
import { GRPC_JS, type ProxylessCaller } from '../scenarios/proxyless.ts'
import type { GrpcCall } from '../scenarios/scenario.ts'
import { type PodPorts, ProxylessMesh } from './mesh.ts'

const built = buildGrpcGo()
const DEADLINE_MS = 20_000
/** Renewed at half of it. */
const CERTIFICATE_SECONDS = 8

const strict = (mode: string) => `
apiVersion: security.istio.io/v1
kind: PeerAuthentication
metadata: {name: default, namespace: istio-system}
spec: {mtls: {mode: ${mode}}}
`
/** Only `caller` may call, and of these methods only Unary and ServerStream. */
const allow = (caller: string) => `---
apiVersion: security.istio.io/v1
kind: AuthorizationPolicy
metadata: {name: only, namespace: default}
spec:
  rules:
    - from: [{source: {principals: ["cluster.local/ns/default/sa/${caller}"]}}]
      to: [{operation: {paths: ["/echo.Echo/Unary", "/echo.Echo/Server*"]}}]
`

const outliers = (service: string) => `---
apiVersion: networking.istio.io/v1
kind: DestinationRule
metadata: {name: ${service}, namespace: default}
spec:
  host: ${service}
  trafficPolicy:
    outlierDetection: {consecutive5xxErrors: 5, interval: 0.2s, baseEjectionTime: 60s, maxEjectionPercent: 50}
---
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: {name: ${service}, namespace: default}
spec: {hosts: [${service}], http: [{retries: {attempts: 0}, route: [{destination: {host: ${service}}}]}]}
`

describe('applications without a proxy', { skip: typeof built === 'string' ? built : false }, () => {
  const mesh = new ProxylessMesh()
  const ports = new Map<string, PodPorts>()
  const callers = new Map<string, ProxylessCaller>()
  let certificates = ''

  before(async () => {
    assert(typeof built !== 'string')
    await mesh.open()
    for (const name of ['go-server', 'js-server', 'go-client', 'js-client']) ports.set(name, await mesh.addPod(name, true))
    const sidecar = await mesh.addPod('sidecar', false)
    await mesh.apply(strict('STRICT'))
    const address = (name: string) => `127.0.0.1:${ports.get(name)?.app}`
    const go = await mesh.startAgent('go-server', CERTIFICATE_SECONDS)
    certificates = go.certificates
    const serve = ['serve', '-xds', '-listen', address('go-server'), '-name', 'go-server'] as const
    mesh.serve([built.program, ...serve], go.bootstrap)
    const js = await mesh.startAgent('js-server', CERTIFICATE_SECONDS)
    const program = path.join(import.meta.dirname, 'js-server.ts')
    mesh.serve([process.execPath, program, address('js-server'), 'js-server', 'js-server-0'], js.bootstrap)
    const backend = await startGrpc('sidecar-0', 'sidecar')
    // The sidecar's application listens where its pod says.
    await mesh.forward(sidecar.app, backend.port)
    mesh.defer(() => backend.close())
    await mesh.startSidecar('sidecar')
    for (const [name, application] of [
      ['go-client', [built.program, 'calls']],
      ['js-client', GRPC_JS],
    ] as const) {
      const { bootstrap } = await mesh.startAgent(name, CERTIFICATE_SECONDS)
      callers.set(name, mesh.caller(application, bootstrap))
    }
  })
  after(async () => {
    await mesh.close()
    if (typeof built !== 'string') built.remove()
  })

  const call = async (from: string, to: string, rpc: GrpcCall['rpc'] = 'Unary'): Promise<GrpcOutcome> => {
    const order = { kind: 'grpc', from: 'client', to: `${to}:7000`, rpc, message: 'a,b', expect: {} } as const
    const [outcome] = (await callers.get(from)?.call(order)) ?? []
    assert(outcome)
    return outcome
  }
  /** Policies and certificates take a moment to arrive. */
  const callUntil = async (from: string, to: string, code: string, rpc?: GrpcCall['rpc']): Promise<GrpcOutcome> => {
    for (const until = performance.now() + DEADLINE_MS; ; await sleep(100)) {
      const outcome = await call(from, to, rpc)
      if (outcome.code === code) return outcome
      if (performance.now() > until) assert.fail(`${from} to ${to}: expected ${code}, got ${outcome.code}: ${outcome.details}`)
    }
  }
  /** As somebody without a certificate would. */
  const inPlaintext = async (server: string): Promise<string> => {
    const order = { kind: 'grpc', from: 'client', to: 'echo', rpc: 'Unary', message: 'x', expect: {} } as const
    const [outcome] = await callGrpc(`127.0.0.1:${ports.get(server)?.listen}`, order)
    return outcome?.code ?? ''
  }
  const CLIENTS = ['go-client', 'js-client']
  const SERVERS = ['go-server', 'js-server', 'sidecar']

  for (const client of CLIENTS)
    for (const server of SERVERS)
      it(`${client} reaches ${server} by mutual TLS: unary and streams`, async () => {
        assert.equal((await callUntil(client, server, 'OK')).served, server)
        for (const rpc of ['ServerStream', 'BidiStream'] as const) {
          const { code, messages, details } = await call(client, server, rpc)
          assert.deepEqual([code, messages], ['OK', ['a', 'b']], details)
        }
      })

  it('servers take nothing in plaintext where policy is STRICT', async () => {
    for (const server of ['go-server', 'js-server']) assert.equal(await inPlaintext(server), 'UNAVAILABLE', server)
  })

  it('certificates are replaced while they serve, and calls go on when the first ones have expired', async () => {
    const leaf = () => new X509Certificate(readFileSync(path.join(certificates, 'cert-chain.pem')))
    const first = leaf()
    while (Date.now() < first.validToDate.getTime() + 1000) {
      for (const client of CLIENTS) assert.equal((await call(client, 'go-server')).code, 'OK')
      await sleep(500)
    }
    assert.notEqual(leaf().serialNumber, first.serialNumber)
    for (const client of CLIENTS)
      for (const server of SERVERS) assert.equal((await call(client, server)).code, 'OK', `${client} to ${server}`)
  })

  for (const server of SERVERS)
    it(`${server} hears only whom an AuthorizationPolicy names, and only the methods it names`, async () => {
      await mesh.apply(strict('STRICT') + allow('go-client'))
      await callUntil('js-client', server, 'PERMISSION_DENIED')
      assert.equal((await callUntil('go-client', server, 'OK')).served, server)
      assert.equal((await call('go-client', server, 'BidiStream')).code, 'PERMISSION_DENIED')
      await mesh.apply(strict('STRICT'))
      await callUntil('js-client', server, 'OK')
    })

  it('servers and clients without a proxy follow policy from STRICT to PERMISSIVE, which is plaintext to them, and back', async () => {
    for (const [mode, plaintext] of [
      ['PERMISSIVE', 'OK'],
      ['STRICT', 'UNAVAILABLE'],
    ] as const) {
      await mesh.apply(strict(mode))
      for (const server of ['go-server', 'js-server']) {
        for (const until = performance.now() + DEADLINE_MS; (await inPlaintext(server)) !== plaintext; await sleep(100))
          assert(performance.now() < until, `${server} follows to ${mode}`)
        for (const client of CLIENTS) await callUntil(client, server, 'OK')
      }
    }
  })

  for (const client of CLIENTS)
    it(`${client} leaves out an endpoint that only fails`, async () => {
      const service = `pair-of-${client}`
      for (const [pod, answers] of [
        [`good-${client}`, true],
        [`bad-${client}`, false],
      ] as const) {
        const { app } = await mesh.addPod(pod, true, service)
        const backend = answers ? await startGrpc(pod, 'good') : await startFailing()
        mesh.defer(() => backend.close())
        await mesh.forward(app, backend.port)
      }
      await mesh.apply(strict('PERMISSIVE') + outliers(service))
      // Half of them fail, until the endpoint is known for it; then none of many.
      for (const until = performance.now() + DEADLINE_MS; ; await sleep(50)) {
        const order = {
          kind: 'grpc',
          from: 'client',
          to: `${service}:7000`,
          rpc: 'Unary',
          message: 'x',
          times: 1500,
          expect: {},
        } as const
        const outcomes = (await callers.get(client)?.call(order)) ?? []
        const codes = outcomes.map(({ code }) => code)
        if (codes.includes('UNAVAILABLE') && codes.slice(-200).every(code => code === 'OK')) return
        if (performance.now() > until) assert.fail(JSON.stringify(Object.groupBy(codes, code => code)))
      }
    })

  it('no library has refused anything', () => assert.deepEqual(mesh.refusals, []))
})

/** A server of the echo service that answers nothing but UNAVAILABLE. */
async function startFailing(): Promise<{ port: number; close(): void }> {
  const server = new grpc.Server()
  const fail = (_call: unknown, done: grpc.sendUnaryData<object>) => done({ code: grpc.status.UNAVAILABLE, details: 'always' })
  server.addService(EchoService.service, { Unary: fail })
  const port = await new Promise<number>((resolve, reject) => {
    const bound = (error: Error | null, port: number) => (error ? reject(error) : resolve(port))
    server.bindAsync('127.0.0.1:0', grpc.ServerCredentials.createInsecure(), bound)
  })
  return { port, close: () => server.forceShutdown() }
}
