/** The part of the API that is about single requests: lists, one request's story, what failed last, and the live tap. */
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { PodStory } from '../../explain/story/pod-story.ts'
import { askStories, Tap } from '../observe/stories.ts'
import { EventStream } from './event-stream.ts'
import { HttpError } from './http-error.ts'
import type { DashboardParts } from './parts.ts'
import { lastError, problemViews, type RequestStory, requestView } from './view/request-views.ts'

/** What proxies filter by themselves (proxy/telemetry/story-filter.ts). */
const FILTERS = ['failed', 'id', 'status', 'method', 'path', 'authority', 'to', 'from', 'side'] as const
const MOST = 500
/** "Lately", for problems. */
const LATELY_MS = 2 * 60_000

export async function recentRequests(parts: DashboardParts, query: URLSearchParams) {
  const limit = Math.min(MOST, Number(query.get('limit')) || 200)
  const failed = query.get('failed') === 'true' ? '&failed=true' : ''
  const told = await askStories(parts.proxies(), `limit=${limit}${failed}`)
  return told.slice(-limit).map(each => requestView(each, parts.mesh(), parts.objects()))
}

/** Everything that any proxy tells of one request, and of the requests made for it. */
export async function requestStory(parts: DashboardParts, query: URLSearchParams): Promise<RequestStory> {
  const id = query.get('id') ?? ''
  if (id === '') throw new HttpError(400, 'Cannot tell a request\'s story: expected its "id"')
  const own = await askStories(parts.proxies(), `id=${encodeURIComponent(id)}`)
  const traces = new Set(own.flatMap(({ story }) => story.trace?.traceId ?? []))
  const all =
    traces.size === 0
      ? own
      : (await askStories(parts.proxies(), '')).filter(({ story }) => story.id === id || traces.has(story.trace?.traceId ?? ''))
  if (all.length === 0)
    throw new HttpError(
      404,
      `Cannot find request "${id}": no proxy remembers it. Each keeps its last 256 requests and its last 256 that failed`,
    )
  return { hops: all.sort(inOrder).map(each => requestView(each, parts.mesh(), parts.objects())) }
}

function inOrder(a: PodStory, b: PodStory): number {
  return a.story.time === b.story.time ? b.story.durationMs - a.story.durationMs : a.story.time < b.story.time ? -1 : 1
}

export async function latestError(parts: DashboardParts) {
  return lastError(await askStories(parts.proxies(), 'failed=true'), parts.mesh(), parts.objects())
}

export async function recentProblems(parts: DashboardParts) {
  const told = await askStories(parts.proxies(), 'failed=true')
  const since = Date.now() - LATELY_MS
  return problemViews(
    told.filter(({ story }) => Date.parse(story.time) >= since),
    parts.mesh(),
    parts.objects(),
  )
}

/** Stories as they end, filtered where they happen; several events of one turn are one write. */
export function tapRequests(
  parts: DashboardParts,
  query: URLSearchParams,
  request: IncomingMessage,
  response: ServerResponse,
): void {
  const wanted = new URLSearchParams()
  for (const name of FILTERS) {
    const value = query.get(name)
    if (value !== null && value !== '') wanted.set(name, value)
  }
  wanted.set('rate', String(Math.min(200, Number(query.get('rate')) || 50)))
  const stream = new EventStream(request, response, () => tap.close())
  const tap = new Tap({
    proxies: parts.proxies,
    query: wanted.toString(),
    onStory: story => stream.send('request', requestView(story, parts.mesh(), parts.objects())),
    onSkipped: count => stream.send('skipped', { count }),
  })
}
