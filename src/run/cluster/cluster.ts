/**
 * A control plane's side towards its Kubernetes cluster: objects from it, who holds which token, where the authority is kept, the webhooks that the
 * API server asks; and what one of the replicas, the leader, writes back.
 */
import type { Generations } from '../../identity/authority/generations.ts'
import { TokenReviews } from '../../identity/caller/token-reviews.ts'
import type { ApiServer } from '../../kubernetes/client/api-server.ts'
import { at, textAt } from '../../kubernetes/client/raw-object.ts'
import { WEBHOOK_PATHS } from '../../kubernetes/control-plane-needs.ts'
import { reviewPod } from '../../kubernetes/inject/admission.ts'
import { validateReview } from '../../kubernetes/validate/review.ts'
import { systemClock } from '../../lib/clock.ts'
import { KubernetesSource } from '../../source/kubernetes/kubernetes-source.ts'
import type { Contribution, Store } from '../../source/store.ts'
import type { ControlPlane } from '../control-plane.ts'
import type { Review } from '../metrics/control-plane-metrics.ts'
import type { SecretDocument, Trust } from '../trust/trust.ts'
import { GatewayController } from './gateways/gateway-controller.ts'
import { type InjectionOptions, injectionConfigMaps, injectionSettings, namespaceFacts } from './injection.ts'
import { Leader } from './leader.ts'
import { namespacesOfMesh } from './namespaces.ts'
import { RootCertificates } from './root-certificates.ts'
import { SecretGenerations } from './secret-generations.ts'
import { StatusWriter } from './status/status-writer.ts'
import { type ReviewHandler, serveWebhooks, type WebhookServer } from './webhook-server.ts'
import { WebhookTrust } from './webhook-trust.ts'

export interface ClusterOptions {
  readonly api: ApiServer
  /** Where the control plane and the mesh configuration live. */
  readonly rootNamespace: string
  /** Which of several installations this is. @default '' (the only one, or the first) */
  readonly revision?: string
  /** As a candidate for leadership: unique among the replicas. */
  readonly identity: string
  /** Name of the ConfigMap with the root certificate in every namespace. @default "istio-ca-root-cert" */
  readonly trustBundle?: string | undefined
  /** Where the API server reaches the webhooks. @default nowhere */
  readonly webhooks?: { readonly host: string; readonly port: number }
  /** Something that must work did not: one line for operators. */
  readonly warn: (line: string) => void
  /** What has happened, for operators. */
  readonly note: (line: string) => void
}

/** What the control plane offers its cluster's side. */
export interface ClusterParts {
  readonly store: Store
  readonly controlPlane: ControlPlane
  readonly trust: Trust
  /** Told of every answer to the API server. */
  readonly reviewed?: (review: Review) => void
}

/** What only the leader does. */
interface Duty {
  /** Something has changed: objects, or the roots. */
  update(): void
  close(): void
}

const LEASE = 'mizzen-leader'
const LABELS = { 'app.kubernetes.io/name': 'mizzen', 'app.kubernetes.io/part-of': 'mizzen' }
const SECRETS: Readonly<Record<SecretDocument, string>> = {
  root: 'istio-ca-secret',
  'token-key': 'mizzen-join-key',
  'used-tokens': 'mizzen-used-tokens',
}

export class Cluster {
  readonly source: KubernetesSource
  readonly #options: ClusterOptions
  #minor = 0
  #duties: readonly Duty[] = []
  #leader: Leader | undefined
  #webhooks: WebhookServer | undefined
  #webhookTrust: WebhookTrust | undefined
  #unsubscribe: () => void = () => {}

