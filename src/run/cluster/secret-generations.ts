/**
 * A secret document in a Secret: the API server lets only one of several control planes write the next generation. The roots stand there as Istio
 * has them (`istio-ca-secret`), so that a mesh can come from Istio with its root, and go back.
 */
import type { Generation, Generations } from '../../identity/authority/generations.ts'
import { readRootDocument } from '../../identity/authority/root-document.ts'
import { isApiError } from '../../kubernetes/client/api-error.ts'
import type { ApiServer } from '../../kubernetes/client/api-server.ts'
import { textAt } from '../../kubernetes/client/raw-object.ts'
import { istioAuthority, rootsOfIstio } from './istio-authority.ts'

export interface SecretGenerationsOptions {
  readonly api: ApiServer
  readonly namespace: string
  /** Of the Secret. */
  readonly name: string
  /** The document is the mesh's roots. @default false */
  readonly roots?: boolean
  readonly labels: Readonly<Record<string, string>>
}

const DOCUMENT = 'mizzen.json'
const NUMBER = 'mizzen.dev/generation'

export class SecretGenerations implements Generations {
  readonly #options: SecretGenerationsOptions
  #seen: { readonly number: number; readonly resourceVersion: string } | undefined

  constructor(options: SecretGenerationsOptions) {
    this.#options = options
  }

  async read(): Promise<Generation | undefined> {
    const { api, name, roots } = this.#options
    const secret = await api.json({ path: `${this.#path}/${name}` }).catch((error: unknown) => {
      if (isApiError(error, 404)) return undefined
      throw error
    })
    if (secret === undefined) return undefined
    const data = (key: string) => Buffer.from(textAt(secret, 'data', key), 'base64').toString()
    const text = data(DOCUMENT) || (roots ? JSON.stringify(rootsOfIstio(data)) : '')
    const number = Number(textAt(secret, 'metadata', 'annotations', NUMBER)) || 1
    this.#seen = { number, resourceVersion: textAt(secret, 'metadata', 'resourceVersion') }
    return { number, text }
  }

  async write({ number, text }: Generation): Promise<boolean> {
    const { api, namespace, name, roots, labels } = this.#options
    const first = this.#seen === undefined
    if (this.#seen && number !== this.#seen.number + 1) return false
    const data = { [DOCUMENT]: text, ...(roots && istioAuthority(readRootDocument(text), Date.now())) }
    const encoded = Object.entries(data).map(([key, value]) => [key, Buffer.from(value).toString('base64')] as const)
    const body = {
      apiVersion: 'v1',
      kind: 'Secret',
      metadata: {
        name,
        namespace,
        labels,
        annotations: { [NUMBER]: String(number) },
        ...(this.#seen && { resourceVersion: this.#seen.resourceVersion }),
      },
      type: roots ? 'istio.io/ca-root' : 'Opaque',
      data: Object.fromEntries(encoded),
    }
    try {
      const written = first
        ? await api.json({ method: 'POST', path: this.#path, body })
        : await api.json({ method: 'PUT', path: `${this.#path}/${name}`, body })
      this.#seen = { number, resourceVersion: textAt(written, 'metadata', 'resourceVersion') }
      return true
    } catch (error) {
      if (isApiError(error, 409)) return false
      throw error
    }
  }

  get #path(): string {
    return `/api/v1/namespaces/${this.#options.namespace}/secrets`
  }
}
