/** The public keys of one issuer (RFC 7517), and what they say of a token. jose does the cryptography; it is loaded with the first token. */
import type { createLocalJWKSet, JSONWebKeySet, JWTVerifyOptions, JWTVerifyResult } from 'jose'

/** Loaded with the first filter that needs it. */
export const jose = () => import('jose')

/** Where the keys of an issuer come from. */
export interface KeySource {
  /** @returns undefined: none could be had yet */
  keys(): Promise<KeySet | undefined>
  /** A token names a key that is not there: there may be newer ones. @returns undefined: there are none, as far as is known now */
  newer(than: KeySet): Promise<KeySet | undefined>
}

export class KeySet {
  readonly #keys: JSONWebKeySet
  /** Remembers the keys that it has read. */
  #choose: ReturnType<typeof createLocalJWKSet> | undefined

  /** @param text a key set, or a single key @throws on text that is neither */
  static parse(text: string): KeySet {
    const value: unknown = JSON.parse(text)
    if (typeof value !== 'object' || value === null) throw new Error('the key set is not a JSON object')
    const keys: unknown = Reflect.get(value, 'keys') ?? [value]
    if (!Array.isArray(keys)) throw new Error('the key set has no list of keys')
    // One that cannot be read must not spoil the others.
    const readable = keys.filter(key => typeof key === 'object' && key !== null && typeof Reflect.get(key, 'kty') === 'string')
    if (keys.length > 0 && readable.length === 0) throw new Error('the key set has no key with a "kty"')
    return new KeySet({ keys: readable })
  }

  private constructor(keys: JSONWebKeySet) {
    this.#keys = keys
  }

  /** @throws (rejects) jose's errors */
  async verify(token: string, options: JWTVerifyOptions): Promise<JWTVerifyResult> {
    const { jwtVerify, errors, ...library } = await jose()
    this.#choose ??= library.createLocalJWKSet(this.#keys)
    try {
      return await jwtVerify(token, this.#choose, options)
    } catch (error) {
      if (!(error instanceof errors.JWKSMultipleMatchingKeys)) throw error
      // A token that names no key may be signed with any of them.
      for await (const key of error) {
        try {
          return await jwtVerify(token, key, options)
        } catch (failure) {
          if (!(failure instanceof errors.JWSSignatureVerificationFailed)) throw failure
        }
      }
      throw new errors.JWSSignatureVerificationFailed()
    }
  }
}
