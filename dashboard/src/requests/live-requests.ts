/** Requests as they end: what the proxies remember, then what they tell live. Newest first, bounded. */
import { useEffect, useState } from 'react'
import type { RequestView } from '../../../src/run/dashboard/view/request-views.ts'
import { get } from '../api/client.ts'

const MOST = 400
/** So often the list is drawn anew, however much comes in. */
const DRAW_MS = 250

export interface Live {
  readonly requests: readonly RequestView[]
  readonly connected: boolean
  /** Left out by the proxies, or by this page while it was paused. */
  readonly skipped: number
  readonly error: string | undefined
}

/** @param filter a query of the tap @param paused nothing is added */
export function useLiveRequests(filter: string, paused: boolean): Live {
  const [live, setLive] = useState<Live>({ requests: [], connected: false, skipped: 0, error: undefined })
  // What was there before; a filter changes it only on the page.
  useEffect(() => {
    const ending = new AbortController()
    get<RequestView[]>('/api/requests?limit=200', ending.signal).then(
      found => setLive(last => ({ ...last, error: undefined, requests: merged(found.toReversed(), last.requests) })),
      error => {
        if (!ending.signal.aborted) setLive(last => ({ ...last, error: error instanceof Error ? error.message : String(error) }))
      },
    )
    return () => ending.abort()
  }, [])
  useEffect(() => {
    if (paused) return
    const source = new EventSource(`/api/requests/stream?${filter}`)
    let waiting: RequestView[] = []
    let skipped = 0
    const timer = window.setInterval(() => {
      if (waiting.length === 0 && skipped === 0) return
      const [more, left] = [waiting.toReversed(), skipped]
      waiting = []
      skipped = 0
      setLive(last => ({ ...last, skipped: last.skipped + left, requests: merged(more, last.requests) }))
    }, DRAW_MS)
    source.addEventListener('request', event => {
      waiting.push(JSON.parse(event.data))
      if (waiting.length > MOST) waiting.shift()
    })
    const onSkipped = (event: MessageEvent<string>) => {
      skipped += Number(JSON.parse(event.data).count) || 0
    }
    source.addEventListener('skipped', onSkipped)
    source.addEventListener('missed', onSkipped)
    source.onopen = () => setLive(last => ({ ...last, connected: true, error: undefined }))
    source.onerror = () => setLive(last => ({ ...last, connected: false }))
    return () => {
      window.clearInterval(timer)
      source.close()
    }
  }, [filter, paused])
  return live
}

function merged(more: readonly RequestView[], before: readonly RequestView[]): RequestView[] {
  const known = new Set(before.map(keyOf))
  return [...more.filter(each => !known.has(keyOf(each))), ...before]
    .sort((a, b) => (a.story.time < b.story.time ? 1 : -1))
    .slice(0, MOST)
}

/** No two stories of one proxy have the same number. */
export function keyOf({ pod, story }: RequestView): string {
  return `${pod} ${story.seq}`
}
