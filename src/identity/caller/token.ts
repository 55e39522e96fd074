/** The seam of tokens: what a workload shows to say who it is, whoever issued it. */
import type { Identity } from '../spiffe.ts'

export interface VerifiedToken {
  readonly identity: Identity
  /** Who vouches, for logs: "join token", "https://kubernetes.default.svc". */
  readonly issuer: string
  /** The one pod that it was issued to; undefined: it does not say. */
  readonly pod: string | undefined
  /** Set when the token is good for one key only. */
  readonly single: SingleUseToken | undefined
}

export interface SingleUseToken {
  readonly token: string
  /** When it expires by itself, milliseconds since the epoch. */
  readonly until: number
}

export interface TokenVerifier {
  /** The `iss` of the tokens that are this verifier's to judge. */
  readonly issuer: string
  /** @throws (rejects) TokenError in words for the log, and without any part of the token */
  verify(token: string): Promise<VerifiedToken>
}

/** Why a token does not count. The message may go to its bearer: it tells nothing of the keys or of others. */
export class TokenError extends Error {}

/** The `issuer` of a verifier that judges the tokens of all that no other one does. */
export const ANY_ISSUER = '*'

/** Istio's audience of tokens for the control plane. */
export const AUDIENCE = 'istio-ca'
/** Longer ones are not read. Kubernetes' have about 1 KB. */
export const MAX_TOKEN_CHARACTERS = 16 * 1024