  constructor(options: ClusterOptions, to: Contribution) {
    this.#options = options
    const { api, rootNamespace } = options
    const configMaps = Object.values(injectionConfigMaps(options.revision ?? ''))
    this.source = new KubernetesSource({ api, rootNamespace, configMaps, onChange: () => this.#update() }, to)
  }

  get isLeader(): boolean {
    return this.#leader?.leading ?? false
  }

  /** Where a secret document is kept, for all replicas. */
  secretDocument(name: SecretDocument): Generations {
    const { api, rootNamespace } = this.#options
    return new SecretGenerations({ api, namespace: rootNamespace, name: SECRETS[name], roots: name === 'root', labels: LABELS })
  }

  tokenReviews(trustDomain: string): TokenReviews {
    return new TokenReviews({ trustDomain, clock: systemClock, review: (token, audiences) => this.#review(token, audiences) })
  }

  /** Serves the webhooks, and stands as a candidate. @throws (rejects) when the webhooks cannot be served */
  async serve(parts: ClusterParts): Promise<void> {
    const { api, rootNamespace: namespace, revision = '', webhooks, identity, warn, note } = this.#options
    const { store, trust, reviewed = () => {} } = parts
    this.#minor = await this.#minorVersion()
    if (webhooks) {
      const injection = this.#injection(store)
      const handlers = new Map<string, ReviewHandler>([
        [
          WEBHOOK_PATHS.validate,
          review => {
            const begun = performance.now()
            const answer = validateReview(review)
            const allowed = at(answer, 'response', 'allowed') === true
            reviewed({ of: 'validation', outcome: allowed ? 'success' : 'failed', tookMs: performance.now() - begun })
            return answer
          },
        ],
        [
          WEBHOOK_PATHS.inject,
          (review, { pathname }) => {
            const begun = performance.now()
            const namespaceOf = (name: string) => namespaceFacts(injection, name)
            const { answer, outcome, message } = reviewPod(review, {
              settings: injectionSettings(injection),
              namespaceOf,
              path: pathname,
            })
            const counted = outcome === 'injected' ? 'success' : outcome
            reviewed({ of: 'injection', outcome: counted, tookMs: performance.now() - begun })
            if (outcome === 'failed') warn(message)
            return answer
          },
        ],
      ])
      this.#webhooks = await serveWebhooks({ ...webhooks, tls: trust.server, handlers, warn })
      const service = revision === '' || revision === 'default' ? 'istiod' : `istiod-${revision}`
      const roots = () => trust.authority.roots.join('')
      this.#webhookTrust = new WebhookTrust({ api, namespace, service, roots, warn })
    }
    const unsubscribe = [
      trust.server.subscribe(() => {
        this.#webhookTrust?.update()
        this.#update()
      }),
      parts.controlPlane.subscribeDiagnostics(() => this.#update()),
    ]
    this.#unsubscribe = () => {
      for (const end of unsubscribe) end()
    }
    this.#leader = new Leader({
      api,
      clock: systemClock,
      namespace,
      name: LEASE,
      identity,
      warn,
      onChange: leading => {
        note(leading ? 'is the leader: writes status, certificates and gateways' : 'is no longer the leader')
        for (const duty of this.#duties) duty.close()
        this.#duties = leading ? this.#begin(parts) : []
      },
    })
  }

  async close(): Promise<void> {
    this.#unsubscribe()
    for (const duty of this.#duties) duty.close()
    this.#duties = []
    this.#webhookTrust?.close()
    await Promise.all([this.#leader?.close(), this.#webhooks?.close()])
    this.source.close()
    this.#options.api.close()
  }

  #injection(store: Store): InjectionOptions {
    const { rootNamespace, revision = '' } = this.#options
    return { store, rootNamespace, revision, minorVersion: this.#minor }
  }

  #begin({ store, controlPlane, trust }: ClusterParts): readonly Duty[] {
    const { api, warn, note, trustBundle: name } = this.#options
    const { authority } = trust
    return [
      new RootCertificates({
        api,
        clock: systemClock,
        name,
        namespaces: () => namespacesOfMesh(store.snapshot().objects.Namespace, controlPlane.mesh.settings),
        roots: () => authority.roots.join(''),
        revoked: () => authority.revoked,
        warn,
      }),
      new GatewayController({
        api,
        clock: systemClock,
        store,
        controlPlane,
        injection: this.#injection(store),
        classes: () => this.source.pathOf('GatewayClass'),
        warn,
        note,
      }),
      new StatusWriter({ api, clock: systemClock, source: this.source, store, controlPlane, warn }),
    ]
  }

  #update(): void {
    for (const duty of this.#duties) duty.update()
  }

  /** Of Kubernetes 1.34: 34. */
  async #minorVersion(): Promise<number> {
    const version = await this.#options.api.json({ path: '/version' })
    return Number.parseInt(textAt(version, 'minor'), 10) || 0
  }

  async #review(token: string, audiences: readonly string[]): Promise<unknown> {
    const body = { apiVersion: 'authentication.k8s.io/v1', kind: 'TokenReview', spec: { token, audiences } }
    const path = '/apis/authentication.k8s.io/v1/tokenreviews'
    return at(await this.#options.api.json({ method: 'POST', path, body }), 'status')
  }
}
