/**
 * Kubernetes' service-account tokens, verified by the keys that the cluster publishes (JWKS). The workload's identity is the token's own claim, so
 * whoever holds the cluster's signing key, and nobody else, says who is who.
 */
import { createLocalJWKSet, createRemoteJWKSet, type JSONWebKeySet, type JWTVerifyGetKey, jwtVerify } from 'jose'
import type { Clock } from '../../lib/clock.ts'
import { parseSpiffeId, spiffeId } from '../spiffe.ts'
import { AUDIENCE, TokenError, type TokenVerifier, type VerifiedToken } from './token.ts'
import { tokenProblem } from './token-problem.ts'

export interface ServiceAccountTokenOptions {
  /** `iss` of the tokens: the cluster's --service-account-issuer. */
  readonly issuer: string
  /** The cluster's keys, or where it publishes them. */
  readonly keys: JSONWebKeySet | URL
  readonly trustDomain: string
  readonly clock: Clock
  /** @default istio-ca */
  readonly audience?: string
}

/** Asymmetric ones only: a public key must never pass for a shared secret. */
const ALGORITHMS = ['RS256', 'RS384', 'RS512', 'ES256', 'ES384', 'ES512', 'PS256', 'PS384', 'PS512', 'EdDSA']
const TOLERANCE_S = 60
const FETCH_MS = 5000

export class ServiceAccountTokens implements TokenVerifier {
  readonly issuer: string
  readonly #options: ServiceAccountTokenOptions
  readonly #keys: JWTVerifyGetKey

  constructor(options: ServiceAccountTokenOptions) {
    this.issuer = options.issuer
    this.#options = options
    const { keys } = options
    this.#keys = keys instanceof URL ? createRemoteJWKSet(keys, { timeoutDuration: FETCH_MS }) : createLocalJWKSet(keys)
  }

  async verify(token: string): Promise<VerifiedToken> {
    const { clock, audience = AUDIENCE, trustDomain } = this.#options
    try {
      const { payload } = await jwtVerify(token, this.#keys, {
        algorithms: ALGORITHMS,
        issuer: this.issuer,
        audience,
        requiredClaims: ['exp', 'sub'],
        clockTolerance: TOLERANCE_S,
        currentDate: new Date(clock.now()),
      })
      // system:serviceaccount:NAMESPACE:NAME
      const [, namespace = '', serviceAccount = ''] = /^system:serviceaccount:([^:]+):([^:]+)$/.exec(payload.sub ?? '') ?? []
      const identity = parseSpiffeId(spiffeId({ trustDomain, namespace, serviceAccount }))
      if (identity === undefined) throw new TokenError('its subject is no service account')
      return { identity, issuer: this.issuer, pod: podOf(payload['kubernetes.io']), single: undefined }
    } catch (error) {
      throw tokenProblem(error)
    }
  }
}

/** Tokens of pods are bound to them: `kubernetes.io: { namespace, pod: { name, uid }, serviceaccount: { name, uid } }`. */
function podOf(claim: unknown): string | undefined {
  const pod = isRecord(claim) ? claim['pod'] : undefined
  const name = isRecord(pod) ? pod['name'] : undefined
  return typeof name === 'string' ? name : undefined
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null
}
