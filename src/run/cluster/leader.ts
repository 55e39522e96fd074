/**
 * Which of several control planes writes: the holder of a Lease. It renews it every few seconds; when it is silent for the Lease's whole time another
 * one takes it, and by then the silent one has stopped writing by its own clock.
 */
import { isApiError } from '../../kubernetes/client/api-error.ts'
import type { ApiServer } from '../../kubernetes/client/api-server.ts'
import { numberAt, textAt } from '../../kubernetes/client/raw-object.ts'
import type { Clock } from '../../lib/clock.ts'

export interface LeaderOptions {
  readonly api: ApiServer
  readonly clock: Clock
  readonly namespace: string
  /** Of the Lease. */
  readonly name: string
  /** Of this candidate; unique. */
  readonly identity: string
  readonly onChange: (leading: boolean) => void
  /** The Lease cannot be had for a reason that is not another holder. */
  readonly warn: (line: string) => void
}

const LEASE_SECONDS = 15
const RENEW_MS = 5000
const RETRY_MS = 2000
/** Who could not renew for so long writes no more, milliseconds: before the Lease is anybody else's. */
const GIVE_UP_MS = 10_000

export class Leader {
  readonly #options: LeaderOptions
  #leading = false
  #renewedAt = 0
  /** As seen at the Lease, and since when by our own clock: clocks of machines differ. */
  #other = { holder: '', renewTime: '', since: 0 }
  #resourceVersion = ''
  #cancel: () => void = () => {}
  #cancelExpiry: () => void = () => {}
  #warned = ''
  #closed = false

  constructor(options: LeaderOptions) {
    this.#options = options
    void this.#try()
  }

  get leading(): boolean {
    return this.#leading
  }

  /** Gives the Lease back, so that nobody has to wait for its end. */
  async close(): Promise<void> {
    this.#closed = true
    this.#cancel()
    this.#cancelExpiry()
    if (!this.#leading) return
    this.#set(false)
    await this.#put('').catch(() => {})
  }

  async #try(): Promise<void> {
    let wait = RETRY_MS
    try {
      if (await this.#take()) {
        wait = RENEW_MS
        this.#renewed()
      } else this.#set(false)
      this.#warned = ''
    } catch (error) {
      this.#warn(error)
    }
    if (this.#closed) return
    this.#cancel = this.#options.clock.after(wait, () => void this.#try())
  }

  /** @returns whether it is ours now */
  async #take(): Promise<boolean> {
    const { api, clock, identity } = this.#options
    const lease = await api.json({ path: this.#path }).catch((error: unknown) => {
      if (isApiError(error, 404)) return undefined
      throw error
    })
    if (lease === undefined) return this.#written(this.#create())
    this.#resourceVersion = textAt(lease, 'metadata', 'resourceVersion')
    const [holder, renewTime] = [textAt(lease, 'spec', 'holderIdentity'), textAt(lease, 'spec', 'renewTime')]
    if (holder !== identity && holder !== '') {
      if (holder !== this.#other.holder || renewTime !== this.#other.renewTime)
        this.#other = { holder, renewTime, since: clock.now() }
      const lasts = (numberAt(lease, 'spec', 'leaseDurationSeconds') ?? LEASE_SECONDS) * 1000
      if (clock.now() - this.#other.since < lasts) return false
    }
    return this.#written(this.#put(identity))
  }

  /** Somebody else was quicker: that is an answer, no trouble. */
  async #written(write: Promise<unknown>): Promise<boolean> {
    try {
      this.#resourceVersion = textAt(await write, 'metadata', 'resourceVersion')
      return true
    } catch (error) {
      if (isApiError(error, 409)) return false
      throw error
    }
  }

  #create(): Promise<unknown> {
    const { api, namespace, name, identity } = this.#options
    const path = `/apis/coordination.k8s.io/v1/namespaces/${namespace}/leases`
    return api.json({ method: 'POST', path, body: lease({ name, namespace }, identity) })
  }

  #put(holder: string): Promise<unknown> {
    const { api, namespace, name } = this.#options
    const body = lease({ name, namespace, resourceVersion: this.#resourceVersion }, holder)
    return api.json({ method: 'PUT', path: this.#path, body, idleMs: RENEW_MS })
  }

  #renewed(): void {
    this.#renewedAt = this.#options.clock.now()
    this.#cancelExpiry()
    this.#cancelExpiry = this.#options.clock.after(GIVE_UP_MS, () => {
      if (this.#options.clock.now() - this.#renewedAt >= GIVE_UP_MS) this.#set(false)
    })
    this.#set(true)
  }

  #set(leading: boolean): void {
    if (leading === this.#leading || (leading && this.#closed)) return
    this.#leading = leading
    this.#options.onChange(leading)
  }

  #warn(error: unknown): void {
    const line = error instanceof Error ? error.message : String(error)
    if (line !== this.#warned) this.#options.warn(line)
    this.#warned = line
  }

  get #path(): string {
    return `/apis/coordination.k8s.io/v1/namespaces/${this.#options.namespace}/leases/${this.#options.name}`
  }
}

function lease(metadata: object, holderIdentity: string): object {
  const renewTime = new Date().toISOString().replace('Z', '000Z')
  const spec = { holderIdentity, leaseDurationSeconds: LEASE_SECONDS, renewTime }
  return { apiVersion: 'coordination.k8s.io/v1', kind: 'Lease', metadata, spec }
}
