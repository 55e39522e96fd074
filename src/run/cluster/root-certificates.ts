/**
 * The root certificate in every namespace, as the ConfigMap that Istio's pods mount: by it a proxy knows the control plane before it has a
 * certificate of its own. What somebody else changes is set right again, but not in a fight.
 */
import { isApiError } from '../../kubernetes/client/api-error.ts'
import type { ApiServer } from '../../kubernetes/client/api-server.ts'
import { applyObject } from '../../kubernetes/client/apply.ts'
import { type RawObject, textAt } from '../../kubernetes/client/raw-object.ts'
import { Reflector } from '../../kubernetes/client/reflector.ts'
import type { Clock } from '../../lib/clock.ts'
import { Debounce } from '../../lib/debounce.ts'

export interface RootCertificatesOptions {
  readonly api: ApiServer
  readonly clock: Clock
  /** Of the ConfigMaps: meshes that share a cluster without sharing an authority have different ones. @default "istio-ca-root-cert" */
  readonly name?: string | undefined
  /** Of the mesh, now. */
  readonly namespaces: () => readonly string[]
  /** PEM, now. */
  readonly roots: () => string
  /** PEM, now; '' when nothing is revoked. */
  readonly revoked: () => string
  readonly warn: (line: string) => void
}

const DEFAULT_NAME = 'istio-ca-root-cert'
/** Of two who disagree each writes so often at most, milliseconds. */
const REWRITE_MS = 10_000
const RETRY_MS = 5000

interface Written {
  readonly namespace: string
  readonly roots: string
  readonly revoked: string
}

/** While it exists it writes: only the leader has one. */
export class RootCertificates {
  readonly #options: RootCertificatesOptions
  readonly #name: string
  readonly #reflector: Reflector<Written>
  readonly #run: Debounce
  readonly #writtenAt = new Map<string, number>()
  #found: Map<string, Written> | undefined
  #cancel: () => void = () => {}
  #closed = false

  constructor(options: RootCertificatesOptions) {
    this.#options = options
    this.#name = options.name ?? DEFAULT_NAME
    this.#run = new Debounce({
      clock: options.clock,
      quietMs: 20,
      run: done => void this.#write().finally(done),
    })
    this.#reflector = new Reflector<Written>({
      api: options.api,
      path: '/api/v1/configmaps',
      fieldSelector: `metadata.name=${this.#name}`,
      sink: {
        read: written,
        replace: all => {
          this.#found = new Map(all.map(each => [each.namespace, each]))
          this.update()
        },
        changed: each => {
          this.#found?.set(each.namespace, each)
          this.update()
        },
        removed: object => {
          this.#found?.delete(textAt(object, 'metadata', 'namespace'))
          this.update()
        },
        trouble: error => error && options.warn(error.message),
      },
    })
  }

  /** A namespace has come, or the roots are others. */
  update(): void {
    if (!this.#closed && this.#found) this.#run.trigger()
  }

  close(): void {
    this.#closed = true
    this.#reflector.close()
    this.#run.cancel()
    this.#cancel()
  }

  async #write(): Promise<void> {
    const { api, clock, warn } = this.#options
    const [roots, revoked] = [this.#options.roots(), this.#options.revoked()]
    for (const namespace of this.#options.namespaces()) {
      const found = this.#found?.get(namespace)
      if (this.#closed || (found?.roots === roots && found.revoked === revoked)) continue
      const wait = (this.#writtenAt.get(namespace) ?? Number.NEGATIVE_INFINITY) + REWRITE_MS - clock.now()
      if (found && wait > 0) {
        this.#again(wait)
        continue
      }
      this.#writtenAt.set(namespace, clock.now())
      const data = { 'root-cert.pem': roots, ...(revoked && { 'ca-crl.pem': revoked }) }
      const metadata = { name: this.#name, namespace, labels: { 'istio.io/config': 'true' } }
      const path = `/api/v1/namespaces/${namespace}/configmaps/${this.#name}`
      try {
        await applyObject(api, path, { apiVersion: 'v1', kind: 'ConfigMap', metadata, data })
      } catch (error) {
        // A namespace that is being deleted takes nothing new, and is no longer there.
        if (isApiError(error, 404) || (isApiError(error, 403) && String(error).includes('terminated'))) continue
        warn(error instanceof Error ? error.message : String(error))
        this.#again(RETRY_MS)
      }
    }
  }

  #again(ms: number): void {
    this.#cancel()
    this.#cancel = this.#options.clock.after(ms, () => this.update())
  }
}

function written(object: RawObject): Written {
  return {
    namespace: textAt(object, 'metadata', 'namespace'),
    roots: textAt(object, 'data', 'root-cert.pem'),
    revoked: textAt(object, 'data', 'ca-crl.pem'),
  }
}
