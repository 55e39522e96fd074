/**
 * One stream, what both roles share (RFC 9113 section 5.1): which halves are closed, the body on its way out, and how much of the body that
 * came in has been passed on.
 *
 * A stream is in its connection's table from its first HEADERS until both halves are closed or it is reset; afterwards it is `gone`, and its
 * methods do nothing.
 */
import type { Headers } from '../http/headers.ts'
import type { ResetReason, StreamHandler, StreamWriter } from '../http/stream.ts'
import { KeptBytes } from '../net/kept-bytes.ts'
import { type CANCEL, codeOf, type NO_ERROR } from './error-codes.ts'
import type { FrameWriter } from './frame-writer.ts'
import type { ReceiveWindow } from './receive-window.ts'

/** Octets of one stream that may wait here before `write` asks to stop, and how few of them let it go on. */
const HIGH_WATER_MARK = 64 * 1024
const LOW_WATER_MARK = 16 * 1024

const NOTHING: Buffer = Buffer.alloc(0)

/** The connection, as its streams see it. */
export interface StreamHost {
  readonly writer: FrameWriter
  readonly peer: { readonly initialWindowSize: number }
  /** What the peer's window of the connection leaves us to send. */
  sendWindow: number
  /** The socket has enough: nothing but heads and control frames is written until it takes more. */
  readonly outputBlocked: boolean
  /** Writes a DATA frame; windows are the caller's matter. */
  sendData(id: number, chunk: Uint8Array, last: boolean): void
  sendTrailers(id: number, trailers: Headers): void
  /** The stream has something to send that can't go out now. */
  wait(stream: Http2Stream): void
  /** The stream is to be told when the socket takes bytes again. */
  owe(stream: Http2Stream): void
  /** The stream is written whole, but waits: it must not wait forever. */
  watch(stream: Http2Stream): void
  newWindow(): ReceiveWindow
  /** The connection's share of what was passed on. */
  credit(length: number): void
  /** RST_STREAM, by our own will. */
  resetStream(stream: Http2Stream, code: number): void
  /** Both halves are closed. */
  remove(stream: Http2Stream): void
}

export abstract class Http2Stream implements StreamWriter {
  id: number
  readonly core: StreamHost
  handler: StreamHandler = UNHEARD
  readonly openedAt = performance.now()
  /** What the peer's window of this stream leaves us to send; a setting may take it below zero. */
  sendWindow: number
  /** The peer has ended its half. */
  incomingEnded: boolean
  /** Our side has written its last. */
  outgoingEnded = false
  /** ... and it has gone out with END_STREAM. */
  flushed = false
  /** Our head has been written: what comes may not be a head any more. */
  headSent = false
  gone = false
  /** Octets of the body still to come as content-length has it; -1: not said. */
  expected = -1
  /** After CONNECT was granted: each half ends on its own, whichever is first. */
  tunnel = false
  /** When a part of a waiting body went out last. */
  progressAt = 0
  #window: ReceiveWindow | undefined
  #paused = false
  /** Passed on while paused: the peer gets no credit for it yet. */
  #held = 0
  #queue: KeptBytes | undefined
  #trailers: Headers | undefined
  /** `write` returned false, so `onWritable` is owed. */
  #owed = false

  constructor(core: StreamHost, id: number, incomingEnded: boolean) {
    this.core = core
    this.id = id
    this.incomingEnded = incomingEnded
    this.sendWindow = core.peer.initialWindowSize
  }

  /** The peer has answered: a reset from now on is no attempt to make us work for nothing. */
  abstract readonly answered: boolean

  // ---- the outgoing direction

