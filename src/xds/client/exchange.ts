/**
 * The conversation with a control plane, whatever carries it: what is asked, what came of it, what is said about each response.
 */
import type { Node } from '../gen/envoy/config/core/v3/base.ts'
import { RESOURCE_TYPES } from '../wire/type-url.ts'
import type { Apply, Rejections, Update } from './client.ts'
import { Subscription } from './subscription.ts'
import type { Variant, Verdict } from './variant.ts'

export class Exchange {
  readonly #variant: Variant
  readonly #node: Node
  readonly #apply: Apply
  readonly #subscriptions = new Map<string, Subscription>()
  #send: ((message: Uint8Array) => void) | undefined
  #introduced = false

  constructor(variant: Variant, node: Node, apply: Apply) {
    this.#variant = variant
    this.#node = node
    this.#apply = apply
  }

  /** A new stream: tells its server everything, clusters first. */
  open(send: (message: Uint8Array) => void): void {
    this.#send = send
    this.#introduced = false
    for (const subscription of this.#subscriptions.values()) subscription.restart()
    this.flush()
  }

  closed(): void {
    this.#send = undefined
  }

  subscribe(type: string, names: Iterable<string>): void {
    const subscription = this.#subscription(type)
    for (const name of names) {
      // Dropped and wanted again: to be sent it anew, the server must hear of both.
      if (subscription.dropped.has(name)) this.#tell(subscription, undefined)
      subscription.add(name)
    }
  }

  unsubscribe(type: string, names: Iterable<string>): void {
    const subscription = this.#subscription(type)
    for (const name of names) subscription.drop(name)
  }

  /** Tells the server of new subscriptions. */
  flush(): void {
    for (const subscription of this.#subscriptions.values()) if (subscription.pending) this.#tell(subscription, undefined)
  }

  /** @throws when the message does not parse: the stream is of no use any more */
  receive(message: Uint8Array): void {
    const response = this.#variant.parse(message)
    const subscription = this.#subscriptions.get(response.type)
    if (!subscription?.announced) return
    const rejections = this.#take(subscription, response.changes(subscription))
    subscription.nonce = response.nonce
    if (!rejections) subscription.accepted(response.version)
    // What the response made necessary is asked for before it is acknowledged.
    for (const other of this.#subscriptions.values()) if (other !== subscription && other.pending) this.#tell(other, undefined)
    this.#tell(subscription, { response, error: rejections && inWords(rejections) })
  }

  #take(subscription: Subscription, update: Update): Rejections | undefined {
    if (update.updated.length + update.removed.length === 0 && subscription.answered) return undefined
    subscription.answered = true
    let rejections: Rejections | undefined
    try {
      rejections = this.#apply(subscription.type, update)
    } catch (error) {
      rejections = new Map([['', error instanceof Error ? error.message : String(error)]])
    }
    subscription.applied(update, rejections)
    return rejections
  }

  #tell(subscription: Subscription, verdict: Verdict | undefined): void {
    if (!this.#send) return
    const message = this.#variant.request(subscription, verdict, this.#introduced ? undefined : this.#node)
    this.#introduced = true
    subscription.told()
    this.#send(message)
  }

  #subscription(type: string): Subscription {
    const found = this.#subscriptions.get(type)
    if (found) return found
    const made = new Subscription(type)
    this.#subscriptions.set(type, made)
    if (this.#subscriptions.size > 1) this.#sort()
    return made
  }

  /** Types that others refer to come first, whatever the order in which they were subscribed; types that have no place come last. */
  #sort(): void {
    const places: readonly string[] = RESOURCE_TYPES
    const rank = (type: string) => (places.includes(type) ? places.indexOf(type) : places.length)
    const sorted = [...this.#subscriptions].sort(([a], [b]) => rank(a) - rank(b))
    this.#subscriptions.clear()
    for (const [type, subscription] of sorted) this.#subscriptions.set(type, subscription)
  }
}

function inWords(rejections: Rejections): string {
  return [...rejections].map(([name, reason]) => (name === '' ? reason : `"${name}": ${reason}`)).join('; ')
}
