/**
 * Balancing policies with their parameters checked; both forms of configuration (Cluster.lb_policy and load_balancing_policy) end here.
 */
import { isPrime } from '../../lib/maglev.ts'
import { maglev, ringHash } from './consistent-hash.ts'
import type { MakePicker } from './host-picker.ts'
import { leastRequest } from './least-request.ts'

/** How a host is picked among those that may be. */
export interface Policy {
  readonly makePicker: MakePicker
  /** Localities get their share by their own weight first, then hosts within them. */
  readonly localityWeighted: boolean
  /** The policy needs to see all hosts of a priority at once: locality weights are folded into those of hosts. */
  readonly hashing: boolean
}

const RING_MINIMUM = 1024
const RING_MAXIMUM = 8 * 1024 * 1024
const MAGLEV_SIZE = 65_537
const MAGLEV_LARGEST = 5_000_011

/** @throws when a parameter is out of range */
export function checkedLeastRequest(choices = 2, bias = 1): MakePicker {
  if (choices < 2) throw new Error(`least request: choice_count is ${choices}, expected at least 2`)
  if (!(bias >= 0)) throw new Error(`least request: active_request_bias is ${bias}, expected 0 or more`)
  return leastRequest(choices, bias)
}

/** @throws when a parameter is out of range or not supported */
export function checkedRingHash(
  byHostname: boolean,
  minimum = RING_MINIMUM,
  maximum = RING_MAXIMUM,
  balanceFactor?: number,
): MakePicker {
  refuseBalanceFactor(balanceFactor)
  if (minimum < 1 || maximum > RING_MAXIMUM || minimum > maximum)
    throw new Error(
      `ring hash: the ring's size is ${minimum} to ${maximum}, expected a minimum from 1 and a maximum from there to ${RING_MAXIMUM}`,
    )
  return ringHash(byHostname, minimum, maximum)
}

/** @throws when a parameter is out of range or not supported */
export function checkedMaglev(byHostname: boolean, tableSize = MAGLEV_SIZE, balanceFactor?: number): MakePicker {
  refuseBalanceFactor(balanceFactor)
  if (tableSize > MAGLEV_LARGEST || !isPrime(tableSize))
    throw new Error(`maglev: table_size is ${tableSize}, expected a prime up to ${MAGLEV_LARGEST}`)
  return maglev(byHostname, tableSize)
}

function refuseBalanceFactor(factor: number | undefined): void {
  if (factor !== undefined) throw new Error('consistent_hashing_lb_config.hash_balance_factor is not supported')
}
