/** Counters in Redis: all replicas of the control plane count together. The client is loaded when a limit names a Redis. */
import type { GcraRate, GcraVerdict } from '../../lib/gcra.ts'
import type { Counters } from './counters.ts'

/**
 * gcra() of src/lib in Redis, for several buckets at once. KEYS: one for each bucket. ARGV: for each bucket the cost of a request and the size of
 * the bucket, in microseconds (Redis' numbers are whole when they come back). Redis' own clock, so that replicas need not agree on theirs.
 */
const SCRIPT = `
local time = redis.call('TIME')
local now = time[1] * 1000000 + time[2]
local allowed, results, states = 1, {}, {}
for i, key in ipairs(KEYS) do
  local cost, size = tonumber(ARGV[i * 2 - 1]), tonumber(ARGV[i * 2])
  local before = math.max(tonumber(redis.call('GET', key) or '0'), now)
  if before + cost - now > size then allowed = 0 end
  states[i] = before
end
for i, key in ipairs(KEYS) do
  local cost, size = tonumber(ARGV[i * 2 - 1]), tonumber(ARGV[i * 2])
  local own = states[i] + cost - now <= size and 1 or 0
  local state = states[i]
  if allowed == 1 then
    state = state + cost
    redis.call('SET', key, string.format('%.0f', state), 'PX', math.ceil((state - now) / 1000) + 1)
  end
  local room = size - (state - now)
  results[#results + 1] = own
  results[#results + 1] = math.max(0, math.floor(room / cost))
  results[#results + 1] = math.max(0, math.ceil((cost - room) / 1000))
  results[#results + 1] = math.floor(state / 1000)
end
return results
`

const CONNECT_MS = 1000
const RETRY_MS = 1000

/** What is used of the library's client. */
interface Client {
  eval(script: string, options: { readonly keys: string[]; readonly arguments: string[] }): Promise<unknown>
  destroy(): void
}

export class RedisCounters implements Counters {
  readonly #address: string
  readonly #onProblem: (message: string) => void
  #client: Promise<Client> | undefined

  /** @param address host:port @param onProblem hears once of each time that Redis is lost */
  constructor(address: string, onProblem: (message: string) => void) {
    this.#address = address
    this.#onProblem = onProblem
  }

  async take(key: string, rates: readonly GcraRate[]): Promise<readonly GcraVerdict[]> {
    const client = await this.#connected()
    // The braces keep the buckets of one key on one node of a Redis cluster.
    const keys = rates.map((_, i) => `mizzen:ratelimit:{${key}}:${i}`)
    const args = rates.flatMap(({ requests, perMs, burst }) => {
      const cost = Math.round((perMs / requests) * 1000)
      return [`${cost}`, `${cost * burst}`]
    })
    const numbers = await client.eval(SCRIPT, { keys, arguments: args })
    if (!Array.isArray(numbers)) throw new Error(`Cannot read the answer of Redis at "${this.#address}": expected a list`)
    return rates.map((_, i) => ({
      allowed: numbers[i * 4] === 1,
      remaining: Number(numbers[i * 4 + 1]),
      waitMs: Number(numbers[i * 4 + 2]),
      fullAt: Number(numbers[i * 4 + 3]),
    }))
  }

  #connected(): Promise<Client> {
    this.#client ??= this.#connect()
    return this.#client
  }

  async #connect(): Promise<Client> {
    const { createClient } = await import('@redis/client')
    const client = createClient({
      url: `redis://${this.#address}`,
      // Requests wait for the answer: better none than a late one.
      disableOfflineQueue: true,
      socket: { connectTimeout: CONNECT_MS, reconnectStrategy: RETRY_MS },
    })
    let lost = false
    client.on('error', (error: Error) => {
      if (!lost) this.#onProblem(`Cannot count rate limits in Redis at "${this.#address}": ${error.message || String(error)}`)
      lost = true
    })
    client.on('ready', () => {
      lost = false
    })
    // It goes on trying by itself; until it succeeds take() rejects, and the proxies do what the limit says.
    client.connect().catch(() => {})
    return client
  }

  close(): void {
    this.#client?.then(client => client.destroy()).catch(() => {})
  }
}
