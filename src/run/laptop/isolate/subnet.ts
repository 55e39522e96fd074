/** Addresses of the pods' network: 10.N.0.0/16, this machine first. Pure. */

export class Subnet {
  readonly #second: number
  #pods = 0

  /** @param second the N */
  constructor(second: number) {
    this.#second = second
  }

  get cidr(): string {
    return `10.${this.#second}.0.0/16`
  }

  /** Of this machine: gateway and name server of the pods. */
  get host(): string {
    return `10.${this.#second}.0.1`
  }

  /** The next pod's. @throws when there is none left */
  nextPod(): string {
    const number = ++this.#pods
    if (number > 250 * 254) throw new Error(`Cannot give a pod an address: all of ${this.cidr} are taken`)
    return `10.${this.#second}.${1 + Math.floor((number - 1) / 254)}.${1 + ((number - 1) % 254)}`
  }
}

const FIRST = 64
const LAST = 254

/** A 10.N.0.0/16 that no route of this machine leads to. @param routes destinations as `ip route` prints them @throws when there is none */
export function freeSubnet(routes: readonly string[], seed: number): Subnet {
  const taken = new Set(
    routes.flatMap(route => (/^10\.(\d+)\./.exec(route)?.[1] ? [Number(/^10\.(\d+)\./.exec(route)?.[1])] : [])),
  )
  const size = LAST - FIRST + 1
  for (let i = 0; i < size; i++) {
    const second = FIRST + ((seed + i) % size)
    if (!taken.has(second)) return new Subnet(second)
  }
  throw new Error('Cannot find addresses for pods: this machine has routes to all of 10.64.0.0 to 10.254.255.255')
}
