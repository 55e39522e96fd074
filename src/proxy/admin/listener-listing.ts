/** GET /listeners. */
import { addressText } from '../listener/listen-address.ts'
import type { Listener } from '../listener/listener.ts'
import type { Listeners } from '../listener/listeners.ts'
import type { Listing } from './view.ts'

export class ListenerListing implements Listing {
  readonly #listeners: Listeners

  constructor(listeners: Listeners) {
    this.#listeners = listeners
  }

  text(): string {
    let lines = ''
    for (const listener of this.#listeners.all()) {
      const { address } = listener
      const bound = 'path' in address ? address : { host: address.host, port: this.#listeners.portOf(listener) }
      const error = this.#listeners.bindError(listener)
      lines += `${listener.name}::${addressText(bound)}${error === undefined ? '' : ` (${error})`}\n`
    }
    return lines
  }

  json(): unknown {
    return {
      listener_statuses: Array.from(this.#listeners.all(), listener => ({
        name: listener.name,
        local_address: this.#address(listener),
      })),
    }
  }

  #address(listener: Listener): unknown {
    const { address } = listener
    if ('path' in address) return { pipe: { path: address.path } }
    return { socket_address: { address: address.host, port_value: this.#listeners.portOf(listener) } }
  }
}
