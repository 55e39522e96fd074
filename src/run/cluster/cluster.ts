/** A control plane's side towards its Kubernetes cluster: objects from it, and who holds which token. */
import { TokenReviews } from '../../identity/caller/token-reviews.ts'
import type { ApiServer } from '../../kubernetes/client/api-server.ts'
import { at } from '../../kubernetes/client/raw-object.ts'
import { systemClock } from '../../lib/clock.ts'
import { KubernetesSource } from '../../source/kubernetes/kubernetes-source.ts'
import type { Contribution } from '../../source/store.ts'

export interface ClusterOptions {
  readonly api: ApiServer
  /** Where the control plane and the mesh configuration live. */
  readonly rootNamespace: string
}

export class Cluster {
  readonly source: KubernetesSource
  readonly #options: ClusterOptions

  constructor(options: ClusterOptions, to: Contribution) {
    this.#options = options
    const { api, rootNamespace } = options
    this.source = new KubernetesSource({ api, rootNamespace }, to)
  }

  tokenReviews(trustDomain: string): TokenReviews {
    return new TokenReviews({ trustDomain, clock: systemClock, review: (token, audiences) => this.#review(token, audiences) })
  }

  close(): void {
    this.source.close()
    this.#options.api.close()
  }

  async #review(token: string, audiences: readonly string[]): Promise<unknown> {
    const body = { apiVersion: 'authentication.k8s.io/v1', kind: 'TokenReview', spec: { token, audiences } }
    const path = '/apis/authentication.k8s.io/v1/tokenreviews'
    return at(await this.#options.api.json({ method: 'POST', path, body }), 'status')
  }
}
