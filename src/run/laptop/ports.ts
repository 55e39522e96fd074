/**
 * Which local port is whose. A key (pod and purpose) has the same port for as long as the mesh runs, and most likely the same one
 * next time: the search starts where the key's hash points, so meshes that run side by side seldom look at the same port.
 */
import { createHash } from 'node:crypto'
import { createServer } from 'node:net'

/** Below the ports that Linux (32768) and macOS (49152) hand out by themselves, and below Kubernetes' node ports (30000). */
export const PORT_RANGE = { first: 20_000, last: 29_999 } as const

/** So many ports after the preferred one are tried. */
const NEXT = 100

/** Can this process listen on it? */
export type IsFree = (port: number) => Promise<boolean>

export class PortBook {
  readonly #seed: string
  readonly #isFree: IsFree
  readonly #range: { readonly first: number; readonly last: number }
  readonly #byKey = new Map<string, Promise<number>>()
  readonly #taken = new Set<number>()

  /** @param seed tells meshes apart: the directory they run */
  constructor(seed: string, isFree: IsFree = isFreeOnLoopback, range: { first: number; last: number } = PORT_RANGE) {
    this.#seed = seed
    this.#isFree = isFree
    this.#range = range
  }

  /**
   * The port of that key.
   * @param preferred the port it should be, or else the next free one; undefined: any
   * @throws when every port that could be is in use
   */
  portOf(key: string, preferred?: number): Promise<number> {
    let port = this.#byKey.get(key)
    if (!port) {
      port = preferred === undefined ? this.#anyFor(key) : this.#firstFree(key, preferred, preferred, preferred + NEXT)
      this.#byKey.set(key, port)
      // A search that failed is made anew next time.
      port.catch(() => this.#byKey.delete(key))
    }
    return port
  }

  #anyFor(key: string): Promise<number> {
    const { first, last } = this.#range
    const hash = createHash('sha256').update(`${this.#seed}\n${key}`).digest().readUInt32BE(0)
    return this.#firstFree(key, first + (hash % (last - first + 1)), first, last)
  }

  /** From `start` upwards, and then from `first` again. */
  async #firstFree(key: string, start: number, first: number, last: number): Promise<number> {
    const size = last - first + 1
    for (let i = 0; i < size; i++) {
      const port = first + ((start - first + i) % size)
      if (port > 65_535 || this.#taken.has(port)) continue
      // Taken before the question is asked: two searches run at the same time.
      this.#taken.add(port)
      if (await this.#isFree(port)) return port
      this.#taken.delete(port)
    }
    throw new Error(`Cannot assign a port to "${key}": all of ${first}-${last} are in use`)
  }
}

/** Both the loopback address, where sidecars listen, and all addresses, where applications do by habit. */
export async function isFreeOnLoopback(port: number): Promise<boolean> {
  return (await canListen(port, '127.0.0.1')) && (await canListen(port, '0.0.0.0'))
}

/** Whether this process can listen there now. Other reasons than "in use" (no permission for a low port) count as no. */
export function canListen(port: number, host: string): Promise<boolean> {
  return new Promise(resolve => {
    const server = createServer()
    server.once('error', () => resolve(false))
    server.listen({ port, host, exclusive: true }, () => server.close(() => resolve(true)))
  })
}
