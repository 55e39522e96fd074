/**
 * LEAST_REQUEST: of a few hosts drawn at random the least busy one ("power of two choices"). With weights, hosts are drawn by weight, and
 * busy means requests under way for each unit of weight.
 */
import { AliasTable } from '../../lib/alias-table.ts'
import type { Host } from './host.ts'
import { equalWeights, HostList, type HostPicker, type MakePicker, type WeightedHost } from './host-picker.ts'
import { byWeight } from './odds.ts'

/** @param choices how many are drawn, 2 by default in Envoy @param bias exponent of the number of requests; 0 leaves only the weights */
export function leastRequest(choices: number, bias: number): MakePicker {
  return (hosts, random) =>
    equalWeights(hosts) && bias === 1 ? plain(hosts, choices, random) : weighted(hosts, choices, bias, random)
}

function plain(hosts: readonly WeightedHost[], choices: number, random: () => number): HostPicker {
  const list = new HostList(hosts)
  return {
    pick() {
      let best = list.at(Math.floor(random() * list.size))
      for (let i = 1; i < choices; i++) {
        const other = list.at(Math.floor(random() * list.size))
        if (other.active < best.active) best = other
      }
      return best
    },
    odds: () => byWeight(hosts),
  }
}

function weighted(hosts: readonly WeightedHost[], choices: number, bias: number, random: () => number): HostPicker {
  const list = new HostList(hosts)
  const weights = hosts.map(({ weight }) => weight)
  const table = new AliasTable(weights)
  const busy = (host: Host, index: number) => (bias === 1 ? host.active : host.active ** bias) / (weights[index] ?? 1)
  return {
    pick() {
      let index = table.draw(random)
      let best = list.at(index)
      let least = busy(best, index)
      for (let i = 1; i < choices; i++) {
        index = table.draw(random)
        const other = list.at(index)
        const load = busy(other, index)
        if (load < least) {
          best = other
          least = load
        }
      }
      return best
    },
    odds: () => byWeight(hosts),
  }
}
