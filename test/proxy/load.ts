/** Clients that never stop asking over kept connections, and remember what went wrong. */
import { Agent, request } from 'node:http'

export class Load {
  requests = 0
  /** Everything that was not a 200. */
  readonly failures: string[] = []
  /** Bodies seen, and how often. */
  readonly bodies = new Map<string, number>()
  readonly #port: number
  readonly #agent: Agent
  readonly #over: Promise<unknown>
  #stopped = false

  /** @param path of a GET */
  constructor(port: number, connections: number, path = '/') {
    this.#port = port
    this.#agent = new Agent({ keepAlive: true, maxSockets: connections })
    this.#over = Promise.all(Array.from({ length: connections }, () => this.#run(path)))
  }

  async stop(): Promise<void> {
    this.#stopped = true
    await this.#over
    this.#agent.destroy()
  }

  async #run(path: string): Promise<void> {
    while (!this.#stopped) {
      this.requests++
      try {
        const { status, body } = await this.#ask(path)
        this.bodies.set(body, (this.bodies.get(body) ?? 0) + 1)
        if (status !== 200) this.failures.push(`${status} ${body}`)
      } catch (error) {
        this.failures.push(String(error))
      }
      // The machine is shared: enough to notice a gap, not to fill it.
      await new Promise(resolve => setTimeout(resolve, 3))
    }
  }

  #ask(path: string): Promise<{ status: number; body: string }> {
    return new Promise((resolve, reject) => {
      const asked = request(
        { host: '127.0.0.1', port: this.#port, path, agent: this.#agent, headers: { host: 'shop.test' } },
        response => {
          let body = ''
          response.setEncoding('utf8')
          response.on('data', text => {
            body += text
          })
          response.on('end', () => resolve({ status: response.statusCode ?? 0, body }))
          response.on('error', reject)
        },
      )
      asked.on('error', reject)
      asked.end()
    })
  }
}

/** Waits until a condition holds. @throws naming what did not happen */
export async function until(what: string, condition: () => boolean | Promise<boolean>, timeoutMs = 10_000): Promise<void> {
  const deadline = performance.now() + timeoutMs
  while (!(await condition())) {
    if (performance.now() > deadline) throw new Error(`it did not happen within ${timeoutMs} ms: ${what}`)
    await new Promise(resolve => setTimeout(resolve, 15))
  }
}
