/**
 * The portable transport: a Transport over a connected net.Socket (TCP, TLS, unix socket), by documented Node APIs only.
 *
 * Output is gathered in a slab and written once per socket and event-loop turn, which is what the proxy's speed rests on: a write
 * system call costs more than everything else that is done for a request.
 */
import type { Socket } from 'node:net'
import { giveSlab, LARGE_SLAB, SMALL_SLAB, takeLargeSlab, takeSmallSlab } from './slab-pool.ts'
import type { Transport, TransportHandler } from './transport.ts'

/** Bytes that may wait for a slow peer before `write` asks to stop, and how few of them let it go on. */
export const HIGH_WATER_MARK = 256 * 1024
const LOW_WATER_MARK = 64 * 1024

const NO_SLAB: Buffer = Buffer.alloc(0)

export class SocketTransport implements Transport {
  readonly remoteAddress: string
  readonly remotePort: number
  readonly localAddress: string
  readonly localPort: number
  handler: TransportHandler

  readonly #socket: Socket
  /** What is gathered for the next flush: `#used` bytes at the start of `#slab`. */
  #slab = NO_SLAB
  #used = 0
  /** In the list of the turn's flush. */
  #queued = false
  /** Slabs that a write still reads from: the kernel did not take all of it at once, or TLS is not through. */
  readonly #lent: Buffer[] = []
  /** `write` returned false, so `onWritable` is owed. */
  #blocked = false
  #ending = false
  #closed = false
  #error: Error | undefined
  /** TLS completes every write later; a plain socket mostly at once. */
  readonly #encrypted: boolean
  readonly #onWritten: (error?: Error | null) => void

  constructor(socket: Socket, handler: TransportHandler) {
    this.#socket = socket
    this.handler = handler
    // Taken now: a closed socket no longer knows them, and the access log asks afterwards.
    this.remoteAddress = socket.remoteAddress ?? ''
    this.remotePort = socket.remotePort ?? 0
    this.localAddress = socket.localAddress ?? ''
    this.localPort = socket.localPort ?? 0
    this.#encrypted = 'encrypted' in socket
    this.#onWritten = error => {
      // After an error 'close' follows, and nobody needs to write more.
      if (!error) this.#written()
    }
    socket.on('end', () => this.handler.onEnd())
    // An error is always followed by 'close', where it is reported.
    socket.on('error', error => {
      this.#error = error
    })
    socket.on('close', () => this.#onClose())
  }

  get pending(): number {
    return this.#used + this.#socket.writableLength
  }

  write(bytes: Uint8Array): boolean {
    if (this.#closed || this.#ending) return true
    const length = bytes.length
    if (this.#used + length <= this.#slab.length) {
      this.#slab.set(bytes, this.#used)
      this.#used += length
    } else {
      this.#append(bytes)
    }
    if (!this.#queued) {
      this.#queued = true
      flushThisTurn(this)
    }
    if (this.#used + this.#socket.writableLength <= HIGH_WATER_MARK) return true
    this.#blocked = true
    return false
  }

  end(): void {
    if (this.#closed || this.#ending) return
    this.flush()
    this.#ending = true
    this.#socket.end()
  }

  destroy(abort = false): void {
    if (this.#closed) return
    this.#closed = true
    this.#dropOutput()
    // Of what is there only plain TCP can send RST; without close_notify a TLS peer knows all the same that the end is not proper. A socket
    // that is shutting down can't be reset (EINVAL, and Node then never closes it).
    if (abort && !this.#encrypted && !this.#ending && this.remotePort !== 0) this.#socket.resetAndDestroy()
    else this.#socket.destroy()
  }

  pause(): void {
    this.#socket.pause()
  }

  resume(): void {
    if (!this.#closed) this.#socket.resume()
  }

  /** Gives what is gathered to the kernel. Runs by itself at the end of the event-loop turn. */
  flush(): void {
    this.#queued = false
    if (this.#used > 0) this.#send()
  }

  #send(): void {
    const slab = this.#slab
    const view = this.#used === slab.length ? slab : slab.subarray(0, this.#used)
    this.#slab = NO_SLAB
    this.#used = 0
    const socket = this.#socket
    if (this.#lent.length > 0 && socket.writableLength === 0) this.#takeBackSlabs()
    if (this.#encrypted || this.#blocked || this.#lent.length > 0) {
      this.#lent.push(slab)
      socket.write(view, this.#onWritten)
      return
    }
    // Without a callback Node schedules nothing for a write that the kernel took whole, and the slab is free at once.
    socket.write(view)
    if (socket.writableLength === 0) giveSlab(slab)
    else this.#lent.push(slab)
  }

  #append(bytes: Uint8Array): void {
    if (this.#slab.length < LARGE_SLAB) {
      const needed = this.#used + bytes.length
      const slab = needed <= SMALL_SLAB ? takeSmallSlab() : takeLargeSlab()
      if (this.#used > 0) {
        slab.set(this.#slab.subarray(0, this.#used))
        giveSlab(this.#slab)
      }
      this.#slab = slab
      if (needed <= slab.length) {
        slab.set(bytes, this.#used)
        this.#used = needed
        return
      }
    }
    // More than a large slab holds: full ones go out now.
    let from = 0
    while (from < bytes.length) {
      if (this.#used === this.#slab.length) {
        if (this.#used > 0) this.#send()
        this.#slab = bytes.length - from <= SMALL_SLAB ? takeSmallSlab() : takeLargeSlab()
      }
      const until = Math.min(bytes.length, from + this.#slab.length - this.#used)
      this.#slab.set(bytes.subarray(from, until), this.#used)
      this.#used += until - from
      from = until
    }
  }

  #written(): void {
    if (this.#closed) return
    const waiting = this.#socket.writableLength
    if (waiting === 0) this.#takeBackSlabs()
    if (!this.#blocked || this.#used + waiting > LOW_WATER_MARK) return
    this.#blocked = false
    this.handler.onWritable()
  }

  #takeBackSlabs(): void {
    for (let i = 0; i < this.#lent.length; i++) giveSlab(this.#lent[i] ?? NO_SLAB)
    this.#lent.length = 0
  }

  #dropOutput(): void {
    if (this.#slab !== NO_SLAB) giveSlab(this.#slab)
    this.#slab = NO_SLAB
    this.#used = 0
    // Lent ones are left to the garbage collector: a write may still read from them.
    this.#lent.length = 0
  }

  #onClose(): void {
    this.#closed = true
    this.#dropOutput()
    this.handler.onClosed(this.#error)
  }
}

let dirty: SocketTransport[] = []
let flushing: SocketTransport[] = []
let scheduled = false

/** One immediate for all transports: it runs right after the reads of this turn, so that what they caused goes out together. */
function flushThisTurn(transport: SocketTransport): void {
  dirty.push(transport)
  if (scheduled) return
  scheduled = true
  setImmediate(flushAll)
}

function flushAll(): void {
  scheduled = false
  const list = dirty
  dirty = flushing
  flushing = list
  for (let i = 0; i < list.length; i++) list[i]?.flush()
  list.length = 0
}
