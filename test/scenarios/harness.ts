/**
 * Runs the table on one data plane: a control plane in this process, the topology's pods, a proxy process beside each, and then row after
 * row: apply the row's objects, wait until every proxy has them, call.
 */
import { type ChildProcess, spawn } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { peerFieldsOfNode } from '../../src/lib/peer-fields.ts'
import { withStandardMetrics } from '../../src/run/agent/envoy-metrics.ts'
import { encodeBootstrap, nodeOf, type ProxyIdentity } from '../../src/run/bootstrap.ts'
import { ControlPlane } from '../../src/run/control-plane.ts'
import { RateLimitService } from '../../src/run/rate-limit/service.ts'
import { Store } from '../../src/source/store.ts'
import { AdsServer } from '../../src/xds/server/ads-server.ts'
import { type GrpcServer, serveAds } from '../../src/xds/server/grpc.ts'
import type { ServerEvent } from '../../src/xds/server/server-event.ts'
import { forgetFailures } from './backends.ts'
import { callHttp, callTcp, callWebSocket, forwardPort } from './client.ts'
import { envoyCommand, mizzenCommand } from './engines.ts'
import { differences, shareDifferences } from './expectation.ts'
import { callGrpc } from './grpc-call.ts'
import { Identities } from './identities.ts'
import { parseObjects } from './objects.ts'
import { type Application, GRPC_JS, ProxylessCaller } from './proxyless.ts'
import { repeat } from './repeat.ts'
import type { Call, Caller, GrpcCall, HttpCall, MetricsCall, Scenario, Sides, TcpCall } from './scenario.ts'
import { filled, type ProxyPod, startTopology, type Topology } from './topology.ts'

const SYNC_DEADLINE_MS = 10_000
/** Envoy merges its histograms every five seconds. */
const METRICS_DEADLINE_MS = 8000
/** Envoy acknowledges when its main thread has accepted an update; its workers take it over a moment later, and nothing tells when. */
const ENVOY_WORKERS_MS = 60
/** How many answers travel at once where a call is repeated: enough to be quick, few enough to stay in order of cause. */
const PARALLEL = 8

export class Harness {
  readonly #sides: Sides
  readonly #topology: Topology
  readonly #folder: string
  readonly #store = new Store()
  readonly #base = this.#store.source()
  readonly #row = this.#store.source()
  readonly #controlPlane = new ControlPlane(this.#store)
  readonly #ads = new AdsServer({ source: this.#controlPlane, quietMs: 5, onEvent: event => this.#heard(event) })
  readonly #children: { readonly child: ChildProcess; readonly signal: NodeJS.Signals }[] = []
  /** Without proxies: the callers as gRPC applications. */
  readonly #applications = new Map<Caller, ProxylessCaller>()
  /** What a client refused since the row began, a sentence each. */
  readonly #refusals: string[] = []
  #closeGrpc: (() => Promise<void>) | undefined

  #identities: Identities | undefined

  readonly #application: Application

  private constructor(sides: Sides, topology: Topology, folder: string, application: Application) {
    this.#application = application
    this.#sides = sides
    this.#topology = topology
    this.#folder = folder
  }

  /** @param application what the callers are where they have no proxy */
  static async start(sides: Sides, application = GRPC_JS): Promise<Harness> {
    const folder = await mkdtemp(path.join(tmpdir(), 'mizzen-scenarios-'))
    const harness = new Harness(sides, await startTopology({ proxies: sides.callers !== 'grpc' }), folder, application)
    try {
      await harness.#startAll()
    } catch (error) {
      await harness.close()
      throw error
    }
    return harness
  }

