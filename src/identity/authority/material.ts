/** What an authority signs with, wherever it comes from: a root of its own, or an intermediate that somebody plugged in. */
import type { Issuer, Validity } from './certificate.ts'
import type { Sooner } from './generations.ts'

export interface SigningMaterial {
  readonly issuer: Issuer
  /** Of the certificate that signs: no certificate of a workload outlives it. */
  readonly validity: Validity
  /** What a workload presents beside its own certificate, PEM, leaf's issuer first; none when a root signs. */
  readonly intermediates: readonly string[]
  /** What workloads trust, PEM. Several while a root is being replaced. */
  readonly roots: readonly string[]
  /** What workloads no longer trust, PEM; '' when nothing was ever revoked. */
  readonly revoked: string
}

export interface MaterialSource {
  /** As of the last refresh. */
  readonly current: SigningMaterial
  /** Looks whether somebody else changed it, and does what has become due. @throws when that fails; `current` stays what it was */
  refresh(): Sooner<void>
}
