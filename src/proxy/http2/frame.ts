/**
 * The frames of HTTP/2 (RFC 9113 sections 4 and 6): numbers that both reader and writer need.
 */
export const DATA = 0x0
export const HEADERS = 0x1
export const PRIORITY = 0x2
export const RST_STREAM = 0x3
export const SETTINGS = 0x4
export const PUSH_PROMISE = 0x5
export const PING = 0x6
export const GOAWAY = 0x7
export const WINDOW_UPDATE = 0x8
export const CONTINUATION = 0x9

export const END_STREAM = 0x1
export const ACK = 0x1
export const END_HEADERS = 0x4
export const PADDED = 0x8
export const HAS_PRIORITY = 0x20

/** Octets in front of every frame: length, type, flags, stream. */
export const FRAME_HEAD = 9
/** Largest payload unless the peer allows more; we allow no more. */
export const DEFAULT_MAX_FRAME_SIZE = 16_384
export const LARGEST_MAX_FRAME_SIZE = 2 ** 24 - 1

export const DEFAULT_WINDOW = 65_535
export const LARGEST_WINDOW = 2 ** 31 - 1
export const LARGEST_STREAM_ID = 2 ** 31 - 1

/** What a client sends first (section 3.4). */
export const PREFACE = Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n')

export function uint32(bytes: Uint8Array, at: number): number {
  return (((bytes[at] ?? 0) << 24) | ((bytes[at + 1] ?? 0) << 16) | ((bytes[at + 2] ?? 0) << 8) | (bytes[at + 3] ?? 0)) >>> 0
}

/** A stream identifier, or a window increment: the highest bit is reserved. */
export function uint31(bytes: Uint8Array, at: number): number {
  return uint32(bytes, at) & 0x7fffffff
}
