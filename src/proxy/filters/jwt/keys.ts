/**
 * The keys that tokens of one issuer are verified with. Fetched ones are fetched again before they get old; while the issuer does not answer
 * the last ones that came go on to hold.
 */
import type { JSONWebKeySet } from 'jose'
import type { JwtProvider, RemoteJwks } from '../../../xds/gen/envoy/extensions/filters/http/jwt_authn/v3/config.ts'
import { durationMs } from '../../../xds/wire/duration.ts'
import type { Clusters } from '../../cluster/cluster.ts'
import { fetchThrough } from '../../cluster/fetch.ts'

const REFRESH_MS = 600_000 // Envoy's default
const RETRY_MS = 1000

export interface KeyServices {
  readonly clusters: Clusters
  readonly log: (message: string) => void
}

interface Remote {
  readonly url: URL
  readonly cluster: string
  readonly timeoutMs: number
  readonly refreshMs: number
}

export class KeySource {
  #keys: JSONWebKeySet | undefined
  readonly #remote: Remote | undefined
  readonly #services: KeyServices
  #fetching: Promise<void> | undefined
  /** `performance.now()` before which nothing is fetched again. */
  #nextFetchAt = 0

  /** @throws on keys that are none */
  constructor(source: JwtProvider['jwksSourceSpecifier'], services: KeyServices) {
    this.#services = services
    if (source?.$case === 'localJwks') {
      const specifier = source.value.specifier
      if (specifier?.$case !== 'inlineString' && specifier?.$case !== 'inlineBytes')
        throw new Error('local_jwks is neither inline_string nor inline_bytes')
      this.#keys = parseKeys(Buffer.from(specifier.value).toString())
    } else if (source?.$case === 'remoteJwks') this.#remote = readRemote(source.value)
    else throw new Error('a JWT provider has neither local_jwks nor remote_jwks')
  }

  /** @returns undefined: none could be had yet */
  async keys(): Promise<JSONWebKeySet | undefined> {
    const remote = this.#remote
    if (remote !== undefined && this.#fetching === undefined && performance.now() >= this.#nextFetchAt) {
      this.#fetching = this.#fetch(remote).finally(() => {
        this.#fetching = undefined
      })
    }
    // Who has keys does not wait for newer ones.
    if (this.#keys === undefined) await this.#fetching
    return this.#keys
  }

  async #fetch({ url, cluster, timeoutMs, refreshMs }: Remote): Promise<void> {
    let waitMs = refreshMs
    try {
      const { status, body } = await fetchThrough(this.#services.clusters, cluster, url, timeoutMs)
      if (status !== 200) throw new Error(`status ${status}`)
      this.#keys = parseKeys(body.toString())
    } catch (error) {
      waitMs = RETRY_MS
      const reason = error instanceof Error ? error.message : String(error)
      const meanwhile = this.#keys ? 'the last ones hold' : 'tokens are refused'
      this.#services.log(`Cannot fetch keys from "${url.href}": ${reason}; ${meanwhile}`)
    }
    this.#nextFetchAt = performance.now() + waitMs
  }
}

function readRemote({ httpUri, cacheDuration }: RemoteJwks): Remote {
  const url = URL.parse(httpUri?.uri ?? '')
  const cluster = httpUri?.httpUpstreamType?.value
  if (!url || !cluster) throw new Error(`remote_jwks "${httpUri?.uri}" has no URL or no cluster`)
  const timeoutMs = durationMs(httpUri?.timeout) ?? 5000
  return { url, cluster, timeoutMs, refreshMs: durationMs(cacheDuration) ?? REFRESH_MS }
}

function parseKeys(text: string): JSONWebKeySet {
  const value: unknown = JSON.parse(text)
  if (typeof value !== 'object' || value === null) throw new Error('the key set is not a JSON object')
  const keys: unknown = Reflect.get(value, 'keys') ?? [value]
  if (!Array.isArray(keys)) throw new Error('the key set has no list of keys')
  return { keys }
}
