/**
 * Join tokens: short-lived JWTs by which the mesh itself tells a workload's identity, where there is no Kubernetes to do so. `mizzen up` makes one
 * for each pod, `mizzen token` one for a machine.
 */
import { createPrivateKey, createPublicKey, type KeyObject, randomUUID } from 'node:crypto'
import { jwtVerify, SignJWT } from 'jose'
import type { Clock } from '../../lib/clock.ts'
import type { Generations } from '../authority/generations.ts'
import { type Identity, parseSpiffeId, spiffeId } from '../spiffe.ts'
import { makeKeyPair } from '../workload/signing.ts'
import { AUDIENCE, TokenError, type TokenVerifier, type VerifiedToken } from './token.ts'
import { tokenProblem } from './token-problem.ts'

const ISSUER = 'mizzen'
const ALGORITHM = 'ES256'
/** Clocks of machines that join may differ by so much, seconds. */
const TOLERANCE_S = 60

export interface JoinTokenOptions {
  /** Milliseconds. */
  readonly lifetimeMs: number
  /** The one pod that may use it for configuration. @default every pod of the identity */
  readonly pod?: string
  /** Counts for the first key that it is used with, and for no other. @default false */
  readonly single?: boolean
}

export class JoinTokens implements TokenVerifier {
  readonly issuer = ISSUER
  readonly #key: KeyObject
  readonly #publicKey: KeyObject
  readonly #clock: Clock

  constructor(key: KeyObject, clock: Clock) {
    this.#key = key
    this.#publicKey = createPublicKey(key)
    this.#clock = clock
  }

  /** Reads the key that signs, or makes it. @throws (rejects) when it can be neither read nor stored */
  static async open(store: Generations, clock: Clock): Promise<JoinTokens> {
    const found = await store.read()
    if (found) return new JoinTokens(createPrivateKey(found.text), clock)
    const { privateKey } = await makeKeyPair('ecdsa-p256')
    const text = privateKey.export({ type: 'pkcs8', format: 'pem' }).toString()
    return (await store.write({ number: 1, text })) ? new JoinTokens(privateKey, clock) : JoinTokens.open(store, clock)
  }

  issue(identity: Identity, { lifetimeMs, pod, single = false }: JoinTokenOptions): Promise<string> {
    const now = Math.floor(this.#clock.now() / 1000)
    return new SignJWT({ ...(pod !== undefined && { pod }), ...(single && { single: true }) })
      .setProtectedHeader({ alg: ALGORITHM, typ: 'JWT' })
      .setIssuer(ISSUER)
      .setSubject(spiffeId(identity))
      .setAudience(AUDIENCE)
      .setJti(randomUUID())
      .setIssuedAt(now)
      .setExpirationTime(now + Math.ceil(lifetimeMs / 1000))
      .sign(this.#key)
  }

  async verify(token: string): Promise<VerifiedToken> {
    try {
      const { payload } = await jwtVerify(token, this.#publicKey, {
        algorithms: [ALGORITHM],
        issuer: ISSUER,
        audience: AUDIENCE,
        requiredClaims: ['exp', 'sub', 'jti'],
        clockTolerance: TOLERANCE_S,
        currentDate: new Date(this.#clock.now()),
      })
      const identity = parseSpiffeId(payload.sub ?? '')
      if (identity === undefined) throw new TokenError('its subject is no SPIFFE id')
      const { jti = '', exp = 0, single, pod } = payload
      return {
        identity,
        issuer: 'join token',
        pod: typeof pod === 'string' ? pod : undefined,
        single: single === true ? { token: jti, until: (exp + TOLERANCE_S) * 1000 } : undefined,
      }
    } catch (error) {
      throw tokenProblem(error)
    }
  }
}
