/**
 * The seam to whoever knows callers: every call on the server is admitted or refused by it. Without one (tests, a plaintext port that was asked
 * for) everybody is admitted.
 */
import type { Node } from '../gen/envoy/config/core/v3/base.ts'

/** What a call shows of its caller. */
export interface CallCredentials {
  /** The header `authorization`. */
  readonly authorization: string | undefined
  /** The peer's certificate, which TLS has verified; DER. */
  readonly certificate: Uint8Array | undefined
  /** Where it comes from, for logs. */
  readonly peer: string
}

/** Ends a call with a gRPC status. The message goes to the caller. */
export class Refusal extends Error {
  readonly status: 'UNAUTHENTICATED' | 'PERMISSION_DENIED' | 'INVALID_ARGUMENT' | 'UNAVAILABLE'

  constructor(status: Refusal['status'], message: string) {
    super(message)
    this.status = status
  }
}

/**
 * @returns what is asked about the node that the stream then says it is; it throws Refusal when the caller may not be that node
 * @throws (rejects) Refusal
 */
export type Admit = (credentials: CallCredentials) => Promise<(node: Node) => void>

/** A service beside ADS on the same addresses: one unary call. */
export interface UnaryService {
  /** `/package.Service/Method` */
  readonly path: string
  /** @param request @returns the encoded messages @throws (rejects) Refusal */
  handle(request: Buffer, credentials: CallCredentials): Promise<Uint8Array>
}
