/**
 * A mesh on this machine: files -> store -> control plane -> proxies, and the kubelet that runs the pods and tells the store of them. This
 * is the composition; every part has a file of its own.
 */
import { chownSync, statSync } from 'node:fs'
import { hostname } from 'node:os'
import path from 'node:path'
import type { AnyObject } from '../../api/registry.ts'
import { alertsInEffect } from '../../compile/mizzen/default-alerts.ts'
import { systemClock } from '../../lib/clock.ts'
import type { Diagnostic } from '../../source/diagnostic.ts'
import { FileSource } from '../../source/files/file-source.ts'
import { type Change, Store } from '../../source/store.ts'
import { AdsServer } from '../../xds/server/ads-server.ts'
import { type GrpcServer, serveAds } from '../../xds/server/grpc.ts'
import type { ServerEvent } from '../../xds/server/server-event.ts'
import { MeshWatch } from '../alerts/mesh-watch.ts'
import { ControlPlane } from '../control-plane.ts'
import { ConfigFiles } from '../dashboard/config-files.ts'
import { type Dashboard, serveDashboard } from '../dashboard/server.ts'
import { envoyCommand, findEnvoy, grpcAgentCommand, mizzenCommand } from '../engine.ts'
import { packageVersion } from '../installation.ts'
import { followIssuers } from '../issuers/follow.ts'
import { ControlPlaneMetrics } from '../metrics/control-plane-metrics.ts'
import { Ramps } from '../ramps/ramps.ts'
import { rolloutPlans } from '../ramps/rollout-plan.ts'
import { RateLimitService } from '../rate-limit/service.ts'
import { Rollouts } from '../rollout.ts'
import { describedPod } from '../trust/described-pod.ts'
import { Trust, type TrustOptions } from '../trust/trust.ts'
import { TrustBundle } from '../trust/trust-bundle.ts'
import { changeWords } from './change-words.ts'
import { DiagnosticTeller } from './console/diagnostic-teller.ts'
import type { Journal } from './console/journal.ts'
import { destinationCounts } from './destination-counts.ts'
import { FileObjects } from './file-objects.ts'
import { lookUp } from './isolate/dns/names.ts'
import { type DnsServer, serveDns } from './isolate/dns/server.ts'
import { Kubelet } from './kubelet.ts'
import { forwardedServices, servicePorts } from './mesh-services.ts'
import { observedPods } from './observed-pods.ts'
import { loginUrl, type PageAddress } from './page-address.ts'
import { withGateways } from './plan/gateways.ts'
import { type Engine, type PodPlan, workloadKey } from './plan/pod-plan.ts'
import { referencesOf } from './plan/references.ts'
import { planWorkloads } from './plan/workloads.ts'
import type { Network } from './pod/network.ts'
import { PodTokens } from './pod/pod-tokens.ts'
import type { PodSurroundings } from './pod/surroundings.ts'
import type { Ledger } from './process/ledger.ts'
import { type MeasuredProcess, processMetrics } from './process-metrics.ts'
import type { PrometheusBinary } from './prometheus/find.ts'
import { Prometheus } from './prometheus/prometheus.ts'
import { applicationTargets, proxyTargets } from './prometheus/targets.ts'
import type { StateDirectory } from './state/directory.ts'
import { ingressOf } from './status/ingress.ts'
import type { MeshStatus, WorkloadStatus } from './status/mesh-status.ts'

export interface LaptopMeshOptions {
  /** The manifests, as the user typed it. */
  readonly directory: string
  readonly cwd: string
  readonly env: Readonly<Record<string, string | undefined>>
  readonly engine: Engine
  readonly network: Network
  /** With --isolate: where pods ask for names, and who proxies run as. */
  readonly isolation: { readonly nameServer: string; readonly proxyUser: number } | undefined
  readonly state: StateDirectory
  /** Alerts go there too: URL of an Alertmanager. */
  readonly alertmanager: string | undefined
  /** Where the page listens. */
  readonly page: PageAddress
  /** A Prometheus that is to run beside the mesh. */
  readonly prometheus: { readonly binary: PrometheusBinary; readonly port: number } | undefined
  /** An authority that is plugged in, or what the mesh's own is like. */
  readonly authority: Pick<TrustOptions, 'pluggedIn' | 'keyType'>
  readonly journal: Journal
  readonly ledger: Ledger
  readonly colour: boolean
  /** Something that `status` tells may have changed. */
  readonly onChange: () => void
}

