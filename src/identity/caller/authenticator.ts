/**
 * Who is calling the control plane: by the certificate of the connection, which a workload has after its first request, or by a bearer token. Refuses
 * with one sentence for the caller; what only operators are to know goes to the log.
 */
import { X509Certificate } from 'node:crypto'
import { decodeJwt } from 'jose'
import { type Identity, parseSpiffeId, spiffeId } from '../spiffe.ts'
import { ANY_ISSUER, MAX_TOKEN_CHARACTERS, type SingleUseToken, TokenError, type TokenVerifier } from './token.ts'
import { Unauthenticated } from './unauthenticated.ts'

/** What a call shows. */
export interface Credentials {
  /** Value of the header `authorization`. */
  readonly authorization: string | undefined
  /** The peer's certificate, verified by TLS down to our roots; DER. */
  readonly certificate: Uint8Array | undefined
}

export interface Caller {
  readonly identity: Identity
  /** For logs: "certificate", "join token", the token's issuer. */
  readonly by: string
  /** The one pod that it can be; undefined: any of its identity. */
  readonly pod: string | undefined
  /** The token counts for one key only. */
  readonly single: SingleUseToken | undefined
}

export interface AuthenticatorOptions {
  readonly verifiers: readonly TokenVerifier[]
  /** Trust domains whose certificates count: ours, and its aliases. */
  readonly trustDomains: readonly string[]
}

export class Authenticator {
  readonly #verifiers: ReadonlyMap<string, TokenVerifier>
  readonly #trustDomains: ReadonlySet<string>

  constructor({ verifiers, trustDomains }: AuthenticatorOptions) {
    this.#verifiers = new Map(verifiers.map(verifier => [verifier.issuer, verifier]))
    this.#trustDomains = new Set(trustDomains)
  }

  /** @throws (rejects) Unauthenticated */
  async authenticate({ authorization, certificate }: Credentials): Promise<Caller> {
    // The certificate is the stronger proof; a token that is sent along may have expired since.
    if (certificate !== undefined) return this.#byCertificate(certificate)
    if (authorization !== undefined) return this.#byToken(authorization)
    throw new Unauthenticated('expected a client certificate of this mesh, or a bearer token')
  }

  #byCertificate(der: Uint8Array): Caller {
    const names = (new X509Certificate(der).subjectAltName ?? '').split(', ')
    const [name, ...more] = names.flatMap(text => (text.startsWith('URI:') ? [text.slice('URI:'.length)] : []))
    const identity = name === undefined || more.length > 0 ? undefined : parseSpiffeId(name)
    if (identity === undefined) throw new Unauthenticated('the client certificate has no SPIFFE id, or more than one')
    if (!this.#trustDomains.has(identity.trustDomain))
      throw new Unauthenticated(`the client certificate is of trust domain "${identity.trustDomain}", which is not trusted here`)
    return { identity, by: 'certificate', pod: undefined, single: undefined }
  }

  async #byToken(authorization: string): Promise<Caller> {
    const [, token] = /^Bearer ([\w.~+/=-]+)$/i.exec(authorization) ?? []
    if (token === undefined || token.length > MAX_TOKEN_CHARACTERS)
      throw new Unauthenticated(`the authorization is no bearer token of at most ${MAX_TOKEN_CHARACTERS} characters`)
    const verifier = this.#verifiers.get(issuerOf(token)) ?? this.#verifiers.get(ANY_ISSUER)
    if (verifier === undefined) throw new Unauthenticated('the token is of an issuer that is not trusted here')
    try {
      const { identity, issuer, pod, single } = await verifier.verify(token)
      if (!this.#trustDomains.has(identity.trustDomain))
        throw new Unauthenticated(`the token is for ${spiffeId(identity)}, whose trust domain is not trusted here`)
      return { identity, by: issuer, pod, single }
    } catch (error) {
      if (error instanceof TokenError) throw new Unauthenticated(`the token is refused: ${error.message}`)
      throw error
    }
  }
}

/** Only to find who is to judge it. */
function issuerOf(token: string): string {
  try {
    return decodeJwt(token).iss ?? ''
  } catch {
    throw new Unauthenticated('the token is no JWT')
  }
}
