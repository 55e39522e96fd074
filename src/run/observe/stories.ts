/** What the proxies tell of requests that are over: asked for, or watched as they end. */
import type http from 'node:http'
import { type PodStory, readStories } from '../../explain/story/pod-story.ts'
import { adminGet } from './admin-request.ts'
import { ask } from './ask.ts'
import type { ObservedProxy } from './observed-proxy.ts'

/** @param query of a proxy's /requests: "failed=true&limit=50" @returns oldest first */
export async function askStories(proxies: readonly ObservedProxy[], query: string): Promise<PodStory[]> {
  const answers = await Promise.all(
    proxies.map(async proxy => readStories((await ask(proxy, `/requests?${query}`)) ?? '').map(story => withPod(proxy, story))),
  )
  return answers.flat().sort((a, b) => (a.story.time < b.story.time ? -1 : 1))
}

function withPod({ key, namespace, workload }: ObservedProxy, story: PodStory['story']): PodStory {
  return { pod: key, workload: `${namespace}/${workload}`, story }
}

/** Pods come and go: so often new ones are looked for. */
const LOOK_MS = 3000
/** A line longer than that is no story. */
const MOST_LINE = 256 * 1024

export interface TapOptions {
  readonly proxies: () => readonly ObservedProxy[]
  /** Of a proxy's /tap: "failed=true&status=5xx". */
  readonly query: string
  readonly onStory: (story: PodStory) => void
  /** So many were left out by a proxy, which tells only some under load. */
  readonly onSkipped: (count: number) => void
}

/** Watches all proxies until it is closed. */
export class Tap {
  readonly #options: TapOptions
  readonly #watched = new Map<string, http.ClientRequest>()
  readonly #timer: NodeJS.Timeout

  constructor(options: TapOptions) {
    this.#options = options
    this.#timer = setInterval(() => this.#look(), LOOK_MS)
    this.#look()
  }

  close(): void {
    clearInterval(this.#timer)
    for (const request of this.#watched.values()) request.destroy()
    this.#watched.clear()
  }

  #look(): void {
    for (const proxy of this.#options.proxies()) if (!this.#watched.has(proxy.key)) this.#watch(proxy)
  }

  #watch(proxy: ObservedProxy): void {
    const request = adminGet(proxy.admin, `/tap?${this.#options.query}`, undefined, response => {
      // An Envoy has no such page.
      if (response.statusCode !== 200) response.resume()
      else this.#read(proxy, response)
    })
    this.#watched.set(proxy.key, request)
    const ended = () => {
      if (this.#watched.get(proxy.key) === request) this.#watched.delete(proxy.key)
    }
    request.on('close', ended)
    request.on('error', ended)
  }

  #read(proxy: ObservedProxy, response: http.IncomingMessage): void {
    let rest = ''
    response.setEncoding('utf8')
    response.on('error', () => {})
    response.on('data', (chunk: string) => {
      const lines = (rest + chunk).split('\n')
      rest = (lines.pop() ?? '').slice(-MOST_LINE)
      for (const line of lines) this.#tell(proxy, line)
    })
  }

  #tell(proxy: ObservedProxy, line: string): void {
    const [, skipped] = /^\{"skipped":(\d+)\}$/.exec(line) ?? []
    if (skipped !== undefined) this.#options.onSkipped(Number(skipped))
    else for (const story of readStories(line)) this.#options.onStory(withPod(proxy, story))
  }
}
