/**
 * RING_HASH and MAGLEV: the same hash leads to the same host for as long as that is there, and to the host that Envoy would choose.
 */
import { HashRing } from '../../lib/hash-ring.ts'
import { MaglevTable } from '../../lib/maglev.ts'
import type { Host } from './host.ts'
import { HostList, type HostPicker, type MakePicker, type WeightedHost } from './host-picker.ts'
import { byWeight, combined } from './odds.ts'

/** @param byHostname hosts are placed by name instead of address @param minimumSize of the ring, in entries */
export function ringHash(byHostname: boolean, minimumSize: number, maximumSize: number): MakePicker {
  return (hosts, random) => {
    const ring = new HashRing(keyed(hosts, byHostname), minimumSize, maximumSize)
    return hashed(hosts, random, ring, (hash, attempt) => ring.find(hash, attempt) ?? 0)
  }
}

/** @param tableSize a prime */
export function maglev(byHostname: boolean, tableSize: number): MakePicker {
  return (hosts, random) => {
    const table = new MaglevTable(keyed(hosts, byHostname), tableSize)
    // Another try flips nearly all bits, so that keys of one host do not all move to the same other host.
    const find = (hash: bigint, attempt: number) => table.find(attempt === 0 ? hash : hash ^ BigInt.asUintN(64, -BigInt(attempt)))
    return hashed(hosts, random, table, find)
  }
}

/** Whose places say how many of all hashes lead to an item. */
interface Places {
  readonly places: readonly { readonly item: number; readonly length: number }[]
}

function hashed(
  hosts: readonly WeightedHost[],
  random: () => number,
  table: Places,
  find: (hash: bigint, attempt: number) => number,
): HostPicker {
  const list = new HostList(hosts)
  const pick = (hash: bigint | undefined, attempt: number) => list.at(find(hash ?? randomHash(random), attempt))
  return {
    pick,
    odds(hash) {
      if (hash !== undefined) return [{ host: pick(hash, 0), share: 1 }]
      const parts = byWeight(table.places.map(({ item, length }) => ({ host: list.at(item), weight: length })))
      return combined([{ share: 1, odds: parts }])
    },
  }
}

function keyed(hosts: readonly WeightedHost[], byHostname: boolean): { key: string; weight: number }[] {
  return hosts.map(({ host, weight }) => ({ key: hashKey(host, byHostname), weight }))
}

/** Endpoint metadata "envoy.lb": {hash_key} wins over the address. */
function hashKey(host: Host, byHostname: boolean): string {
  return host.labels.get('hash_key') || (byHostname ? host.hostname : host.address)
}

export function randomHash(random: () => number): bigint {
  return (BigInt(Math.floor(random() * 0x1_0000_0000)) << 32n) | BigInt(Math.floor(random() * 0x1_0000_0000))
}
