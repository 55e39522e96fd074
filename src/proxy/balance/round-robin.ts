/**
 * ROUND_ROBIN: hosts in turn, each as often as its weight says.
 */
import { EdfScheduler } from '../../lib/edf.ts'
import { equalWeights, HostList, type HostPicker, type WeightedHost } from './host-picker.ts'
import { byWeight } from './odds.ts'

export function roundRobin(hosts: readonly WeightedHost[], random: () => number): HostPicker {
  const list = new HostList(hosts)
  if (equalWeights(hosts)) {
    // Anywhere, or all proxies of a mesh would begin with the same host.
    let turn = Math.floor(random() * list.size)
    return {
      pick() {
        turn = turn + 1 < list.size ? turn + 1 : 0
        return list.at(turn)
      },
      odds: () => byWeight(hosts),
    }
  }
  const scheduler = new EdfScheduler(
    hosts.map(({ weight }) => weight),
    random,
  )
  return { pick: () => list.at(scheduler.next() ?? 0), odds: () => byWeight(hosts) }
}
