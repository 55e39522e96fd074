/**
 * Where issuers publish their keys, for rules that name an issuer and no more (OpenID Connect Discovery 1.0, section 4). The control plane asks, so that
 * proxies need only be told where the keys are.
 */
import { Backoff } from '../../lib/backoff.ts'
import type { Clock } from '../../lib/clock.ts'

const DOCUMENT = '/.well-known/openid-configuration'
const TIMEOUT_MS = 5000
const RETRY_MS = { initialMs: 1000, maxMs: 60_000, jitter: 0.2 }
/** A key set seldom moves. */
const REFRESH_MS = 3_600_000
/** Longer documents are given up. */
const MOST_BYTES = 1024 * 1024

export interface DiscoveryOptions {
  readonly clock: Clock
  /** Issuer to the URL of its keys; the same map until something has changed. */
  readonly found: (locations: ReadonlyMap<string, string>) => void
  /** What keeps an issuer's tokens from being verified: one line for operators. */
  readonly warn: (line: string) => void
}

interface Known {
  location: string | undefined
  readonly backoff: Backoff
  /** Told already. */
  problem: string
  cancel: () => void
}

export class IssuerDiscovery {
  readonly #options: DiscoveryOptions
  readonly #known = new Map<string, Known>()
  #closed = false

  constructor(options: DiscoveryOptions) {
    this.#options = options
  }

  /** These are all there are now; issuers that are asked about already go on as they are. */
  want(issuers: ReadonlySet<string>): void {
    for (const [issuer, { cancel }] of this.#known) {
      if (issuers.has(issuer)) continue
      cancel()
      this.#known.delete(issuer)
    }
    for (const issuer of issuers) {
      if (this.#known.has(issuer)) continue
      const known = { location: undefined, backoff: new Backoff(RETRY_MS), problem: '', cancel: () => {} }
      this.#known.set(issuer, known)
      void this.#ask(issuer, known)
    }
  }

  close(): void {
    this.#closed = true
    for (const { cancel } of this.#known.values()) cancel()
    this.#known.clear()
  }

  /** Does not throw. */
  async #ask(issuer: string, known: Known): Promise<void> {
    const { clock, warn } = this.#options
    let waitMs = REFRESH_MS
    try {
      const location = await locationOf(issuer)
      if (this.#isStale(issuer, known)) return
      known.backoff.reset()
      known.problem = ''
      if (location !== known.location) {
        known.location = location
        this.#tell()
      }
    } catch (error) {
      if (this.#isStale(issuer, known)) return
      waitMs = known.backoff.next()
      const problem = error instanceof Error ? error.message : String(error)
      const meanwhile = known.location === undefined ? 'its tokens are refused' : 'the place of before holds'
      if (problem !== known.problem)
        warn(`Cannot find the keys of issuer "${issuer}": ${problem}; ${meanwhile}, and it is asked again`)
      known.problem = problem
    }
    known.cancel = clock.after(waitMs, () => void this.#ask(issuer, known))
  }

  #isStale(issuer: string, known: Known): boolean {
    return this.#closed || this.#known.get(issuer) !== known
  }

  #tell(): void {
    const entries = [...this.#known].flatMap(([issuer, { location }]) =>
      location === undefined ? [] : [[issuer, location] as const],
    )
    this.#options.found(new Map(entries))
  }
}

/** @throws (rejects) with the reason when it cannot be found out */
async function locationOf(issuer: string): Promise<string> {
  const url = URL.parse(issuer.replace(/\/$/, '') + DOCUMENT)
  if (!url || !/^https?:$/.test(url.protocol))
    throw new Error('it is no URL, expected https://..., or jwksUri or jwks in the rule')
  const document = await fetchJson(url)
  if (typeof document !== 'object' || document === null) throw new Error(`${url.href} is no JSON object`)
  const said: unknown = Reflect.get(document, 'issuer')
  // Section 4.3: who says to be somebody else is not believed.
  if (said !== issuer) throw new Error(`${url.href} says it is issuer ${JSON.stringify(said ?? null)}`)
  const location: unknown = Reflect.get(document, 'jwks_uri')
  const parsed = typeof location === 'string' ? URL.parse(location) : null
  if (!parsed || !/^https?:$/.test(parsed.protocol))
    throw new Error(`${url.href} has the jwks_uri ${JSON.stringify(location ?? null)}, expected a URL`)
  return parsed.href
}

async function fetchJson(url: URL): Promise<unknown> {
  const response = await fetch(url, {
    redirect: 'error',
    signal: AbortSignal.timeout(TIMEOUT_MS),
    headers: { accept: 'application/json' },
  }).catch((error: unknown) => {
    throw new Error(`${url.href} does not answer: ${reason(error)}`)
  })
  if (response.status !== 200) {
    await response.body?.cancel()
    throw new Error(`${url.href} answers ${response.status}`)
  }
  const text = await limitedText(response, url)
  try {
    return JSON.parse(text)
  } catch {
    throw new Error(`${url.href} is no JSON`)
  }
}

async function limitedText(response: Response, url: URL): Promise<string> {
  const chunks: Uint8Array[] = []
  let size = 0
  for await (const chunk of response.body ?? []) {
    size += chunk.length
    if (size > MOST_BYTES) throw new Error(`${url.href} is longer than ${MOST_BYTES} bytes`)
    chunks.push(chunk)
  }
  return Buffer.concat(chunks).toString()
}

/** fetch() says "fetch failed", and why in its cause. */
function reason(error: unknown): string {
  const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error
  return cause instanceof Error ? cause.message || cause.name : String(cause)
}
