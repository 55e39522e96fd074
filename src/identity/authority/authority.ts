/** Signs certificates for workloads whose identity somebody has established; decides how long they live and what stands in them. */
import { createHash, type KeyObject } from 'node:crypto'
import type { Clock } from '../../lib/clock.ts'
import { pem } from '../../lib/pem.ts'
import { type Identity, parseSpiffeId, spiffeId } from '../spiffe.ts'
import { type LeafNames, leafCertificate } from './certificate.ts'
import type { MaterialSource } from './material.ts'
import { readCertificateRequest } from './read-request.ts'

export interface AuthorityOptions {
  readonly source: MaterialSource
  readonly clock: Clock
  /** Life of a certificate whose requester says nothing, milliseconds. @default one day, as Istio's */
  readonly defaultLifetimeMs?: number
  /** Longest that is granted, milliseconds. @default 90 days, as Istio's */
  readonly longestLifetimeMs?: number
}

export interface IssuedCertificate {
  /** PEM: the workload's own first, then what leads to a root. */
  readonly chain: readonly string[]
  /** PEM; what the workload is to trust. */
  readonly roots: readonly string[]
  /** Milliseconds since the epoch. */
  readonly until: number
  /** SHA-256 of the public key, hexadecimal. */
  readonly keyHash: string
}

const DAY_MS = 86_400_000
export const DEFAULT_LIFETIME_MS = DAY_MS
export const LONGEST_LIFETIME_MS = 90 * DAY_MS
/** Valid so long before now, for workloads whose clock is behind; milliseconds. Istio's. */
const SKEW_MS = 120_000

/** The requester's fault; the message tells it what. */
export class RequestError extends Error {}

export class CertificateAuthority {
  readonly #source: MaterialSource
  readonly #clock: Clock
  readonly #defaultMs: number
  readonly #longestMs: number

  constructor(options: AuthorityOptions) {
    this.#source = options.source
    this.#clock = options.clock
    this.#longestMs = options.longestLifetimeMs ?? LONGEST_LIFETIME_MS
    this.#defaultMs = Math.min(options.defaultLifetimeMs ?? DEFAULT_LIFETIME_MS, this.#longestMs)
  }

  /** PEM of what is trusted. */
  get roots(): readonly string[] {
    return this.#source.current.roots
  }

  /** PEM of what is no longer trusted; '' when nothing is. */
  get revoked(): string {
    return this.#source.current.revoked
  }

  /**
   * @param request PEM of a PKCS #10 request
   * @param identity of who asks: the certificate is for it. A request for another name is refused, as it is an attack or a mistake; in another trust
   *   domain the workload is the same, and ours is what it gets
   * @param lifetimeMs 0: not said
   * @param units OUs of its subject
   * @throws RequestError
   */
  sign(request: string, identity: Identity, lifetimeMs: number, units: readonly string[] = []): IssuedCertificate {
    const id = spiffeId(identity)
    const { spki, publicKey, uris, otherNames } = readOrRefuse(request)
    const foreign = uris.find(uri => !isSameWorkload(parseSpiffeId(uri), identity))
    if (foreign !== undefined || otherNames)
      throw new RequestError(
        `Cannot sign a certificate for ${foreign === undefined ? 'a name that is no SPIFFE id' : `"${foreign}"`}: the caller is "${id}"`,
      )
    if (lifetimeMs > this.#longestMs)
      throw new RequestError(`Cannot sign a certificate for ${lifetimeMs / 1000} s: expected at most ${this.#longestMs / 1000} s`)
    return this.issue(spki, publicKey, { uris: [id], units }, lifetimeMs > 0 ? lifetimeMs : this.#defaultMs)
  }

  /** A certificate without further questions: for the control plane's own endpoints. */
  issue(spki: Buffer, publicKey: KeyObject, names: LeafNames, lifetimeMs: number): IssuedCertificate {
    const { issuer, validity, intermediates, roots } = this.#source.current
    const now = this.#clock.now()
    const until = Math.min(now + lifetimeMs, validity.until)
    if (until <= now)
      throw new Error(`Cannot sign a certificate: the authority's own expired on ${new Date(validity.until).toISOString()}`)
    const from = Math.max(now - SKEW_MS, validity.from)
    const leaf = leafCertificate(issuer, spki, publicKey.asymmetricKeyType === 'rsa', names, { from, until })
    const keyHash = createHash('sha256').update(spki).digest('hex')
    return { chain: [pem('CERTIFICATE', leaf), ...intermediates], roots, until, keyHash }
  }
}

function readOrRefuse(request: string) {
  try {
    return readCertificateRequest(request)
  } catch (error) {
    throw new RequestError(`Cannot read the certificate request: ${error instanceof Error ? error.message : String(error)}`)
  }
}

function isSameWorkload(asked: Identity | undefined, caller: Identity): boolean {
  return asked?.namespace === caller.namespace && asked.serviceAccount === caller.serviceAccount
}
