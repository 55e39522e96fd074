/** One case of the request corpus. */
import type { ProtocolErrorCode } from './protocol-error.ts'

export interface RequestCase {
  readonly name: string
  /** Bytes, one character each. */
  readonly bytes: string
  /** Refused with this code; undefined: accepted. */
  readonly refused?: ProtocolErrorCode
  /** What the layer above is given, in order: method, authority, path, body in latin1. Left out where only acceptance matters. */
  readonly requests?: readonly string[]
}
