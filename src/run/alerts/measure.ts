/** What an alert's condition looks at, taken of the traffic of its window. Pure. */
import type { Alert } from '../../model/alert.ts'
import { quantile } from '../observe/latency.ts'
import { type Counts, noCounts } from '../observe/traffic-counts.ts'
import { sum, type WindowCounts } from '../observe/traffic-history.ts'

export interface Measured {
  readonly holds: boolean
  /** What was found, for people; "": no traffic to tell by. */
  readonly text: string
}

export function measure(alert: Alert, window: WindowCounts): Measured {
  const { condition } = alert
  const counts = countsOf(alert, window)
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
  }
}

function countsOf({ host, client }: Alert, { flows }: WindowCounts): Counts {
  let counts = noCounts()
  for (const { from, to, counts: more } of flows)
    if (to.host === host && (client === '' || from.endsWith(`/${client}`))) counts = sum(counts, more)
  return counts
}

function rounded(value: number): number {
  return Math.round(value * 10) / 10
}
