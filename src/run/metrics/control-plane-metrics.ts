/**
 * What the control plane counts of itself, under istiod's names and with its buckets, so that dashboards and alerts made for it work. What is exchanged
 * with proxies the ADS server counts itself (xds/server/metrics.ts).
 */
import { X509Certificate } from 'node:crypto'
import type { Clock } from '../../lib/clock.ts'
import { type Counter, MetricsRegistry } from '../../lib/metrics-registry.ts'
import type { Mesh } from '../../model/mesh.ts'
import { serviceKey } from '../../model/service.ts'
import type { Diagnostic } from '../../source/diagnostic.ts'
import { Refusal, type UnaryService } from '../../xds/server/access.ts'
import type { ServerEvent } from '../../xds/server/server-event.ts'
import { typeLabel } from '../../xds/server/type-label.ts'
import { addProcessMetrics } from './process-metrics.ts'

export interface MetricsSources {
  readonly clock: Clock
  /** Of mizzen. */
  readonly version: string
  readonly mesh: () => Mesh
  /** How many VirtualServices there are. */
  readonly virtualServices: () => number
  readonly diagnostics: () => readonly Diagnostic[]
  /** Certificates of the authority, PEM, the one that signs first; empty: it has none yet. */
  readonly roots: () => readonly string[]
}

/** What a webhook said. */
export interface Review {
  readonly of: 'validation' | 'injection'
  readonly outcome: 'success' | 'skipped' | 'failed'
  readonly tookMs: number
}

const PUSH_BOUNDS = [0.01, 0.1, 0.5, 1, 3, 5, 10, 20, 30]
const CONVERGENCE_BOUNDS = [0.1, 0.5, 1, 3, 5, 10, 20, 30]
const SIZE_BOUNDS = [1, 10_000, 1_000_000, 4_000_000, 10_000_000, 40_000_000]
const INJECTION_BOUNDS = [0.1, 1, 3, 5, 10, 20, 30, 60]
/** Two VirtualServices for one host. */
const SAME_HOST = 'IST0109'

export class ControlPlaneMetrics {
  readonly #clock: Clock
  readonly #registry = new MetricsRegistry()
  readonly #convergence
  readonly #sizes
  readonly #compiles
  readonly #triggers: Counter
  readonly #connections: Counter
  readonly #rejects: ReadonlyMap<string, Counter>
  readonly #certificates: Readonly<Record<'asked' | 'issued' | 'unauthenticated' | 'refused', Counter>>
  readonly #reviews
  /** When the change came that is being pushed; undefined: none was since the start. */
  #changedAt: number | undefined
  /** When what was sent and not yet answered had become true, by stream and type. */
  readonly #unanswered = new Map<string, number>()

