/**
 * Error codes of HTTP/2 (RFC 9113 section 7) and the reset reasons of the codec seam.
 */
import type { ResetReason } from '../http/stream.ts'

export const NO_ERROR = 0x0
export const PROTOCOL_ERROR = 0x1
export const INTERNAL_ERROR = 0x2
export const FLOW_CONTROL_ERROR = 0x3
export const STREAM_CLOSED = 0x5
export const FRAME_SIZE_ERROR = 0x6
export const REFUSED_STREAM = 0x7
export const CANCEL = 0x8
export const COMPRESSION_ERROR = 0x9
export const ENHANCE_YOUR_CALM = 0xb

/** What a peer is told when our side ends a stream before its time. */
export function codeOf(reason: ResetReason): number {
  switch (reason) {
    case 'refused-stream':
    case 'overflow':
      return REFUSED_STREAM
    case 'protocol-error':
      return PROTOCOL_ERROR
    case 'local-reset':
    case 'idle-timeout':
      return CANCEL
    case 'remote-reset':
    case 'connection-closed':
    case 'connect-failure':
    case 'connect-timeout':
      return INTERNAL_ERROR
  }
}

/** Why a stream ended, by the code of the peer's RST_STREAM. */
export function reasonOf(code: number): ResetReason {
  if (code === REFUSED_STREAM) return 'refused-stream'
  if (code === PROTOCOL_ERROR) return 'protocol-error'
  return 'remote-reset'
}
