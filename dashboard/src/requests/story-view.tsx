/** One request's story: what went wrong and which line to change, the hops as a waterfall, and every decision of each hop. */
import { useState } from 'react'
import type { RequestStory, RequestView } from '../../../src/run/dashboard/view/request-views.ts'
import { useQuery } from '../api/use-query.ts'
import { useLocation } from '../shell/location.ts'
import { clockTime, count, milliseconds } from '../ui/format.ts'
import { Icon } from '../ui/icons.tsx'
import { PlaceLink } from '../ui/place-link.tsx'
import { Failure, Loading } from '../ui/states.tsx'
import { BlameNotice } from './blame-notice.tsx'
import { decisionsOf } from './decisions.ts'
import { keyOf } from './live-requests.ts'
import { type WaterfallRow, waterfallOf } from './waterfall.ts'
import { calleeOf, callerOf, shortName, statusOf, toneOf, whatOf } from './words.ts'

export function StoryView() {
  const id = useLocation().query.get('id') ?? ''
  const { data, error } = useQuery<RequestStory>(`/api/request?id=${encodeURIComponent(id)}`)
  return (
    <>
      <div className="head">{data?.hops[0] ? <Title hops={data.hops} /> : <h1>Request</h1>}</div>
      <div className="body">
        {error !== undefined && <Failure message={error} />}
        {!data && error === undefined && <Loading />}
        {data && <Story hops={data.hops} />}
      </div>
    </>
  )
}

function Title({ hops }: { readonly hops: readonly RequestView[] }) {
  const [first] = hops
  if (!first) return null
  const { story } = first
  return (
    <div className="title">
      <h1>
        <span className={`badge large ${toneOf(story)}`}>{statusOf(story)}</span> <code>{whatOf(story)}</code>
      </h1>
      <p className="quiet small">
        {callerOf(first)} → {calleeOf(first)} · {clockTime(story.time, true)} · {milliseconds(story.durationMs)} ·{' '}
        <code>{story.id}</code>
      </p>
    </div>
  )
}

function Story({ hops }: { readonly hops: readonly RequestView[] }) {
  const { rows, totalMs } = waterfallOf(hops)
  const begun = beginnings(rows)
  const failed = begun[0]
  const [open, setOpen] = useState<string | undefined>(undefined)
  const chosen = open ?? (failed ? keyOf(failed) : rows[0] ? keyOf(rows[0].hop) : '')
  const current = rows.find(({ hop }) => keyOf(hop) === chosen)?.hop
  return (
    <>
      {begun.map(hop => hop.blame && <BlameNotice key={hop.blame.cause} blame={hop.blame} />)}
      <section className="card">
        <header>
          <h2>What happened</h2>
          <span className="quiet small">
            {count(new Set(hops.map(({ pod }) => pod)).size, 'proxy tells', 'proxies tell')} of it
          </span>
        </header>
        <ul className="waterfall">
          {rows.map(row => (
            <Bar
              key={keyOf(row.hop)}
              row={row}
              totalMs={totalMs}
              chosen={keyOf(row.hop) === chosen}
              onChoose={() => setOpen(keyOf(row.hop))}
            />
          ))}
        </ul>
      </section>
      {current && <Decisions hop={current} />}
    </>
  )
}

/** More causes than that are one of another kind. */
const MOST_CAUSES = 3

/** Where it failed first: what is configured before the rest, each cause once. A caller that left only tells that its own proxy gave up. */
function beginnings(rows: readonly WaterfallRow[]): RequestView[] {
  const blamed = rows.filter(({ hop }) => hop.blame !== null && hop.story.details !== 'via_upstream')
  const own = blamed.filter(({ hop }) => hop.story.endedBy !== 'client')
  const all = own.length > 0 ? own : rows.filter(({ hop }) => hop.blame !== null)
  const byCause = new Map(all.toSorted((a, b) => a.depth - b.depth).map(({ hop }) => [hop.blame?.cause, hop]))
  const isConfigured = ({ blame }: RequestView) => Number(blame?.culprit === 'mesh configuration')
  return [...byCause.values()].sort((a, b) => isConfigured(b) - isConfigured(a)).slice(0, MOST_CAUSES)
}

function Bar({
  row,
  totalMs,
  chosen,
  onChoose,
}: {
  readonly row: WaterfallRow
  readonly totalMs: number
  readonly chosen: boolean
  readonly onChoose: () => void
}) {
  const { hop, depth, startMs } = row
  const { story } = hop
  const percentOf = (ms: number) => `${Math.min(100, (100 * ms) / totalMs)}%`
  return (
    <li>
      <button type="button" className="hop" aria-pressed={chosen} onClick={onChoose}>
        <span className="hop-name" style={{ paddingLeft: `${depth * 14}px` }}>
          <span className={`dot ${toneOf(story)}`} />
          <b>{story.side === 'outbound' ? `${shortName(hop.workload)} → ${calleeOf(hop)}` : shortName(hop.workload)}</b>
          <span className="quiet small">{story.side === 'outbound' ? 'sends' : 'receives'}</span>
        </span>
        <span className="hop-track">
          <span className={`hop-bar ${toneOf(story)}`} style={{ left: percentOf(startMs), width: percentOf(story.durationMs) }} />
          {story.tries.map((one, i) => (
            <span
              // biome-ignore lint/suspicious/noArrayIndexKey: tries have an order and no names
              key={i}
              className={`hop-try ${one.reason === undefined ? '' : 'bad'}`}
              title={`try ${i + 1}: ${one.address ?? ''} ${one.reason ?? one.status}`}
              style={{ left: percentOf(startMs + one.startMs), width: percentOf(one.endMs - one.startMs) }}
            />
          ))}
        </span>
        <span className="hop-end">
          <span className={`badge ${toneOf(story)}`}>{statusOf(story)}</span>
          <span className="number">{milliseconds(story.durationMs)}</span>
        </span>
      </button>
    </li>
  )
}

function Decisions({ hop }: { readonly hop: RequestView }) {
  return (
    <section className="card">
      <header>
        <h2>Decisions of {shortName(hop.pod)}</h2>
        <span className="quiet small">in the order in which its proxy took them</span>
      </header>
      <ol className="decisions">
        {decisionsOf(hop).map(({ subject, text, more, place, tone }) => (
          <li key={subject + text} className={tone}>
            <span className="decision-subject">
              {tone === 'bad' && <Icon name="error" />}
              {subject}
            </span>
            <div>
              <p>{text}</p>
              {more.map(line => (
                <p key={line} className="quiet small">
                  {line}
                </p>
              ))}
            </div>
            {place ? <PlaceLink place={place} /> : <span />}
          </li>
        ))}
      </ol>
    </section>
  )
}
