/** Servers that say their name, and a client that never stops asking. */
import { once } from 'node:events'
import { Agent, createServer, get, type Server } from 'node:http'

export interface NamedServer {
  readonly port: number
  stop(): void
}

/** Answers every request with `name`. */
export async function startNamed(name: string): Promise<NamedServer> {
  const server: Server = createServer((_request, response) => response.end(name))
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('Cannot tell the port: the server does not listen on TCP')
  return {
    port: address.port,
    stop() {
      server.close()
      server.closeAllConnections()
    },
  }
}

/** One request after the other over one connection, until stopped. */
export class Load {
  /** The latest answer: status and body. */
  last = ''
  requests = 0
  /** Everything that was not a 200. */
  readonly failures: string[] = []
  readonly #port: number
  readonly #agent = new Agent({ keepAlive: true, maxSockets: 1 })
  #stopped = false
  readonly #over: Promise<void>

  constructor(port: number) {
    this.#port = port
    this.#over = this.#run()
  }

  async stop(): Promise<void> {
    this.#stopped = true
    await this.#over
    this.#agent.destroy()
  }

  async #run(): Promise<void> {
    while (!this.#stopped) {
      this.requests++
      try {
        this.last = await this.#ask()
        if (!this.last.startsWith('200 ')) this.failures.push(this.last)
      } catch (error) {
        this.failures.push(String(error))
      }
      // The machine is shared: a request each few milliseconds is load enough to notice a gap.
      await new Promise(resolve => setTimeout(resolve, 2))
    }
  }

  #ask(): Promise<string> {
    return new Promise((resolve, reject) => {
      const request = get({ host: '127.0.0.1', port: this.#port, path: '/', agent: this.#agent }, response => {
        let body = ''
        response.setEncoding('utf8').on('data', text => {
          body += text
        })
        response.on('end', () => resolve(`${response.statusCode} ${body}`))
        response.on('error', reject)
      })
      request.on('error', reject)
    })
  }
}
