/** A transport without a socket: tests feed its handler by hand and look at what was written. */
import type { Transport, TransportHandler } from './transport.ts'

export class MemoryTransport implements Transport {
  readonly remoteAddress = '127.0.0.1'
  readonly remotePort = 40_000
  readonly localAddress = '127.0.0.1'
  readonly localPort = 80
  pending = 0
  handler: TransportHandler = { onBytes() {}, onEnd() {}, onWritable() {}, onClosed() {} }
  /** All that was written, one character a byte. */
  written = ''
  ended = false
  /** destroyed: closed at once; aborted: with RST. */
  state: 'open' | 'destroyed' | 'aborted' = 'open'
  paused = false
  /** What `write` answers. */
  hasRoom = true

  write(bytes: Uint8Array): boolean {
    if (this.state === 'open' && !this.ended) this.written += Buffer.from(bytes).toString('latin1')
    return this.hasRoom
  }

  end(): void {
    this.ended = true
  }

  destroy(abort = false): void {
    if (this.state === 'open') this.state = abort ? 'aborted' : 'destroyed'
  }

  pause(): void {
    this.paused = true
  }

  resume(): void {
    this.paused = false
  }

  /** The peer sends this, one character a byte; the buffer is overwritten afterwards, as the shared one would be. */
  receive(text: string): void {
    if (this.state !== 'open') return
    const bytes = Buffer.from(text, 'latin1')
    this.handler.onBytes(bytes)
    bytes.fill(0x7e)
  }
}