/** Where the dashboard listens, or on the next port that is free: Istio's proxies have 15000 to 15090, this one is free there. */
const DASHBOARD_PORT = 15080
/** Roll-outs begin when everything runs, or when something has had so long to do so. */
const ROLLOUT_PATIENCE_MS = 30_000

export class LaptopMesh {
  readonly #options: LaptopMeshOptions
  readonly #store = new Store()
  readonly #files: FileSource
  readonly #fileObjects: FileObjects
  readonly #controlPlane: ControlPlane
  readonly #ads: AdsServer
  readonly #metrics: ControlPlaneMetrics
  readonly #bundle = new TrustBundle()
  readonly #secrets = new AdsServer({ source: this.#bundle.alone })
  readonly #rateLimits: RateLimitService
  readonly #rollouts: Rollouts
  readonly #ramps: Ramps
  readonly #kubelet: Kubelet
  readonly #teller: DiagnosticTeller
  #trust: Trust | undefined
  #podTokens: PodTokens | undefined
  #grpc: GrpcServer | undefined
  #page: Dashboard | undefined
  #watch: MeshWatch | undefined
  #prometheus: Prometheus | undefined
  #dns: DnsServer | undefined
  #replanning = false
  readonly #problems: { files: readonly string[]; plan: readonly string[] } = { files: [], plan: [] }

  #endDiscovery: () => void = () => {}

