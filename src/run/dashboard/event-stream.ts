/** Server-sent events: one answer that goes on, an event a line of JSON. A reader who is too slow misses events and is told how many. */
import type { IncomingMessage, ServerResponse } from 'node:http'
import { SECURITY_HEADERS } from './page-files.ts'

/** Bytes that may wait for a reader. */
const MOST_WAITING = 1024 * 1024
/** Proxies and browsers drop a connection that is silent for long. */
const HEARTBEAT_MS = 15_000

export class EventStream {
  readonly #response: ServerResponse
  readonly #heartbeat: NodeJS.Timeout
  #missed = 0

  /** @param onClose the reader is gone, or close() was called; once */
  constructor(request: IncomingMessage, response: ServerResponse, onClose: () => void) {
    this.#response = response
    response.writeHead(200, {
      'content-type': 'text/event-stream',
      'cache-control': 'no-store',
      'x-accel-buffering': 'no',
      ...SECURITY_HEADERS,
    })
    response.write(':\n\n')
    this.#heartbeat = setInterval(() => response.write(':\n\n'), HEARTBEAT_MS)
    request.socket.setNoDelay(true)
    response.on('close', () => {
      clearInterval(this.#heartbeat)
      onClose()
    })
  }

  send(event: string, value: unknown): void {
    if (this.#response.writableLength > MOST_WAITING) {
      this.#missed++
      return
    }
    if (this.#missed > 0) {
      this.#write('missed', { count: this.#missed })
      this.#missed = 0
    }
    this.#write(event, value)
  }

  close(): void {
    this.#response.end()
  }

  #write(event: string, value: unknown): void {
    this.#response.write(`event: ${event}\ndata: ${JSON.stringify(value)}\n\n`)
  }
}
