/**
 * Roots that the mesh makes itself, and their replacement. A new root is trusted for a while before it signs, and the old one for a while after it
 * signed last: each of the two whiles is as long as a workload's certificate can live, so that every workload has renewed, and with that heard of
 * the roots, in between. Who signs follows from the document and the clock alone; control planes that share it agree, and one that was restarted
 * in the middle goes on where it was.
 */
import { createPrivateKey, type KeyObject, X509Certificate } from 'node:crypto'
import type { Clock } from '../../lib/clock.ts'
import { pem } from '../../lib/pem.ts'
import { type KeyType, makeKeyPair } from '../workload/signing.ts'
import { issuerOf, organisation, type Revocation, revocationList, rootCertificate, type Validity } from './certificate.ts'
import type { Generations } from './generations.ts'
import type { MaterialSource, SigningMaterial } from './material.ts'
import { type RootDocument, readRootDocument, type StoredRoot } from './root-document.ts'

export interface SelfSignedOptions {
  readonly store: Generations
  readonly clock: Clock
  readonly trustDomain: string
  /** @default 'ecdsa-p256' */
  readonly keyType?: KeyType
  /** How long a new root is valid, milliseconds. @default ten years, as Istio's */
  readonly rootLifetimeMs?: number
  /** Longest life of a workload's certificate, milliseconds: how long the steps of a replacement are apart. */
  readonly longestLeafMs: number
}

const DAY_MS = 86_400_000
const ROOT_LIFETIME_MS = 3650 * DAY_MS
/** A root is replaced when so much of its life is left (Istio's CITADEL_SELF_SIGNED_ROOT_CERT_GRACE_PERIOD_PERCENTILE). */
const REPLACE_AT = 0.2
/** Workloads fetch a new list with each new certificate, and a list that has expired would make them trust nobody. */
const LIST_LIFETIME_MS = 180 * DAY_MS
/** Clocks that are behind ours see the root as valid all the same. */
const SKEW_MS = 120_000
/** Nobody writes more often than that; who keeps losing is not alone, but in trouble. */
const MOST_ATTEMPTS = 10

export interface RootSummary {
  /** SHA-256, as openssl writes it. */
  readonly fingerprint: string
  /** "ec", "rsa" */
  readonly keyType: string
  readonly validity: Validity
  readonly signs: boolean
  /** While one replaces the other: when the newest begins to sign, when the one before is trusted no more. Milliseconds since the epoch. */
  readonly signsFrom?: number
  readonly droppedAt?: number
}

export class SelfSignedRoots implements MaterialSource {
  readonly #options: SelfSignedOptions
  #document: RootDocument
  #generation: number
  #current: SigningMaterial
  /** What `#current` was made of and when: made anew it has other signatures, which all workloads would have to take over. */
  #made: { readonly document: RootDocument; readonly signing: StoredRoot; readonly at: number } | undefined

  /** Reads the roots, or makes the first. @throws (rejects) when they can be neither read nor stored */
  static async open(options: SelfSignedOptions): Promise<SelfSignedRoots> {
    for (let attempt = 0; attempt < MOST_ATTEMPTS; attempt++) {
      const found = await options.store.read()
      if (found) return new SelfSignedRoots(options, found.number, readRootDocument(found.text))
      const document: RootDocument = { roots: [await newRoot(options)], revoked: [] }
      // Two control planes that start at once: the second finds the root of the first.
      if (await options.store.write({ number: 1, text: JSON.stringify(document) }))
        return new SelfSignedRoots(options, 1, document)
    }
    throw new Error('Cannot make a root certificate: others keep writing it')
  }

  /**
   * The roots that another process has made, for who tends them by hand: what is not said is as it was for the newest.
   * @returns undefined: there are none @throws (rejects) when they cannot be read
   */
  static async existing(store: Generations, clock: Clock, keyType?: KeyType): Promise<SelfSignedRoots | undefined> {
    const found = await store.read()
    if (!found) return undefined
    const document = readRootDocument(found.text)
    const { certificate, overlapMs } = newestOf(document)
    const { subject, publicKey } = new X509Certificate(certificate)
    const options = {
      store,
      clock,
      trustDomain: /^O=(.*)$/m.exec(subject)?.[1] ?? '',
      longestLeafMs: overlapMs,
      keyType: keyType ?? (publicKey.asymmetricKeyType === 'rsa' ? 'rsa-2048' : 'ecdsa-p256'),
    } as const
    return new SelfSignedRoots(options, found.number, document)
  }

  constructor(options: SelfSignedOptions, generation: number, document: RootDocument) {
    this.#options = options
    this.#generation = generation
    this.#document = document
    this.#current = this.#material()
  }

  get current(): SigningMaterial {
    return this.#current
  }

