/**
 * RANDOM: any host, whatever its weight, as in Envoy.
 */
import { HostList, type HostPicker, type WeightedHost } from './host-picker.ts'
import { byWeight } from './odds.ts'

export function randomHost(hosts: readonly WeightedHost[], random: () => number): HostPicker {
  const list = new HostList(hosts)
  return {
    pick: () => list.at(Math.floor(random() * list.size)),
    odds: () => byWeight(hosts.map(({ host }) => ({ host, weight: 1 }))),
  }
}