  async #startAll(): Promise<void> {
    const socket = path.join(this.#folder, 'xds.sock')
    this.#base.publish(await parseObjects('topology.yaml', this.#topology.manifests))
    const identities = await Identities.open(this.#folder, this.#controlPlane)
    this.#identities = identities
    const rateLimits = new RateLimitService({ limits: () => this.#controlPlane.mesh.rateLimits })
    const { admit, services } = identities.trust
    const known = { listen: [{ path: socket }], admit, services: [...services, rateLimits] }
    // Applications without a proxy have no identity.
    const open = { listen: [{ host: '127.0.0.1', port: 0 }], services: [rateLimits] }
    const server = await serveAds({ ads: this.#ads, ...(this.#sides.callers === 'grpc' ? open : known) })
    this.#closeGrpc = () => server.close(100)
    if (this.#sides.callers === 'grpc') return this.#startApplications(server)
    for (const proxy of this.#topology.proxies) await this.#startProxy(proxy, identities, socket)
    await Promise.all(this.#topology.proxies.map(proxy => ready(proxy)))
    await this.#synced()
  }

  async #startApplications({ addresses }: GrpcServer): Promise<void> {
    const port = addresses.flatMap(address => ('port' in address ? [address.port] : []))[0] ?? 0
    for (const [pod, namespace] of [
      ['client', 'default'],
      ['second-client', 'second'],
    ] as const)
      this.#applications.set(pod, await ProxylessCaller.start(pod, namespace, this.#folder, port, this.#application))
  }

  #heard(event: ServerEvent): void {
    if (event.kind === 'nacked') this.#refusals.push(`${event.node} refused ${event.resources.join(', ')}: ${event.detail}`)
  }

  async #startProxy(proxy: ProxyPod, identities: Identities, socket: string): Promise<void> {
    const isBackend = this.#topology.backends.some(({ pod }) => pod === proxy.pod)
    const engine = isBackend ? this.#sides.backends : this.#sides.callers
    const files = await identities.filesOf(proxy, socket)
    const bootstrap = path.join(this.#folder, `${proxy.pod}.pb`)
    const identity = this.#identityOf(proxy)
    await writeFile(
      bootstrap,
      encodeBootstrap({
        identity,
        admin: { host: '127.0.0.1', port: proxy.adminPort },
        // An Envoy asks its agent; only what has the token asks the control plane.
        controlPlane: { path: engine === 'envoy' ? files.xdsSocket : socket },
        secrets: files.sdsSocket,
      }),
    )
    const [command, ...args] = (engine === 'envoy' ? envoyCommand : mizzenCommand)(bootstrap, files.identity)
    const child = spawn(command, args, { stdio: ['ignore', 'ignore', 'pipe'] })
    child.stderr.on('data', bytes => {
      if (process.env['MIZZEN_SCENARIO_LOGS']) process.stderr.write(`${proxy.pod}: ${bytes}`)
    })
    // An agent takes its Envoy with it when it is asked to end.
    this.#children.push({ child, signal: engine === 'envoy' ? 'SIGTERM' : 'SIGKILL' })
  }

  #identityOf(proxy: ProxyPod): ProxyIdentity {
    return {
      type: proxy.type,
      pod: proxy.pod,
      namespace: proxy.namespace,
      ip: '127.0.0.1',
      workload: proxy.pod,
      serviceAccount: proxy.serviceAccount,
      labels: proxy.labels,
      annotations: proxy.annotations,
      interception: 'NONE',
    }
  }

  /** @returns what differs from what the row expects; empty: it holds */
  async run(scenario: Scenario): Promise<string[]> {
    const config = filled(scenario.config ?? '', this.#topology)
    this.#row.publish(await parseObjects(scenario.name, config))
    await this.#synced()
    if (Object.values(this.#sides).includes('envoy')) await sleep(ENVOY_WORKERS_MS)
    forgetFailures()
    const found: string[] = []
    for (const call of scenario.calls) found.push(...(await this.#call(call)))
    // Applications ask for their resources when they are called.
    return [...this.#refusals.splice(0), ...found]
  }

  async #call(call: Call): Promise<string[]> {
    for (const backend of this.#topology.backends) backend.received = 0
    const what = call.kind === 'http' ? `${call.method ?? 'GET'} ${call.url} from ${call.from}` : `${call.kind} from ${call.from}`
    const found = await (call.kind === 'http'
      ? this.#http(call)
      : call.kind === 'metrics'
        ? this.#metrics(call)
        : call.kind === 'tcp'
          ? this.#tcp(call)
          : call.kind === 'grpc'
            ? this.#grpc(call)
            : this.#webSocket(call))
    return found.map(sentence => `${what}: ${sentence}`)
  }

  async #http(call: HttpCall): Promise<string[]> {
    const url = filled(call.url, this.#topology)
    const entry = this.#topology.entries[call.from]
    const outcomes = await repeat(call.times ?? 1, call.parallel ? (call.times ?? 1) : call.expect.share ? PARALLEL : 1, () =>
      callHttp(entry, call, url),
    )
    const expect = { ...call.expect, ...(call.expect.host && { host: call.expect.host }) }
    if (expect.received) await sleep(100) // copies travel on their own
    return differences(expect, outcomes, served => this.#received(served))
  }

  async #metrics({ from, lines, absent = [] }: MetricsCall): Promise<string[]> {
    const proxy = this.#topology.proxies.find(({ pod }) => pod === from || pod.startsWith(`${from}-`))
    if (proxy === undefined) return ['there is no such pod']
    const until = performance.now() + METRICS_DEADLINE_MS
    for (;;) {
      const raw = await (await fetch(`http://127.0.0.1:${proxy.adminPort}/stats/prometheus`)).text()
      // As the agent beside Envoy gives them.
      const text = withStandardMetrics(raw, peerFieldsOfNode(nodeOf(this.#identityOf(proxy)).metadata))
      const missing = lines.filter(line => !text.split('\n').some(found => line.test(found)))
      const present = absent.filter(line => text.split('\n').some(found => line.test(found)))
      if (missing.length + present.length === 0) return []
      if (performance.now() > until || present.length > 0) {
        const found = text.split('\n').filter(line => /^istio_(requests_total|request_messages|tcp_)/.test(line))
        return [...missing.map(line => `no line like ${line}`), ...present.map(line => `a line like ${line}`), ...found]
      }
      await sleep(100)
    }
  }

  async #tcp(call: TcpCall): Promise<string[]> {
    const answers = await repeat(call.times ?? 1, PARALLEL, () => callTcp(this.#topology.entries[call.from], call))
    if (call.expect.refused) return answers.some(answer => answer !== '') ? [`expected no answer, got "${answers.join()}"`] : []
    const wrong = answers.find(answer => !answer.endsWith(`: ${call.send}`))
    if (wrong !== undefined) return [`expected "${call.send}" to come back, got "${wrong}"`]
    return servedDifferences(
      call.expect,
      answers.map(answer => answer.slice(0, answer.indexOf(':'))),
    )
  }

  async #grpc(call: GrpcCall): Promise<string[]> {
    const proxyless = this.#applications.get(call.from)
    const outcomes = proxyless
      ? await proxyless.call(call)
      : await callGrpc(`127.0.0.1:${forwardPort(this.#topology.entries[call.from], call.to)}`, call)
    const { expect } = call
    const wrong = outcomes.find(outcome => outcome.code !== (expect.code ?? 'OK'))
    if (wrong) return [`expected status ${expect.code ?? 'OK'}, got ${wrong.code}: ${wrong.details}`]
    const found =
      expect.served || expect.share
        ? servedDifferences(
            expect,
            outcomes.map(outcome => outcome.served ?? wrongCode(outcome.code)),
          )
        : []
    const pods = new Set(outcomes.map(outcome => outcome.pod))
    if (expect.pods !== undefined && pods.size < expect.pods)
      found.push(`expected at least ${expect.pods} pods to answer, got ${[...pods].join(', ')}`)
    if (expect.onePod && pods.size !== 1) found.push(`expected one pod to answer all, got ${[...pods].join(', ')}`)
    const messages = outcomes[0]?.messages.join()
    if (expect.messages && messages !== expect.messages.join())
      found.push(`expected the messages ${expect.messages.join()}, got ${messages}`)
    return found
  }

  async #webSocket(call: Extract<Call, { kind: 'websocket' }>): Promise<string[]> {
    const outcome = await callWebSocket(this.#topology.entries[call.from], call).catch(error => ({
      served: undefined,
      received: String(error),
    }))
    const found =
      outcome.received === call.expect.received
        ? []
        : [`expected to receive "${call.expect.received}", got "${outcome.received}"`]
    return call.expect.served && outcome.served !== call.expect.served
      ? [...found, `expected ${call.expect.served} to answer, got ${outcome.served}`]
      : found
  }

  #received(served: string): number {
    return this.#topology.backends.reduce((sum, backend) => sum + (backend.served === served ? backend.received : 0), 0)
  }

  /** Every proxy has accepted all there is. */
  async #synced(): Promise<void> {
    const until = performance.now() + SYNC_DEADLINE_MS
    for (;;) {
      const status = this.#ads.status()
      const bad = status.flatMap(proxy =>
        proxy.types.filter(type => type.state !== 'SYNCED' && type.state !== 'NOT SENT').map(type => ({ proxy, type })),
      )
      const refused = bad.find(({ type }) => type.state === 'NACKED')
      if (refused) throw new Error(`${refused.proxy.node} refused ${refused.type.type}: ${JSON.stringify(refused.type.refusal)}`)
      if (bad.length === 0 && !this.#ads.pushing && status.length >= this.#children.length) return
      if (performance.now() > until)
        throw new Error(
          `Not in sync after ${SYNC_DEADLINE_MS} ms: ${JSON.stringify(bad.map(({ proxy, type }) => [proxy.node, type]))}`,
        )
      await sleep(10)
    }
  }

  async close(): Promise<void> {
    await Promise.all([...this.#applications.values()].map(application => application.close()))
    await Promise.all(
      this.#children.map(({ child, signal }) => {
        if (child.exitCode !== null || child.signalCode !== null) return undefined
        const gone = new Promise(resolve => child.once('exit', resolve))
        child.kill(signal)
        return gone
      }),
    )
    await this.#closeGrpc?.()
    this.#ads.close()
    this.#identities?.close()
    this.#controlPlane.close()
    await this.#topology.close()
    await rm(this.#folder, { recursive: true, force: true })
  }
}

function wrongCode(code: string): string {
  return `(${code})`
}

function servedDifferences(
  expect: { served?: string; share?: HttpCall['expect']['share'] },
  served: readonly string[],
): string[] {
  if (expect.share) return shareDifferences(expect.share, served)
  const stranger = served.find(name => expect.served !== undefined && name !== expect.served)
  return stranger === undefined ? [] : [`expected ${expect.served} to answer, got ${stranger}`]
}

async function ready(proxy: ProxyPod): Promise<void> {
  for (let attempt = 0; attempt < 300; attempt++) {
    const status = await fetch(`http://127.0.0.1:${proxy.adminPort}/ready`).then(
      answer => answer.status,
      () => 0,
    )
    if (status === 200) return
    await sleep(50)
  }
  throw new Error(`The proxy of ${proxy.pod} is not ready after 15 s`)
}