  constructor(options: LaptopMeshOptions) {
    this.#options = options
    const { journal, cwd, directory } = options
    this.#teller = new DiagnosticTeller(journal, options.colour)
    this.#fileObjects = new FileObjects(this.#store.source())
    this.#files = new FileSource({ paths: [directory], cwd }, this.#fileObjects)
    this.#controlPlane = new ControlPlane(this.#store)
    this.#rateLimits = new RateLimitService({ limits: () => this.#controlPlane.mesh.rateLimits })
    this.#rollouts = new Rollouts(systemClock, () => this.#ads)
    this.#ramps = this.#newRamps()
    this.#metrics = new ControlPlaneMetrics({
      clock: systemClock,
      version: packageVersion(),
      mesh: () => this.#controlPlane.mesh,
      virtualServices: () => this.#store.snapshot().objects.VirtualService.length,
      diagnostics: () => [...this.#store.diagnostics(), ...this.#controlPlane.diagnostics],
      roots: () => this.#trust?.authority.roots ?? [],
    })
    this.#controlPlane.subscribeCompiles(tookMs => this.#metrics.compiled(tookMs))
    // Before the server is there, which hears of changes after this.
    this.#controlPlane.subscribe(() => this.#metrics.changed(this.#ads.pushing))
    this.#ads = new AdsServer({ source: this.#bundle.within(this.#controlPlane), onEvent: event => this.#onServerEvent(event) })
    this.#kubelet = new Kubelet({
      around: this.#surroundings(),
      to: this.#store.source(),
      onChange: options.onChange,
      settled: () => this.#rollouts.settled(1000),
    })
  }

  /** Resolves when the pods are being started. @throws when something that all need cannot be had, such as a port */
  async start(): Promise<void> {
    const { state, env, engine, isolation } = this.#options
    if (engine === 'envoy') findEnvoy(env)
    await this.#files.start()
    const trust = await this.#openTrust()
    const services = [...trust.services.map(service => this.#metrics.certificates(service)), this.#rateLimits]
    const [ads, secrets] = [this.#ads, this.#secrets]
    this.#grpc = await serveAds({ ads, secrets, listen: [{ path: state.xds }], admit: trust.admit, services })
    if (isolation) {
      // Agents listen there, and run as the proxies do.
      for (const path of [state.xds, state.sockets]) chownSync(path, isolation.proxyUser, isolation.proxyUser)
      this.#dns = await serveDns(isolation.nameServer, 53, name => lookUp(this.#controlPlane.mesh, name))
    }
    this.#page = await this.#serveDashboard()
    this.#startPrometheus(this.#page.url)
    this.#replan()
    this.#tellDiagnostics()
    this.#store.subscribe(change => this.#onConfiguration(change))
    this.#store.subscribeDiagnostics(() => this.#tellDiagnostics())
    this.#controlPlane.subscribeDiagnostics(() => this.#tellDiagnostics())
    this.#endDiscovery = followIssuers(this.#controlPlane, systemClock, line => this.#options.journal.tell(line, 'warning'))
    this.#ramps.update()
  }

  /** Everything that can run is ready, and every proxy knows it; what cannot run stands in `status.problems`. */
  get ready(): boolean {
    return (
      this.#kubelet.ready &&
      !this.#ads.pushing &&
      this.#ads.status().every(({ types }) => types.every(({ state }) => state !== 'STALE'))
    )
  }

  /** The pods are ready, and word of it is on its way to the proxies: ask again in a moment. */
  get settling(): boolean {
    return this.#kubelet.ready && !this.ready
  }

  get status(): Omit<MeshStatus, 'phase'> {
    const pods = this.#kubelet.pods
    const entrances = pods.flatMap(({ network, plan }) => (network ? [{ plan, entrance: network.entrance }] : []))
    return {
      runner: process.pid,
      directory: this.#options.directory,
      ingress: ingressOf(
        entrances.filter(({ plan }) => plan.proxy?.type === 'router'),
        this.#controlPlane.mesh.gateways,
      ),
      dashboard: this.#page?.url ?? '',
      dashboardLogin: this.#page ? loginUrl(this.#page.url, this.#options.page) : '',
      prometheus: this.#prometheus?.url ?? '',
      controlPlane: `unix:${this.#options.state.xds}`,
      workloads: pods.map((pod): WorkloadStatus => {
        const { plan, pid, proxyPid } = pod
        return {
          namespace: plan.namespace,
          name: plan.name,
          version: plan.labels['app.kubernetes.io/version'] ?? plan.labels['version'] ?? '',
          engine: plan.proxy?.type === 'grpc' ? 'grpc' : (plan.proxy?.engine ?? 'none'),
          ready: pod.ready,
          // A gateway is its proxy.
          pid: (plan.proxy?.type === 'router' ? proxyPid : pid) ?? null,
          proxyPid: proxyPid ?? null,
          admin: (plan.proxy && plan.proxy.type !== 'grpc' && pod.network?.adminTarget()) || null,
          restarts: pod.restarts,
          phase: pod.phase,
          reason: pod.reason,
        }
      }),
      rollouts: this.#ramps.status,
      problems: [...this.#problems.files, ...this.#problems.plan],
    }
  }

  /** Stops pods, then what serves them. */
  async close(): Promise<void> {
    this.#files.close()
    this.#ramps.close()
    this.#watch?.close()
    await Promise.all([this.#kubelet.close(), this.#prometheus?.close()])
    this.#trust?.close()
    this.#dns?.close()
    await this.#page?.close()
    await this.#grpc?.close(200)
    this.#ads.close()
    this.#secrets.close()
    this.#rateLimits.close()
    this.#endDiscovery()
    this.#controlPlane.close()
    await this.#options.network.close()
  }

  async #openTrust(): Promise<Trust> {
    const { state, journal } = this.#options
    const { mesh } = this.#controlPlane
    const { trustDomain, trustDomainAliases } = mesh.settings
    const trust = await Trust.open({
      directory: state.authority,
      clock: systemClock,
      trustDomain,
      trustDomainAliases,
      ...this.#options.authority,
      serviceAccountOf: (namespace, pod) => this.#controlPlane.mesh.workloads.get(`${namespace}/${pod}`)?.serviceAccount,
      describe: (namespace, pod) => describedPod(this.#controlPlane.mesh, namespace, pod),
      bundle: this.#bundle,
      warn: line => journal.tell(line, 'warning'),
    })
    this.#trust = trust
    this.#podTokens = new PodTokens(trust.tokens, trustDomain, systemClock)
    return trust
  }

  #serveDashboard(): Promise<Dashboard> {
    const { directory, cwd, journal, alertmanager } = this.#options
    const controlPlane = this.#controlPlane
    const proxies = () => observedPods(this.#kubelet.pods)
    const watch = new MeshWatch({
      clock: systemClock,
      mesh: () => controlPlane.mesh,
      statuses: () => this.#ads.status(),
      proxies,
      // With a Prometheus, that tells it.
      alertmanager: this.#options.prometheus ? undefined : alertmanager,
      tell: (text, tone) => journal.tell(text, tone),
    })
    this.#watch = watch
    return serveDashboard({
      ...this.#options.page,
      port: DASHBOARD_PORT,
      parts: {
        ads: this.#ads,
        mesh: () => controlPlane.mesh,
        objects: () => this.#store.snapshot().objects,
        diagnostics: () => [...this.#store.diagnostics(), ...controlPlane.diagnostics],
        preview: objects => controlPlane.preview(objects),
        sync: () => this.#files.sync(),
        live: new Set(['Pod']),
        collector: watch.collector,
        health: () => watch.health,
        alerts: () => watch.alerts(),
        proxies,
        files: new ConfigFiles([directory], cwd),
        moreMetrics: () => processMetrics(this.#processes()) + this.#metrics.render(),
        scrapeTargets: of => (of === 'proxies' ? proxyTargets : applicationTargets)(this.#kubelet.pods),
        status: () => this.status,
        title: directory,
      },
    })
  }

  #processes(): MeasuredProcess[] {
    const proxies = this.#kubelet.pods.flatMap(({ plan: { name: pod, namespace }, proxyPid: pid }): MeasuredProcess[] =>
      pid === undefined ? [] : [{ pod, namespace, role: 'proxy', pid }],
    )
    return [...proxies, { pod: 'mizzen', namespace: 'istio-system', role: 'control-plane', pid: process.pid }]
  }

  #startPrometheus(controlPlane: string): void {
    const { prometheus, state, ledger, journal, alertmanager } = this.#options
    if (!prometheus) return
    const directory = state.prometheus
    this.#prometheus = new Prometheus({
      ...prometheus,
      directory,
      controlPlane,
      alertmanager,
      clock: systemClock,
      ledger,
      journal,
    })
    this.#prometheus.start(alertsInEffect(this.#controlPlane.mesh))
  }

  #newRamps(): Ramps {
    const { journal, onChange } = this.#options
    const patient = systemClock.now() + ROLLOUT_PATIENCE_MS
    return new Ramps({
      clock: systemClock,
      plans: () => rolloutPlans(this.#store.snapshot().objects.WeightedDestinationRule, () => this.#controlPlane.mesh.settings),
      mayBegin: () => this.ready || systemClock.now() > patient,
      count: destination => destinationCounts(this.#kubelet.pods, destination),
      apply: shares => this.#controlPlane.setShares(shares),
      tell: (text, tone) => {
        journal.tell(text, tone)
        onChange()
      },
    })
  }

  #surroundings(): PodSurroundings {
    const { network, state, ledger, journal, env } = this.#options
    return {
      network,
      controlPlane: { path: state.xds },
      clock: systemClock,
      ledger,
      journal,
      inherited: env,
      nodeName: hostname(),
      // Istio's name for it, and its form.
      certificateSeconds: env['SECRET_TTL'] === undefined ? undefined : seconds(env['SECRET_TTL']),
      revocationsFile: state.revocations,
      files: ({ namespace, name }: PodPlan) => state.podFiles(`${namespace}.${name}`),
      keepToken: async (plan, file) => this.#podTokens?.keep(plan, file) ?? (() => {}),
      engineCommand: (engine, { bootstrap, identity }) =>
        engine === 'envoy' ? envoyCommand(findEnvoy(env), bootstrap, identity) : mizzenCommand(bootstrap, identity),
      grpcAgentCommand: (files, ready) => grpcAgentCommand({ ...files, ready }),
      references: namespace => referencesOf(this.#store.snapshot().objects, namespace),
      services: () => servicePorts(this.#controlPlane.mesh),
      forwarded: () => forwardedServices(this.#controlPlane.mesh),
    }
  }

  #onConfiguration(change: Change): void {
    const isOfFiles = (object: AnyObject) => object.kind !== 'Pod'
    const touched = [...change.added, ...change.removed, ...change.updated.map(({ after }) => after)]
    if (!touched.some(isOfFiles)) return
    this.#ramps.update()
    const words = changeWords(change)
    if (words) void this.#followRollout(words.text, savedAt(words.files, this.#options.cwd))
    if (this.#replanning) return
    this.#replanning = true
    // The control plane compiles in this turn too; its mesh tells which services there are now.
    setImmediate(() => {
      this.#replanning = false
      this.#replan()
      this.#tellDiagnostics()
    })
  }

  #replan(): void {
    const { engine, cwd } = this.#options
    const { objects } = this.#store.snapshot()
    const { workloads, unsound, diagnostics } = planWorkloads({ ...objects, Pod: this.#fileObjects.pods }, { engine, cwd })
    const running = new Set(this.#kubelet.pods.map(({ plan }) => workloadKey(plan)))
    const effectOf = ({ resource }: Diagnostic) => (running.has(resource) ? 'its pods go on as they are' : undefined)
    this.#problems.plan = this.#teller.replace(
      'plan',
      diagnostics.map(problem => ({ ...problem, effect: effectOf(problem) })),
    )
    this.#kubelet.apply(withGateways(workloads, this.#controlPlane.mesh.gateways, engine), unsound)
  }

  /** The configuration was compiled. */
  #tellDiagnostics(): void {
    this.#problems.files = this.#teller.replace('files', this.#store.diagnostics())
    this.#teller.replace('mesh', this.#controlPlane.diagnostics)
    this.#prometheus?.update(alertsInEffect(this.#controlPlane.mesh))
  }

  async #followRollout(what: string, since: number): Promise<void> {
    const { proxies, refused, tookMs, complete } = await this.#rollouts.begin(since)
    const { journal } = this.#options
    if (proxies.length === 0) journal.tell(`${what}: no proxy needed anything new`)
    else if (refused.length > 0) journal.tell(`${what}: refused by ${refused.map(podOf).join(', ')}`, 'bad')
    else if (!complete) journal.tell(`${what}: not every proxy has answered after ${tookMs} ms`, 'warning')
    else
      journal.tell(
        `${what}: live on ${proxies.length} ${proxies.length === 1 ? 'proxy' : 'proxies'} in ${Math.round(tookMs)} ms`,
        'good',
      )
  }

  #onServerEvent(event: ServerEvent): void {
    this.#rollouts.onEvent(event)
    this.#metrics.onEvent(event, this.#ads.pushing)
    const { journal } = this.#options
    if (event.kind === 'nacked' && event.resources.length > 0) {
      const type = event.type.slice(event.type.lastIndexOf('.') + 1)
      journal.tell(
        `${podOf(event.node)} refused ${type} ${event.resources.join(', ')} and keeps what it had: ${event.detail}`,
        'bad',
      )
    } else if (event.kind === 'source-failed') {
      journal.tell(`Cannot make the configuration of ${podOf(event.node)}, it keeps what it had: ${String(event.error)}`, 'bad')
    }
  }
}

/** "90s", "30m", "24h". @throws when it is no such time */
function seconds(text: string): number {
  const [, number, unit = ''] = /^(\d+)(s|m|h)$/.exec(text) ?? []
  const value = Number(number) * ({ s: 1, m: 60, h: 3600 }[unit] ?? Number.NaN)
  if (!(value > 0)) throw new Error(`Cannot use SECRET_TTL "${text}": expected a time such as "30m" or "24h"`)
  return value
}

/** "sidecar~127.0.0.1~cart-0.shop~..." -> "cart-0". */
function podOf(node: string): string {
  const [, , name = node] = node.split('~')
  const dot = name.lastIndexOf('.')
  return dot < 0 ? name : name.slice(0, dot)
}

/** Longer ago, the file's time says nothing about this change: it was moved here, or checked out. */
const RECENT_MS = 5000

/** When the change was saved, as the files tell; milliseconds since the epoch. */
function savedAt(files: readonly string[], cwd: string): number {
  const now = Date.now()
  const times = files.map(file => statSync(path.resolve(cwd, file), { throwIfNoEntry: false })?.mtimeMs ?? now)
  const newest = Math.max(...times)
  return newest <= now && now - newest < RECENT_MS ? newest : now
}
