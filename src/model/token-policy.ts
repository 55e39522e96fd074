/** Which tokens (JWT) a workload accepts (Istio's RequestAuthentication). */
import type { Origin } from './origin.ts'
import type { PolicyTarget } from './policy-target.ts'

export interface TokenPolicy extends PolicyTarget {
  readonly name: string
  readonly rules: readonly TokenRule[]
  readonly created: string
  readonly origin: Origin
}

export interface TokenRule {
  /** Claim "iss"; "": any. */
  readonly issuer: string
  /** One must be in the claim "aud"; empty: any. */
  readonly audiences: readonly string[]
  /** Public keys as text (RFC 7517), or where they are fetched; uri "": at the issuer's, by OpenID discovery. */
  readonly keys: { readonly kind: 'inline'; readonly jwks: string } | { readonly kind: 'remote'; readonly uri: string }
  readonly fromHeaders: readonly { readonly name: string; readonly prefix: string }[]
  readonly fromParams: readonly string[]
  readonly fromCookies: readonly string[]
  /** Header for the payload, base64url; "": none. */
  readonly payloadHeader: string
  readonly claimHeaders: readonly { readonly header: string; readonly claim: string }[]
  /** The application sees the token too. */
  readonly forward: boolean
  /** Of fetching the keys. */
  readonly timeoutMs: number
  /** Claims that are lists, separated by spaces. */
  readonly listClaims: readonly string[]
  /** Without this token a request is refused. */
  readonly required: boolean
  readonly origin: Origin
}