  /** The roots that are trusted, oldest first, and what each is there for. */
  get summary(): readonly RootSummary[] {
    const { roots } = this.#document
    const signing = signer(roots, this.#options.clock.now())
    const { addedAt, overlapMs } = newestOf(this.#document)
    const replaced = roots.length > 1
    return roots.map((root, i) => {
      const { fingerprint256, publicKey } = new X509Certificate(root.certificate)
      const newest = i === roots.length - 1
      return {
        fingerprint: fingerprint256,
        keyType: publicKey.asymmetricKeyType ?? '',
        validity: validityOf(root),
        signs: root === signing,
        ...(replaced && (newest ? { signsFrom: addedAt + overlapMs } : { droppedAt: addedAt + 2 * overlapMs })),
      }
    })
  }

  get revocations(): readonly Revocation[] {
    return this.#document.revoked
  }

  /** Whether the next step of a replacement is due; `advance` does it. */
  get due(): boolean {
    return nextRoots(this.#document, this.#options.clock.now()) !== 'stay'
  }

  async refresh(): Promise<void> {
    const found = await this.#options.store.read()
    if (found && found.number !== this.#generation) {
      this.#document = readRootDocument(found.text)
      this.#generation = found.number
    }
    // Time alone makes a new root the one that signs.
    this.#current = this.#material()
  }

  /** Does what has become due: adds the next root, or drops the last. @throws (rejects) when it can't be stored; the roots stay as they were */
  async advance(): Promise<void> {
    await this.#change(async document => {
      const step = nextRoots(document, this.#options.clock.now())
      if (step === 'stay') return undefined
      return step === 'add' ? this.#added(document) : { ...document, roots: [newestOf(document)] }
    })
  }

  /** Begins a replacement now, whatever the age of the root. Does nothing while one is under way. */
  async replace(): Promise<void> {
    await this.#change(document => (document.roots.length > 1 ? undefined : this.#added(document)))
  }

  /** @param serial hexadecimal, as X509Certificate.serialNumber */
  async revoke(serial: string): Promise<void> {
    const entry: Revocation = { serial: serial.toLowerCase(), at: this.#options.clock.now() }
    await this.#change(document =>
      document.revoked.some(known => known.serial === entry.serial)
        ? undefined
        : { ...document, revoked: [...document.revoked, entry] },
    )
  }

  /** @param change undefined: there is nothing to do */
  async #change(change: (document: RootDocument) => Promise<RootDocument | undefined> | RootDocument | undefined): Promise<void> {
    for (let attempt = 0; attempt < MOST_ATTEMPTS; attempt++) {
      await this.refresh()
      const document = await change(this.#document)
      if (document === undefined) return
      const number = this.#generation + 1
      if (!(await this.#options.store.write({ number, text: JSON.stringify(document) }))) continue
      this.#document = document
      this.#generation = number
      this.#current = this.#material()
      return
    }
    throw new Error('Cannot change the root certificates: others keep writing them')
  }

  async #added(document: RootDocument): Promise<RootDocument> {
    return { ...document, roots: [...document.roots, await newRoot(this.#options)] }
  }

  #material(): SigningMaterial {
    const { clock, trustDomain } = this.#options
    const now = clock.now()
    const name = organisation(trustDomain)
    const document = this.#document
    const { roots, revoked } = document
    const signing = signer(roots, now)
    const { document: before, signing: signedBefore, at = 0 } = this.#made ?? {}
    if (document === before && signing === signedBefore && now < at + LIST_LIFETIME_MS / 2) return this.#current
    this.#made = { document, signing, at: now }
    // One by each root that is trusted: verifiers want a list of every issuer.
    const validity = { from: now - SKEW_MS, until: now + LIST_LIFETIME_MS }
    const list = (key: KeyObject) => pem('X509 CRL', revocationList(issuerOf(key, name), revoked, validity, this.#generation))
    return {
      issuer: issuerOf(createPrivateKey(signing.key), name),
      validity: validityOf(signing),
      intermediates: [],
      roots: roots.map(({ certificate }) => certificate),
      revoked: revoked.length > 0 ? roots.map(({ key }) => list(createPrivateKey(key))).join('') : '',
    }
  }
}

/** The newest root that everybody trusts by now. */
function signer(roots: RootDocument['roots'], now: number): StoredRoot {
  const [first, ...later] = roots
  return later.findLast(root => now >= root.addedAt + root.overlapMs) ?? first
}

function newestOf({ roots }: RootDocument): StoredRoot {
  return roots.at(-1) ?? roots[0]
}

function nextRoots(document: RootDocument, now: number): 'add' | 'drop' | 'stay' {
  const newest = newestOf(document)
  if (document.roots.length > 1) return now >= newest.addedAt + 2 * newest.overlapMs ? 'drop' : 'stay'
  const { from, until } = validityOf(newest)
  return until - now < REPLACE_AT * (until - from) ? 'add' : 'stay'
}

function validityOf({ certificate }: StoredRoot): Validity {
  const { validFromDate, validToDate } = new X509Certificate(certificate)
  return { from: validFromDate.getTime(), until: validToDate.getTime() }
}

async function newRoot(options: SelfSignedOptions): Promise<StoredRoot> {
  const { clock, trustDomain, keyType = 'ecdsa-p256', rootLifetimeMs = ROOT_LIFETIME_MS, longestLeafMs } = options
  const now = clock.now()
  const { privateKey } = await makeKeyPair(keyType)
  const issuer = issuerOf(privateKey, organisation(trustDomain))
  return {
    certificate: pem('CERTIFICATE', rootCertificate(issuer, { from: now - SKEW_MS, until: now + rootLifetimeMs })),
    key: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
    addedAt: now,
    overlapMs: longestLeafMs,
  }
}
