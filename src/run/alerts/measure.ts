/** What an alert's condition looks at, taken of the traffic of its window or of the mesh as it is. Pure. */

import type { Alert } from '../../model/alert.ts'
import { isSubset, isWildcard } from '../../model/host.ts'
import { quantile } from '../observe/latency.ts'
import type { MeshHealth } from '../observe/mesh-health.ts'
import { lifeLeft } from '../observe/proxy-health.ts'
import { type Counts, noCounts } from '../observe/traffic-counts.ts'
import { sum, type WindowCounts } from '../observe/traffic-history.ts'

/** What an alert says of one service or proxy. */
export interface Measured {
  /** "orders.shop.svc.cluster.local", "shop/orders-0"; "": of the mesh. */
  readonly subject: string
  readonly holds: boolean
  /** What was found, for people; "": no traffic to tell by. */
  readonly text: string
}

export interface Observed {
  /** Traffic of the alert's window. */
  readonly window: WindowCounts
  readonly health: MeshHealth
  /** Milliseconds since the epoch. */
  readonly now: number
}

/** One entry for each service or proxy that the alert is about and something is known of. */
export function measure(alert: Alert, observed: Observed): Measured[] {
  const { condition } = alert
  const { health, now } = observed
  switch (condition.kind) {
    case 'endpoints': {
      const troubled = health.endpoints.filter(({ host, trouble }) => trouble === condition.trouble && isAbout(alert, host))
      return [...Map.groupBy(troubled, ({ host }) => host)].map(([subject, list]) => ({
        subject,
        holds: list.length > condition.above,
        text: list
          .map(({ address, callers }) => (callers.length > 0 ? `${address} (by ${callers.join(', ')})` : address))
          .join(', '),
      }))
    }
    case 'certificate-life':
      return health.certificates.map(({ proxy, from, until }) => {
        const percent = 100 * lifeLeft({ from, until }, now)
        return {
          subject: proxy,
          holds: percent < condition.below,
          text: `${rounded(Math.max(0, percent))} % of its life is left`,
        }
      })
    case 'stale-proxies': {
      const stale = health.proxies.filter(({ state }) => state === 'STALE' || state === 'NACKED')
      return [{ subject: '', holds: stale.length > condition.above, text: stale.map(({ proxy }) => proxy).join(', ') }]
    }
    default: {
      const subjects = isWildcard(alert.host)
        ? new Set(observed.window.flows.flatMap(({ to }) => (isAbout(alert, to.host) ? [to.host] : [])))
        : [alert.host]
      return [...subjects].map(subject => ({ subject, ...measureTraffic(alert, subject, observed.window) }))
    }
  }
}

function isAbout({ host }: Alert, subject: string): boolean {
  return isWildcard(host) ? isSubset(subject, host) : host === subject
}

function measureTraffic(alert: Alert, host: string, window: WindowCounts): Omit<Measured, 'subject'> {
  const { condition } = alert
  const counts = countsOf(alert, host, window)
  switch (condition.kind) {
    case 'error-rate': {
      if (counts.requests === 0) return { holds: false, text: '' }
      const percent = (100 * counts.errors) / counts.requests
      return { holds: percent > condition.above, text: `${rounded(percent)} % of requests fail` }
    }
    case 'latency': {
      const ms = quantile(counts.latency ?? [], condition.percentile / 100)
      if (ms === undefined) return { holds: false, text: '' }
      return { holds: ms > condition.aboveMs, text: `${condition.percentile} % of requests take up to ${rounded(ms)} ms` }
    }
    case 'request-rate': {
      // Before the first look nobody knows.
      if (window.spanMs === 0) return { holds: false, text: '' }
      const rate = (counts.requests * 1000) / window.spanMs
      const { above, below } = condition
      const holds = (above !== undefined && rate > above) || (below !== undefined && rate < below)
      return { holds, text: `${rounded(rate)} requests a second` }
    }
    default:
      return { holds: false, text: '' }
  }
}

function countsOf({ client }: Alert, host: string, { flows }: WindowCounts): Counts {
  let counts = noCounts()
  for (const { from, to, counts: more } of flows)
    if (to.host === host && (client === '' || from.endsWith(`/${client}`))) counts = sum(counts, more)
  return counts
}

function rounded(value: number): number {
  return Math.round(value * 10) / 10
}
