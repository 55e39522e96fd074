/**
 * SETTINGS (RFC 9113 section 6.5): what each end tells the other of itself.
 */
import { FLOW_CONTROL_ERROR, NO_ERROR, PROTOCOL_ERROR } from './error-codes.ts'
import { DEFAULT_MAX_FRAME_SIZE, DEFAULT_WINDOW, LARGEST_MAX_FRAME_SIZE, LARGEST_WINDOW, uint32 } from './frame.ts'
import type { Http2Options } from './options.ts'

const HEADER_TABLE_SIZE = 0x1
const ENABLE_PUSH = 0x2
const MAX_CONCURRENT_STREAMS = 0x3
const INITIAL_WINDOW_SIZE = 0x4
const MAX_FRAME_SIZE = 0x5
const MAX_HEADER_LIST_SIZE = 0x6
const ENABLE_CONNECT_PROTOCOL = 0x8

const SETTING = 6
/** Settings beyond this in one frame are no peer's real wish; each costs us a little. */
const MOST_SETTINGS = 100

/** What the peer has said, or is assumed to say as long as it has not. */
export class PeerSettings {
  headerTableSize = 4096
  maxConcurrentStreams = Number.POSITIVE_INFINITY
  initialWindowSize = DEFAULT_WINDOW
  maxFrameSize = DEFAULT_MAX_FRAME_SIZE
  enableConnectProtocol = false

  /** @returns an error code; NO_ERROR: all is well */
  read(bytes: Uint8Array, from: number, until: number, fromServer: boolean): number {
    if ((until - from) / SETTING > MOST_SETTINGS) return PROTOCOL_ERROR
    for (let at = from; at < until; at += SETTING) {
      const id = ((bytes[at] ?? 0) << 8) | (bytes[at + 1] ?? 0)
      const problem = this.#set(id, uint32(bytes, at + 2), fromServer)
      if (problem !== NO_ERROR) return problem
    }
    return NO_ERROR
  }

  #set(id: number, value: number, fromServer: boolean): number {
    switch (id) {
      case HEADER_TABLE_SIZE:
        this.headerTableSize = value
        break
      case ENABLE_PUSH:
        if (value > 1 || (fromServer && value !== 0)) return PROTOCOL_ERROR
        break
      case MAX_CONCURRENT_STREAMS:
        this.maxConcurrentStreams = value
        break
      case INITIAL_WINDOW_SIZE:
        if (value > LARGEST_WINDOW) return FLOW_CONTROL_ERROR
        this.initialWindowSize = value
        break
      case MAX_FRAME_SIZE:
        if (value < DEFAULT_MAX_FRAME_SIZE || value > LARGEST_MAX_FRAME_SIZE) return PROTOCOL_ERROR
        this.maxFrameSize = value
        break
      case ENABLE_CONNECT_PROTOCOL:
        if (value > 1 || (this.enableConnectProtocol && value === 0)) return PROTOCOL_ERROR
        this.enableConnectProtocol = value === 1
    }
    return NO_ERROR
  }
}

/** The payload of our own SETTINGS. */
export function ownSettings(options: Http2Options, role: 'server' | 'client', maxHeadBytes: number): Buffer {
  const settings: [id: number, value: number][] = []
  if (options.headerTableSize !== 4096) settings.push([HEADER_TABLE_SIZE, options.headerTableSize])
  if (role === 'client') settings.push([ENABLE_PUSH, 0])
  else settings.push([MAX_CONCURRENT_STREAMS, options.maxConcurrentStreams])
  settings.push([INITIAL_WINDOW_SIZE, options.initialStreamWindowSize], [MAX_HEADER_LIST_SIZE, maxHeadBytes])
  if (role === 'server' && options.allowConnect) settings.push([ENABLE_CONNECT_PROTOCOL, 1])
  const bytes = Buffer.alloc(settings.length * SETTING)
  settings.forEach(([id, value], i) => {
    bytes.writeUInt16BE(id, i * SETTING)
    bytes.writeUInt32BE(value, i * SETTING + 2)
  })
  return bytes
}
