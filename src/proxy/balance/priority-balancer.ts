/**
 * The balancer of a cluster: a priority by the load it is to carry, then a host of it by the policy, if possible none that has been tried.
 */
import type { Balancer, Host, HostOdds, PickContext } from './host.ts'
import type { HostPicker } from './host-picker.ts'
import { type Level, makeLevel } from './level.ts'
import { combined } from './odds.ts'
import type { Policy } from './policy.ts'
import { distribute, type PriorityHealth } from './priority-load.ts'

export interface BalancingRules {
  readonly policy: Policy
  /** Percent of healthy hosts under which all are used. */
  readonly panicThreshold: number
  /** Percent. */
  readonly overprovisioning: number
}

/** Picks of the policy before the remaining hosts are searched one by one. */
const ATTEMPTS = 6

export class PriorityBalancer implements Balancer {
  readonly #rules: BalancingRules
  readonly #random: () => number
  readonly #health: readonly PriorityHealth[]
  readonly #load: readonly number[]
  readonly #levels: readonly Level[]

  constructor(hosts: readonly Host[], rules: BalancingRules, random: () => number) {
    this.#rules = rules
    this.#random = random
    const priorities: Host[][] = []
    for (const host of hosts) {
      while (priorities.length <= host.priority) priorities.push([])
      priorities[host.priority]?.push(host)
    }
    this.#health = priorities.map(level => ({ healthy: level.filter(host => host.healthy).length, total: level.length }))
    const { load, panic } = distribute(this.#health, rules.overprovisioning, rules.panicThreshold)
    this.#load = load
    this.#levels = priorities.map((level, i) => makeLevel(level, panic[i] ?? false, rules.policy, rules.overprovisioning, random))
  }

  pick(context: PickContext): Host | undefined {
    const level = this.#levels.length === 1 ? this.#levels[0] : this.#levels[this.#choosePriority(context)]
    const picker = level?.picker
    if (!level || !picker) return undefined
    const { tried } = context
    return tried === undefined || tried.length === 0
      ? picker.pick(context.hash, 0)
      : pickOther(picker, level.eligible, tried, context.hash, this.#random)
  }

  odds({ hash }: PickContext): readonly HostOdds[] {
    if (this.#levels.length === 1) return this.#levels[0]?.picker?.odds(hash) ?? []
    // A hash decides the priority too.
    const chosen =
      hash !== undefined && this.#rules.policy.hashing ? this.#priorityAt(Number(hash % 100n), this.#load) : undefined
    const loads = this.#load.map((load, priority) => (chosen === undefined ? load / 100 : Number(priority === chosen)))
    return combined(this.#levels.map(({ picker }, i) => ({ share: loads[i] ?? 0, odds: picker?.odds(hash) ?? [] })))
  }

  #choosePriority(context: PickContext): number {
    const load = this.#loadFor(context)
    // As Envoy: keys keep their priority.
    const place = context.hash === undefined || !this.#rules.policy.hashing ? this.#random() * 100 : Number(context.hash % 100n)
    return this.#priorityAt(place, load)
  }

  /** @param place of 100, at which the loads are laid out one after the other */
  #priorityAt(place: number, load: readonly number[]): number {
    let rest = place
    for (let priority = 0; priority < load.length; priority++) {
      rest -= load[priority] ?? 0
      if (rest < 0) return priority
    }
    return 0
  }

  /** Retries may avoid the priorities of the hosts tried, as long as others are available. */
  #loadFor({ tried, previousPrioritiesFrequency: frequency }: PickContext): readonly number[] {
    if (tried === undefined || frequency <= 0 || tried.length < frequency) return this.#load
    const counted = tried.slice(0, tried.length - (tried.length % frequency))
    const excluded = new Set(counted.map(host => host.priority))
    return distribute(this.#health, this.#rules.overprovisioning, this.#rules.panicThreshold, excluded).load
  }
}

function pickOther(
  picker: HostPicker,
  eligible: readonly Host[],
  tried: readonly Host[],
  hash: bigint | undefined,
  random: () => number,
): Host {
  let picked = picker.pick(hash, 0)
  for (let attempt = 1; attempt < ATTEMPTS && tried.includes(picked); attempt++) picked = picker.pick(hash, attempt)
  if (!tried.includes(picked)) return picked
  const start = Math.floor(random() * eligible.length)
  for (let i = 0; i < eligible.length; i++) {
    const other = eligible[(start + i) % eligible.length]
    if (other && !tried.includes(other)) return other
  }
  return picked
}
