/** The buckets of a local limit: one for requests in general, one for each descriptor, made when it comes up where values are left open. */
import type { GcraRate } from '../../../lib/gcra.ts'
import type { Descriptor } from './descriptors.ts'
import { type Take, TokenBucket } from './token-bucket.ts'

export interface DescriptorRate {
  /** An entry without a value stands for every value. */
  readonly entries: Descriptor
  readonly rate: GcraRate
}

export interface BucketRates {
  /** undefined: requests that no descriptor fits are not limited. */
  readonly general: GcraRate | undefined
  readonly descriptors: readonly DescriptorRate[]
  /** Whether requests with a descriptor of their own count in general too. */
  readonly alwaysGeneral: boolean
  /** Buckets of open descriptors; the one that was not asked for longest gives way. */
  readonly mostOpen: number
}

export class BucketSet {
  readonly #general: TokenBucket | undefined
  readonly #alwaysGeneral: boolean
  readonly #kinds: readonly BucketsOfKind[]

  constructor({ general, descriptors, alwaysGeneral, mostOpen }: BucketRates) {
    this.#general = general && new TokenBucket(general)
    this.#alwaysGeneral = alwaysGeneral
    this.#kinds = descriptors.map(descriptor => new BucketsOfKind(descriptor, mostOpen))
  }

  /** Takes a token of every bucket that the request falls into, until one has none. undefined: it falls into none. */
  take(descriptors: readonly Descriptor[], now: number): Take | undefined {
    return this.#ask(descriptors, bucket => bucket.take(now))
  }

  /** What `take` would say. */
  peek(descriptors: readonly Descriptor[], now: number): Take | undefined {
    return this.#ask(descriptors, bucket => bucket.peek(now))
  }

  #ask(descriptors: readonly Descriptor[], ask: (bucket: TokenBucket) => Take): Take | undefined {
    const own = this.#kinds.length === 0 ? [] : this.#own(descriptors)
    let first: Take | undefined
    for (const bucket of own) {
      const take = ask(bucket)
      if (!take.allowed) return take
      first ??= take
    }
    if (this.#general === undefined || (first !== undefined && !this.#alwaysGeneral)) return first
    const take = ask(this.#general)
    return first === undefined || !take.allowed ? take : first
  }

  /** The slowest first: what it refuses takes nothing from the others. */
  #own(descriptors: readonly Descriptor[]): TokenBucket[] {
    const found = descriptors.flatMap(descriptor => this.#bucketOf(descriptor) ?? [])
    return found.length < 2 ? found : found.sort((a, b) => perSecond(a.rate) - perSecond(b.rate))
  }

  #bucketOf(descriptor: Descriptor): TokenBucket | undefined {
    const fits = this.#kinds.filter(kind => kind.fits(descriptor))
    return (fits.find(kind => !kind.open) ?? fits[0])?.bucket(descriptor)
  }
}

function perSecond({ requests, perMs }: GcraRate): number {
  return (requests * 1000) / perMs
}

class BucketsOfKind {
  readonly open: boolean
  readonly #entries: Descriptor
  readonly #rate: GcraRate
  readonly #most: number
  /** By the values, the one that was asked for last at the end. */
  readonly #buckets = new Map<string, TokenBucket>()

  constructor({ entries, rate }: DescriptorRate, most: number) {
    this.open = entries.some(({ value }) => value === '')
    this.#entries = entries
    this.#rate = rate
    this.#most = this.open ? most : 1
  }

  fits(descriptor: Descriptor): boolean {
    const wanted = this.#entries
    return (
      descriptor.length === wanted.length &&
      descriptor.every(({ key, value }, i) => key === wanted[i]?.key && (wanted[i].value === '' || wanted[i].value === value))
    )
  }

  bucket(descriptor: Descriptor): TokenBucket {
    const key = this.open ? JSON.stringify(descriptor.map(({ value }) => value)) : ''
    const bucket = this.#buckets.get(key) ?? new TokenBucket(this.#rate)
    this.#buckets.delete(key)
    this.#buckets.set(key, bucket)
    if (this.#buckets.size > this.#most) {
      const [oldest] = this.#buckets.keys()
      if (oldest !== undefined) this.#buckets.delete(oldest)
    }
    return bucket
  }
}
