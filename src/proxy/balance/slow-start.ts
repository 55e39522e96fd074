/**
 * Slow start: a host that has just come, or has just passed its health checks again, gets a share of its requests that grows over a window
 * (Cluster.SlowStartConfig). Picks of such a host are taken with the probability of its share and made again otherwise, so that nothing has
 * to be built anew as time passes, and nothing is left of it when the window is over.
 */
import type { Cluster, Cluster_SlowStartConfig as Message } from '../../xds/gen/envoy/config/cluster/v3/cluster.ts'
import { LeastRequest } from '../../xds/gen/envoy/extensions/load_balancing_policies/least_request/v3/least_request.ts'
import { RoundRobin } from '../../xds/gen/envoy/extensions/load_balancing_policies/round_robin/v3/round_robin.ts'
import { unpack } from '../../xds/wire/any.ts'
import { durationMs } from '../../xds/wire/duration.ts'
import type { Host } from './host.ts'
import type { MakePicker } from './host-picker.ts'

export interface SlowStart {
  readonly windowMs: number
  /** 1: the share grows evenly; more: faster at first. */
  readonly aggression: number
  /** Least share, 0 to 1. */
  readonly minimum: number
}

const POLICIES = 'envoy.extensions.load_balancing_policies'
/** Picks of hosts that are starting, until one is taken all the same: all of them may be. */
const ATTEMPTS = 10

/** @throws when a value is out of range */
export function readSlowStart(cluster: Cluster): SlowStart | undefined {
  const message = configured(cluster)
  const windowMs = durationMs(message?.slowStartWindow) ?? 0
  if (!message || windowMs === 0) return undefined
  const aggression = message.aggression?.defaultValue ?? 1
  if (!(aggression > 0)) throw new Error(`slow_start_config.aggression is ${aggression}, expected more than 0`)
  const percent = message.minWeightPercent?.value ?? 10
  if (!(percent >= 0 && percent <= 100)) throw new Error(`slow_start_config.min_weight_percent is ${percent}, expected 0 to 100`)
  return { windowMs, aggression, minimum: percent / 100 }
}

function configured({ lbConfig, loadBalancingPolicy }: Cluster): Pick<Message, keyof Message> | undefined {
  if (lbConfig?.$case === 'roundRobinLbConfig' || lbConfig?.$case === 'leastRequestLbConfig')
    return lbConfig.value.slowStartConfig
  const any = loadBalancingPolicy?.policies[0]?.typedExtensionConfig?.typedConfig
  return (
    unpack(`${POLICIES}.round_robin.v3.RoundRobin`, RoundRobin, any)?.slowStartConfig ??
    unpack(`${POLICIES}.least_request.v3.LeastRequest`, LeastRequest, any)?.slowStartConfig
  )
}

/** @param now milliseconds, of the clock that `Host.since` is by */
export function slowly(makePicker: MakePicker, slowStart: SlowStart, now: () => number): MakePicker {
  return (hosts, random) => {
    const picker = makePicker(hosts, random)
    const until = Math.max(...hosts.map(({ host }) => (host.since ?? Number.NEGATIVE_INFINITY) + slowStart.windowMs))
    let over = hosts.length < 2 || now() >= until
    if (over) return picker
    return {
      pick(hash, attempt) {
        let host = picker.pick(hash, attempt)
        if (over) return host
        const at = now()
        over = at >= until
        for (let i = 1; i < ATTEMPTS && random() >= shareOf(host, slowStart, at); i++) host = picker.pick(hash, attempt + i)
        return host
      },
      odds: hash => picker.odds(hash),
    }
  }
}

/** 0 to 1 */
export function shareOf({ since }: Host, { windowMs, aggression, minimum }: SlowStart, at: number): number {
  if (since === undefined || at - since >= windowMs) return 1
  return Math.max(minimum, (Math.max(0, at - since) / windowMs) ** (1 / aggression))
}