  constructor(sources: MetricsSources) {
    const { clock, version, mesh, virtualServices, diagnostics, roots } = sources
    this.#clock = clock
    const registry = this.#registry
    const startedAt = clock.now()
    registry.gauge('pilot_info', 'Version of the control plane.', () => [[{ version }, 1]])
    registry.gauge('istio_build', 'Version of this component.', () => [[{ component: 'pilot', tag: version }, 1]])
    registry.gauge('istiod_uptime_seconds', 'How long it has been running.', () => (clock.now() - startedAt) / 1000)
    this.#convergence = registry.histogram(
      'pilot_proxy_convergence_time',
      'Seconds from a change to the acknowledgement of a proxy.',
      CONVERGENCE_BOUNDS,
    )
    this.#sizes = registry.histogram('pilot_xds_config_size_bytes', 'Size of responses to proxies.', SIZE_BOUNDS)
    this.#compiles = registry.histogram('pilot_pushcontext_init_seconds', 'Seconds that compiling the configuration takes.', [
      0.01,
      ...PUSH_BOUNDS.slice(1, 6),
    ])
    this.#triggers = registry.counter('pilot_push_triggers', 'Why something was pushed.')
    this.#connections = registry.counter('mizzen_xds_stream_events_total', 'Streams of proxies that began and ended.')
    this.#rejects = new Map(
      ['cds', 'eds', 'lds', 'rds'].map(type => [
        type,
        registry.counter(`pilot_xds_${type}_reject`, `Responses of ${type.toUpperCase()} that a proxy refused.`),
      ]),
    )
    registry.gauge('pilot_services', 'Services of the mesh.', () => mesh().services.length)
    registry.gauge('pilot_virt_services', 'VirtualServices.', virtualServices)
    registry.gauge(
      'pilot_vservice_dup_domain',
      'VirtualServices with a host that another one has.',
      () => diagnostics().filter(({ code }) => code === SAME_HOST).length,
    )
    registry.gauge('pilot_eds_no_instances', 'Services without endpoints that ought to have some.', () =>
      withoutEndpoints(mesh()),
    )
    registry.gauge('mizzen_config_problems', 'Problems of the configuration at present.', () => problems(diagnostics()))
    this.#certificates = {
      asked: registry.counter('citadel_server_csr_count', 'Requests for certificates.'),
      issued: registry.counter('citadel_server_success_cert_issuance_count', 'Certificates that were issued.'),
      unauthenticated: registry.counter(
        'citadel_server_authentication_failure_count',
        'Requests for certificates of callers who could not say who they are.',
      ),
      refused: registry.counter('citadel_server_csr_sign_err_count', 'Requests for certificates that could not be signed.'),
    }
    registry.gauge(
      'citadel_server_root_cert_expiry_timestamp',
      'When the root certificate expires, in seconds since the epoch.',
      () => expiryOf(roots()),
    )
    registry.gauge('citadel_server_root_cert_expiry_seconds', 'Seconds until the root certificate expires.', () => {
      const at = expiryOf(roots())
      return at === undefined ? undefined : at - clock.now() / 1000
    })
    this.#reviews = {
      validated: registry.counter('galley_validation_passed', 'Objects that the webhook found sound.'),
      invalid: registry.counter('galley_validation_failed', 'Objects that the webhook refused.'),
      asked: registry.counter('sidecar_injection_requests_total', 'Pods that the webhook was asked about.'),
      injected: registry.counter('sidecar_injection_success_total', 'Pods that got a sidecar.'),
      skipped: registry.counter('sidecar_injection_skip_total', 'Pods that are to have none.'),
      failed: registry.counter('sidecar_injection_failure_total', 'Pods that could not get one.'),
      seconds: registry.histogram('sidecar_injection_time_seconds', 'Seconds that injection takes.', INJECTION_BOUNDS),
    }
    // They are there from the start: a rate over what appears with its first event misses that event.
    for (const counter of [...this.#rejects.values(), ...Object.values(this.#certificates)]) counter.add({}, 0)
    addProcessMetrics(registry)
  }

  /** The configuration has changed. Before the server hears of it. @param pending whether a change before it still waits to be pushed */
  changed(pending: boolean): void {
    this.#triggers.add({ type: 'config' })
    if (!pending) this.#changedAt = this.#clock.now()
  }

  compiled(tookMs: number): void {
    this.#compiles.observe(tookMs / 1000)
  }

  /** @param pushing whether it is sent because of a change, and not because a proxy asked for it */
  onEvent(event: ServerEvent, pushing: boolean): void {
    switch (event.kind) {
      case 'connected':
        this.#connections.add({ event: 'connected' })
        this.#triggers.add({ type: 'proxy' })
        return
      case 'disconnected':
        this.#connections.add({ event: 'disconnected' })
        for (const key of this.#unanswered.keys()) if (key.startsWith(`${event.stream} `)) this.#unanswered.delete(key)
        return
      case 'sent':
        this.#sizes.observe(event.bytes, { type: typeLabel(event.type).toLowerCase() })
        if (pushing && this.#changedAt !== undefined) this.#unanswered.set(keyOf(event), this.#changedAt)
        return
      case 'acked':
      case 'nacked': {
        const since = this.#unanswered.get(keyOf(event))
        if (event.kind === 'nacked') this.#rejects.get(typeLabel(event.type).toLowerCase())?.add()
        if (since === undefined) return
        this.#unanswered.delete(keyOf(event))
        if (event.kind === 'acked') this.#convergence.observe((this.#clock.now() - since) / 1000)
      }
    }
  }

  /** The certificate service, counted. */
  certificates(service: UnaryService): UnaryService {
    const { asked, issued, unauthenticated, refused } = this.#certificates
    return {
      path: service.path,
      handle: async (request, credentials) => {
        asked.add()
        try {
          const answer = await service.handle(request, credentials)
          issued.add()
          return answer
        } catch (error) {
          if (error instanceof Refusal && error.status === 'UNAUTHENTICATED') unauthenticated.add()
          else refused.add({ error: error instanceof Refusal ? error.status.toLowerCase() : 'internal' })
          throw error
        }
      },
    }
  }

  reviewed({ of, outcome, tookMs }: Review): void {
    const { validated, invalid, asked, injected, skipped, failed, seconds } = this.#reviews
    if (of === 'validation') {
      ;(outcome === 'failed' ? invalid : validated).add()
      return
    }
    asked.add()
    ;({ success: injected, skipped, failed })[outcome].add()
    seconds.observe(tookMs / 1000)
  }

  render(): string {
    return this.#registry.render()
  }
}

function keyOf({ stream, type }: { readonly stream: string; readonly type: string }): string {
  return `${stream} ${type}`
}

/** Those with a selector: of the others nobody promised any. */
function withoutEndpoints({ services, endpoints }: Mesh): number {
  return services.filter(service => {
    const found = endpoints.get(serviceKey(service))?.values() ?? []
    return service.selector !== undefined && [...found].every(list => list.length === 0)
  }).length
}

function problems(diagnostics: readonly Diagnostic[]): (readonly [Readonly<Record<string, string>>, number])[] {
  const levels = Map.groupBy(diagnostics, ({ level }) => level)
  return ['error', 'warning', 'info'].map(level => [{ level }, [...levels].find(([known]) => known === level)?.[1].length ?? 0])
}

function expiryOf([root]: readonly string[]): number | undefined {
  return root === undefined ? undefined : Math.round(new X509Certificate(root).validToDate.getTime() / 1000)
}
