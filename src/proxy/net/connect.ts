/** Outgoing connections as transports. */
import { connect, type OnReadOpts, type Socket } from 'node:net'
import { READ_BUFFER } from './shared-read.ts'
import { SocketTransport } from './socket-transport.ts'
import type { Transport, TransportHandler } from './transport.ts'

/** Where to: a TCP address (an IP address; names are resolved further up) or a unix socket's path. */
export type ConnectTarget =
  | { readonly host: string; readonly port: number; readonly localAddress?: string }
  | { readonly path: string }

export interface ConnectOptions {
  /** Milliseconds until the attempt is given up; 0: never by ourselves. */
  readonly timeoutMs: number
}

/** Who hears how an attempt went: exactly one call, unless it was cancelled. */
export interface ConnectListener {
  /** Set `transport.handler` before returning. */
  onConnected(transport: Transport): void
  onConnectFailed(error: Error, timedOut: boolean): void
}

export interface ConnectAttempt {
  /** Gives up silently. Nothing happens when the attempt is over. */
  cancel(): void
}

export function connectTransport(target: ConnectTarget, options: ConnectOptions, listener: ConnectListener): ConnectAttempt {
  const attempt = new Attempt(options.timeoutMs, listener)
  attempt.watch(connect({ ...target, allowHalfOpen: true, noDelay: true, onread: attempt.onread }))
  return attempt
}

/** From the first packet to the established connection; what comes after is the transport's. */
class Attempt implements ConnectAttempt {
  /** For the socket's options: reads into the shared buffer. */
  readonly onread: OnReadOpts
  readonly #listener: ConnectListener
  readonly #timer: NodeJS.Timeout | undefined
  #socket: Socket | undefined
  #transport: Transport | undefined
  #over = false

  constructor(timeoutMs: number, listener: ConnectListener) {
    this.#listener = listener
    if (timeoutMs > 0) this.#timer = setTimeout(() => this.#timeOut(timeoutMs), timeoutMs)
    this.onread = {
      buffer: READ_BUFFER,
      callback: (length: number) => {
        this.#transport?.handler.onBytes(READ_BUFFER.subarray(0, length))
        return true
      },
    }
  }

  watch(socket: Socket): void {
    this.#socket = socket
    const onError = (error: Error) => this.#fail(error, false)
    const onEarlyEnd = () =>
      this.#fail(new Error('Cannot connect: the peer closed the connection before it was established'), false)
    socket.on('error', onError)
    socket.on('close', onEarlyEnd)
    socket.once('connect', () => {
      if (this.#over) return
      this.#settle()
      // The transport listens before we stop to, so that no error is ever without a listener.
      this.#transport = new SocketTransport(socket, NOBODY)
      socket.off('error', onError)
      socket.off('close', onEarlyEnd)
      this.#listener.onConnected(this.#transport)
    })
  }

  cancel(): void {
    if (this.#over) return
    this.#settle()
    this.#socket?.destroy()
  }

  #timeOut(timeoutMs: number): void {
    this.#fail(new Error(`Cannot connect: no answer within ${timeoutMs} ms`), true)
  }

  #fail(error: Error, timedOut: boolean): void {
    if (this.#over) return
    this.#settle()
    this.#socket?.destroy()
    this.#listener.onConnectFailed(error, timedOut)
  }

  #settle(): void {
    this.#over = true
    clearTimeout(this.#timer)
  }
}

const NOBODY: TransportHandler = { onBytes() {}, onEnd() {}, onWritable() {}, onClosed() {} }
