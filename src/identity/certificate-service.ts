/** Istio's certificate service (istio.v1.auth.IstioCertificateService): who the caller is, whether it may have what it asks, and the answer. */
import { type PeerFields, subjectUnits } from '../lib/peer-fields.ts'
import { IstioCertificateRequest, IstioCertificateResponse } from '../xds/gen/istio/v1/auth/ca.ts'
import { type CertificateAuthority, RequestError } from './authority/authority.ts'
import type { Authenticator, Credentials } from './caller/authenticator.ts'
import type { SingleUse } from './caller/single-use.ts'
import { spiffeId } from './spiffe.ts'

export const CREATE_CERTIFICATE = '/istio.v1.auth.IstioCertificateService/CreateCertificate'

export interface SigningEvent {
  /** SPIFFE id. */
  readonly caller: string
  /** How the caller proved it. */
  readonly by: string
  /** Milliseconds since the epoch. */
  readonly until: number
}

export interface CertificateServiceOptions {
  readonly authority: CertificateAuthority
  readonly authenticator: Authenticator
  readonly singleUse: SingleUse
  /** Who a pod is, for the telemetry of those it calls. @default its certificates do not tell */
  readonly describe?: (namespace: string, pod: string) => Partial<PeerFields> | undefined
  readonly onSigned?: (event: SigningEvent) => void
}

export class CertificateService {
  readonly #options: CertificateServiceOptions

  constructor(options: CertificateServiceOptions) {
    this.#options = options
  }

  /** @param bytes an IstioCertificateRequest @returns an IstioCertificateResponse @throws (rejects) Unauthenticated, RequestError */
  async createCertificate(bytes: Uint8Array, credentials: Credentials): Promise<Uint8Array> {
    const { authority, authenticator, singleUse, describe, onSigned } = this.#options
    const caller = await authenticator.authenticate(credentials)
    const { csr, validityDuration } = decode(bytes)
    if (validityDuration < 0)
      throw new RequestError(`Cannot sign a certificate for ${validityDuration} s: expected a positive number`)
    const described = caller.pod === undefined ? undefined : describe?.(caller.identity.namespace, caller.pod)
    const units = described === undefined ? [] : subjectUnits(described)
    const { chain, roots, until, keyHash } = authority.sign(csr, caller.identity, validityDuration * 1000, units)
    // After signing: a request that is refused does not use up the token.
    if (caller.single) await singleUse.use(caller.single.token, keyHash, caller.single.until)
    onSigned?.({ caller: spiffeId(caller.identity), by: caller.by, until })
    return IstioCertificateResponse.encode({ certChain: [...chain, roots.join('')] }).finish()
  }
}

function decode(bytes: Uint8Array): IstioCertificateRequest {
  try {
    return IstioCertificateRequest.decode(bytes)
  } catch (error) {
    throw new RequestError(`Cannot read the request: ${error instanceof Error ? error.message : String(error)}`)
  }
}
