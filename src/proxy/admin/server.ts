/**
 * Serves the admin endpoint over the proxy's own HTTP/1 codec: no other HTTP server needs to be in memory.
 */
import type { Socket } from 'node:net'
import type { TimerWheel } from '../../lib/timer-wheel.ts'
import { HeaderList } from '../http/headers.ts'
import type { OnRequest, RequestHead, ServerConnection, ServerStream, StreamHandler } from '../http/stream.ts'
import { DEFAULT_HEAD_LIMITS } from '../http1/head-reader.ts'
import { Http1ServerConnection } from '../http1/server-connection.ts'
import { addressText, type ListenAddress } from '../listener/listen-address.ts'
import { ListenSocket } from '../listener/listen-socket.ts'
import { acceptTransport } from '../net/accept.ts'
import { type AdminResponse, answer } from './endpoints.ts'
import { TAP_PATH, tapStream } from './tap.ts'
import type { AdminView } from './view.ts'

const IDLE_MS = 300_000
const HEAD_MS = 10_000
const BACKLOG = 128

export class AdminServer {
  readonly #socket: ListenSocket
  readonly #view: AdminView
  readonly #timers: TimerWheel
  readonly #connections = new Set<ServerConnection>()

  /** @param onOutcome called with the reason when its address can't be bound */
  constructor(address: ListenAddress, view: AdminView, timers: TimerWheel, onOutcome: (error: string | undefined) => void) {
    this.#view = view
    this.#timers = timers
    this.#socket = new ListenSocket(address, BACKLOG, socket => this.#accept(socket), onOutcome)
  }

  get port(): number {
    return this.#socket.port
  }

  /** "127.0.0.1:15000", with the port in use. */
  get address(): string {
    const { address } = this.#socket
    return addressText('path' in address ? address : { ...address, port: this.port })
  }

  async start(): Promise<void> {
    this.#socket.open()
    await this.#socket.tried
  }

  close(): void {
    this.#socket.close()
    for (const connection of this.#connections) connection.destroy()
  }

  #accept(socket: Socket): void {
    const connection = new Http1ServerConnection(acceptTransport(socket, UNHEARD), {
      scheme: 'http',
      limits: DEFAULT_HEAD_LIMITS,
      headTimeoutMs: HEAD_MS,
      idleTimeoutMs: IDLE_MS,
      timers: this.#timers,
      onRequest: this.#onRequest,
      onProtocolError() {},
      onClosed: ended => {
        this.#connections.delete(ended)
      },
    })
    this.#connections.add(connection)
  }

  readonly #onRequest: OnRequest = (stream, head, last) => {
    if (pathOf(head) === TAP_PATH) return tapStream(this.#view.recorder, stream, head)
    if (last) void this.#respond(stream, head)
    return new Waiting(() => this.#respond(stream, head))
  }

  async #respond(stream: ServerStream, head: RequestHead): Promise<void> {
    const url = URL.parse(head.path, 'http://admin')
    const query = url?.searchParams ?? new URLSearchParams()
    const response = await answer(this.#view, { method: head.method, path: pathOf(head), query })
    send(stream, head, response)
  }
}

function pathOf(head: RequestHead): string {
  const url = URL.parse(head.path, 'http://admin')
  return url === null || url.pathname === '/' ? '/' : url.pathname.replace(/\/$/, '')
}

function send(stream: ServerStream, head: RequestHead, { status, type, body }: AdminResponse): void {
  const bytes = Buffer.from(body)
  const headers = new HeaderList([
    'content-type',
    type,
    'cache-control',
    'no-cache, max-age=0',
    'x-content-type-options',
    'nosniff',
    'content-length',
    String(bytes.length),
  ])
  const withBody = head.method !== 'HEAD' && bytes.length > 0
  stream.respond({ status, headers }, !withBody)
  if (withBody) stream.write(bytes, true)
}

/** A request's body is of no interest, but its end is: the answer comes after it. */
class Waiting implements StreamHandler {
  readonly #ended: () => void

  constructor(ended: () => void) {
    this.#ended = ended
  }

  onData(_chunk: Buffer, last: boolean): void {
    if (last) this.#ended()
  }

  onTrailers(): void {
    this.#ended()
  }

  onReset(): void {}
  onWritable(): void {}
}

const UNHEARD = { onBytes() {}, onEnd() {}, onWritable() {}, onClosed() {} }
