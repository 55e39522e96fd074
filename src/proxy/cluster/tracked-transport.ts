/**
 * A TCP connection that is given away: counts its bytes, and notices its end.
 */
import type { Transport, TransportHandler } from '../net/transport.ts'
import type { ClusterStats } from './cluster-stats.ts'

export class TrackedTransport implements Transport, TransportHandler {
  handler: TransportHandler
  readonly remoteAddress: string
  readonly remotePort: number
  readonly localAddress: string
  readonly localPort: number
  readonly #inner: Transport
  readonly #stats: ClusterStats
  readonly #onEnded: (byUs: boolean) => void
  #closedByUs = false

  /** @param onEnded called once, before the handler hears of the end */
  constructor(inner: Transport, stats: ClusterStats, onEnded: (byUs: boolean) => void) {
    this.#inner = inner
    this.#stats = stats
    this.#onEnded = onEnded
    this.handler = inner.handler
    this.remoteAddress = inner.remoteAddress
    this.remotePort = inner.remotePort
    this.localAddress = inner.localAddress
    this.localPort = inner.localPort
    inner.handler = this
  }

  get pending(): number {
    return this.#inner.pending
  }

  write(bytes: Uint8Array): boolean {
    this.#stats.upstream_cx_tx_bytes_total += bytes.length
    return this.#inner.write(bytes)
  }

  end(): void {
    this.#inner.end()
  }

  destroy(abort?: boolean): void {
    this.#closedByUs = true
    this.#inner.destroy(abort)
  }

  pause(): void {
    this.#inner.pause()
  }

  resume(): void {
    this.#inner.resume()
  }

  onBytes(bytes: Buffer): void {
    this.#stats.upstream_cx_rx_bytes_total += bytes.length
    this.handler.onBytes(bytes)
  }

  onEnd(): void {
    this.handler.onEnd()
  }

  onWritable(): void {
    this.handler.onWritable()
  }

  onClosed(error: Error | undefined): void {
    this.#onEnded(this.#closedByUs)
    this.handler.onClosed(error)
  }
}
