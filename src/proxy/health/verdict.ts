/** What one check found. */
export type Verdict =
  | { readonly passed: true; readonly degraded: boolean }
  /**
   * `network`: no proper answer came. `retriable`: the host is given the checks that the threshold allows; after an answer that says it is
   * ill it is not, except for those answers that the configuration names.
   */
  | { readonly passed: false; readonly network: boolean; readonly retriable: boolean }

export const HEALTHY: Verdict = { passed: true, degraded: false }
export const UNREACHABLE: Verdict = { passed: false, network: true, retriable: true }
export const ILL: Verdict = { passed: false, network: false, retriable: false }

/** Checks one host, one check at a time. */
export interface Prober {
  /** @param done called once, not before this returns, unless the check was cancelled @returns cancels */
  check(done: (verdict: Verdict) => void): () => void
  /** Ends its connections. */
  close(): void
}
