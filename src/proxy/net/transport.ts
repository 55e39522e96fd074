/**
 * The transport seam: a connected byte stream (plain TCP, TLS or a unix socket) under the codecs and the TCP proxy.
 *
 * What it promises, and what the speed rests on (one write syscall per socket and event-loop turn):
 * `write` copies small pieces into a slab that is flushed once, after the reads of this turn; reads share one buffer per process.
 */
export interface Transport {
  readonly remoteAddress: string
  readonly remotePort: number
  readonly localAddress: string
  readonly localPort: number
  /** Bytes accepted but not yet given to the kernel. */
  readonly pending: number
  /** @returns false above the high-water mark: stop until `onWritable`. Takes or copies the bytes before it returns. */
  write(bytes: Uint8Array): boolean
  /** Half-closes after everything written has gone out. */
  end(): void
  /** Closes at once, dropping what is unsent. `abort`: with RST instead of FIN where the platform can. */
  destroy(abort?: boolean): void
  pause(): void
  resume(): void
  /** Who hears of the incoming direction. May be replaced (protocol detection hands over to a codec). */
  handler: TransportHandler
}

export interface TransportHandler {
  /** A view of the shared read buffer: valid during the call only. */
  onBytes(bytes: Buffer): void
  /** The peer half-closed: no more bytes will come. */
  onEnd(): void
  onWritable(): void
  /** Both directions are over. `error` is undefined after a proper end. Called once. */
  onClosed(error: Error | undefined): void
}
