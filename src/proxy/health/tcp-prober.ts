/** A TCP health check: whether a connection can be made and, if asked, whether the peer answers as expected. */
import type { Connector, ConnectorTarget, TransportListener } from '../cluster/connector.ts'
import type { Transport, TransportHandler } from '../net/transport.ts'
import { containsInOrder } from './payload.ts'
import type { TcpCheckSettings } from './settings.ts'
import { HEALTHY, type Prober, UNREACHABLE, type Verdict } from './verdict.ts'

export class TcpProber implements Prober {
  readonly #settings: TcpCheckSettings
  readonly #connector: Connector
  readonly #target: ConnectorTarget
  #last: Answer | undefined

  constructor(settings: TcpCheckSettings, connector: Connector, target: ConnectorTarget) {
    this.#settings = settings
    this.#connector = connector
    this.#target = target
  }

  check(done: (verdict: Verdict) => void): () => void {
    const { send, receive } = this.#settings
    // Its end may wait for a peer that never ends its own side.
    this.#last?.cancel()
    let answer: Answer | undefined
    const listener: TransportListener = {
      onTransport: transport => {
        answer = new Answer(transport, receive, done)
        this.#last = answer
        transport.handler = answer
        if (send.length > 0) transport.write(send)
        answer.judge()
      },
      onTransportFailed: () => done(UNREACHABLE),
    }
    const attempt = this.#connector.tcp(this.#target, listener, undefined)
    return () => {
      attempt.cancel()
      answer?.cancel()
    }
  }

  close(): void {
    this.#last?.cancel()
  }
}

/** Collects what the peer sends until it is enough. */
class Answer implements TransportHandler {
  readonly #transport: Transport
  readonly #expected: readonly Buffer[]
  readonly #done: (verdict: Verdict) => void
  #received = Buffer.alloc(0)
  #over = false

  constructor(transport: Transport, expected: readonly Buffer[], done: (verdict: Verdict) => void) {
    this.#transport = transport
    this.#expected = expected
    this.#done = done
  }

  judge(): void {
    if (!containsInOrder(this.#received, this.#expected)) return
    this.#transport.end()
    this.#conclude(HEALTHY)
  }

  cancel(): void {
    this.#over = true
    this.#transport.destroy()
  }

  onBytes(bytes: Buffer): void {
    if (this.#over) return
    this.#received = Buffer.concat([this.#received, bytes])
    this.judge()
  }

  onEnd(): void {
    this.#transport.destroy()
    this.#conclude(UNREACHABLE)
  }

  onWritable(): void {}

  onClosed(): void {
    this.#conclude(UNREACHABLE)
  }

  #conclude(verdict: Verdict): void {
    if (this.#over) return
    this.#over = true
    this.#done(verdict)
  }
}
