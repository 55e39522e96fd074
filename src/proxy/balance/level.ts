/**
 * The hosts of one priority, and among them those that may be picked: healthy ones, or all in panic; by locality first where localities
 * are weighted.
 */
import { EdfScheduler } from '../../lib/edf.ts'
import type { Host } from './host.ts'
import type { HostPicker, WeightedHost } from './host-picker.ts'
import { combined } from './odds.ts'
import type { Policy } from './policy.ts'

export interface Level {
  /** undefined: nothing to pick. */
  readonly picker: HostPicker | undefined
  /** Whoever the picker may give. */
  readonly eligible: readonly Host[]
}

/** @param overprovisioning percent: how many of a locality's hosts may be missing before its share shrinks */
export function makeLevel(
  hosts: readonly Host[],
  panic: boolean,
  policy: Policy,
  overprovisioning: number,
  random: () => number,
): Level {
  const localities = policy.localityWeighted ? byLocality(hosts) : []
  if (localities.some(locality => locality.weight > 0)) {
    if (policy.hashing) return folded(localities, panic, policy, random)
    if (!panic) return scheduled(localities, policy, overprovisioning, random)
  }
  const eligible = eligibleOf(hosts, panic).map(plainWeight)
  return level(policy.hashing ? shares(eligible, 1) : eligible, policy, random)
}

function level(hosts: readonly WeightedHost[], policy: Policy, random: () => number): Level {
  return {
    picker: hosts.length === 0 ? undefined : policy.makePicker(hosts, random),
    eligible: hosts.map(({ host }) => host),
  }
}

const plainWeight = (host: Host): WeightedHost => ({ host, weight: Math.max(1, host.weight) })

function eligibleOf(hosts: readonly Host[], panic: boolean): readonly Host[] {
  return panic ? hosts : hosts.filter(host => host.healthy)
}

interface Locality {
  readonly weight: number
  readonly hosts: Host[]
}

function byLocality(hosts: readonly Host[]): Locality[] {
  const localities = new Map<string, Locality>()
  for (const host of hosts) {
    let locality = localities.get(host.locality)
    if (!locality) {
      locality = { weight: host.localityWeight, hosts: [] }
      localities.set(host.locality, locality)
    }
    locality.hosts.push(host)
  }
  return [...localities.values()]
}

/** Weights as parts of a whole. The same operations in the same order as Envoy's, because rounding decides who gets an odd slot. */
function shares(hosts: readonly WeightedHost[], whole: number): WeightedHost[] {
  const sum = hosts.reduce((total, { weight }) => total + weight, 0)
  return hosts.map(({ host, weight }) => ({ host, weight: (weight * whole) / sum }))
}

/** For tables over all hosts: a locality's share of the total is spread over its hosts. */
function folded(localities: readonly Locality[], panic: boolean, policy: Policy, random: () => number): Level {
  const total = localities.reduce((sum, locality) => sum + locality.weight, 0)
  const hosts = localities.flatMap(locality => {
    const eligible = eligibleOf(locality.hosts, panic).map(plainWeight)
    const sum = eligible.reduce((weights, { weight }) => weights + weight, 0)
    return locality.weight === 0
      ? []
      : eligible.map(({ host, weight }) => ({ host, weight: (weight * (locality.weight / total)) / sum }))
  })
  return level(hosts, policy, random)
}

/** First a locality by its weight, less where many of its hosts are unhealthy; then a host in it. */
function scheduled(localities: readonly Locality[], policy: Policy, overprovisioning: number, random: () => number): Level {
  const usable = localities.flatMap(({ weight, hosts }) => {
    const healthy = eligibleOf(hosts, false)
    const effective = weight * Math.min(1, ((overprovisioning / 100) * healthy.length) / hosts.length)
    return effective > 0 ? [{ effective, ...level(healthy.map(plainWeight), policy, random) }] : []
  })
  const pickers = usable.flatMap(({ picker }) => picker ?? [])
  const [only] = pickers
  const eligible = usable.flatMap(locality => locality.eligible)
  if (!only || pickers.length === 1) return { picker: only, eligible }
  const scheduler = new EdfScheduler(
    usable.map(({ effective }) => effective),
    random,
  )
  return {
    picker: {
      pick: (hash, attempt) => (pickers[scheduler.next() ?? 0] ?? only).pick(hash, attempt),
      odds: hash => {
        const total = usable.reduce((sum, { effective }) => sum + effective, 0)
        return combined(usable.map(({ effective, picker }) => ({ share: effective / total, odds: picker?.odds(hash) ?? [] })))
      },
    },
    eligible,
  }
}
