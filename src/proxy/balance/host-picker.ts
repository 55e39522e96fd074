/**
 * The seam inside balancing: a policy (round robin, ring hash ...) picks among hosts that all may be picked; which those are (priority,
 * locality, health, panic, subset) is decided around it.
 */
import type { Host, HostOdds } from './host.ts'

export interface HostPicker {
  /**
   * @param hash of the request; drawn at random where it has none
   * @param attempt 0, then 1, 2 ... when the host before was not wanted. Consistent hashes need it to move on
   */
  pick(hash: bigint | undefined, attempt: number): Host
  /** How likely each host is, for `explain`. */
  odds(hash: bigint | undefined): readonly HostOdds[]
}

export interface WeightedHost {
  readonly host: Host
  /** For hashing policies parts of a whole that is 1; for others the weight of the configuration. */
  readonly weight: number
}

/** @param hosts at least one */
export type MakePicker = (hosts: readonly WeightedHost[], random: () => number) => HostPicker

/** The same weight for all: plain forms of the policies do, and are cheaper. */
export function equalWeights(hosts: readonly WeightedHost[]): boolean {
  return hosts.every(({ weight }) => weight === hosts[0]?.weight)
}

/** The hosts of a non-empty list, by an index that is known to be in it. */
export class HostList {
  readonly #hosts: readonly Host[]
  readonly #first: Host

  constructor(hosts: readonly WeightedHost[]) {
    this.#hosts = hosts.map(({ host }) => host)
    const [first] = this.#hosts
    if (!first) throw new RangeError('Cannot balance over no hosts')
    this.#first = first
  }

  get size(): number {
    return this.#hosts.length
  }

  at(index: number): Host {
    return this.#hosts[index] ?? this.#first
  }
}
