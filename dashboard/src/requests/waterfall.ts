/** One request's hops as rows over a common time: who waited for whom, and for how long. Pure. */
import type { RequestView } from '../../../src/run/dashboard/view/request-views.ts'

export interface WaterfallRow {
  readonly hop: RequestView
  /** 0: nobody in the mesh waited for it. */
  readonly depth: number
  /** Milliseconds after the first hop began. */
  readonly startMs: number
}

export interface Waterfall {
  readonly rows: readonly WaterfallRow[]
  readonly totalMs: number
}

const SLACK_MS = 2

export function waterfallOf(hops: readonly RequestView[]): Waterfall {
  const begin = (hop: RequestView) => Date.parse(hop.story.time)
  const end = (hop: RequestView) => begin(hop) + hop.story.durationMs
  const first = Math.min(...hops.map(begin))
  // Times are told in whole milliseconds: of hops that begin together the longer one is around the other.
  const sorted = hops.toSorted(
    (a, b) => begin(a) - begin(b) || sideRank(a) - sideRank(b) || b.story.durationMs - a.story.durationMs,
  )
  const rows: WaterfallRow[] = []
  const open: { hop: RequestView; depth: number }[] = []
  for (const hop of sorted) {
    const around = open.findLast(
      ({ hop: outer }) => end(outer) + SLACK_MS >= end(hop) && begin(outer) - SLACK_MS <= begin(hop) && leadsTo(outer, hop),
    )
    const depth = around ? around.depth + 1 : 0
    rows.push({ hop, depth, startMs: begin(hop) - first })
    open.push({ hop, depth })
  }
  return { rows, totalMs: Math.max(1, ...hops.map(hop => end(hop) - first)) }
}

/** A caller's proxy, then the callee's, of one request that begins for both in the same millisecond. */
function sideRank({ story, pod }: RequestView): number {
  return story.side === 'outbound' ? 0 : pod.includes('gateway') ? -1 : 1
}

function leadsTo(outer: RequestView, inner: RequestView): boolean {
  if (outer.story.side === 'outbound') return inner.story.side === 'inbound' && inner.story.id === outer.story.id
  return inner.story.side === 'outbound' && (inner.pod === outer.pod || inner.workload === outer.workload)
}
