/**
 * Kubernetes' service-account tokens, verified by asking the API server (TokenReview): it knows all its issuers and keys, and which pods and
 * accounts are gone. An answer is believed for a short while, so that a proxy that reconnects costs no second question.
 */
import { createHash } from 'node:crypto'
import type { Clock } from '../../lib/clock.ts'
import { parseSpiffeId, spiffeId } from '../spiffe.ts'
import { ANY_ISSUER, AUDIENCE, TokenError, type TokenVerifier, type VerifiedToken } from './token.ts'

export interface TokenReviewOptions {
  /** Posts a TokenReview. @returns its status, whatever it is */
  readonly review: (token: string, audiences: readonly string[]) => Promise<unknown>
  readonly trustDomain: string
  readonly clock: Clock
}

/** How long an answer counts, milliseconds. */
const BELIEVED_MS = 10_000
const MOST_ANSWERS = 10_000

export class TokenReviews implements TokenVerifier {
  readonly issuer = ANY_ISSUER
  readonly #options: TokenReviewOptions
  /** By hash of the token: the token itself is kept nowhere. */
  readonly #answers = new Map<string, { readonly until: number; readonly token: VerifiedToken }>()

  constructor(options: TokenReviewOptions) {
    this.#options = options
  }

  async verify(token: string): Promise<VerifiedToken> {
    const { review, clock } = this.#options
    const key = createHash('sha256').update(token).digest('base64')
    const known = this.#answers.get(key)
    if (known && clock.now() < known.until) return known.token
    const verified = this.#read(await review(token, [AUDIENCE]))
    if (this.#answers.size >= MOST_ANSWERS) this.#answers.clear()
    this.#answers.set(key, { until: clock.now() + BELIEVED_MS, token: verified })
    return verified
  }

  #read(status: unknown): VerifiedToken {
    const fields = record(status)
    if (fields['authenticated'] !== true) throw new TokenError(text(fields['error']) || 'the cluster does not accept it')
    // A server that does not know audiences says nothing, and would accept a token that is for somebody else.
    const audiences = fields['audiences']
    if (!Array.isArray(audiences) || !audiences.includes(AUDIENCE))
      throw new TokenError(`it is not for the audience "${AUDIENCE}"`)
    const user = record(fields['user'])
    const [, namespace = '', serviceAccount = ''] = /^system:serviceaccount:([^:]+):([^:]+)$/.exec(text(user['username'])) ?? []
    const identity = parseSpiffeId(spiffeId({ trustDomain: this.#options.trustDomain, namespace, serviceAccount }))
    if (identity === undefined) throw new TokenError('its subject is no service account')
    const pods = record(user['extra'])['authentication.kubernetes.io/pod-name']
    const pod: unknown = Array.isArray(pods) ? pods[0] : undefined
    return { identity, issuer: 'TokenReview', pod: typeof pod === 'string' ? pod : undefined, single: undefined }
  }
}

function record(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null ? { ...value } : {}
}

function text(value: unknown): string {
  return typeof value === 'string' ? value : ''
}
