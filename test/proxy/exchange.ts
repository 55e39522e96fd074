/**
 * A client that sends exactly what it is told to and reads one response (RFC 9112), as unforgiving as the proxies it tests.
 */
import net, { type Socket } from 'node:net'

export interface Response {
  readonly status: number
  /** "name: value", names in lower case, sorted; without those that differ from run to run. */
  readonly headers: readonly string[]
  readonly body: string
  readonly trailers: readonly string[]
  /** 1xx before it. */
  readonly informational: readonly number[]
  /** How the connection stood when the response was complete, or how it broke. */
  readonly end: 'open' | 'closed' | 'broken'
}

const VOLATILE = /^(date|x-envoy-upstream-service-time|x-request-id):/

/** Sends `request` over a connection of its own. */
export async function exchange(port: number, request: string, timeoutMs = 10_000): Promise<Response> {
  const connection = new Wire(port)
  try {
    connection.send(request)
    return await connection.response(/^HEAD /.test(request), timeoutMs)
  } finally {
    connection.close()
  }
}

export function request(method: string, path: string, headers: Readonly<Record<string, string>> = {}, body = ''): string {
  const fields = {
    host: 'shop.test',
    ...headers,
    ...(body !== '' && { 'content-length': String(Buffer.byteLength(body, 'latin1')) }),
  }
  const lines = Object.entries(fields).map(([name, value]) => `${name}: ${value}\r\n`)
  return `${method} ${path} HTTP/1.1\r\n${lines.join('')}\r\n${body}`
}

/** One connection to a proxy. */
export class Wire {
  readonly socket: Socket
  #received = Buffer.alloc(0)
  #ended = false
  #broken = false
  #wake: () => void = () => {}

  constructor(port: number) {
    this.socket = net.connect({ port, host: '127.0.0.1', allowHalfOpen: true, noDelay: true })
    this.socket.on('data', bytes => {
      this.#received = Buffer.concat([this.#received, bytes])
      this.#wake()
    })
    this.socket.on('end', () => {
      this.#ended = true
      this.#wake()
    })
    this.socket.on('error', () => {
      this.#broken = true
      this.#wake()
    })
  }

  send(text: string): void {
    this.socket.write(Buffer.from(text, 'latin1'))
  }

  close(): void {
    this.socket.destroy()
  }

  /** Everything up to the connection's end. */
  async rest(): Promise<string> {
    while (!this.#ended && !this.#broken) await this.#more(10_000)
    return this.#take(this.#received.length)
  }

  /** @returns so many bytes */
  async bytes(count: number): Promise<string> {
    while (this.#received.length < count && !this.#ended && !this.#broken) await this.#more(10_000)
    return this.#take(count)
  }

  async response(head: boolean, timeoutMs = 10_000): Promise<Response> {
    const informational: number[] = []
    for (;;) {
      const block = await this.#until('\r\n\r\n', timeoutMs)
      if (block === undefined) return { status: 0, headers: [], body: '', trailers: [], informational, end: 'broken' }
      const [first = '', ...fields] = block.split('\r\n').filter(line => line !== '')
      const status = Number(/^HTTP\/1\.[01] (\d{3}) /.exec(`${first} `)?.[1])
      if (status < 200 && status !== 101) {
        informational.push(status)
        continue
      }
      const headers = fields.map(line => line.replace(/^[^:]*:\s*/, name => `${name.trim().toLowerCase()} `)).sort()
      const { body, trailers, whole } = await this.#body(
        headers,
        head || status === 204 || status === 304 || status === 101,
        timeoutMs,
      )
      const shown = headers.filter(line => !VOLATILE.test(line))
      return { status, headers: shown, body, trailers, informational, end: !whole ? 'broken' : await this.#end(headers) }
    }
  }

  async #end(headers: readonly string[]): Promise<'open' | 'closed'> {
    if (!headers.includes('connection: close')) return 'open'
    while (!this.#ended && !this.#broken) await this.#more(10_000)
    return 'closed'
  }

  async #body(
    headers: readonly string[],
    none: boolean,
    timeoutMs: number,
  ): Promise<{ body: string; trailers: string[]; whole: boolean }> {
    if (none) return { body: '', trailers: [], whole: true }
    if (headers.includes('transfer-encoding: chunked')) return this.#chunks(timeoutMs)
    const length = headers.find(line => line.startsWith('content-length: '))
    const wanted = length === undefined ? Number.POSITIVE_INFINITY : Number(length.slice(16))
    while (this.#received.length < wanted && !this.#ended && !this.#broken) await this.#more(timeoutMs)
    const body = this.#take(Math.min(wanted, this.#received.length))
    return { body, trailers: [], whole: length === undefined ? !this.#broken : body.length === wanted }
  }

  async #chunks(timeoutMs: number): Promise<{ body: string; trailers: string[]; whole: boolean }> {
    let body = ''
    for (;;) {
      const line = await this.#until('\r\n', timeoutMs)
      if (line === undefined) return { body, trailers: [], whole: false }
      const size = Number.parseInt(line, 16)
      if (size === 0) break
      while (this.#received.length < size + 2 && !this.#ended && !this.#broken) await this.#more(timeoutMs)
      body += this.#take(size + 2).slice(0, size)
    }
    const trailers: string[] = []
    for (;;) {
      const line = await this.#until('\r\n', timeoutMs)
      if (line === undefined || line === '\r\n') return { body, trailers, whole: line !== undefined }
      trailers.push(line.trimEnd())
    }
  }

  async #until(mark: string, timeoutMs: number): Promise<string | undefined> {
    for (;;) {
      const at = this.#received.indexOf(mark)
      if (at >= 0) return this.#take(at + mark.length)
      if (this.#ended || this.#broken) return undefined
      await this.#more(timeoutMs)
    }
  }

  #take(count: number): string {
    const text = this.#received.toString('latin1', 0, count)
    this.#received = this.#received.subarray(count)
    return text
  }

  #more(timeoutMs: number): Promise<void> {
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => reject(new Error(`nothing came for ${timeoutMs} ms`)), timeoutMs)
      this.#wake = () => {
        clearTimeout(timer)
        resolve()
      }
    })
  }
}
