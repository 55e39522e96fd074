/**
 * The pod's status ports, as Istio's agent has them: 15021 says whether the proxy is ready, 15020 does that too, asks the application in kubelet's name,
 * gives the metrics of both, and over TLS lets the control plane look at the proxy (observer.ts); 15090 gives those of the proxy alone. /drain and /quitquitquit are for the pod itself.
 */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { createServer as createListener, type Server } from 'node:net'
import { MetricsRegistry } from '../../lib/metrics-registry.ts'
import type { AppProber } from './app-prober.ts'
import type { Observer } from './observer.ts'

export interface StatusActions {
  /** @returns why it is not ready; undefined: it is */
  readonly notReady: () => Promise<string | undefined>
  readonly prober: AppProber
  /** Of the proxy, in Prometheus' text. @throws (rejects) when it has none to give */
  readonly proxyMetrics: () => Promise<string>
  /** Of the application, in the same. @param failed told of each part that is missing */
  readonly applicationMetrics: (failed: () => void) => Promise<string>
  readonly drain: () => void
  readonly quit: () => void
  /** The control plane's door to the proxy, on port 15020. */
  readonly observer: Observer
}

interface Answer {
  readonly status: number
  readonly body: string
}

const TEXT = 'text/plain; version=0.0.4; charset=utf-8'

/** Which paths a port answers. */
export type PortKind = 'health' | 'status' | 'metrics'

export class StatusServer {
  readonly #actions: StatusActions
  readonly #closing: (() => void)[] = []
  readonly #registry = new MetricsRegistry()
  // Istio's names, and its word for the proxy.
  readonly #scrapes = this.#registry.counter('istio_agent_scrapes_total', 'How often the merged metrics were read.')
  readonly #failures = this.#registry.counter('istio_agent_scrape_failures_total', 'Parts of them that were missing.')
  /** As kubelet's probes go on for the life of the pod, an answer of before is not asked for again. */
  #wasReady = false

  constructor(actions: StatusActions) {
    this.#actions = actions
  }

  /** @returns the port @throws (rejects) when it is taken */
  listen(kind: PortKind, port: number): Promise<number> {
    const plain = createServer((request, response) => void this.#serve(kind, request, response))
    const { observer } = this.#actions
    const server: Server = kind === 'status' ? createListener(socket => observer.takeOrPass(socket, plain)) : plain
    this.#closing.push(() => {
      server.close()
      plain.closeAllConnections()
    })
    return new Promise((resolve, reject) => {
      server.on('error', error => reject(new Error(`Cannot serve the pod's status on port ${port}: ${error.message}`)))
      server.listen(port, () => {
        const address = server.address()
        resolve(typeof address === 'object' && address !== null ? address.port : port)
      })
    })
  }

  /** From now on it is not ready, whatever it was. */
  ending = false

  close(): void {
    for (const close of this.#closing) close()
    this.#actions.observer.close()
  }

  async #serve(kind: PortKind, request: IncomingMessage, response: ServerResponse): Promise<void> {
    request.resume()
    try {
      const { status, body } = await this.#answer(kind, request)
      response.writeHead(status, { 'content-type': TEXT, 'content-length': Buffer.byteLength(body) }).end(body)
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error)
      if (!response.headersSent) response.writeHead(500, { 'content-type': TEXT })
      response.end(`${reason}\n`)
    }
  }

  async #answer(kind: PortKind, request: IncomingMessage): Promise<Answer> {
    const path = (request.url ?? '/').replace(/\?.*$/s, '')
    if (path === '/healthz/ready' && kind !== 'metrics') return this.#ready()
    const metrics = path === '/stats/prometheus' || path === '/metrics'
    if (metrics && kind === 'metrics') return { status: 200, body: await this.#actions.proxyMetrics() }
    if (kind !== 'status') return NOT_FOUND
    if (metrics) return { status: 200, body: await this.#merged() }
    if (path.startsWith('/app-health/') || path.startsWith('/app-lifecycle/')) {
      const answer = await this.#actions.prober.ask(path, { 'user-agent': request.headers['user-agent'] })
      return answer ?? { status: 404, body: `there is no probe "${path}"\n` }
    }
    if (path !== '/quitquitquit' && path !== '/drain') return NOT_FOUND
    return this.#act(path, request)
  }

  #act(path: '/quitquitquit' | '/drain', request: IncomingMessage): Answer {
    const from = request.socket.remoteAddress ?? ''
    if (!/^(::ffff:)?127\.|^::1$/.test(from)) return { status: 403, body: 'Only requests from localhost are allowed\n' }
    if (request.method !== 'POST') return { status: 405, body: 'Expected POST\n' }
    if (path === '/drain') this.#actions.drain()
    else this.#actions.quit()
    return { status: 200, body: 'OK\n' }
  }

  async #ready(): Promise<Answer> {
    if (this.ending) return { status: 503, body: 'the pod is ending\n' }
    if (this.#wasReady) return { status: 200, body: '' }
    const reason = await this.#actions.notReady()
    if (reason !== undefined) return { status: 503, body: `${reason}\n` }
    this.#wasReady = true
    return { status: 200, body: '' }
  }

  async #merged(): Promise<string> {
    this.#scrapes.add()
    const [proxy, application] = await Promise.all([
      this.#actions.proxyMetrics().catch(() => {
        this.#failures.add({ type: 'envoy' })
        return ''
      }),
      this.#actions.applicationMetrics(() => this.#failures.add({ type: 'application' })),
    ])
    return this.#registry.render() + proxy + application
  }
}

const NOT_FOUND: Answer = { status: 404, body: '404 page not found\n' }
