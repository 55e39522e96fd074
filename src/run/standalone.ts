/** The control plane alone: files in, xDS out, for proxies that somebody else runs. */
import { systemClock } from '../lib/clock.ts'
import { aboutFile, type Diagnostic } from '../source/diagnostic.ts'
import { FileSource } from '../source/files/file-source.ts'
import { Store } from '../source/store.ts'
import { AdsServer } from '../xds/server/ads-server.ts'
import { type ListenAddress, serveAds } from '../xds/server/grpc.ts'
import type { ServerEvent } from '../xds/server/server-event.ts'
import { ControlPlane } from './control-plane.ts'
import { RateLimitService } from './rate-limit/service.ts'
import { type RolloutResult, Rollouts } from './rollout.ts'
import { serveStatusPage } from './status-page.ts'

export interface StandaloneOptions {
  /** Files and directories. */
  readonly paths: readonly string[]
  readonly cwd: string
  readonly listen: readonly ListenAddress[]
  readonly status: { readonly host: string; readonly port: number }
  /** Runs until this is aborted. */
  readonly end: AbortSignal
  readonly onReady: (addresses: readonly ListenAddress[], statusUrl: string) => void
  /** Problems of the configuration that are new. */
  readonly onDiagnostics: (appeared: readonly Diagnostic[]) => void
  readonly onServerEvent: (event: ServerEvent) => void
  /** A change of the configuration has got around. */
  readonly onRollout: (result: RolloutResult) => void
}

/** Resolves when it has ended and everything is closed. @throws when an address cannot be listened on */
export async function runControlPlane(options: StandaloneOptions): Promise<void> {
  const store = new Store()
  const files = new FileSource({ paths: options.paths, cwd: options.cwd }, store.source())
  await files.start()
  const controlPlane = new ControlPlane(store)
  options.onDiagnostics([...store.diagnostics(), ...controlPlane.diagnostics])
  const rollouts: Rollouts = new Rollouts(systemClock, () => ads)
  const ads: AdsServer = new AdsServer({
    source: controlPlane,
    onEvent(event) {
      rollouts.onEvent(event)
      if (event.kind === 'disconnected' && !ads.status().some(({ node }) => node === event.node)) controlPlane.forget(event.node)
      options.onServerEvent(event)
    },
  })
  const rateLimits = new RateLimitService({
    limits: () => controlPlane.mesh.rateLimits,
    onProblem: message => options.onDiagnostics([aboutFile('', 'error', 'rate-limit-redis', message)]),
  })
  store.subscribe(() => void rollouts.begin(Date.now()).then(options.onRollout))
  store.subscribeDiagnostics(({ appeared }) => options.onDiagnostics(appeared))
  try {
    const grpc = await serveAds({ ads, listen: options.listen, services: [rateLimits] })
    const page = await serveStatusPage({ ...options.status, mesh: () => undefined, ads })
    options.onReady(grpc.addresses, page.url)
    await new Promise<void>(resolve => {
      if (options.end.aborted) resolve()
      options.end.addEventListener('abort', () => resolve(), { once: true })
    })
    await page.close()
    await grpc.close()
  } finally {
    ads.close()
    rateLimits.close()
    controlPlane.close()
    files.close()
  }
}
