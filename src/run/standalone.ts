/** The control plane alone: files or a cluster in, xDS out, for proxies that somebody else runs. */
import type { WeightedDestinationRule } from '../api/registry.ts'
import { systemClock } from '../lib/clock.ts'
import type { MeshSettings } from '../model/settings.ts'
import { aboutFile, type Diagnostic } from '../source/diagnostic.ts'
import { FileSource } from '../source/files/file-source.ts'
import { Store } from '../source/store.ts'
import { AdsServer } from '../xds/server/ads-server.ts'
import { type ListenAddress, serveAds } from '../xds/server/grpc.ts'
import type { ServerEvent } from '../xds/server/server-event.ts'
import { MeshWatch } from './alerts/mesh-watch.ts'
import { Cluster, type ClusterOptions } from './cluster/cluster.ts'
import { injectionConfigMaps } from './cluster/injection.ts'
import { clusterProxies } from './cluster/observed-pods.ts'
import { ControlPlane } from './control-plane.ts'
import { ConfigFiles } from './dashboard/config-files.ts'
import { serveDashboard } from './dashboard/server.ts'
import { packageVersion } from './installation.ts'
import { followIssuers } from './issuers/follow.ts'
import { ControlPlaneMetrics } from './metrics/control-plane-metrics.ts'
import { Ramps } from './ramps/ramps.ts'
import { rolloutPlans, uncounted } from './ramps/rollout-plan.ts'
import { RateLimitService } from './rate-limit/service.ts'
import { type RolloutResult, Rollouts } from './rollout.ts'
import { describedPod } from './trust/described-pod.ts'
import { Trust, type TrustOptions } from './trust/trust.ts'
import { TrustBundle } from './trust/trust-bundle.ts'

export interface ReadyControlPlane {
  readonly secure: readonly ListenAddress[]
  readonly open: readonly ListenAddress[]
  /** URL of the status page. */
  readonly status: string
  /** What verifies its certificate, PEM. */
  readonly rootsFile: string
}

export interface StandaloneOptions {
  /** Files and directories; what stands in them goes before the cluster's. */
  readonly paths: readonly string[]
  /** The cluster that it serves. @default none */
  readonly cluster?: ClusterOptions
  readonly cwd: string
  /** What holds where the ConfigMap among the objects says nothing. */
  readonly settings: MeshSettings
  /** Plaintext, and without a question who asks. */
  readonly listen: readonly ListenAddress[]
  /** With TLS, for callers who are known. */
  readonly secure: readonly { readonly host: string; readonly port: number }[]
  /** Keeps the authority's roots and keys. */
  readonly stateDirectory: string
  readonly trust: Pick<TrustOptions, 'pluggedIn' | 'clusters' | 'hosts' | 'leafLifetimeMs' | 'keyType'>
  /** A caller was turned away, or the authority has a problem. */
  readonly onWarning: (line: string) => void
  /** Alerts go there: URL of an Alertmanager. @default nowhere but the log and whom they name */
  readonly alertmanager?: string | undefined
  readonly status: { readonly host: string; readonly port: number }
  /** Runs until this is aborted. */
  readonly end: AbortSignal
  readonly onReady: (ready: ReadyControlPlane) => void
  /** Problems of the configuration that are new. */
  readonly onDiagnostics: (appeared: readonly Diagnostic[]) => void
  readonly onServerEvent: (event: ServerEvent) => void
  /** A roll-out has moved. */
  readonly onNote: (line: string) => void
  /** A change of the configuration has got around. */
  readonly onRollout: (result: RolloutResult) => void
}

