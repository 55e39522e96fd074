/**
 * What both ends of an HTTP/2 connection share: frames in, the streams' table, flow control, limits, and the ways a connection ends
 * (RFC 9113). Server and client say what a header block means.
 */
import type { Clock } from '../../lib/clock.ts'
import type { Headers } from '../http/headers.ts'
import type { ResetReason } from '../http/stream.ts'
import type { Transport, TransportHandler } from '../net/transport.ts'
import {
  CANCEL,
  COMPRESSION_ERROR,
  ENHANCE_YOUR_CALM,
  FLOW_CONTROL_ERROR,
  FRAME_SIZE_ERROR,
  NO_ERROR,
  PROTOCOL_ERROR,
  REFUSED_STREAM,
  reasonOf,
  STREAM_CLOSED,
} from './error-codes.ts'
import { type BlockLimits, FieldBlock, ReceivedHeaders } from './field-block.ts'
import { type Flood, FloodGuard } from './flood-guard.ts'
import {
  ACK,
  CONTINUATION,
  DEFAULT_WINDOW,
  END_HEADERS,
  END_STREAM,
  GOAWAY,
  HAS_PRIORITY,
  HEADERS,
  LARGEST_WINDOW,
  PADDED,
  PING,
  PRIORITY,
  PUSH_PROMISE,
  RST_STREAM,
  SETTINGS,
  uint31,
  uint32,
  WINDOW_UPDATE,
} from './frame.ts'
import { FrameReader, type FrameSink } from './frame-reader.ts'
import { FrameWriter } from './frame-writer.ts'
import { HpackDecoder } from './hpack/decoder.ts'
import { HpackEncoder } from './hpack/encoder.ts'
import { KeepaliveTimer } from './keepalive.ts'
import type { Http2Options } from './options.ts'
import { ReceiveWindow } from './receive-window.ts'
import { ResetMemory } from './reset-memory.ts'
import { type SendingSide, SendTurns } from './send-turns.ts'
import { ownSettings, PeerSettings } from './settings.ts'
import { Http2Stats } from './stats.ts'
import type { Http2Stream, StreamHost } from './stream.ts'

export interface Http2Setup {
  readonly options: Http2Options
  readonly limits: BlockLimits
  /** Milliseconds a stream may be stuck whose body is written, but does not go out because the peer takes nothing; 0: as long as it likes. */
  readonly flushTimeoutMs: number
  readonly clock: Clock
  /** Uniform in [0, 1). */
  readonly random: () => number
  /** @default nobody reads them */
  readonly stats?: Http2Stats
}

/** How long a peer may take to close its half after we closed ours. Milliseconds. */
const LINGER_MS = 1000
/** Octets of an encoded block beyond the limit on its fields: padding of the encoding, Huffman's worst case for odd text. */
const BLOCK_ALLOWANCE = 16 * 1024

const EMPTY: Buffer = Buffer.alloc(0)

export abstract class Http2Connection implements TransportHandler, FrameSink, StreamHost, SendingSide {
  readonly protocol = 'HTTP/2'
  readonly transport: Transport
  readonly writer: FrameWriter
  readonly peer = new PeerSettings()
  readonly streams = new Map<number, Http2Stream>()
  /** What the peer's window of the connection leaves us to send. */
  sendWindow = DEFAULT_WINDOW
  /** The socket has enough: nothing but heads and control frames is written until it takes more. */
  outputBlocked = false
  /** No frame is read any more. */
  stopped = false
  openedStreams = 0
  protected readonly setup: Http2Setup
  protected readonly stats: Http2Stats
  protected readonly block: FieldBlock
  protected readonly encoder: HpackEncoder
  protected readonly guard: FloodGuard
  protected readonly resets = new ResetMemory()
  readonly #role: 'server' | 'client'
  readonly #reader: FrameReader
  readonly #decoder: HpackDecoder
  readonly #window: ReceiveWindow
  #keepalive: KeepaliveTimer | undefined
  #greeted = false
  #acknowledged = false
  /** Whose DATA frame is being read; undefined: nobody's. */
  #dataStream: Http2Stream | undefined
  /** The header block under way: its stream, whether it ends it, and what has come of it so far. */
  #blockStream = 0
  #blockLast = false
  #blockBytes = EMPTY
  #blockSelfDependent = false
  readonly #turns: SendTurns
  #cancelLinger: (() => void) | undefined
  #over = false

