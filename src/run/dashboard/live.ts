/** Waits until the configuration as it is at this moment is live everywhere: read, compiled, sent, and accepted or refused by every connected proxy. */
import { setTimeout as wait } from 'node:timers/promises'
import type { AdsServer } from '../../xds/server/ads-server.ts'

export interface Liveness {
  /** False: not in time. */
  readonly live: boolean
  /** Milliseconds. */
  readonly tookMs: number
  /** Node ids of proxies that have not answered. */
  readonly waitsFor: readonly string[]
}

const LOOK_MS = 5

/**
 * @param sync resolves when the sources have published what they say now; its signal is aborted when time is over
 */
export async function untilLive(
  ads: Pick<AdsServer, 'pushing' | 'status'>,
  sync: (signal: AbortSignal) => Promise<void>,
  limitMs: number,
): Promise<Liveness> {
  const begun = performance.now()
  const signal = AbortSignal.timeout(limitMs)
  try {
    await sync(signal)
  } catch (error) {
    if (!signal.aborted) throw error
  }
  for (;;) {
    // A change that was published waits to be pushed from that very moment on.
    const late = ads.status().filter(({ types }) => types.some(({ state }) => state === 'STALE'))
    const live = !signal.aborted && !ads.pushing && late.length === 0
    if (live || signal.aborted) return { live, tookMs: performance.now() - begun, waitsFor: late.map(({ node }) => node) }
    await wait(LOOK_MS)
  }
}