/** Resolves when it has ended and everything is closed. @throws when an address cannot be listened on */
export async function runControlPlane(options: StandaloneOptions): Promise<void> {
  const store = new Store()
  const files = options.paths.length > 0 ? new FileSource({ paths: options.paths, cwd: options.cwd }, store.source()) : undefined
  const cluster = options.cluster && new Cluster(options.cluster, store.source())
  store.subscribeDiagnostics(({ appeared }) => options.onDiagnostics(appeared))
  await Promise.all([files?.start(), cluster?.source.start()])
  const controlPlane = new ControlPlane(store, {
    settings: options.settings,
    ...(options.cluster && { meshConfigMap: injectionConfigMaps(options.cluster.revision ?? '').mesh }),
  })
  options.onDiagnostics(controlPlane.diagnostics)
  let roots = (): readonly string[] => []
  const metrics = new ControlPlaneMetrics({
    clock: systemClock,
    version: packageVersion(),
    mesh: () => controlPlane.mesh,
    virtualServices: () => store.snapshot().objects.VirtualService.length,
    diagnostics: () => [...store.diagnostics(), ...controlPlane.diagnostics],
    roots: () => roots(),
  })
  controlPlane.subscribeCompiles(tookMs => metrics.compiled(tookMs))
  // Before the server is there, which hears of changes after this.
  controlPlane.subscribe(() => metrics.changed(ads.pushing))
  const rollouts: Rollouts = new Rollouts(systemClock, () => ads)
  const bundle = new TrustBundle()
  const secrets = new AdsServer({ source: bundle.within(controlPlane.names) })
  const ads: AdsServer = new AdsServer({
    source: bundle.within(controlPlane),
    onEvent(event) {
      rollouts.onEvent(event)
      metrics.onEvent(event, ads.pushing)
      if (event.kind === 'disconnected' && !ads.status().some(({ node }) => node === event.node)) controlPlane.forget(event.node)
      options.onServerEvent(event)
    },
  })
  const rateLimits = new RateLimitService({
    limits: () => controlPlane.mesh.rateLimits,
    onProblem: message => options.onDiagnostics([aboutFile('', 'error', 'rate-limit-redis', message)]),
  })
  const ramps = rampsByTime(store, controlPlane, options)
  store.subscribe(() => ramps.update())
  ramps.update()
  const endDiscovery = followIssuers(controlPlane, systemClock, options.onWarning)
  store.subscribe(() => void rollouts.begin(Date.now()).then(options.onRollout))
  const { trustDomain, trustDomainAliases } = controlPlane.mesh.settings
  const trust = await Trust.open({
    ...options.trust,
    ...(cluster && {
      verifiers: [cluster.tokenReviews(trustDomain)],
      store: name => cluster.secretDocument(name),
    }),
    directory: options.stateDirectory,
    clock: systemClock,
    trustDomain,
    trustDomainAliases,
    serviceAccountOf: (namespace, pod) => controlPlane.mesh.workloads.get(`${namespace}/${pod}`)?.serviceAccount,
    describe: (namespace, pod) => describedPod(controlPlane.mesh, namespace, pod),
    bundle,
    warn: options.onWarning,
  })
  roots = () => trust.authority.roots
  try {
    const secure = options.secure.map(address => ({ ...address, tls: trust.server }))
    const known = await serveAds({
      ads,
      secrets,
      listen: secure,
      admit: trust.admit,
      services: [...trust.services.map(service => metrics.certificates(service)), trust.guarded(rateLimits)],
    })
    const open = await serveAds({ ads, listen: options.listen, services: [rateLimits] })
    await cluster?.serve({ store, controlPlane, trust, reviewed: review => metrics.reviewed(review) })
    // Of proxies elsewhere only those know how to ask them who run them.
    const ofCluster = cluster && clusterProxies(() => trust.server.current)
    const proxies = () => ofCluster?.(controlPlane.mesh) ?? []
    const watch = new MeshWatch({
      clock: systemClock,
      mesh: () => controlPlane.mesh,
      statuses: () => ads.status(),
      proxies,
      tells: () => cluster?.isLeader ?? true,
      alertmanager: options.alertmanager,
      tell: options.onNote,
    })
    const page = await serveDashboard({
      ...options.status,
      secret: cluster !== undefined,
      parts: {
        ads,
        moreMetrics: () => metrics.render(),
        mesh: () => controlPlane.mesh,
        objects: () => store.snapshot().objects,
        diagnostics: () => [...store.diagnostics(), ...controlPlane.diagnostics],
        preview: objects => controlPlane.preview(objects),
        async sync(signal) {
          await Promise.all([files?.sync(), cluster?.source.sync(signal)])
        },
        live: new Set(cluster ? (['Pod'] as const) : []),
        collector: watch.collector,
        health: () => watch.health,
        alerts: () => watch.alerts(),
        proxies,
        files: options.paths.length > 0 ? new ConfigFiles(options.paths, options.cwd) : undefined,
        status: () => undefined,
        title: options.paths.join(', ') || 'the cluster',
      },
    })
    options.onReady({ secure: known.addresses, open: open.addresses, status: page.url, rootsFile: trust.rootsFile })
    await new Promise<void>(resolve => {
      if (options.end.aborted) resolve()
      options.end.addEventListener('abort', () => resolve(), { once: true })
    })
    watch.close()
    await page.close()
    await Promise.all([known.close(), open.close()])
  } finally {
    trust.close()
    endDiscovery()
    ramps.close()
    ads.close()
    secrets.close()
    rateLimits.close()
    controlPlane.close()
    files?.close()
    await cluster?.close()
  }
}

/** Nobody here counts what fails; a rule that asks for it is told so, once. */
function rampsByTime(store: Store, controlPlane: ControlPlane, { onDiagnostics, onNote }: StandaloneOptions): Ramps {
  const told = new WeakSet<WeightedDestinationRule>()
  return new Ramps({
    clock: systemClock,
    plans: () => {
      const rules = store.snapshot().objects.WeightedDestinationRule
      const appeared = rules.filter(rule => !told.has(rule))
      for (const rule of appeared) told.add(rule)
      const warnings = appeared.flatMap(uncounted)
      if (warnings.length > 0) onDiagnostics(warnings)
      return rolloutPlans(rules, () => controlPlane.mesh.settings)
    },
    mayBegin: () => true,
    count: undefined,
    apply: shares => controlPlane.setShares(shares),
    tell: onNote,
  })
}
