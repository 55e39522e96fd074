/**
 * Tells the API server by which certificate it knows us: the caBundle of every webhook that leads to our Service, those of revision tags too. Each
 * replica may do it: all have the same roots.
 */

import { isApiError } from '../../kubernetes/client/api-error.ts'
import type { ApiServer } from '../../kubernetes/client/api-server.ts'
import { mergeObject } from '../../kubernetes/client/apply.ts'
import { isRecord, listAt, type RawObject, textAt } from '../../kubernetes/client/raw-object.ts'
import { Reflector } from '../../kubernetes/client/reflector.ts'

export interface WebhookTrustOptions {
  readonly api: ApiServer
  readonly namespace: string
  /** Of the Service that webhooks lead to. */
  readonly service: string
  /** PEM, now. */
  readonly roots: () => string
  readonly warn: (line: string) => void
}

const GROUP = '/apis/admissionregistration.k8s.io/v1'
const KINDS = ['mutatingwebhookconfigurations', 'validatingwebhookconfigurations'] as const

export class WebhookTrust {
  readonly #options: WebhookTrustOptions
  readonly #reflectors: readonly Reflector<RawObject>[]
  readonly #known = new Map<string, RawObject>()

  constructor(options: WebhookTrustOptions) {
    this.#options = options
    this.#reflectors = KINDS.map(kind => this.#follow(`${GROUP}/${kind}`))
  }

  /** The roots are others. */
  update(): void {
    for (const [path, object] of this.#known) void this.#set(path, object)
  }

  close(): void {
    for (const reflector of this.#reflectors) reflector.close()
  }

  #follow(path: string): Reflector<RawObject> {
    const pathOf = (object: RawObject) => `${path}/${textAt(object, 'metadata', 'name')}`
    const seen = (object: RawObject) => {
      this.#known.set(pathOf(object), object)
      void this.#set(pathOf(object), object)
    }
    return new Reflector<RawObject>({
      api: this.#options.api,
      path,
      sink: {
        read: object => (listAt(object, 'webhooks').some(webhook => this.#isOurs(webhook)) ? object : undefined),
        replace: all => all.forEach(seen),
        changed: seen,
        removed: object => this.#known.delete(pathOf(object)),
        trouble: error => error && this.#options.warn(error.message),
      },
    })
  }

  #isOurs(webhook: unknown): boolean {
    const { namespace, service } = this.#options
    return (
      textAt(webhook, 'clientConfig', 'service', 'name') === service &&
      textAt(webhook, 'clientConfig', 'service', 'namespace') === namespace
    )
  }

  async #set(path: string, object: RawObject): Promise<void> {
    const { api, roots, warn } = this.#options
    const caBundle = Buffer.from(roots()).toString('base64')
    const before = listAt(object, 'webhooks')
    const ours = before.filter(webhook => this.#isOurs(webhook))
    if (ours.every(webhook => textAt(webhook, 'clientConfig', 'caBundle') === caBundle)) return
    const webhooks = before.map(webhook =>
      isRecord(webhook) && this.#isOurs(webhook)
        ? { ...webhook, clientConfig: { ...record(webhook['clientConfig']), caBundle } }
        : webhook,
    )
    const resourceVersion = textAt(object, 'metadata', 'resourceVersion')
    try {
      await mergeObject(api, path, { metadata: { resourceVersion }, webhooks })
    } catch (error) {
      // Somebody else was quicker; the watch tells what it looks like now.
      if (!isApiError(error, 409) && !isApiError(error, 404)) warn(error instanceof Error ? error.message : String(error))
    }
  }
}

function record(value: unknown): Record<string, unknown> {
  return isRecord(value) ? value : {}
}