  constructor(transport: Transport, role: 'server' | 'client', setup: Http2Setup) {
    const { options } = setup
    this.transport = transport
    this.setup = setup
    this.stats = setup.stats ?? new Http2Stats()
    this.#role = role
    this.writer = new FrameWriter(transport, options)
    this.block = new FieldBlock(setup.limits)
    this.guard = new FloodGuard(options, this)
    this.#decoder = new HpackDecoder(options.headerTableSize)
    this.encoder = new HpackEncoder(Math.min(4096, options.headerTableSize))
    this.#reader = new FrameReader(this, role === 'server')
    this.#window = new ReceiveWindow(options.initialConnectionWindowSize)
    this.#turns = new SendTurns(this, setup.flushTimeoutMs, setup.clock)
    transport.handler = this
  }

  get active(): number {
    return this.streams.size
  }

  get dataFramesSent(): number {
    return this.writer.dataFrames
  }

  /** Our SETTINGS, and a larger window than the protocol begins with. */
  protected greet(): void {
    const { options, limits, clock, random } = this.setup
    this.writer.settings(ownSettings(options, this.#role, limits.maxHeadBytes))
    const more = options.initialConnectionWindowSize - DEFAULT_WINDOW
    if (more > 0) this.writer.windowUpdate(0, more)
    else this.#window.left = DEFAULT_WINDOW
    if (options.keepalive.timeoutMs > 0) this.#keepalive = new KeepaliveTimer(options.keepalive, clock, random, this)
  }

  destroy(): void {
    this.stopped = true
    this.transport.destroy()
  }

  // ---- what the roles add

  /** A header block is complete and decoded. */
  protected abstract onBlock(stream: number, last: boolean): void
  protected abstract onGoaway(lastStream: number, code: number): void
  protected abstract onPeerSettings(): void
  /** The answer to a PING of ours. */
  protected abstract onPingAck(opaque: number): void
  /** A stream left the table. */
  protected abstract onRemoved(): void
  /** No stream can be opened any more. */
  protected abstract onStopped(): void
  protected abstract onTransportClosed(): void
  /** The peer broke the protocol, or a limit. */
  protected abstract onViolation(reason: string): void
  /** Whether this stream has never been opened. */
  protected abstract isIdle(stream: number): boolean
  /** Of streams the peer opened, the last that was or may be processed. */
  protected abstract readonly lastPeerStream: number

  // ---- from the transport

  onBytes(bytes: Buffer): void {
    this.#keepalive?.alive()
    this.#reader.read(bytes)
  }

  /** A peer that half-closes is gone: it could not even acknowledge what it gets. */
  onEnd(): void {
    this.stopped = true
    this.failAll('connection-closed')
    this.#close()
  }

  onWritable(): void {
    this.outputBlocked = false
    this.#turns.writable()
  }

  onClosed(): void {
    if (this.#over) return
    this.#over = true
    this.stopped = true
    this.#cancelLinger?.()
    this.#turns.stop()
    this.#keepalive?.stop()
    this.failAll('connection-closed')
    this.onTransportClosed()
  }

  // ---- from the frame reader

  onDataHead(id: number, length: number, padding: number, last: boolean): void {
    this.#dataStream = undefined
    if (!this.#expected(id, true)) return
    const flood = this.guard.payload(length - padding, last)
    if (flood !== undefined) {
      this.onFlood(flood)
      return
    }
    if (!this.#window.receive(length)) {
      this.connectionError(FLOW_CONTROL_ERROR, 'more DATA than the window')
      return
    }
    const stream = this.streams.get(id)
    if (stream === undefined || stream.incomingEnded) {
      this.credit(length)
      this.#onStray(id, stream)
      return
    }
    const { expected } = stream
    let code = NO_ERROR
    if (!stream.receive(length)) code = FLOW_CONTROL_ERROR
    else if (!this.takesData(stream)) code = PROTOCOL_ERROR
    else if (expected >= 0) {
      stream.expected = expected - (length - padding)
      if (stream.expected < 0 || (last && stream.expected > 0)) code = PROTOCOL_ERROR
    }
    if (code !== NO_ERROR) {
      this.credit(length)
      this.streamError(stream, code)
      return
    }
    if (padding > 0) stream.passedOn(padding)
    this.#dataStream = stream
  }

  onDataPart(chunk: Buffer, last: boolean): void {
    const stream = this.#dataStream
    if (stream === undefined) return
    if (stream.gone) {
      this.credit(chunk.length)
      return
    }
    if (last) stream.incomingEnded = true
    stream.handler.onData(chunk, last)
    if (chunk.length > 0) stream.passedOn(chunk.length)
    if (last && !stream.gone) stream.onIncomingEnded()
  }

  onFrame(type: number, flags: number, id: number, bytes: Buffer, from: number, until: number): void {
    if (!this.#greeted && (type !== SETTINGS || (flags & ACK) !== 0)) {
      this.connectionError(PROTOCOL_ERROR, 'the first frame is not SETTINGS')
      return
    }
    if (this.#blockStream !== 0 && (type !== CONTINUATION || id !== this.#blockStream)) {
      this.connectionError(PROTOCOL_ERROR, 'a frame in the middle of a header block')
      return
    }
    switch (type) {
      case HEADERS:
        this.#onHeaders(flags, id, bytes, from, until)
        break
      case CONTINUATION:
        this.#onContinuation(flags, bytes, from, until)
        break
      case WINDOW_UPDATE:
        this.#onWindowUpdate(id, bytes, from, until)
        break
      case RST_STREAM:
        this.#onRstStream(id, bytes, from, until)
        break
      case SETTINGS:
        this.#onSettings(flags, id, bytes, from, until)
        break
      case PING:
        this.#onPing(flags, id, bytes, from, until)
        break
      case PRIORITY:
        this.#onPriority(id, bytes, from, until)
        break
      case GOAWAY:
        if (id !== 0) this.connectionError(PROTOCOL_ERROR, 'GOAWAY on a stream')
        else if (until - from < 8) this.connectionError(FRAME_SIZE_ERROR, 'GOAWAY that is too short')
        else this.onGoaway(uint31(bytes, from), uint32(bytes, from + 4))
        break
      case PUSH_PROMISE:
        this.connectionError(PROTOCOL_ERROR, 'PUSH_PROMISE, which is not allowed')
    }
    // Other types are extensions: ignored (section 5.5).
  }

  onFrameError(code: number, reason: string): void {
    this.connectionError(code, reason)
  }

  // ---- from streams

  /** Writes a DATA frame; windows are the caller's matter. */
  sendData(id: number, chunk: Uint8Array, last: boolean): void {
    if (!this.writer.data(id, chunk, last)) this.outputBlocked = true
    if (this.writer.flooded) this.#onOutboundFlood()
  }

  sendTrailers(id: number, trailers: Headers): void {
    this.beginBlock(trailers)
    trailers.forEach(this.encoder.encodeField)
    this.endBlock(id, true)
  }

  /** A stream has something to send that can't go out now. */
  wait(stream: Http2Stream): void {
    this.#turns.wait(stream)
  }

  owe(stream: Http2Stream): void {
    this.#turns.owe(stream)
  }

  /** A stream is written whole, but waits: it must not wait forever. */
  watch(stream: Http2Stream): void {
    this.#turns.watch(stream)
  }

  onStuck(stream: Http2Stream): void {
    this.stats.tx_flush_timeout++
    this.resetStream(stream, CANCEL)
  }

  newWindow(): ReceiveWindow {
    const { initialStreamWindowSize } = this.setup.options
    const window = new ReceiveWindow(initialStreamWindowSize)
    // Until the peer has acknowledged our settings, it may know no other window than the protocol's.
    if (!this.#acknowledged) window.left = Math.max(initialStreamWindowSize, DEFAULT_WINDOW)
    return window
  }

  /** The connection's share of what was passed on. */
  credit(length: number): void {
    const increment = this.#window.passOn(length)
    if (increment > 0 && !this.stopped) this.writer.windowUpdate(0, increment)
  }

  /** RST_STREAM, by our own will. */
  resetStream(stream: Http2Stream, code: number): void {
    this.resets.add(stream.id)
    this.sendReset(stream.id, code)
    this.remove(stream)
    if (this.writer.flooded) this.#onOutboundFlood()
  }

  remove(stream: Http2Stream): void {
    this.#forget(stream)
    this.guard.closed()
    stream.release()
    this.onRemoved()
  }

  // ---- for the roles

  protected addStream(stream: Http2Stream): void {
    this.streams.set(stream.id, stream)
    this.stats.streams_active++
  }

  protected beginBlock(headers: Headers | undefined): void {
    this.encoder.begin(headers instanceof ReceivedHeaders ? headers.sensitive : undefined)
  }

  protected endBlock(id: number, last: boolean): void {
    this.writer.headers(id, last)
    if (this.writer.flooded) this.#onOutboundFlood()
  }

  /** Whether a body may come on this stream now. */
  protected takesData(_stream: Http2Stream): boolean {
    return true
  }

  /** The peer's fault, on one stream. */
  protected streamError(stream: Http2Stream, code: number): void {
    this.resets.add(stream.id)
    this.sendReset(stream.id, code)
    this.#end(stream, 'protocol-error')
  }

  protected sendReset(id: number, code: number): void {
    this.stats.tx_reset++
    this.writer.rstStream(id, code)
  }

  protected sendGoaway(lastStream: number, code: number): void {
    this.stats.goaway_sent++
    this.writer.goaway(lastStream, code)
  }

  /** A message that is none (section 8). */
  protected malformed(stream: Http2Stream | undefined, id: number, reason: string): void {
    this.stats.rx_messaging_error++
    this.onViolation(reason)
    if (!this.setup.options.streamErrorOnInvalidMessage) this.connectionError(PROTOCOL_ERROR, '')
    else if (stream !== undefined) this.streamError(stream, PROTOCOL_ERROR)
    else this.refuse(id, PROTOCOL_ERROR)
  }

  /** A stream that never gets into the table. */
  protected refuse(id: number, code: number): void {
    this.resets.add(id)
    this.sendReset(id, code)
    const flood = code === REFUSED_STREAM ? undefined : this.guard.reset(0, false)
    if (this.writer.flooded) this.#onOutboundFlood()
    else if (flood !== undefined) this.onFlood(flood)
  }

  /** GOAWAY, and nothing more is read. @param reason empty: it has been told already */
  protected connectionError(code: number, reason: string): void {
    if (this.stopped) return
    this.stopped = true
    if (reason !== '') this.onViolation(reason)
    this.sendGoaway(this.lastPeerStream, code)
    this.failAll('protocol-error')
    this.onStopped()
    this.#close()
  }

  protected onFlood(flood: Flood): void {
    this.stats.flood(flood)
    this.connectionError(ENHANCE_YOUR_CALM, `too many: ${flood}`)
  }

  /** Ends properly: what is written still goes out. */
  protected finish(code: number): void {
    if (this.stopped) return
    this.stopped = true
    this.sendGoaway(this.lastPeerStream, code)
    this.#close()
  }

  protected failAll(reason: ResetReason): void {
    for (const stream of [...this.streams.values()]) {
      this.#forget(stream)
      stream.fail(reason)
    }
  }

  /** The stream of an id that only exists as long as its peer lets it. */
  protected end(stream: Http2Stream, reason: ResetReason): void {
    this.#end(stream, reason)
  }

  /** A PING ahead of the next stream, when the connection was idle for long. */
  protected probeIfIdle(): void {
    this.#keepalive?.probeIfIdle()
  }

  /** The peer has not been heard for too long. */
  onSilence(): void {
    this.stats.keepalive_timeout++
    this.onViolation('no answer to PING')
    this.destroy()
  }

  // ---- frames

  #onHeaders(flags: number, id: number, bytes: Buffer, from: number, until: number): void {
    if (id === 0) {
      this.connectionError(PROTOCOL_ERROR, 'HEADERS without a stream')
      return
    }
    let begin = from
    let end = until
    if ((flags & PADDED) !== 0) {
      if (begin === end) {
        this.connectionError(FRAME_SIZE_ERROR, 'padding that is not there')
        return
      }
      end -= bytes[begin++] ?? 0
    }
    this.#blockSelfDependent = false
    if ((flags & HAS_PRIORITY) !== 0) {
      this.#blockSelfDependent = end - begin >= 5 && uint31(bytes, begin) === id
      begin += 5
    }
    if (begin > end) {
      this.connectionError(PROTOCOL_ERROR, 'more padding than payload')
      return
    }
    this.#blockLast = (flags & END_STREAM) !== 0
    const flood = this.guard.payload(end - begin, this.#blockLast || (flags & END_HEADERS) !== 0)
    if (flood !== undefined) {
      this.onFlood(flood)
      return
    }
    this.guard.block()
    this.#blockStream = id
    if ((flags & END_HEADERS) !== 0) this.#endBlock(bytes, begin, end)
    else this.#blockBytes = Buffer.from(bytes.subarray(begin, end))
  }

  #onContinuation(flags: number, bytes: Buffer, from: number, until: number): void {
    if (this.#blockStream === 0) {
      this.connectionError(PROTOCOL_ERROR, 'CONTINUATION without HEADERS')
      return
    }
    const flood = this.guard.payload(until - from, (flags & END_HEADERS) !== 0) ?? this.guard.continuation()
    if (flood !== undefined) {
      this.onFlood(flood)
      return
    }
    if (this.#blockBytes.length + until - from > this.setup.limits.maxHeadBytes + BLOCK_ALLOWANCE) {
      this.onFlood('continuation')
      return
    }
    const whole = Buffer.concat([this.#blockBytes, bytes.subarray(from, until)])
    if ((flags & END_HEADERS) === 0) {
      this.#blockBytes = whole
      return
    }
    this.#blockBytes = EMPTY
    this.#endBlock(whole, 0, whole.length)
  }

  #endBlock(bytes: Buffer, from: number, until: number): void {
    const id = this.#blockStream
    this.#blockStream = 0
    this.block.begin()
    if (!this.#decoder.decode(bytes, from, until, this.block)) {
      this.connectionError(COMPRESSION_ERROR, 'a header block that is not HPACK')
      return
    }
    if (this.#blockSelfDependent) {
      this.#onSelfDependent(id)
      return
    }
    this.onBlock(id, this.#blockLast)
  }

  #onSelfDependent(id: number): void {
    const stream = this.streams.get(id)
    if (stream !== undefined) this.streamError(stream, PROTOCOL_ERROR)
    else if (this.isIdle(id)) this.connectionError(PROTOCOL_ERROR, 'a stream that depends on itself')
    else this.sendReset(id, PROTOCOL_ERROR)
  }

  #onPriority(id: number, bytes: Buffer, from: number, until: number): void {
    if (id === 0) {
      this.connectionError(PROTOCOL_ERROR, 'PRIORITY without a stream')
      return
    }
    const flood = this.guard.priority()
    if (flood !== undefined) {
      this.onFlood(flood)
      return
    }
    if (until - from !== 5) {
      const stream = this.streams.get(id)
      if (stream !== undefined) this.streamError(stream, FRAME_SIZE_ERROR)
      else this.connectionError(FRAME_SIZE_ERROR, 'PRIORITY of a wrong length')
    } else if (uint31(bytes, from) === id) this.#onSelfDependent(id)
    // Priorities themselves are ignored (section 5.3.2).
  }

  #onRstStream(id: number, bytes: Buffer, from: number, until: number): void {
    if (id === 0 || this.isIdle(id)) {
      this.connectionError(PROTOCOL_ERROR, 'RST_STREAM of an idle stream')
      return
    }
    if (until - from !== 4) {
      this.connectionError(FRAME_SIZE_ERROR, 'RST_STREAM of a wrong length')
      return
    }
    this.stats.rx_reset++
    const stream = this.streams.get(id)
    if (stream === undefined) return
    const code = uint32(bytes, from)
    if (code === REFUSED_STREAM) this.stats.stream_refused_errors++
    const flood = this.guard.reset(performance.now() - stream.openedAt, stream.answered)
    this.#end(stream, reasonOf(code))
    if (flood !== undefined && this.#role === 'server') this.onFlood(flood)
  }

  #onSettings(flags: number, id: number, bytes: Buffer, from: number, until: number): void {
    if (id !== 0) {
      this.connectionError(PROTOCOL_ERROR, 'SETTINGS on a stream')
      return
    }
    if ((flags & ACK) !== 0) {
      if (until > from) this.connectionError(FRAME_SIZE_ERROR, 'an acknowledgement with settings')
      else this.#onSettingsAck()
      return
    }
    if ((until - from) % 6 !== 0) {
      this.connectionError(FRAME_SIZE_ERROR, 'SETTINGS of a wrong length')
      return
    }
    this.#greeted = true
    const flood = this.guard.settings()
    if (flood !== undefined) {
      this.onFlood(flood)
      return
    }
    const { peer } = this
    const before = peer.initialWindowSize
    const code = peer.read(bytes, from, until, this.#role === 'client')
    if (code !== NO_ERROR) {
      this.connectionError(code, 'a setting that is out of bounds')
      return
    }
    this.writer.maxFrameSize = Math.min(peer.maxFrameSize, 64 * 1024)
    this.encoder.resize(Math.min(peer.headerTableSize, this.setup.options.headerTableSize))
    this.writer.settingsAck()
    if (this.writer.flooded) {
      this.#onOutboundFlood()
      return
    }
    if (peer.initialWindowSize !== before) this.#moveWindows(peer.initialWindowSize - before)
    if (!this.stopped) this.onPeerSettings()
  }

  #onSettingsAck(): void {
    if (this.#acknowledged) return
    this.#acknowledged = true
    const excess = DEFAULT_WINDOW - this.setup.options.initialStreamWindowSize
    if (excess > 0) for (const stream of this.streams.values()) stream.shrinkWindow(excess)
  }

  #moveWindows(by: number): void {
    for (const stream of this.streams.values()) {
      stream.sendWindow += by
      if (stream.sendWindow > LARGEST_WINDOW) {
        this.connectionError(FLOW_CONTROL_ERROR, 'a window that is too large')
        return
      }
    }
    if (by < 0) return
    for (const stream of this.streams.values()) if (stream.hasQueue) this.#turns.wait(stream)
    this.#turns.flush()
  }

  #onPing(flags: number, id: number, bytes: Buffer, from: number, until: number): void {
    if (id !== 0) {
      this.connectionError(PROTOCOL_ERROR, 'PING on a stream')
      return
    }
    if (until - from !== 8) {
      this.connectionError(FRAME_SIZE_ERROR, 'PING of a wrong length')
      return
    }
    if ((flags & ACK) !== 0) {
      this.onPingAck(uint32(bytes, from + 4))
      return
    }
    this.writer.ping(bytes.subarray(from, until), true)
    if (this.writer.flooded) this.#onOutboundFlood()
  }

  #onWindowUpdate(id: number, bytes: Buffer, from: number, until: number): void {
    if (until - from !== 4) {
      this.connectionError(FRAME_SIZE_ERROR, 'WINDOW_UPDATE of a wrong length')
      return
    }
    if (!this.#expected(id, id !== 0)) return
    const flood = this.guard.windowUpdate()
    if (flood !== undefined) {
      this.onFlood(flood)
      return
    }
    const increment = uint31(bytes, from)
    if (id === 0) {
      this.sendWindow += increment
      if (increment === 0) this.connectionError(PROTOCOL_ERROR, 'WINDOW_UPDATE by nothing')
      else if (this.sendWindow > LARGEST_WINDOW) this.connectionError(FLOW_CONTROL_ERROR, 'a window that is too large')
      else this.#turns.flush()
      return
    }
    const stream = this.streams.get(id)
    if (stream === undefined) return
    stream.sendWindow += increment
    if (increment === 0) this.streamError(stream, PROTOCOL_ERROR)
    else if (stream.sendWindow > LARGEST_WINDOW) this.streamError(stream, FLOW_CONTROL_ERROR)
    else if (stream.hasQueue) {
      this.#turns.wait(stream)
      this.#turns.flush()
    }
  }

  /** Whether a frame of this kind may come on this stream at all. */
  #expected(id: number, onStream: boolean): boolean {
    if (!this.#greeted) this.connectionError(PROTOCOL_ERROR, 'the first frame is not SETTINGS')
    else if (this.#blockStream !== 0) this.connectionError(PROTOCOL_ERROR, 'a frame in the middle of a header block')
    else if (onStream && (id === 0 || this.isIdle(id))) this.connectionError(PROTOCOL_ERROR, 'a frame of an idle stream')
    else return true
    return false
  }

  /** DATA or HEADERS for a stream that does not expect any. */
  #onStray(id: number, stream: Http2Stream | undefined): void {
    if (stream !== undefined) this.streamError(stream, STREAM_CLOSED)
    else if (!this.resets.mayHave(id)) this.connectionError(STREAM_CLOSED, 'a frame of a closed stream')
    // Else it was on its way when we reset the stream.
  }

  protected onStrayHeaders(id: number, stream: Http2Stream | undefined): void {
    this.#onStray(id, stream)
  }

  // ---- within

  #end(stream: Http2Stream, reason: ResetReason): void {
    this.#forget(stream)
    stream.fail(reason)
    this.onRemoved()
  }

  #forget(stream: Http2Stream): void {
    if (this.streams.delete(stream.id)) this.stats.streams_active--
    this.#turns.forget(stream)
  }

  #onOutboundFlood(): void {
    if (this.stopped) return
    this.onViolation('too many frames wait to be read by the peer')
    if (this.writer.flooded === 'control') this.stats.outbound_control_flood++
    else this.stats.outbound_flood++
    this.stopped = true
    this.failAll('protocol-error')
    this.onStopped()
    this.transport.destroy()
  }

  #close(): void {
    this.transport.end()
    this.transport.resume()
    this.closeSoon()
  }

  /** Whatever is under way then ends with RST: some peers take FIN for half of an end, and keep their streams. */
  protected closeSoon(): void {
    this.#cancelLinger ??= this.setup.clock.after(LINGER_MS, () => this.transport.destroy(this.streams.size > 0))
  }
}
