/**
 * Two filters for stubs and tests: one answers every connection with the same bytes, one with what it gets.
 */
import type { Connection, OpenConnection, TerminalFilter } from '../listener/connection.ts'
import { acceptTransport } from '../net/accept.ts'
import type { Transport, TransportHandler } from '../net/transport.ts'

/** envoy.extensions.filters.network.direct_response.v3.Config */
export class DirectAnswer implements TerminalFilter {
  readonly #answer: Buffer

  constructor(answer: Buffer) {
    this.#answer = answer
  }

  accept(connection: Connection, closed: (ended: OpenConnection) => void): OpenConnection {
    const answered = new AnsweredConnection(connection, closed, false)
    answered.transport.write(this.#answer)
    answered.transport.end()
    // Not waiting for the client to close its half.
    connection.socket.destroySoon()
    return answered
  }
}

/** envoy.extensions.filters.network.echo.v3.Echo */
export class Echo implements TerminalFilter {
  accept(connection: Connection, closed: (ended: OpenConnection) => void): OpenConnection {
    return new AnsweredConnection(connection, closed, true)
  }
}

class AnsweredConnection implements OpenConnection, TransportHandler {
  readonly active = 1
  readonly transport: Transport
  readonly #closed: (ended: OpenConnection) => void
  readonly #echo: boolean

  constructor(connection: Connection, closed: (ended: OpenConnection) => void, echo: boolean) {
    this.#closed = closed
    this.#echo = echo
    this.transport = acceptTransport(connection.socket, this)
  }

  onBytes(bytes: Buffer): void {
    if (this.#echo && !this.transport.write(bytes)) this.transport.pause()
  }

  onEnd(): void {
    this.transport.end()
  }

  onWritable(): void {
    this.transport.resume()
  }

  onClosed(): void {
    this.#closed(this)
  }

  drain(): void {}

  destroy(): void {
    this.transport.destroy()
  }
}