  write(chunk: Uint8Array, last: boolean): boolean {
    if (this.outgoingEnded || this.gone) return true
    if (last) this.outgoingEnded = true
    let sent = 0
    if (this.#queue === undefined) {
      sent = this.#transmit(chunk, last)
      if (this.flushed) this.onFlushed()
      if (this.gone) return true
    }
    if (sent < chunk.length || (last && !this.flushed)) {
      this.#queue ??= this.#wait()
      this.#queue.append(chunk, sent)
      if (last) this.core.watch(this)
    }
    if (!this.core.outputBlocked && (this.#queue === undefined || this.#queue.length < HIGH_WATER_MARK)) return true
    if (!this.outgoingEnded) this.#owe()
    return false
  }

  writeTrailers(trailers: Headers): void {
    if (this.outgoingEnded || this.gone) return
    this.outgoingEnded = true
    this.#trailers = trailers
    if (this.#queue === undefined) this.#end()
    else this.core.watch(this)
  }

  /**
   * Sends what waits, as far as windows and the socket allow.
   * @param quota octets after which it is the next stream's turn
   * @returns whether it waits for its connection: for the connection's window, the socket, or its next turn
   */
  flush(quota: number): boolean {
    const queue = this.#queue
    if (queue === undefined || this.gone) return false
    let left = quota
    while (queue.length > 0) {
      if (left <= 0 || this.core.outputBlocked || this.core.sendWindow <= 0) return true
      const chunk = queue.peek(left)
      const last = this.outgoingEnded && this.#trailers === undefined && chunk.length === queue.length
      const sent = this.#transmit(chunk, last)
      if (sent > 0) {
        queue.take(sent)
        left -= sent
        this.progressAt = performance.now()
      }
      if (sent < chunk.length) break
    }
    if (queue.length <= LOW_WATER_MARK) this.#payOff()
    if (queue.length > 0) return !this.gone && this.sendWindow > 0
    this.#queue = undefined
    if (this.flushed) this.onFlushed()
    else if (this.outgoingEnded && !this.gone) this.#end()
    return false
  }

  /** The socket takes bytes again. */
  writable(): void {
    if ((this.#queue?.length ?? 0) <= LOW_WATER_MARK) this.#payOff()
  }

  /** A part of its body waits to go out. */
  get hasQueue(): boolean {
    return this.#queue !== undefined
  }

  /** Written whole, but not gone out whole. */
  get isStuck(): boolean {
    return this.outgoingEnded && !this.flushed && !this.gone
  }

  reset(reason: ResetReason): void {
    if (this.gone) return
    this.core.resetStream(this, codeOf(reason))
  }

  /** HEADERS went out that end the stream. */
  markFlushed(): void {
    this.outgoingEnded = true
    this.flushed = true
    this.onFlushed()
  }

  /** @returns how many octets went out. END_STREAM goes with the last of them. */
  #transmit(chunk: Uint8Array, last: boolean): number {
    const { core } = this
    const until = chunk.length
    let from = 0
    while (from < until) {
      const room = Math.min(until - from, this.sendWindow, core.sendWindow, core.writer.maxFrameSize)
      // The first part goes out however small the window is: the peer owes nothing for what was never sent.
      if (room <= 0 || core.outputBlocked) return from
      const ends = last && from + room === until
      this.sendWindow -= room
      core.sendWindow -= room
      core.sendData(this.id, from === 0 && room === until ? chunk : chunk.subarray(from, from + room), ends)
      from += room
      if (ends) this.flushed = true
    }
    if (last && !this.flushed) {
      core.sendData(this.id, NOTHING, true)
      this.flushed = true
    }
    return from
  }

  #wait(): KeptBytes {
    this.progressAt = performance.now()
    this.core.wait(this)
    return new KeptBytes()
  }

  #end(): void {
    const trailers = this.#trailers
    this.#trailers = undefined
    if (trailers === undefined) this.core.sendData(this.id, NOTHING, true)
    else this.core.sendTrailers(this.id, trailers)
    this.flushed = true
    this.onFlushed()
  }

  #owe(): void {
    this.#owed = true
    if (this.core.outputBlocked) this.core.owe(this)
  }

  #payOff(): void {
    if (!this.#owed || this.gone) return
    if (this.core.outputBlocked) {
      this.core.owe(this)
      return
    }
    this.#owed = false
    this.handler.onWritable()
  }

  // ---- the incoming direction

  pause(): void {
    this.#paused = true
  }

  resume(): void {
    this.#paused = false
    const held = this.#held
    if (held === 0) return
    this.#held = 0
    this.core.credit(held)
    this.#credit(held)
  }

  /** DATA came. @returns false: more than its window allows */
  receive(length: number): boolean {
    this.#window ??= this.core.newWindow()
    return this.#window.receive(length)
  }

  /** Our own setting changed the windows of all streams. */
  shrinkWindow(by: number): void {
    if (this.#window !== undefined) this.#window.left -= by
  }

  /** So much of it was passed on: the peer may send as much again, unless we are to pause. */
  passedOn(length: number): void {
    if (this.#paused && !this.gone) this.#held += length
    else {
      this.core.credit(length)
      this.#credit(length)
    }
  }

  #credit(length: number): void {
    if (this.gone || this.incomingEnded) return
    const increment = this.#window?.passOn(length) ?? 0
    if (increment > 0) this.core.writer.windowUpdate(this.id, increment)
  }

  // ---- the end

  /** END_STREAM came, and the handler knows. */
  onIncomingEnded(): void {
    if (this.flushed) this.core.remove(this)
  }

  /** END_STREAM went out. */
  onFlushed(): void {
    if (this.gone) return
    if (this.incomingEnded) this.core.remove(this)
    else this.onAnsweredEarly()
  }

  /** Our half is closed, the peer's is not. */
  protected onAnsweredEarly(): void {}

  /** Out of the table: what the connection lent it goes back. */
  release(): void {
    this.gone = true
    this.#queue?.release()
    this.#queue = undefined
    this.#trailers = undefined
    const held = this.#held
    this.#held = 0
    if (held > 0) this.core.credit(held)
  }

  /** It ends before its time, not by our own will. */
  fail(reason: ResetReason): void {
    const over = this.incomingEnded && this.outgoingEnded
    const { handler } = this
    this.release()
    if (!over) handler.onReset(reason)
  }

  /** RST_STREAM for a half that nobody needs any more. */
  protected abandon(code: typeof NO_ERROR | typeof CANCEL): void {
    this.core.resetStream(this, code)
  }
}

const UNHEARD: StreamHandler = { onData() {}, onTrailers() {}, onReset() {}, onWritable() {} }
