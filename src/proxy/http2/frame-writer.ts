/**
 * Writes frames to a transport, which gathers them and writes once per event-loop turn. Counts those that wait there: a peer that makes
 * us answer and does not read is a flood.
 */
import type { Transport } from '../net/transport.ts'
import {
  ACK,
  CONTINUATION,
  DATA,
  DEFAULT_MAX_FRAME_SIZE,
  END_HEADERS,
  END_STREAM,
  FRAME_HEAD,
  GOAWAY,
  HEADERS,
  PING,
  RST_STREAM,
  SETTINGS,
  WINDOW_UPDATE,
} from './frame.ts'
import { blockWriter, HEADROOM } from './hpack/block-writer.ts'

export interface OutboundLimits {
  /** Frames of all kinds that may wait to be written. Envoy's max_outbound_frames, 10000. */
  readonly maxOutboundFrames: number
  /** Of these, PING, SETTINGS and RST_STREAM. Envoy's max_outbound_control_frames, 1000. */
  readonly maxOutboundControlFrames: number
}

const HEAD = Buffer.alloc(FRAME_HEAD)
/** For frames whose payload is a number or two: head and 4 or 8 octets. */
const SHORT = Buffer.alloc(FRAME_HEAD + 4)
const MIDDLE = Buffer.alloc(FRAME_HEAD + 8)

export class FrameWriter {
  /** What the peer allows. */
  maxFrameSize = DEFAULT_MAX_FRAME_SIZE
  /** More waits than the limits allow. */
  flooded: 'control' | 'all' | undefined
  /** DATA frames written so far. */
  dataFrames = 0
  readonly #transport: Transport
  readonly #limits: OutboundLimits
  #frames = 0
  #controlFrames = 0

  constructor(transport: Transport, limits: OutboundLimits) {
    this.#transport = transport
    this.#limits = limits
  }

  /** @param payload of the settings, whole */
  settings(payload: Uint8Array): void {
    this.#head(SETTINGS, 0, 0, payload.length)
    this.#transport.write(HEAD)
    if (payload.length > 0) this.#transport.write(payload)
  }

  settingsAck(): void {
    this.#count(true)
    this.#head(SETTINGS, ACK, 0, 0)
    this.#transport.write(HEAD)
  }

  /** @param opaque eight octets */
  ping(opaque: Uint8Array, ack: boolean): void {
    this.#count(ack)
    putHead(MIDDLE, PING, ack ? ACK : 0, 0, 8)
    MIDDLE.set(opaque, FRAME_HEAD)
    this.#transport.write(MIDDLE)
  }

  goaway(lastStream: number, code: number): void {
    putHead(MIDDLE, GOAWAY, 0, 0, 8)
    putUint32(MIDDLE, FRAME_HEAD, lastStream)
    putUint32(MIDDLE, FRAME_HEAD + 4, code)
    this.#transport.write(MIDDLE)
  }

  rstStream(stream: number, code: number): void {
    this.#count(true)
    putHead(SHORT, RST_STREAM, 0, stream, 4)
    putUint32(SHORT, FRAME_HEAD, code)
    this.#transport.write(SHORT)
  }

  windowUpdate(stream: number, increment: number): void {
    putHead(SHORT, WINDOW_UPDATE, 0, stream, 4)
    putUint32(SHORT, FRAME_HEAD, increment)
    this.#transport.write(SHORT)
  }

  /** @param chunk not longer than a frame may be @returns false: the transport asks to stop */
  data(stream: number, chunk: Uint8Array, last: boolean): boolean {
    this.#count(false)
    this.dataFrames++
    this.#head(DATA, last ? END_STREAM : 0, stream, chunk.length)
    const room = this.#transport.write(HEAD)
    return chunk.length === 0 ? room : this.#transport.write(chunk)
  }

  /** Sends what `blockWriter` holds, as HEADERS and as many CONTINUATIONs as it takes. */
  headers(stream: number, last: boolean): void {
    this.#count(false)
    const { bytes, at: end } = blockWriter
    let until = Math.min(end, HEADROOM + this.maxFrameSize)
    putHead(bytes, HEADERS, (last ? END_STREAM : 0) | (until === end ? END_HEADERS : 0), stream, until - HEADROOM)
    this.#transport.write(bytes.subarray(0, until))
    while (until < end) {
      const from = until
      until = Math.min(end, from + this.maxFrameSize)
      this.#head(CONTINUATION, until === end ? END_HEADERS : 0, stream, until - from)
      this.#transport.write(HEAD)
      this.#transport.write(bytes.subarray(from, until))
    }
  }

  #head(type: number, flags: number, stream: number, length: number): void {
    putHead(HEAD, type, flags, stream, length)
  }

  #count(control: boolean): void {
    if (this.#transport.pending === 0) {
      this.#frames = 0
      this.#controlFrames = 0
    }
    this.#frames++
    if (control) this.#controlFrames++
    const { maxOutboundFrames, maxOutboundControlFrames } = this.#limits
    if (this.#controlFrames > maxOutboundControlFrames) this.flooded = 'control'
    else if (this.#frames > maxOutboundFrames) this.flooded = 'all'
  }
}

function putHead(into: Uint8Array, type: number, flags: number, stream: number, length: number): void {
  into[0] = length >> 16
  into[1] = length >> 8
  into[2] = length
  into[3] = type
  into[4] = flags
  putUint32(into, 5, stream)
}

function putUint32(into: Uint8Array, at: number, value: number): void {
  into[at] = value >>> 24
  into[at + 1] = value >> 16
  into[at + 2] = value >> 8
  into[at + 3] = value
}
