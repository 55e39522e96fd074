/** Clients of a mesh that never stop asking: each on a keep-alive connection of its own, over the HTTP_PROXY of a sidecar. */
import { Agent, get } from 'node:http'
import { setTimeout as sleep } from 'node:timers/promises'

export interface Failure {
  /** Milliseconds since the load began. */
  readonly atMs: number
  /** The answer that was no 200, or how the connection broke. */
  readonly what: string
}

/** The machine is shared: this many requests are enough to meet every gap. */
const PAUSE_MS = 4

export class Load implements AsyncDisposable {
  readonly failures: Failure[] = []
  requests = 0
  readonly #clients: Promise<void>[]
  readonly #began = performance.now()
  /** The newest answer of each connection. */
  readonly #latest: string[] = []
  #stopped = false

  /** @param ports of sidecars; connections are dealt out to them in turn @param url absolute */
  constructor(ports: readonly number[], url: string, connections = 16) {
    this.#clients = Array.from({ length: connections }, (_, index) => this.#client(index, ports[index % ports.length] ?? 0, url))
  }

  /** All connections were last answered with this. */
  all(answer: string): boolean {
    return this.#latest.length === this.#clients.length && this.#latest.every(each => each === answer)
  }

  /** Some connection was last answered with this. */
  some(answer: string): boolean {
    return this.#latest.includes(answer)
  }

  async stop(): Promise<void> {
    this.#stopped = true
    await Promise.all(this.#clients)
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.stop()
  }

  async #client(index: number, port: number, url: string): Promise<void> {
    const agent = new Agent({ keepAlive: true, maxSockets: 1 })
    while (!this.#stopped) {
      try {
        const { status, body } = await ask(agent, port, url)
        if (status === 200) this.#latest[index] = body
        else this.#failed(`${status} ${body}`)
      } catch (error) {
        this.#failed(String(error))
      }
      this.requests += 1
      await sleep(PAUSE_MS)
    }
    agent.destroy()
  }

  #failed(what: string): void {
    this.failures.push({ atMs: Math.round(performance.now() - this.#began), what })
  }
}

export interface Answer {
  readonly status: number
  readonly body: string
}

/** One request over a sidecar's HTTP_PROXY port. Rejects when the connection breaks before the answer is whole. */
export function ask(agent: Agent | false, port: number, url: string): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const { host } = new URL(url)
    const signal = AbortSignal.timeout(15_000)
    const request = get({ host: '127.0.0.1', port, path: url, headers: { host }, agent, signal }, response => {
      let body = ''
      response.setEncoding('utf8').on('data', text => {
        body += text
      })
      response.on('error', reject)
      response.on('end', () => resolve({ status: response.statusCode ?? 0, body }))
    })
    request.on('error', reject)
  })
}
