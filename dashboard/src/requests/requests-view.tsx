/** The live tap: every request as it ends, with filters; a row leads to its story. */
import { useDeferredValue, useState } from 'react'
import type { RequestView } from '../../../src/run/dashboard/view/request-views.ts'
import { go, href, replaceQuery, useLocation } from '../shell/location.ts'
import { clockTime, milliseconds } from '../ui/format.ts'
import { Icon } from '../ui/icons.tsx'
import { Segments } from '../ui/segments.tsx'
import { Empty, Failure } from '../ui/states.tsx'
import { keyOf, useLiveRequests } from './live-requests.ts'
import { calleeOf, callerOf, fits, statusOf, toneOf, whatOf } from './words.ts'

const SIDES = [
  { value: '', title: 'Both sides' },
  { value: 'outbound', title: 'As sent' },
  { value: 'inbound', title: 'As received' },
] as const
const NAMES = ['from', 'to', 'path', 'status', 'failed', 'side'] as const
const SHOWN = 250

export function RequestsView() {
  const { query } = useLocation()
  const [paused, setPaused] = useState(false)
  const filter = new URLSearchParams()
  for (const name of NAMES) {
    const value = query.get(name)
    if (value !== null && value !== '') filter.set(name, value)
  }
  if (!query.has('side')) filter.set('side', 'outbound')
  if (filter.get('side') === 'both') filter.delete('side')
  // Each letter would be a tap of its own.
  const settled = useDeferredValue(filter.toString())
  const { requests, connected, skipped, error } = useLiveRequests(settled, paused)
  const shown = requests.filter(each => fits(each, filter)).slice(0, SHOWN)
  const side = query.get('side') ?? 'outbound'
  return (
    <>
      <div className="head">
        <h1>Requests</h1>
        <span className={`badge ${paused ? '' : connected ? 'good' : 'warn'}`} role="status">
          {paused ? 'paused' : connected ? 'live' : 'connecting'}
        </span>
        {skipped > 0 && (
          <span className="quiet small" title="Under load the proxies tell of some requests only">
            {skipped} left out
          </span>
        )}
        <span className="spring" />
        <Segments
          label="Side"
          options={SIDES.map(each => (each.value === '' ? { ...each, value: 'both' } : each))}
          value={side}
          onChange={value => replaceQuery({ side: value === 'outbound' ? undefined : value })}
        />
        <button type="button" className="button" onClick={() => setPaused(!paused)}>
          <Icon name={paused ? 'play' : 'pause'} />
          {paused ? 'Go on' : 'Pause'}
        </button>
      </div>
      <div className="body">
        <search className="filters">
          <FilterField name="from" label="From" placeholder="any caller" />
          <FilterField name="to" label="To" placeholder="any service" />
          <FilterField name="path" label="Path" placeholder="/ begins with" />
          <FilterField name="status" label="Status" placeholder="503, 5xx" />
          <label className="toggle">
            <input
              type="checkbox"
              checked={query.get('failed') === 'true'}
              onChange={event => replaceQuery({ failed: event.target.checked ? 'true' : undefined })}
            />
            Only failed
          </label>
        </search>
        {error !== undefined && <Failure message={error} />}
        <div className="card scroll">
          {shown.length === 0 ? (
            <Empty title="No request yet">
              {paused
                ? 'The tap is paused.'
                : 'Requests appear here the moment they end. mizzen’s own proxies tell of them; Envoys do not.'}
            </Empty>
          ) : (
            <table className="requests">
              <thead>
                <tr>
                  <th>Time</th>
                  <th>From</th>
                  <th>To</th>
                  <th>Request</th>
                  <th>Status</th>
                  <th className="number">Took</th>
                  <th>Why</th>
                </tr>
              </thead>
              <tbody>
                {shown.map(request => (
                  <Row key={keyOf(request)} request={request} />
                ))}
              </tbody>
            </table>
          )}
        </div>
      </div>
    </>
  )
}

function FilterField({
  name,
  label,
  placeholder,
}: {
  readonly name: string
  readonly label: string
  readonly placeholder: string
}) {
  const { query } = useLocation()
  return (
    <label className="label">
      <span>{label}</span>
      <input
        className="field"
        placeholder={placeholder}
        value={query.get(name) ?? ''}
        onChange={event => replaceQuery({ [name]: event.target.value })}
      />
    </label>
  )
}

function Row({ request }: { readonly request: RequestView }) {
  const { story } = request
  const address = href('request', { id: story.id })
  const tries = story.tries.length > 1 ? `${story.tries.length} tries` : ''
  return (
    <tr className="clickable" onClick={() => go(address)}>
      <td className="quiet number left">{clockTime(story.time, true)}</td>
      <td>{callerOf(request)}</td>
      <td>
        <span className="with-dot">
          {calleeOf(request)}
          {request.story.pick?.secure === true && <Icon name="lock" />}
        </span>
      </td>
      <td className="mono what">
        <a href={address} onClick={event => event.stopPropagation()}>
          {whatOf(story)}
        </a>
      </td>
      <td>
        <span className={`badge ${toneOf(story)}`}>{statusOf(story)}</span>{' '}
        {story.flags.map(flag => (
          <code key={flag} className="quiet">
            {flag}{' '}
          </code>
        ))}
      </td>
      <td className="number">{milliseconds(story.durationMs)}</td>
      <td className="why">
        <span className="ellipsis">{request.blame?.cause ?? tries}</span>
      </td>
    </tr>
  )
}
