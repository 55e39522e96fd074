/** What a connection counts while it is open, into one series or, where metrics have different labels, into several. */

export interface ConnectionCounts {
  open(): void
  close(): void
  /** Bytes to the client. */
  sent(bytes: number): void
  received(bytes: number): void
}

export class ChangedConnection implements ConnectionCounts {
  readonly #parts: readonly (readonly [series: ConnectionCounts, metrics: ReadonlySet<string>])[]

  /** @param parts each with the metrics that count in it */
  constructor(parts: readonly (readonly [series: ConnectionCounts, metrics: ReadonlySet<string>])[]) {
    this.#parts = parts
  }

  open(): void {
    for (const [series, metrics] of this.#parts) if (metrics.has('istio_tcp_connections_opened_total')) series.open()
  }

  close(): void {
    for (const [series, metrics] of this.#parts) if (metrics.has('istio_tcp_connections_closed_total')) series.close()
  }

  sent(bytes: number): void {
    for (const [series, metrics] of this.#parts) if (metrics.has('istio_tcp_sent_bytes_total')) series.sent(bytes)
  }

  received(bytes: number): void {
    for (const [series, metrics] of this.#parts) if (metrics.has('istio_tcp_received_bytes_total')) series.received(bytes)
  }
}
