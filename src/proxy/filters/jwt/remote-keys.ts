/**
 * Keys that are fetched from their issuers. They are fetched again before they get old; while an issuer does not answer, the last ones that came go on to
 * hold for a day. They belong to the process, not to a filter: a change of the configuration, too, may come while the issuer is away.
 */
import { Backoff } from '../../../lib/backoff.ts'
import type { RemoteJwks } from '../../../xds/gen/envoy/extensions/filters/http/jwt_authn/v3/config.ts'
import { durationMs } from '../../../xds/wire/duration.ts'
import type { Clusters } from '../../cluster/cluster.ts'
import { fetchThrough } from '../../cluster/fetch.ts'
import { KeySet, type KeySource } from './key-set.ts'

const REFRESH_MS = 600_000 // Envoy's default
const RETRY_MS = { initialMs: 1000, maxMs: 30_000 }
/** A token that names an unknown key asks for a fetch, but so often only. */
const UNKNOWN_KEY_MS = 10_000
/** So long keys hold that cannot be confirmed. */
const LONGEST_MS = 86_400_000

export interface RemoteKeyServices {
  readonly clusters: Clusters
  readonly log: (message: string) => void
  /** Milliseconds, from any start. @default performance.now */
  readonly now?: () => number
}

export class RemoteKeySets {
  readonly #services: RemoteKeyServices
  readonly #byPlace = new Map<string, RemoteKeys>()

  constructor(services: RemoteKeyServices) {
    this.#services = services
  }

  /** @throws on a place that is none */
  of(config: RemoteJwks): KeySource {
    const place = readPlace(config)
    const key = `${place.cluster} ${place.url.href}`
    const known = this.#byPlace.get(key)
    if (known) {
      known.place = place
      return known
    }
    const made = new RemoteKeys(place, this.#services)
    this.#byPlace.set(key, made)
    return made
  }
}

interface Place {
  readonly url: URL
  readonly cluster: string
  readonly timeoutMs: number
  readonly refreshMs: number
}

class RemoteKeys implements KeySource {
  /** Timeouts may change while the place stays. */
  place: Place
  readonly #services: RemoteKeyServices
  readonly #now: () => number
  readonly #backoff = new Backoff(RETRY_MS)
  #keys: KeySet | undefined
  #fetching: Promise<void> | undefined
  #fetchedAt = 0
  /** Before that nothing is fetched, */
  #nextAt = 0
  /** and before that not for an unknown key either. */
  #askedAt = Number.NEGATIVE_INFINITY

  constructor(place: Place, services: RemoteKeyServices) {
    this.place = place
    this.#services = services
    this.#now = services.now ?? (() => performance.now())
  }

  async keys(): Promise<KeySet | undefined> {
    const now = this.#now()
    if (now >= this.#nextAt) this.#fetch()
    if (this.#keys !== undefined && now - this.#fetchedAt > LONGEST_MS) {
      this.#services.log(`Keys from "${this.place.url.href}" are older than a day: their tokens are refused`)
      this.#keys = undefined
    }
    // Who has keys does not wait for newer ones.
    if (this.#keys === undefined) await this.#fetching
    return this.#keys
  }

  async newer(than: KeySet): Promise<KeySet | undefined> {
    if (this.#keys === than && this.#now() - this.#askedAt >= UNKNOWN_KEY_MS) this.#fetch()
    await this.#fetching
    return this.#keys === than ? undefined : this.#keys
  }

  #fetch(): void {
    this.#fetching ??= this.#fetchNow().finally(() => {
      this.#fetching = undefined
    })
  }

  async #fetchNow(): Promise<void> {
    const { url, cluster, timeoutMs, refreshMs } = this.place
    this.#askedAt = this.#now()
    try {
      const { status, body } = await fetchThrough(this.#services.clusters, cluster, url, timeoutMs)
      if (status !== 200) throw new Error(`status ${status}`)
      this.#keys = KeySet.parse(body.toString())
      this.#fetchedAt = this.#now()
      this.#nextAt = this.#fetchedAt + refreshMs
      this.#backoff.reset()
    } catch (error) {
      this.#nextAt = this.#now() + this.#backoff.next()
      const reason = error instanceof Error ? error.message : String(error)
      const meanwhile = this.#keys ? 'the last ones hold' : 'tokens are refused'
      this.#services.log(`Cannot fetch keys from "${url.href}": ${reason}; ${meanwhile}`)
    }
  }
}

function readPlace({ httpUri, cacheDuration }: RemoteJwks): Place {
  const url = URL.parse(httpUri?.uri ?? '')
  const cluster = httpUri?.httpUpstreamType?.value
  if (!url || !cluster) throw new Error(`remote_jwks "${httpUri?.uri}" has no URL or no cluster`)
  const timeoutMs = durationMs(httpUri?.timeout) ?? 5000
  return { url, cluster, timeoutMs, refreshMs: durationMs(cacheDuration) ?? REFRESH_MS }
}
